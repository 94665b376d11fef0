//! Every member that an edit changes, given nothing: `null`, no value or an empty text clears what may be empty, puts
//! the default of a flag or a choice back, is refused where a value is needed, and changes no other member. What a
//! creation is given as `null` counts as not given.

use serde_json::{Value, json};

use super::{ask, group_with, opencti, send, user};
use test_support::World;

/// What becomes of a member when it is given nothing.
enum Given {
    /// It shows this afterwards.
    Shows(Value),
    /// Nothing is changed, and the request refused.
    Refused,
    /// An empty list shows this; a list of an empty text is refused.
    List,
    /// `null` and no value show this; an empty text is no value of its kind and refused.
    Choice(Value),
}

/// A kind of object: how it is edited and shown, and its members.
struct Kind {
    edit: &'static str,
    show: &'static str,
    selection: &'static str,
    members: Vec<(&'static str, Given)>,
}

fn kinds() -> [Kind; 4] {
    use Given::{Choice, List, Refused, Shows};
    [
        Kind {
            edit: "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { id } } }",
            show: "user",
            selection: "name user_email firstname lastname description theme language unit_system submenu_show_icons \
                        submenu_auto_collapse monochrome_labels default_time_field default_hidden_types \
                        unsubscribed_news_feed_types password_valid_until account_status account_lock_after_date \
                        user_service_account otp_mandatory user_confidence_level { max_confidence }",
            members: vec![
                ("name", Refused),
                ("user_email", Refused),
                ("firstname", Shows(json!(""))),
                ("lastname", Shows(Value::Null)),
                ("description", Shows(Value::Null)),
                ("theme", Shows(json!("default"))),
                ("language", Shows(json!("auto"))),
                ("unit_system", Shows(Value::Null)),
                ("submenu_show_icons", Choice(json!(false))),
                ("submenu_auto_collapse", Choice(json!(false))),
                ("monochrome_labels", Choice(json!(false))),
                ("default_time_field", Shows(Value::Null)),
                ("default_hidden_types", List),
                ("unsubscribed_news_feed_types", List),
                ("password_valid_until", Shows(Value::Null)),
                ("account_status", Refused),
                ("account_lock_after_date", Shows(Value::Null)),
                ("otp_mandatory", Choice(json!(false))),
                ("user_confidence_level", Choice(Value::Null)),
                ("password", Refused),
            ],
        },
        Kind {
            edit: "mutation ($id: ID!, $input: [EditInput]!) { groupEdit(id: $id) { fieldPatch(input: $input) { id } } }",
            show: "group",
            selection: "name description default_assignation no_creators restrict_delete auto_new_marking \
                        auto_integration_assignation default_hidden_types not_shareable_marking_types \
                        max_shareable_marking { id } group_confidence_level { max_confidence }",
            members: vec![
                ("name", Refused),
                ("description", Shows(Value::Null)),
                ("default_assignation", Choice(json!(false))),
                ("no_creators", Choice(json!(false))),
                ("restrict_delete", Choice(json!(false))),
                ("auto_new_marking", Choice(json!(false))),
                ("auto_integration_assignation", List),
                ("default_hidden_types", List),
                ("not_shareable_marking_types", List),
                ("group_confidence_level", Choice(Value::Null)),
            ],
        },
        Kind {
            edit: "mutation ($id: ID!, $input: [EditInput]!) { roleEdit(id: $id) { fieldPatch(input: $input) { id } } }",
            show: "role",
            selection: "name description can_manage_sensitive_config",
            members: vec![
                ("name", Refused),
                ("description", Shows(Value::Null)),
                ("can_manage_sensitive_config", Choice(json!(false))),
            ],
        },
        Kind {
            edit: "mutation ($id: ID!, $input: [EditInput]!) { organizationFieldPatch(id: $id, input: $input) { id } }",
            show: "organization",
            selection: "name description contact_information x_opencti_organization_type x_opencti_reliability \
                        x_opencti_aliases x_opencti_score confidence revoked roles lang default_hidden_types \
                        x_opencti_stix_ids grantable_groups { id }",
            members: vec![
                ("name", Refused),
                ("description", Shows(Value::Null)),
                ("contact_information", Shows(Value::Null)),
                ("x_opencti_organization_type", Shows(Value::Null)),
                ("x_opencti_reliability", Shows(Value::Null)),
                ("x_opencti_aliases", List),
                ("x_opencti_score", Shows(Value::Null)),
                ("confidence", Shows(Value::Null)),
                ("revoked", Choice(json!(false))),
                ("roles", List),
                ("lang", Shows(Value::Null)),
                ("default_hidden_types", List),
            ],
        },
    ]
}

/// Values that set every member to something.
fn full(member: &str) -> Value {
    match member {
        "theme" => json!("dark"),
        "language" => json!("fr-fr"),
        "unit_system" => json!("Metric"),
        "account_status" => json!("Active"),
        "password_valid_until" | "account_lock_after_date" => json!("2031-01-01T00:00:00.000Z"),
        "user_confidence_level" | "group_confidence_level" => {
            json!({"max_confidence": 40, "overrides": []})
        }
        "password" => json!("tangerine umbrella 42"),
        "x_opencti_score" | "confidence" => json!(30),
        "submenu_show_icons"
        | "submenu_auto_collapse"
        | "monochrome_labels"
        | "otp_mandatory"
        | "default_assignation"
        | "no_creators"
        | "restrict_delete"
        | "auto_new_marking"
        | "can_manage_sensitive_config"
        | "revoked" => json!(true),
        "user_email" => json!("full@example.org"),
        _ => json!("Some text"),
    }
}

async fn make(world: &World, kind: &str) -> Value {
    match kind {
        "user" => user(world, "Ada Lovelace", json!({})).await,
        "group" => group_with(world, "Analysts", &[]).await,
        "role" => {
            let add = "mutation { roleAdd(input: {name: \"Reads\"}) { id } }";
            ask(world, &world.key, add, json!({})).await["roleAdd"]["id"].clone()
        }
        _ => {
            let add = "mutation { organizationAdd(input: {name: \"Acme\"}) { id } }";
            ask(world, &world.key, add, json!({})).await["organizationAdd"]["id"].clone()
        }
    }
}

async fn shown(world: &World, kind: &Kind, id: &Value) -> Value {
    let query = format!(
        "query ($id: String!) {{ {}(id: $id) {{ {} }} }}",
        kind.show, kind.selection
    );
    ask(world, &world.key, &query, json!({"id": id})).await[kind.show].clone()
}

#[tokio::test]
async fn a_member_that_is_given_nothing() {
    let mut wrong = Vec::new();
    for (number, kind) in kinds().iter().enumerate() {
        for (what, given) in [
            ("null", json!([null])),
            ("nothing", json!([])),
            ("empty", json!([""])),
        ] {
            let world = opencti().await;
            let id = make(&world, kind.show).await;
            for (member, _) in &kind.members {
                let input = json!({"key": member, "value": [full(member)]});
                let set = json!({"id": id, "input": [input]});
                let reply = send(&world, &world.key, kind.edit, set).await;
                assert!(
                    reply.json().get("errors").is_none(),
                    "{member}: {}",
                    reply.text
                );
            }
            for (member, expected) in &kind.members {
                let before = shown(&world, kind, &id).await;
                let input = json!({"key": member, "value": given});
                let set = json!({"id": id, "input": [input]});
                let reply = send(&world, &world.key, kind.edit, set).await.json();
                let after = shown(&world, kind, &id).await;
                let refused = reply.get("errors").is_some();
                let wanted = match expected {
                    Given::Refused => None,
                    Given::Shows(value) => Some(value.clone()),
                    Given::List if what == "empty" => Some(json!([""])),
                    Given::List => Some(json!([])),
                    Given::Choice(_) if what == "empty" => None,
                    Given::Choice(value) => Some(value.clone()),
                };
                let mut should = before.clone();
                if let Some(value) = &wanted {
                    should[member] = value.clone();
                }
                if after != should || refused != wanted.is_none() {
                    wrong.push(format!(
                        "{number} {member} given {what}: shows {}, refused: {refused}; all: {after}",
                        after[member]
                    ));
                }
                // Names are derived from each other, so what was cleared is set again.
                let input = json!({"key": member, "value": [full(member)]});
                let set = json!({"id": id, "input": [input]});
                send(&world, &world.key, kind.edit, set).await;
                assert!(
                    !reply.to_string().contains("INTERNAL_SERVER_ERROR"),
                    "{reply}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A creation that is given `null` for every optional member makes what one without them makes.
#[tokio::test]
async fn a_creation_with_nulls_is_one_without() {
    let world = opencti().await;
    let introspect =
        "query ($name: String!) { __type(name: $name) { inputFields { name type { kind } } } }";
    for (field, input, needed) in [
        (
            "userAdd",
            "UserAddInput",
            json!({"name": "Ada Lovelace", "user_email": "$@example.org"}),
        ),
        (
            "groupAdd",
            "GroupAddInput",
            json!({"name": "Group $", "group_confidence_level": {"max_confidence": 5, "overrides": []}}),
        ),
        ("roleAdd", "RoleAddInput", json!({"name": "Role $"})),
        (
            "organizationAdd",
            "OrganizationAddInput",
            json!({"name": "Organisation $"}),
        ),
        (
            "identityAdd",
            "IdentityAddInput",
            json!({"name": "Identity $", "type": "Organization"}),
        ),
        (
            "emailTemplateAdd",
            "EmailTemplateAddInput",
            json!({
                "name": "Template $", "email_object": "Hello", "sender_email": "desk@example.org", "template_body": "Hello",
            }),
        ),
    ] {
        let shape = ask(&world, &world.key, introspect, json!({"name": input})).await;
        let fields = shape["__type"]["inputFields"].as_array().unwrap();
        assert!(fields.len() > 2, "{input}");
        let selection = match field {
            "userAdd" => kinds()[0].selection,
            "groupAdd" => kinds()[1].selection,
            "roleAdd" => kinds()[2].selection,
            "organizationAdd" => kinds()[3].selection,
            "identityAdd" => "description roles confidence revoked x_opencti_aliases",
            _ => "description email_object sender_email template_body",
        };
        let query =
            format!("mutation ($input: {input}!) {{ {field}(input: $input) {{ {selection} }} }}");
        let mut shown = Vec::new();
        for (word, nulls) in [("plain", false), ("nulls", true)] {
            let mut body: Value =
                serde_json::from_str(&needed.to_string().replace('$', word)).unwrap();
            for one in fields.iter().filter(|_| nulls) {
                let name = one["name"].as_str().unwrap();
                if one["type"]["kind"] != "NON_NULL" && body.get(name).is_none() {
                    body[name] = Value::Null;
                }
            }
            let mut made =
                ask(&world, &world.key, &query, json!({"input": body})).await[field].clone();
            for own in ["name", "user_email"] {
                made.as_object_mut().unwrap().shift_remove(own);
            }
            shown.push(made);
        }
        assert_eq!(shown[0], shown[1], "{field}");
    }
}
