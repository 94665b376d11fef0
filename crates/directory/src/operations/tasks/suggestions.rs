//! Names that were perhaps meant in the lines of one chunk of an import, by names that lead nowhere.

use crate::handle::Handle;
use crate::model::UnknownName;

/// How many unknown names of one chunk are looked up; lines with further ones are reported without suggestions.
const MOST: usize = 10;

/// What was looked up for a chunk.
#[derive(Debug)]
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
