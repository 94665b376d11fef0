//! Settings that change while the server runs: one document each, changed field by field.

use directory::{
    Branding, Handle, InactivityPolicy, KeyPolicy, Lifetimes, LockoutPolicy, MailSettings,
    MailTemplates, Notices, PasswordFigures, Retention, SecondFactorPolicy, Setting,
    SettingsChange,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use kit::Authenticated;
use kit::fields::FieldError;

use super::bodies::{Body, Members, Properties, Schemas, Sent, object};
use super::derived::{generator, tighten};
use super::errors::Problem;
use super::fields::{Fields, Read};
use super::reply::{Answer, Reply};
use super::second_factors::ProofBody;
use super::{lists, mail_templates};

/// All settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub struct All {
    lockout: LockoutPolicy,
    mail: MailBody,
    mail_templates: MailTemplates,
    passwords: PasswordFigures,
    public: Branding,
    lifetimes: Lifetimes,
    second_factor: SecondFactorPolicy,
    inactivity: InactivityPolicy,
    retention: Retention,
    notices: Notices,
    keys: KeyPolicy,
}

/// Where mail goes out, and whether a password is kept for it; never the password.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MailSettings")]
pub struct MailBody {
    #[serde(flatten)]
    settings: MailSettings,
    password_set: bool,
}

async fn mail(handle: &Handle) -> Result<MailBody, Problem> {
    Ok(MailBody {
        settings: handle.setting().await?,
        password_set: handle.has_mail_password().await?,
    })
}

/// `GET /settings`
pub async fn list(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let handle = &request;
    Reply::shown(&All {
        lockout: handle.setting().await?,
        mail: mail(handle).await?,
        mail_templates: handle.setting().await?,
        passwords: handle.setting().await?,
        public: handle.setting().await?,
        lifetimes: handle.setting().await?,
        second_factor: handle.setting().await?,
        inactivity: handle.setting().await?,
        retention: handle.setting().await?,
        notices: handle.setting().await?,
        keys: handle.setting().await?,
    })
}

/// `GET /settings/{setting}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let name = request.segments.first().map_or("", String::as_str);
    let revision = request.settings_revision(documents(name)?).await?;
    let mut reply = show_one(&request, name).await?;
    reply.revision = Some(revision);
    Ok(reply)
}

/// The names of all documents.
pub const NAMES: &[&str] = &[
    LockoutPolicy::NAME,
    MailSettings::NAME,
    MailTemplates::NAME,
    PasswordFigures::NAME,
    Branding::NAME,
    Lifetimes::NAME,
    SecondFactorPolicy::NAME,
    InactivityPolicy::NAME,
    Retention::NAME,
    Notices::NAME,
    KeyPolicy::NAME,
];

/// The stored documents behind a settings document of this API.
pub fn documents(name: &str) -> Result<&'static [&'static str], Problem> {
    let documents: &'static [&'static str] = match name {
        LockoutPolicy::NAME => &[LockoutPolicy::NAME],
        // The password of the mail account is kept apart from the rest.
        MailSettings::NAME => &[MailSettings::NAME, "mail_password"],
        MailTemplates::NAME => &[MailTemplates::NAME],
        PasswordFigures::NAME => &[PasswordFigures::NAME],
        Branding::NAME => &[Branding::NAME],
        Lifetimes::NAME => &[Lifetimes::NAME],
        SecondFactorPolicy::NAME => &[SecondFactorPolicy::NAME],
        InactivityPolicy::NAME => &[InactivityPolicy::NAME],
        Retention::NAME => &[Retention::NAME],
        Notices::NAME => &[Notices::NAME],
        KeyPolicy::NAME => &[KeyPolicy::NAME],
        _ => return Err(Problem::not_found(directory::Kind::Setting)),
    };
    Ok(documents)
}

async fn show_one(request: &Authenticated, name: &str) -> Answer {
    match name {
        LockoutPolicy::NAME => shown::<LockoutPolicy>(request).await,
        MailSettings::NAME => Reply::shown(&mail(request).await?),
        MailTemplates::NAME => shown::<MailTemplates>(request).await,
        PasswordFigures::NAME => shown::<PasswordFigures>(request).await,
        Branding::NAME => shown::<Branding>(request).await,
        Lifetimes::NAME => shown::<Lifetimes>(request).await,
        SecondFactorPolicy::NAME => shown::<SecondFactorPolicy>(request).await,
        InactivityPolicy::NAME => shown::<InactivityPolicy>(request).await,
        Retention::NAME => shown::<Retention>(request).await,
        Notices::NAME => shown::<Notices>(request).await,
        KeyPolicy::NAME => shown::<KeyPolicy>(request).await,
        _ => Err(Problem::not_found(directory::Kind::Setting)),
    }
}

async fn shown<S: Setting>(handle: &Handle) -> Answer {
    Reply::shown(&handle.setting::<S>().await?)
}

/// Any members of a document, which the table of settings knows, and the proof that some of them ask of a session: what
/// leads secrets elsewhere.
pub struct SettingChangeBody {
    change: Map<String, Value>,
    proof: ProofBody,
}

impl Members for SettingChangeBody {
    fn names() -> Vec<&'static str> {
        ProofBody::names()
    }

    fn read(fields: &mut Fields) -> Result<Self, FieldError> {
        Ok(Self {
            proof: ProofBody::read(fields)?,
            change: fields.take_rest(),
        })
    }

    fn describe(members: &mut Properties<'_>) {
        ProofBody::describe(members);
    }
}

impl Body for SettingChangeBody {
    const NAME: &'static str = "SettingChange";
    const DESCRIPTION: &'static str = "Any members of the document. `mail` takes a `password` too, which is never shown; \
        null forgets it. What leads mail or links elsewhere takes `mail.manage`, and of a session `current_password` or \
        `code`.";
    const OPTIONAL: bool = false;

    fn schema(schemas: &mut Schemas) -> Value {
        setting_change(Self::DESCRIPTION, &object::<ProofBody>(schemas))
    }
}

/// Any members of a settings document, and those of the proof that some changes ask of a session.
fn setting_change(description: &str, proof: &Map<String, Value>) -> Value {
    let mut read = generator(SchemaSettings::draft2020_12().for_deserialize());
    let documents: [(Schema, &[&str]); 11] = [
        (LockoutPolicy::json_schema(&mut read), &[]),
        (MailSettings::json_schema(&mut read), &["password"]),
        (MailTemplates::json_schema(&mut read), &[]),
        (PasswordFigures::json_schema(&mut read), &[]),
        (Branding::json_schema(&mut read), &[]),
        (Lifetimes::json_schema(&mut read), &[]),
        (SecondFactorPolicy::json_schema(&mut read), &[]),
        (InactivityPolicy::json_schema(&mut read), &[]),
        (Retention::json_schema(&mut read), &[]),
        (Notices::json_schema(&mut read), &[]),
        (KeyPolicy::json_schema(&mut read), &[]),
    ];
    let alternatives = documents.into_iter().map(|(document, secret)| {
        let mut document = document.to_value();
        if let Some(Value::Object(members)) = document.get_mut("properties") {
            for member in members.values_mut().filter_map(Value::as_object_mut) {
                // What is not sent stays, and does not become what it was at first.
                member.shift_remove("default");
            }
            for name in secret {
                members.insert((*name).to_owned(), json!({ "type": ["string", "null"] }));
            }
            let proof = proof.get("properties").and_then(Value::as_object);
            members.extend(
                proof
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| (name.clone(), schema.clone())),
            );
        }
        tighten(&mut document);
        document
    });
    json!({ "description": description, "anyOf": alternatives.collect::<Vec<_>>() })
}

/// `PATCH /settings/{setting}`
pub async fn update(request: Authenticated, body: Sent<SettingChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let name = request.segments.first().cloned().unwrap_or_default();
    let SettingChangeBody { change, proof } = body.read()?;
    let stored = documents(&name)?;
    let handle = request.proven(proof.proof()).await?;
    let mut reply = change_one(&request, &handle, &name, change).await?;
    reply.revision = Some(handle.settings_revision(stored).await?);
    Ok(reply)
}

async fn change_one(
    request: &Authenticated,
    handle: &Handle,
    name: &str,
    mut change: Map<String, Value>,
) -> Answer {
    match name {
        LockoutPolicy::NAME => changed::<LockoutPolicy>(handle, change).await,
        MailSettings::NAME => {
            // The password is sealed apart from the rest, and never shown.
            let password: Option<Option<String>> = match change.remove("password") {
                None => None,
                Some(value) => {
                    Some(Read::read(value).map_err(|why| Problem::invalid("password", why))?)
                }
            };
            let (mut settings, changed) = checked::<MailSettings>(handle, change).await?;
            let password_set = password.as_ref().map(Option::is_some);
            if let Some(password) = password {
                settings = settings.mail_password(password);
            }
            handle.change_settings(settings).await?;
            if handle.is_dry_run() {
                let password_set = match password_set {
                    Some(set) => set,
                    None => handle.has_mail_password().await?,
                };
                return Reply::shown(&MailBody {
                    settings: changed,
                    password_set,
                });
            }
            Reply::shown(&mail(handle).await?)
        }
        MailTemplates::NAME => {
            let present = handle.setting::<MailTemplates>().await?;
            let templates = mail_templates::changed(present, change)?;
            handle.change_setting(templates.clone()).await?;
            if handle.is_dry_run() {
                return Reply::shown(&templates);
            }
            shown::<MailTemplates>(handle).await
        }
        PasswordFigures::NAME => changed::<PasswordFigures>(handle, change).await,
        Branding::NAME => {
            let answer = changed::<Branding>(handle, change).await?;
            if !handle.is_dry_run() {
                request.info.state.apply_branding(&handle.setting().await?);
            }
            Ok(answer)
        }
        Lifetimes::NAME => changed::<Lifetimes>(handle, change).await,
        SecondFactorPolicy::NAME => changed::<SecondFactorPolicy>(handle, change).await,
        InactivityPolicy::NAME => changed::<InactivityPolicy>(handle, change).await,
        Retention::NAME => changed::<Retention>(handle, change).await,
        Notices::NAME => changed::<Notices>(handle, change).await,
        KeyPolicy::NAME => changed::<KeyPolicy>(handle, change).await,
        _ => Err(Problem::not_found(directory::Kind::Setting)),
    }
}

async fn changed<S: Setting>(handle: &Handle, change: Map<String, Value>) -> Answer {
    let (settings, changed) = checked::<S>(handle, change).await?;
    handle.change_settings(settings).await?;
    if handle.is_dry_run() {
        return Reply::shown(&changed);
    }
    shown::<S>(handle).await
}

/// The change that puts the sent fields over the present document. They are tried one by one before,
/// so that a wrong one is named.
async fn checked<S: Setting>(
    handle: &Handle,
    change: Map<String, Value>,
) -> Result<(SettingsChange, S), Problem> {
    let mut present = handle.setting::<S>().await?;
    let mut document = match serde_json::to_value(&present) {
        Ok(Value::Object(document)) => document,
        _ => return Err(directory::Fault::Internal(format!("setting {}", S::NAME)).into()),
    };
    for (name, value) in &change {
        let Some(slot) = document.get_mut(name) else {
            let known: Vec<&str> = document.keys().map(String::as_str).collect();
            let why = format!("is not known here; known are {}", known.join(", "));
            let shown: String = name.chars().take(60).collect();
            return Err(Problem::invalid(shown, why));
        };
        slot.clone_from(value);
        present = serde_json::from_value(Value::Object(document.clone()))
            .map_err(|_| Problem::invalid(name.clone(), "has a value of the wrong kind"))?;
    }
    Ok((SettingsChange::default().members::<S>(change), present))
}
