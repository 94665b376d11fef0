//! MISP: the REST API as PyMISP 2.5.34.4 speaks it to MISP 2.5.1.
//!
//! The vendor's URLs have a grammar of their own (`address.rs`); the table below names the canonical
//! path that each of them amounts to.

mod act;
mod address;
mod body;
mod catalogue;
mod descriptions;
mod errors;
mod filter;
mod keys;
mod map;
mod notes;
mod organisations;
mod own;
mod people;
mod protocol;
mod roles;
mod start;
mod users;
mod wire;

use kit::routes;
use kit::{ContentRule, Dialect, FirstRunFacts, Limits, Route};

/// MISP's row.
pub static DIALECT: Dialect = Dialect {
    name: "misp",
    platform: catalogue::PLATFORM,
    mount: "/misp",
    specification: Some(catalogue::spec),
    protocol: &protocol::Misp,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::Any,
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: STRAYS,
};

/// Quirk: PyMISP joins relative paths to the address it is given, so an address without its trailing
/// slash loses its last segment and all calls arrive at the server's root (misp.md §1).
const STRAYS: &[&str] = &[
    "servers",
    "users",
    "organisations",
    "admin",
    "roles",
    "attributes",
    "auth_keys",
    "user_settings",
    "userSettings",
    "orgBlocklists",
    "events",
];

static ROUTES: &[Route] = routes![
    GET    "/servers/getversion"              start::version          => signed_in, "Show the version" -> "Version";
    GET    "/servers/getpymispversion"        start::client_version   => signed_in, "Show the client's version" -> "Version";
    GET    "/attributes/describetypes"        start::describe_types   => signed_in, "List the types of attributes" -> "Types";
    GET    "/users/view"                      own::view_me            => ShowUser, "Show oneself" -> "Viewed";
    GET    "/users/view/{id}"                 own::view               => ShowUser, "Show a user" -> "Viewed";
    GET    "/users/edit"                      descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    GET    "/users/edit/{id}"                 descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/users/edit"                      own::edit               => UpdateOwnProfile, "Change oneself", "User" -> "Viewed";
    POST   "/users/edit/{id}"                 own::edit               => UpdateOwnProfile, "Change oneself", "User" -> "Viewed";
    PUT    "/users/edit"                      own::edit               => UpdateOwnProfile, "Change oneself", "User" -> "Viewed";
    PUT    "/users/edit/{id}"                 own::edit               => UpdateOwnProfile, "Change oneself", "User" -> "Viewed";
    GET    "/users/changepw"                  descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/users/changepw"                  own::change_password    => ChangeOwnPassword, "Change one's own password", "User" -> "Success";
    PUT    "/users/changepw"                  own::change_password    => ChangeOwnPassword, "Change one's own password", "User" -> "Success";
    GET    "/admin/users/index"               users::list             => ListUsers if protocol::as_admin, "List the users one administers" -> "[Listed]";
    GET    "/admin/users/view/{id}"           users::view             => ShowUser if protocol::as_admin, "Show a user one administers" -> "Viewed";
    GET    "/admin/users/add"                 descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/users/add"                 users::add              => CreateUser if protocol::as_admin, "Make a user", "User" -> "Saved";
    GET    "/admin/users/edit/{id}"           descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/users/edit/{id}"           users::edit             => UpdateUser if protocol::as_admin, "Change a user", "User" -> "Saved";
    PUT    "/admin/users/edit/{id}"           users::edit             => UpdateUser if protocol::as_admin, "Change a user", "User" -> "Saved";
    POST   "/admin/users/delete/{id}"         users::delete           => DeleteUser if protocol::as_admin, "Delete a user" -> "Success";
    DELETE "/admin/users/delete/{id}"         users::delete           => DeleteUser if protocol::as_admin, "Delete a user" -> "Success";
    GET    "/organisations/index"             organisations::list     => ListOrganisations, "List organisations" -> "[Organisation]";
    POST   "/organisations/index"             organisations::search   => ListOrganisations, "Search organisations", "Search" -> "[Organisation]";
    GET    "/organisations/view/{id}"         organisations::view     => ShowOrganisation, "Show an organisation" -> "Organisation";
    GET    "/organisations/getuuids"          organisations::uuids    => ListOrganisations if protocol::as_sync, "List the UUIDs of local organisations" -> "Uuids";
    GET    "/admin/organisations/add"         descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/organisations/add"         organisations::add      => CreateOrganisation if protocol::as_site_admin, "Make an organisation", "Organisation" -> "Organisation";
    GET    "/admin/organisations/edit/{id}"   descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin, "Change an organisation", "Organisation" -> "Organisation";
    PUT    "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin, "Change an organisation", "Organisation" -> "Organisation";
    POST   "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin, "Delete an organisation" -> "Success";
    DELETE "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin, "Delete an organisation" -> "Success";
    GET    "/roles/index"                     roles::list             => ListRoles, "List roles" -> "[Role]";
    GET    "/roles/view/{id}"                 roles::view             => ShowRole, "Show a role" -> "Role";
    GET    "/admin/roles/add"                 descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/roles/add"                 roles::add              => CreateRole if protocol::as_site_admin, "Make a role", "Role" -> "Role";
    GET    "/admin/roles/edit/{id}"           descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin, "Change a role", "Role" -> "Role";
    PUT    "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin, "Change a role", "Role" -> "Role";
    POST   "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin, "Delete a role" -> "Success";
    DELETE "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin, "Delete a role" -> "Success";
    POST   "/admin/roles/setdefault/{id}"     roles::set_default      => ChangeDefaultRoles if protocol::as_site_admin, "Choose the role of new users" -> "Success";
    GET    "/authkeys/index"                  keys::list              => ListKeys, "List keys" -> "[AuthKey]";
    POST   "/authkeys/index"                  keys::search            => ListKeys, "Search keys", "AuthKey" -> "[AuthKey]";
    GET    "/authkeys/index/{id}"             keys::list              => ListKeys, "List keys" -> "[AuthKey]";
    POST   "/authkeys/index/{id}"             keys::search            => ListKeys, "Search keys", "AuthKey" -> "[AuthKey]";
    GET    "/authkeys/view/{id}"              keys::view              => ListKeys, "Show a key" -> "AuthKey";
    GET    "/authkeys/add"                    descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    GET    "/authkeys/add/{id}"               descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/authkeys/add"                    keys::add_own           => CreateKey, "Make a key for oneself", "AuthKey" -> "FreshKey";
    POST   "/authkeys/add/{id}"               keys::add               => CreateKey, "Make a key for a user", "AuthKey" -> "FreshKey";
    GET    "/authkeys/edit/{id}"              descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/authkeys/edit/{id}"              keys::edit              => UpdateKey, "Change a key", "AuthKey" -> "AuthKey";
    PUT    "/authkeys/edit/{id}"              keys::edit              => UpdateKey, "Change a key", "AuthKey" -> "AuthKey";
    POST   "/authkeys/delete/{id}"            keys::delete            => RevokeKey, "Revoke a key" -> "Success";
    DELETE "/authkeys/delete/{id}"            keys::delete            => RevokeKey, "Revoke a key" -> "Success";
    POST   "/users/resetauthkey"              keys::reset_own         => RevokeKey, "Renew one's own key" -> "Success";
    POST   "/users/resetauthkey/{id}"         keys::reset             => RevokeKey, "Renew a user's key" -> "Success";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("MISP_URL", format!("{}/", facts.url(DIALECT.mount))),
        ("MISP_KEY", facts.key.clone()),
    ]
}
