//! What addresses say of encryption. The handshakes are tested against a real server, from the outside, in
//! `tests/clients/test_postgres_encryption.py`.

use super::*;

fn file(path: &str) -> Option<Authorities> {
    Some(Authorities::File(path.into()))
}

#[test]
fn an_address_says_how_to_encrypt() {
    use Demand::{Disable, Prefer, Require, VerifyAuthority, VerifyFull};
    let public = || Some(Authorities::Public);
    for (said, demand, authorities) in [
        ("", Prefer, None),
        ("?sslmode=disable", Disable, None),
        ("?sslmode=prefer", Prefer, None),
        ("?sslmode=require", Require, None),
        (
            "?sslmode=require&sslrootcert=/ca.pem",
            VerifyAuthority,
            file("/ca.pem"),
        ),
        (
            "?sslmode=verify-ca&sslrootcert=/ca.pem",
            VerifyAuthority,
            file("/ca.pem"),
        ),
        (
            "?sslrootcert=/a%20b.pem&sslmode=verify%2Dfull",
            VerifyFull,
            file("/a b.pem"),
        ),
        (
            "?sslmode=verify-full&sslrootcert=system",
            VerifyFull,
            public(),
        ),
        ("?sslrootcert=system", VerifyFull, public()),
        (
            "?sslmode=disable&sslrootcert=/ca.pem",
            Disable,
            file("/ca.pem"),
        ),
        ("?sslmode=require&sslrootcert=", Require, None),
    ] {
        let expected = Wish {
            demand,
            authorities,
        };
        let found = separated(&format!("postgresql://u:a?b@h/d{said}"));
        assert_eq!(
            found,
            Ok(("postgresql://u:a?b@h/d".to_owned(), expected)),
            "{said}"
        );
    }
}

#[test]
fn the_driver_gets_the_rest_of_the_address() {
    for (url, rest) in [
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgresql://h?sslmode=require", "postgresql://h"),
        (
            "postgresql://h/d?connect_timeout=3&sslmode=require&options=-c%20a%3Db",
            "postgresql://h/d?connect_timeout=3&options=-c%20a%3Db",
        ),
    ] {
        assert_eq!(separated(url).unwrap().0, rest, "{url}");
    }
}

#[test]
fn a_wrong_wish_is_refused_with_what_to_do() {
    for (said, mark) in [
        (
            "sslmode=yes",
            "disable, prefer, require, verify-ca, verify-full",
        ),
        (
            "sslmode=",
            "disable, prefer, require, verify-ca, verify-full",
        ),
        ("sslmode=verify-ca", "add sslrootcert="),
        ("sslmode=verify-full", "add sslrootcert="),
        ("sslmode=require&sslrootcert=system", "sslmode=verify-full"),
        (
            "sslmode=verify-full&sslrootcert=/none/ca.pem",
            "/none/ca.pem: No such file",
        ),
        (
            "sslmode=verify-full&sslrootcert=Cargo.toml",
            "no certificate",
        ),
        ("sslcert=/me.pem", "sslcert"),
        ("sslmode=%ff", "cannot be read"),
        ("nonsense", "cannot be read"),
    ] {
        let told = configured(&format!("postgresql://u:hush@h/d?{said}")).map(drop);
        let Err(StoreError::Address(why)) = told else {
            panic!("{said}: {told:?}");
        };
        assert!(why.contains(mark) && !why.contains("hush"), "{said}: {why}");
    }
}

#[test]
fn what_the_driver_is_told() {
    for (url, mode, hosts) in [
        ("postgresql://h/d", SslMode::Prefer, "h"),
        ("postgresql://h/d?sslmode=disable", SslMode::Disable, "h"),
        ("postgresql://h/d?sslrootcert=system", SslMode::Require, "h"),
        // A certificate is compared with the bare address where there is no name.
        (
            "postgresql:///d?hostaddr=192.0.2.1&sslmode=require",
            SslMode::Require,
            "192.0.2.1",
        ),
        // A socket of this machine is not encrypted.
        (
            "postgresql:///d?host=/run/postgresql&sslmode=require",
            SslMode::Disable,
            "/run/postgresql",
        ),
    ] {
        let (config, _) = configured(url).unwrap();
        assert_eq!(config.get_ssl_mode(), mode, "{url}");
        let found: Vec<String> = config
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        assert_eq!(found, [hosts], "{url}");
    }
}
