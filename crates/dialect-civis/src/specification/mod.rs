//! The specification that the client downloads and builds itself from, as data. Routes are checked
//! against it, requests are read by it, and tests hold every answer to it; so the three cannot differ.
//!
//! Quirk: the order of a body's properties is the order of the client's positional arguments
//! (civis.md §2), so fields are arrays and never maps.

pub mod answers;
pub mod bodies;
mod document;
mod group_answers;
pub mod operations;
mod simple_user;

pub use document::document;

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// True or false.
    Flag,
    /// A point in time.
    DateTime,
    /// A point in time that the vendor declares as `time`.
    Time,
    /// An object whose members are data.
    Document,
    /// An object of a known shape.
    Object(&'static Object),
    /// Texts.
    Texts,
    /// Whole numbers.
    Integers,
    /// Objects whose members are data.
    Documents,
    /// Objects of a known shape.
    Objects(&'static Object),
}

/// A member of an object, or a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name on the wire: camelCase in bodies, snake_case in queries.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether a request must carry it.
    pub required: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it means, for the client's documentation.
    pub about: &'static str,
}

/// An object of a known shape.
#[derive(Debug)]
pub struct Object {
    /// The name under `definitions`.
    pub name: &'static str,
    /// Its members in the order of the wire.
    pub fields: &'static [Field],
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
}

/// A parameter of the path or the query.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub field: Field,
}

/// How a list is cut into pages.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// Rows of a page unless the request says otherwise.
    pub default: u32,
    /// Rows of a page at most; a greater limit is cut down to it.
    pub maximum: u32,
    /// What the list may be ordered by; the first is the default.
    pub orders: &'static [&'static str],
    /// Whether the default direction is descending.
    pub descending: bool,
}

/// What an operation answers.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// No body.
    Nothing,
    /// One object.
    One(&'static Object),
    /// A bare array of objects.
    Many(&'static Object),
    /// A document that the specification does not describe.
    Undescribed,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path as the vendor writes it: collections end with a slash.
    pub path: &'static str,
    /// What it does, for the client's documentation.
    pub summary: &'static str,
    /// Parameters of path and query, paging aside.
    pub parameters: &'static [Parameter],
    /// How its list is cut into pages, if it is.
    pub paging: Option<Paging>,
    /// The body it reads, if it reads one.
    pub body: Option<&'static Object>,
    /// The status of a success.
    pub status: u16,
    /// What it answers.
    pub answer: Answer,
}

impl Operation {
    /// The parameters of the query that it reads, paging included.
    #[must_use]
    pub fn query(&self) -> Vec<Field> {
        let own = self.parameters.iter();
        own.filter(|parameter| parameter.place == Place::Query)
            .map(|parameter| parameter.field)
            .chain(self.paging.iter().flat_map(|_| document::PAGING))
            .collect()
    }
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        nullable: false,
        about,
    }
}

macro_rules! kinds {
    ($($name:ident = $kind:ident;)*) => {$(
        const fn $name(name: &'static str, about: &'static str) -> Field {
            field(name, Kind::$kind, about)
        }
    )*};
}

kinds! {
    text = Text;
    integer = Integer;
    flag = Flag;
    date_time = DateTime;
    time = Time;
    open_object = Document;
    texts = Texts;
    integers = Integers;
    open_objects = Documents;
}

const fn object(name: &'static str, of: &'static Object, about: &'static str) -> Field {
    field(name, Kind::Object(of), about)
}

const fn objects(name: &'static str, of: &'static Object, about: &'static str) -> Field {
    field(name, Kind::Objects(of), about)
}

impl Field {
    const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    const fn nullable(mut self) -> Field {
        self.nullable = true;
        self
    }

    const fn in_path(mut self) -> Parameter {
        self.required = true;
        Parameter {
            place: Place::Path,
            field: self,
        }
    }

    const fn in_query(self) -> Parameter {
        Parameter {
            place: Place::Query,
            field: self,
        }
    }
}

#[cfg(test)]
mod tests;
