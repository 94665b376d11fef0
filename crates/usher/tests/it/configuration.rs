//! Mistakes are told in one line that names their place.

use crate::server::{Folder, Server, output};

#[test]
fn mistakes_end_it_with_their_place() {
    for (arguments, variables, file, wanted) in [
        (
            vec!["--listen", "here"],
            vec![],
            "",
            "--listen: listen must be an address with a port",
        ),
        (
            vec!["--listen", ":8080"],
            vec![],
            "",
            "--listen: listen must be an address with a port: 127.0.0.1:8080 for this machine alone",
        ),
        (
            vec![],
            vec![("USHER_LISTNE", "127.0.0.1:8080")],
            "",
            "USHER_LISTNE",
        ),
        (
            vec![],
            vec![("USHER_LISTEN", "here")],
            "",
            "USHER_LISTEN: listen must be",
        ),
        (
            vec![],
            vec![],
            "data = \"x\"\nlistn = 1\n",
            "usher.toml:2: unknown key `listn`",
        ),
        (vec![], vec![], "data = [", "usher.toml:1: "),
        (
            vec!["--config", "none.toml"],
            vec![],
            "",
            "--config: cannot read `none.toml`",
        ),
        (
            vec!["--log-filter", "a=b=c"],
            vec![],
            "",
            "log.filter: `a=b=c`",
        ),
        (
            vec!["--listen", "192.0.2.1:1"],
            vec![],
            "",
            "cannot listen on 192.0.2.1:1",
        ),
        (
            vec!["--listen", "127.0.0.1:0", "--data", "usher.toml/x"],
            vec![],
            "\n",
            "cannot make the data folder usher.toml/x",
        ),
        (
            vec!["--listen", "127.0.0.1:0"],
            vec![("USHER_SECRET_KEY", "c2hvcnQ=")],
            "",
            "USHER_SECRET_KEY: must be 32 bytes in base64",
        ),
        (
            vec!["--listen", "127.0.0.1:0"],
            vec![("USHER_BOOTSTRAP_EMAIL", "nobody")],
            "",
            "USHER_BOOTSTRAP_EMAIL ",
        ),
        (
            vec!["--listen", "127.0.0.1:0"],
            vec![("USHER_BOOTSTRAP_PASSWORD", "short")],
            "",
            "USHER_BOOTSTRAP_PASSWORD: The password is too short: use at least 12 characters.",
        ),
        (
            vec!["--listen", "127.0.0.1:0"],
            vec![("USHER_BOOTSTRAP_KEY", "short")],
            "",
            "USHER_BOOTSTRAP_KEY must be 40 letters and digits",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--database",
                "postgresql://u:secret@127.0.0.1:1/d",
            ],
            vec![],
            "",
            "cannot open the store: ",
        ),
    ] {
        let folder = Folder::new();
        if !file.is_empty() {
            std::fs::write(folder.path().join("usher.toml"), file).unwrap();
        }
        let mut all = vec!["serve"];
        all.extend(&arguments);
        let output = output(&folder, &all, &variables);
        let error = String::from_utf8(output.stderr).unwrap();
        // What the machine or the database refuses is no mistake of the configuration.
        let refused = ["cannot listen", "cannot make", "cannot open the store"];
        let code = if refused.iter().any(|start| wanted.starts_with(start)) {
            1
        } else {
            2
        };
        assert_eq!(output.status.code(), Some(code), "{wanted}: {error}");
        assert!(output.stdout.is_empty());
        assert!(
            error.contains(&format!("usher: {wanted}")),
            "{wanted}: {error}"
        );
        assert!(!error.contains("secret@"), "{error}");
    }
}

#[test]
fn a_refused_bootstrap_can_be_tried_again() {
    let folder = Folder::new();
    let refused = output(
        &folder,
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
        &[("USHER_BOOTSTRAP_KEY", "short")],
    );
    assert_eq!(refused.status.code(), Some(2));
    let key = "B".repeat(40);
    let server = Server::start_with(&folder, &[], &[("USHER_BOOTSTRAP_KEY", &key)]);
    assert_eq!(server.token(), key);
    assert_eq!(server.native("GET", "/me", "").status, 200);
}

#[test]
fn help_and_version() {
    let folder = Folder::new();
    let version = output(&folder, &["--version"], &[]);
    let text = String::from_utf8(version.stdout).unwrap();
    assert_eq!(text, format!("usher {}\n", env!("CARGO_PKG_VERSION")));
    let help = String::from_utf8(output(&folder, &["serve", "--help"], &[]).stdout).unwrap();
    for flag in ["--data", "--listen-misp", "--demo", "--passwords-policy"] {
        assert!(help.contains(flag), "{flag}");
    }
    assert_eq!(
        output(&folder, &["serve", "--nonsense"], &[]).status.code(),
        Some(2)
    );
}

/// A proxy that is missing in `proxies` is named in the log with what to do, once however often it comes.
#[test]
fn a_proxy_that_is_not_listed_is_hinted_at_once() {
    let folder = Folder::new();
    let server = crate::server::Server::start(&folder);
    for number in 0..3 {
        let forwarded = format!("203.0.113.{number}");
        let headers = [("X-Forwarded-For", forwarded.as_str())];
        let reply = crate::http::exchange(&server.address, "GET", "/api/v1/me", &headers, "");
        assert_eq!(reply.unwrap().status, 401);
    }
    let (_, _, log) = server.stop("TERM");
    assert_eq!(log.matches("is not in `proxies`").count(), 1, "{log}");
    assert!(
        log.contains("127.0.0.1") && !log.contains("203.0.113."),
        "{log}"
    );
}
