//! Names that were perhaps meant by names that lead nowhere: in the lines of one chunk of an import, and in the change that
//! an action makes to many people.

use serde_json::{Map, Value};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Action, UnknownName};
use crate::operations::rows::lookup::Lookup;
use crate::outcome::Abort;

use super::actions::change_of;

/// How many unknown names of one chunk are looked up; lines with further ones are reported without suggestions.
const MOST: usize = 10;

/// What was looked up for a chunk.
#[derive(Debug, Default)]
pub(super) struct Suggestions(Vec<UnknownName>);

impl Suggestions {
    /// Looks up what was perhaps meant by the names, among what the job's owner may list.
    pub async fn look_up(handle: &Handle, unknown: Vec<UnknownName>) -> Self {
        let mut known = Self(Vec::new());
        for mut one in unknown {
            if known.0.len() == MOST {
                break;
            }
            if known.find(&one).is_none() {
                // If the look-up fails, the line is reported without suggestions.
                let near = handle.near_names(one.kind, &one.name).await;
                one.near = near.unwrap_or_default();
                known.0.push(one);
            }
        }
        known
    }

    /// Looks up what was perhaps meant in the change that an action makes, which is one for all people.
    pub async fn of_action(handle: &Handle, action: &Action) -> Self {
        let Action::Set { change } = action else {
            return Self::default();
        };
        // If the look-up fails, the people are reported without suggestions.
        let unknown = unknown_of(handle, change).await;
        Self::look_up(handle, unknown.into_iter().collect()).await
    }

    fn find(&self, unknown: &UnknownName) -> Option<&UnknownName> {
        let mut known = self.0.iter();
        known.find(|one| one.kind == unknown.kind && one.name == unknown.name)
    }

    /// A name with what was perhaps meant by it.
    pub fn complete(&self, unknown: UnknownName) -> UnknownName {
        let near = self.find(&unknown).map(|known| known.near.clone());
        UnknownName {
            near: near.unwrap_or_default(),
            ..unknown
        }
    }
}

/// The name in a change that leads nowhere.
async fn unknown_of(handle: &Handle, change: &Map<String, Value>) -> Option<UnknownName> {
    let read = handle
        .read(Operation::UpdateUser, async |work: &mut Work<'_>| {
            let mut lookup = Lookup::default();
            match change_of(work, &mut lookup, change).await {
                Ok(_) => Ok(None),
                Err(Abort::Fault(fault)) => Ok(lookup.take_unknown(&fault)),
                Err(abort) => Err(abort),
            }
        })
        .await;
    read.ok().flatten()
}
