//! The graph: what stands behind the schema for one caller. Queries, relations and mutations each
//! have their file; this one says which is asked.

mod constant_fields;
mod contexts;
mod groups;
mod identities;
mod lists;
mod load;
mod members;
mod memo;
mod people;
mod personal;
pub(super) mod query;
pub(super) mod relations;
mod rows;
mod search;
mod standard;
mod static_lists;
mod stix;

use std::sync::{Mutex, PoisonError};

use directory::{Directory, Fault, Handle, Predicate, Test, Time, limits};
use serde_json::Value;

use kit::Authenticated;

use super::capability;
use super::catalogue;
use super::errors;
use super::errors::{OrRefuse as _, refused};
use super::mutate;
use super::node::Node;
use super::settings::PlatformSettings;
use graphql::{Call, Field, Graph, Json, Link, Pending, Refusal};

/// What answers one request.
pub struct Session {
    /// The directory's use-cases for the caller; nothing for strangers, who may only sign in.
    pub handle: Handle,
    /// The directory itself, for signing in and for nothing else.
    pub directory: Directory,
    /// The request and its caller.
    request: Authenticated,
    /// What was loaded already.
    pub(super) memo: memo::Memo,
    /// What the request's filters and searches cost so far.
    spent: Mutex<limits::Cost>,
}

impl std::ops::Deref for Session {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.request
    }
}

/// Tests that a page looked through row by row counts as.
const SCAN: usize = 200;

/// The answer of a field for all its parents.
pub type Links = Result<Vec<Link<Node>>, Refusal>;

impl Session {
    /// A session for a caller.
    pub fn new(request: Authenticated) -> Self {
        Self {
            handle: request.handle(),
            directory: request.state().directory().clone(),
            request,
            memo: memo::Memo::default(),
            spent: Mutex::default(),
        }
    }

    /// Adds a list's conditions to what the request costs, and refuses it beyond the most: aliases let
    /// one document hold many lists.
    pub(super) fn spend<F>(&self, predicate: &Predicate<F>) -> Result<(), Refusal> {
        self.spend_cost(limits::Cost::of(predicate))
    }

    /// Adds a page that is looked through for a standard id.
    pub(super) fn spend_scan(&self) -> Result<(), Refusal> {
        self.spend_cost(limits::Cost {
            tests: SCAN,
            patterns: 0,
        })
    }

    fn spend_cost(&self, cost: limits::Cost) -> Result<(), Refusal> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent = spent.plus(cost);
        if spent.within(limits::Cost::MOST) {
            Ok(())
        } else {
            Err(errors::unsupported(
                "The document's filters and searches ask for too much together",
            ))
        }
    }

    /// What a call searches in a list kept in memory.
    pub(super) fn paid_terms(&self, call: &Call<'_>) -> Result<Vec<String>, Refusal> {
        let terms = search::terms(call)?;
        let looked_for = terms.iter().cloned().map(Test::Contains);
        let tests = looked_for.map(|test| Predicate::Is((), test)).collect();
        self.spend(&Predicate::Or(tests))?;
        Ok(terms)
    }

    /// The time by the directory's clock.
    pub fn now(&self) -> Time {
        self.handle.now()
    }

    /// Whether the caller has a capability.
    pub fn may(&self, name: &str) -> bool {
        self.caller.holds(&catalogue::word(name))
    }

    /// The platform's settings, which everybody may know.
    pub async fn platform_settings(&self) -> Result<PlatformSettings, Refusal> {
        let settings = self.directory.setting::<PlatformSettings>().await;
        settings.or_refuse()
    }

    /// The address people reach the platform under.
    pub async fn public_url(&self) -> Result<String, Refusal> {
        let settings = self.platform_settings().await?;
        let own = settings.changed.get("platform_url").and_then(Value::as_str);
        Ok(own.map_or_else(|| self.info.base_url(), str::to_owned))
    }

    /// Refuses callers who have none of these; where none is named, everybody may.
    pub fn require(&self, any_of: &[&str]) -> Result<(), Refusal> {
        if any_of.is_empty() || any_of.iter().any(|name| self.may(name)) {
            Ok(())
        } else {
            Err(errors::forbidden())
        }
    }

    /// Whether the caller manages people only as an organisation's administrator.
    pub fn only_organization_admin(&self) -> bool {
        !self.may(capability::SET_ACCESSES) && self.may(capability::ORGANIZATION_ADMIN)
    }
}

/// Nothing, when the fault says so; for reads, where an unknown id is no error.
pub(super) fn found<T>(result: Result<T, Fault>) -> Result<Option<T>, Refusal> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Fault::NotFound(_)) => Ok(None),
        Err(fault) => Err(refused(&fault)),
    }
}

impl Graph for Session {
    type Node = Node;

    fn root(&self, mutation: bool) -> Node {
        Node::Root(mutation)
    }

    fn type_name<'n>(&self, node: &'n Node) -> &'n str {
        node.type_name()
    }

    fn fetched(type_name: &str, field: &str) -> bool {
        // Roots and edits act, and relations are asked of the store.
        matches!(type_name, "Query" | "Mutation")
            || type_name.ends_with("EditMutations")
            || relations::relation(type_name, field).is_some()
    }

    fn relate<'a>(&'a self, parents: &'a [&'a Node], call: &'a Call<'a>) -> Pending<'a, Links> {
        Box::pin(async move {
            match parents.first() {
                None => Ok(Vec::new()),
                Some(Node::Root(false)) => Ok(vec![self.query(call).await?]),
                Some(Node::Root(true)) => Ok(vec![mutate::root(self, call).await?]),
                Some(Node::Edit(kind, id)) => Ok(vec![mutate::edit(self, kind, id, call).await?]),
                Some(_) => self.relation(parents, call).await,
            }
        })
    }

    fn write(&self, node: &Node, field: &Field, out: &mut Json) {
        node.write(field, out);
    }
}
