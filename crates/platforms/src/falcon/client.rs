//! The client: how it is set up, and what all its methods go through.

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::core::builder::{Builder, Client, sealed};
use crate::core::client::Core;
use crate::core::error::{Error, Result};
use crate::core::limits::Limits;
use crate::core::operation::{Operation, Repeat};
use crate::core::secret::Secret;
use crate::falcon::cloud::Cloud;
use crate::falcon::ids::Cid;
use crate::falcon::token::{Credentials, Views};

/// CrowdStrike Falcon, as one of a customer's API clients. Clones are cheap and share connections, limits and token.
#[derive(Clone)]
pub struct Falcon {
    pub(super) core: Core,
    views: Arc<Views>,
}

/// What Falcon's builder asks for beside what all ask for.
#[derive(Debug, Default)]
pub struct Own {
    cloud: Cloud,
    credentials: Option<(String, Secret)>,
    member: Option<Cid>,
}

impl sealed::Sealed for Falcon {}

impl Client for Falcon {
    type Own = Own;
}

impl Builder<Falcon> {
    /// The API client: its id and its secret.
    #[doc(alias = "client_id")]
    #[doc(alias = "client_secret")]
    pub fn api_client(mut self, id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.own.credentials = Some((id.into(), secret.into()));
        self
    }

    /// Speaks for a child customer; [`for_cid`](Falcon::for_cid) makes such a client from one that exists.
    pub fn member_cid(mut self, cid: impl Into<Cid>) -> Self {
        self.own.member = Some(cid.into());
        self
    }

    /// Makes the client. Nothing is sent: the token is asked for with the first call.
    pub fn build(self) -> Result<Falcon> {
        let (id, secret) = self.own.credentials.ok_or_else(|| {
            Error::config("Falcon wants an API client: give the builder its id and its secret with `api_client`")
        })?;
        if id.trim().is_empty() || secret.expose().trim().is_empty() {
            return Err(Error::config("the API client's id or secret is empty"));
        }
        let views = Views::new(Credentials::new(id, secret, self.own.cloud));
        let core = self.settings.core(
            "falcon",
            &self.address,
            views.tokens(self.own.member),
            crate::falcon::errors::judge,
            Limits::at_once(10).rate(90.0, 90),
        )?;
        Ok(Falcon {
            core,
            views: Arc::new(views),
        })
    }
}

impl Falcon {
    /// Sets up a client for a cloud, or for an address of one's own.
    pub fn builder(cloud: impl Into<Cloud>) -> Builder<Self> {
        let cloud = cloud.into();
        let mut builder: Builder<Self> = Builder::new(cloud.address());
        builder.own.cloud = cloud;
        builder
    }

    /// A client for a child customer: with a token of its own, and with this one's connections and limits. Asked twice for
    /// one customer, it shares the token too.
    #[doc(alias = "member_cid")]
    #[must_use]
    pub fn for_cid(&self, cid: impl Into<Cid>) -> Self {
        let mut core = self.core.clone();
        core.authorize = self.views.tokens(Some(cid.into()));
        Self {
            core,
            views: Arc::clone(&self.views),
        }
    }

    /// Ends the tokens of this client, of its clones, and of the views that `for_cid` made. A call after that asks for a new
    /// one.
    #[doc(alias = "logout")]
    #[doc(alias = "oauth2RevokeToken")]
    pub async fn close(&self) -> Result<()> {
        self.views.revoke(&self.core).await
    }

    /// Makes a call of an [operation](super::operations).
    pub async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        self.core.call(operation).await
    }

    /// Any other request, with the client's token, limits, tries and errors. What does not read is sent once.
    #[doc(alias = "command")]
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value> {
        self.core
            .raw(method, path, query, body, |draft| draft)
            .await
    }

    /// Makes a call for many ids, part by part and in their order.
    pub(super) async fn in_parts<I, T>(
        &self,
        ids: &[I],
        most: usize,
        make: impl Fn(&[I]) -> Result<Operation<Vec<T>>>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut changed = false;
        for part in ids.chunks(most) {
            let operation = make(part)?;
            let changes = operation.repeat() != Repeat::Safe;
            match self.call(operation).await {
                Ok(items) => all.extend(items),
                // What the parts before have changed stays changed.
                Err(error) if changed => return Err(error.after_unknown()),
                Err(error) => return Err(error),
            }
            changed |= changes;
        }
        Ok(all)
    }

    /// As [`in_parts`](Self::in_parts), for calls that answer nothing.
    pub(super) async fn in_parts_done<I>(
        &self,
        ids: &[I],
        most: usize,
        make: impl Fn(&[I]) -> Result<Operation<()>>,
    ) -> Result<()> {
        let mut changed = false;
        for part in ids.chunks(most) {
            match self.call(make(part)?).await {
                Ok(()) => changed = true,
                Err(error) if changed => return Err(error.after_unknown()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Falcon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Falcon").finish_non_exhaustive()
    }
}
