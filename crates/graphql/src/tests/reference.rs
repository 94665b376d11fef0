//! The plans against the library's own executor: whatever the client sends gets the same answer both
//! ways, to the last byte, over a graph whose every value follows from where it stands and from the
//! arguments it was asked with.

use std::collections::BTreeMap;

use apollo_compiler::ast::Type;
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::ExtendedType;

use super::*;

/// An object of the made-up graph: its type, and the number that its fields follow from.
#[derive(Clone, Debug)]
struct Spot {
    type_name: String,
    number: u64,
}

/// The value of a field.
enum Grown {
    Null,
    Leaf(Value),
    Spot(Spot),
    List(Vec<Grown>),
}

struct Garden<'e>(&'e Engine);

fn mixed(parts: &[&str]) -> u64 {
    let mut number: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        number = (number ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    number
}

/// Arguments as text, whatever order their members came in.
fn written(arguments: &Value) -> String {
    match arguments {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, String> = members
                .iter()
                .map(|(name, value)| (name, written(value)))
                .collect();
            format!("{sorted:?}")
        }
        Value::Array(items) => {
            format!("{:?}", items.iter().map(written).collect::<Vec<_>>())
        }
        other => other.to_string(),
    }
}

impl Garden<'_> {
    fn grow(&self, spot: &Spot, field: &str, ty: &Type, arguments: &Value) -> Grown {
        let seed = spot.number.to_string();
        let number = mixed(&[&spot.type_name, &seed, field, &written(arguments)]);
        self.value(ty, number)
    }

    fn is_leaf(&self, name: &Name) -> bool {
        let ty = &self.0.schema.types[name];
        ty.is_scalar() || ty.is_enum()
    }

    fn value(&self, ty: &Type, number: u64) -> Grown {
        if !ty.is_non_null() && number.is_multiple_of(5) {
            return Grown::Null;
        }
        let name = match ty {
            Type::List(inner) | Type::NonNullList(inner) => {
                // A list of objects holds no nulls: the dialect's lists never do.
                let inner = match self.is_leaf(inner.inner_named_type()) {
                    true => inner.as_ref().clone(),
                    false => inner.as_ref().clone().non_null(),
                };
                let items = (0..number % 3).map(|index| {
                    self.value(&inner, mixed(&[&number.to_string(), &index.to_string()]))
                });
                return Grown::List(items.collect());
            }
            Type::Named(name) | Type::NonNullNamed(name) => name,
        };
        let spot = |type_name: &Name| {
            Grown::Spot(Spot {
                type_name: type_name.to_string(),
                number,
            })
        };
        let mut possible: Vec<&Name> = match self.0.schema.types.get(name) {
            Some(ExtendedType::Object(_)) => return spot(name),
            Some(ExtendedType::Interface(_)) => self
                .0
                .implementers
                .get(name)
                .unwrap()
                .objects
                .iter()
                .collect(),
            Some(ExtendedType::Union(union)) => union.members.iter().map(|one| &one.name).collect(),
            Some(ExtendedType::Enum(words)) => {
                let words: Vec<&Name> = words.values.keys().collect();
                let word = words[usize::try_from(number).unwrap() % words.len()];
                return Grown::Leaf(json!(word.as_str()));
            }
            _ => {
                return Grown::Leaf(match name.as_str() {
                    "Int" => json!(number % 1_000),
                    "Float" => json!(0.5),
                    "Boolean" => json!(number.is_multiple_of(2)),
                    _ => json!(format!("é\"{number}\n")),
                });
            }
        };
        possible.sort();
        spot(possible[usize::try_from(number).unwrap() % possible.len()])
    }
}

impl Graph for Garden<'_> {
    type Node = Spot;

    fn root(&self, mutation: bool) -> Spot {
        Spot {
            type_name: if mutation { "Mutation" } else { "Query" }.to_owned(),
            number: 1,
        }
    }

    fn type_name<'n>(&self, spot: &'n Spot) -> &'n str {
        &spot.type_name
    }

    fn fetched(type_name: &str, field: &str) -> bool {
        // Some leaves are fetched as well, those with arguments among them.
        matches!(type_name, "Query" | "Mutation") || field.ends_with('e')
    }

    fn relate<'a>(
        &'a self,
        parents: &'a [&'a Spot],
        call: &'a Call<'a>,
    ) -> Pending<'a, Result<Vec<Link<Spot>>, Refusal>> {
        Box::pin(async move {
            let arguments = Value::Object(call.arguments.clone());
            let ty = &call.field.definition.ty;
            let link = |spot: &&Spot| match self.grow(spot, call.name(), ty, &arguments) {
                Grown::Null => Link::Null,
                Grown::Leaf(value) => Link::Leaf(value),
                Grown::Spot(spot) => Link::One(spot),
                Grown::List(items) => linked(items, self.is_leaf(ty.inner_named_type())),
            };
            Ok(parents.iter().map(link).collect())
        })
    }

    fn write(&self, spot: &Spot, field: &Field, out: &mut Json) {
        let grown = self.grow(spot, &field.name, &field.definition.ty, &json!({}));
        out.value(&plain(grown));
    }
}

fn linked(items: Vec<Grown>, leaves: bool) -> Link<Spot> {
    if leaves {
        return Link::Leaf(plain(Grown::List(items)));
    }
    let spots = items.into_iter().filter_map(|item| match item {
        Grown::Spot(spot) => Some(spot),
        Grown::Null | Grown::Leaf(_) | Grown::List(_) => None,
    });
    Link::Many(spots.collect())
}

fn plain(grown: Grown) -> Value {
    match grown {
        Grown::Null | Grown::Spot(_) => Value::Null,
        Grown::Leaf(value) => value,
        Grown::List(items) => items.into_iter().map(plain).collect(),
    }
}

/// The same graph as the library asks it.
struct Rooted<'e>(&'e Engine, Spot);

impl ObjectValue for Rooted<'_> {
    fn type_name(&self) -> &str {
        &self.1.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let arguments = serde_json::to_value(info.arguments()).unwrap();
        // On an object the field may be declared more strictly than where the library looks.
        let declared = self
            .0
            .schema
            .type_field(&self.1.type_name, info.field_name());
        let ty = &declared.unwrap().ty;
        let grown = Garden(self.0).grow(&self.1, info.field_name(), ty, &arguments);
        Ok(resolved(self.0, grown))
    }
}

fn resolved<'a>(engine: &'a Engine, grown: Grown) -> ResolvedValue<'a> {
    match grown {
        Grown::Null => ResolvedValue::null(),
        Grown::Leaf(value) => {
            let value: apollo_compiler::response::JsonValue =
                serde_json::from_value(value).unwrap();
            ResolvedValue::leaf(value)
        }
        Grown::Spot(spot) => ResolvedValue::object(Rooted(engine, spot)),
        Grown::List(items) => {
            let items = items.into_iter().map(move |item| resolved(engine, item));
            ResolvedValue::list(items.collect::<Vec<_>>())
        }
    }
}

fn by_the_library(engine: &Engine, document: &Document, request: &Request) -> String {
    let variables = serde_json::to_value(&request.variables)
        .and_then(serde_json::from_value)
        .unwrap();
    let execution = Execution::new(&engine.schema, document.executable())
        .operation_name(request.operation.as_deref())
        .unwrap()
        .raw_variable_values(&variables);
    let mutation = document
        .operation(request.operation.as_deref())
        .unwrap()
        .is_mutation();
    let root = Rooted(engine, Garden(engine).root(mutation));
    let answer = execution
        .execute_sync(&root)
        .unwrap_or_else(|error| panic!("{}: {}", error.message(), request.query));
    let errors: Vec<_> = answer.errors.iter().map(|error| &error.message).collect();
    assert!(errors.is_empty(), "{errors:?} {}", request.query);
    format!(
        "{{\"data\":{}}}",
        serde_json::to_string(&answer.data).unwrap()
    )
}

/// Documents that say what the client's do not.
const OTHERS: &[(&str, &str)] = &[
    (
        "query ($yes: Boolean!) { me { id @skip(if: $yes) name @include(if: $yes) } users @skip(if: $yes) { edges { cursor } } }",
        r#"{"yes": true}"#,
    ),
    (
        "query ($yes: Boolean!) { me { id @skip(if: $yes) name @include(if: $yes) } users @skip(if: $yes) { edges { cursor } } }",
        r#"{"yes": false}"#,
    ),
    (
        "{ a: me { id } b: me { name } me { ... on MeUser { id } ...more } } fragment more on MeUser { name id groups { edges { node { id } } } groups { pageInfo { endCursor } } }",
        "{}",
    ),
    (
        "{ identities(first: 3) { edges { node { __typename id ... on Organization { name } ... on Individual { x_opencti_firstname name } ... on Identity { standard_id } } } } }",
        "{}",
    ),
    (
        "query A { me { id } } query B($id: String!) { user(id: $id) { __typename name } }",
        r#"{"id": "x"}"#,
    ),
    (
        "query ($first: Int = 3, $f: FilterGroup) { users(first: $first, filters: $f, orderMode: desc) { pageInfo { globalCount } edges { node { name } } } }",
        r#"{"f": {"mode": "and", "filters": {"key": "name", "values": 1}, "filterGroups": []}}"#,
    ),
];

#[tokio::test]
async fn every_document_has_the_same_answer_both_ways() {
    let engine = Engine::new(SCHEMA, Limits::default()).unwrap();
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let recorded = recorded.as_array().unwrap().iter();
    let mut requests: Vec<Request> = recorded
        .filter(|entry| entry["body"]["query"].is_string())
        .map(|entry| Request::read(entry["body"].clone()).unwrap())
        .collect();
    assert_eq!(requests.len(), 70);
    requests.extend(OTHERS.iter().map(|(query, variables)| Request {
        query: (*query).to_owned(),
        variables: serde_json::from_str(variables).unwrap(),
        operation: query.starts_with("query A").then(|| "B".to_owned()),
    }));
    let mut longest = 0;
    for request in &requests {
        let document = engine.document(&request.query, true).unwrap();
        let expected = by_the_library(&engine, &document, request);
        // The first answer makes the plan, the second takes it from the cache.
        for time in ["first", "second"] {
            let document = engine.document(&request.query, true).unwrap();
            let ours = engine.run(&Garden(&engine), &document, request).await;
            let ours = String::from_utf8(ours).unwrap();
            assert_eq!(ours, expected, "{time} {}", request.query);
        }
        longest = longest.max(expected.len());
    }
    assert!(longest > 3_000, "{longest}");
}
