//! How a request gets its credential.

use base64::Engine;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::core::client::{Base, Core};
use crate::core::error::{Error, Result};
use crate::core::secret::Secret;
use crate::core::transport::BoxFuture;

/// Puts the credential on requests.
pub(crate) trait Authorize: Send + Sync {
    /// Adds the credential; may ask the platform for a token first.
    fn authorize<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<()>>;

    /// A request with these headers was answered with 401. Says whether another try may go better.
    fn refused<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, bool> {
        let _ = headers;
        Box::pin(std::future::ready(false))
    }

    /// Where requests go in place of the client's own address, as far as `authorize` has learnt it.
    fn base(&self) -> Option<Base> {
        None
    }

    /// What must never be seen in an error.
    fn secrets(&self) -> Vec<Secret>;
}

/// A credential that stands in one header and never changes.
pub(crate) struct Fixed {
    name: HeaderName,
    value: HeaderValue,
    secrets: Vec<Secret>,
}

impl Fixed {
    pub(crate) fn new(name: HeaderName, secret: &Secret) -> Result<Self> {
        Self::written(name, secret.expose(), secret)
    }

    pub(crate) fn bearer(secret: &Secret) -> Result<Self> {
        Self::written(
            AUTHORIZATION,
            &format!("Bearer {}", secret.expose()),
            secret,
        )
    }

    /// Basic authentication with the secret as the name and no password.
    pub(crate) fn basic(secret: &Secret) -> Result<Self> {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:", secret.expose()));
        let mut fixed = Self::written(AUTHORIZATION, &format!("Basic {encoded}"), secret)?;
        fixed.secrets.push(Secret::new(encoded));
        Ok(fixed)
    }

    fn written(name: HeaderName, text: &str, secret: &Secret) -> Result<Self> {
        if secret.expose().trim().is_empty() {
            return Err(Error::config("the credential is empty"));
        }
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            Error::config("the credential holds characters that no header can carry")
        })?;
        value.set_sensitive(true);
        Ok(Self {
            name,
            value,
            secrets: vec![secret.clone()],
        })
    }
}

impl Authorize for Fixed {
    fn authorize<'a>(
        &'a self,
        _: &'a Core,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<()>> {
        headers.insert(self.name.clone(), self.value.clone());
        Box::pin(std::future::ready(Ok(())))
    }

    fn secrets(&self) -> Vec<Secret> {
        self.secrets.clone()
    }
}
