//! What the writes of Flight Control share: several resources in one request, each done or refused by
//! itself, and an answer that tells both (falcon.md §7).

use axum::http::StatusCode;
use directory::Fault;
use kit::{HandlerResult, RequestInfo};
use serde::Serialize;
use serde_json::Value;

use super::body::Fields;
use super::envelope::{self, ErrorEntry};
use super::errors::{Service, failure_of, refused, shortened};

/// The most resources of one write, and the most members of one group in one write (falcon.md §7).
const MOST: usize = 500;

/// The resources of a write.
pub fn resources(body: &Value) -> Result<Vec<Fields<'_>>, Fault> {
    Fields::of(body)?.objects("resources", MOST)
}

/// Ids, not too many of them.
pub fn few(ids: Vec<String>) -> Result<Vec<String>, Fault> {
    check_few(&ids)?;
    Ok(ids)
}

/// Refuses too many ids.
pub fn check_few(ids: &[String]) -> Result<(), Fault> {
    if ids.len() > MOST {
        return Err(refused(format!("at most {MOST} ids may be given")));
    }
    Ok(())
}

/// A thing that a request names and that is none.
pub fn unknown_fault(name: &str, id: &str) -> Fault {
    refused(format!("invalid {name}='{}' specified", shortened(id)))
}

/// The same as an entry of the answer's errors.
pub fn unknown(name: &str, id: &str) -> ErrorEntry {
    entry(&unknown_fault(name, id))
}

fn entry(fault: &Fault) -> ErrorEntry {
    let failure = failure_of(fault, Service::Other);
    ErrorEntry {
        code: failure.status,
        message: failure.message,
    }
}

/// What was found, with what was not. Nothing at all is a failure.
pub fn answered<T: Serialize>(
    info: &RequestInfo,
    found: &[T],
    errors: Vec<ErrorEntry>,
) -> HandlerResult {
    match errors.first() {
        Some(first) if found.is_empty() => Err(refused(first.message.clone()).into()),
        Some(_) => Ok(envelope::partial(info, found, &errors)),
        None => Ok(envelope::resources(info, StatusCode::OK, &found)),
    }
}

/// What became of each resource of a write.
pub struct Outcomes<T> {
    done: Vec<T>,
    errors: Vec<ErrorEntry>,
    first: Option<Fault>,
}

impl<T> Default for Outcomes<T> {
    fn default() -> Self {
        Self {
            done: Vec::new(),
            errors: Vec::new(),
            first: None,
        }
    }
}

impl<T: Serialize> Outcomes<T> {
    /// Notes what became of one. The server's own failures end the whole request.
    pub fn note(&mut self, outcome: Result<T, Fault>) -> Result<(), Fault> {
        match outcome {
            Ok(done) => self.done.push(done),
            Err(
                fault @ (Fault::Internal(_)
                | Fault::Unavailable(_)
                | Fault::TooMany { .. }
                | Fault::Unauthenticated(_)),
            ) => return Err(fault),
            Err(fault) => {
                self.errors.push(entry(&fault));
                self.first.get_or_insert(fault);
            }
        }
        Ok(())
    }

    /// All that was done, beside what was refused; only refusals are a failure of the first's kind.
    pub fn answered(self, info: &RequestInfo) -> HandlerResult {
        match self.first {
            Some(fault) if self.done.is_empty() => Err(fault.into()),
            _ => Ok(envelope::partial(info, &self.done, &self.errors)),
        }
    }
}
