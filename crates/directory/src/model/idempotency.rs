//! Requests that may be sent again under a key of the client's.

use sha2::{Digest as _, Sha256};

/// A request that may be sent again.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyTicket {
    /// The path.
    pub path: String,
    pub(crate) key_digest: Vec<u8>,
    pub(crate) body_digest: Vec<u8>,
    /// The request's own id, which tells its writes from those of another one.
    pub request: String,
}

/// The key may be a secret of the caller's.
impl std::fmt::Debug for IdempotencyTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotencyTicket")
            .field("path", &self.path)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl IdempotencyTicket {
    /// The ticket of a request: its key, its path, its body and parameters, and its id.
    #[must_use]
    pub fn new(key: &str, path: &str, said: &[&[u8]], request: &str) -> Self {
        let mut body = Sha256::new();
        for part in said {
            body.update((part.len() as u64).to_be_bytes());
            body.update(part);
        }
        Self {
            path: path.to_owned(),
            key_digest: Sha256::digest(key.as_bytes()).to_vec(),
            body_digest: body.finalize().to_vec(),
            request: request.to_owned(),
        }
    }
}

/// The digest of a body that is read piece by piece, as a part of what a ticket's request says.
#[derive(Clone, Debug, Default)]
pub struct BodyDigest(Sha256);

impl BodyDigest {
    /// Adds what came next.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that came.
    #[must_use]
    pub fn whole(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

/// Something that a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneByRequest {
    /// The event's verb.
    pub verb: String,
    /// The kind of what it was done to.
    pub entity: String,
    /// Its number.
    pub number: Option<i64>,
}
