use std::collections::BTreeSet;

use graphql::{Engine, Limits, ObjectType};

use crate::SCHEMA;
use crate::graph::query::QUERIES;
use crate::graph::relations::RELATIONS;
use crate::mutate::{EDITS, MUTATIONS};

fn types() -> Vec<ObjectType> {
    Engine::new(SCHEMA, Limits::default())
        .unwrap()
        .object_types()
}

fn of_schema(types: &[ObjectType], name: &str, objects_only: bool) -> BTreeSet<(String, String)> {
    let found = types.iter().find(|it| it.name == name);
    let found = found.unwrap_or_else(|| panic!("the schema has no type {name}"));
    let fields = found
        .fields
        .iter()
        .filter(|field| !objects_only || !field.leaf);
    fields
        .map(|field| (name.to_owned(), field.name.clone()))
        .collect()
}

/// Whatever the schema names is in a table, and whatever a table names is in the schema.
#[test]
fn roots_and_edits_are_those_of_the_schema() {
    let types = types();
    let named = |of: &str, name: &str| (of.to_owned(), name.to_owned());
    let queries = QUERIES.iter().map(|field| named("Query", field.name));
    let mutations = MUTATIONS.iter().map(|field| named("Mutation", field.name));
    let edits = EDITS.iter().map(|field| named(field.of, field.name));
    let tables: Vec<_> = queries.chain(mutations).chain(edits).collect();
    let mut schema = BTreeSet::new();
    for it in &types {
        if ["Query", "Mutation"].contains(&&*it.name) || it.name.ends_with("EditMutations") {
            schema.extend(of_schema(&types, &it.name, false));
        }
    }
    assert_eq!(tables.iter().cloned().collect::<BTreeSet<_>>(), schema);
    assert_eq!(
        tables.len(),
        schema.len(),
        "a field stands in a table twice"
    );
}

/// Types whose objects hold what their fields lead to, so that they need no table.
const HOLDERS: &[&str] = &["Connection", "Edge"];

#[test]
fn relations_are_those_of_the_schema() {
    let types = types();
    let mut tables = BTreeSet::new();
    for (owners, relations) in RELATIONS {
        for owner in *owners {
            for relation in *relations {
                let fresh = tables.insert(((*owner).to_owned(), relation.name.to_owned()));
                assert!(fresh, "{owner}.{} stands twice", relation.name);
            }
        }
    }
    let owners: BTreeSet<&str> = tables.iter().map(|(owner, _)| owner.as_str()).collect();
    for owner in owners {
        let own: BTreeSet<_> = tables
            .iter()
            .filter(|(of, _)| of == owner)
            .cloned()
            .collect();
        let all = of_schema(&types, owner, false);
        let unknown: Vec<_> = own.difference(&all).collect();
        assert!(unknown.is_empty(), "not in the schema: {unknown:?}");
        let objects = of_schema(&types, owner, true);
        let missing: Vec<_> = objects.difference(&own).collect();
        assert!(missing.is_empty(), "no resolver: {missing:?}");
    }
    // Objects that are more than plain values have a table, unless they hold all they lead to.
    assert_eq!(of_schema(&types, "MeOrganization", true), BTreeSet::new());
    for it in types
        .iter()
        .filter(|it| HOLDERS.iter().any(|end| it.name.ends_with(end)))
    {
        let objects = of_schema(&types, &it.name, true);
        let known = ["edges", "pageInfo", "node"];
        let unknown: Vec<_> = objects
            .iter()
            .filter(|(_, field)| !known.contains(&field.as_str()))
            .collect();
        assert!(unknown.is_empty(), "no resolver: {unknown:?}");
    }
}
