//! What is wrong with a document: every complaint, the cause before its consequences, in the words of
//! the reference implementation (graphql-js), which clients and people search for.

use std::collections::HashSet;

use apollo_compiler::Schema;
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::validation::DiagnosticList;

use super::reach::Reach;
use super::suggestions;
use super::{Refusal, VALIDATION_FAILED};

/// Complaints of one document at most, as in the reference implementation.
const MOST: usize = 100;

/// The complaints about a document that does not fit the schema.
pub(super) fn complaints(
    schema: &Schema,
    document: &ast::Document,
    errors: &DiagnosticList,
) -> Vec<Refusal> {
    let used = Used::of(document);
    let mut found: Vec<(u8, Refusal)> = Vec::new();
    let mut consequences: Vec<Refusal> = Vec::new();
    for error in errors.iter() {
        let told = error.unstable_to_json_compat();
        let kind = error.error.unstable_error_name().unwrap_or_default();
        let mut message = told.message;
        // Every second piece between quotes is a name.
        let names: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
        // What is not sent is not looked for.
        if found.len() < MOST {
            let suggested = suggestions::after(schema, kind, &names);
            message.push_str(&suggested);
        }
        let mut refusal = Refusal::new(VALIDATION_FAILED, message);
        let places = told.locations.iter().map(|at| (at.line, at.column));
        refusal.locations.extend(places);
        let offset = error.error.location().map(|span| span.offset());
        if used.explains(kind, &refusal.message, offset) {
            consequences.push(refusal);
            continue;
        }
        // The reference implementation comes to these when it has read the operation, or all of it.
        let rank = match kind {
            "UnusedVariable" => 1,
            "UnusedFragment" => 2,
            _ => 0,
        };
        found.push((rank, refusal));
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut found: Vec<Refusal> = found.into_iter().map(|(_, refusal)| refusal).collect();
    if found.is_empty() {
        found = consequences;
    }
    if found.len() > MOST {
        found.truncate(MOST);
        found.push(Refusal::new(
            VALIDATION_FAILED,
            "Too many validation errors, error limit reached. Validation aborted.",
        ));
    }
    found
}

/// The first complaint of a parser, which reads no further either.
pub(super) fn unreadable(code: &'static str, errors: &DiagnosticList) -> Refusal {
    let first = errors.iter().next().map(|error| error.to_json());
    let Some(first) = first else {
        return Refusal::new(code, "The document cannot be read.");
    };
    let mut refusal = Refusal::new(code, format!("Syntax Error: {}", first.message));
    let places = first.locations.iter().map(|at| (at.line, at.column));
    refusal.locations.extend(places);
    refusal
}

/// What a document as it was written makes use of. The library drops a field that the schema does not
/// have, and then takes what stood in it for missing or unused.
struct Used {
    variables: HashSet<String>,
    fragments: HashSet<String>,
    /// Where the fields stand that have a selection.
    selecting: HashSet<usize>,
}

impl Used {
    fn of(document: &ast::Document) -> Self {
        let mut used = Self {
            variables: HashSet::new(),
            fragments: HashSet::new(),
            selecting: HashSet::new(),
        };
        for reach in Reach::of_operations(document) {
            used.variables.extend(reach.variables);
            used.fragments.extend(reach.fragments);
        }
        for definition in &document.definitions {
            let selections = match definition {
                Definition::OperationDefinition(operation) => &operation.selection_set,
                Definition::FragmentDefinition(fragment) => &fragment.selection_set,
                _ => continue,
            };
            used.note_selecting(selections);
        }
        used
    }

    fn note_selecting(&mut self, selections: &[ast::Selection]) {
        for selection in selections {
            match selection {
                ast::Selection::Field(field) => {
                    if !field.selection_set.is_empty()
                        && let Some(span) = field.location()
                    {
                        self.selecting.insert(span.offset());
                    }
                    self.note_selecting(&field.selection_set);
                }
                ast::Selection::InlineFragment(fragment) => {
                    self.note_selecting(&fragment.selection_set);
                }
                ast::Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// Whether a complaint is only a consequence of another one.
    fn explains(&self, kind: &str, message: &str, offset: Option<usize>) -> bool {
        let quoted = message.split('"').nth(1).unwrap_or_default();
        match kind {
            "UnusedVariable" => self.variables.contains(quoted.trim_start_matches('$')),
            "UnusedFragment" => self.fragments.contains(quoted),
            "MissingSubselection" => offset.is_some_and(|at| self.selecting.contains(&at)),
            _ => false,
        }
    }
}
