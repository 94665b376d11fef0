//! Several settings read together, in one transaction: that of the write whose answer shows them, if there is one.

use std::collections::HashMap;

use serde_json::Value;

use super::mail;
use super::roles::defaults;
use super::settings::{SettingsChange, read};
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, Permission, Platform, Role, Setting};
use crate::outcome::Outcome;
use crate::pending::Pending;

/// Which settings are wanted.
#[derive(Default)]
pub struct SettingsWanted {
    documents: Vec<&'static str>,
    mail_password: bool,
    default_roles: Option<Platform>,
}

/// The settings that were wanted.
#[derive(Debug, Default)]
pub struct ShownSettings {
    documents: HashMap<&'static str, Value>,
    /// Whether the mail account has a password.
    pub has_mail_password: bool,
    /// The roles that newcomers at the platform's door get.
    pub default_roles: Vec<Role>,
}

impl SettingsWanted {
    /// A settings document.
    #[must_use]
    pub fn document<S: Setting>(mut self) -> Self {
        self.documents.push(S::NAME);
        self
    }

    /// Whether the mail account has a password.
    #[must_use]
    pub fn mail_password(mut self) -> Self {
        self.mail_password = true;
        self
    }

    /// The roles that newcomers at a platform's door get.
    #[must_use]
    pub fn default_roles(mut self, platform: Platform) -> Self {
        self.default_roles = Some(platform);
        self
    }
}

impl ShownSettings {
    /// One of the documents that were wanted, the default when none is stored.
    pub fn setting<S: Setting>(&self) -> Result<S, Fault> {
        let Some(document) = self.documents.get(S::NAME) else {
            return Ok(S::default());
        };
        serde_json::from_value(document.clone())
            .map_err(|error| Fault::Internal(format!("stored setting {}: {error}", S::NAME)))
    }
}

impl Handle {
    /// Reads several settings.
    pub fn settings(&self, wanted: SettingsWanted) -> Pending<'_, ShownSettings> {
        Box::pin(async move {
            self.admit_shown_settings(&wanted)?;
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                shown(work, &wanted).await
            })
            .await
        })
    }

    /// Makes several changes as [`Handle::change_settings`] does, and reads what is wanted: in one transaction.
    pub fn change_settings_and_show(
        &self,
        change: SettingsChange,
        wanted: SettingsWanted,
    ) -> Pending<'_, ShownSettings> {
        Box::pin(async move {
            self.admit_shown_settings(&wanted)?;
            let change = self.prepare_settings(change)?;
            self.write(
                Operation::ChangeSettings,
                async move |work: &mut Work<'_>| {
                    change.apply(work).await?;
                    shown(work, &wanted).await
                },
            )
            .await
        })
    }

    /// Refuses callers who may not read what is wanted, before anything is written.
    fn admit_shown_settings(&self, wanted: &SettingsWanted) -> Result<(), Fault> {
        self.admit(Operation::ReadSettings)?;
        if wanted.default_roles.is_some() {
            self.admit(Operation::ListRoles)?;
        }
        Ok(())
    }
}

async fn shown(work: &mut Work<'_>, wanted: &SettingsWanted) -> Outcome<ShownSettings> {
    let permission = Permission::ReadSettings;
    if !work.reaches_everywhere(permission) {
        return Err(Fault::Forbidden(permission).into());
    }
    let mut shown = ShownSettings::default();
    for name in &wanted.documents {
        if let Some(document) = read(&mut work.tx, name).await? {
            shown.documents.insert(*name, document);
        }
    }
    if wanted.mail_password {
        shown.has_mail_password = mail::has_password(work).await?;
    }
    if let Some(platform) = wanted.default_roles {
        shown.default_roles = defaults::seen_door_roles(work, platform).await?;
    }
    Ok(shown)
}
