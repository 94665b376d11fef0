//! A GraphQL engine: text and variables in, response bytes out.
//!
//! It knows a schema and nothing of the directory or of any vendor. What stands behind a field it asks of a
//! [`Graph`], level by level and always for a whole list of parents at once, so that the number
//! of questions follows the document and never the number of rows.

mod coerce;
mod diagnosis;
mod document;
mod execute;
mod multipart;
mod plan;
mod reach;
mod suggestions;
mod unserved;
mod write;

use std::sync::Arc;

use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::{Component, FieldDefinition, Implementers};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};
use serde_json::{Map, Value};

pub use document::Document;
pub use execute::{Answer, Graph, Link, Pending};
pub use multipart::operations;
pub use plan::{Call, Field};
pub use write::Json;

/// The map type of arguments and variables.
pub type Arguments = Map<String, Value>;

/// What one request may cost at most; a document beyond any of these is refused before it runs.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the document text.
    pub text: usize,
    /// Tokens of the document.
    pub tokens: usize,
    /// Nesting of fields; the schema is cyclic, so something has to end it.
    pub depth: usize,
    /// Aliased fields, each of which may run the same field again.
    pub aliases: usize,
    /// Fields of the finished plan, fragments unfolded.
    pub plan: usize,
    /// Fields directly below `Query` or `Mutation`.
    pub roots: usize,
    /// Objects one answer may hold, all levels together.
    pub objects: usize,
    /// Bytes that the documents in the cache may weigh, with the plans made of them.
    pub cache: usize,
}

/// Objects one answer may hold, all levels together.
pub const OBJECTS: usize = 500_000;

/// The refusal of an answer that would hold more.
pub fn too_many_objects() -> Refusal {
    Refusal::new(
        VALIDATION_FAILED,
        "The document asks for too much: too many objects. Ask for smaller pages.",
    )
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: 64 * 1024,
            tokens: 10_000,
            depth: 16,
            aliases: 30,
            plan: 5_000,
            roots: 30,
            objects: OBJECTS,
            cache: 16 * 1024 * 1024,
        }
    }
}

/// A refusal in the vendor's words: what an entry of `errors` is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The code, also sent as `name`, which the client reads first.
    pub code: &'static str,
    /// The sentence people read.
    pub message: String,
    /// `extensions.data`; empty for errors of the document itself.
    pub data: Vec<(&'static str, Value)>,
    /// Lines and columns of the document it is about.
    pub locations: Vec<(usize, usize)>,
}

impl Refusal {
    /// A refusal without data.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: Vec::new(),
            locations: Vec::new(),
        }
    }

    /// The same refusal with one more entry in its data.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.data.push((key, value.into()));
        self
    }

    fn at(mut self, location: Option<(usize, usize)>) -> Self {
        self.locations.extend(location);
        self
    }
}

/// The document does not parse.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The document does not fit the schema, or asks for too much.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The request names a document by its hash alone; clients then send the document itself.
pub const PERSISTED_QUERY_NOT_SUPPORTED: &str = "PERSISTED_QUERY_NOT_SUPPORTED";
/// Variables or arguments do not fit their types.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";

/// One GraphQL request as it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The document.
    pub query: String,
    /// Variables by name.
    pub variables: Arguments,
    /// Which operation of the document to run.
    pub operation: Option<String>,
}

impl Request {
    /// Reads the body of a request. A batch, and anything else that is not one request, is refused.
    pub fn read(body: Value) -> Result<Self, Refusal> {
        let bad = |why: &str| Refusal::new(BAD_USER_INPUT, why);
        let Value::Object(mut body) = body else {
            return Err(bad("The body must be one JSON object with a query."));
        };
        let query = match body.remove("query") {
            Some(Value::String(query)) => query,
            None | Some(Value::Null) if by_hash(&body) => {
                return Err(Refusal::new(
                    PERSISTED_QUERY_NOT_SUPPORTED,
                    "PersistedQueryNotSupported",
                ));
            }
            _ => return Err(bad("The body must hold the query as a string.")),
        };
        let variables = match body.remove("variables") {
            None | Some(Value::Null) => Arguments::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return Err(bad("Variables must be an object.")),
        };
        let operation = match body.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad("The operation's name must be a string.")),
        };
        Ok(Self {
            query,
            variables,
            operation,
        })
    }
}

/// Whether the body of a request names a document by its hash.
fn by_hash(body: &Map<String, Value>) -> bool {
    let extensions = body.get("extensions");
    extensions
        .and_then(|extensions| extensions.get("persistedQuery"))
        .is_some_and(Value::is_object)
}

/// An object type of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectType {
    /// Its name.
    pub name: String,
    /// Its fields, in the schema's order.
    pub fields: Vec<FieldShape>,
}

/// A field of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldShape {
    /// Its name.
    pub name: String,
    /// The type of its values, lists and non-null marks taken off.
    pub of: String,
    /// Whether the values are plain.
    pub leaf: bool,
    /// Whether an argument must be given.
    pub needs: bool,
}

/// The schema with everything derived from it once, the limits, and the cache of documents.
pub struct Engine {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    limits: Limits,
    cache: document::Cache,
    /// See [`Engine::with_unserved`].
    unserved: &'static [&'static str],
}

impl Engine {
    /// Reads the schema. Fails only when the schema text itself is wrong, which a test rules out.
    pub fn new(schema: &str, limits: Limits) -> Result<Self, String> {
        let schema = Schema::parse_and_validate(schema, "schema.graphql")
            .map_err(|error| error.errors.to_string())?;
        let implementers = schema.implementers_map();
        Ok(Self {
            schema,
            implementers,
            limits,
            cache: document::Cache::new(limits.cache),
            unserved: &[],
        })
    }

    /// Names types of the imitated schema of which no object exists here. Fragments on them apply to
    /// nothing, and are not compared with the schema.
    #[must_use]
    pub fn with_unserved(mut self, names: &'static [&'static str]) -> Self {
        self.unserved = names;
        self
    }

    fn is_unserved(&self, name: &str) -> bool {
        self.unserved.contains(&name) && !self.schema.types.contains_key(name)
    }

    /// The schema.
    pub fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// Every object type and its fields, as tables of resolvers are compared with them.
    pub fn object_types(&self) -> Vec<ObjectType> {
        let types = self.schema.types.values();
        let objects = types.filter_map(|it| it.as_object());
        let objects = objects.filter(|object| !object.name.starts_with("__"));
        let is_leaf = |name: &Name| {
            let found = self.schema.types.get(name);
            found.is_some_and(|it| it.is_scalar() || it.is_enum())
        };
        let shape = |(name, field): (&Name, &Component<FieldDefinition>)| FieldShape {
            name: name.to_string(),
            of: field.ty.inner_named_type().to_string(),
            leaf: is_leaf(field.ty.inner_named_type()),
            needs: field
                .arguments
                .iter()
                .any(|argument| argument.is_required()),
        };
        objects
            .map(|object| ObjectType {
                name: object.name.to_string(),
                fields: object.fields.iter().map(shape).collect(),
            })
            .collect()
    }

    /// Parses and validates a document, or takes it from the cache. Only documents of signed-in
    /// callers are kept (`keep`), so that strangers cannot push theirs out. A document that does not fit
    /// the schema is refused with every complaint about it.
    pub fn document(&self, text: &str, keep: bool) -> Result<Arc<Document>, Vec<Refusal>> {
        if let Some(found) = self.cache.get(text) {
            return Ok(found);
        }
        let document = Arc::new(Document::parse(self, text)?);
        if keep {
            self.cache.put(text, &document);
        }
        Ok(document)
    }

    /// Runs a request and gives the whole response body.
    pub async fn run<G: Graph>(
        &self,
        graph: &G,
        document: &Document,
        request: &Request,
    ) -> Vec<u8> {
        match self.attempt(graph, document, request).await {
            Ok(body) => body,
            Err(refusal) => refused(&refusal),
        }
    }

    async fn attempt<G: Graph>(
        &self,
        graph: &G,
        document: &Document,
        request: &Request,
    ) -> Result<Vec<u8>, Refusal> {
        let operation = document.operation(request.operation.as_deref())?;
        let variables = coerce::variables(&self.schema, operation, &request.variables)?;
        let plan = document.plan::<G>(self, operation, &variables)?;
        let meta = self.introspect(document, operation, request)?;
        let answer = execute::run(self, graph, &plan, &variables, meta).await;
        Ok(write::response(graph, &plan, &answer))
    }

    /// The library answers `__schema` and `__type`; everything else is ours.
    fn introspect(
        &self,
        document: &Document,
        operation: &Operation,
        request: &Request,
    ) -> Result<Arguments, Refusal> {
        if !document.introspects(operation) {
            return Ok(Arguments::new());
        }
        use apollo_compiler::introspection::{check_max_depth, partial_execute};
        let bad = |error: apollo_compiler::request::RequestError| {
            Refusal::new(VALIDATION_FAILED, error.message().to_string())
        };
        check_max_depth(document.executable(), operation).map_err(bad)?;
        let raw = serde_json::to_value(&request.variables)
            .and_then(serde_json::from_value)
            .map_err(|_| Refusal::new(BAD_USER_INPUT, "The variables cannot be read."))?;
        let coerced =
            apollo_compiler::request::coerce_variable_values(&self.schema, operation, &raw)
                .map_err(|error| Refusal::new(BAD_USER_INPUT, error.message().to_string()))?;
        let answer = partial_execute(
            &self.schema,
            &self.implementers,
            document.executable(),
            operation,
            &coerced,
        )
        .map_err(bad)?;
        match serde_json::to_value(answer.data) {
            Ok(Value::Object(data)) => Ok(data),
            _ => Ok(Arguments::new()),
        }
    }
}

/// The response body of a request that was refused as a whole.
pub fn refused(refusal: &Refusal) -> Vec<u8> {
    refused_with(std::slice::from_ref(refusal))
}

/// The response body of a request that was refused as a whole, for several reasons.
pub fn refused_with(refusals: &[Refusal]) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"errors\":[");
    for (index, refusal) in refusals.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write::error(&mut out, refusal, &[]);
    }
    out.extend_from_slice(b"],\"data\":null}");
    out
}

#[cfg(test)]
mod tests;
