//! Settings that administrators change while the server runs, and the configuration it starts with.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::rules;

/// What a vendor asks of passwords beside the directory's own policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRule {
    /// The least number of characters.
    pub minimum: u32,
    /// From this length on no composition is asked for; `None` always asks.
    pub free_from: Option<u32>,
    /// Needs a lower-case letter.
    pub lower: bool,
    /// Needs an upper-case letter.
    pub upper: bool,
    /// Needs a digit.
    pub digit: bool,
    /// Needs a character that is neither letter nor digit, nor `_`, which counts as a letter.
    pub special: bool,
    /// A digit or a special character suffices in place of both.
    pub digit_or_special: bool,
}

impl PasswordRule {
    /// No demand beyond the given length.
    #[must_use]
    pub const fn length(minimum: u32) -> Self {
        Self {
            minimum,
            free_from: None,
            lower: false,
            upper: false,
            digit: false,
            special: false,
            digit_or_special: false,
        }
    }
}

impl PasswordRule {
    /// Refuses figures that would let anything or nothing through.
    pub fn check(&self) -> Result<(), Fault> {
        let refused = |field, why| Err(Fault::Invalid { field, why });
        if let Err(why) = within(1..=128)(&self.minimum) {
            return refused("minimum", why);
        }
        if let Some(Err(why)) = self.free_from.as_ref().map(within(1..=128)) {
            return refused("free_from", why);
        }
        Ok(())
    }
}

/// Which password policy holds, fixed at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// The directory's own at every door: length, common passwords, own names.
    #[default]
    Default,
    /// Each door its vendor's.
    Vendor,
}

/// A settings document with a fixed name and a default.
pub trait Setting: Serialize + for<'de> Deserialize<'de> + Default + Send + Sync + 'static {
    /// The row's name.
    const NAME: &'static str;

    /// Whether it decides how people sign in, so that no limited key changes it: what it lets in has none of
    /// the key's limits. So it is unless a document says otherwise.
    const GOVERNS_SIGN_IN: bool = true;

    /// Refuses values that nobody can mean, by the member's name. Asked of every document before it is
    /// stored.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Whether the change from `old` to this one leads secrets elsewhere: then it takes
    /// [`Permission::ManageMail`](super::Permission::ManageMail).
    fn leads_elsewhere(&self, old: &Self) -> bool {
        let _ = old;
        false
    }

    /// What the audit trail tells of the document, beside the names of the members that changed. Never a
    /// secret.
    fn told(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// What one member of a settings document is: its kind, its default, and what it may be.
macro_rules! setting {
    (
        $(#[$about:meta])*
        $name:ident is $word:literal $(with { $($more:item)* })?;
        $($(#[$member_about:meta])* $member:ident: $kind:ty = $default:expr, $check:expr;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct $name {
            $($(#[$member_about])* pub $member: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($member: $default,)* }
            }
        }

        impl Setting for $name {
            const NAME: &'static str = $word;

            fn check(&self) -> Result<(), Fault> {
                $(
                    let checked: Result<(), String> = $check(&self.$member);
                    checked.map_err(|why| Fault::Invalid { field: stringify!($member), why })?;
                )*
                Ok(())
            }

            $($($more)*)?
        }
    };
}

/// Seconds, days and counts beyond this are typing errors, and vendors' clients cannot read them.
const MOST: i64 = 2_147_483_647;
const DAY: i64 = 86_400;

setting! {
    /// When too many wrong passwords lock an account out.
    LockoutPolicy is "lockout";
    /// Whether anything locks.
    enabled: bool = true, any;
    /// How long a lock-out lasts, in seconds; 0 until lifted.
    duration: i64 = 300, within(0..=MOST);
    /// How many wrong passwords cause it.
    threshold: i64 = 3, within(1..=1_000);
    /// Within how many seconds they must happen.
    period: i64 = 900, within(0..=MOST);
}

setting! {
    /// Where mail goes out. The account's password is sealed in a document of its own.
    MailSettings is "mail" with {
        const GOVERNS_SIGN_IN: bool = false;

        fn leads_elsewhere(&self, old: &Self) -> bool {
            self != old
        }

        fn told(&self) -> serde_json::Value {
            serde_json::json!({
                "server": self.server, "port": self.port,
                "start_tls": self.start_tls, "tls": self.tls, "sender": self.sender,
            })
        }
    };
    /// The SMTP server; `None` writes `.eml` files into the data directory.
    server: Option<String> = None, host;
    /// Its port; 25, 465 or 587 by the kind of connection when absent.
    port: Option<u16> = None, present(within(1..=65_535));
    /// The account; `None` sends without logging in.
    account: Option<String> = None, line;
    /// Upgrade with STARTTLS.
    start_tls: bool = true, any;
    /// TLS from the first byte.
    tls: bool = false, any;
    /// The sender's address.
    sender: String = "usher@localhost".to_owned(), address;
}

setting! {
    /// Figures of the directory's own password policy.
    PasswordFigures is "passwords";
    /// The least number of characters.
    minimum: u32 = 12, within(8..=64);
    /// The greatest number of characters; longer ones are refused before hashing.
    maximum: u32 = 1_024, within(64..=1_024);
}

setting! {
    /// Facts about the installation as its users see it.
    Branding is "public" with {
        const GOVERNS_SIGN_IN: bool = false;

        fn leads_elsewhere(&self, old: &Self) -> bool {
            let Branding { url, title: _ } = self;
            *url != old.url
        }

        fn told(&self) -> serde_json::Value {
            serde_json::json!({ "url": self.url, "title": self.title })
        }
    };
    /// The address under which people reach the server, without a trailing slash; used in mails.
    url: Option<String> = None, web_address;
    /// The name shown in mails and pages.
    title: Option<String> = None, line;
}

impl MailSettings {
    /// Whether these lead to another account than `old` did, or there by another way, so that a password
    /// that was kept for the old one is not for it.
    #[must_use]
    pub fn another_destination(&self, old: &Self) -> bool {
        let MailSettings {
            server,
            port,
            account,
            start_tls,
            tls,
            sender: _,
        } = self;
        *server != old.server
            || *port != old.port
            || *account != old.account
            || *start_tls != old.start_tls
            || *tls != old.tls
    }

    /// Whether a password may be sent there: by an encrypted connection, or within this machine.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.tls || self.start_tls || self.server.as_deref().is_none_or(is_loopback)
    }
}

/// Whether a machine is this one, by its name or address.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

impl Branding {
    /// What the installation is called.
    #[must_use]
    pub fn name(&self) -> &str {
        let named = self.title.as_deref().map(str::trim);
        named.filter(|title| !title.is_empty()).unwrap_or("Usher")
    }
}

setting! {
    /// How long sessions and mailed tokens live, in seconds.
    Lifetimes is "lifetimes";
    /// A session without use.
    session_idle: i64 = 1_200, within(1..=365 * DAY);
    /// A session at most.
    session: i64 = 43_200, within(1..=365 * DAY);
    /// A password reset link.
    reset: i64 = 3_600, within(1..=7 * DAY);
    /// An activation link.
    activation: i64 = 7 * DAY, within(1..=90 * DAY);
    /// An e-mail confirmation link.
    confirmation: i64 = DAY, within(1..=30 * DAY);
}

setting! {
    /// Whether people need a second factor.
    SecondFactorPolicy is "second_factor";
    /// Those for whom nothing else is said do.
    required: bool = false, any;
}

setting! {
    /// How long what happened is kept.
    Retention is "retention" with {
        const GOVERNS_SIGN_IN: bool = false;
    };
    /// Events older than so many days go; `None` keeps all of them.
    #[schemars(range(min = 30, max = 3650))]
    events_days: Option<i64> = None, present(within(30..=3_650));
}

setting! {
    /// When accounts that nobody uses are suspended.
    InactivityPolicy is "inactivity";
    /// After how many days in which an account was neither used nor changed; 0 never. Owners and
    /// service accounts are never suspended for it.
    suspend_after_days: i64 = 0, within(0..=3_650);
}

setting! {
    /// Which notices are mailed before an event.
    Notices is "notices";
    /// Days before the end of a key at which its owner gets a notice; an empty list sends none.
    #[schemars(length(max = 10), inner(range(min = 1, max = 365)))]
    key_expiry_days: Vec<i64> = vec![14, 3], few_days;
}

setting! {
    /// What API keys may be made with.
    KeyPolicy is "keys";
    /// How many seconds a new key may live at most; 0 sets no limit. A key for which no end is asked gets
    /// this one.
    longest_life: i64 = 0, within(0..=MOST);
}

fn any<T>(_: &T) -> Result<(), String> {
    Ok(())
}

fn within<T: Copy + Into<i64>>(range: RangeInclusive<i64>) -> impl Fn(&T) -> Result<(), String> {
    move |value| {
        let (least, most) = (range.start(), range.end());
        if range.contains(&(*value).into()) {
            Ok(())
        } else {
            Err(format!("must be a number from {least} to {most}"))
        }
    }
}

fn present<T>(
    check: impl Fn(&T) -> Result<(), String>,
) -> impl Fn(&Option<T>) -> Result<(), String> {
    move |value| value.as_ref().map_or(Ok(()), &check)
}

/// A few spans of days.
fn few_days(spans: &[i64]) -> Result<(), String> {
    if spans.len() > 10 {
        return Err("must hold at most 10 numbers of days".to_owned());
    }
    for span in spans {
        within(1..=365)(span).map_err(|why| format!("must hold days, each of which {why}"))?;
    }
    Ok(())
}

/// One line of text, or none.
fn line(text: &Option<String>) -> Result<(), String> {
    let text = text.as_deref().unwrap_or_default();
    rules::check_text("text", text, 255, false).map_err(why)
}

/// The name or address of a machine.
fn host(name: &Option<String>) -> Result<(), String> {
    line(name)?;
    let name = name.as_deref().unwrap_or("name");
    let fine = |c: char| !c.is_whitespace() && !"/@\\?#\"'<>,;".contains(c);
    if name.is_empty() || !name.chars().all(fine) {
        return Err("must be the name or address of a machine".to_owned());
    }
    Ok(())
}

fn address(text: &str) -> Result<(), String> {
    rules::check_email(text).map_err(why)
}

/// An address that browsers open and mails show; a query or a fragment would be lost behind paths.
fn web_address(text: &Option<String>) -> Result<(), String> {
    match text.as_deref().filter(|text| !text.is_empty()) {
        Some(text) if !is_web_address(text) => {
            Err("must be an address like https://usher.example.org, without ? and #".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether a text is an address that browsers open and mails show, to which paths may be added.
pub fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let fine = |c: char| !c.is_control() && !c.is_whitespace() && !"\"<>\\^`{|}?#@".contains(c);
    rest.is_some_and(|rest| {
        text.len() <= 1_000 && !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(fine)
    })
}

fn why(fault: Fault) -> String {
    match fault {
        Fault::Invalid { why, .. } => why,
        other => other.to_string(),
    }
}
