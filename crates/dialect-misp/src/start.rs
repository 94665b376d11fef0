//! What clients ask when they start (misp.md §1).

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

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

/// `tags/index`.
///
/// Quirk: n8n's node for MISP tries its credentials by this list (misp.md §8); there are no tags here.
pub async fn tags(request: Authenticated) -> HandlerResult {
    Ok(wire::shown(&request, &json!({ "Tag": [] })))
}

/// The types and categories that attributes may have: constants of the vendor's product. Threat
/// intelligence is not served, but clients ask for these lists before they do anything else, and some go no
/// further without them (misp.md §1).
static TYPES: LazyLock<Value> = LazyLock::new(|| described(include_str!("attribute_types.tsv")));

/// Reads the table of types and categories into the vendor's shape.
fn described(table: &str) -> Value {
    let (mut defaults, mut mappings) = (Map::new(), Map::new());
    let (mut types, mut categories) = (Vec::new(), Vec::new());
    for line in table.lines() {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["type", name, category, detection] => {
                let detection: i64 = detection.parse().unwrap_or(0);
                let default = json!({ "default_category": category, "to_ids": detection });
                defaults.insert((*name).to_owned(), default);
                types.push(json!(name));
            }
            ["category", name, takes] => {
                let takes: Vec<&str> = takes.split(", ").collect();
                mappings.insert((*name).to_owned(), json!(takes));
                categories.push(json!(name));
            }
            _ => {}
        }
    }
    json!({ "result": {
        "sane_defaults": defaults,
        "types": types,
        "categories": categories,
        "category_type_mappings": mappings,
    } })
}

/// `attributes/describeTypes`.
pub async fn describe_types(request: Authenticated) -> HandlerResult {
    Ok(wire::shown(&request, &*TYPES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_category_that_takes_it() {
        let result = &TYPES["result"];
        let types = result["types"].as_array().unwrap();
        assert_eq!(
            (types.len(), result["categories"].as_array().unwrap().len()),
            (194, 16)
        );
        for name in types {
            let default = &result["sane_defaults"][name.as_str().unwrap()];
            let category = default["default_category"].as_str().unwrap();
            let takes = result["category_type_mappings"][category]
                .as_array()
                .unwrap();
            assert!(takes.contains(name), "{name} {category}");
        }
        for (category, takes) in result["category_type_mappings"].as_object().unwrap() {
            assert!(
                takes
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|one| types.contains(one)),
                "{category}"
            );
        }
    }
}
