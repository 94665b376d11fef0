//! Filters that travel as named parameters of the path (misp.md §4.1, §5.1), read into the
//! directory's predicates. What they name (organisations, roles) is resolved by the handlers.

use directory::{OrganisationField, OrganisationId, Predicate, RoleId, Test, Time, UserField};
use uuid::Uuid;

use super::address::Address;
use super::catalogue::PLATFORM;

/// The term of users who want mail about every event.
pub const AUTO_ALERT: &str = "autoalert";
/// The term of users who want mail when contacted.
pub const CONTACT_ALERT: &str = "contactalert";
/// The term of users who accepted the terms of use.
pub const TERMS_ACCEPTED: &str = "termsaccepted";
/// The term of users whose requests are logged.
pub const MONITORED: &str = "monitored";

/// Neither sign-in nor use for so long makes an account an inactive one.
const INACTIVE_AFTER: i64 = 30 * 24 * 3600 * 1000;

/// Alternatives at most in one filter.
pub const PIECES: usize = 100;

/// What a list of users is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Each must be found in the e-mail, the organisation's name or the role's.
    pub anywhere: Vec<String>,
    /// The e-mail holds one of these, and none of those.
    pub email: Pieces,
    /// The organisation is one of these, and none of those.
    pub organisation: Pieces,
    /// The role is one of these.
    pub role: Vec<String>,
    /// Whether the account is disabled.
    pub disabled: Option<bool>,
    /// Flags that stand as terms.
    pub terms: Vec<(&'static str, bool)>,
    /// Only those not seen for long.
    pub inactive: bool,
}

/// Alternatives, and what must not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// One of these, unless empty.
    pub any: Vec<String>,
    /// None of these.
    pub none: Vec<String>,
}

impl Pieces {
    fn read(text: &str) -> Pieces {
        let mut pieces = Pieces::default();
        for piece in split(text) {
            match piece.strip_prefix('!') {
                Some(piece) => pieces.none.push(piece.to_owned()),
                None => pieces.any.push(piece),
            }
        }
        pieces
    }
}

fn split(text: &str) -> Vec<String> {
    text.split('|')
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .take(PIECES)
        .map(str::to_owned)
        .collect()
}

fn on(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "1" | "true" | "yes"
    )
}

impl UserFilter {
    /// Reads the path's parameters; unknown ones are ignored.
    pub fn read(address: &Address) -> UserFilter {
        let mut filter = UserFilter::default();
        for (name, value) in &address.named {
            if value.trim().is_empty() {
                continue;
            }
            match name.as_str() {
                "value" | "searchall" | "searchvalue" => filter.anywhere.extend(split(value)),
                "searchemail" => filter.email = Pieces::read(value),
                "searchorg" => filter.organisation = Pieces::read(value),
                // Quirk: a leading `!` does nothing here (misp.md §4.1).
                "searchrole" => {
                    filter.role = split(value)
                        .iter()
                        .map(|piece| piece.trim_start_matches('!').to_owned())
                        .collect();
                }
                "searchdisabled" => filter.disabled = Some(on(value)),
                "searchautoalert" => filter.terms.push((AUTO_ALERT, on(value))),
                "searchcontactalert" => filter.terms.push((CONTACT_ALERT, on(value))),
                "searchtermsaccepted" => filter.terms.push((TERMS_ACCEPTED, on(value))),
                "searchinactive" => filter.inactive = on(value),
                _ => {}
            }
        }
        filter
    }

    /// The condition. `named` gives, for each of `anywhere`, the roles whose names hold it;
    /// `organisations` and `roles` resolve numbers and UUIDs.
    pub fn predicate(
        &self,
        named: &[Vec<RoleId>],
        organisations: &Resolved,
        roles: &[RoleId],
        now: Time,
    ) -> Predicate<UserField> {
        let mut all = Vec::new();
        for (text, roles) in self.anywhere.iter().zip(named) {
            all.push(Predicate::Or(vec![
                Predicate::is(UserField::Email, Test::Contains(text.clone())),
                Predicate::is(UserField::HomeName, Test::Contains(text.clone())),
                Predicate::one_of(UserField::Role, roles.iter().map(|id| id.0)),
            ]));
        }
        let holds = |text: &String| Predicate::is(UserField::Email, Test::Contains(text.clone()));
        if !self.email.any.is_empty() {
            all.push(Predicate::Or(self.email.any.iter().map(holds).collect()));
        }
        all.extend(
            self.email
                .none
                .iter()
                .map(|text| Predicate::not(holds(text))),
        );
        if !self.organisation.any.is_empty() {
            let wanted = organisations.any.iter().map(|id| id.0);
            all.push(Predicate::one_of(UserField::Home, wanted));
        }
        if !organisations.none.is_empty() {
            let unwanted = organisations.none.iter().map(|id| id.0);
            all.push(Predicate::not(Predicate::one_of(UserField::Home, unwanted)));
        }
        if !self.role.is_empty() {
            all.push(Predicate::one_of(
                UserField::Role,
                roles.iter().map(|id| id.0),
            ));
        }
        if let Some(disabled) = self.disabled {
            let enabled = Test::OneOf(vec!["active".into(), "locked_out".into()]);
            let enabled = Predicate::is(UserField::Standing, enabled);
            all.push(if disabled {
                Predicate::not(enabled)
            } else {
                enabled
            });
        }
        for (name, on) in &self.terms {
            let field = UserField::Term(PLATFORM, (*name).to_owned());
            let set = Predicate::is(field, Test::Equals("1".into()));
            all.push(if *on { set } else { Predicate::not(set) });
        }
        if self.inactive {
            let since = now.plus(-INACTIVE_AFTER);
            all.push(Predicate::Or(vec![
                Predicate::is(UserField::LastSeenAt, Test::Less(since.into())),
                Predicate::is(UserField::LastSeenAt, Test::Absent),
            ]));
        }
        all.into_iter().fold(Predicate::All, Predicate::and)
    }
}

/// Organisations that a filter names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// One of these.
    pub any: Vec<OrganisationId>,
    /// None of these.
    pub none: Vec<OrganisationId>,
}

/// Which organisations a list shows by their scope; an unknown one means the local ones.
pub fn scope(address: &Address) -> Predicate<OrganisationField> {
    let local = |local: bool| Predicate::is(OrganisationField::Local, Test::Equals(local.into()));
    match address.named("scope") {
        Some("all") => Predicate::All,
        Some("external") => local(false),
        _ => local(true),
    }
}

/// The texts an organisation is searched in.
pub fn organisation_search(text: &str) -> Predicate<OrganisationField> {
    let text = text.trim();
    if text.is_empty() {
        return Predicate::All;
    }
    use OrganisationField as Field;
    let mut any: Vec<Predicate<Field>> = [
        Field::Name,
        Field::Description,
        Field::Nationality,
        Field::Sector,
        Field::Kind,
        Field::Contacts,
    ]
    .into_iter()
    .map(|field| Predicate::is(field, Test::Contains(text.to_owned())))
    .collect();
    any.push(Predicate::is(
        Field::Uuid,
        Test::Contains(text.to_ascii_lowercase()),
    ));
    // What stands between domains is nobody's domain.
    let in_domain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-');
    if text.chars().all(in_domain) {
        any.push(Predicate::is(
            Field::Domains,
            Test::Contains(text.to_owned()),
        ));
    }
    Predicate::Or(any)
}

/// A number or UUID in a filter.
pub enum Named {
    /// A number.
    Number(i64),
    /// A UUID: the vendor compares it with numbers and finds nobody; here it is resolved.
    Uuid(Uuid),
}

impl Named {
    /// Reads one; anything else names nothing.
    pub fn read(text: &str) -> Option<Named> {
        if let Ok(number) = text.parse() {
            return Some(Named::Number(number));
        }
        Uuid::parse_str(text).ok().map(Named::Uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(path: &str) -> UserFilter {
        UserFilter::read(&Address::read(path).unwrap())
    }

    #[test]
    fn parameters_are_read() {
        let index = "/admin/users/index";
        assert_eq!(filter(index), UserFilter::default());
        assert_eq!(
            filter(&format!("{index}/sort:email/limit:1/page:2/value:")),
            UserFilter::default()
        );
        assert_eq!(
            filter(&format!("{index}/value:a%7Cread+only")).anywhere,
            ["a", "read only"]
        );
        assert_eq!(filter(&format!("{index}/searchall:x")).anywhere, ["x"]);
        let email = filter(&format!("{index}/searchemail:a%7C!b")).email;
        assert_eq!(
            (email.any, email.none),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        assert_eq!(filter(&format!("{index}/searchrole:!3")).role, ["3"]);
        let flags = filter(&format!(
            "{index}/searchdisabled:0/searchautoalert:1/searchtermsaccepted:0/searchinactive:1"
        ));
        assert_eq!(flags.disabled, Some(false));
        assert_eq!(flags.terms, [(AUTO_ALERT, true), (TERMS_ACCEPTED, false)]);
        assert!(flags.inactive);
    }

    #[test]
    fn conditions() {
        let now = Time(INACTIVE_AFTER + 5);
        let predicate = |path: &str, organisations: Resolved, roles: &[RoleId]| {
            let filter = filter(path);
            let named = vec![Vec::new(); filter.anywhere.len()];
            format!("{:?}", filter.predicate(&named, &organisations, roles, now))
        };
        let none = Resolved::default;
        assert_eq!(predicate("/admin/users", none(), &[]), "All");
        for (path, organisations, roles, expected) in [
            (
                "/admin/users/index/value:x",
                none(),
                vec![],
                r#"Or([Is(Email, Contains("x")), Is(HomeName, Contains("x")), Nothing])"#,
            ),
            (
                "/admin/users/index/searchorg:5",
                Resolved {
                    any: vec![OrganisationId(5)],
                    none: vec![],
                },
                vec![],
                "Is(Home, OneOf([Int(5)]))",
            ),
            (
                "/admin/users/index/searchorg:999",
                none(),
                vec![],
                "Nothing",
            ),
            (
                "/admin/users/index/searchorg:!5",
                Resolved {
                    any: vec![],
                    none: vec![OrganisationId(5)],
                },
                vec![],
                "Not(Is(Home, OneOf([Int(5)])))",
            ),
            (
                "/admin/users/index/searchrole:3",
                none(),
                vec![RoleId(12)],
                "Is(Role, OneOf([Int(12)]))",
            ),
            (
                "/admin/users/index/searchdisabled:1",
                none(),
                vec![],
                r#"Not(Is(Standing, OneOf([Text("active"), Text("locked_out")])))"#,
            ),
            (
                "/admin/users/index/searchautoalert:0",
                none(),
                vec![],
                r#"Not(Is(Term(Platform("misp"), "autoalert"), Equals(Text("1"))))"#,
            ),
            (
                "/admin/users/index/searchinactive:1",
                none(),
                vec![],
                "Or([Is(LastSeenAt, Less(Time(Time(5)))), Is(LastSeenAt, Absent)])",
            ),
        ] {
            assert_eq!(predicate(path, organisations, &roles), expected, "{path}");
        }
    }

    #[test]
    fn scopes() {
        for (path, expected) in [
            ("/organisations", "Is(Local, Equals(Flag(true)))"),
            (
                "/organisations/index/scope:local",
                "Is(Local, Equals(Flag(true)))",
            ),
            (
                "/organisations/index/scope:mine",
                "Is(Local, Equals(Flag(true)))",
            ),
            (
                "/organisations/index/scope:external",
                "Is(Local, Equals(Flag(false)))",
            ),
            ("/organisations/index/scope:all", "All"),
        ] {
            assert_eq!(
                format!("{:?}", scope(&Address::read(path).unwrap())),
                expected,
                "{path}"
            );
        }
        assert_eq!(organisation_search(" "), Predicate::All);
    }
}
