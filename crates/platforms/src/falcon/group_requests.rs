//! Groups and API clients to be made or changed.

use serde_json::Value;

use crate::core::change::Members;

/// A group, of users or of customers, to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewGroup {
    name: String,
    description: Option<String>,
}

impl NewGroup {
    /// A group with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
        }
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    pub(super) fn members(&self) -> Members {
        Members::new()
            .set("name", self.name.as_str())
            .set_if("description", self.description.as_ref())
    }
}

/// A change of a group, of users or of customers: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GroupChange {
    name: Option<String>,
    description: Option<String>,
}

impl GroupChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    pub(super) fn members(&self) -> Members {
        Members::new()
            .set_if("name", self.name.as_ref())
            .set_if("description", self.description.as_ref())
    }
}

/// An API client to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewApiClient {
    name: String,
    description: Option<String>,
    scopes: Vec<String>,
}

impl NewApiClient {
    /// An API client with this name, unique at the customer, and these scopes by their ids.
    pub fn new(
        name: impl Into<String>,
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            scopes: scopes.into_iter().map(Into::into).collect(),
        }
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    pub(super) fn body(&self) -> Value {
        Members::new()
            .set("name", self.name.as_str())
            .set_if("description", self.description.as_ref())
            .set("scopes", self.scopes.clone())
            .into_value()
    }
}

/// A change of an API client: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ApiClientChange {
    name: Option<String>,
    description: Option<String>,
    scopes: Option<Vec<String>>,
}

impl ApiClientChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// All its scopes by their ids; those it had are replaced.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn body(&self) -> Value {
        Members::new()
            .set_if("name", self.name.as_ref())
            .set_if("description", self.description.as_ref())
            .set_if("scopes", self.scopes.as_ref())
            .into_value()
    }
}
