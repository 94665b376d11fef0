//! What an operation makes use of, through fragments too.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    self, Argument, Definition, DirectiveList, FragmentDefinition, OperationDefinition, Selection,
    Value,
};
use apollo_compiler::{Name, Node};

/// The names of what an operation uses.
#[derive(Default)]
pub(super) struct Reach {
    /// Variables.
    pub variables: HashSet<String>,
    /// Fragments.
    pub fragments: HashSet<String>,
}

impl Reach {
    /// What each operation of a document uses, in their order.
    pub fn of_operations(document: &ast::Document) -> Vec<Self> {
        let mut fragments = HashMap::new();
        for definition in &document.definitions {
            if let Definition::FragmentDefinition(fragment) = definition {
                fragments.insert(fragment.name.as_str(), fragment.as_ref());
            }
        }
        let operations = document.definitions.iter().filter_map(|one| match one {
            Definition::OperationDefinition(operation) => Some(operation),
            _ => None,
        });
        operations.map(|one| Self::of(&fragments, one)).collect()
    }

    fn of(fragments: &HashMap<&str, &FragmentDefinition>, operation: &OperationDefinition) -> Self {
        let mut reach = Self::default();
        reach.directives(&operation.directives);
        let mut spread = Vec::new();
        reach.selections(&operation.selection_set, &mut spread);
        // Each fragment is looked at once, whether or not it leads back to itself.
        while let Some(name) = spread.pop() {
            if !reach.fragments.insert(name.to_string()) {
                continue;
            }
            if let Some(fragment) = fragments.get(name.as_str()) {
                reach.directives(&fragment.directives);
                reach.selections(&fragment.selection_set, &mut spread);
            }
        }
        reach
    }

    fn selections(&mut self, selections: &[Selection], spread: &mut Vec<Name>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments);
                    self.directives(&field.directives);
                    self.selections(&field.selection_set, spread);
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set, spread);
                }
                Selection::FragmentSpread(fragment) => {
                    self.directives(&fragment.directives);
                    spread.push(fragment.fragment_name.clone());
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        for directive in directives.iter() {
            self.arguments(&directive.arguments);
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        for argument in arguments {
            self.value(&argument.value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => drop(self.variables.insert(name.to_string())),
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(members) => members.iter().for_each(|(_, item)| self.value(item)),
            Value::Null
            | Value::Enum(_)
            | Value::String(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Boolean(_) => {}
        }
    }
}
