//! E-mail templates: made, changed, deleted, and sent to people.

use std::sync::Arc;

use directory::{Fault, Kind, Message};
use serde_json::Value;

use super::super::documents::{Document, TemplateDocument};
use super::super::edit;
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::node::{OrganizationNode, Person};
use super::super::templates::{self, Template};
use super::{Answer, input_text};
use graphql::{Call, Link, Refusal};

/// Makes a template.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let document = templates::read(call.get("input"));
    templates::check(&document)?;
    let new = directory::NewRecord {
        organisation: place(session).await?,
        ..templates::record(&document)
    };
    let record = session.handle.create_record(new).await;
    let record = record.or_refuse()?;
    let id = record.uuid;
    Ok(Link::One(templates::node(&Template {
        id,
        record: Some(record),
        document,
    })))
}

/// Where a new template belongs: an organisation's administrator writes the organisation's, everybody
/// else the platform's.
async fn place(session: &Session) -> Result<Option<directory::OrganisationId>, Refusal> {
    if !session.only_organization_admin() {
        return Ok(None);
    }
    let own = templates::administered(session).await?;
    own.first()
        .map(|first| Some(*first))
        .ok_or_else(errors::forbidden)
}

/// A fault about a template that was just found: whoever reads it need not be one who may write it.
fn unwritten(fault: &Fault) -> Refusal {
    match fault {
        Fault::NotFound(Kind::Record) => errors::forbidden(),
        fault => refused(fault),
    }
}

/// Deletes a template.
pub async fn delete(session: &Session, call: &Call<'_>) -> Answer {
    let id = call.text("id");
    let template = templates::find(session, id).await?;
    let template = template.ok_or_else(|| errors::already_deleted(id))?;
    let Some(reference) = templates::reference(&template) else {
        return Err(errors::functional(
            "The platform's own template cannot be deleted",
        ));
    };
    session
        .handle
        .delete_record(templates::KIND, reference)
        .await
        .map_err(|fault| unwritten(&fault))?;
    Ok(Link::Leaf(Value::from(template.id.to_string())))
}

/// Changes a template.
pub async fn patch(session: &Session, call: &Call<'_>) -> Answer {
    let id = call.text("id");
    let template = templates::find(session, id).await?;
    let template = template
        .ok_or_else(|| errors::functional("Email template cannot be found.").with("id", id))?;
    let Some(reference) = templates::reference(&template) else {
        return Err(errors::functional(
            "The platform's own template cannot be changed",
        ));
    };
    let version = template.record.as_ref().map(|record| record.version);
    let mut document: TemplateDocument = template.document;
    for edit in edit::read(call.get("input"))? {
        match edit.key.as_str() {
            "name" => document.name = edit.text()?,
            "description" => document.description = edit.optional_text()?,
            "email_object" => document.email_object = edit.text()?,
            "sender_email" => document.sender_email = edit.optional_text()?.unwrap_or_default(),
            "template_body" => document.template_body = edit.text()?,
            key => {
                return Err(
                    errors::unsupported("This attribute of a template cannot be changed")
                        .with("key", key),
                );
            }
        }
    }
    templates::check(&document)?;
    let record = session
        .handle
        .update_record(
            templates::KIND,
            reference,
            directory::RecordChange {
                content: Some(document.stored()),
                if_version: version,
                ..directory::RecordChange::default()
            },
        )
        .await;
    let record = record.map_err(|fault| unwritten(&fault))?;
    Ok(Link::One(templates::node(&Template {
        id: record.uuid,
        record: Some(record),
        document,
    })))
}

/// The template a mutation names.
pub async fn wanted(session: &Session, id: &str) -> Result<Template, Refusal> {
    let found = templates::find(session, id).await?;
    found.ok_or_else(|| errors::unsupported("Invalid email template").with("id", id))
}

/// Sends a template to somebody.
pub async fn send(session: &Session, call: &Call<'_>) -> Answer {
    let whom = input_text(call, "target_user_id").unwrap_or_default();
    let user = session.find_user(&whom).await?;
    let user =
        user.ok_or_else(|| errors::unsupported("Target user not found").with("id", whom.as_str()))?;
    let template = wanted(
        session,
        &input_text(call, "email_template_id").unwrap_or_default(),
    )
    .await?;
    let person = session.person(user).await?;
    deliver(session, &template, &person).await?;
    Ok(Link::Leaf(true.into()))
}

/// Queues a template's mail to somebody. Accounts without an address get none.
pub async fn deliver(
    session: &Session,
    template: &Template,
    person: &Arc<Person>,
) -> Result<(), Refusal> {
    if person.user.email.is_none() {
        return Err(errors::unsupported("The target user has no e-mail address"));
    }
    let memberships = session.memberships_of(&[person.user.id]).await?;
    let ids: Vec<_> = memberships
        .values()
        .flat_map(|rows| rows.iter())
        .filter(|row| !row.home || row.organisation != directory::ROOT)
        .map(|row| row.organisation)
        .collect();
    let companies = session.companies_of(&ids).await?;
    let companies: Vec<&OrganizationNode> = ids
        .iter()
        .filter_map(|id| companies.get(id))
        .map(Arc::as_ref)
        .collect();
    let url = session.public_url().await?;
    let (subject, body) = templates::said(&template.document, person, &companies, &url);
    let sender = &template.document.sender_email;
    let message = Message {
        subject,
        body,
        html: true,
        // The vendor's field may hold a mere name; only an address can be sent from.
        sender: Some(sender.clone()).filter(|sender| directory::check_email(sender).is_ok()),
    };
    let queued = session
        .handle
        .send_message(&[person.user.id.into()], message)
        .await;
    queued.map(|_| ()).or_refuse()
}
