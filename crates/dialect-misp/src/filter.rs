//! Filters that travel as named parameters of the path (misp.md §4.1, §5.1), read into the
//! directory's predicates. What they name (organisations, roles) is resolved by the handlers.

use directory::limits::{self, FILTER_VALUES};
use directory::{
    Fault, OrganisationField, OrganisationId, Predicate, Test, Time, UserField,
    shown_email_contains,
};
use uuid::Uuid;

use super::address::Address;
use super::body::Fields;
use super::catalogue::PLATFORM;
use super::list_parameters::shows;

/// The term of users who want mail about every event.
pub const AUTO_ALERT: &str = "autoalert";
/// The term of users who want mail when contacted.
pub const CONTACT_ALERT: &str = "contactalert";
/// The term of users who accepted the terms of use.
pub const TERMS_ACCEPTED: &str = "termsaccepted";
/// The term of users whose requests are logged.
pub const MONITORED: &str = "monitored";
/// The term of users who have a PGP key.
pub const PGP: &str = "pgp";
/// The term of users who have a setting, with its name.
pub const SETTING: &str = "setting";

/// Neither sign-in nor use for so long makes an account an inactive one.
const INACTIVE_AFTER: i64 = 30 * 24 * 3600 * 1000;

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
    /// Something in it is not understood, so it matches nobody: leaving it out would match more.
    pub nobody: bool,
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
    fn read(pieces: Vec<String>) -> Pieces {
        let mut read = Pieces::default();
        for piece in pieces {
            match piece.strip_prefix('!') {
                Some(piece) => read.none.push(piece.to_owned()),
                None => read.any.push(piece),
            }
        }
        read
    }
}

/// The alternatives of a text, each short enough to be looked for, and not too many.
fn split(text: &str) -> Result<Vec<String>, Fault> {
    let mut pieces = Vec::new();
    for piece in text.split('|').map(str::trim) {
        if piece.is_empty() {
            continue;
        }
        limits::check_length("filter", piece)?;
        if pieces.len() == FILTER_VALUES {
            let why = format!("has more than {FILTER_VALUES} alternatives");
            return Err(Fault::invalid("filter", why));
        }
        pieces.push(piece.to_owned());
    }
    Ok(pieces)
}

/// Whether all parameters of a list but the empty ones are known: what narrows a list in a way that is
/// not known here narrows it to nothing.
pub fn all_known(address: &Address, filters: &[&str]) -> bool {
    address.named.iter().all(|(name, value)| {
        let name = name.as_str();
        value.trim().is_empty() || shows(name) || filters.contains(&name)
    })
}

fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

impl UserFilter {
    /// Reads the path's parameters, and the fields of a body.
    pub fn read(address: &Address, fields: &Fields) -> Result<UserFilter, Fault> {
        let mut filter = UserFilter::default();
        for (name, value) in &address.named {
            if !value.trim().is_empty() {
                filter.take(name, value)?;
            }
        }
        for (name, text) in fields.texts() {
            match text {
                Some(text) if text.trim().is_empty() => {}
                Some(text) => filter.take(name, &text)?,
                None => filter.nobody = true,
            }
        }
        if filter.anywhere.len() > FILTER_VALUES {
            let why = format!("has more than {FILTER_VALUES} texts");
            return Err(Fault::invalid("filter", why));
        }
        Ok(filter)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let term = match name {
            "searchautoalert" => Some(AUTO_ALERT),
            "searchcontactalert" => Some(CONTACT_ALERT),
            "searchtermsaccepted" => Some(TERMS_ACCEPTED),
            _ => None,
        };
        match (name, flag(value)) {
            ("value" | "searchall" | "searchvalue", _) => {
                let pieces = self.pieces(value)?;
                self.anywhere.extend(pieces);
            }
            ("searchemail", _) => self.email = Pieces::read(self.pieces(value)?),
            ("searchorg", _) => {
                self.organisation = Pieces::read(self.pieces(value)?);
                // Leaving out what names no organisation would leave nobody out.
                let unread = |piece: &String| Named::read(piece).is_none();
                self.nobody |= self.organisation.none.iter().any(unread);
            }
            // Quirk: a leading `!` does nothing here (misp.md §4.1).
            ("searchrole", _) => {
                let pieces = self.pieces(value)?;
                self.role = pieces
                    .iter()
                    .map(|piece| piece.trim_start_matches('!').to_owned())
                    .collect();
            }
            ("searchdisabled", Some(on)) => self.disabled = Some(on),
            ("searchinactive", Some(on)) => self.inactive = on,
            (_, Some(on)) if term.is_some() => self.terms.extend(term.map(|term| (term, on))),
            (name, _) if shows(name) => {}
            // A flag that is none, or a filter that there is not.
            _ => self.nobody = true,
        }
        Ok(())
    }

    /// A filter's alternatives; one that holds separators alone asks for nothing that there is.
    fn pieces(&mut self, value: &str) -> Result<Vec<String>, Fault> {
        let pieces = split(value)?;
        self.nobody |= pieces.is_empty();
        Ok(pieces)
    }

    /// The condition. `named` gives, for each of `anywhere`, the people shown with a role whose name holds
    /// it, and `role` those shown with a role that was asked for; `organisations` resolves numbers and UUIDs.
    pub fn predicate(
        &self,
        named: &[Predicate<UserField>],
        organisations: &Resolved,
        role: &Predicate<UserField>,
        now: Time,
    ) -> Predicate<UserField> {
        if self.nobody {
            return Predicate::Nothing;
        }
        let mut all = Vec::new();
        for (text, named) in self.anywhere.iter().zip(named) {
            all.push(Predicate::any([
                shown_email_contains(text),
                Predicate::is(UserField::HomeName, Test::Contains(text.clone())),
                named.clone(),
            ]));
        }
        let holds = |text: &String| shown_email_contains(text);
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
            all.push(role.clone());
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

/// Which organisations a list shows by their scope: the local ones unless said otherwise, and none by a
/// scope that there is not.
pub fn scope(address: &Address) -> Predicate<OrganisationField> {
    if !all_known(address, &["scope", "searchall", "all", "quickFilter"]) {
        return Predicate::Nothing;
    }
    let local = |local: bool| Predicate::is(OrganisationField::Local, Test::Equals(local.into()));
    match address.named("scope").map(str::trim) {
        Some("all") => Predicate::All,
        Some("external") => local(false),
        None | Some("" | "local") => local(true),
        Some(_) => Predicate::Nothing,
    }
}

/// The texts an organisation is searched in.
pub fn organisation_search(text: &str) -> Result<Predicate<OrganisationField>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Predicate::All);
    }
    limits::check_length("filter", text)?;
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
    Ok(Predicate::Or(any))
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
mod tests;
