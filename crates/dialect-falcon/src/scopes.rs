//! The scopes of API clients: which there are, and which one a route asks for.

/// A scope that a client may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The word stored with a key and sent over the wire.
    pub id: &'static str,
    /// `read` or `write`.
    pub action: &'static str,
    /// The vendor's name of what is read or written.
    pub group: &'static str,
}

const fn scope(id: &'static str, action: &'static str, group: &'static str) -> Scope {
    Scope { id, action, group }
}

/// Every scope.
///
/// Quirk: the vendor's names of scopes are known, their ids are not; these are ours (falcon.md §6, §7).
pub const ALL: [Scope; 7] = [
    scope("user-management:read", "read", "User management"),
    scope("user-management:write", "write", "User management"),
    scope("flight-control:read", "read", "Flight Control"),
    scope("flight-control:write", "write", "Flight Control"),
    scope("sensor-installers:read", "read", "Sensor download"),
    scope("api-clients:read", "read", "API clients"),
    scope("api-clients:write", "write", "API clients"),
];

const USERS: (&str, &str) = ("user-management:read", "user-management:write");
const CONTROL: (&str, &str) = ("flight-control:read", "flight-control:write");
const SENSORS: (&str, &str) = ("sensor-installers:read", "sensor-installers:write");
const CLIENTS: (&str, &str) = ("api-clients:read", "api-clients:write");

/// The scope that a route asks for; `None` where there is no such route, which no limited client uses.
pub fn needed(method: &str, path: &str) -> Option<&'static str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let (read, write) = match segments.next()? {
        "user-management" | "users" | "user-roles" => USERS,
        "mssp" => CONTROL,
        "sensors" => SENSORS,
        "api-clients" => CLIENTS,
        _ => return None,
    };
    let mut rest = segments;
    // Reads whose ids would not fit into a query are sent by POST.
    let reads = method == "GET"
        || rest.any(|segment| matches!(segment, "GET" | "aggregates" | "user-allowed-actions"));
    Some(if reads { read } else { write })
}

/// Whether a client with these scopes may use a route. No scopes at all are no limit: the key was not
/// made as a client of this dialect.
pub fn permit(scopes: &[String], method: &str, path: &str) -> bool {
    scopes.is_empty()
        || needed(method, path).is_some_and(|needed| scopes.iter().any(|scope| scope == needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_asks_for_a_scope_there_is() {
        for (method, path, expected) in [
            (
                "GET",
                "/user-management/queries/users/v1",
                "user-management:read",
            ),
            (
                "POST",
                "/user-management/entities/users/GET/v1",
                "user-management:read",
            ),
            (
                "POST",
                "/user-management/entities/users/v1",
                "user-management:write",
            ),
            (
                "POST",
                "/user-management/aggregates/users/v2",
                "user-management:read",
            ),
            (
                "POST",
                "/user-management/entities/user-allowed-actions/v1",
                "user-management:read",
            ),
            (
                "POST",
                "/user-management/entities/user-role-actions/v1",
                "user-management:write",
            ),
            ("PATCH", "/users/entities/users/v1", "user-management:write"),
            (
                "DELETE",
                "/user-roles/entities/user-roles/v1",
                "user-management:write",
            ),
            ("GET", "/mssp/queries/children/v1", "flight-control:read"),
            (
                "POST",
                "/mssp/entities/children/GET/v2",
                "flight-control:read",
            ),
            (
                "DELETE",
                "/mssp/entities/mssp-roles/v1",
                "flight-control:write",
            ),
            (
                "GET",
                "/sensors/queries/installers/ccid/v1",
                "sensor-installers:read",
            ),
            (
                "POST",
                "/api-clients/entities/api-clients/v1",
                "api-clients:write",
            ),
        ] {
            assert_eq!(needed(method, path), Some(expected), "{method} {path}");
            assert!(ALL.iter().any(|scope| scope.id == expected));
        }
        assert_eq!(needed("GET", "/"), None);
        assert_eq!(needed("GET", "/detects/queries/detects/v1"), None);
    }

    #[test]
    fn a_client_uses_what_it_has_scopes_for() {
        let one = |scope: &str| vec![scope.to_owned()];
        let users = "/user-management/queries/users/v1";
        for (scopes, method, path, expected) in [
            (vec![], "DELETE", users, true),
            (one("user-management:read"), "GET", users, true),
            (one("user-management:write"), "GET", users, false),
            (
                one("user-management:read"),
                "POST",
                "/users/entities/users/v1",
                false,
            ),
            (one("flight-control:read"), "GET", users, false),
            (one("user-management:read"), "GET", "/nowhere", false),
        ] {
            assert_eq!(
                permit(&scopes, method, path),
                expected,
                "{scopes:?} {method} {path}"
            );
        }
    }
}
