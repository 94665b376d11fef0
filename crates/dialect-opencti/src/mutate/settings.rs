//! Settings and the messages among them.

use super::super::edit;
use super::super::errors;
use super::super::errors::OrRefuse as _;
use super::super::graph::Session;
use super::super::settings::{self, Message, PlatformSettings};
use super::{Answer, input_flag, input_list, input_text};
use graphql::{Call, Link, Refusal};

/// Messages kept at most.
const MESSAGES: usize = 100;

/// The settings of an edit.
pub async fn target(session: &Session, id: &str) -> Result<PlatformSettings, Refusal> {
    if id != settings::id() && id != format!("settings--{}", settings::id()) {
        return Err(errors::functional("Settings cannot be found.").with("settings_id", id));
    }
    session.platform_settings().await
}

async fn write(
    session: &Session,
    call: &Call<'_>,
    before: &PlatformSettings,
    mut changed: PlatformSettings,
) -> Answer {
    changed.updated_at = Some(session.now().milliseconds());
    let written = session.handle.change_setting_since(before, changed.clone());
    written.await.or_refuse()?;
    Ok(Link::One(session.settings_node(&changed, call).await?))
}

/// `settingsEdit { fieldPatch }`
pub async fn patch_fields(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let before = target(session, id).await?;
    let mut changed = before.clone();
    for edit in edit::read(call.get("input"))? {
        if edit.key == settings::ORGANIZATION
            && let Some(id) = edit.optional_text()?
            && session.find_organisation(&id).await?.is_none()
        {
            return Err(errors::missing_reference(&[&id]));
        }
        changed.change(&edit)?;
    }
    write(session, call, &before, changed).await
}

/// `settingsEdit { editMessage }`
pub async fn edit_message(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let before = target(session, id).await?;
    let mut changed = before.clone();
    put_message(session, &mut changed.messages, call)?;
    write(session, call, &before, changed).await
}

/// `settingsEdit { deleteMessage }`
pub async fn delete_message(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let before = target(session, id).await?;
    let mut changed = before.clone();
    let wanted = call.text("input");
    changed.messages.retain(|message| message.id != wanted);
    write(session, call, &before, changed).await
}

/// Puts a message among the others, in place of the one with its id.
fn put_message(
    session: &Session,
    messages: &mut Vec<Message>,
    call: &Call<'_>,
) -> Result<(), Refusal> {
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
