use std::collections::BTreeSet;

use serde_json::Value;

use super::operations::OPERATIONS;
use super::{Answer, Field, Kind, Object, Operation, Place, document};
use crate::fields::snake_case;

/// The path as the table of routes writes it.
fn route(operation: &Operation) -> &'static str {
    operation.path.trim_end_matches('/')
}

#[test]
fn every_operation_has_a_route_and_every_route_an_operation() {
    let operations: BTreeSet<(&str, &str)> = OPERATIONS
        .iter()
        .map(|operation| (operation.method, route(operation)))
        .collect();
    assert_eq!(operations.len(), OPERATIONS.len(), "one stands twice");
    let routes: BTreeSet<(&str, &str)> = crate::DIALECT
        .routes
        .iter()
        .map(|route| (route.method, route.path))
        .collect();
    assert_eq!(operations, routes);
}

fn find(method: &str, wanted: &str) -> &'static Operation {
    let found = OPERATIONS
        .iter()
        .find(|operation| operation.method == method && route(operation) == wanted);
    found
        .copied()
        .unwrap_or_else(|| panic!("{method} {wanted}"))
}

fn names(fields: &[Field]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| format!("{}{}", field.name, if field.required { "!" } else { "" }))
        .collect();
    names.join(" ")
}

/// The client's positional arguments come in this order, so it is written down here a second time.
#[test]
fn the_order_of_parameters_and_members_stands() {
    const USER: &str = "primaryGroupId{} city state timeZone initials department title prefersSmsOtp groupIds vpnEnabled \
         ssoDisabled otpRequiredForLogin exemptFromOrgSmsOtpDisabled robot";
    const PAGES: &str = "limit page_num order order_dir";
    const GROUP: &str = "description slug organizationId defaultOtpRequiredForLogin roleIds defaultTimeZone \
         defaultJobsLabel defaultNotebooksLabel defaultServicesLabel";
    let pages = |own: &str| format!("{own} {PAGES}").trim().to_owned();
    let new_user = format!(
        "name! email! active {} user! sendEmail",
        USER.replace("{}", "!")
    );
    let user_change = format!(
        "name email active {} phone password accountStatus",
        USER.replace("{}", "")
    );
    for (method, route, query, body) in [
        (
            "GET",
            "/users",
            pages(
                "feature_flag account_status query group_id group_ids organization_id exclude_groups",
            ),
            "",
        ),
        ("POST", "/users", String::new(), new_user.as_str()),
        (
            "PATCH",
            "/users/me",
            String::new(),
            "preferences lastCheckedAnnouncements",
        ),
        (
            "GET",
            "/users/me/activity",
            "status author order".to_owned(),
            "",
        ),
        ("PATCH", "/users/{id}", String::new(), user_change.as_str()),
        ("GET", "/users/{id}/api_keys", pages(""), ""),
        (
            "POST",
            "/users/{id}/api_keys",
            String::new(),
            "expiresIn! constraints name!",
        ),
        (
            "GET",
            "/users/me/favorites",
            pages("object_id object_type"),
            "",
        ),
        (
            "POST",
            "/users/me/favorites",
            String::new(),
            "objectId! objectType!",
        ),
        (
            "GET",
            "/groups",
            pages("query permission include_members organization_id user_ids"),
            "",
        ),
        ("POST", "/groups", String::new(), &format!("name! {GROUP}")),
        (
            "PUT",
            "/groups/{id}",
            String::new(),
            &format!("name! {GROUP}"),
        ),
        (
            "PATCH",
            "/groups/{id}",
            String::new(),
            &format!("name {GROUP}"),
        ),
        (
            "PUT",
            "/groups/{id}/shares/users",
            String::new(),
            "userIds! permissionLevel! shareEmailBody sendSharedEmail",
        ),
        (
            "PUT",
            "/groups/{id}/shares/groups",
            String::new(),
            "groupIds! permissionLevel! shareEmailBody sendSharedEmail",
        ),
        ("GET", "/roles", pages(""), ""),
        ("GET", "/announcements", pages(""), ""),
        (
            "GET",
            "/organizations/favorites",
            pages("object_id object_type"),
            "",
        ),
        (
            "GET",
            "/admin/organizations",
            "status org_type".to_owned(),
            "",
        ),
        (
            "POST",
            "/admin/themes",
            String::new(),
            "name! organizationIds settingsJson! logoFileId",
        ),
    ] {
        let operation = find(method, route);
        assert_eq!(names(&operation.query()), query, "{method} {route}");
        let members = operation
            .body
            .map_or(String::new(), |body| names(body.fields));
        assert_eq!(members, body, "{method} {route}");
    }
}

#[test]
fn the_document_keeps_the_order() {
    let document = document("http", "usher.example", "/civis");
    for operation in OPERATIONS {
        let item = &document["paths"][operation.path][operation.method.to_ascii_lowercase()];
        let sent: Vec<&str> = item["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let query = operation.query();
        let wanted: Vec<&str> = query.iter().map(|field| field.name).collect();
        assert_eq!(sent, wanted, "{}", operation.path);
    }
    for (name, definition) in document["definitions"].as_object().unwrap() {
        let object = objects().into_iter().find(|object| object.name == name);
        let sent: Vec<&String> = definition["properties"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        let wanted: Vec<&str> = object
            .unwrap()
            .fields
            .iter()
            .map(|field| field.name)
            .collect();
        assert_eq!(sent, wanted, "{name}");
    }
}

/// Every object of the specification.
fn objects() -> Vec<&'static Object> {
    fn visit(object: &'static Object, found: &mut Vec<&'static Object>) {
        if found.iter().any(|one| std::ptr::eq(*one, object)) {
            return;
        }
        found.push(object);
        for field in object.fields {
            if let Kind::Object(inner) | Kind::Objects(inner) = field.kind {
                visit(inner, found);
            }
        }
    }
    let mut found = Vec::new();
    for operation in OPERATIONS {
        if let Some(body) = operation.body {
            visit(body, &mut found);
        }
        if let Answer::One(object) | Answer::Many(object) = operation.answer {
            visit(object, &mut found);
        }
    }
    found
}

#[test]
fn names_are_distinct_after_the_clients_rule() {
    let mut named = BTreeSet::new();
    for object in objects() {
        assert!(named.insert(object.name), "{} is two objects", object.name);
        let snake: BTreeSet<String> = object
            .fields
            .iter()
            .map(|field| snake_case(field.name))
            .collect();
        assert_eq!(snake.len(), object.fields.len(), "{}", object.name);
    }
}

#[test]
fn paths_name_their_parameters() {
    for operation in OPERATIONS {
        let path: Vec<&str> = operation
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let parameters: Vec<&str> = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Path)
            .map(|parameter| parameter.field.name)
            .collect();
        assert_eq!(path, parameters, "{}", operation.path);
    }
}

/// What breaks the client when it is missed (civis.md §2).
#[test]
fn the_client_can_read_every_part() {
    const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "array", "object"];
    let document = document("http", "usher.example", "/civis");
    let is_typed = |item: &Value, what: &str| {
        let kind = item["type"].as_str();
        let resolved = match item["$ref"].as_str() {
            Some(target) => !document
                .pointer(target.trim_start_matches('#'))
                .unwrap()
                .is_null(),
            None => kind.is_some_and(|kind| TYPES.contains(&kind)),
        };
        assert!(resolved, "{what}: {item}");
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let what = format!("{verb} {path}");
            assert!(["get", "post", "put", "patch", "delete"].contains(&verb.as_str()));
            let summary = operation["summary"].as_str().unwrap();
            assert!(!summary.is_empty(), "{what}");
            let hidden = summary.to_lowercase().contains("deprecated");
            assert_eq!(hidden, what == "delete /groups/{id}", "{what}");
            for parameter in operation["parameters"].as_array().unwrap() {
                assert!(parameter["name"].is_string() && parameter["required"].is_boolean());
                if parameter["in"] == "body" {
                    is_typed(&parameter["schema"], &what);
                } else {
                    is_typed(parameter, &what);
                }
            }
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(responses.len(), 1, "{what}");
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{what}");
                assert_eq!(
                    status == "204",
                    response["schema"].is_null() && status != "200"
                );
            }
        }
    }
    for (name, definition) in document["definitions"].as_object().unwrap() {
        for property in definition["properties"].as_object().unwrap().values() {
            is_typed(property, name);
            if property["type"] == "array" {
                is_typed(&property["items"], name);
            }
        }
    }
    assert_eq!(document["swagger"], "2.0");
    assert_eq!(document["host"], "usher.example");
    assert_eq!(document["basePath"], "/civis");
}
