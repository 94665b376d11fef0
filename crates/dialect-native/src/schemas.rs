//! The schemas of what this API answers, made from the types that are written, and of the changes of settings, made from the
//! types that are read.

use directory::{
    Branding, InactivityPolicy, KeyPolicy, Lifetimes, LockoutPolicy, MailSettings, MailTemplates,
    Notices, PasswordFigures, Retention, SecondFactorPolicy,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema as _, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    access, actions, batch, collections, ensure, errors, events, facet_counts, find, form_tokens,
    grants, group_rights, groups, jobs, keys, mail_templates, mails, me, memberships,
    organisations, passwords, platforms, problems, roles, second_factors, sessions, settings,
    users, views,
};

macro_rules! schemas {
    ($generator:ident: $($body:ty),* $(,)?) => { [$($generator.subschema_for::<$body>()),*] };
}

/// The schemas of all bodies that are answered, by name.
pub fn of_bodies() -> Map<String, Value> {
    let mut written = generator(SchemaSettings::draft2020_12().for_serialize());
    let _ = schemas![written:
        access::AccessBody, access::HolderBody, actions::ItemsBody, batch::ItemsBody, collections::CollectionBody,
        ensure::EnsuredGroup, ensure::EnsuredOrganisation, ensure::EnsuredUser, errors::Document, events::EventBody,
        facet_counts::Count, find::All, form_tokens::FormTokenBody, grants::GrantBody, group_rights::GroupRoleBody,
        group_rights::ManagerBody, groups::GroupBody, jobs::JobBody, keys::FreshBody, keys::KeyBody, keys::Revoked,
        mail_templates::InForce, mails::MailBody, mails::Queued, me::MeBody, memberships::MembershipBody,
        memberships::Placed, organisations::MemberBody, organisations::OrganisationBody, passwords::LinkBody,
        passwords::TokenBody, platforms::PlatformBody, problems::Table, roles::PermissionBody, roles::RoleBody,
        second_factors::CodesBody, second_factors::SecretBody, second_factors::StateBody, sessions::Ended,
        sessions::FreshBody, sessions::SessionBody, settings::All, users::UserBody, views::ViewBody,
    ];
    let documents = schemas![written:
        LockoutPolicy, settings::MailBody, MailTemplates, PasswordFigures, Branding, Lifetimes, SecondFactorPolicy,
        InactivityPolicy, Retention, Notices, KeyPolicy,
    ];
    let mut schemas = written.take_definitions(true);
    schemas.insert("Setting".to_owned(), json!({ "anyOf": documents }));
    schemas.insert("SettingChange".to_owned(), setting_change());
    schemas.values_mut().for_each(tighten);
    schemas
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    let settings = settings.with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// Any members of a settings document, and the proof that some changes ask of a session.
fn setting_change() -> Value {
    let mut read = generator(SchemaSettings::draft2020_12().for_deserialize());
    let documents: [(Schema, &[&str]); 11] = [
        (LockoutPolicy::json_schema(&mut read), &[]),
        (MailSettings::json_schema(&mut read), &["password"]),
        (MailTemplates::json_schema(&mut read), &[]),
        (PasswordFigures::json_schema(&mut read), &[]),
        (Branding::json_schema(&mut read), &[]),
        (Lifetimes::json_schema(&mut read), &[]),
        (SecondFactorPolicy::json_schema(&mut read), &[]),
        (InactivityPolicy::json_schema(&mut read), &[]),
        (Retention::json_schema(&mut read), &[]),
        (Notices::json_schema(&mut read), &[]),
        (KeyPolicy::json_schema(&mut read), &[]),
    ];
    let alternatives = documents.into_iter().map(|(document, secret)| {
        let mut document = document.to_value();
        if let Some(Value::Object(members)) = document.get_mut("properties") {
            for member in members.values_mut().filter_map(Value::as_object_mut) {
                // What is not sent stays, and does not become what it was at first.
                member.shift_remove("default");
            }
            for name in secret.iter().chain(&["current_password", "code"]) {
                members.insert((*name).to_owned(), json!({ "type": ["string", "null"] }));
            }
        }
        document
    });
    json!({
        "description": "Any members of the document. `mail` takes a `password` too, which is never shown; null forgets it. \
                        What leads mail or links elsewhere takes `mail.manage`, and of a session `current_password` or `code`.",
        "anyOf": alternatives.collect::<Vec<_>>(),
    })
}

/// Says what a derived schema leaves open, in the words that the other schemas use: an object has no further members, words are
/// one enumeration, and a number has no size.
fn tighten(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(tighten);
        if !members.contains_key("additionalProperties") {
            members.insert("additionalProperties".to_owned(), false.into());
        }
    }
    for word in ["items", "additionalProperties"] {
        if let Some(inner) = members.get_mut(word) {
            tighten(inner);
        }
    }
    if let Some(Value::String(text)) = members.get_mut("description") {
        // What links to a type in the code is its name alone elsewhere.
        *text = text.replace("[`", "`").replace("`]", "`");
    }
    let sized = |format: &str| format.starts_with("int") || format.starts_with("uint");
    let format = members.get("format").and_then(Value::as_str);
    if format.is_some_and(sized) {
        members.shift_remove("format");
    }
    if let Some(word) = members.shift_remove("const") {
        members.insert("enum".to_owned(), json!([word]));
    }
    for kind in ["oneOf", "anyOf"] {
        if let Some(Value::Array(mut several)) = members.shift_remove(kind) {
            several.iter_mut().for_each(tighten);
            join(members, several);
        }
    }
}

/// Puts alternatives into a schema, words first and as one enumeration.
fn join(members: &mut Map<String, Value>, several: Vec<Value>) {
    let (words, mut others): (Vec<Value>, Vec<Value>) = several
        .into_iter()
        .partition(|one| one["type"] == "string" && one["enum"].is_array());
    let words: Vec<Value> = words
        .iter()
        .filter_map(|one| one["enum"].as_array())
        .flatten()
        .cloned()
        .collect();
    if words.is_empty() {
        members.insert("anyOf".to_owned(), others.into());
        return;
    }
    let null = json!({ "type": "null" });
    let (kind, also) = match others.as_slice() {
        [] => (json!("string"), None),
        [one] if *one == null => (json!(["string", "null"]), Some(Value::Null)),
        _ => {
            others.insert(0, json!({ "type": "string", "enum": words }));
            members.insert("anyOf".to_owned(), others.into());
            return;
        }
    };
    members.insert("type".to_owned(), kind);
    // A member may take fewer words than its type has.
    members
        .entry("enum")
        .or_insert_with(|| words.into_iter().chain(also).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tightened(mut schema: Value) -> Value {
        tighten(&mut schema);
        schema
    }

    #[test]
    fn derived_schemas_are_tightened() {
        let words = json!([
            { "type": "string", "const": "one", "description": "The first." },
            { "type": "string", "const": "two" },
        ]);
        let table = [
            (
                json!({ "type": "object", "properties": { "number": { "type": "integer", "format": "int64" } } }),
                json!({ "type": "object", "properties": { "number": { "type": "integer" } }, "additionalProperties": false }),
            ),
            (
                json!({ "type": "string", "description": "It is [`Other`]." }),
                json!({ "type": "string", "description": "It is `Other`." }),
            ),
            (
                json!({ "oneOf": words }),
                json!({ "type": "string", "enum": ["one", "two"] }),
            ),
            (
                json!({ "enum": ["two"], "oneOf": words }),
                json!({ "enum": ["two"], "type": "string" }),
            ),
            (
                json!({ "anyOf": [{ "oneOf": words }, { "type": "null" }] }),
                json!({ "type": ["string", "null"], "enum": ["one", "two", null] }),
            ),
            (
                json!({ "oneOf": [{ "type": "string", "const": "one" }, { "$ref": "#/components/schemas/Other" }] }),
                json!({ "anyOf": [{ "type": "string", "enum": ["one"] }, { "$ref": "#/components/schemas/Other" }] }),
            ),
            (
                json!({ "type": "array", "items": { "properties": { "kind": { "const": "one" } } } }),
                json!({ "type": "array", "items": {
                    "properties": { "kind": { "enum": ["one"] } }, "additionalProperties": false,
                } }),
            ),
        ];
        for (derived, expected) in table {
            assert_eq!(tightened(derived.clone()), expected, "{derived}");
        }
    }
}
