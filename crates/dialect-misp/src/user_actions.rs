//! What administrators do to users beside changing them (misp.md §8).

use directory::{Fault, Message, Standing, Status, UserChange, UserId};
use serde_json::{Value, json};

use super::body::{Fields, Sent};
use super::catalogue::SITE_ADMIN;
use super::extension::UserExtension;
use super::map::{disabled, shown_email};
use super::people::{Person, Roles, user_number};
use super::user_settings::write;
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult, Path, RequestError, parse_json, retry_stale};

/// Users that one request toggles.
const MOST: usize = 1_000;

/// A person whom the caller administers. Quirk: administrators of an organisation do nothing to a site
/// administrator (misp.md §6).
async fn administered(request: &Authenticated, id: UserId) -> Result<Person, Fault> {
    let person = Person::read(request, id).await?;
    if protocol::acts_with(request, SITE_ADMIN) {
        return Ok(person);
    }
    let roles = Roles::read(request).await?;
    if roles.view(person.role).has(SITE_ADMIN) || person.user.home != request.caller.home() {
        return Err(Fault::OutranksCaller);
    }
    Ok(person)
}

/// The numbers in a body: a list, or a text of JSON that holds one.
fn numbers(fields: &Fields) -> Option<Vec<UserId>> {
    let sent = fields.value("user_ids")?;
    let list = match sent {
        Value::String(text) => parse_json(text.as_bytes()).ok()?,
        other => other.clone(),
    };
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let numbers = match &list {
        Value::Array(list) if list.len() <= MOST => list.iter().map(number).collect(),
        Value::Array(_) => None,
        one => number(one).map(|number| vec![number]),
    };
    numbers.map(|numbers: Vec<i64>| numbers.into_iter().map(UserId).collect())
}

/// `admin/users/massToggleField/{field}/{value}`: of the users named, those whom the caller administers.
pub async fn toggle(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let [field, value] = request.segments.as_slice() else {
        return Ok(protocol::said(
            &request.info,
            place.exception(404, "Not Found"),
        ));
    };
    let on = match value.as_str() {
        "1" | "true" => true,
        "0" | "false" => false,
        _ => {
            return Ok(protocol::said(
                &request.info,
                place.exception(404, "Not Found"),
            ));
        }
    };
    if !["disabled", "autoalert"].contains(&field.as_str()) {
        let why = format!("The field `{field}` cannot be toggled");
        return Ok(protocol::said(&request.info, place.exception(405, &why)));
    }
    let Some(ids) = numbers(&Fields::of(body, "User")) else {
        let refusal = place.failure(json!({ "user_ids": ["Invalid value."] }));
        return Ok(protocol::said(&request.info, refusal));
    };
    let (mut found, mut changed) = (0, 0);
    for id in ids {
        let toggled = retry_stale(RequestError::is_stale, || async {
            let person = administered(&request, id).await?;
            Ok(toggle_one(&request, person, field, on).await?)
        })
        .await;
        match toggled {
            Ok(now) => {
                found += 1;
                changed += u32::from(now);
            }
            // Those the caller does not administer are passed over, as if they were not there.
            Err(RequestError::Fault(Fault::NotFound(_) | Fault::OutranksCaller)) => {}
            Err(error) => return Err(error),
        }
    }
    if found == 0 {
        return Ok(protocol::said(
            &request.info,
            place.exception(404, "Invalid users"),
        ));
    }
    let state = if on { "enabled" } else { "disabled" };
    let said = if changed > 0 {
        format!("{changed} users got their field `{field}` {state}")
    } else {
        format!("All users have already their field `{field}` {state}")
    };
    let body = wire::success(
        &said,
        "/admin/users/massToggleField/selected",
        Some(json!("selected")),
    );
    Ok(wire::shown(&request, &body))
}

/// Sets a field of one person; false when it was so already.
async fn toggle_one(
    request: &Authenticated,
    person: Person,
    field: &str,
    on: bool,
) -> Result<bool, Fault> {
    if field == "autoalert" {
        if person.notes.autoalert == on {
            return Ok(false);
        }
        let notes = UserExtension {
            autoalert: on,
            ..person.notes.clone()
        };
        write(request, &person.user, &notes).await?;
        return Ok(true);
    }
    if disabled(&person.user, request.now()) == on {
        return Ok(false);
    }
    let status = if on { Status::Inactive } else { Status::Active };
    let change = UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    request.update_user(person.user.id, change).await?;
    Ok(true)
}

/// `users/initiatePasswordReset/{id}[/{first time}]`: the password opens nothing from now on, and a link to
/// a new one is mailed, where the vendor mails a password.
pub async fn initiate_password_reset(request: Authenticated) -> HandlerResult {
    let id = user_number(request.segments.first().map_or("", String::as_str))?;
    let person = administered(&request, id).await?;
    request.send_password_reset(id, true).await?;
    // Quirk: the vendor's date of the last change moves, since a random password was set (misp.md §8).
    let now = request.now();
    retry_stale(RequestError::is_stale, || async {
        let person = Person::read(&request, person.user.id).await?;
        let notes = UserExtension {
            password_reset_at: Some(now),
            change_pw: None,
            ..person.notes.clone()
        };
        write(&request, &person.user, &notes).await?;
        Ok(())
    })
    .await?;
    let body = json!({ "saved": true, "success": "New credentials sent." });
    Ok(wire::shown(&request, &body))
}

/// `users/totp_delete/{id}`.
pub async fn delete_second_factor(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let person = administered(&request, user_number(&id)?).await?;
    request.remove_second_factor(person.user.id, None).await?;
    let id = json!(person.user.id.to_string());
    let body = wire::success("User TOTP deleted.", &request.info.path, Some(id));
    Ok(wire::shown(&request, &body))
}

/// `admin/users/destroy[/{id}]`: ends the sessions of one person, or of everybody.
pub async fn destroy_sessions(request: Authenticated) -> HandlerResult {
    let whose = match request.segments.first() {
        Some(id) => {
            let person = Person::read(&request, user_number(id)?).await?;
            request.revoke_sessions_of(person.user.id, None).await?;
            shown_email(&person.user)
        }
        None => {
            // As many as one list of sessions holds; the rest follow in the next round.
            loop {
                let sessions = request.all_sessions().await?;
                let mut owners: Vec<UserId> = sessions.iter().map(|one| one.user).collect();
                owners.sort_unstable();
                owners.dedup();
                let mut ended = 0;
                for owner in owners {
                    ended += request.revoke_sessions_of(owner, None).await?;
                }
                if ended == 0 {
                    break "Every user".to_owned();
                }
            }
        }
    };
    let said = format!(
        "Session destruction cutoff set to the current timestamp for the given selection ({whose}). Session(s) will be destroyed on the next user interaction."
    );
    let body = wire::success(&said, "/admin/users/destroy", None);
    Ok(wire::shown(&request, &body))
}

/// `admin/users/monitor/{id}`. Quirk: the answer is the opposite of the state before, as a bare number
/// (misp.md §8).
pub async fn monitor(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let id = user_number(&id)?;
    let mut fields = Fields::of(body, "User");
    let on = fields.flag("value").unwrap_or(false);
    if let Some(errors) = fields.errors() {
        let place = protocol::place(&request.info);
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let before = retry_stale(RequestError::is_stale, || async {
        let person = Person::read(&request, id).await?;
        let before = person.notes.monitored;
        if before != on {
            let notes = UserExtension {
                monitored: on,
                ..person.notes.clone()
            };
            write(&request, &person.user, &notes).await?;
        }
        Ok::<bool, RequestError>(before)
    })
    .await?;
    Ok(wire::shown(&request, &i32::from(!before)))
}

/// By GET: whether the user is monitored.
pub async fn monitored(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let person = Person::read(&request, user_number(&id)?).await?;
    Ok(wire::shown(&request, &i32::from(!person.notes.monitored)))
}

/// `admin/users/quickEmail/{id}`. Quirk: success speaks of a deletion (misp.md §8).
pub async fn quick_mail(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let person = administered(&request, user_number(&id)?).await?;
    let mut fields = Fields::of(body, "User");
    let subject = fields.filled("subject");
    let text = fields.filled("body");
    for (name, value) in [("subject", &subject), ("body", &text)] {
        if value.is_none() {
            fields.refuse(name, "This field cannot be left blank.");
        }
    }
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let standing = person.user.standing(request.now());
    if !matches!(standing, Standing::Active | Standing::LockedOut) {
        let why = json!("The user is disabled and gets no mail.");
        return Ok(protocol::said(&request.info, place.failure(why)));
    }
    let message = Message {
        subject: subject.unwrap_or_default(),
        body: text.unwrap_or_default(),
        ..Message::default()
    };
    let queued = request
        .send_message(&[person.user.id.into()], message)
        .await?;
    if queued == 0 {
        let why = json!("The user has no address.");
        return Ok(protocol::said(&request.info, place.failure(why)));
    }
    let body = wire::success("User deleted.", "/admin/users/quickEmail", None);
    Ok(wire::shown(&request, &body))
}

/// `users/heartbeat`, without a key.
pub async fn heartbeat(kit::Anonymous(info): kit::Anonymous) -> HandlerResult {
    let body = json!({ "message": "The server is answering." });
    Ok(wire::with_status(&info, axum::http::StatusCode::OK, &body))
}
