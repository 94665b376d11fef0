//! The directory's own words: entities, ids, permissions, faults, predicates. Pure data: nothing
//! here reads a clock, a database or a vendor's wire format.

mod access_line;
mod event;
mod extension;
mod fault;
mod group;
mod ids;
mod key;
mod key_owner;
mod list_fields;
mod mail_templates;
mod organisation;
mod page;
mod permission;
mod predicate;
mod role;
mod settings;
mod task;
mod ties;
mod time;
mod token_state;
mod user;
mod user_field;

pub use access_line::*;
pub use event::*;
pub use extension::*;
pub use fault::*;
pub use group::*;
pub use ids::*;
pub use key::*;
pub use key_owner::*;
pub use list_fields::*;
pub use mail_templates::*;
pub use organisation::*;
pub use page::*;
pub use permission::*;
pub use predicate::*;
pub use role::*;
pub use settings::*;
pub use task::*;
pub use ties::*;
pub use time::Time;
pub use token_state::*;
pub use user::*;
pub use user_field::*;
