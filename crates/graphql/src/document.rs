//! Documents: parsed, validated, within the limits, and remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast;
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::Valid;

use super::execute::Graph;
use super::plan::{self, Plan};
use super::{Arguments, BAD_USER_INPUT, Engine, PARSE_FAILED, Refusal, VALIDATION_FAILED};
use super::{diagnosis, unserved};

/// A document that may run: it fits the schema and the limits.
pub struct Document {
    executable: Valid<ExecutableDocument>,
    /// Whether a plan depends on variables, through `@skip` and `@include`.
    conditional: bool,
    /// The plan of a document with one unconditional operation, which is what clients send.
    plan: OnceLock<Arc<Plan>>,
    /// Roughly how many bytes it takes in memory, with the plan that may be made of it.
    weight: usize,
}

impl Document {
    /// Parses and validates in two steps, because the vendor tells the two failures apart.
    pub(super) fn parse(engine: &Engine, text: &str) -> Result<Self, Vec<Refusal>> {
        let limits = &engine.limits;
        if text.len() > limits.text {
            return Err(vec![Refusal::new(
                PARSE_FAILED,
                "Syntax Error: the document is too long.",
            )]);
        }
        let mut tree = Parser::new()
            .recursion_limit(4 * limits.depth)
            .token_limit(limits.tokens)
            .parse_ast(text, "document.graphql")
            .map_err(|error| vec![diagnosis::unreadable(PARSE_FAILED, &error.errors)])?;
        unserved::take_out(&mut tree, &|name| engine.is_unserved(name));
        // Aliases are counted before validation, whose rule on merging fields is the dear one.
        if aliases(&tree) > limits.aliases {
            return Err(vec![Refusal::new(
                VALIDATION_FAILED,
                "The document uses too many aliases.",
            )]);
        }
        let executable = tree
            .to_executable_validate(&engine.schema)
            .map_err(|error| diagnosis::complaints(&engine.schema, &tree, &error.errors))?;
        Ok(Self {
            conditional: text.contains("@skip") || text.contains("@include"),
            weight: weigh(text, &executable, limits.plan),
            executable,
            plan: OnceLock::new(),
        })
    }

    pub(super) fn executable(&self) -> &Valid<ExecutableDocument> {
        &self.executable
    }

    /// The operation to run: the named one, or the only one.
    pub fn operation(&self, name: Option<&str>) -> Result<&Operation, Refusal> {
        let name = name.filter(|name| !name.is_empty());
        match self.executable.operations.get(name) {
            Ok(operation) => Ok(operation),
            Err(error) => Err(Refusal::new(BAD_USER_INPUT, error.message().to_string())),
        }
    }

    /// Whether every root field of the operation to run is one of these.
    pub fn asks_only(&self, operation: Option<&str>, names: &[&str]) -> bool {
        let Ok(operation) = self.operation(operation) else {
            return false;
        };
        let mut fields = operation.root_fields(&self.executable).peekable();
        operation.is_mutation()
            && fields.peek().is_some()
            && fields.all(|field| names.contains(&field.name.as_str()))
    }

    pub(super) fn introspects(&self, operation: &Operation) -> bool {
        operation.is_query()
            && operation
                .root_fields(&self.executable)
                .any(|field| matches!(field.name.as_str(), "__schema" | "__type"))
    }

    pub(super) fn plan<G: Graph>(
        &self,
        engine: &Engine,
        operation: &Operation,
        variables: &Arguments,
    ) -> Result<Arc<Plan>, Refusal> {
        let fresh =
            || plan::build::<G>(engine, &self.executable, operation, variables).map(Arc::new);
        if self.conditional || self.executable.operations.len() != 1 {
            return fresh();
        }
        if let Some(plan) = self.plan.get() {
            return Ok(Arc::clone(plan));
        }
        let plan = fresh()?;
        Ok(Arc::clone(self.plan.get_or_init(|| plan)))
    }
}

fn aliases(document: &ast::Document) -> usize {
    fn within(selections: &[ast::Selection]) -> usize {
        selections
            .iter()
            .map(|selection| match selection {
                ast::Selection::Field(field) => {
                    usize::from(field.alias.is_some()) + within(&field.selection_set)
                }
                ast::Selection::InlineFragment(fragment) => within(&fragment.selection_set),
                ast::Selection::FragmentSpread(_) => 0,
            })
            .sum()
    }
    document
        .definitions
        .iter()
        .map(|definition| match definition {
            ast::Definition::OperationDefinition(operation) => within(&operation.selection_set),
            ast::Definition::FragmentDefinition(fragment) => within(&fragment.selection_set),
            _ => 0,
        })
        .sum()
}

/// Bytes of a selection with its node, its place in a list and what it points at.
const SELECTION: usize = 400;
/// Bytes of an argument, a variable or a value inside one.
const VALUE: usize = 160;

/// Roughly how many bytes a document takes: its text (as the key and as the source that errors point into),
/// what it was taken apart into, and the plan that may be made of it, in which fragments are unfolded.
fn weigh(text: &str, executable: &ExecutableDocument, most: usize) -> usize {
    let mut selections = 0;
    let mut values = 0;
    let mut planned = 0_usize;
    let mut known = HashMap::new();
    for operation in executable.operations.iter() {
        values += operation.variables.len();
        count(&operation.selection_set, &mut selections, &mut values);
        planned =
            planned.saturating_add(unfolded(&operation.selection_set, executable, &mut known));
    }
    for fragment in executable.fragments.values() {
        count(&fragment.selection_set, &mut selections, &mut values);
    }
    let planned = planned.min(most) * size_of::<plan::Field>();
    1_024 + 2 * text.len() + selections * SELECTION + values * VALUE + planned
}

/// Counts the selections of a set and the values that stand in them.
fn count(set: &SelectionSet, selections: &mut usize, values: &mut usize) {
    fn within(value: &ast::Value) -> usize {
        1 + match value {
            ast::Value::List(several) => several.iter().map(|value| within(value)).sum(),
            ast::Value::Object(fields) => fields.iter().map(|(_, value)| within(value)).sum(),
            _ => 0,
        }
    }
    for selection in &set.selections {
        *selections += 1;
        match selection {
            Selection::Field(field) => {
                let arguments = field.arguments.iter();
                *values += arguments.map(|one| within(&one.value)).sum::<usize>();
                *values += field.directives.len();
                count(&field.selection_set, selections, values);
            }
            Selection::InlineFragment(fragment) => {
                *values += fragment.directives.len();
                count(&fragment.selection_set, selections, values);
            }
            Selection::FragmentSpread(spread) => *values += spread.directives.len(),
        }
    }
}

/// How many fields a set holds once fragments are unfolded. Each fragment is counted once and remembered,
/// since some in others multiply.
fn unfolded<'d>(
    set: &'d SelectionSet,
    executable: &'d ExecutableDocument,
    known: &mut HashMap<&'d str, usize>,
) -> usize {
    let mut fields = 0_usize;
    for selection in &set.selections {
        fields = fields.saturating_add(match selection {
            Selection::Field(field) => {
                unfolded(&field.selection_set, executable, known).saturating_add(1)
            }
            Selection::InlineFragment(fragment) => {
                unfolded(&fragment.selection_set, executable, known)
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.fragment_name.as_str();
                match (known.get(name), executable.fragments.get(name)) {
                    (Some(found), _) => *found,
                    (None, Some(fragment)) => {
                        let found = unfolded(&fragment.selection_set, executable, known);
                        known.insert(name, found);
                        found
                    }
                    (None, None) => 0,
                }
            }
        });
    }
    fields
}

/// Valid documents by their text, in two generations: what was not asked for during a whole
/// generation goes. Bounded by what it weighs, since clients may build endless new ones. One that weighs
/// more than a generation is not kept.
pub(super) struct Cache {
    bytes: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Document>>,
    old: HashMap<Box<str>, Arc<Document>>,
    young_weight: usize,
}

impl Cache {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            generations: Mutex::default(),
        }
    }

    pub(super) fn get(&self, text: &str) -> Option<Arc<Document>> {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = generations.young.get(text) {
            return Some(Arc::clone(found));
        }
        let (text, found) = generations.old.remove_entry(text)?;
        self.insert(&mut generations, text, &found);
        Some(found)
    }

    pub(super) fn put(&self, text: &str, document: &Arc<Document>) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.insert(&mut generations, text.into(), document);
    }

    fn insert(&self, generations: &mut Generations, text: Box<str>, document: &Arc<Document>) {
        if document.weight > self.bytes / 2 {
            return;
        }
        if generations.young_weight + document.weight > self.bytes / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_weight = 0;
        }
        generations.young_weight += document.weight;
        // When two requests parsed one new document at once it counts twice, which only ends the
        // generation a little early.
        generations.young.insert(text, Arc::clone(document));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.young.len() + generations.old.len()
    }
}

/// Unfolds one selection set: every selection with the fragments it stands in taken away.
/// `fits` says whether a type condition applies to the concrete type at hand.
pub(super) fn unfold<'d>(
    executable: &'d ExecutableDocument,
    set: &'d SelectionSet,
    seen: &mut Vec<&'d str>,
    wanted: &dyn Fn(&ast::DirectiveList) -> bool,
    fits: &dyn Fn(&str) -> bool,
    found: &mut dyn FnMut(&'d apollo_compiler::Node<apollo_compiler::executable::Field>),
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) if wanted(&field.directives) => found(field),
            Selection::InlineFragment(fragment)
                if wanted(&fragment.directives)
                    && fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|name| fits(name)) =>
            {
                unfold(
                    executable,
                    &fragment.selection_set,
                    seen,
                    wanted,
                    fits,
                    found,
                );
            }
            Selection::FragmentSpread(spread) if wanted(&spread.directives) => {
                let name = spread.fragment_name.as_str();
                if seen.contains(&name) {
                    continue;
                }
                let Some(fragment) = executable.fragments.get(name) else {
                    continue;
                };
                seen.push(name);
                if fits(fragment.type_condition()) {
                    unfold(
                        executable,
                        &fragment.selection_set,
                        seen,
                        wanted,
                        fits,
                        found,
                    );
                }
            }
            Selection::Field(_) | Selection::InlineFragment(_) | Selection::FragmentSpread(_) => {}
        }
    }
}
