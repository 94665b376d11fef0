//! What the properties of a sort mean (falcon.md §5).

use directory::{Fault, HeldRoleField, OrganisationField, RecordField, UserField};
use kit::Pairs;

use super::catalogue::PLATFORM;
use super::errors::refused;
use super::filter::Refused;
use super::{fql, parameters};

/// What invitations are sorted by.
pub fn invitation_sort(property: &str) -> Option<RecordField> {
    match property {
        "created_at" => Some(RecordField::CreatedAt),
        "updated_at" => Some(RecordField::UpdatedAt),
        "status" | "target_cid" => Some(RecordField::Term(PLATFORM, property.to_owned())),
        _ => None,
    }
}

fn no_sort(property: &str) -> Refused {
    let property: String = property.chars().take(64).collect();
    format!("invalid sort: '{property}' cannot be sorted by here")
}

/// Reads the parameter `sort`, or the default: the field, and whether it goes down.
pub fn order<F>(
    pairs: &Pairs,
    default: &str,
    field: impl Fn(&str) -> Option<F>,
) -> Result<(F, bool), Fault> {
    let text = parameters::text(pairs, "sort")?.unwrap_or(default);
    let sort = fql::parse_sort(text).ok_or_else(|| refused(no_sort(text)))?;
    match field(&sort.property) {
        Some(field) => Ok((field, sort.descending)),
        None => Err(refused(no_sort(&sort.property))),
    }
}

/// What users are sorted by.
pub fn user_sort(property: &str) -> Option<UserField> {
    Some(match property {
        "uid" => UserField::EmailOrMadeUp,
        "first_name" => UserField::Given,
        "last_name" => UserField::Family,
        "name" => UserField::Name,
        "status" => UserField::Standing,
        "created_at" => UserField::CreatedAt,
        "last_login_at" => UserField::SignedInAt,
        "cid_name" => UserField::HomeName,
        "has_temporary_roles" | "temporarily_assigned_cids" => {
            UserField::ExpiringRoleOrganisation(PLATFORM)
        }
        _ => return None,
    })
}

/// What the roles that a user holds are sorted by. All rows of a list are of one user and one customer.
pub fn held_role_sort(property: &str) -> Option<HeldRoleField> {
    Some(match property {
        "role_name" | "cid" | "user_uuid" => HeldRoleField::Name,
        "type" => HeldRoleField::Direct,
        "expires_at" => HeldRoleField::ExpiresAt,
        _ => return None,
    })
}

/// What customers are sorted by.
pub fn child_sort(property: &str) -> Option<OrganisationField> {
    Some(match property {
        "last_modified_timestamp" => OrganisationField::UpdatedAt,
        "name" => OrganisationField::Name,
        _ => return None,
    })
}
