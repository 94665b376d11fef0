//! The table of settings: the help, the flags, the variables and the keys of the file are made from it.

use crate::dialects::DIALECTS;

/// One setting. Its flag, its variable and its key in the file follow from one name.
pub struct Setting {
    /// The key in the file; a dot stands for a table.
    pub key: String,
    /// What its value is, for the help.
    pub value: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Whether it is on or off, without a value on the command line.
    pub switch: bool,
}

impl Setting {
    /// `passwords.policy` is `--passwords-policy`.
    pub fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// `passwords.policy` is `USHER_PASSWORDS_POLICY`.
    pub fn variable(&self) -> String {
        format!("USHER_{}", self.key.replace('.', "_").to_uppercase())
    }
}

/// Every setting.
pub fn settings() -> Vec<Setting> {
    let setting = |key: &str, value, help| Setting {
        key: key.to_owned(),
        value,
        help,
        switch: false,
    };
    let mut settings = vec![
        setting(
            "config",
            "FILE",
            "The configuration file [default: usher.toml, if there is one]",
        ),
        setting("data", "DIR", "The data folder [default: ./usher-data]"),
        setting(
            "listen",
            "ADDR",
            "The address to listen on [default: 127.0.0.1:8080]",
        ),
        setting(
            "database",
            "URL",
            "A PostgreSQL database, or @FILE that holds its address [default: SQLite in the data folder]",
        ),
        setting("connections", "N", "Connections to PostgreSQL [default: 8]"),
        setting(
            "public_url",
            "URL",
            "The address people reach the server under [default: where it listens]",
        ),
        setting(
            "proxies",
            "NETS",
            "Proxies whose X-Forwarded-For is believed, with commas between",
        ),
        setting(
            "passwords.policy",
            "POLICY",
            "Whose password rules hold: default or vendor",
        ),
        setting(
            "rate_limits",
            "SWITCH",
            "Whether keys are refused that come more often than their API allows: on or off [default: on]",
        ),
        setting(
            "limits.per_key",
            "N",
            "Requests a minute of one key, 0 for no limit [default: what each API allows, 60000 at most]",
        ),
        setting(
            "limits.per_address",
            "N",
            "Requests a minute without a valid credential from one address, 0 for no limit [default: 6000]",
        ),
        setting(
            "limits.import",
            "MIB",
            "Mebibytes of a file that is imported at most [default: 256]",
        ),
        setting(
            "tls.certificate",
            "FILE",
            "The certificate chain in PEM: listen then speaks TLS",
        ),
        setting("tls.key", "FILE", "The certificate's private key in PEM"),
        setting(
            "listen_metrics",
            "ADDR",
            "Serve /metrics, /healthz and /readyz there, without a credential",
        ),
        setting(
            "otlp.endpoint",
            "URL",
            "Where traces are sent (OTLP over HTTP), in builds with the feature otlp",
        ),
        setting(
            "mail.ca_file",
            "FILE",
            "Certificates in PEM that mail servers may be signed by, beside the public ones",
        ),
        setting("log.filter", "FILTER", "What is logged [default: info]"),
        setting(
            "log.format",
            "FORMAT",
            "How it is logged: text or json [default: text]",
        ),
        Setting {
            switch: true,
            ..setting("demo", "", "Fill an empty directory with sample data")
        },
        Setting {
            switch: true,
            ..setting(
                "accept_copy",
                "",
                "Go on with a database file that was copied while a server had it open",
            )
        },
        Setting {
            switch: true,
            ..setting(
                "replace_secret_key",
                "",
                "Go on with another secret key: the SMTP password and second factors are set anew",
            )
        },
    ];
    for dialect in DIALECTS {
        let key = format!("listen_{}", dialect.name);
        settings.push(setting(
            &key,
            "ADDR",
            "Serve this language alone, at the root of that address",
        ));
    }
    settings
}

/// What holds where nothing is stated; empty where there is nothing.
pub fn usual(key: &str) -> &'static str {
    match key {
        "config" => "usher.toml",
        "data" => "usher-data",
        "listen" => "127.0.0.1:8080",
        "connections" => "8",
        "passwords.policy" => "default",
        "rate_limits" => "on",
        "limits.per_address" => "6000",
        "limits.import" => "256",
        "log.filter" => "info",
        "log.format" => "text",
        "demo" | "accept_copy" | "replace_secret_key" => "false",
        _ => "",
    }
}
