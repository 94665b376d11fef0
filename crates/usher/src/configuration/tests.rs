use super::*;

fn read_file(text: &str) -> Result<Configuration> {
    let mut values = Values::default();
    file(&mut values, Path::new("usher.toml"), text)?;
    checked(&values)
}

#[test]
fn mistakes_name_their_place() {
    for (text, wanted) in [
        (
            "lisen = \"x\"",
            "usher.toml:1: unknown key `lisen`; known are data, listen,",
        ),
        (
            "\n\n[log]\nformt = \"json\"",
            "usher.toml:4: unknown key `log.formt`",
        ),
        (
            "listen = \":8080\"",
            "usher.toml:1: listen must be an address with a port: 127.0.0.1:8080 for this machine alone",
        ),
        (
            "data = \"a\"\nlisten_misp = 8080",
            "usher.toml:2: listen_misp must be an address",
        ),
        ("data = 1.5", "usher.toml:1: data must be text"),
        ("data = \"a\"\ndata = \"b\"", "usher.toml:2: "),
        ("data = ", "usher.toml:1: "),
        (
            "connections = 0",
            "usher.toml:1: connections must be a number above 0, not `0`",
        ),
        (
            "database = \"mysql://u:hunter2@h/d\"",
            "usher.toml:1: database must begin with postgresql://",
        ),
        (
            "public_url = \"example.org\"",
            "usher.toml:1: public_url must begin with http://",
        ),
        (
            "proxies = [\"10.0.0.0/8\", \"ten\"]",
            "usher.toml:1: proxies must be addresses or nets",
        ),
        (
            "passwords.policy = \"none\"",
            "usher.toml:1: passwords.policy must be one of default, vendor, not `none`",
        ),
        (
            "log.format = \"xml\"",
            "usher.toml:1: log.format must be one of text, json",
        ),
        (
            "demo = \"maybe\"",
            "usher.toml:1: demo must be true or false",
        ),
        ("config = \"x\"", "usher.toml:1: unknown key `config`"),
        (
            "database = \"@/nowhere\"",
            "usher.toml:1: database: cannot read `/nowhere`: ",
        ),
        (
            "[tls]\nkey = \"k.pem\"",
            "usher.toml:2: tls.key needs tls.certificate beside it",
        ),
        (
            "[limits]\nper_key = \"many\"",
            "usher.toml:2: limits.per_key must be a whole number of requests a minute, not `many`",
        ),
        (
            "listen_metrics = \"127.0.0.1\"",
            "usher.toml:1: listen_metrics must be an address with a port, like 127.0.0.1:8081",
        ),
        (
            "[otlp]\nendpoint = \"https://collector:4318\"",
            "usher.toml:2: otlp.endpoint must be an address like http://127.0.0.1:4318, not `https://",
        ),
        (
            "[otlp]\nendpoint = \"collector\"",
            "usher.toml:2: otlp.endpoint must be an address like http://127.0.0.1:4318, not `",
        ),
    ] {
        let error = read_file(text).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

/// A program without traces says so: who states a collector would wait for them in vain.
#[cfg(not(feature = "otlp"))]
#[test]
fn a_collector_is_refused_by_a_program_without_traces() {
    let error = read_file("[otlp]\nendpoint = \"http://127.0.0.1:4318\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "usher.toml:2: otlp.endpoint: this program sends no traces; build it with --features otlp"
    );
}

#[test]
fn every_setting_is_read() {
    let configuration = read_file(
        "data = \"d\"\nlisten = \"0.0.0.0:1\"\ndatabase = \"postgresql://h/d\"\nconnections = 3\n\
         public_url = \"https://u.example/\"\nproxies = [\"10.0.0.0/8\", \"192.0.2.1\"]\ndemo = true\n\
         listen_misp = \"127.0.0.1:2\"\n[passwords]\npolicy = \"vendor\"\n[log]\nfilter = \"warn\"\nformat = \"json\"",
    )
    .unwrap();
    assert_eq!(configuration.data, Path::new("d"));
    assert_eq!(configuration.listen.to_string(), "0.0.0.0:1");
    assert_eq!(configuration.database.as_deref(), Some("postgresql://h/d"));
    assert_eq!(configuration.connections, 3);
    assert_eq!(configuration.options.public_url, "https://u.example");
    let proxies: Vec<_> = configuration
        .options
        .proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.1/32"]);
    assert!(configuration.demo);
    let alone: Vec<_> = configuration
        .alone
        .iter()
        .map(|(dialect, address)| (dialect.name, address.port()))
        .collect();
    assert_eq!(alone, [("misp", 2)]);
    assert_eq!(configuration.passwords, PasswordPolicy::Vendor);
    assert_eq!(configuration.log_filter, "warn");
    assert_eq!(configuration.log_format, LogFormat::Json);
}

#[test]
fn flags_win_over_variables_over_the_file() {
    let mut values = Values::default();
    values.set("data", "flag".to_owned(), Source::Flag("data".to_owned()));
    let environment = [
        ("USHER_DATA", "variable"),
        ("USHER_LISTEN", "127.0.0.1:1"),
        ("USHER_LOG_FORMAT", ""),
        ("USHER_BOOTSTRAP_EMAIL", "a@example.org"),
        ("USHER_LISEN", "127.0.0.1:9"),
        ("HOME", "/"),
        ("USHER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("USHER_SERVICE_HOST", "10.0.0.1"),
    ];
    let environment = environment.map(|(name, text)| (name.into(), text.into()));
    let unknown = variables(&mut values, environment.into_iter());
    assert_eq!(unknown, ["USHER_LISEN"]);
    let text = "data = \"file\"\nlisten = \"127.0.0.1:2\"\nlog.format = \"json\"";
    file(&mut values, Path::new("usher.toml"), text).unwrap();
    let error = unknown_variable(&unknown[0]).to_string();
    assert!(
        error.starts_with("USHER_LISEN: there is no such setting; USHER_LISTEN is one"),
        "{error}"
    );
    let configuration = checked(&values).unwrap();
    assert_eq!(configuration.data, Path::new("flag"));
    assert_eq!(configuration.listen.port(), 1);
    assert_eq!(configuration.log_format, LogFormat::Json);
}

#[test]
fn names_follow_from_keys() {
    for (key, flag, variable) in [
        (
            "passwords.policy",
            "passwords-policy",
            "USHER_PASSWORDS_POLICY",
        ),
        ("public_url", "public-url", "USHER_PUBLIC_URL"),
        ("listen_misp", "listen-misp", "USHER_LISTEN_MISP"),
    ] {
        let setting = settings()
            .into_iter()
            .find(|setting| setting.key == key)
            .unwrap();
        assert_eq!(
            (setting.flag().as_str(), setting.variable().as_str()),
            (flag, variable)
        );
    }
}

#[test]
fn settings_are_shown_with_their_place_and_without_secrets() {
    let configuration =
        read_file("database = \"postgresql://u:hunter2@h/d\"\n[limits]\nper_address = 7\n")
            .unwrap();
    for line in [
        "database = \"postgresql://u:***@h/d\"  # usher.toml:1",
        "limits.per_address = \"7\"  # usher.toml:3",
        "listen = \"127.0.0.1:8080\"  # default",
        "public_url = none  # default",
    ] {
        assert!(
            configuration.shown.iter().any(|shown| shown == line),
            "{line}: {:?}",
            configuration.shown
        );
    }
    assert_eq!(configuration.shown.len(), settings().len());
    assert!(!format!("{:?}", configuration.shown).contains("hunter2"));
}
