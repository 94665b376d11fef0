//! The lock-out policy and the application settings.

use axum::http::StatusCode;
use directory::{
    Fault, LockoutPolicy, MailSettings, Setting, SettingsChange, SettingsWanted, ShownSettings,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body::permitted;
use super::catalogue::{Action, PLATFORM};
use super::facts::PROFILE;
use super::reader::Fields;
use super::users::nothing;
use super::{roles, wire};
use kit::{Authenticated, HandlerResult, JsonBody, reply};

/// The longest time, in seconds, and the largest number of days.
const MOST: i64 = 2_147_483_647;

const POLICY: &str = "lockout-policy";

/// `GET /api/lockout-policy`.
pub async fn lockout_policy(request: Authenticated) -> HandlerResult {
    let policy = request.setting::<LockoutPolicy>().await?;
    let shown = wire::LockoutPolicy {
        enabled: policy.enabled,
        lockout_duration: policy.duration,
        failed_attempt_threshold: policy.threshold,
        failed_attempt_period: policy.period,
    };
    Ok(reply::json(StatusCode::OK, &shown))
}

/// `PATCH /api/lockout-policy`.
pub async fn change_lockout_policy(
    request: Authenticated,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let fields = Fields::closed(
        &body,
        &[
            "enabled",
            "lockoutDuration",
            "failedAttemptThreshold",
            "failedAttemptPeriod",
        ],
    )?;
    let enabled = fields.flag("enabled")?;
    let duration = fields.number("lockoutDuration", 0, MOST)?;
    // Quirk: one to fifty wrong passwords (tenable.md §7).
    let threshold = fields.number("failedAttemptThreshold", 1, 50)?;
    let period = fields.number("failedAttemptPeriod", 0, MOST)?;
    let mut policy = Sent::default();
    policy.put("enabled", enabled);
    policy.put("duration", duration);
    policy.put("threshold", threshold);
    policy.put("period", period);
    let change = SettingsChange::default().members::<LockoutPolicy>(policy.0);
    request.change_settings(change).await?;
    Ok(nothing())
}

/// What only this dialect's settings have. They are kept and shown, and have no effect here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Own {
    /// Whether people may register themselves: nobody can.
    pub user_registration: bool,
    /// Whether the audit trail is kept: it always is.
    pub keep_audit_log: bool,
    /// How many days it is kept.
    pub log_retention_period: i64,
    /// The profile that newcomers see first.
    pub default_profile_id: i64,
    /// A certificate of the vendor's own.
    pub internal_certificate: Option<String>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            user_registration: false,
            keep_audit_log: true,
            log_retention_period: 365,
            default_profile_id: PROFILE,
            internal_certificate: None,
        }
    }
}

impl Setting for Own {
    const NAME: &'static str = "tenable";
    const GOVERNS_SIGN_IN: bool = false;
}

const SETTINGS: &str = "application-settings";

/// What is shown in place of a password that is set; sent back, it leaves the password alone.
pub const MASK: &str = "********";

/// `GET /api/application-settings`.
pub async fn application_settings(request: Authenticated) -> HandlerResult {
    let settings = request.settings(wanted()).await?;
    Ok(reply::json(StatusCode::OK, &shown(&settings)?))
}

/// The settings that are shown here.
fn wanted() -> SettingsWanted {
    SettingsWanted::default()
        .document::<MailSettings>()
        .document::<Own>()
        .mail_password()
        .default_roles(PLATFORM)
}

fn shown(settings: &ShownSettings) -> Result<wire::ApplicationSettings, Fault> {
    let mail: MailSettings = settings.setting()?;
    let own: Own = settings.setting()?;
    let defaults = settings.default_roles.iter().map(|role| role.number);
    Ok(wire::ApplicationSettings {
        user_registration: own.user_registration,
        keep_audit_log: own.keep_audit_log,
        log_retention_period: own.log_retention_period,
        smtp_server_address: mail.server,
        smtp_server_port: mail.port,
        smtp_account: mail.account,
        smtp_account_password: settings.has_mail_password.then_some(MASK),
        smtp_use_start_tls: mail.start_tls,
        tls: mail.tls,
        email_sender: mail.sender,
        default_role_ids: defaults.collect(),
        default_profile_id: own.default_profile_id,
        internal_certificate: own.internal_certificate,
    })
}

/// `PATCH /api/application-settings`: what was sent changes, the whole is answered.
pub async fn change_application_settings(
    request: Authenticated,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let change = Change::read(&body)?;
    let mut settings = SettingsChange::default()
        .members::<Own>(change.own())
        .members::<MailSettings>(change.mail());
    if let Some(numbers) = &change.default_roles {
        let wanted = roles::numbered(&request, numbers).await?;
        settings = settings.default_roles(PLATFORM, wanted);
    }
    if let Some(password) = change.password.filter(|sent| sent.as_deref() != Some(MASK)) {
        settings = settings.mail_password(password);
    }
    let changed = request.change_settings_and_show(settings, wanted());
    let changed = changed.await?;
    Ok(reply::json(StatusCode::OK, &shown(&changed)?))
}

/// The members of a settings document that a request names.
#[derive(Default)]
struct Sent(Map<String, Value>);

impl Sent {
    fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }
}

/// Changes to the application settings.
#[derive(Default)]
struct Change {
    user_registration: Option<bool>,
    keep_audit_log: Option<bool>,
    log_retention_period: Option<i64>,
    default_profile_id: Option<i64>,
    internal_certificate: Option<Option<String>>,
    server: Option<Option<String>>,
    port: Option<Option<u16>>,
    account: Option<Option<String>>,
    password: Option<Option<String>>,
    start_tls: Option<bool>,
    tls: Option<bool>,
    sender: Option<String>,
    default_roles: Option<Vec<i64>>,
}

impl Change {
    fn read(body: &Value) -> Result<Self, Fault> {
        let fields = Fields::closed(
            body,
            &[
                "userRegistration",
                "keepAuditLog",
                "logRetentionPeriod",
                "smtpServerAddress",
                "smtpServerPort",
                "smtpAccount",
                "smtpAccountPassword",
                "smtpUseStartTLS",
                "tls",
                "emailSender",
                "defaultRoleIds",
                "defaultProfileId",
                "internalCertificate",
            ],
        )?;
        let blank = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let port = fields.clearable_number("smtpServerPort", 1, i64::from(u16::MAX))?;
        let change = Self {
            user_registration: fields.flag("userRegistration")?,
            keep_audit_log: fields.flag("keepAuditLog")?,
            log_retention_period: fields.number("logRetentionPeriod", 0, MOST)?,
            default_profile_id: fields.number("defaultProfileId", PROFILE, PROFILE)?,
            internal_certificate: fields.clearable("internalCertificate")?,
            server: fields.clearable("smtpServerAddress")?.map(blank),
            port: port.map(|port| port.and_then(|port| u16::try_from(port).ok())),
            account: fields.clearable("smtpAccount")?.map(blank),
            password: fields.clearable("smtpAccountPassword")?.map(blank),
            start_tls: fields.flag("smtpUseStartTLS")?,
            tls: fields.flag("tls")?,
            sender: fields.filled("emailSender")?,
            default_roles: fields.numbers("defaultRoleIds")?,
        };
        if let Some(sender) = &change.sender {
            directory::check_email(sender).map_err(|fault| match fault {
                Fault::Invalid { why, .. } => Fault::invalid("emailSender", why),
                other => other,
            })?;
        }
        Ok(change)
    }

    fn own(&self) -> Map<String, Value> {
        let mut sent = Sent::default();
        sent.put("user_registration", self.user_registration);
        sent.put("keep_audit_log", self.keep_audit_log);
        sent.put("log_retention_period", self.log_retention_period);
        sent.put("default_profile_id", self.default_profile_id);
        sent.put("internal_certificate", self.internal_certificate.clone());
        sent.0
    }

    fn mail(&self) -> Map<String, Value> {
        let mut sent = Sent::default();
        sent.put("server", self.server.clone());
        sent.put("port", self.port);
        sent.put("account", self.account.clone());
        sent.put("start_tls", self.start_tls);
        sent.put("tls", self.tls);
        sent.put("sender", self.sender.clone());
        sent.0
    }
}

/// Refuses callers whose roles do not name that they read the lock-out policy.
pub fn may_read_policy(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, POLICY, Action::Read)
}

/// Refuses callers whose roles do not name that they change the lock-out policy.
pub fn may_edit_policy(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, POLICY, Action::Edit)
}

/// Refuses callers whose roles do not name that they read the settings.
pub fn may_read_settings(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, SETTINGS, Action::Read)
}

/// Refuses callers whose roles do not name that they change the settings.
pub fn may_edit_settings(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, SETTINGS, Action::Edit)
}
