//! Addresses as operators write them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads an address to listen on. A name is not looked up, but for this machine's own; what could be meant in two ways is refused
/// with both of them.
pub fn listen_address(text: &str, usual_port: Option<u16>) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let alone = match bare {
        "localhost" => Some(loopback),
        bare => bare.parse().ok(),
    };
    if let (Some(address), Some(port)) = (alone, usual_port) {
        return Ok(SocketAddr::new(address, port));
    }
    let example = usual_port.unwrap_or(8081);
    if alone.is_some() {
        return Err(format!("an address with a port, like {bare}:{example}"));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().ok()),
        None => ("", text.parse().ok()),
    };
    match (host, port) {
        ("localhost", Some(port)) => Ok(SocketAddr::new(loopback, port)),
        ("", Some(port)) => Err(format!(
            "an address with a port: 127.0.0.1:{port} for this machine alone, 0.0.0.0:{port} for all its addresses"
        )),
        _ => Err(format!(
            "an address with a port, like 127.0.0.1:{example}; names are not looked up"
        )),
    }
}

/// A database's address without the password in it.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "…".to_owned();
    };
    let (authority, tail) = rest
        .find(['/', '?'])
        .map_or((rest, ""), |place| rest.split_at(place));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{user}:***@{host}")
        }
        None => authority.to_owned(),
    };
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let query: Vec<String> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => part.to_owned(),
        })
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    format!("{scheme}://{authority}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_clearly() {
        for (text, wanted) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("127.0.0.1", "127.0.0.1:8080"),
            ("localhost", "127.0.0.1:8080"),
            ("localhost:9", "127.0.0.1:9"),
            ("::1", "[::1]:8080"),
            ("[::1]", "[::1]:8080"),
            ("[::]:9", "[::]:9"),
            (" 0.0.0.0:80 ", "0.0.0.0:80"),
        ] {
            assert_eq!(
                listen_address(text, Some(8080)).unwrap().to_string(),
                wanted,
                "{text}"
            );
        }
        for (text, wanted) in [
            (
                ":8080",
                "127.0.0.1:8080 for this machine alone, 0.0.0.0:8080 for all",
            ),
            (
                "9000",
                "127.0.0.1:9000 for this machine alone, 0.0.0.0:9000 for all",
            ),
            ("example.org:80", "names are not looked up"),
            ("localhost:http", "names are not looked up"),
            ("127.0.0.1:99999", "like 127.0.0.1:8080"),
            ("", "like 127.0.0.1:8080"),
        ] {
            let error = listen_address(text, Some(8080)).unwrap_err();
            assert!(
                error.starts_with("an address with a port"),
                "{text}: {error}"
            );
            assert!(error.contains(wanted), "{text}: {error}");
        }
        let error = listen_address("127.0.0.1", None).unwrap_err();
        assert_eq!(error, "an address with a port, like 127.0.0.1:8081");
    }

    #[test]
    fn passwords_are_masked() {
        for (url, wanted) in [
            ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
            (
                "postgresql://u:p%40:@h:5/d?sslmode=require",
                "postgresql://u:***@h:5/d?sslmode=require",
            ),
            (
                "postgresql://h/d?user=u&password=p",
                "postgresql://h/d?user=u&password=***",
            ),
            ("postgresql://h", "postgresql://h"),
            ("nonsense:p", "…"),
        ] {
            assert_eq!(masked(url), wanted);
        }
    }
}
