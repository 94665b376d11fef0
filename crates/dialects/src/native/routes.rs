//! Every route: its method and path, its handler, what it serves, and what the API's description says
//! of it. The router, the coverage tests and the description are all made from this one table.

use crate::kit::{Route, Serves};

use super::call::{Call, Visit, answered};
use super::{keys, me, memberships, organisations, users};

/// What the API's description says of a route.
pub struct Described {
    /// The method.
    pub method: &'static str,
    /// The path below the mount.
    pub path: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The schema of its body; empty when it takes none.
    pub takes: &'static str,
    /// The schema of its answer; empty when there is none. `[X]` is a list of X.
    pub gives: &'static str,
}

macro_rules! table {
    ($(
        $method:ident $path:literal $request:ident $handler:path => $serves:ident,
        $summary:literal, $takes:literal -> $gives:literal;
    )*) => {
        /// The routes.
        pub static ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            serves: table!(@serves $serves),
            handler: || {
                axum::routing::on(axum::routing::MethodFilter::$method, async |request: $request| {
                    let seen = std::sync::Arc::clone(&request.seen);
                    answered(seen, $handler(request)).await
                })
            },
        }),*];

        /// What is said of them, in the same order.
        pub static DESCRIBED: &[Described] = &[$(Described {
            method: stringify!($method),
            path: $path,
            summary: $summary,
            takes: $takes,
            gives: $gives,
        }),*];
    };
    (@serves open) => { Serves::Open };
    (@serves signed_in) => { Serves::SignedIn };
    (@serves $operation:ident) => { Serves::Operation(directory::Operation::$operation) };
}

table! {
    GET "/me" Call me::show => signed_in, "Show oneself", "" -> "Me";
    PATCH "/me" Call me::update => signed_in, "Change one's own profile", "ProfileChange" -> "User";
    GET "/me/keys" Call keys::own => ListKeys, "List one's own keys", "" -> "[Key]";
    POST "/me/keys" Call keys::create_own => CreateKey, "Make a key for oneself", "NewKey" -> "FreshKey";
    GET "/me/memberships" Call me::memberships => signed_in, "List the organisations one belongs to", "" -> "[Membership]";

    GET "/users" Call users::list => ListUsers, "List users", "" -> "[User]";
    POST "/users" Call users::create => CreateUser, "Make a user", "NewUser" -> "User";
    POST "/users/batch" Call users::create_batch => CreateUser, "Make several users, all or none", "NewUsers" -> "[User]";
    GET "/users/{user}" Call users::show => ShowUser, "Show a user", "" -> "User";
    PATCH "/users/{user}" Call users::update => UpdateUser, "Change a user", "UserChange" -> "User";
    DELETE "/users/{user}" Call users::delete => DeleteUser, "Delete a user", "" -> "";
    GET "/users/{user}/keys" Call keys::of_user => ListKeys, "List a user's keys", "" -> "[Key]";
    POST "/users/{user}/keys" Call keys::create => CreateKey, "Make a key for a user", "NewKey" -> "FreshKey";
    DELETE "/users/{user}/keys" Call keys::revoke_all => RevokeKey, "Revoke a user's keys, except the one in use", "" -> "Count";
    GET "/users/{user}/memberships" Call memberships::of_user => ShowUser, "List a user's organisations", "" -> "[Membership]";
    PUT "/users/{user}/memberships/{organisation}" Call memberships::put => AddMembership, "Put a user into an organisation", "Place" -> "Placed";
    DELETE "/users/{user}/memberships/{organisation}" Call memberships::remove => RemoveMembership, "Take a user out of an organisation", "" -> "";

    GET "/organisations" Call organisations::list => ListOrganisations, "List organisations", "" -> "[Organisation]";
    POST "/organisations" Call organisations::create => CreateOrganisation, "Make an organisation", "NewOrganisation" -> "Organisation";
    GET "/organisations/{organisation}" Call organisations::show => ShowOrganisation, "Show an organisation", "" -> "Organisation";
    PATCH "/organisations/{organisation}" Call organisations::update => UpdateOrganisation, "Change an organisation", "OrganisationChange" -> "Organisation";
    DELETE "/organisations/{organisation}" Call organisations::delete => DeleteOrganisation, "Delete an organisation", "" -> "";
    GET "/organisations/{organisation}/members" Call organisations::members => ListUsers, "List an organisation's members", "" -> "[Member]";
    PUT "/organisations/{organisation}/members/{user}" Call memberships::put_member => AddMembership, "Put a user into an organisation", "Place" -> "Placed";
    DELETE "/organisations/{organisation}/members/{user}" Call memberships::remove_member => RemoveMembership, "Take a user out of an organisation", "" -> "";

    GET "/keys" Call keys::list => ListKeys, "List keys", "" -> "[Key]";
    GET "/keys/{key}" Call keys::show => ListKeys, "Show a key", "" -> "Key";
    PATCH "/keys/{key}" Call keys::update => UpdateKey, "Change a key", "KeyChange" -> "Key";
    DELETE "/keys/{key}" Call keys::revoke => RevokeKey, "Revoke a key", "" -> "";
}
