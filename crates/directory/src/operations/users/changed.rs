//! What a change of a user changed: for the event, and for undoing it.

use serde_json::{Map, Value, json};

/// Collects what changed, for the event.
#[derive(Default)]
pub(crate) struct Changed {
    pub before: Map<String, Value>,
    pub after: Map<String, Value>,
}

impl Changed {
    /// Notes a field's value before and after.
    pub fn note(&mut self, field: &str, before: impl Into<Value>, after: impl Into<Value>) {
        self.before.insert(field.to_owned(), before.into());
        self.after.insert(field.to_owned(), after.into());
    }

    /// Puts a new value in its place, and notes it if it is another.
    pub fn set<T: PartialEq + Clone + serde::Serialize>(
        &mut self,
        field: &str,
        slot: &mut T,
        new: Option<&T>,
    ) -> bool {
        match new {
            Some(new) if new != slot => {
                self.note(field, json!(slot), json!(new));
                slot.clone_from(new);
                true
            }
            _ => false,
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// What the event tells.
    pub fn detail(&self) -> Value {
        json!({ "before": self.before, "after": self.after })
    }
}
