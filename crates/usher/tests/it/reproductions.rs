//! What attackers found over plain HTTP on the running server, tried over plain HTTP on the real binary.
//! The rules are tried in full on the core and on the dispatcher; these hold that the binary asks them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Reply, exchange};
use crate::server::{Folder, Server};

const PASSWORD: &str = "Cobalt-Lantern-73!";

/// A running server, spoken to as its people.
struct Api {
    server: Server,
    _folder: Folder,
}

impl Api {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let server = Server::start_with(&folder, &[], variables);
        Self {
            server,
            _folder: folder,
        }
    }

    /// A request with a key as the API at that mount takes it.
    fn call(&self, key: &str, method: &str, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {key}");
        let credential = match path.split('/').nth(1) {
            Some("misp") => ("Authorization", key),
            Some("tenable") => ("X-API-Key", key),
            _ => ("Authorization", bearer.as_str()),
        };
        let headers = [
            credential,
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ];
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        exchange(&self.server.address, method, path, &headers, &body).unwrap()
    }

    /// A request without a credential.
    fn stranger(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("Content-Type", "application/json")];
        exchange(
            &self.server.address,
            method,
            path,
            &headers,
            &body.to_string(),
        )
        .unwrap()
    }

    fn owner(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.call(self.server.token(), method, path, body)
    }

    /// Something that the owner makes, by its number.
    fn made(&self, path: &str, body: &Value) -> i64 {
        let reply = self.owner("POST", path, body);
        assert_eq!(reply.status, 201, "{path} {body}: {reply:?}");
        reply.json()["number"].as_i64().unwrap_or_default()
    }

    fn organisation(&self, name: &str) -> i64 {
        self.made("/api/v1/organisations", &json!({ "name": name }))
    }

    /// A person with roles at home, and a key of theirs.
    fn person(&self, email: &str, home: i64, roles: &[&str]) -> (i64, String) {
        let new = json!({ "email": email, "home": home, "roles": roles });
        let number = self.made("/api/v1/users", &new);
        (number, self.key_of(number))
    }

    fn key_of(&self, user: i64) -> String {
        let target = format!("/api/v1/users/{user}/keys");
        let made = self.owner("POST", &target, &json!({}));
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["secret"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// A role of `usher` with these permissions at one reach.
    fn role(&self, name: &str, reach: &str, words: &[&str]) {
        let lines: Vec<Value> = words
            .iter()
            .map(|word| json!({ "word": word, "reach": reach }))
            .collect();
        let new = json!({ "platform": "usher", "name": name, "lines": lines });
        self.made("/api/v1/roles", &new);
    }

    fn grant(&self, user: i64, role: &str, organisation: i64) {
        let target = format!("/api/v1/users/{user}/grants");
        let body = json!({ "role": role, "organisation": organisation });
        let granted = self.owner("POST", &target, &body);
        assert_eq!(granted.status, 201, "{granted:?}");
    }

    fn graphql(&self, key: &str, query: &str, variables: &Value) -> Reply {
        let body = json!({ "query": query, "variables": variables });
        self.call(key, "POST", "/opencti/graphql", &body)
    }

    fn sign_in(&self, login: &str, password: &str) -> u16 {
        let body = json!({ "login": login, "password": password });
        self.stranger("POST", "/api/v1/sign-in", &body).status
    }
}

/// A role over people who do not exist yet; reach over the root alone; reading taken over.
#[test]
fn rights_are_not_taken_in_advance_nor_by_a_detour() {
    let api = Api::start();
    let (harbour, clinic) = (
        api.organisation("Harbour Labs"),
        api.organisation("Northwind Clinic"),
    );
    let (_, rosa) = api.person("rosa@harbour.example", harbour, &["usher:administrator"]);
    let words = [
        "users.read",
        "users.edit",
        "credentials.reset",
        "keys.manage",
    ];
    let numbers: Vec<i64> = (44..540).collect();
    let lines: Vec<Value> = words
        .iter()
        .map(|word| json!({ "word": word, "reach": { "listed": numbers } }))
        .collect();
    let role =
        json!({ "platform": "usher", "name": "later", "organisation": harbour, "lines": lines });
    let made = api.call(&rosa, "POST", "/api/v1/roles", &role);
    assert_eq!(made.status, 403, "{made:?}");

    let all = [
        "users.read",
        "users.create",
        "users.edit",
        "users.delete",
        "keys.manage",
        "roles.read",
        "roles.manage",
        "roles.grant",
    ];
    api.role("rootdesk", "organisation", &all);
    api.role("ward", "organisation", &["users.read"]);
    let (ada_id, ada) = api.person("ada@example.org", 1, &[]);
    api.grant(ada_id, "usher:rootdesk", 1);
    let (anders_id, anders) = api.person("anders@clinic.example", clinic, &[]);
    api.grant(anders_id, "usher:ward", clinic);
    let (berit, _) = api.person("berit@clinic.example", clinic, &[]);
    let hidden = api.call(
        &ada,
        "GET",
        &format!("/api/v1/users/{anders_id}"),
        &Value::Null,
    );
    assert_eq!(hidden.status, 404, "{hidden:?}");
    let lines: Vec<Value> = words
        .iter()
        .map(|word| json!({ "word": word, "reach": "organisation" }))
        .collect();
    let changed = api.call(
        &ada,
        "PATCH",
        "/api/v1/roles/usher:ward",
        &json!({ "lines": lines }),
    );
    assert_eq!(changed.status, 403, "{changed:?}");
    let minted = api.call(
        &anders,
        "POST",
        &format!("/api/v1/users/{berit}/keys"),
        &json!({}),
    );
    assert_eq!(minted.status, 403, "{minted:?}");

    let (mateo, _) = api.person("mateo@example.org", 1, &["usher:auditor"]);
    let (_, gustav) = api.person("gustav@example.org", 1, &["usher:helpdesk"]);
    let target = format!("/api/v1/users/{mateo}/password");
    let set = api.call(&gustav, "PUT", &target, &json!({ "password": PASSWORD }));
    assert_eq!(set.status, 403, "{set:?}");
    // Nor by a group of OpenCTI's whose members manage accesses.
    let owner = api.server.token().to_owned();
    let added = api.graphql(
        &owner,
        "mutation { roleAdd(input: { name: \"Accesses\" }) { id } }",
        &Value::Null,
    );
    let role = added.json()["data"]["roleAdd"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let capabilities = "{ capabilities(first: 200) { edges { node { id name } } } }";
    let known = api.graphql(&owner, capabilities, &Value::Null).json();
    for name in ["SETTINGS_SETACCESSES", "APIACCESS_USETOKEN"] {
        let edges = known["data"]["capabilities"]["edges"].as_array().unwrap();
        let edge = edges
            .iter()
            .find(|edge| edge["node"]["name"] == name)
            .unwrap();
        let variables = json!({ "id": role, "to": edge["node"]["id"] });
        let relate = "mutation($id: ID!, $to: ID!) { roleEdit(id: $id) { relationAdd(input: \
            { toId: $to, relationship_type: \"has-capability\" }) { id } } }";
        let related = api.graphql(&owner, relate, &variables);
        assert!(related.json().get("errors").is_none(), "{related:?}");
    }
    let group = api.made(
        "/api/v1/groups",
        &json!({ "name": "Accesses", "organisation": 1 }),
    );
    let brought = json!({ "role": role, "organisation": 1 });
    api.made(&format!("/api/v1/groups/{group}/roles"), &brought);
    let (otto_id, otto) = api.person("otto@example.org", 1, &[]);
    let (nils_id, _) = api.person("nils@example.org", 1, &[]);
    for member in [otto_id, nils_id] {
        let target = format!("/api/v1/groups/{group}/members/{member}");
        let joined = api.owner("PUT", &target, &Value::Null);
        assert!(joined.status < 300, "{joined:?}");
    }
    let uuid_of = |user: i64| {
        let shown = api.owner("GET", &format!("/api/v1/users/{user}"), &Value::Null);
        shown.json()["id"].as_str().unwrap_or_default().to_owned()
    };
    let add = "mutation($id: ID!) { userAdminTokenAdd(userId: $id, input: { name: \"t\", duration: UNLIMITED }) \
        { plaintext_token } }";
    let refused = api.graphql(&otto, add, &json!({ "id": uuid_of(mateo) }));
    assert!(refused.json().get("errors").is_some(), "{refused:?}");
    let minted = api
        .graphql(&otto, add, &json!({ "id": uuid_of(nils_id) }))
        .json();
    let token = minted["data"]["userAdminTokenAdd"]["plaintext_token"].as_str();
    let token = token.unwrap_or_else(|| panic!("{minted}")).to_owned();
    for path in ["/api/v1/me", "/api/v1/settings", "/api/v1/events"] {
        let refused = api.call(&token, "GET", path, &Value::Null);
        assert_eq!(refused.status, 401, "{path}: {refused:?}");
    }
}

/// A person who may change settings does not read the owner's mail, nor the kept password.
#[test]
fn the_mail_server_is_not_turned_into_a_way_in() {
    let api = Api::start();
    let mail = "/api/v1/settings/mail";
    let set = json!({
        "server": "mail.example.org", "port": 465, "account": "mailer", "tls": true, "start_tls": false,
        "password": "Smtp-Canary-4711",
    });
    let kept = || {
        let shown = api.owner("GET", "/tenable/api/application-settings", &Value::Null);
        !shown.json()["smtpAccountPassword"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
    };
    assert_eq!(api.owner("PATCH", mail, &set).status, 200);
    assert!(kept());
    api.role("settings", "all", &["settings.read", "settings.manage"]);
    let (sam_id, sam) = api.person("sam@example.org", 1, &[]);
    api.grant(sam_id, "usher:settings", 1);
    let template = json!({ "password_reset": { "subject": "Hello", "text": "{{ token }}" } });
    for (path, change) in [
        (
            mail,
            json!({ "server": "127.0.0.1", "start_tls": false, "tls": false }),
        ),
        (
            "/api/v1/settings/public",
            json!({ "url": "https://evil.example" }),
        ),
        ("/api/v1/settings/mail_templates", template),
        (
            "/tenable/api/application-settings",
            json!({ "smtpServerAddress": "127.0.0.1" }),
        ),
    ] {
        let refused = api.call(&sam, "PATCH", path, &change);
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
    }
    // The password does not follow to another server, whoever sends it there.
    assert!(kept());
    let moved = api.owner("PATCH", mail, &json!({ "server": "127.0.0.1" }));
    assert_eq!(moved.status, 200, "{moved:?}");
    assert!(!kept());
}

/// Limited keys, an address that is another's, and a password that must be changed first.
#[test]
fn credentials_are_not_made_freer() {
    let api = Api::start();
    let harbour = api.organisation("Harbour Labs");
    let (_, liv) = api.person("liv@harbour.example", harbour, &["usher:administrator"]);
    for limits in [
        json!({ "addresses": ["127.0.0.1/32"] }),
        json!({ "addresses": ["127.0.0.1/32"],
            "constraints": [{ "kind": "prefix", "pattern": "me", "methods": ["GET", "PUT", "PATCH"] }] }),
        json!({ "organisation": harbour }),
    ] {
        let made = api.call(&liv, "POST", "/api/v1/me/keys", &limits);
        assert_eq!(made.status, 201, "{made:?}");
        let limited = made.json()["secret"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let new = json!({
            "email": "new@harbour.example", "password": PASSWORD, "must_change_password": false,
            "roles": ["usher:administrator"],
        });
        for (method, path, body) in [
            (
                "PUT",
                "/api/v1/me/password",
                json!({ "password": PASSWORD }),
            ),
            ("POST", "/api/v1/users", new),
        ] {
            let refused = api.call(&limited, method, path, &body);
            assert_eq!(refused.status, 403, "{limits} {path}: {refused:?}");
        }
        for login in ["liv@harbour.example", "new@harbour.example"] {
            assert_eq!(api.sign_in(login, PASSWORD), 401, "{limits} {login}");
        }
    }

    let clinic = api.organisation("Northwind Clinic");
    api.person("dean@clinic.example", clinic, &["usher:administrator"]);
    let new = json!({ "email": "ada@harbour.example", "org_id": harbour, "role_id": 3 });
    let made = api.owner("POST", "/misp/admin/users/add", &new);
    let ada = made.json()["User"]["authkey"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(ada.len(), 40, "{made:?}");
    let edit = json!({ "email": "ceo@clinic.example" });
    let refused = api.call(&ada, "POST", "/misp/users/edit", &edit);
    assert_eq!(refused.status, 403, "{refused:?}");

    let (elif, _) = api.person("elif@harbour.example", harbour, &[]);
    let target = format!("/api/v1/users/{elif}/password");
    let set = api.call(&liv, "PUT", &target, &json!({ "password": PASSWORD }));
    assert_eq!(set.status, 204, "{set:?}");
    let body = json!({ "email": "elif@harbour.example", "password": PASSWORD });
    let login = api.stranger("POST", "/tenable/api/login", &body);
    assert_eq!(login.status, 200, "{login:?}");
    let token = login.json()["authToken"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    for method in ["GET", "POST"] {
        let body = if method == "GET" {
            Value::Null
        } else {
            json!({})
        };
        let refused = api.call(&token, method, "/tenable/api/api-key", &body);
        assert_eq!(refused.status, 403, "{method}: {refused:?}");
    }
}

/// What one request may carry is bounded before it is worked on: nobody else notices it.
#[test]
fn dear_requests_keep_nobody_waiting() {
    let api = Api::start();
    let words = |count: usize| {
        let words: Vec<String> = (0..count).map(|word| format!("{word:x}")).collect();
        words.join(" ")
    };
    let owner = api.server.token().to_owned();
    let search = |field: &str| {
        format!("query($s: String) {{ {field}(search: $s) {{ edges {{ node {{ id }} }} }} }}")
    };
    let aliased: Vec<String> = (0..30)
        .map(|number| {
            format!("a{number}: organizations(search: $s) {{ edges {{ node {{ id }} }} }}")
        })
        .collect();
    let aliased = format!("query($s: String) {{ {} }}", aliased.join(" "));
    let filter = "query($f: FilterGroup) { users(filters: $f) { edges { node { id } } } }";
    let filtered = |operator: &str, value: String| {
        let filters = json!([{ "key": ["name"], "operator": operator, "values": [value] }]);
        json!({ "f": { "mode": "and", "filterGroups": [], "filters": filters } })
    };
    let long = "a".repeat(60_000);
    for (name, query, variables) in [
        (
            "organizations",
            search("organizations"),
            json!({ "s": words(150_000) }),
        ),
        ("users", search("users"), json!({ "s": words(60_000) })),
        ("aliased", aliased, json!({ "s": words(12_000) })),
        (
            "search",
            filter.to_owned(),
            filtered("search", words(60_000)),
        ),
        ("match", filter.to_owned(), filtered("match", words(60_000))),
        (
            "contains",
            filter.to_owned(),
            filtered("contains", long.clone()),
        ),
        ("a long word", search("users"), json!({ "s": long })),
    ] {
        let begun = Instant::now();
        let refused = api.graphql(&owner, &query, &variables);
        assert!(
            refused.json().get("errors").is_some(),
            "{name}: {refused:?}"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{name}: {:?}",
            begun.elapsed()
        );
    }
    let refused = api.owner("GET", &format!("/api/v1/users?q={long}"), &Value::Null);
    assert_eq!(refused.status, 414, "{}", refused.body);

    // Expressions of a key are bounded together, and are not compiled at every request.
    let constraint =
        |pattern: &str| json!({ "kind": "regex", "pattern": pattern, "methods": ["GET"] });
    let many = json!({ "constraints": vec![constraint("(?-u)(foo|bar|baz){187}"); 99] });
    let refused = api.owner("POST", "/api/v1/me/keys", &many);
    assert_eq!(refused.status, 422, "{refused:?}");

    // Groups below people below groups.
    let group = api.made(
        "/api/v1/groups",
        &json!({ "name": "Team", "organisation": 1 }),
    );
    for number in 0..30 {
        let new = json!({ "email": format!("p{number}@example.org"), "groups": [group] });
        api.made("/api/v1/users", &new);
    }
    let nested = "{ users(first: 5000) { edges { node { id groups { edges { node { id \
        members(first: 5000) { edges { node { id } } } } } } } } } }";
    let answer = api.graphql(&owner, nested, &Value::Null).json();
    assert_eq!(answer.get("errors"), None, "{answer}");
}

/// Wrong passwords from elsewhere keep nobody from signing in where they are, and end no key.
#[test]
fn guesses_from_elsewhere_lock_nobody_out() {
    let api = Api::start_with(&[("USHER_PROXIES", "127.0.0.1")]);
    let new =
        json!({ "email": "ada@example.org", "password": PASSWORD, "must_change_password": false });
    let ada = api.made("/api/v1/users", &new);
    let key = api.key_of(ada);
    let sign_in = |address: &str, password: &str| {
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", address),
        ];
        let body = json!({ "login": "ada@example.org", "password": password }).to_string();
        let reply = exchange(
            &api.server.address,
            "POST",
            "/api/v1/sign-in",
            &headers,
            &body,
        );
        reply.unwrap().status
    };
    assert_eq!(sign_in("192.0.2.1", PASSWORD), 200);
    // More than lock the account, each network giving its share of them.
    for network in 0..12 {
        let address = format!("198.51.{network}.7");
        for _ in 0..3 {
            assert_eq!(sign_in(&address, "a wrong guess"), 401);
        }
        assert_eq!(sign_in(&address, PASSWORD), 401, "{address} is locked");
    }
    assert_eq!(sign_in("192.0.2.1", PASSWORD), 200);
    assert_eq!(
        sign_in("203.0.113.9", PASSWORD),
        401,
        "the account is locked elsewhere"
    );
    let me = api.call(&key, "GET", "/api/v1/me", &Value::Null);
    assert_eq!(me.status, 200, "{me:?}");
}
