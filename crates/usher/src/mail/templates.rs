//! What mails say. Each template has a subject, a plain text and, if an administrator wrote one, an
//! HTML part; the built-in ones are the directory's, and the `mail_templates` setting overrides them.

use anyhow::{Context as _, Result};
use directory::MailTemplates;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde_json::Value;

/// The name of mails whose text comes whole.
const MESSAGE: &str = "message";

/// A mail ready to be put into an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// Whether a person wrote it.
    pub personal: bool,
}

/// What every template may use beside the mail's own values.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The address people reach the server under, without a trailing slash.
    pub url: String,
    /// The installation's name.
    pub title: String,
}

/// Fills a template. The link of a mail with a token is made here, so that the token stands in no
/// stored template.
pub fn render(
    name: &str,
    values: &Value,
    overrides: &MailTemplates,
    around: &Surroundings,
) -> Result<Rendered> {
    if name == MESSAGE {
        return Ok(message(values));
    }
    let template = overrides
        .template(name)
        .with_context(|| format!("there is no mail template {name}"))?;
    let link = link(name, values, &around.url);
    let fill = |text: &str, html: bool| -> Result<String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(100_000));
        environment.set_auto_escape_callback(move |_| {
            if html {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        environment
            .render_str(text, context! { url => around.url.clone(), title => around.title.clone(), link => link.clone(), ..minijinja::Value::from(minijinja::value::Serde(values)) })
            .with_context(|| format!("the mail template {name} does not render"))
    };
    let subject = one_line(&fill(&template.subject, false)?);
    let html = template
        .html
        .as_deref()
        .map(|html| fill(html, true))
        .transpose()?;
    Ok(Rendered {
        subject,
        text: fill(&template.text, false)?,
        html,
        reply_to: None,
        personal: false,
    })
}

/// What an administrator wrote to somebody: it comes whole with the mail and is no template.
fn message(values: &Value) -> Rendered {
    let text = |name: &str| {
        values
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Rendered {
        subject: one_line(&text("subject").unwrap_or_default()),
        text: text("body").unwrap_or_default(),
        html: text("html"),
        reply_to: text("sender"),
        personal: true,
    }
}

/// A line break in a subject would begin a header of its own.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link(name: &str, values: &Value, url: &str) -> String {
    let page = match name {
        "activation" | "welcome" => "activate",
        "confirm_email" => "confirm",
        _ => "reset",
    };
    match values.get("token").and_then(Value::as_str) {
        // Tokens are letters, digits, `-` and `_`, so they need no encoding.
        Some(token) => format!("{url}/account/{page}?token={token}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use directory::MailTemplate;
    use serde_json::json;

    use super::*;

    fn around() -> Surroundings {
        Surroundings {
            url: "https://usher.example".to_owned(),
            title: "Example".to_owned(),
        }
    }

    #[test]
    fn every_builtin_renders_with_a_link_where_there_is_a_token() {
        let values = json!({ "login": "ada@example.org", "name": "Ada", "token": "t0ken-_", "subject": "S", "text": "T" });
        for name in MailTemplates::NAMES {
            let mail = render(name, &values, &MailTemplates::default(), &around())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                !mail.subject.is_empty() && !mail.text.trim().is_empty(),
                "{name}"
            );
            let linked =
                ["activation", "welcome", "password_reset", "confirm_email"].contains(name);
            assert_eq!(
                mail.text.contains("token=t0ken-_"),
                linked,
                "{name}: {}",
                mail.text
            );
        }
    }

    #[test]
    fn subjects_stay_one_line_and_html_is_escaped() {
        let own = MailTemplate {
            subject: "Hello {{ name }}".to_owned(),
            text: "{{ name }}".to_owned(),
            html: Some("<p>{{ name }}</p>".to_owned()),
        };
        let overrides = MailTemplates {
            templates: [("welcome".to_owned(), own)].into(),
        };
        let values = json!({ "name": "A\r\nBcc: <b@example.org>" });
        let mail = render("welcome", &values, &overrides, &around())
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(mail.subject, "Hello A Bcc: <b@example.org>");
        assert_eq!(
            mail.html.as_deref(),
            Some("<p>A\r\nBcc: &lt;b@example.org&gt;</p>")
        );
    }

    #[test]
    fn broken_and_endless_templates_are_errors() {
        for text in [
            "{{ name",
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
        ] {
            let own = MailTemplate {
                subject: "S".to_owned(),
                text: text.to_owned(),
                html: None,
            };
            let overrides = MailTemplates {
                templates: [("welcome".to_owned(), own)].into(),
            };
            assert!(
                render("welcome", &json!({}), &overrides, &around()).is_err(),
                "{text}"
            );
        }
        assert!(render("unknown", &json!({}), &MailTemplates::default(), &around()).is_err());
    }
}
