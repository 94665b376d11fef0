//! Plans: a validated operation with fragments unfolded and equal keys merged, once per concrete type.

use apollo_compiler::executable::{self, Argument, Operation};
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Node, ast};
use serde_json::Value;

use super::document::unfold;
use super::execute::Graph;
use super::{Arguments, Engine, Refusal, VALIDATION_FAILED, coerce};

/// An operation ready to run.
pub(super) struct Plan {
    pub(super) mutation: bool,
    pub(super) fields: Vec<Field>,
}

/// One field of a plan.
pub struct Field {
    /// The field's name in the schema.
    pub name: Name,
    /// Whether the graph has to be asked before it can be written.
    pub(super) fetched: bool,
    /// The key in the answer, written out with quotes and colon.
    pub(super) key: Box<[u8]>,
    pub(super) response: Name,
    pub(super) definition: Node<FieldDefinition>,
    pub(super) arguments: Vec<Node<Argument>>,
    pub(super) location: Option<(usize, usize)>,
    /// What is selected below it, for each concrete type that may stand there.
    pub(super) below: Vec<(Name, Vec<Field>)>,
}

impl Field {
    /// Whether a field of this name is selected directly below, for any type.
    pub fn selects(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The field of this name selected directly below, for any type.
    pub fn find(&self, name: &str) -> Option<&Field> {
        self.below
            .iter()
            .flat_map(|(_, fields)| fields)
            .find(|field| field.name == name)
    }

    /// What is selected of the nearest objects below that are of one of these types.
    pub fn beneath(&self, types: &[&str]) -> Vec<&Field> {
        let mut found = Vec::new();
        for (name, fields) in &self.below {
            if types.contains(&name.as_str()) {
                found.extend(fields);
            } else {
                found.extend(fields.iter().flat_map(|field| field.beneath(types)));
            }
        }
        found
    }

    /// What is selected when the object is of this type.
    pub(super) fn fields(&self, type_name: &str) -> &[Field] {
        self.below
            .iter()
            .find(|(name, _)| name == type_name)
            .map_or(&[], |(_, fields)| fields)
    }
}

/// A field about to be answered, with its arguments.
pub struct Call<'a> {
    /// The field of the plan.
    pub field: &'a Field,
    /// Its arguments, coerced.
    pub arguments: Arguments,
}

impl Call<'_> {
    /// The field's name.
    pub fn name(&self) -> &str {
        &self.field.name
    }

    /// The named type of the field, without lists and exclamation marks.
    pub fn type_name(&self) -> &str {
        self.field.definition.ty.inner_named_type()
    }

    /// An argument; nothing when absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    /// A textual argument; empty when absent, which no identifier is.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Makes the plan of an operation.
pub(super) fn build<G: Graph>(
    engine: &Engine,
    executable: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &Arguments,
) -> Result<Plan, Refusal> {
    let mut builder = Builder {
        engine,
        executable,
        variables,
        fetched: G::fetched,
        count: 0,
    };
    let root = operation.object_type();
    let fields = builder.fields(root, &[&operation.selection_set], 1)?;
    if fields.len() > engine.limits.roots {
        return Err(too_much("too many fields at the root"));
    }
    Ok(Plan {
        mutation: operation.is_mutation(),
        fields,
    })
}

fn too_much(why: &str) -> Refusal {
    Refusal::new(
        VALIDATION_FAILED,
        format!("The document asks for too much: {why}."),
    )
}

struct Builder<'d> {
    engine: &'d Engine,
    executable: &'d Valid<ExecutableDocument>,
    variables: &'d Arguments,
    fetched: fn(&str, &str) -> bool,
    count: usize,
}

impl<'d> Builder<'d> {
    fn fields(
        &mut self,
        type_name: &Name,
        sets: &[&'d executable::SelectionSet],
        depth: usize,
    ) -> Result<Vec<Field>, Refusal> {
        if depth > self.engine.limits.depth {
            return Err(too_much("too deep"));
        }
        let schema = &self.engine.schema;
        let variables = self.variables;
        let wanted = |directives: &ast::DirectiveList| wanted(directives, variables);
        let fits = |condition: &str| {
            condition == type_name.as_str() || schema.is_subtype(condition, type_name)
        };
        let mut merged: Vec<Vec<&'d Node<executable::Field>>> = Vec::new();
        let mut places: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        let mut seen = Vec::new();
        for set in sets {
            unfold(
                self.executable,
                set,
                &mut seen,
                &wanted,
                &fits,
                &mut |field| {
                    let place = *places
                        .entry(field.response_key().as_str())
                        .or_insert(merged.len());
                    match merged.get_mut(place) {
                        Some(same) => same.push(field),
                        None => merged.push(vec![field]),
                    }
                },
            );
        }
        self.count += merged.len();
        if self.count > self.engine.limits.plan {
            return Err(too_much("too many fields"));
        }
        merged
            .into_iter()
            .map(|same| self.field(type_name, &same, depth))
            .collect()
    }

    fn field(
        &mut self,
        type_name: &Name,
        same: &[&'d Node<executable::Field>],
        depth: usize,
    ) -> Result<Field, Refusal> {
        let [first, ..] = same else {
            return Err(too_much("an empty selection"));
        };
        // The library answers these; their selections are not ours to plan.
        let meta = matches!(first.name.as_str(), "__schema" | "__type");
        let sets: Vec<_> = same.iter().map(|field| &field.selection_set).collect();
        let mut below = Vec::new();
        if !meta && !first.selection_set.is_empty() {
            for name in self.possible(first.definition.ty.inner_named_type()) {
                let fields = self.fields(&name, &sets, depth + 1)?;
                below.push((name, fields));
            }
        }
        let location = first
            .location()
            .and_then(|span| span.line_column(&self.executable.sources))
            .map(|at| (at.line, at.column));
        // On a concrete type the field may be declared more strictly than on its interface.
        let definition = match self.engine.schema.type_field(type_name, &first.name) {
            Ok(definition) => definition.node.clone(),
            Err(_) => first.definition.clone(),
        };
        let fetched = first.name != "__typename"
            && !meta
            && (!below.is_empty() || (self.fetched)(type_name, &first.name));
        Ok(Field {
            name: first.name.clone(),
            fetched,
            key: format!("\"{}\":", first.response_key()).into_bytes().into(),
            response: first.response_key().clone(),
            definition,
            arguments: first.arguments.clone(),
            location,
            below,
        })
    }

    /// The object types that may stand where this type is declared.
    fn possible(&self, name: &Name) -> Vec<Name> {
        match self.engine.schema.types.get(name) {
            Some(ExtendedType::Interface(_)) => self
                .engine
                .implementers
                .get(name)
                .map(|implementers| implementers.objects.iter().cloned().collect())
                .unwrap_or_default(),
            Some(ExtendedType::Union(union)) => union
                .members
                .iter()
                .map(|member| member.name.clone())
                .collect(),
            _ => vec![name.clone()],
        }
    }
}

fn wanted(directives: &ast::DirectiveList, variables: &Arguments) -> bool {
    let flag = |name: &str| {
        let value = directives.get(name)?.specified_argument_by_name("if")?;
        match value.as_ref() {
            ast::Value::Boolean(flag) => Some(*flag),
            ast::Value::Variable(name) => variables.get(name.as_str())?.as_bool(),
            _ => None,
        }
    };
    flag("include").unwrap_or(true) && !flag("skip").unwrap_or(false)
}

/// A field's call: its arguments coerced against the schema.
pub(super) fn call<'f>(
    engine: &Engine,
    field: &'f Field,
    variables: &Arguments,
) -> Result<Call<'f>, Refusal> {
    let arguments = if field.definition.arguments.is_empty() {
        Arguments::new()
    } else {
        coerce::arguments(
            &engine.schema,
            &field.definition,
            &field.arguments,
            variables,
        )?
    };
    Ok(Call { field, arguments })
}
