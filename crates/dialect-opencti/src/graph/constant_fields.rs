//! Fields that several kinds of object have, and those that are always empty here.

use super::super::node::{self, Made, Node};
use super::super::resolvers::{Relation, relations};
use super::contexts::edit_contexts;
use super::{Links, Session, lists};
use graphql::{Call, Link};

/// A text that stands for the object.
pub static REPRESENTED: &[Relation] = relations![
    "representative" => representative;
];

/// Who edits the object at the moment.
pub static EDITED: &[Relation] = relations![
    "editContext" => edit_contexts;
];

/// What a marking has beside its plain values.
pub static OF_MARKINGS: &[Relation] = relations![
    "creators" => nothing_many;
];

async fn representative(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let links = parents
        .iter()
        .map(|node| Link::One(Made::plain("Representative", node.representative())));
    Ok(links.collect())
}

/// A list without external references.
pub(super) async fn no_references(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let none = |_: &&Node| Link::One(lists::nothing(&node::REFERENCES));
    Ok(parents.iter().map(none).collect())
}

/// A list without files.
pub(super) async fn no_files(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let none = |_: &&Node| Link::One(lists::nothing(&node::FILES));
    Ok(parents.iter().map(none).collect())
}

/// A list without sectors.
pub(super) async fn no_sectors(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let none = |_: &&Node| Link::One(lists::nothing(&node::SECTORS));
    Ok(parents.iter().map(none).collect())
}

/// No objects.
pub(super) async fn nothing_many(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    Ok(parents.iter().map(|_| Link::Many(Vec::new())).collect())
}

/// No object.
pub(super) async fn nothing(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    Ok(parents.iter().map(|_| Link::Null).collect())
}
