//! Signing in with an address and a password, the one thing that strangers may do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use directory::{Fault, Refusal as Why, SessionKind, SessionRequest};
use serde_json::Value;

use kit::RequestInfo;

use super::catalogue::PLATFORM;
use super::errors;
use super::graph::Links;
use super::node::Node;
use graphql::{Call, Field, Graph, Json, Link, Pending, Refusal};

/// What a caller without a credential may ask: to sign in.
pub struct AnonymousGraph {
    info: Arc<RequestInfo>,
}

impl AnonymousGraph {
    /// The sender of a request.
    pub fn new(info: Arc<RequestInfo>) -> Self {
        Self { info }
    }
}

impl Graph for AnonymousGraph {
    type Node = Node;

    fn root(&self, mutation: bool) -> Node {
        Node::Root(mutation)
    }

    fn type_name<'n>(&self, node: &'n Node) -> &'n str {
        node.type_name()
    }

    fn fetched(_: &str, _: &str) -> bool {
        true
    }

    fn relate<'a>(&'a self, _: &'a [&'a Node], call: &'a Call<'a>) -> Pending<'a, Links> {
        Box::pin(async move {
            match call.name() {
                "token" => Ok(vec![sign_in(&self.info, call).await?]),
                _ => Err(errors::unauthenticated()),
            }
        })
    }

    fn write(&self, _: &Node, _: &Field, out: &mut Json) {
        out.null();
    }
}

/// Opens a session and gives its token.
pub async fn sign_in(info: &RequestInfo, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
    let directory = info.state.directory();
    let text = |name: &str| {
        let input = call.get("input").and_then(|input| input.get(name));
        input.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    info.state
        .kept::<Tries>()
        .admit(info.address, directory.elapsed())?;
    let request = SessionRequest::of(SessionKind::Bearer);
    let fresh = directory
        .sign_in(
            PLATFORM,
            &text("email"),
            &text("password"),
            None,
            request,
            info.context(),
        )
        .await;
    match fresh {
        Ok(fresh) => Ok(Link::Leaf(Value::from(fresh.secret))),
        Err(Fault::Unauthenticated(why)) => Err(match why {
            Why::Standing(standing) => errors::bad_login(errors::standing_text(standing)),
            Why::SecondFactorNeeded | Why::SecondFactorWrong | Why::SecondFactorMissing => {
                errors::refusal(&Fault::Unauthenticated(why))
            }
            Why::Missing | Why::Unknown | Why::Address | Why::LockedOut => {
                errors::bad_login("Bad login or password")
            }
        }),
        Err(fault) => Err(errors::refusal(&fault)),
    }
}

/// When each address last tried to sign in; forgotten all at once when there are too many.
#[derive(Default)]
struct Tries(Mutex<HashMap<IpAddr, Duration>>);

const ADDRESSES: usize = 10_000;
const SECOND: Duration = Duration::from_secs(1);

impl Tries {
    /// Quirk: the vendor lets an address try once a second (opencti.md §3).
    fn admit(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Refusal> {
        let Some(address) = address else {
            return Ok(());
        };
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= ADDRESSES {
            tries.clear();
        }
        match tries.insert(address, now) {
            Some(last) if last + SECOND > now && last <= now => {
                // A try that came too early does not make the next one wait longer.
                tries.insert(address, last);
                let left = (last + SECOND).saturating_sub(now).as_millis();
                let retry_after = i64::try_from(left).unwrap_or(1_000);
                Err(errors::refusal(&Fault::TooMany { retry_after }))
            }
            _ => Ok(()),
        }
    }
}
