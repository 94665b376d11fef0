//! Bodies of requests, each declared once by [`body!`]: from the declaration come how the body is read, the schema that
//! describes it, and the names of its members. A handler states the body it takes as [`Sent`], and the table of routes
//! names it: the two are compared when this is compiled.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use axum::handler::Handler;
use axum::http::HeaderMap;
use directory::{Profile, ProfileAttribute, ProfileChange, Time};
use kit::fields::{FieldError, one_of_words};
use kit::{AppState, JsonBody, RequestError};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::Problem;
use super::fields::{EndTime, Fields, Named, Read};

/// Declares a body, or members that several bodies have:
///
/// ```text
/// body! {
///     /// The description of the body, if there is one.
///     pub struct GroupChangeBody as "GroupChange" {
///         /// The description of the member, if there is one.
///         name: change Name,
///         description: clearable String,
///     }
/// }
/// ```
///
/// | word | the field | left out | null |
/// |---|---|---|---|
/// | `needed T` | `T` | refused | refused |
/// | `optional T` | `Option<T>` | `None` | `None` |
/// | `change T` | `Option<T>` | `None` | refused |
/// | `clearable T` | `Option<Option<T>>` | `None` | `Some(None)` |
/// | `members M` | `M` | the members of `M`, beside the others | |
///
/// `as optional "Name"` is a body that may be left out as a whole, and without a name it is no body, only members.
macro_rules! body {
    ($(#[doc = $doc:literal])* $visibility:vis struct $type:ident as optional $name:literal { $($members:tt)* }) => {
        $crate::bodies::body! { $visibility struct $type { $($members)* } }
        $crate::bodies::body! { @body $type $name true [$($doc)*] }
    };
    ($(#[doc = $doc:literal])* $visibility:vis struct $type:ident as $name:literal { $($members:tt)* }) => {
        $crate::bodies::body! { $visibility struct $type { $($members)* } }
        $crate::bodies::body! { @body $type $name false [$($doc)*] }
    };
    ($(#[doc = $doc_of_type:literal])* $visibility:vis struct $type:ident {
        $($(#[doc = $doc:literal])* $member:ident: $kind:ident $of:ty),* $(,)?
    }) => {
        $(#[doc = $doc_of_type])*
        $visibility struct $type {
            $(pub $member: $crate::bodies::body!(@type $kind $of),)*
        }

        impl $crate::bodies::Members for $type {
            fn names() -> Vec<&'static str> {
                let mut names = Vec::new();
                $(names.extend($crate::bodies::body!(@names $kind $of, stringify!($member)));)*
                names
            }

            fn read(fields: &mut $crate::fields::Fields) -> Result<Self, kit::fields::FieldError> {
                Ok(Self { $($member: $crate::bodies::body!(@read $kind $of, fields, stringify!($member)),)* })
            }

            fn describe(members: &mut $crate::bodies::Properties<'_>) {
                $($crate::bodies::body!(@describe $kind $of, members, stringify!($member), concat!($($doc),*));)*
            }
        }
    };
    (@body $type:ident $name:literal $optional:literal [$($doc:literal)*]) => {
        impl $crate::bodies::Body for $type {
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = concat!($($doc),*);
            const OPTIONAL: bool = $optional;
        }
    };
    (@type needed $of:ty) => { $of };
    (@type optional $of:ty) => { Option<$of> };
    (@type change $of:ty) => { Option<$of> };
    (@type clearable $of:ty) => { Option<Option<$of>> };
    (@type members $of:ty) => { $of };
    (@names members $of:ty, $name:expr) => { <$of as $crate::bodies::Members>::names() };
    (@names $kind:ident $of:ty, $name:expr) => { [$name] };
    (@read needed $of:ty, $fields:ident, $name:expr) => { $fields.need($name)? };
    (@read optional $of:ty, $fields:ident, $name:expr) => { $fields.value($name)? };
    (@read change $of:ty, $fields:ident, $name:expr) => { $fields.take($name)? };
    (@read clearable $of:ty, $fields:ident, $name:expr) => { $fields.take($name)? };
    (@read members $of:ty, $fields:ident, $name:expr) => { <$of as $crate::bodies::Members>::read($fields)? };
    (@describe needed $of:ty, $members:ident, $name:expr, $doc:expr) => { $members.needed::<$of>($name, $doc) };
    (@describe change $of:ty, $members:ident, $name:expr, $doc:expr) => { $members.plain::<$of>($name, $doc) };
    (@describe members $of:ty, $members:ident, $name:expr, $doc:expr) => {
        <$of as $crate::bodies::Members>::describe($members)
    };
    (@describe $kind:ident $of:ty, $members:ident, $name:expr, $doc:expr) => {
        $members.nullable::<$of>($name, $doc)
    };
}
pub(crate) use body;

/// Members of an object that is sent.
pub trait Members: Sized {
    /// Their names.
    fn names() -> Vec<&'static str>;

    /// Reads them; members that are not known stay.
    fn read(fields: &mut Fields) -> Result<Self, FieldError>;

    /// Adds them to a description.
    fn describe(members: &mut Properties<'_>);
}

/// The body of a request, or an object within one that has a schema of its own.
pub trait Body: Members {
    /// The name of its schema.
    const NAME: &'static str;
    /// What a reader of the description ought to know beside its members.
    const DESCRIPTION: &'static str;
    /// Whether it may be left out.
    const OPTIONAL: bool;

    /// Its schema.
    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = object::<Self>(schemas);
        if !Self::DESCRIPTION.is_empty() {
            schema.insert("description".to_owned(), Self::DESCRIPTION.trim().into());
        }
        schema.into()
    }
}

/// The schema of an object with these members and no others.
pub fn object<M: Members>(schemas: &mut Schemas) -> Map<String, Value> {
    let mut members = Properties {
        schemas,
        properties: Map::new(),
        required: Vec::new(),
    };
    M::describe(&mut members);
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), members.properties.into());
    if !members.required.is_empty() {
        schema.insert("required".to_owned(), members.required.into());
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

/// The schemas of bodies, by name.
#[derive(Default)]
pub struct Schemas(Map<String, Value>);

impl Schemas {
    /// Refers to the schema of a body, which is made when it is first referred to.
    pub fn refer<B: Body>(&mut self) -> Value {
        if !self.0.contains_key(B::NAME) {
            self.0.insert(B::NAME.to_owned(), Value::Null);
            let schema = B::schema(self);
            self.0.insert(B::NAME.to_owned(), schema);
        }
        reference(B::NAME)
    }

    /// All of them.
    pub fn all(self) -> Map<String, Value> {
        self.0
    }
}

/// Refers to a schema by its name.
pub fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// The members of an object as they are described so far.
pub struct Properties<'s> {
    schemas: &'s mut Schemas,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Properties<'_> {
    /// A member that must be there.
    pub fn needed<T: Describe>(&mut self, name: &str, description: &str) {
        self.plain::<T>(name, description);
        self.required.push(name.into());
    }

    /// A member that may be left out and is never null.
    pub fn plain<T: Describe>(&mut self, name: &str, description: &str) {
        let schema = T::schema(self.schemas);
        self.insert(name, description, schema);
    }

    /// A member that may be left out or null.
    pub fn nullable<T: Describe>(&mut self, name: &str, description: &str) {
        let schema = nullable(T::schema(self.schemas));
        self.insert(name, description, schema);
    }

    /// Members of which a request has some: none of them must be there.
    pub fn any_of<M: Members>(&mut self) {
        let required = self.required.len();
        M::describe(self);
        self.required.truncate(required);
    }

    fn insert(&mut self, name: &str, description: &str, mut schema: Value) {
        if let (false, Value::Object(schema)) = (description.is_empty(), &mut schema) {
            schema.insert("description".to_owned(), description.trim().into());
        }
        self.properties.insert(name.to_owned(), schema);
    }
}

/// The schema of a value or null.
fn nullable(mut schema: Value) -> Value {
    let Value::String(kind) = &schema["type"] else {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    };
    schema["type"] = json!([kind, "null"]);
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema
}

/// What a member may hold: as it is read, so it is described.
pub trait Describe: Read {
    /// Its schema.
    fn schema(schemas: &mut Schemas) -> Value;
}

macro_rules! describe {
    ($($type:ty => $schema:tt;)*) => {$(
        impl Describe for $type {
            fn schema(_: &mut Schemas) -> Value {
                json!($schema)
            }
        }
    )*};
}

describe! {
    String => { "type": "string" };
    bool => { "type": "boolean" };
    i64 => { "type": "integer" };
    Uuid => { "type": "string", "format": "uuid" };
    Time => { "type": "string", "format": "date-time" };
    EndTime => { "type": "string", "format": "date-time" };
    Named => { "$ref": "#/components/schemas/Reference" };
    Name => { "type": "string", "minLength": 1, "pattern": "\\S" };
    Object => { "type": "object" };
}

impl<T: Describe> Describe for Vec<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": T::schema(schemas) })
    }
}

/// A name, which has a letter or a sign at least; the directory refuses others.
pub struct Name(pub String);

impl Read for Name {
    fn read(value: Value) -> Result<Self, String> {
        String::read(value).map(Name)
    }
}

/// An object whose members are those of another table.
pub struct Object(pub Map<String, Value>);

impl Read for Object {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Object(members)),
            _ => Err("must be an object".to_owned()),
        }
    }
}

/// A type whose values are written as words.
pub trait Worded: Copy + 'static {
    /// Each word and what it stands for.
    const WORDS: &'static [(&'static str, Self)];
}

/// One of the words of a type.
#[derive(Clone, Copy)]
pub struct Word<T>(pub T);

impl<T: Worded> Read for Word<T> {
    fn read(value: Value) -> Result<Self, String> {
        one_of_words(value.as_str().unwrap_or_default(), T::WORDS).map(Word)
    }
}

impl<T: Worded> Describe for Word<T> {
    fn schema(_: &mut Schemas) -> Value {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json!({ "type": "string", "enum": words })
    }
}

/// An object within a body.
pub struct Within<B>(pub B);

impl<B: Body> Read for Within<B> {
    fn read(value: Value) -> Result<Self, String> {
        let clause = |error: FieldError| Problem::from(error).detail;
        let mut fields = Fields::read(value)?;
        let body = B::read(&mut fields).map_err(clause)?;
        fields.end().map_err(clause)?;
        Ok(Within(body))
    }
}

impl<B: Body> Describe for Within<B> {
    fn schema(schemas: &mut Schemas) -> Value {
        schemas.refer::<B>()
    }
}

/// An object within a body whose members are read later, so that what is wrong with it is its own problem.
pub struct Later<B>(Fields, PhantomData<fn() -> B>);

impl<B: Body> Later<B> {
    /// Reads its members.
    pub fn read(self) -> Result<B, Problem> {
        finish(self.0)
    }
}

impl<B: Body> Read for Later<B> {
    fn read(value: Value) -> Result<Self, String> {
        Fields::read(value).map(|fields| Later(fields, PhantomData))
    }
}

impl<B: Body> Describe for Later<B> {
    fn schema(schemas: &mut Schemas) -> Value {
        schemas.refer::<B>()
    }
}

fn finish<B: Body>(mut fields: Fields) -> Result<B, Problem> {
    let body = B::read(&mut fields)?;
    fields.end()?;
    Ok(body)
}

/// The plain attributes of a person who is made.
impl Members for Profile {
    fn names() -> Vec<&'static str> {
        let attributes = ProfileAttribute::ALL.iter();
        attributes.map(|attribute| attribute.name()).collect()
    }

    fn read(fields: &mut Fields) -> Result<Self, FieldError> {
        Profile::read_each(|attribute| fields.value(attribute.name()))
    }

    fn describe(members: &mut Properties<'_>) {
        for name in Self::names() {
            members.nullable::<String>(name, "");
        }
    }
}

/// The plain attributes of a person that change.
impl Members for ProfileChange {
    fn names() -> Vec<&'static str> {
        Profile::names()
    }

    fn read(fields: &mut Fields) -> Result<Self, FieldError> {
        ProfileChange::read_each(|attribute| fields.take(attribute.name()))
    }

    fn describe(members: &mut Properties<'_>) {
        Profile::describe(members);
    }
}

/// A body as it was sent. Its parameter of a handler stands where it is read, so that parameters of the query are
/// refused first.
pub struct Sent<B>(JsonBody, PhantomData<fn() -> B>);

impl<B: Body> Sent<B> {
    /// Reads it as it is declared.
    pub fn read(self) -> Result<B, Problem> {
        finish(if B::OPTIONAL {
            super::fields::optional(self.0)?
        } else {
            super::fields::required(self.0)?
        })
    }
}

impl<B> FromRequest<AppState> for Sent<B> {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, RequestError> {
        let body = JsonBody::from_request(request, state).await?;
        Ok(Sent(body, PhantomData))
    }
}

/// What the table of routes needs to know of a body.
pub struct BodyFacts {
    /// The name of its schema.
    pub name: &'static str,
    /// Whether it may be left out.
    pub optional: bool,
    /// Adds its schema, and those it refers to.
    pub describe: fn(&mut Schemas) -> Value,
}

impl BodyFacts {
    /// The facts of a body.
    pub const fn of<B: Body>() -> Self {
        Self {
            name: B::NAME,
            optional: B::OPTIONAL,
            describe: Schemas::refer::<B>,
        }
    }
}

/// That the parameters of a handler take this body.
pub trait Takes<B> {}

/// No body.
pub struct NoBody;

impl<M, A> Takes<NoBody> for (M, A) {}
impl<M, A> Takes<NoBody> for (M, A, HeaderMap) {}
impl<M, A> Takes<NoBody> for (M, A, HeaderMap, axum::body::Body) {}
impl<M, A, B: Body> Takes<B> for (M, A, Sent<B>) {}

/// Compiles where the handler takes the body.
pub const fn check_body<B, H, T>(_: &H)
where
    H: Handler<T, AppState>,
    T: Takes<B>,
{
}

#[cfg(test)]
mod tests;
