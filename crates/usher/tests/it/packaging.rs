//! What `packaging/` holds does what it says: nginx before a server, the unit, the container file.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::exchange;
use crate::server::{Folder, Server, output};
use crate::tls::{fixture, get_over};

fn packaging(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// A program on the PATH, or where Debian keeps those of the administrator.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let mut files = folders.into_iter().map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Ends with the test.
struct Proxy(Child);

impl Proxy {
    /// Starts it and waits until it takes connections.
    fn start(command: &mut Command, address: SocketAddr) -> Self {
        let proxy = Self(command.stderr(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{command:?} does not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server behind a proxy is started with.
const BEHIND: [&str; 4] = [
    "--public-url",
    "https://id.example.org",
    "--proxies",
    "127.0.0.1",
];

/// What clients get from the server through the proxy at that address.
fn assert_proxied(server: &Server, proxy: SocketAddr) {
    let get = |path: &str, headers: &str| {
        let stream = connect("127.0.0.2", proxy);
        let answer = get_over(stream, "first.crt", path, headers).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let bearer = |key: &str| format!("Authorization: Bearer {key}\r\n");
    let me = get("/api/v1/me", &bearer(server.token()));
    assert!(me.starts_with("HTTP/1.1 200 "), "{me}");
    let lower = me.to_ascii_lowercase();
    assert!(
        lower.contains("strict-transport-security: max-age="),
        "{me}"
    );
    assert!(get("/readyz", "").starts_with("HTTP/1.1 200 "));
    // What watches the server asks it elsewhere.
    let metrics = get("/metrics", &bearer(server.token()));
    assert!(metrics.starts_with("HTTP/1.1 404 "), "{metrics}");
    // Paths arrive as they were sent.
    let encoded = get(
        "/api/v1/users/admin%40usher.example",
        &bearer(server.token()),
    );
    assert!(encoded.starts_with("HTTP/1.1 200 "), "{encoded}");
    // The client's address arrives, and one that the client makes up does not.
    for (allowed, status) in [("127.0.0.2", "200"), ("203.0.113.9", "401")] {
        let body = format!(r#"{{"name":"limited","addresses":["{allowed}"]}}"#);
        let made = server.native("POST", "/me/keys", &body);
        assert_eq!(made.status, 201, "{made:?}");
        let key = made.json()["secret"].as_str().unwrap().to_owned();
        let headers = format!("{}X-Forwarded-For: 203.0.113.9\r\n", bearer(&key));
        let answer = get("/api/v1/me", &headers);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{allowed}: {answer}"
        );
    }
}

/// Puts one text in the place of another that is there.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in the example");
    text.replace(old, new)
}

/// A connection from an address of this machine.
fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::new(from.parse().unwrap(), 0))
            .unwrap();
        let stream = socket.connect(to).await.unwrap();
        stream.into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

#[test]
fn the_nginx_example_serves_and_hides_no_address() {
    let Some(nginx) = program("nginx") else {
        println!("not tried: there is no nginx on this machine");
        return;
    };
    let folder = Folder::new();
    let server = Server::start_with(&folder, &BEHIND, &[]);
    let (secure, plain) = (free_address(), free_address());
    let example = packaging("nginx.conf");
    let example = with(
        &example,
        "server 127.0.0.1:8080;",
        &format!("server {};", server.address),
    );
    let example = with(
        &example,
        "listen 443 ssl;",
        &format!("listen {secure} ssl;"),
    );
    let example = with(&example, "listen 80;", &format!("listen {plain};"));
    let example = with(
        &example,
        "/etc/ssl/id.example.org.pem",
        &fixture("first.crt"),
    );
    let example = with(
        &example,
        "/etc/ssl/id.example.org.key",
        &fixture("first.key"),
    );
    let place = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .collect();
    let whole = format!(
        "daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/error.log;\n\
         events {{}}\nhttp {{\naccess_log off;\n{temporary}{example}\n}}\n"
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, whole).unwrap();
    let tested = Command::new(&nginx)
        .arg("-t")
        .arg("-c")
        .arg(&file)
        .output()
        .unwrap();
    assert!(tested.status.success(), "{tested:?}");
    let _proxy = Proxy::start(Command::new(&nginx).arg("-c").arg(&file), secure);
    assert_proxied(&server, secure);
    let moved = exchange(&plain.to_string(), "GET", "/api/v1/me?a=b", &[], "").unwrap();
    assert_eq!(moved.status, 308);
    let place = "\r\nLocation: https://";
    assert!(
        moved.head.contains(place) && moved.head.contains("/api/v1/me?a=b"),
        "{moved:?}"
    );
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("proxies"), "no hint is needed: {log}");
}

#[test]
fn the_caddy_example_serves_and_hides_no_address() {
    let Some(caddy) = program("caddy") else {
        println!("not tried: there is no Caddy on this machine");
        return;
    };
    let folder = Folder::new();
    let server = Server::start_with(&folder, &BEHIND, &[]);
    let secure = free_address();
    let example = packaging("Caddyfile");
    let example = with(
        &example,
        "reverse_proxy 127.0.0.1:8080 {",
        &format!("reverse_proxy {} {{", server.address),
    );
    // The test's clients ask for these names, and the certificate is the test's own.
    let port = secure.port();
    let example = with(
        &example,
        "\nid.example.org {",
        &format!(
            "\nhttps://localhost:{port}, https://x:{port} {{\n\tbind 127.0.0.1\n\ttls {} {}",
            fixture("first.crt"),
            fixture("first.key")
        ),
    );
    let whole = format!("{{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n}}\n{example}");
    let file = folder.path().join("Caddyfile");
    std::fs::write(&file, whole).unwrap();
    let mut command = Command::new(caddy);
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&file)
        // What it keeps goes away with the test.
        .env("HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path());
    let _proxy = Proxy::start(&mut command, secure);
    assert_proxied(&server, secure);
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("proxies"), "no hint is needed: {log}");
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let Some(analyze) = program("systemd-analyze") else {
        println!("not tried: there is no systemd on this machine");
        return;
    };
    let folder = Folder::new();
    let unit = packaging("usher.service");
    let unit = with(&unit, "/usr/bin/usher", env!("CARGO_BIN_EXE_usher"));
    let file = folder.path().join("usher.service");
    std::fs::write(&file, unit).unwrap();
    let verified = Command::new(analyze)
        .arg("verify")
        .arg(&file)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let about_it: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("usher.service"))
        .collect();
    assert!(about_it.is_empty(), "{about_it:?}");
}

/// The settings and commands that unit and container file name are those of the binary.
#[test]
fn unit_and_container_name_commands_and_settings_that_exist() {
    let folder = Folder::new();
    let container = packaging("Containerfile");
    let line = |start: &str| {
        let mut lines = container.lines().filter(|line| line.starts_with(start));
        lines.next_back().unwrap_or_else(|| panic!("no {start}"))
    };
    // Two stages, and what runs is no root.
    assert_eq!(
        container
            .lines()
            .filter(|line| line.starts_with("FROM "))
            .count(),
        2
    );
    let user = line("USER ").trim_start_matches("USER ");
    let number: u32 = user.split(':').next().unwrap().parse().unwrap();
    assert_ne!(number, 0);
    assert!(container.contains("COPY --from=build /source/target/release/usher /usr/bin/usher"));
    assert_eq!(line("ENTRYPOINT "), r#"ENTRYPOINT ["/usr/bin/usher"]"#);
    // No shell is there to split words: both are lists.
    let command: Vec<String> =
        serde_json::from_str(line("CMD ").trim_start_matches("CMD ")).unwrap();
    let mut commands = vec![command];
    let unit = packaging("usher.service");
    for line in unit.lines() {
        if let Some((_, words)) = line.split_once("=/usr/bin/usher ") {
            commands.push(words.split(' ').map(str::to_owned).collect());
        }
    }
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
        words.push("--help");
        let help = output(&folder, &words, &[]);
        assert!(help.status.success(), "{words:?}: {help:?}");
    }
    let stated: Vec<(&str, &str)> = line("ENV ")
        .split(' ')
        .skip(1)
        .filter_map(|word| word.split_once('='))
        .collect();
    assert!(stated.len() >= 2, "{stated:?}");
    let read = output(&folder, &["config"], &stated);
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    assert!(read.status.success(), "{read:?}");
    for (_, value) in stated {
        assert!(text.contains(value), "{value}: {text}");
    }
    // What is built is a package and a file of this tree.
    assert!(container.contains("cargo build --release --locked -p usher"));
}
