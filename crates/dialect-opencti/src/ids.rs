//! Identifiers: the vendor's standard ids, computed as the vendor computes them, and how an id that
//! came in is to be read.

use serde_json::{Value, json};
use uuid::Uuid;

/// The name space of the platform's own things.
const INTERNAL: Uuid = Uuid::from_u128(0xb639ff3b_00eb_42ed_aa36_a8dd6f8fb4cf);
/// The name space of STIX objects.
const STIX: Uuid = Uuid::from_u128(0x00abedb4_aa42_466c_9c01_fed23315a9b7);

fn identifier(prefix: &str, space: &Uuid, of: &Value) -> String {
    // serde_json writes members in the order they were put in and escapes only what it must, which
    // for one or two sorted members of text is the canonical form.
    format!(
        "{prefix}--{}",
        Uuid::new_v5(space, of.to_string().as_bytes())
    )
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A user's standard id.
pub fn user(email: &str) -> String {
    identifier("user", &INTERNAL, &json!({"user_email": folded(email)}))
}

/// The standard id of something the platform itself names: `group`, `role`, `capability`, …
pub fn named(prefix: &str, name: &str) -> String {
    identifier(prefix, &INTERNAL, &json!({"name": folded(name)}))
}

/// An organisation's standard id, as the client computes it too.
pub fn organisation(name: &str) -> String {
    let of = json!({"identity_class": "organization", "name": folded(name)});
    identifier("identity", &STIX, &of)
}

/// A marking's standard id. The traffic-light ones are fixed by the vendor.
pub fn marking(kind: &str, definition: &str) -> String {
    let fixed = match definition {
        "TLP:CLEAR" | "TLP:WHITE" => "613f2e26-407d-48c7-9eca-b8e91df99dc9",
        "TLP:GREEN" => "34098fce-860f-48ae-8e50-ebd3cc5e41da",
        "TLP:AMBER" => "f88d31f6-486f-44da-b317-01333bde0b82",
        "TLP:AMBER+STRICT" => "826578e1-40ad-459f-bc73-ede076f81f37",
        "TLP:RED" => "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        _ => {
            let of = json!({"definition": definition, "definition_type": kind});
            return identifier("marking-definition", &STIX, &of);
        }
    };
    format!("marking-definition--{fixed}")
}

/// Whether a standard id is one that is computed of a name, and not drawn.
pub fn is_computed(standard_id: &str) -> bool {
    let uuid = standard_id.split_once("--");
    let uuid = uuid.and_then(|(_, uuid)| Uuid::try_parse(uuid).ok());
    uuid.is_some_and(|uuid| uuid.get_version_num() == 5)
}

/// The id of something that exists in every installation and is stored in none: always the same.
pub fn fixed(standard_id: &str) -> Uuid {
    Uuid::new_v5(&INTERNAL, standard_id.as_bytes())
}

/// An id that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// An internal id.
    Uuid(Uuid),
    /// A standard id, whole and in lower case.
    Standard(String),
    /// Neither: there is no such thing.
    Nonsense,
}

impl Given {
    /// Reads an id.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        // Only the form with dashes: other spellings of a UUID are not ids anybody was ever given.
        let uuid = |text: &str| {
            (text.len() == 36)
                .then(|| Uuid::try_parse(text).ok())
                .flatten()
        };
        if let Some(found) = uuid(text) {
            return Self::Uuid(found);
        }
        match text.split_once("--") {
            Some((_, rest)) if uuid(rest).is_some() => Self::Standard(text.to_lowercase()),
            _ => Self::Nonsense,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_ids_are_the_vendors() {
        // Computed with the client's own functions, or with its canonical JSON and UUIDv5.
        for (ours, vendors) in [
            (
                user("ada@acme.test"),
                "user--2820be06-1e73-577c-810f-4221af334d57",
            ),
            (
                user(" Ada@ACME.test "),
                "user--2820be06-1e73-577c-810f-4221af334d57",
            ),
            (
                named("group", "Default"),
                "group--a7991a4f-6192-59a4-87d3-d006d2c41cc8",
            ),
            (
                organisation("Acme Corp "),
                "identity--542072da-8b33-50bf-810b-d9cfd2a0bc69",
            ),
            (
                marking("TLP", "TLP:CLEAR"),
                "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
            ),
            (
                marking("PAP", "PAP:CLEAR"),
                "marking-definition--4cdff7eb-acb8-543f-8573-829eb9fe8b34",
            ),
            (
                marking("PAP", "PAP:GREEN"),
                "marking-definition--89484dde-e3d2-547f-a6c6-d14824429eb1",
            ),
        ] {
            assert_eq!(ours, vendors);
        }
    }

    #[test]
    fn ids_are_read() {
        let plain = "1f6a9c52-7a0e-4c58-9a53-2f0c9f1f7b11";
        assert_eq!(
            Given::read(plain),
            Given::Uuid(Uuid::try_parse(plain).unwrap())
        );
        let standard = format!("User--{}", plain.to_uppercase());
        assert_eq!(
            Given::read(&standard),
            Given::Standard(format!("user--{plain}"))
        );
        for nonsense in [
            "",
            "1",
            "user--",
            "user--1",
            "--",
            "1f6a9c527a0e4c589a532f0c9f1f7b11",
            "\u{0}",
        ] {
            assert_eq!(Given::read(nonsense), Given::Nonsense, "{nonsense}");
        }
    }
}
