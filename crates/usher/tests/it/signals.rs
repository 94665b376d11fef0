//! What the service manager and an operator tell a running server, and what it tells them.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::server::{Folder, Server};

#[test]
fn a_hangup_reads_anew_and_the_service_manager_is_told() {
    let folder = Folder::new();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let told = || {
        let mut bytes = [0; 256];
        let size = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..size]).into_owned()
    };
    std::fs::write(folder.path().join("usher.toml"), "log.filter = \"warn\"\n").unwrap();
    let server = Server::start_with(&folder, &[], &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert_eq!(told(), "READY=1");
    std::fs::write(folder.path().join("usher.toml"), "log.filter = \"info\"\n").unwrap();
    server.signal("HUP");
    assert_eq!(
        (told().as_str(), told().as_str()),
        ("RELOADING=1", "READY=1")
    );
    // A mistake changes nothing.
    std::fs::write(folder.path().join("usher.toml"), "log.filtr = \"info\"\n").unwrap();
    server.signal("HUP");
    assert_eq!(
        (told().as_str(), told().as_str()),
        ("RELOADING=1", "READY=1")
    );
    assert_eq!(server.native("GET", "/me", "").status, 200);
    let (code, _, log) = server.stop("TERM");
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("the settings that may change were read anew"),
        "{log}"
    );
    assert!(log.contains("unknown key `log.filtr`"), "{log}");
    assert!(
        log.contains("stopping"),
        "the filter of the second file holds: {log}"
    );
}
