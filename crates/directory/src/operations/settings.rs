//! Settings that administrators change while the server runs.

use serde_json::{Map, Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::{About, difference};
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{
    Fault, Kind, MailSettings, Permission, Platform, RoleId, SecondFactorPolicy, Setting,
};
use crate::operations::{mail, roles, second_factors};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::rules;
use crate::state::read_setting;
use crate::store::{Tx, settings};

/// Changes to several settings at once: all of them are made, or none is.
#[derive(Default)]
pub struct SettingsChange {
    documents: Vec<Members>,
    mail_password: Option<Option<String>>,
    default_roles: Option<(Platform, Vec<RoleId>)>,
}

/// Members to put over one document of a kind.
struct Members {
    members: Map<String, Value>,
    kind: Kinds,
}

/// What is known of one kind of document.
struct Kinds {
    name: &'static str,
    /// Reads a stored document back whole, with the defaults of what it lacks.
    whole: fn(Option<Value>) -> Result<Value, serde_json::Error>,
    check: fn(&Value) -> Result<(), Fault>,
    /// See [`Setting::GOVERNS_SIGN_IN`], [`Setting::leads_elsewhere`] and [`Setting::told`].
    governs_sign_in: bool,
    leads_elsewhere: fn(&Value, &Value) -> Result<bool, serde_json::Error>,
    told: fn(&Value) -> Result<Value, serde_json::Error>,
}

impl Kinds {
    fn of<S: Setting>() -> Self {
        Kinds {
            name: S::NAME,
            whole: |stored| {
                let setting: S = stored
                    .map(serde_json::from_value)
                    .transpose()?
                    .unwrap_or_default();
                serde_json::to_value(setting)
            },
            check: |whole| {
                let setting: S = serde_json::from_value(whole.clone())
                    .map_err(|_| Fault::invalid("value", "is of the wrong kind"))?;
                setting.check()
            },
            governs_sign_in: S::GOVERNS_SIGN_IN,
            leads_elsewhere: |old, new| {
                let old: S = serde_json::from_value(old.clone())?;
                let new: S = serde_json::from_value(new.clone())?;
                Ok(new.leads_elsewhere(&old))
            },
            told: |whole| Ok(serde_json::from_value::<S>(whole.clone())?.told()),
        }
    }

    fn malformed(&self, error: serde_json::Error) -> Fault {
        Fault::Internal(format!("setting {}: {error}", self.name))
    }

    /// Stores a document in the place of another, for whoever may.
    async fn store(&self, work: &mut Work<'_>, before: &Value, after: &Value) -> Outcome<()> {
        if before == after {
            return Ok(());
        }
        if self.governs_sign_in {
            work.caller.check_unlimited()?;
        }
        let elsewhere =
            (self.leads_elsewhere)(before, after).map_err(|error| self.malformed(error))?;
        if elsewhere {
            may_lead_elsewhere(work).await?;
        }
        let told = |whole| (self.told)(whole).map_err(|error| self.malformed(error));
        let told = (told(before)?, told(after)?);
        store(work, self.name, before, after, told).await
    }
}

/// Whoever decides where secrets are mailed could take any account over: it takes a right of its own over
/// everything, a key without limits, and of a session the proof that it is still its owner's.
async fn may_lead_elsewhere(work: &mut Work<'_>) -> Outcome<()> {
    let permission = Permission::ManageMail;
    if !work.reaches_everywhere(permission) {
        return Err(Fault::Forbidden(permission).into());
    }
    work.caller.check_unlimited()?;
    work.require_proof().await
}

impl SettingsChange {
    /// Puts members over those of a settings document, whose others stay what they are by then.
    #[must_use]
    pub fn members<S: Setting>(mut self, members: Map<String, Value>) -> Self {
        self.documents.push(Members {
            members,
            kind: Kinds::of::<S>(),
        });
        self
    }

    /// Sets the password of the mail account, or takes it away.
    #[must_use]
    pub fn mail_password(mut self, password: Option<String>) -> Self {
        self.mail_password = Some(password);
        self
    }

    /// Chooses the roles that newcomers at a platform's door get. Those that they get anyway need no
    /// right.
    #[must_use]
    pub fn default_roles(mut self, platform: Platform, wanted: Vec<RoleId>) -> Self {
        self.default_roles = Some((platform, wanted));
        self
    }
}

/// A change that is ready to be made, as often as its transaction is run.
pub(super) struct PreparedSettings {
    documents: Vec<Members>,
    mail_password: Option<mail::MailPassword>,
    default_roles: Option<(Platform, Vec<RoleId>)>,
}

impl PreparedSettings {
    pub(super) async fn apply(&self, work: &mut Work<'_>) -> Outcome<()> {
        work.require_everywhere()?;
        let mail_before = mail_settings(work).await?;
        for Members { members, kind } in &self.documents {
            let malformed = |error| kind.malformed(error);
            let stored = read(&mut work.tx, kind.name).await?;
            let before = (kind.whole)(stored).map_err(malformed)?;
            let mut after = before.clone();
            if let Value::Object(after) = &mut after {
                after.extend(members.clone());
            }
            (kind.check)(&after)?;
            let after = (kind.whole)(Some(after)).map_err(malformed)?;
            kind.store(work, &before, &after).await?;
        }
        if let Some(sealed) = &self.mail_password {
            may_lead_elsewhere(work).await?;
            mail::put_password(work, sealed).await?;
        }
        mail_moved(work, &mail_before, self.mail_password.is_some()).await?;
        if let Some((platform, wanted)) = &self.default_roles {
            roles::defaults::put_default_roles(work, *platform, wanted).await?;
        }
        Ok(())
    }
}

impl Handle {
    /// Makes several changes in one transaction.
    pub fn change_settings(&self, change: SettingsChange) -> Pending<'_, ()> {
        Box::pin(async move {
            let change = self.prepare_settings(change)?;
            self.write(
                Operation::ChangeSettings,
                async move |work: &mut Work<'_>| change.apply(work).await,
            )
            .await
        })
    }

    /// Seals what is secret in a change.
    pub(super) fn prepare_settings(
        &self,
        change: SettingsChange,
    ) -> Result<PreparedSettings, Fault> {
        let mail_password = change
            .mail_password
            .map(|password| self.seal_mail_password(password.as_deref()))
            .transpose()?;
        Ok(PreparedSettings {
            documents: change.documents,
            mail_password,
            default_roles: change.default_roles,
        })
    }

    /// A settings document, the default when none is stored.
    pub async fn setting<S: Setting>(&self) -> Result<S, Fault> {
        read_setting(self.setting_text(S::NAME).await?)
    }

    fn setting_text(&self, name: &'static str) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                work.require_everywhere()?;
                Ok(settings::document(&mut work.tx, name).await?)
            })
            .await
        })
    }

    /// Stores a settings document whole.
    pub async fn change_setting<S: Setting>(&self, new: S) -> Result<(), Fault> {
        self.put_setting(None, new).await
    }

    /// Stores a settings document whole, unless it is no longer the one that it was made from.
    pub async fn change_setting_since<S: Setting>(&self, old: &S, new: S) -> Result<(), Fault> {
        self.put_setting(Some(whole_setting(old)?), new).await
    }

    async fn put_setting<S: Setting>(&self, old: Option<Value>, new: S) -> Result<(), Fault> {
        self.admit(Operation::ChangeSettings)?;
        new.check()?;
        self.put_document(Kinds::of::<S>(), old, whole_setting(&new)?)
            .await
    }

    fn put_document(&self, kind: Kinds, old: Option<Value>, new: Value) -> Pending<'_, ()> {
        Box::pin(async move {
            self.write(
                Operation::ChangeSettings,
                async move |work: &mut Work<'_>| {
                    work.require_everywhere()?;
                    let stored = read(&mut work.tx, kind.name).await?;
                    let before = (kind.whole)(stored).map_err(|error| kind.malformed(error))?;
                    if old.as_ref().is_some_and(|old| *old != before) {
                        return Err(Fault::Stale.into());
                    }
                    let mail_before = mail_settings(work).await?;
                    kind.store(work, &before, &new).await?;
                    mail_moved(work, &mail_before, false).await
                },
            )
            .await
        })
    }

    /// A settings document of the dialect's own.
    pub fn dialect_setting<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Value>> {
        Box::pin(async move {
            let name = own_name(self.caller.platform, name);
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                work.require_everywhere()?;
                read(&mut work.tx, &name).await
            })
            .await
        })
    }

    /// Stores a settings document of the dialect's own, whole.
    pub fn change_dialect_setting<'a>(&'a self, name: &'a str, new: Value) -> Pending<'a, ()> {
        Box::pin(async move {
            rules::check_text("name", name, 100, false)?;
            if new.to_string().len() > 1_000_000 {
                return Err(Fault::invalid("document", "is longer than 1000000 bytes"));
            }
            let name = own_name(self.caller.platform, name);
            self.write(
                Operation::ChangeSettings,
                async move |work: &mut Work<'_>| {
                    work.require_everywhere()?;
                    let before = read(&mut work.tx, &name).await?.unwrap_or(Value::Null);
                    store(work, &name, &before, &new, (Value::Null, Value::Null)).await
                },
            )
            .await
        })
    }
}

impl Directory {
    /// A settings document, for the server's own work.
    pub async fn setting<S: Setting>(&self) -> Result<S, Fault> {
        read_setting(self.setting_text(S::NAME).await?)
    }

    fn setting_text(&self, name: &'static str) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            self.0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(settings::document(tx, name).await?)
                })
                .await
                .map_err(Abort::into_fault)
        })
    }

    /// A dialect's own settings document, for what the dialect does before anybody has signed in.
    pub fn dialect_setting<'a>(
        &'a self,
        platform: Platform,
        name: &'a str,
    ) -> Pending<'a, Option<Value>> {
        Box::pin(async move {
            let name = own_name(platform, name);
            self.0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<_> { read(tx, &name).await })
                .await
                .map_err(Abort::into_fault)
        })
    }
}

fn whole_setting<S: Setting>(setting: &S) -> Result<Value, Fault> {
    serde_json::to_value(setting)
        .map_err(|error| Fault::Internal(format!("setting {}: {error}", S::NAME)))
}

fn own_name(platform: Platform, name: &str) -> String {
    format!("{platform}.settings.{name}")
}

pub(super) async fn read(tx: &mut Tx<'_>, name: &str) -> Outcome<Option<Value>> {
    match settings::document(tx, name).await? {
        None => Ok(None),
        Some(text) => Ok(Some(serde_json::from_str(&text).map_err(|error| {
            Fault::Internal(format!("stored setting {name}: {error}"))
        })?)),
    }
}

async fn mail_settings(work: &mut Work<'_>) -> Outcome<MailSettings> {
    let inner = std::sync::Arc::clone(&work.inner);
    inner.setting::<MailSettings>(&mut work.tx).await
}

/// A kept password belongs to the account it was given for: it does not follow to another server, port or
/// account, nor out of an encrypted connection. None is kept for where it would be sent in clear.
async fn mail_moved(work: &mut Work<'_>, before: &MailSettings, given: bool) -> Outcome<()> {
    let after = mail_settings(work).await?;
    if !given && after.another_destination(before) && mail::has_password(work).await? {
        mail::put_password(work, &mail::MailPassword::default()).await?;
    }
    if !after.keeps_secrets() && mail::has_password(work).await? {
        let why =
            "or tls must be on, since the account has a password and the server is another machine";
        return Err(Fault::invalid("start_tls", why).into());
    }
    Ok(())
}

/// Stores a document and tells the trail which fields changed; values may be secret and stay out, but for
/// what the kind of document tells of itself.
async fn store(
    work: &mut Work<'_>,
    name: &str,
    before: &Value,
    after: &Value,
    (was, is): (Value, Value),
) -> Outcome<()> {
    if before == after {
        return Ok(());
    }
    let (now, actor) = (work.now, work.actor());
    settings::upsert(&mut work.tx, name, &after.to_string(), now, actor).await?;
    if name == SecondFactorPolicy::NAME {
        second_factors::require_in_sessions(work, None).await?;
    }
    let changed = difference(before, after);
    let mut fields: Vec<&String> = ["before", "after"]
        .into_iter()
        .filter_map(|side| changed.get(side).and_then(Value::as_object))
        .flat_map(serde_json::Map::keys)
        .collect();
    fields.sort();
    fields.dedup();
    let about = About {
        entity: Kind::Setting.word(),
        name: Some(name),
        ..About::default()
    };
    let mut detail = json!({ "fields": fields });
    if was != is {
        let told = difference(&was, &is);
        detail["before"] = told["before"].clone();
        detail["after"] = told["after"].clone();
    }
    work.event("setting.changed", about, Some(detail)).await
}
