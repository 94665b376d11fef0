//! Types that a vendor's schema has and of which no object exists here. Clients name them in fragments
//! of documents that are made for every kind of object; such a fragment never applies, so it is taken
//! out before the document is compared with the schema, and its fields need not be in the schema.

use apollo_compiler::ast::{
    self, Argument, Definition, Directive, DirectiveList, Field, Selection, Value,
};
use apollo_compiler::{Name, Node, name};

use super::reach::Reach;

/// Takes out the fragments on those types, and what only they made use of.
pub(super) fn take_out(document: &mut ast::Document, is_unserved: &dyn Fn(&str) -> bool) {
    let gone: Vec<Name> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::FragmentDefinition(fragment) if is_unserved(&fragment.type_condition) => {
                Some(fragment.name.clone())
            }
            _ => None,
        })
        .collect();
    let mentions = |definition: &Definition| match definition {
        Definition::OperationDefinition(operation) => {
            names_any(&operation.selection_set, &gone, is_unserved)
        }
        Definition::FragmentDefinition(fragment) => {
            names_any(&fragment.selection_set, &gone, is_unserved)
        }
        _ => false,
    };
    if !document.definitions.iter().any(mentions) {
        return;
    }
    let before = Reach::of_operations(document);
    for definition in &mut document.definitions {
        let selections = match definition {
            Definition::OperationDefinition(operation) => &mut operation.make_mut().selection_set,
            Definition::FragmentDefinition(fragment) => &mut fragment.make_mut().selection_set,
            _ => continue,
        };
        take_from(selections, &gone, is_unserved);
    }
    let after = Reach::of_operations(document);
    let mut operations = before.iter().zip(&after);
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition
            && let Some((before, after)) = operations.next()
        {
            operation.make_mut().variables.retain(|variable| {
                let name = variable.name.as_str();
                !before.variables.contains(name) || after.variables.contains(name)
            });
        }
    }
    document.definitions.retain(|definition| match definition {
        Definition::FragmentDefinition(fragment) => {
            let name = fragment.name.as_str();
            let used = |reaches: &[Reach]| reaches.iter().any(|one| one.fragments.contains(name));
            !used(&before) || used(&after)
        }
        _ => true,
    });
}

/// Whether a selection is a fragment that applies to nothing.
fn applies_never(selection: &Selection, gone: &[Name], is_unserved: &dyn Fn(&str) -> bool) -> bool {
    match selection {
        Selection::InlineFragment(fragment) => fragment
            .type_condition
            .as_ref()
            .is_some_and(|name| is_unserved(name)),
        Selection::FragmentSpread(spread) => gone.contains(&spread.fragment_name),
        Selection::Field(_) => false,
    }
}

fn names_any(selections: &[Selection], gone: &[Name], is_unserved: &dyn Fn(&str) -> bool) -> bool {
    selections.iter().any(|selection| {
        let below: &[Selection] = match selection {
            Selection::Field(field) => &field.selection_set,
            Selection::InlineFragment(fragment) => &fragment.selection_set,
            Selection::FragmentSpread(_) => &[],
        };
        applies_never(selection, gone, is_unserved) || names_any(below, gone, is_unserved)
    })
}

fn take_from(selections: &mut Vec<Selection>, gone: &[Name], is_unserved: &dyn Fn(&str) -> bool) {
    let count = selections.len();
    selections.retain(|selection| !applies_never(selection, gone, is_unserved));
    if selections.len() < count && selections.is_empty() {
        selections.push(Selection::Field(Node::new(nothing())));
    }
    for selection in selections {
        let below = match selection {
            Selection::Field(field) if !field.selection_set.is_empty() => {
                &mut field.make_mut().selection_set
            }
            Selection::InlineFragment(fragment) => &mut fragment.make_mut().selection_set,
            Selection::Field(_) | Selection::FragmentSpread(_) => continue,
        };
        take_from(below, gone, is_unserved);
    }
}

/// A field that is never answered: a selection must not be empty.
fn nothing() -> Field {
    let always = Argument {
        name: name!("if"),
        value: Node::new(Value::Boolean(true)),
    };
    let skip = Directive {
        name: name!("skip"),
        arguments: vec![Node::new(always)],
    };
    Field {
        alias: None,
        name: name!("__typename"),
        arguments: Vec::new(),
        directives: DirectiveList(vec![Node::new(skip)]),
        selection_set: Vec::new(),
    }
}
