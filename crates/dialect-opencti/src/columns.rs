//! Columns: what the keys of filters and orders mean for each kind of entity (opencti.md §4).

use directory::{GroupField, OrganisationField, Predicate, RoleField, Test, UserField};

use super::account_address::{MADE_UP_AFTER, MADE_UP_BEFORE, account_of_address};
use super::catalogue::PLATFORM;
use super::documents::{DOUBT, LANGUAGES, STIX_ID, folded};
use super::filter::{Column, Resolved};
use super::ids::Given;
use super::node::status_word;

const INTERNAL: &[&str] = &["Basic-Object", "Internal-Object"];

/// Users.
pub fn user(key: &str) -> Option<Column<UserField>> {
    Some(match key {
        "name" => Column::Text(UserField::Name),
        "user_email" => Column::MadeUp {
            stored: UserField::Email,
            shown: SHOWN_EMAIL,
            before: MADE_UP_BEFORE,
            after: MADE_UP_AFTER,
        },
        "firstname" => Column::Text(UserField::Given),
        "lastname" => Column::Text(UserField::Family),
        "id" | "internal_id" | "standard_id" | "ids" => Column::Id(UserField::Uuid),
        "account_lock_after_date" => Column::Time(UserField::LockAfter),
        "created_at" => Column::Time(UserField::CreatedAt),
        "updated_at" => Column::Time(UserField::UpdatedAt),
        "account_status" => statuses(),
        "user_service_account" => Column::flag(Predicate::equals(UserField::Kind, "service")),
        "otp_activated" => Column::flag(Predicate::equals(UserField::SecondFactor, true)),
        "external" | "no_creators" | "restrict_delete" => Column::flag(Predicate::Nothing),
        "language" => defaulted("language", LANGUAGES),
        "theme" => Column::Defaulted(user_term(key), "default"),
        "unit_system" => Column::Folded(user_term(key)),
        "description"
        | "default_time_field"
        | "default_hidden_types"
        | "unsubscribed_news_feed_types" => Column::Folded(user_term(key)),
        "submenu_show_icons" | "submenu_auto_collapse" | "monochrome_labels" => {
            Column::flag(Predicate::equals(user_term(key), "true"))
        }
        "individual_id" | "default_dashboard" | "personal_notifiers" => Column::Never,
        "entity_type" => Column::always(&["User"]),
        "parent_types" => Column::always(INTERNAL),
        _ => return None,
    })
}

fn user_term(name: &str) -> UserField {
    UserField::Term(PLATFORM, name.to_owned())
}

/// The address that is shown.
const SHOWN_EMAIL: UserField = UserField::ShownEmail {
    before: MADE_UP_BEFORE,
    after: MADE_UP_AFTER,
};

/// The vendor's four words, each over the standings it stands for.
fn statuses() -> Column<UserField> {
    use directory::Standing as S;
    let words = [
        (S::Active, "active"),
        (S::LockedOut, "locked_out"),
        (S::Inactive, "inactive"),
        (S::Suspended, "suspended"),
        (S::Locked, "locked"),
        (S::Expired, "expired"),
    ];
    let shown = ["Active", "Inactive", "Locked", "Expired"];
    Column::Words(
        shown
            .into_iter()
            .map(|shown| {
                let standings = words
                    .iter()
                    .filter(|(standing, _)| status_word(*standing) == shown);
                let each = standings.map(|(_, word)| Predicate::equals(UserField::Standing, *word));
                (shown, Predicate::any(each))
            })
            .collect(),
    )
}

/// A term among closed words of which the first is meant when there is none.
fn defaulted(term: &str, words: &[&'static str]) -> Column<UserField> {
    let field = || UserField::Term(PLATFORM, term.to_owned());
    Column::Words(
        words
            .iter()
            .enumerate()
            .map(|(index, word)| match index {
                0 => (*word, Predicate::Is(field(), Test::Absent)),
                _ => (*word, Predicate::equals(field(), *word)),
            })
            .collect(),
    )
}

/// What users are ordered by.
pub fn user_order(key: &str) -> Option<UserField> {
    Some(match key {
        "name" => UserField::Name,
        "user_email" => SHOWN_EMAIL,
        "firstname" => UserField::Given,
        "lastname" => UserField::Family,
        "created_at" => UserField::CreatedAt,
        "updated_at" => UserField::UpdatedAt,
        // `auto` has no term, and so comes first, where the word itself would stand too.
        "language" => UserField::Term(PLATFORM, "language".to_owned()),
        // `external` is the same for everybody here, and so is the score: the number decides.
        _ => return None,
    })
}

/// Groups.
pub fn group(key: &str) -> Option<Column<GroupField>> {
    Some(match key {
        "name" => Column::Text(GroupField::Name),
        "description" => Column::Text(GroupField::Description),
        "id" | "internal_id" | "standard_id" | "ids" => Column::Id(GroupField::Uuid),
        "created_at" => Column::Time(GroupField::CreatedAt),
        "updated_at" => Column::Time(GroupField::UpdatedAt),
        "auto_integration_assignation" | "default_hidden_types" | "not_shareable_marking_types" => {
            Column::Folded(GroupField::Term(PLATFORM, key.to_owned()))
        }
        "default_dashboard" => Column::Never,
        "default_assignation" => Column::flag(Predicate::equals(GroupField::Newcomers, true)),
        "no_creators" | "restrict_delete" | "auto_new_marking" => Column::flag(Predicate::equals(
            GroupField::Term(PLATFORM, key.to_owned()),
            "true",
        )),
        "entity_type" => Column::always(&["Group"]),
        "parent_types" => Column::always(INTERNAL),
        _ => return None,
    })
}

/// What groups are ordered by.
pub fn group_order(key: &str) -> Option<GroupField> {
    Some(match key {
        "name" => GroupField::Name,
        "created_at" => GroupField::CreatedAt,
        "updated_at" => GroupField::UpdatedAt,
        "default_assignation" => GroupField::Newcomers,
        "no_creators" | "restrict_delete" | "auto_new_marking" => {
            GroupField::Term(PLATFORM, key.to_owned())
        }
        "group_confidence_level" => GroupField::Term(PLATFORM, DOUBT.to_owned()),
        _ => return None,
    })
}

/// Whether what an order goes by grows as what it is called after falls.
pub fn backwards(key: &str) -> bool {
    key == "group_confidence_level"
}

/// What roles are ordered by.
pub fn role_order(key: &str) -> Option<RoleField> {
    Some(match key {
        "name" => RoleField::Name,
        "created_at" => RoleField::CreatedAt,
        "updated_at" => RoleField::UpdatedAt,
        _ => return None,
    })
}

/// Organisations.
pub fn organisation(key: &str) -> Option<Column<OrganisationField>> {
    Some(match key {
        "name" => Column::Text(OrganisationField::Name),
        "description" => Column::Text(OrganisationField::Description),
        "contact_information" => Column::Text(OrganisationField::Contacts),
        "x_opencti_organization_type" => Column::Text(OrganisationField::Kind),
        "x_opencti_reliability" => {
            Column::Folded(OrganisationField::Term(PLATFORM, "reliability".to_owned()))
        }
        "x_opencti_aliases" | "alias" => {
            Column::Folded(OrganisationField::Term(PLATFORM, "alias".to_owned()))
        }
        "id" | "internal_id" | "standard_id" | "ids" => Column::Id(OrganisationField::Uuid),
        "created_at" => Column::Time(OrganisationField::CreatedAt),
        "updated_at" | "x_opencti_modified_at" => Column::Time(OrganisationField::UpdatedAt),
        "created" => Column::Dated {
            own: organisation_term("created"),
            otherwise: OrganisationField::CreatedAt,
        },
        "modified" => Column::Dated {
            own: organisation_term("modified"),
            otherwise: OrganisationField::UpdatedAt,
        },
        "confidence" => Column::Figure(organisation_term("confidence")),
        "x_opencti_score" => Column::Figure(organisation_term("score")),
        "lang" | "roles" | "default_hidden_types" => Column::Folded(organisation_term(key)),
        "x_opencti_stix_ids" => Column::Folded(organisation_term(STIX_ID)),
        "spec_version" => Column::always(&["2.1"]),
        // Knowledge that hangs on an identity is not kept here.
        "createdBy"
        | "creator_id"
        | "objectMarking"
        | "objectLabel"
        | "objectOrganization"
        | "objectAssignee"
        | "externalReferences"
        | "workflow_id"
        | "x_opencti_workflow_id"
        | "default_dashboard" => Column::Never,
        // Keys of other kinds of objects, which the generic lists are asked for.
        "aliases" | "published" | "first_seen" | "last_seen" | "valid_from" | "valid_until"
        | "report_types" | "indicator_types" | "malware_types" | "pattern_type" | "x_mitre_id"
        | "objects" | "severity" | "priority" | "value" => Column::Never,
        "entity_type" | "type" => Column::always(&["Organization"]),
        "identity_class" => Column::always(&["organization"]),
        "parent_types" => Column::always(&[
            "Basic-Object",
            "Stix-Object",
            "Stix-Core-Object",
            "Stix-Domain-Object",
            "Identity",
        ]),
        "revoked" => Column::flag(Predicate::equals(organisation_term("revoked"), "true")),
        "is_inferred" => Column::flag(Predicate::Nothing),
        _ => return None,
    })
}

fn organisation_term(name: &str) -> OrganisationField {
    OrganisationField::Term(PLATFORM, name.to_owned())
}

/// What organisations are ordered by.
pub fn organisation_order(key: &str) -> Option<OrganisationField> {
    Some(match key {
        "name" => OrganisationField::Name,
        "x_opencti_organization_type" => OrganisationField::Kind,
        "created" | "created_at" => OrganisationField::CreatedAt,
        "modified" | "updated_at" => OrganisationField::UpdatedAt,
        "confidence" => OrganisationField::Term(PLATFORM, "confidence".to_owned()),
        "x_opencti_score" => OrganisationField::Term(PLATFORM, "score".to_owned()),
        _ => return None,
    })
}

/// Markings, a static list: the fields are the keys themselves.
pub fn marking(key: &str) -> Option<Column<&'static str>> {
    Some(match key {
        "definition" => Column::Text("definition"),
        "definition_type" => Column::Text("definition_type"),
        "x_opencti_order" => Column::Text("x_opencti_order"),
        "x_opencti_color" => Column::Text("x_opencti_color"),
        "id" | "internal_id" | "standard_id" | "ids" => Column::Id("id"),
        "created" | "modified" | "created_at" | "updated_at" => Column::Time("created_at"),
        "entity_type" => Column::always(&["Marking-Definition"]),
        _ => return None,
    })
}

/// E-mail templates, a static list too.
pub fn template(key: &str) -> Option<Column<&'static str>> {
    Some(match key {
        "name" => Column::Text("name"),
        "description" => Column::Text("description"),
        "id" | "internal_id" | "standard_id" | "ids" => Column::Id("id"),
        "created_at" | "updated_at" => Column::Time("created_at"),
        "entity_type" => Column::always(&["EmailTemplate"]),
        _ => return None,
    })
}

/// Looks for terms in users, apart from their descriptions.
pub fn user_search(terms: &[String], resolved: &Resolved) -> Predicate<UserField> {
    use UserField as F;
    let texts = [F::Name, F::Email, F::Login, F::Given, F::Family];
    found(terms, resolved, &texts, F::Uuid)
}

/// Looks for terms in users' descriptions.
pub fn description_search(terms: &[String]) -> Predicate<UserField> {
    let field = || UserField::Term(PLATFORM, "description".to_owned());
    within(terms, field)
}

/// Looks for terms in groups.
pub fn group_search(terms: &[String], resolved: &Resolved) -> Predicate<GroupField> {
    let texts = [GroupField::Name, GroupField::Description];
    found(terms, resolved, &texts, GroupField::Uuid)
}

/// Looks for terms in organisations, apart from their other names.
pub fn organisation_search(terms: &[String], resolved: &Resolved) -> Predicate<OrganisationField> {
    use OrganisationField as F;
    found(terms, resolved, &[F::Name, F::Description], F::Uuid)
}

/// Looks for terms in organisations' other names.
pub fn alias_search(terms: &[String]) -> Predicate<OrganisationField> {
    let field = || OrganisationField::Term(PLATFORM, "alias".to_owned());
    within(terms, field)
}

fn within<F>(terms: &[String], field: impl Fn() -> F) -> Predicate<F> {
    let holds = |term: &String| Predicate::Is(field(), Test::Contains(folded(term)));
    Predicate::any(terms.iter().map(holds))
}

fn found<F: Clone>(terms: &[String], resolved: &Resolved, texts: &[F], id: F) -> Predicate<F> {
    let mut parts = Vec::new();
    for term in terms {
        let uuid = match Given::read(term) {
            Given::Uuid(uuid) => Some(uuid),
            Given::Standard(id) => resolved.get(&id).copied(),
            Given::Nonsense => account_of_address(term),
        };
        if let Some(uuid) = uuid {
            parts.push(Predicate::equals(id.clone(), uuid.to_string()));
            continue;
        }
        for text in texts {
            parts.push(Predicate::Is(text.clone(), Test::Contains(term.clone())));
        }
    }
    Predicate::any(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_useful_keys_are_known() {
        for key in [
            "name",
            "user_email",
            "firstname",
            "lastname",
            "account_status",
            "account_lock_after_date",
            "user_service_account",
            "language",
            "external",
            "created_at",
            "updated_at",
            "id",
            "internal_id",
            "standard_id",
            "entity_type",
        ] {
            assert!(user(key).is_some(), "{key}");
        }
        for key in [
            "name",
            "description",
            "default_assignation",
            "no_creators",
            "restrict_delete",
            "auto_new_marking",
        ] {
            assert!(group(key).is_some(), "{key}");
        }
        assert!(organisation("x_opencti_organization_type").is_some());
        assert!(user("password").is_none() && group("password").is_none());
    }

    #[test]
    fn every_standing_has_one_word() {
        let Column::Words(words) = statuses() else {
            panic!("statuses are words");
        };
        assert_eq!(
            words.iter().map(|(word, _)| *word).collect::<Vec<_>>(),
            ["Active", "Inactive", "Locked", "Expired"]
        );
        assert!(
            words
                .iter()
                .all(|(_, predicate)| *predicate != Predicate::Nothing)
        );
    }
}
