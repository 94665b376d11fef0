//! Edit contexts: who has which field of what open for editing. The vendor's pages show them beside the
//! field; they are kept for a few minutes in the memory of one server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::errors;
use super::super::node::{Made, Node};
use super::{Links, Session};
use graphql::{Call, Link, Refusal};

/// How long a context is kept without being renewed.
const LIFE: Duration = Duration::from_secs(300);
/// Objects with contexts at most; beyond that the oldest contexts go.
const OBJECTS: usize = 1_000;
/// Contexts of one object at most.
const EDITORS: usize = 50;
/// Characters of a field's name at most.
const FOCUS: usize = 500;

/// The contexts of one server.
#[derive(Default)]
pub struct EditContexts(Mutex<HashMap<Uuid, Vec<Entry>>>);

struct Entry {
    editor: Uuid,
    name: String,
    focus_on: Option<String>,
    until: Duration,
}

impl EditContexts {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Uuid, Vec<Entry>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes which field a user edits, in place of the one they edited of this object before.
    fn put(&self, object: Uuid, entry: Entry, now: Duration) {
        self.with(|all| {
            if all.len() >= OBJECTS && !all.contains_key(&object) {
                all.retain(|_, entries| entries.iter().any(|entry| entry.until > now));
            }
            if all.len() >= OBJECTS && !all.contains_key(&object) {
                all.clear();
            }
            let entries = all.entry(object).or_default();
            entries.retain(|old| old.editor != entry.editor && old.until > now);
            if entries.len() < EDITORS {
                entries.push(entry);
            }
        });
    }

    fn remove(&self, object: Uuid, editor: Uuid) {
        self.with(|all| {
            if let Some(entries) = all.get_mut(&object) {
                entries.retain(|entry| entry.editor != editor);
                if entries.is_empty() {
                    all.remove(&object);
                }
            }
        });
    }

    fn shown(&self, object: Uuid, now: Duration) -> Vec<Value> {
        self.with(|all| {
            let entries = all.get(&object).into_iter().flatten();
            let lasting = entries.filter(|entry| entry.until > now);
            lasting
                .map(|entry| json!({"name": entry.name, "focusOn": entry.focus_on}))
                .collect()
        })
    }
}

impl Session {
    fn contexts(&self) -> Arc<EditContexts> {
        self.state().kept()
    }

    /// The contexts of an object, as the graph shows them.
    pub fn contexts_of(&self, object: Uuid) -> Vec<Value> {
        self.contexts().shown(object, self.directory.elapsed())
    }

    /// Notes that the caller edits a field of an object, or no field in particular.
    pub async fn begin_context(&self, object: Uuid, call: &Call<'_>) -> Result<(), Refusal> {
        let input = call.get("input").and_then(|input| input.get("focusOn"));
        let focus_on = input.and_then(Value::as_str).map(str::to_owned);
        if focus_on
            .as_deref()
            .is_some_and(|text| text.chars().count() > FOCUS)
        {
            return Err(errors::validation("focusOn", "The value is too long"));
        }
        let editor = self.caller.uuid();
        let person = self
            .whole_person(editor, directory::Wanted::default())
            .await?;
        let person = person.ok_or_else(errors::unauthenticated)?;
        let now = self.directory.elapsed();
        let entry = Entry {
            editor,
            // Quirk: the vendor shows the editor's address as the name (opencti.md §8).
            name: person.email(),
            focus_on,
            until: now + LIFE,
        };
        self.contexts().put(object, entry, now);
        Ok(())
    }

    /// Forgets what the caller edits of an object.
    pub fn end_context(&self, object: Uuid) {
        self.contexts().remove(object, self.caller.uuid());
    }
}

/// `editContext` of every kind of object.
pub(super) async fn edit_contexts(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let contexts = session.contexts();
    let now = session.directory.elapsed();
    let links = parents.iter().map(|node| {
        let shown = node.uuid().map(|uuid| contexts.shown(uuid, now));
        let shown = shown.unwrap_or_default().into_iter();
        Link::Many(
            shown
                .map(|one| Made::plain("EditUserContext", one))
                .collect(),
        )
    });
    Ok(links.collect())
}
