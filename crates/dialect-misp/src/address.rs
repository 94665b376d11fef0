//! The vendor's URL grammar (misp.md §2): `[admin/]controller[/action][/passed…][/name:value…]`, where
//! the index action may be left out, controllers are written in snake_case or camelCase, and any path
//! may end in `.json`.

use kit::percent_decode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A path taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Whether it began with `admin/`.
    pub admin: bool,
    /// The controller, lower case without underscores: `authkeys`, `users`.
    pub controller: String,
    /// The action, lower case without underscores; `index` when the path names none.
    pub action: String,
    /// What stands behind the action, in order.
    pub passed: Vec<String>,
    /// The named parameters, in order.
    pub named: Vec<(String, String)>,
}

/// More segments than any request of a client has.
const SEGMENTS: usize = 64;

impl Address {
    /// Takes a path below the mount apart; `None` when it is no path of this grammar.
    pub fn read(path: &str) -> Option<Address> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".json").unwrap_or(path);
        let mut address = Address::default();
        let mut plain = Vec::new();
        for (place, segment) in path.split('/').filter(|one| !one.is_empty()).enumerate() {
            if place >= SEGMENTS {
                return None;
            }
            let text = decode(segment)?;
            match text.split_once(':') {
                // A parameter's name is a word; anything else before a colon is just text.
                Some((name, value)) if place > 0 && is_name(name) => {
                    address.named.push((name.to_owned(), value.to_owned()));
                }
                _ => plain.push(text),
            }
        }
        let mut plain = plain.into_iter().peekable();
        address.admin = plain.next_if(|first| first == "admin").is_some();
        address.controller = word(&plain.next()?)?;
        address.action = plain
            .next()
            .map_or_else(|| Some("index".to_owned()), |one| word(&one))?;
        address.passed = plain.collect();
        Some(address)
    }

    /// The canonical path that the table of routes knows.
    pub fn route(&self) -> String {
        let mut route = if self.admin { "/admin/" } else { "/" }.to_owned();
        route.push_str(&self.controller);
        route.push('/');
        route.push_str(&self.action);
        for passed in &self.passed {
            route.push('/');
            route.extend(utf8_percent_encode(passed, NON_ALPHANUMERIC));
        }
        route
    }

    /// The first thing behind the action.
    pub fn first(&self) -> Option<&str> {
        self.passed.first().map(String::as_str)
    }

    /// A named parameter; the last one counts, as in the vendor's array.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.named
            .iter()
            .rfind(|(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }
}

// Quirk: a `+` in the path means a blank, as clients write blanks so (misp.md §1).
fn decode(segment: &str) -> Option<String> {
    percent_decode(segment)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

fn word(text: &str) -> Option<String> {
    let known = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    known.then(|| text.replace('_', "").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        match Address::read(path) {
            None => "-".to_owned(),
            Some(address) => format!(
                "{}{} {} {:?} {:?}",
                if address.admin { "admin " } else { "" },
                address.controller,
                address.action,
                address.passed,
                address.named
            ),
        }
    }

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/users/view/me", r#"users view ["me"] []"#),
            ("/users/view/me.json", r#"users view ["me"] []"#),
            ("admin/users", "admin users index [] []"),
            ("/admin/users/index/", "admin users index [] []"),
            ("/admin//users.json", "admin users index [] []"),
            (
                "/admin/users/index/value:read+only/searchorg:80",
                r#"admin users index [] [("value", "read only"), ("searchorg", "80")]"#,
            ),
            (
                "/admin/users/index/value:a%7Cb%2Bc",
                r#"admin users index [] [("value", "a|b+c")]"#,
            ),
            ("/auth_keys/add/5", r#"authkeys add ["5"] []"#),
            ("/authKeys/add/5", r#"authkeys add ["5"] []"#),
            ("/user_settings/setSetting", "usersettings setsetting [] []"),
            (
                "/admin/roles/set_default/3",
                r#"admin roles setdefault ["3"] []"#,
            ),
            (
                "/organisations/index/scope:all",
                r#"organisations index [] [("scope", "all")]"#,
            ),
            (
                "/organisations/view/Cybersec+Corp",
                r#"organisations view ["Cybersec Corp"] []"#,
            ),
            (
                "/organisations/view/a b: c",
                r#"organisations view ["a b: c"] []"#,
            ),
            ("/", "-"),
            ("", "-"),
            ("/admin", "-"),
            ("/users/view/%ff", "-"),
            ("/a b/view", "-"),
            ("/users/view/%00", "-"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
        assert_eq!(Address::read(&"a/".repeat(100)), None);
        let twice = Address::read("users/index/value:a/value:b").unwrap();
        assert_eq!(twice.named("value"), Some("b"));
        assert_eq!(twice.named("other"), None);
    }

    #[test]
    fn canonical_paths() {
        for (path, expected) in [
            ("/admin/users", "/admin/users/index"),
            ("/admin/users/index/value:x", "/admin/users/index"),
            ("/auth_keys/add/me.json", "/authkeys/add/me"),
            (
                "/organisations/view/A+b%2Fc",
                "/organisations/view/A%20b%2Fc",
            ),
        ] {
            assert_eq!(Address::read(path).unwrap().route(), expected, "{path}");
        }
    }
}
