//! An answer that is read as it comes: by lines or by bytes.

use std::time::Duration;

use super::{LARGEST_ANSWER, causes};
use crate::failure::{Exit, Failure, Result};

/// An answer that is read as it comes.
pub struct Stream {
    response: reqwest::Response,
    patience: Duration,
    rest: Vec<u8>,
    /// Where the next line begins in what was read.
    at: usize,
    ended: bool,
}

impl Stream {
    /// An answer of which nothing has been read.
    pub(super) fn new(response: reqwest::Response, patience: Duration) -> Self {
        Self {
            response,
            patience,
            rest: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    /// The next line, without its end; none at the end of the answer.
    pub async fn next_line(&mut self) -> Result<Option<String>> {
        loop {
            let rest = self.rest.get(self.at..).unwrap_or_default();
            if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                let line = text_of(&rest[..length]);
                self.at += length + 1;
                return Ok(Some(line));
            }
            if self.ended {
                let line = text_of(rest);
                self.at = self.rest.len();
                return Ok((!line.is_empty()).then_some(line));
            }
            self.rest.drain(..self.at);
            self.at = 0;
            match self.next_chunk().await? {
                Some(chunk) => self.rest.extend_from_slice(&chunk),
                None => self.ended = true,
            }
            if self.rest.len() > LARGEST_ANSWER {
                return Err(Failure::new(
                    Exit::Failed,
                    "A line of the answer is too long.",
                ));
            }
        }
    }

    /// The next bytes; none at the end of the answer.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let lost =
            |what: String| Failure::new(Exit::NotReached, format!("The answer broke off: {what}."));
        match tokio::time::timeout(self.patience, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk.map(|bytes| bytes.to_vec())),
            Ok(Err(error)) => Err(lost(causes(&error))),
            Err(_) => Err(lost(format!(
                "nothing came for {} s",
                self.patience.as_secs()
            ))),
        }
    }
}

fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .trim_end_matches(['\n', '\r'])
        .to_owned()
}
