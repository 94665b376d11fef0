//! The audit trail in SQL.

use crate::model::Time;

use super::{Res, Tx};

/// An event to append.
pub(crate) struct NewEvent<'a> {
    pub at: Time,
    pub verb: &'a str,
    pub actor: Option<i64>,
    pub actor_name: Option<&'a str>,
    pub platform: &'a str,
    pub key: Option<i64>,
    pub session: Option<i64>,
    pub entity: &'a str,
    pub entity_id: Option<i64>,
    pub entity_name: Option<&'a str>,
    pub organisation: Option<i64>,
    pub detail: Option<&'a str>,
    pub address: Option<&'a str>,
    pub request_id: Option<&'a str>,
}

/// Appends one.
pub(crate) async fn append(tx: &mut Tx<'_>, event: &NewEvent<'_>) -> Res<()> {
    tx.exec(
        "INSERT INTO events (at, verb, actor_id, actor_name, platform, key_id, session_id, entity, entity_id, entity_name, \
         organisation_id, detail, address, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &[
            event.at.0.into(), event.verb.into(), event.actor.into(), event.actor_name.into(), event.platform.into(),
            event.key.into(), event.session.into(), event.entity.into(), event.entity_id.into(), event.entity_name.into(),
            event.organisation.into(), event.detail.into(), event.address.into(), event.request_id.into(),
        ],
    )
    .await?;
    Ok(())
}
