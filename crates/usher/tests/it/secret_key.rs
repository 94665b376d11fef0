//! Another secret key than the one the database was sealed with.

use crate::server::{Folder, Server, output};

/// 32 other bytes in base64.
const OTHER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn refusal(folder: &Folder, variables: &[(&str, &str)]) -> String {
    let arguments = ["serve", "--data", "data", "--listen", "127.0.0.1:0"];
    let refused = output(folder, &arguments, variables);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let text = String::from_utf8(refused.stderr).unwrap();
    text.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn another_key_is_refused_by_the_name_of_its_file() {
    let folder = Folder::new();
    Server::start(&folder).kill();
    let file = folder.data().join("secret.key");
    let own = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, OTHER).unwrap();
    for (variables, place) in [
        (&[][..], "data/secret.key"),
        (&[("USHER_SECRET_KEY", OTHER)], "USHER_SECRET_KEY"),
    ] {
        let line = refusal(&folder, variables);
        assert!(
            line.contains(&format!(
                "{place} is not the key that this directory was sealed with"
            )),
            "{line}"
        );
        assert!(line.contains("--replace-secret-key"), "{line}");
    }
    let migrated = output(&folder, &["migrate", "--data", "data"], &[]);
    assert_eq!(migrated.status.code(), Some(2), "{migrated:?}");
    // The right one opens it, wherever it is kept.
    let server = Server::start_with(&folder, &[], &[("USHER_SECRET_KEY", own.trim())]);
    assert_eq!(server.get("/readyz").status, 200);
    server.kill();
    // A file elsewhere: a credential of systemd, a mounted secret.
    std::fs::write(folder.path().join("credential"), &own).unwrap();
    let by_file = [("USHER_SECRET_KEY_FILE", "credential")];
    let server = Server::start_with(&folder, &[], &by_file);
    assert_eq!(server.get("/readyz").status, 200);
    server.kill();
    std::fs::write(folder.path().join("credential"), OTHER).unwrap();
    let line = refusal(&folder, &by_file);
    assert!(
        line.contains("USHER_SECRET_KEY_FILE (credential) is not the key"),
        "{line}"
    );
    // Who has lost it goes on with another, for good.
    let server = Server::start_with(&folder, &["--replace-secret-key"], &[]);
    assert_eq!(server.native("GET", "/me", "").status, 200);
    server.kill();
    assert_eq!(Server::start(&folder).get("/readyz").status, 200);
    std::fs::write(&file, &own).unwrap();
    assert!(refusal(&folder, &[]).contains("is not the key"));
}
