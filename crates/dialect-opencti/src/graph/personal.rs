//! What belongs to one person and is put together here: tokens, sessions, confidence levels.

use std::sync::Arc;

use directory::{Key, Session as SignedIn, Time};
use serde_json::{Value, json};

use super::super::capability;
use super::super::confidence::{self, Effective, Level, Source};
use super::super::node::{GroupNode, Made, Node, Person, RoleNode};
use graphql::Link;

/// A token as it may be shown.
pub(super) fn token(key: &Key) -> Node {
    Made::plain(
        "ApiToken",
        json!({
            "id": key.uuid,
            "name": (!key.name.is_empty()).then_some(&key.name),
            "created_at": key.created_at.rfc3339(),
            "expires_at": key.expires_at.map(Time::rfc3339),
            "last_used_at": key.last_used_at.map(Time::rfc3339),
            "masked_token": format!("****{}", key.hint_end),
        }),
    )
}

/// A session as it may be shown; times to live in seconds.
pub(super) fn session(session: &SignedIn, now: Time) -> Value {
    let idle_end = session.last_seen_at.plus(session.idle);
    let end = idle_end.min(session.expires_at);
    json!({
        "id": session.uuid,
        "created": session.created_at.rfc3339(),
        "ttl": end.seconds().saturating_sub(now.seconds()).max(0),
        "originalMaxAge": session.idle / 1_000,
    })
}

pub(super) fn level(level: Option<&Level>) -> Link<Node> {
    match level {
        Some(level) => Link::One(Made::plain("ConfidenceLevel", json!(level))),
        None => Link::Null,
    }
}

pub(super) fn effective(
    person: &Arc<Person>,
    teams: &[Arc<GroupNode>],
    duties: &[Arc<RoleNode>],
) -> Link<Node> {
    let bypass = duties
        .iter()
        .flat_map(|duty| duty.capabilities())
        .any(|entry| entry.name == capability::BYPASS);
    let levels: Vec<(usize, Level)> = teams
        .iter()
        .enumerate()
        .filter_map(|(index, team)| Some((index, team.document.group_confidence_level.clone()?)))
        .collect();
    let own = person.document.user_confidence_level.as_ref();
    let Some(Effective {
        max_confidence,
        source,
        overrides,
    }) = confidence::effective(bypass, own, &levels)
    else {
        return Link::Null;
    };
    let from = |source: Source<usize>| {
        let (word, object) = match source {
            Source::Bypass => ("Bypass", Link::Null),
            Source::User => ("User", Link::One(Node::User(Arc::clone(person)))),
            Source::Group(index) => match teams.get(index) {
                Some(team) => ("Group", Link::One(Node::Group(Arc::clone(team)))),
                None => ("Group", Link::Null),
            },
        };
        Made::with(
            "EffectiveConfidenceLevelSource",
            json!({"type": word}),
            [("object", object)],
        )
    };
    let overrides = overrides.into_iter().map(|(single, source)| {
        Made::with(
            "EffectiveConfidenceLevelOverride",
            json!(single),
            [("source", Link::One(from(source)))],
        )
    });
    Link::One(Made::with(
        "EffectiveConfidenceLevel",
        json!({"max_confidence": max_confidence}),
        [
            ("source", Link::One(from(source))),
            ("overrides", Link::Many(overrides.collect())),
        ],
    ))
}
