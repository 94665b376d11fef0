//! Mail templates as administrators read and change them: those sent take the place of their
//! namesakes, `null` brings the built-in one back, and one that does not parse is refused before any
//! mail needs it.

use directory::{MailTemplate, MailTemplates};
use minijinja::Environment;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use kit::Authenticated;

use super::errors::Problem;
use super::lists;
use super::reply::Answer;

/// Letters of one part of a template.
const LENGTH: usize = 100_000;

/// A template that is in force.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "MailTemplateInForce",
    description = "A template with its name. `builtin` tells whether it is the one the server brings along."
)]
pub struct InForce {
    #[schemars(extend("enum" = MailTemplates::NAMES))]
    name: &'static str,
    /// Whether it is the one the server brings along.
    builtin: bool,
    #[serde(flatten)]
    template: MailTemplate,
}

/// `GET /mail-templates`: what mails say, by the built-in templates and by changed ones.
pub async fn list(request: Authenticated) -> Answer {
    let own = request.setting::<MailTemplates>().await?;
    let all: Vec<InForce> = MailTemplates::NAMES
        .iter()
        .filter_map(|name| {
            Some(InForce {
                name,
                builtin: !own.templates.contains_key(*name),
                template: own.template(name)?,
            })
        })
        .collect();
    lists::sliced(&request, &all, place, |one| one)
}

/// Where a template stands in the list: in the order of the built-in ones.
fn place(one: &InForce) -> String {
    let place = MailTemplates::NAMES
        .iter()
        .position(|name| *name == one.name);
    lists::numbered(
        place
            .and_then(|place| i64::try_from(place).ok())
            .unwrap_or(i64::MAX),
    )
}

/// Puts the sent templates over the present ones.
pub fn changed(
    mut present: MailTemplates,
    change: Map<String, Value>,
) -> Result<MailTemplates, Problem> {
    for (name, value) in change {
        if !MailTemplates::NAMES.contains(&name.as_str()) {
            let why = format!(
                "is not known here; known are {}",
                MailTemplates::NAMES.join(", ")
            );
            let shown: String = name.chars().take(60).collect();
            return Err(Problem::invalid(shown, why));
        }
        if value.is_null() {
            present.templates.remove(&name);
            continue;
        }
        let template = template(&name, value)?;
        present.templates.insert(name, template);
    }
    Ok(present)
}

fn template(name: &str, value: Value) -> Result<MailTemplate, Problem> {
    const PARTS: [&str; 3] = ["subject", "text", "html"];
    let unknown = value
        .as_object()
        .and_then(|parts| parts.keys().find(|part| !PARTS.contains(&part.as_str())));
    if unknown.is_some() {
        return Err(Problem::invalid(
            name,
            "has a part that is not known; known are subject, text, html",
        ));
    }
    let template: MailTemplate = serde_json::from_value(value).map_err(|_| {
        Problem::invalid(
            name,
            "must be an object with a subject, a text and, if wanted, an html, all texts",
        )
    })?;
    let html = template.html.as_deref();
    let parts = [Some(&*template.subject), Some(&*template.text), html];
    for (part, text) in PARTS.into_iter().zip(parts) {
        let Some(text) = text else { continue };
        let field = format!("{name}.{part}");
        if text.trim().is_empty() {
            return Err(Problem::invalid(field, "must not be empty"));
        }
        if text.chars().count() > LENGTH {
            let why = format!("must be at most {LENGTH} characters long");
            return Err(Problem::invalid(field, why));
        }
        if let Err(error) = Environment::new().template_from_str(text) {
            let line = error.line().unwrap_or(1);
            let what = error.detail().unwrap_or("it is broken");
            let why = format!("does not parse, on line {line}: {what}");
            return Err(Problem::invalid(field, why));
        }
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(present: MailTemplates, change: Value) -> Result<MailTemplates, String> {
        let Value::Object(change) = change else {
            panic!("{change}")
        };
        changed(present, change).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn templates_are_replaced_one_by_one_and_taken_back() {
        let own = json!({ "subject": "S", "text": "T {{ link }}", "html": "<p>T</p>" });
        let both = json!({ "welcome": own, "activation": { "subject": "A", "text": "B" } });
        let templates = put(MailTemplates::default(), both).unwrap();
        assert_eq!(
            templates.templates["welcome"].html.as_deref(),
            Some("<p>T</p>")
        );
        let templates = put(templates, json!({ "welcome": null })).unwrap();
        let names: Vec<&String> = templates.templates.keys().collect();
        assert_eq!(names, ["activation"]);
    }

    #[test]
    fn what_would_fail_when_sent_is_refused_now() {
        for (change, wanted) in [
            (json!({ "farewell": null }), "known are activation"),
            (json!({ "welcome": "text" }), "must be an object"),
            (
                json!({ "welcome": { "subject": "S" } }),
                "must be an object",
            ),
            (
                json!({ "welcome": { "subject": "S", "text": 1 } }),
                "must be an object",
            ),
            (
                json!({ "welcome": { "subject": "S", "text": "T", "htm": "" } }),
                "known are subject",
            ),
            (
                json!({ "welcome": { "subject": " ", "text": "T" } }),
                "must not be empty",
            ),
            (
                json!({ "welcome": { "subject": "S", "text": "a\n{{ name" } }),
                "line 2",
            ),
            (
                json!({ "welcome": { "subject": "S", "text": "{% if x %}" } }),
                "does not parse",
            ),
            (
                json!({ "welcome": { "subject": "S", "text": "T", "html": "{% no %}" } }),
                "welcome.html",
            ),
        ] {
            let refused = put(MailTemplates::default(), change.clone()).unwrap_err();
            assert!(refused.contains(wanted), "{change}: {refused}");
        }
    }
}
