//! What a row of the tables of resolvers says. Three tables name every field that is not a plain value:
//! the fields of `Query` and `Mutation` (`graph::query::QUERIES`, `mutate::MUTATIONS`), those of the
//! objects that hold further mutations (`mutate::EDITS`), and those that lead from objects to objects
//! (`graph::relations::RELATIONS`). A test compares the tables with the schema, both ways.

use super::graph::{Links, Session};
use super::node::Node;
use graphql::{Call, Link, Pending, Refusal};

/// The answer of a field of one object.
pub type Answer = Result<Link<Node>, Refusal>;

/// A field of `Query` or `Mutation`.
pub struct RootField {
    /// Its name.
    pub name: &'static str,
    /// The capabilities of which the caller needs one; none for what everybody may ask.
    pub any_of: &'static [&'static str],
    /// What answers it.
    pub resolve: for<'a> fn(&'a Session, &'a Call<'a>) -> Pending<'a, Answer>,
}

/// A field of an object that holds mutations.
pub struct EditField {
    /// The object's type.
    pub of: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The capabilities of which the caller needs one, beside those for the object itself.
    pub any_of: &'static [&'static str],
    /// What answers it, for the id of what the object is about.
    pub resolve: for<'a> fn(&'a Session, &'a str, &'a Call<'a>) -> Pending<'a, Answer>,
}

/// A field that leads from objects of one type to others, answered for all parents at once.
pub struct Relation {
    /// Its name.
    pub name: &'static str,
    /// What answers it.
    pub resolve: for<'a> fn(&'a Session, &'a [&'a Node], &'a Call<'a>) -> Pending<'a, Links>,
}

/// Rows of [`RootField`]: `"name", CAPABILITIES => function;`.
macro_rules! root_fields {
    ($($name:literal $(, $any_of:expr)? => $resolve:path;)*) => {
        &[$($crate::resolvers::RootField {
            name: $name,
            any_of: $crate::resolvers::root_fields!(@any_of $($any_of)?),
            resolve: |session, call| Box::pin($resolve(session, call)),
        }),*]
    };
    (@any_of) => { &[] };
    (@any_of $any_of:expr) => { $any_of };
}

/// Rows of [`EditField`]: `"Type"."name", CAPABILITIES => function;`.
macro_rules! edit_fields {
    ($($of:literal.$name:literal $(, $any_of:expr)? => $resolve:path;)*) => {
        &[$($crate::resolvers::EditField {
            of: $of,
            name: $name,
            any_of: $crate::resolvers::root_fields!(@any_of $($any_of)?),
            resolve: |session, id, call| Box::pin($resolve(session, id, call)),
        }),*]
    };
}

/// Rows of [`Relation`]: `"name" => function;`.
macro_rules! relations {
    ($($name:literal => $resolve:path;)*) => {
        &[$($crate::resolvers::Relation {
            name: $name,
            resolve: |session, parents, call| Box::pin($resolve(session, parents, call)),
        }),*]
    };
}

pub(crate) use {edit_fields, relations, root_fields};

#[cfg(test)]
mod tests;
