//! Patches of organisations: what each key changes, in the row or in the dialect's document. The client
//! changes organisations by the generic edit of domain objects alone; pages by the one of their own.

use directory::{Fault, Organisation, OrganisationChange};

use super::super::documents::{Document, OrganisationDocument};
use super::super::edit::{self, Edit};
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::ids::{self, Given};
use super::super::node::Node;
use super::Answer;
use graphql::{Call, Link, Refusal};

/// Ids of senders that an organisation may have at most.
const STIX_IDS: usize = 100;

/// The organisation of an edit.
pub async fn target(session: &Session, id: &str) -> Result<directory::Organisation, Refusal> {
    let row = session.find_organisation(id).await?;
    row.ok_or_else(|| errors::functional("Organization cannot be found.").with("id", id))
}

/// `organizationFieldPatch`
pub async fn patch_fields(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let row = target(session, id).await?;
    let edits = edit::read(call.get("input"))?;
    patch(session, row, &edits).await
}

/// `stixDomainObjectEdit { fieldPatch }`
pub async fn patch_domain_object(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    patch_fields(session, id, call).await
}

/// Changes an organisation.
pub async fn patch(session: &Session, row: Organisation, edits: &[Edit]) -> Answer {
    let company = session.company(row.clone()).await?;
    let mut document = company.document.clone();
    let mut change = OrganisationChange {
        if_version: Some(row.version),
        ..OrganisationChange::default()
    };
    let mut grantable = None;
    for edit in edits {
        if edit.key == "grantable_groups" {
            grantable = Some(groups(session, &row, edit).await?);
        } else {
            apply(edit, &mut change, &mut document)?;
        }
    }
    check(&document)?;
    if document != company.document {
        change.extension = Some(document.stored());
    }
    let changed = session.handle.update_organisation(row.id, change).await;
    let mut row = match changed {
        Err(Fault::Taken { field: "name" }) => {
            return Err(errors::functional(
                "An organization of this name exists already",
            ));
        }
        changed => changed.or_refuse()?,
    };
    if let Some(wanted) = grantable {
        let set = session.handle.set_grantable_groups(row.id, &wanted).await;
        set.map_err(|fault| refused(&fault))?;
        row = session.handle.organisation(row.id).await.or_refuse()?;
    }
    Ok(Link::One(Node::Organization(session.company(row).await?)))
}

/// The groups that the organisation's administrators may hand out after an edit.
async fn groups(
    session: &Session,
    row: &Organisation,
    edit: &Edit,
) -> Result<Vec<directory::GroupId>, Refusal> {
    let before = session
        .handle
        .grantable_groups(&[row.id])
        .await
        .or_refuse()?;
    let before: Vec<_> = before.into_iter().map(|(_, group)| group).collect();
    let known = session.handle.groups_by_id(&before).await.or_refuse()?;
    let mut ids: Vec<String> = known.iter().map(|group| group.uuid.to_string()).collect();
    edit.list(&mut ids)?;
    let found = session.groups_called(&ids).await?;
    super::users::all_or_missing(&ids, |id| found.get(id).map(|group| group.id))
}

/// Applies one edit to the row's change or to the document.
fn apply(
    edit: &Edit,
    change: &mut OrganisationChange,
    document: &mut OrganisationDocument,
) -> Result<(), Refusal> {
    match edit.key.as_str() {
        "name" => change.name = Some(edit.text()?.trim().to_owned()),
        "description" => change.description = Some(edit.optional_text()?),
        "contact_information" => change.contacts = Some(edit.optional_text()?),
        "x_opencti_organization_type" => change.kind = Some(edit.optional_text()?),
        "x_opencti_reliability" => document.reliability = edit.optional_text()?,
        "x_opencti_aliases" => edit.list(&mut document.aliases)?,
        "x_opencti_score" => document.score = edit.number()?,
        "confidence" => document.confidence = edit.number()?,
        "revoked" => document.revoked = edit.flag()?,
        "roles" => edit.list(&mut document.roles)?,
        "lang" => document.lang = edit.optional_text()?,
        "created" => document.created = edit.time()?.map(directory::Time::rfc3339),
        "modified" => document.modified = edit.time()?.map(directory::Time::rfc3339),
        "default_hidden_types" => edit.list(&mut document.default_hidden_types)?,
        "x_opencti_stix_ids" => {
            edit.list(&mut document.stix_ids)?;
            document.stix_ids = stix_ids(&document.stix_ids)?;
        }
        key => {
            return Err(
                errors::unsupported("This attribute of an organization cannot be changed")
                    .with("key", key),
            );
        }
    }
    Ok(())
}

/// Ids that a sender brought along, each once, in the form they are looked up in.
pub fn stix_ids(given: &[String]) -> Result<Vec<String>, Refusal> {
    let mut known = Vec::new();
    for id in given {
        match ids::Given::read(id) {
            Given::Standard(id) if id.starts_with("identity--") => {
                if !known.contains(&id) {
                    known.push(id);
                }
            }
            Given::Standard(_) | Given::Uuid(_) | Given::Nonsense => {
                return Err(errors::validation(
                    "x_opencti_stix_ids",
                    "The value must be the id of an identity",
                ));
            }
        }
    }
    if known.len() > STIX_IDS {
        return Err(errors::validation(
            "x_opencti_stix_ids",
            "There are too many ids",
        ));
    }
    Ok(known)
}

/// What is wrong with a document, if anything.
pub fn check(document: &OrganisationDocument) -> Result<(), Refusal> {
    let figures = [
        ("confidence", document.confidence),
        ("x_opencti_score", document.score),
    ];
    for (field, figure) in figures {
        if figure.is_some_and(|figure| !(0..=100).contains(&figure)) {
            return Err(errors::validation(
                field,
                "The value must be between 0 and 100",
            ));
        }
    }
    let texts = [
        ("x_opencti_reliability", document.reliability.as_deref()),
        ("lang", document.lang.as_deref()),
    ];
    for (field, text) in texts {
        if text.is_some_and(|text| text.chars().count() > 1_000) {
            return Err(errors::validation(field, "The value is too long"));
        }
    }
    Ok(())
}
