//! Organisations: a tree. An organisation is MISP's and OpenCTI's organisation, Civis's
//! organisation and Falcon's customer.

use uuid::Uuid;

use super::ids::{CollectionId, OrganisationId, UserId};
use super::time::Time;

/// An organisation as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The number; organisation 1 is the root.
    pub id: OrganisationId,
    /// The UUID; without dashes it is Falcon's CID.
    pub uuid: Uuid,
    /// The parent; only the root has none.
    pub parent: Option<OrganisationId>,
    /// The name, unique over the installation without case.
    pub name: String,
    /// Unique, lower case, made from the name unless given.
    pub slug: String,
    /// Description.
    pub description: Option<String>,
    /// The type, free text ("CSIRT").
    pub kind: Option<String>,
    /// Sector.
    pub sector: Option<String>,
    /// Nationality.
    pub nationality: Option<String>,
    /// Contacts.
    pub contacts: Option<String>,
    /// Whether it has users here, or is only known (MISP's external organisations).
    pub local: bool,
    /// E-mail domains its administrators and members may use; empty allows all.
    pub domains: Vec<String>,
    /// Whether people homed in it or below must have a second factor.
    pub second_factor_required: bool,
    /// Counts changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// By whom.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Time,
    /// By whom.
    pub updated_by: Option<UserId>,
}

/// What an organisation is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationLabel {
    /// The number.
    pub id: OrganisationId,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
}

/// An organisation to make.
#[derive(Clone, Debug, Default)]
pub struct NewOrganisation {
    /// A UUID chosen by the client.
    pub uuid: Option<Uuid>,
    /// The parent; else the caller's highest reach.
    pub parent: Option<OrganisationId>,
    /// The name.
    pub name: String,
    /// The slug; made from the name otherwise.
    pub slug: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Type.
    pub kind: Option<String>,
    /// Sector.
    pub sector: Option<String>,
    /// Nationality.
    pub nationality: Option<String>,
    /// Contacts.
    pub contacts: Option<String>,
    /// Local unless said otherwise.
    pub external: bool,
    /// Allowed e-mail domains.
    pub domains: Vec<String>,
    /// Whether people homed in it or below must have a second factor.
    pub second_factor_required: bool,
    /// The dialect's own document with its filter terms.
    pub extension: Option<super::extension::NewExtension>,
}

/// Changes to an organisation.
#[derive(Clone, Debug, Default)]
pub struct OrganisationChange {
    /// The UUID (a MISP client may set it).
    pub uuid: Option<Uuid>,
    /// The name.
    pub name: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// Description.
    pub description: Option<Option<String>>,
    /// Type.
    pub kind: Option<Option<String>>,
    /// Sector.
    pub sector: Option<Option<String>>,
    /// Nationality.
    pub nationality: Option<Option<String>>,
    /// Contacts.
    pub contacts: Option<Option<String>>,
    /// Local or only known.
    pub local: Option<bool>,
    /// Allowed e-mail domains.
    pub domains: Option<Vec<String>>,
    /// Whether people homed in it or below must have a second factor.
    pub second_factor_required: Option<bool>,
    /// The parent: moves the whole subtree.
    pub parent: Option<OrganisationId>,
    /// The dialect's own document.
    pub extension: Option<super::extension::NewExtension>,
    /// Refuse with `Stale` unless the row has this version.
    pub if_version: Option<i64>,
}

/// Somebody's place in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Membership {
    /// Who.
    pub user: UserId,
    /// Where.
    pub organisation: OrganisationId,
    /// Whether it is the home.
    pub home: bool,
    /// Whether they administer it (OpenCTI's `authorized_authorities`).
    pub administrator: bool,
}

/// A named set of organisations (Falcon's CID group).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The number.
    pub id: CollectionId,
    /// The UUID.
    pub uuid: Uuid,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// The name, unique in that organisation.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// A collection to make.
#[derive(Clone, Debug, Default)]
pub struct NewCollection {
    /// A UUID chosen by the client.
    pub uuid: Option<Uuid>,
    /// The organisation it belongs to; else the caller's own.
    pub organisation: Option<OrganisationId>,
    /// The name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// The organisations in it.
    pub organisations: Vec<OrganisationId>,
}

/// Changes to a collection.
#[derive(Clone, Debug, Default)]
pub struct CollectionChange {
    /// The name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<Option<String>>,
}
