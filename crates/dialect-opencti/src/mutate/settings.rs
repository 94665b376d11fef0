//! Settings and the messages among them.

use super::super::capability;
use super::super::edit;
use super::super::errors;
use super::super::errors::OrRefuse as _;
use super::super::graph::Session;
use super::super::settings::{self, Message};
use super::{Answer, input_flag, input_list, input_text};
use graphql::{Call, Link};

/// Messages kept at most.
const MESSAGES: usize = 100;

/// Answers a field of `SettingsEditMutations`.
pub async fn edit(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    match call.name() {
        "fieldPatch" => session.require(&[capability::SET_PARAMETERS, capability::SET_ACCESSES])?,
        _ => session.require(&[capability::SET_PARAMETERS])?,
    }
    if id != settings::id() && id != format!("settings--{}", settings::id()) {
        return Err(errors::functional("Settings cannot be found.").with("settings_id", id));
    }
    let before = session.platform_settings().await?;
    let mut stored = before.clone();
    match call.name() {
        "fieldPatch" => {
            for edit in edit::read(call.get("input"))? {
                if edit.key == settings::ORGANIZATION
                    && let Some(id) = edit.optional_text()?
                    && session.find_organisation(&id).await?.is_none()
                {
                    return Err(errors::missing_reference(&[&id]));
                }
                stored.change(&edit)?;
            }
        }
        "editMessage" => edit_message(session, &mut stored.messages, call)?,
        "deleteMessage" => {
            let wanted = call.text("input");
            stored.messages.retain(|message| message.id != wanted);
        }
        _ => return Err(errors::internal()),
    }
    stored.updated_at = Some(session.now().milliseconds());
    let changed = session
        .handle
        .change_setting_since(&before, stored.clone())
        .await;
    changed.or_refuse()?;
    Ok(Link::One(session.settings_node(&stored, call).await?))
}

/// Puts a message among the others, in place of the one with its id.
fn edit_message(
    session: &Session,
    messages: &mut Vec<Message>,
    call: &Call<'_>,
) -> Result<(), graphql::Refusal> {
    let text = input_text(call, "message").unwrap_or_default();
    if text.is_empty() || text.chars().count() > 10_000 {
        return Err(errors::validation(
            "message",
            "The message must have 1 to 10000 characters",
        ));
    }
    let id = input_text(call, "id");
    let message = Message {
        id: id
            .clone()
            .unwrap_or_else(|| session.directory.seams().random_uuid().to_string()),
        message: text,
        activated: input_flag(call, "activated").unwrap_or(false),
        dismissible: input_flag(call, "dismissible").unwrap_or(false),
        updated_at: session.now().rfc3339(),
        color: input_text(call, "color"),
        recipients: input_list(call, "recipients").unwrap_or_default(),
    };
    if let Some(old) = messages.iter_mut().find(|old| Some(&old.id) == id.as_ref()) {
        *old = message;
    } else if messages.len() < MESSAGES {
        messages.push(message);
    } else {
        return Err(errors::functional("There are too many messages"));
    }
    Ok(())
}
