//! What clients ask when they start (misp.md §1).

use serde_json::json;

use super::catalogue::{ANALYST_DATA, GALAXY_EDITOR, SIGHTING, SYNC};
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult};

/// The vendor's version that is imitated. Clients want whole numbers between dots.
const VERSION: &str = "2.5.1";

/// `servers/getVersion`.
pub async fn version(request: Authenticated) -> HandlerResult {
    let syncs = protocol::acts_with(&request, SYNC);
    // Only those who synchronise instances learn which one this is.
    let uuid = if syncs {
        request
            .state()
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
        "perm_sighting": protocol::acts_with(&request, SIGHTING),
        "perm_galaxy_editor": protocol::acts_with(&request, GALAXY_EDITOR),
        "perm_analyst_data": protocol::acts_with(&request, ANALYST_DATA),
        "uuid": uuid,
        "request_encoding": [],
        "filter_sightings": true,
    });
    Ok(wire::shown(&request, &body))
}

/// `servers/getPyMISPVersion`.
pub async fn client_version(request: Authenticated) -> HandlerResult {
    Ok(wire::shown(&request, &json!({ "version": VERSION })))
}

/// `attributes/describeTypes`: threat intelligence is not served. Quirk: an answer without `result`
/// makes the client use the list it carries, without complaining in its log (misp.md §1).
pub async fn describe_types(request: Authenticated) -> HandlerResult {
    Ok(wire::shown(&request, &json!({})))
}
