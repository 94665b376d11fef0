//! What went wrong, and whether the platform may have done it anyway.

use std::collections::BTreeMap;
use std::fmt;

use http::StatusCode;
use jiff::Timestamp;

use crate::core::mask;
use crate::core::operation::{Answer, Facts, Repeat};
use crate::core::transport::{Broken, Sent};

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every way a call can fail, on any platform.
///
/// [`outcome`](Error::outcome) says the one thing that code which changes something must know: whether the
/// platform surely did nothing, or may have done it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client was set up or called wrongly; nothing was sent.
    Config(String),
    /// No answer came: the name, the connection, TLS, or the exchange failed.
    Unreachable(Box<Lost>),
    /// The credential is missing, wrong, expired or revoked.
    Unauthenticated(Box<Vendor>),
    /// The credential is good and may not do this.
    Forbidden(Box<Vendor>),
    /// What the call names does not exist, or is hidden from the caller.
    NotFound(Box<Vendor>),
    /// It exists already, or something else stands in the way.
    Conflict(Box<Vendor>),
    /// The platform refused what was sent; `fields` says where, if the platform does.
    Invalid(Box<Vendor>),
    /// Too many requests, and the wait the platform asks for passes the deadline.
    RateLimited {
        /// When the platform wants to be asked again, if it says so.
        until: Option<Timestamp>,
        /// The answer.
        vendor: Box<Vendor>,
    },
    /// The platform failed, or is not there at the moment.
    Unavailable(Box<Vendor>),
    /// The platform, or its release, cannot do this.
    Unsupported {
        /// What would be needed.
        needs: String,
        /// The answer.
        vendor: Box<Vendor>,
    },
    /// The answer is not what the platform is known to say: a gateway's page, cut-off JSON, a redirect.
    Unexpected(Box<Vendor>),
    /// Some of what was asked was done, some not.
    Partial(Box<Vendor>),
    /// The time for the whole call was over.
    Deadline(Box<Lost>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(why) => f.write_str(why),
            Self::Unreachable(lost) | Self::Deadline(lost) => lost.fmt(f),
            Self::Unauthenticated(vendor)
            | Self::Forbidden(vendor)
            | Self::NotFound(vendor)
            | Self::Conflict(vendor)
            | Self::Invalid(vendor)
            | Self::Unavailable(vendor)
            | Self::Unexpected(vendor)
            | Self::Partial(vendor) => vendor.fmt(f),
            Self::RateLimited { until, vendor } => match until {
                Some(until) => write!(f, "{vendor}; try again after {until}"),
                None => write!(f, "{vendor}; try again later"),
            },
            Self::Unsupported { needs, vendor } => write!(f, "{vendor}; it needs {needs}"),
        }
    }
}

impl std::error::Error for Error {}

/// Whether a call that failed has changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Surely not.
    NotDone,
    /// It may have: look before doing it again.
    Unknown,
}

/// What the platform said when it refused.
#[derive(Clone)]
#[non_exhaustive]
pub struct Vendor {
    /// Which platform: `misp`, `opencti`, `tenable`, `falcon`, `civis`.
    pub platform: &'static str,
    /// The operation's id.
    pub operation: &'static str,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The vendor's own code, where it has any.
    pub code: Option<String>,
    /// What the platform said, in its own words, with secrets masked.
    pub message: String,
    /// The fields that were refused, and why.
    pub fields: BTreeMap<String, Vec<String>>,
    /// The id under which the vendor's support finds the request.
    pub trace_id: Option<String>,
    /// The answer's body, with secrets masked; of an unexpected answer the first 512 bytes.
    pub body: String,
    /// Whether the call may have changed something.
    pub outcome: Outcome,
}

/// A request without an answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Lost {
    /// Which platform.
    pub platform: &'static str,
    /// The operation's id.
    pub operation: &'static str,
    /// What happened.
    pub message: String,
    /// Whether the call may have changed something.
    pub outcome: Outcome,
}

/// The length that is kept of an unexpected answer.
const EXCERPT: usize = 512;
/// The length that is kept of a refusal's body.
const BODY: usize = 16 * 1024;

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config(message.into())
    }

    pub(crate) fn unreachable(facts: &Facts, broken: &Broken) -> Self {
        Self::Unreachable(Box::new(Lost {
            platform: facts.platform,
            operation: facts.id,
            message: broken.to_string(),
            outcome: match broken.sent {
                Sent::No => Outcome::NotDone,
                Sent::Maybe => unknown(facts),
            },
        }))
    }

    pub(crate) fn deadline(facts: &Facts, message: impl Into<String>, outcome: Outcome) -> Self {
        Self::Deadline(Box::new(Lost {
            platform: facts.platform,
            operation: facts.id,
            message: message.into(),
            outcome,
        }))
    }

    /// An answer that is none of the platform's: `what` says why it cannot be read.
    pub(crate) fn unexpected(answer: &Answer, what: impl fmt::Display) -> Self {
        let mut vendor = Vendor::of(answer, what.to_string());
        vendor.body = mask::excerpt(&answer.body, EXCERPT);
        // A redirect or a page that the operation never gives says nothing about what was done before it.
        vendor.outcome = unknown(&answer.facts);
        Self::Unexpected(Box::new(vendor))
    }

    /// Whether the platform may have done what was asked. It is never unknown of an operation that only reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Config(_) => Outcome::NotDone,
            Self::Unreachable(lost) | Self::Deadline(lost) => lost.outcome,
            other => other
                .vendor()
                .map_or(Outcome::NotDone, |vendor| vendor.outcome),
        }
    }

    /// The platform's answer, if one caused this.
    pub fn vendor(&self) -> Option<&Vendor> {
        match self {
            Self::Config(_) | Self::Unreachable(_) | Self::Deadline(_) => None,
            Self::Unauthenticated(vendor)
            | Self::Forbidden(vendor)
            | Self::NotFound(vendor)
            | Self::Conflict(vendor)
            | Self::Invalid(vendor)
            | Self::Unavailable(vendor)
            | Self::Unexpected(vendor)
            | Self::Partial(vendor)
            | Self::RateLimited { vendor, .. }
            | Self::Unsupported { vendor, .. } => Some(vendor),
        }
    }

    /// The variant's name: short, stable, fit for a metric.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::Unreachable(_) => "unreachable",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Invalid(_) => "invalid",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable(_) => "unavailable",
            Self::Unsupported { .. } => "unsupported",
            Self::Unexpected(_) => "unexpected",
            Self::Partial(_) => "partial",
            Self::Deadline(_) => "deadline",
        }
    }

    fn vendor_mut(&mut self) -> Option<&mut Vendor> {
        match self {
            Self::Config(_) | Self::Unreachable(_) | Self::Deadline(_) => None,
            Self::Unauthenticated(vendor)
            | Self::Forbidden(vendor)
            | Self::NotFound(vendor)
            | Self::Conflict(vendor)
            | Self::Invalid(vendor)
            | Self::Unavailable(vendor)
            | Self::Unexpected(vendor)
            | Self::Partial(vendor)
            | Self::RateLimited { vendor, .. }
            | Self::Unsupported { vendor, .. } => Some(vendor),
        }
    }

    /// An earlier try of this call ended without a verdict, so this one cannot say that nothing was done.
    pub(crate) fn after_unknown(mut self) -> Self {
        match &mut self {
            Self::Unreachable(lost) | Self::Deadline(lost) => lost.outcome = Outcome::Unknown,
            other => {
                if let Some(vendor) = other.vendor_mut() {
                    vendor.outcome = Outcome::Unknown;
                }
            }
        }
        self
    }

    /// Takes every secret that the call carried out of what the platform echoed.
    pub(crate) fn scrub(mut self, secrets: &[crate::Secret]) -> Self {
        if let Some(vendor) = self.vendor_mut() {
            mask::scrub(&mut vendor.message, secrets);
            mask::scrub(&mut vendor.body, secrets);
            if let Some(code) = &mut vendor.code {
                mask::scrub(code, secrets);
            }
            vendor
                .fields
                .values_mut()
                .flatten()
                .for_each(|text| mask::scrub(text, secrets));
        }
        self
    }
}

/// Without a verdict: a read has changed nothing all the same.
fn unknown(facts: &Facts) -> Outcome {
    match facts.repeat {
        Repeat::Safe => Outcome::NotDone,
        Repeat::Idempotent | Repeat::Once => Outcome::Unknown,
    }
}

impl Answer {
    /// The outcome of a call that was answered without a verdict.
    pub(crate) fn without_verdict(&self) -> Outcome {
        unknown(&self.facts)
    }
}

impl Vendor {
    /// A refusal as the answer has it; the platform's own file fills in code, fields and trace id.
    pub(crate) fn of(answer: &Answer, message: impl Into<String>) -> Self {
        let server_failed = answer.status.is_server_error();
        Self {
            platform: answer.facts.platform,
            operation: answer.facts.id,
            status: Some(answer.status.as_u16()),
            code: None,
            message: message.into(),
            fields: BTreeMap::new(),
            trace_id: None,
            body: mask::body(&answer.body, BODY),
            outcome: if server_failed {
                unknown(&answer.facts)
            } else {
                Outcome::NotDone
            },
        }
    }

    /// The error that the status alone suggests.
    pub(crate) fn by_status(self) -> Error {
        let status = self
            .status
            .and_then(|status| StatusCode::from_u16(status).ok());
        let this = Box::new(self);
        match status.map_or(0, |status| status.as_u16()) {
            401 => Error::Unauthenticated(this),
            403 => Error::Forbidden(this),
            404 | 410 => Error::NotFound(this),
            409 => Error::Conflict(this),
            429 => Error::RateLimited {
                until: None,
                vendor: this,
            },
            400..=499 => Error::Invalid(this),
            500..=599 => Error::Unavailable(this),
            _ => Error::Unexpected(this),
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: ", self.platform, self.operation)?;
        if let Some(status) = self.status {
            write!(formatter, "{status} ")?;
        }
        formatter.write_str(if self.message.is_empty() {
            "no reason given"
        } else {
            &self.message
        })?;
        for (field, texts) in &self.fields {
            let colon = if field.is_empty() { "" } else { ": " };
            write!(formatter, "; {field}{colon}{}", texts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body stays out: it may be long, and logs print errors with `{:?}`.
        formatter
            .debug_struct("Vendor")
            .field("platform", &self.platform)
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("fields", &self.fields)
            .field("trace_id", &self.trace_id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}: {}{}",
            self.platform,
            self.operation,
            self.message,
            match self.outcome {
                Outcome::NotDone => "",
                Outcome::Unknown => " (it may have been done)",
            }
        )
    }
}
