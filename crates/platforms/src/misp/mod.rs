//! MISP 2.5: users, organisations, roles, keys.
pub mod operations;

mod answers;
mod client;
mod errors;
mod ids;
mod requests;
#[cfg(test)]
mod tests;

pub use answers::{
    AddedKey, AddedUser, AuthKey, Organisation, Role, User, UserRow, UserView, Version,
};
pub use client::{Misp, Own};
pub use ids::{KeyId, OrganisationId, OrganisationRef, RoleId, UserId, UserRef};
pub use requests::{
    NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery, OrganisationScope,
    UserChange, UserQuery,
};
