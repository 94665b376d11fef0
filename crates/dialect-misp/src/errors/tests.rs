//! Every fault in every place, as one readable table.

use directory::{Permission, Standing};

use super::*;

fn faults() -> Vec<Fault> {
    vec![
        Fault::Unauthenticated(Refusal::Missing),
        Fault::Unauthenticated(Refusal::Unknown),
        Fault::Unauthenticated(Refusal::Address),
        Fault::Unauthenticated(Refusal::Standing(Standing::Suspended)),
        Fault::Unauthenticated(Refusal::SecondFactorNeeded),
        Fault::Unauthenticated(Refusal::SecondFactorWrong),
        Fault::Unauthenticated(Refusal::SecondFactorMissing),
        Fault::Unauthenticated(Refusal::LockedOut),
        Fault::Forbidden(Permission::EditUsers),
        Fault::KeyLimit,
        Fault::ExceedsOwn,
        Fault::OutranksCaller,
        Fault::NotFound(Kind::User),
        Fault::NotFound(Kind::Organisation),
        Fault::NotFound(Kind::Role),
        Fault::NotFound(Kind::Key),
        Fault::UnknownReference(Kind::Role),
        Fault::UnknownReference(Kind::Organisation),
        Fault::UnknownReference(Kind::Group),
        Fault::Taken { field: "email" },
        Fault::Taken { field: "name" },
        Fault::Taken { field: "uuid" },
        Fault::invalid("email", "needs the form name@domain"),
        Fault::invalid("email_domain", "must lie in corp.example"),
        Fault::invalid("name", "must not be empty"),
        Fault::invalid("addresses", "holds more than 100 networks"),
        Fault::WeakPassword(Weakness::TooShort(12)),
        Fault::WeakPassword(Weakness::TooLong(1024)),
        Fault::WeakPassword(Weakness::Common),
        Fault::WeakPassword(Weakness::OwnNames),
        Fault::WeakPassword(Weakness::Composition),
        Fault::WeakPassword(Weakness::Unchanged),
        Fault::PasswordChangeNeeded,
        Fault::WrongPassword,
        Fault::InUse(Kind::Organisation),
        Fault::InUse(Kind::Role),
        Fault::InUse(Kind::Group),
        Fault::Protected(Kind::Role),
        Fault::LastOwner,
        Fault::Stale,
        Fault::TooMany { retry_after: 1_500 },
        Fault::Unavailable("lost"),
        Fault::Internal("the secret cause".to_owned()),
    ]
}

const PLACES: [(Action, &str, Option<i64>); 9] = [
    (Action::AddUser, "/admin/users/add", None),
    (Action::EditUser, "/admin/users/edit/7", Some(7)),
    (Action::EditProfile, "/users/edit/7", Some(7)),
    (Action::ChangePassword, "/users/change_pw", None),
    (
        Action::EditOrganisation,
        "/admin/organisations/edit/7",
        Some(7),
    ),
    (
        Action::DeleteOrganisation,
        "/admin/organisations/delete/7",
        Some(7),
    ),
    (Action::DeleteRole, "/admin/roles/delete/7", Some(7)),
    (
        Action::SetDefaultRole,
        "/admin/roles/set_default/7",
        Some(7),
    ),
    (Action::AddKey, "/auth_keys/add/7", Some(7)),
];

#[test]
fn every_fault_has_the_vendors_words() {
    let mut table = String::new();
    for fault in faults() {
        table.push_str(&format!("{fault:?}\n"));
        let mut last = String::new();
        for (act, path, id) in PLACES {
            let voiced = ErrorContext { act, path, id }.render(&fault);
            assert!((400..=503).contains(&voiced.status));
            // The words alone: titles and paths are the same for all of an act's faults.
            let said = voiced.body.get("errors").unwrap_or(&voiced.body["message"]);
            let line = format!("{} {said}", voiced.status);
            if line != last {
                table.push_str(&format!("    {act:?}: {line}\n"));
            }
            last = line;
        }
    }
    assert!(!table.contains("secret cause\"\n    "));
    insta::assert_snapshot!(table);
}

#[test]
fn refused_changes_repeat_what_the_vendor_repeats() {
    let shown = |(act, path, id): (Action, &str, Option<i64>)| {
        ErrorContext { act, path, id }
            .failure(json!("no"))
            .body
            .to_string()
    };
    let table: Vec<String> = PLACES.into_iter().map(shown).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn waiting_is_told_in_whole_seconds() {
    let (act, path, id) = PLACES[0];
    let voiced = ErrorContext { act, path, id }.render(&Fault::TooMany { retry_after: 1_500 });
    assert_eq!((voiced.status, voiced.retry_after), (429, Some(2)));
}
