//! The rules, one named function each. They are pure: the use-cases load what a rule needs and hand
//! it over, so every rule is tested as a table.

mod access;
mod email;
mod key;
pub mod limits;
mod lockout;
mod names;
mod near_names;
mod one_time_code;
mod password;
pub mod profile;
mod status;
mod text;

pub use access::{CompiledLimits, KeyGate};
pub use email::{check_allowed_domain, check_domain, check_email, check_own_address};
pub use key::{check_key_limits, key_end, key_title, narrower_or_equal};
pub use lockout::{ACCOUNT_FACTOR, KNOWN_FOR, LAST_OWNER, Locks, network};
pub use names::{apply_names, shown_names};
pub use near_names::nearest;
pub use one_time_code::{base32, matching_step};
pub use password::{check_password, check_vendor_password};
pub use status::{lifts_locks, standing};
pub use text::{check_text, fold, fold_search, slug, trigram_words};
