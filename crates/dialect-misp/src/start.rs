//! What clients ask when they start (misp.md §1).

use serde_json::json;

use super::catalogue::{ANALYST_DATA, GALAXY_EDITOR, SIGHTING, SYNC};
use super::{voice, wire};
use kit::{Answer, Signed};

/// The vendor's version that is imitated. Clients want whole numbers between dots.
const VERSION: &str = "2.5.1";

/// `servers/getVersion`.
pub async fn version(signed: Signed) -> Answer {
    let syncs = voice::acts_with(&signed, SYNC);
    // Only those who synchronise instances learn which one this is.
    let uuid = if syncs {
        signed
            .shared()
            .directory()
            .installation_uuid()
            .await?
            .to_string()
    } else {
        "-".to_owned()
    };
    let body = json!({
        "version": VERSION,
        "pymisp_recommended_version": VERSION,
        "perm_sync": syncs,
        "perm_sighting": voice::acts_with(&signed, SIGHTING),
        "perm_galaxy_editor": voice::acts_with(&signed, GALAXY_EDITOR),
        "perm_analyst_data": voice::acts_with(&signed, ANALYST_DATA),
        "uuid": uuid,
        "request_encoding": [],
        "filter_sightings": true,
    });
    Ok(wire::shown(&signed, &body))
}

/// `servers/getPyMISPVersion`.
pub async fn client_version(signed: Signed) -> Answer {
    Ok(wire::shown(&signed, &json!({ "version": VERSION })))
}

/// `attributes/describeTypes`: threat intelligence is not served. Quirk: an answer without `result`
/// makes the client use the list it carries, without complaining in its log (misp.md §1).
pub async fn describe_types(signed: Signed) -> Answer {
    Ok(wire::shown(&signed, &json!({})))
}
