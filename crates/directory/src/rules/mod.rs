//! The rules, one named function each. They are pure: the use-cases load what a rule needs and hand
//! it over, so every rule is tested as a table.

mod access;
mod email;
mod key;
mod names;
mod status;
mod text;

pub use access::{KeyGate, key_allows};
pub use email::{check_domain, check_email};
pub use key::{Limited, check_key_limits, no_less_limited};
pub use names::{apply_names, shown_names};
pub use status::{lifts_locks, standing};
pub use text::{check_text, fold, fold_search, slug, trigram_words};
