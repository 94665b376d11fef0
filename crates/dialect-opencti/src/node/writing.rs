//! How the plain fields of organisations, capabilities and markings are written.

use directory::Time;

use super::super::capability::Capability;
use super::super::ids;
use super::super::marking::Marking;
use super::{INTERNAL, OrganizationNode, unresolved};
use graphql::Json;

impl OrganizationNode {
    /// The standard id.
    pub fn standard_id(&self) -> String {
        ids::organisation(&self.organisation.name)
    }

    /// The date `created` or `modified` that is shown: the sender's, else that of the row.
    pub fn dated(&self, name: &str) -> Time {
        let (own, otherwise) = match name {
            "created" => (&self.document.created, self.organisation.created_at),
            _ => (&self.document.modified, self.organisation.updated_at),
        };
        own.as_deref().and_then(Time::parse).unwrap_or(otherwise)
    }

    /// Writes a plain field.
    pub(super) fn write(&self, name: &str, out: &mut Json) {
        let (organisation, document) = (&self.organisation, &self.document);
        match name {
            "id" => out.value(&organisation.uuid),
            "standard_id" => out.text(&self.standard_id()),
            "entity_type" => out.text("Organization"),
            "parent_types" => out.value(&[
                "Basic-Object",
                "Stix-Object",
                "Stix-Core-Object",
                "Stix-Domain-Object",
                "Identity",
            ]),
            "identity_class" => out.text("organization"),
            "spec_version" => out.text("2.1"),
            "name" => out.text(&organisation.name),
            "description" => out.optional(organisation.description.as_deref()),
            "contact_information" => out.optional(organisation.contacts.as_deref()),
            "x_opencti_organization_type" => out.optional(organisation.kind.as_deref()),
            "x_opencti_reliability" => out.optional(document.reliability.as_deref()),
            "x_opencti_aliases" => out.value(&document.aliases),
            "x_opencti_score" => out.value(&document.score),
            "confidence" => out.value(&document.confidence),
            "revoked" => out.flag(document.revoked),
            "roles" => out.value(&document.roles),
            "default_hidden_types" => out.value(&document.default_hidden_types),
            "is_inferred" => out.flag(false),
            "x_opencti_stix_ids" => out.value(&document.stix_ids),
            "lang" => out.optional(document.lang.as_deref()),
            "x_opencti_modified_at" => time(Some(organisation.updated_at), out),
            "refreshed_at" => out.null(),
            "created" | "modified" => time(Some(self.dated(name)), out),
            "created_at" => time(Some(organisation.created_at), out),
            "updated_at" => time(Some(organisation.updated_at), out),
            _ => unresolved("Organization", name, out),
        }
    }
}

/// Writes a field of a capability.
pub(super) fn write_capability(capability: &Capability, since: Time, name: &str, out: &mut Json) {
    let standard_id = || ids::named("capability", capability.name);
    match name {
        "id" => out.value(&ids::fixed(&standard_id())),
        "standard_id" => out.text(&standard_id()),
        "entity_type" => out.text("Capability"),
        "parent_types" => out.value(&INTERNAL),
        "name" => out.text(capability.name),
        "description" => out.text(capability.description),
        // Quirk: the computed capability has no place in the vendor's list (opencti.md §3).
        "attribute_order" if capability.order == 0 => out.null(),
        "attribute_order" => out.value(&capability.order),
        "refreshed_at" => out.null(),
        "created_at" | "updated_at" => time(Some(since), out),
        _ => unresolved("Capability", name, out),
    }
}

/// Writes a field of a marking.
pub(super) fn write_marking(marking: &Marking, since: Time, name: &str, out: &mut Json) {
    match name {
        "id" => out.value(&marking.id),
        "standard_id" => out.text(&marking.standard_id),
        "entity_type" => out.text("Marking-Definition"),
        "parent_types" => out.value(&["Basic-Object", "Stix-Object", "Stix-Meta-Object"]),
        "definition_type" => out.text(marking.kind),
        "definition" => out.text(marking.definition),
        "x_opencti_color" => out.text(marking.color),
        "x_opencti_order" => out.value(&marking.order),
        "spec_version" => out.text("2.1"),
        "is_inferred" => out.flag(false),
        "x_opencti_stix_ids" => out.value(&[""; 0]),
        "x_opencti_modified_at" | "refreshed_at" => out.null(),
        "created" | "modified" | "created_at" | "updated_at" => time(Some(since), out),
        _ => unresolved("MarkingDefinition", name, out),
    }
}

/// Writes a point in time, or null.
pub(super) fn time(time: Option<Time>, out: &mut Json) {
    match time {
        Some(time) => out.text(&time.rfc3339()),
        None => out.null(),
    }
}
