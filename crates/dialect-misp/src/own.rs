//! Oneself: view, change, password; and what viewing anybody shows (misp.md §4.2, §4.3).

use std::sync::Arc;

use directory::{Fault, Kind, Organisation, Time, UserChange, Wanted};
use serde_json::Value;

use super::body::{Fields, Sent};
use super::catalogue::SITE_ADMIN;
use super::extension::UserExtension;
use super::map::{self, Extras, is_mask, shown_email};
use super::people::{Person, Roles, user_number};
use super::wire::UserViewed;
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult, Path, RequestError, retry_stale};

/// `users/view` without a number is about oneself.
pub async fn view_me(request: Authenticated) -> HandlerResult {
    let person = Person::read(&request, request.caller.user()).await?;
    let home = request.organisation(person.user.home).await?;
    let body = viewed(&request, person, &home).await?;
    Ok(wire::shown(&request, &body))
}

/// `users/view`: oneself, and anybody for site administrators.
pub async fn view(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    if id == "me" {
        return view_me(request).await;
    }
    let id = user_number(&id)?;
    // Quirk: administrators of an organisation must ask at `admin/users/view` (misp.md §4.2).
    if id != request.caller.user() && !protocol::acts_with(&request, SITE_ADMIN) {
        let place = protocol::place(&request.info);
        let refusal = place.exception(404, "Invalid user or not authorised.");
        return Ok(protocol::said(&request.info, refusal));
    }
    let person = Person::read(&request, id).await?;
    let home = request.organisation(person.user.home).await?;
    let body = viewed(&request, person, &home).await?;
    Ok(wire::shown(&request, &body))
}

/// A person with their role, settings and organisation.
pub async fn viewed(
    request: &Authenticated,
    person: Person,
    home: &Organisation,
) -> Result<UserViewed, Fault> {
    let roles = ShownRoles::read(request).await?;
    Ok(roles.viewed(request, person, home))
}

/// The roles that views of people show, and which of them newcomers get.
struct ShownRoles {
    roles: Arc<Roles>,
    default: Option<i64>,
}

impl ShownRoles {
    async fn read(request: &Authenticated) -> Result<Self, Fault> {
        let roles = Roles::read(request).await?;
        let default = roles.default(request).await?;
        Ok(Self { roles, default })
    }

    fn viewed(&self, request: &Authenticated, person: Person, home: &Organisation) -> UserViewed {
        let view = self.roles.view(person.role);
        let extras = Extras {
            created_by: true,
            landingpage: true,
            ..Extras::default()
        };
        UserViewed {
            user: map::viewed(&person.user, &person.notes, view, request.now()),
            role: view.body(self.default).into(),
            settings: super::user_settings::shown(&person.notes),
            organisation: map::organisation(home, extras),
        }
    }
}

/// Who writes a user's document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Their administrator.
    Administrator,
    /// Themselves: the terms, the news and the end of the account are not theirs to write.
    Oneself,
}

/// Longer keys and certificates are none.
const LONGEST_KEY: usize = 100_000;

/// Reads the fields that only this dialect knows.
pub fn read_notes(fields: &mut Fields, notes: &mut UserExtension, who: Who) {
    for (name, slot) in [
        ("autoalert", &mut notes.autoalert),
        ("contactalert", &mut notes.contactalert),
        ("notification_daily", &mut notes.notification_daily),
        ("notification_weekly", &mut notes.notification_weekly),
        ("notification_monthly", &mut notes.notification_monthly),
    ] {
        if let Some(flag) = fields.flag(name) {
            *slot = flag;
        }
    }
    if let Some(sid) = fields.filled_number("nids_sid", "A SID should be an integer.") {
        notes.nids_sid = Some(sid);
    }
    if let Some(key) = fields.text("gpgkey") {
        if key.len() > LONGEST_KEY {
            fields.refuse("gpgkey", "GnuPG key not valid, please enter a valid key.");
        } else {
            notes.gpgkey = key;
        }
    }
    if let Some(certificate) = fields.text("certif_public") {
        if certificate.trim().is_empty() || is_certificate(&certificate) {
            notes.certif_public = certificate;
        } else {
            let why = "Certificate not valid, please enter a valid certificate (x509).";
            fields.refuse("certif_public", why);
        }
    }
    if who == Who::Oneself {
        return;
    }
    if let Some(flag) = fields.flag("termsaccepted") {
        notes.termsaccepted = flag;
    }
    if let Some(read) = fields.filled_number("newsread", "numeric") {
        notes.newsread = read;
    }
    read_expiration(fields, notes);
}

/// The document as a request leaves it. A SID that was made from the user's number, and is written back as it
/// was shown, is not chosen by that.
pub fn changed_notes(fields: &mut Fields, person: &Person, who: Who) -> UserExtension {
    let mut notes = person.notes.clone();
    read_notes(fields, &mut notes, who);
    if notes.nids_sid == Some(map::sid(&person.user, &person.notes)) {
        notes.nids_sid = person.notes.nids_sid;
    }
    notes
}

/// The end of the account, as text or in seconds; kept without effect, as in the vendor's product.
fn read_expiration(fields: &mut Fields, notes: &mut UserExtension) {
    let time = match fields.value("expiration") {
        None => return,
        Some(Value::Number(seconds)) => seconds.as_i64().and_then(|seconds| {
            let milliseconds = seconds.checked_mul(1000)?;
            (0..FAR)
                .contains(&milliseconds)
                .then_some(Some(Time(milliseconds)))
        }),
        Some(Value::String(text)) if text.trim().is_empty() => Some(None),
        Some(Value::String(text)) => Time::parse(text).map(Some),
        Some(_) => None,
    };
    match time {
        Some(time) => notes.expiration = time,
        None => fields.refuse("expiration", "Expiration must be in YYYY-MM-DD format."),
    }
}

/// Times beyond the year 9999 are none.
const FAR: i64 = 253_402_300_800_000;

/// Whether a text has the form of a certificate in PEM. It is kept for others to use; nothing here
/// trusts it.
fn is_certificate(text: &str) -> bool {
    use base64::Engine as _;
    let Some((_, rest)) = text.split_once("-----BEGIN CERTIFICATE-----") else {
        return false;
    };
    let Some((inner, _)) = rest.split_once("-----END CERTIFICATE-----") else {
        return false;
    };
    let inner: String = inner.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(inner);
    // A certificate is an ASN.1 sequence.
    text.len() <= LONGEST_KEY && bytes.is_ok_and(|bytes| bytes.first() == Some(&0x30))
}

/// `users/edit`: the number in the path is ignored, it is always oneself; what is not one's own to
/// change is ignored too (misp.md §4.3).
pub async fn edit(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    // The answer shows roles: callers who may not read them are refused before the change.
    let roles = ShownRoles::read(&request).await?;
    let (user, related) = retry_stale(RequestError::is_stale, || async {
        let person = Person::read(&request, request.caller.user()).await?;
        // So are keys of an organisation from which the home, which the answer shows, is not seen.
        if request.caller.organisation() != person.user.home {
            request.organisation(person.user.home).await?;
        }
        let mut fields = Fields::of(body.clone(), "User");
        let notes = changed_notes(&mut fields, &person, Who::Oneself);
        let email = fields.filled("email");
        let email = email.filter(|email| *email != shown_email(&person.user));
        let password = password(&mut fields);
        if fields.errors().is_some() {
            return Err(protocol::said(&request.info, place.field("profile", "")).into());
        }
        let change = UserChange {
            email: email.map(Some),
            extension: (notes != person.notes).then(|| notes.stored()),
            password: password.map(directory::NewPassword::Chosen),
            // The document is written whole, so it must be the one that was read.
            if_revision: (notes != person.notes).then_some(person.user.revision),
            ..UserChange::default()
        };
        let wanted = Wanted {
            homes: true,
            ..Person::WANTED
        };
        let changed = request.update_own_profile_and_show(change, wanted);
        Ok(changed.await?)
    })
    .await?;
    let home = related.homes.first();
    let home = home.ok_or(Fault::NotFound(Kind::Organisation))?;
    let body = roles.viewed(&request, Person::of(&request, user, &related), home);
    Ok(wire::shown(&request, &body))
}

/// A password; what clients write back in its place is none. A second one that is sent along must be the
/// same.
pub fn password(fields: &mut Fields) -> Option<String> {
    let password = fields
        .text("password")
        .filter(|text| !text.is_empty() && !is_mask(text))?;
    confirmed(fields, &password);
    Some(password)
}

fn confirmed(fields: &mut Fields, password: &str) {
    if fields.value("confirm_password").is_some()
        && fields.text("confirm_password").as_deref() != Some(password)
    {
        fields.refuse("password", "The two passwords are not the same.");
    }
}

/// `users/change_pw`: the caller's own password. No old one is asked for: only a key comes in here,
/// and keys stay valid.
pub async fn change_password(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let mut fields = Fields::of(body, "User");
    let password = fields.text("password").unwrap_or_default();
    confirmed(&mut fields, &password);
    if let Some(errors) = fields.errors() {
        let place = protocol::place(&request.info);
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    request.change_own_password(None, &password).await?;
    let body = wire::success("Password Changed.", "/users/change_pw", None);
    Ok(wire::shown(&request, &body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: Value, who: Who) -> (UserExtension, Option<Value>) {
        let mut fields = Fields::of(body, "User");
        let mut notes = UserExtension::default();
        read_notes(&mut fields, &mut notes, who);
        (notes, fields.errors())
    }

    #[test]
    fn fields_of_the_document() {
        let body = json!({
            "autoalert": "1", "nids_sid": "5", "gpgkey": "k", "termsaccepted": true, "newsread": "9",
            "expiration": "2027-01-01 00:00:00",
        });
        let (notes, errors) = read(body.clone(), Who::Administrator);
        assert_eq!(errors, None);
        assert!(notes.autoalert && notes.termsaccepted);
        assert_eq!((notes.nids_sid, notes.newsread), (Some(5), 9));
        assert_eq!(notes.expiration, Some(Time(1_798_761_600_000)));
        let (own, _) = read(body, Who::Oneself);
        assert!(own.autoalert && !own.termsaccepted);
        assert_eq!((own.newsread, own.expiration), (0, None));
    }

    #[test]
    fn refused_fields() {
        for (body, errors) in [
            (
                json!({"nids_sid": "x"}),
                json!({"nids_sid": ["A SID should be an integer."]}),
            ),
            (
                json!({"autoalert": "maybe"}),
                json!({"autoalert": ["boolean"]}),
            ),
            (
                json!({"certif_public": "x"}),
                json!({"certif_public": ["Certificate not valid, please enter a valid certificate (x509)."]}),
            ),
            (
                json!({"expiration": "soon"}),
                json!({"expiration": ["Expiration must be in YYYY-MM-DD format."]}),
            ),
            (
                json!({"expiration": i64::MAX}),
                json!({"expiration": ["Expiration must be in YYYY-MM-DD format."]}),
            ),
        ] {
            assert_eq!(
                read(body.clone(), Who::Administrator).1,
                Some(errors),
                "{body}"
            );
        }
        for body in [
            json!({"certif_public": ""}),
            json!({"nids_sid": ""}),
            json!({"expiration": null}),
            json!({"certif_public": "-----BEGIN CERTIFICATE-----\nMAMC\nAQE=\n-----END CERTIFICATE-----\n"}),
        ] {
            assert_eq!(read(body.clone(), Who::Administrator).1, None, "{body}");
        }
    }
}
