//! E-mail templates: shared records of this dialect, and what they say to somebody.

use directory::{NewRecord, OrganisationId, Record, Value as Compared};
use serde_json::{Value, json};

use super::documents::{Document, TemplateDocument};
use super::errors;
use super::graph::Session;
use super::ids;
use super::node::{Made, Node, OrganizationNode, Person, status_word};
use graphql::Refusal;

/// The kind of record that templates are kept as.
pub const KIND: &str = "email-template";

/// A template.
pub struct Template {
    /// The id, which is the record's.
    pub id: uuid::Uuid,
    /// The record behind it; the one that comes with the platform has none.
    pub record: Option<Record>,
    /// What it says.
    pub document: TemplateDocument,
}

impl Template {
    /// What the template shows of a field that templates are filtered by.
    pub fn look(&self, field: &str) -> Vec<Compared> {
        match field {
            "name" => vec![self.document.name.as_str().into()],
            "description" => self
                .document
                .description
                .iter()
                .map(|text| text.as_str().into())
                .collect(),
            "id" => vec![self.id.to_string().into()],
            "created_at" => self
                .record
                .iter()
                .map(|record| record.created_at.into())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The template that every installation has.
fn onboarding() -> Template {
    Template {
        id: ids::fixed("email-template--onboarding"),
        record: None,
        document: TemplateDocument {
            name: "Onboarding".to_owned(),
            description: Some("Welcomes somebody new.".to_owned()),
            email_object: "Welcome to $settings.platform_url".to_owned(),
            sender_email: "Administration".to_owned(),
            template_body: "<p>Dear $user.name,</p><p>an account has been made for you. \
                You reach the platform at $settings.platform_url with the address $user.user_email.</p>"
                .to_owned(),
        },
    }
}

fn stored(record: Record) -> Template {
    Template {
        id: record.uuid,
        document: TemplateDocument::read(Some(&record.document)),
        record: Some(record),
    }
}

/// The organisations whose templates the caller writes as their administrator.
pub async fn administered(session: &Session) -> Result<Vec<OrganisationId>, Refusal> {
    let own = session.memberships_of(&[session.caller.user()]).await?;
    let rows = own.values().flat_map(|rows| rows.iter());
    Ok(rows
        .filter(|row| row.administrator)
        .map(|row| row.organisation)
        .collect())
}

/// The templates the caller reads, the platform's own first: an organisation's administrator reads no
/// other organisation's.
pub async fn all(session: &Session) -> Result<Vec<Template>, Refusal> {
    let query = directory::Query {
        limit: 1_000,
        seen_by: Some(directory::Permission::SignedIn),
        ..directory::Query::default()
    };
    let records = session.handle.records(KIND, &query).await;
    let mut records = records.map_err(|fault| errors::refusal(&fault))?;
    if session.only_organization_admin() {
        let own = administered(session).await?;
        let shown = |at: OrganisationId| own.contains(&at);
        records
            .items
            .retain(|record| record.organisation.is_none_or(shown));
    }
    let mut all = vec![onboarding()];
    all.extend(records.items.into_iter().map(stored));
    Ok(all)
}

/// The template of an id.
pub async fn find(session: &Session, id: &str) -> Result<Option<Template>, Refusal> {
    let ids::Given::Uuid(wanted) = ids::Given::read(id) else {
        return Ok(None);
    };
    let all = all(session).await?;
    Ok(all.into_iter().find(|template| template.id == wanted))
}

/// A template as a node.
pub fn node(template: &Template) -> Node {
    let document = &template.document;
    Made::plain(
        "EmailTemplate",
        json!({
            "id": template.id,
            "standard_id": ids::named("email-template", &document.name),
            "entity_type": "EmailTemplate",
            "parent_types": ["Basic-Object", "Internal-Object"],
            "name": document.name,
            "description": document.description,
            "email_object": document.email_object,
            "sender_email": document.sender_email,
            "template_body": document.template_body,
            "representative": {"main": document.name, "secondary": document.description},
        }),
    )
}

/// A new record for a template.
pub fn record(document: &TemplateDocument) -> NewRecord {
    NewRecord {
        kind: KIND.to_owned(),
        content: document.stored(),
        ..NewRecord::default()
    }
}

/// How the directory is to find a record again.
pub fn reference(template: &Template) -> Option<directory::RecordRef> {
    template
        .record
        .as_ref()
        .map(|record| directory::RecordRef::Uuid(record.uuid))
}

/// What a template says to somebody: subject and body with the vendor's variables filled in.
pub fn said(
    document: &TemplateDocument,
    person: &Person,
    organisations: &[&OrganizationNode],
    url: &str,
) -> (String, String) {
    let names: Vec<&str> = organisations
        .iter()
        .map(|row| row.organisation.name.as_str())
        .collect();
    let lock = person
        .user
        .lock_after
        .map(|time| time.rfc3339())
        .unwrap_or_default();
    let values = [
        // The longer names first: `$user.name` begins none of the others, but order should not matter.
        ("$user.account_lock_after_date", lock),
        (
            "$user.account_status",
            status_word(person.standing).to_owned(),
        ),
        ("$user.objectOrganization", names.join(", ")),
        ("$user.user_email", person.email()),
        ("$user.firstname", person.user.shown.given.clone()),
        (
            "$user.lastname",
            person.user.shown.family.clone().unwrap_or_default(),
        ),
        ("$user.name", person.user.shown.name.clone()),
        ("$settings.platform_url", url.to_owned()),
    ];
    (
        filled(&document.email_object, &values, str::to_owned),
        filled(&document.template_body, &values, escaped),
    )
}

/// Fills variables in one pass, so that what somebody is called is never read as a variable.
fn filled(text: &str, values: &[(&str, String)], write: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(&write(value));
                rest = &rest[name.len()..];
            }
            None => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The body is HTML, names are not.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// A new template's or a changed one's values, checked.
pub fn check(document: &TemplateDocument) -> Result<(), Refusal> {
    for (field, text, needed) in [
        ("name", &document.name, true),
        ("email_object", &document.email_object, true),
        ("sender_email", &document.sender_email, false),
        ("template_body", &document.template_body, true),
    ] {
        if needed && text.trim().is_empty() {
            return Err(errors::validation(field, "The value must not be blank"));
        }
        if text.len() > 100_000 {
            return Err(errors::validation(field, "The value is too long"));
        }
    }
    if document.email_object.contains(['\r', '\n']) || document.sender_email.contains(['\r', '\n'])
    {
        return Err(errors::validation(
            "email_object",
            "The value must be one line",
        ));
    }
    Ok(())
}

/// Reads the input of a new template.
pub fn read(input: Option<&Value>) -> TemplateDocument {
    TemplateDocument::read(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_once_and_escaped_in_bodies() {
        let values = [
            ("$user.name", "<b>$user.user_email</b>".to_owned()),
            ("$user.user_email", "a@example.org".to_owned()),
        ];
        assert_eq!(
            filled("Hi $user.name, $user.nobody $", &values, str::to_owned),
            "Hi <b>$user.user_email</b>, $user.nobody $"
        );
        assert_eq!(
            filled("$user.name", &values, escaped),
            "&lt;b&gt;$user.user_email&lt;/b&gt;"
        );
    }

    #[test]
    fn templates_are_checked() {
        let good = onboarding().document;
        assert!(check(&good).is_ok());
        for bad in [
            TemplateDocument {
                name: " ".into(),
                ..good.clone()
            },
            TemplateDocument {
                email_object: "a\nBcc: x".into(),
                ..good.clone()
            },
            TemplateDocument {
                template_body: String::new(),
                ..good.clone()
            },
        ] {
            assert_eq!(check(&bad).unwrap_err().code, "VALIDATION_ERROR");
        }
    }
}
