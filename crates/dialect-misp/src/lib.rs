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
    GET    "/servers/getversion"              start::version          => signed_in;
    GET    "/servers/getpymispversion"        start::client_version   => signed_in;
    GET    "/attributes/describetypes"        start::describe_types   => signed_in;
    GET    "/users/view"                      own::view_me            => ShowUser;
    GET    "/users/view/{id}"                 own::view               => ShowUser;
    GET    "/users/edit"                      descriptions::show      => signed_in;
    GET    "/users/edit/{id}"                 descriptions::show      => signed_in;
    POST   "/users/edit"                      own::edit               => UpdateOwnProfile;
    POST   "/users/edit/{id}"                 own::edit               => UpdateOwnProfile;
    PUT    "/users/edit"                      own::edit               => UpdateOwnProfile;
    PUT    "/users/edit/{id}"                 own::edit               => UpdateOwnProfile;
    GET    "/users/changepw"                  descriptions::show      => signed_in;
    POST   "/users/changepw"                  own::change_password    => ChangeOwnPassword;
    PUT    "/users/changepw"                  own::change_password    => ChangeOwnPassword;
    GET    "/admin/users/index"               users::list             => ListUsers if protocol::as_admin;
    GET    "/admin/users/view/{id}"           users::view             => ShowUser if protocol::as_admin;
    GET    "/admin/users/add"                 descriptions::show      => signed_in;
    POST   "/admin/users/add"                 users::add              => CreateUser if protocol::as_admin;
    GET    "/admin/users/edit/{id}"           descriptions::show      => signed_in;
    POST   "/admin/users/edit/{id}"           users::edit             => UpdateUser if protocol::as_admin;
    PUT    "/admin/users/edit/{id}"           users::edit             => UpdateUser if protocol::as_admin;
    POST   "/admin/users/delete/{id}"         users::delete           => DeleteUser if protocol::as_admin;
    DELETE "/admin/users/delete/{id}"         users::delete           => DeleteUser if protocol::as_admin;
    GET    "/organisations/index"             organisations::list     => ListOrganisations;
    POST   "/organisations/index"             organisations::search   => ListOrganisations;
    GET    "/organisations/view/{id}"         organisations::view     => ShowOrganisation;
    GET    "/organisations/getuuids"          organisations::uuids    => ListOrganisations if protocol::as_sync;
    GET    "/admin/organisations/add"         descriptions::show      => signed_in;
    POST   "/admin/organisations/add"         organisations::add      => CreateOrganisation if protocol::as_site_admin;
    GET    "/admin/organisations/edit/{id}"   descriptions::show      => signed_in;
    POST   "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin;
    PUT    "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin;
    POST   "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin;
    DELETE "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin;
    GET    "/roles/index"                     roles::list             => ListRoles;
    GET    "/roles/view/{id}"                 roles::view             => ShowRole;
    GET    "/admin/roles/add"                 descriptions::show      => signed_in;
    POST   "/admin/roles/add"                 roles::add              => CreateRole if protocol::as_site_admin;
    GET    "/admin/roles/edit/{id}"           descriptions::show      => signed_in;
    POST   "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin;
    PUT    "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin;
    POST   "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin;
    DELETE "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin;
    POST   "/admin/roles/setdefault/{id}"     roles::set_default      => ChangeDefaultRoles if protocol::as_site_admin;
    GET    "/authkeys/index"                  keys::list              => ListKeys;
    POST   "/authkeys/index"                  keys::search            => ListKeys;
    GET    "/authkeys/index/{id}"             keys::list              => ListKeys;
    POST   "/authkeys/index/{id}"             keys::search            => ListKeys;
    GET    "/authkeys/view/{id}"              keys::view              => ListKeys;
    GET    "/authkeys/add"                    descriptions::show      => signed_in;
    GET    "/authkeys/add/{id}"               descriptions::show      => signed_in;
    POST   "/authkeys/add"                    keys::add_own           => CreateKey;
    POST   "/authkeys/add/{id}"               keys::add               => CreateKey;
    GET    "/authkeys/edit/{id}"              descriptions::show      => signed_in;
    POST   "/authkeys/edit/{id}"              keys::edit              => UpdateKey;
    PUT    "/authkeys/edit/{id}"              keys::edit              => UpdateKey;
    POST   "/authkeys/delete/{id}"            keys::delete            => RevokeKey;
    DELETE "/authkeys/delete/{id}"            keys::delete            => RevokeKey;
    POST   "/users/resetauthkey"              keys::reset_own         => RevokeKey;
    POST   "/users/resetauthkey/{id}"         keys::reset             => RevokeKey;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("MISP_URL", format!("{}/", facts.url(DIALECT.mount))),
        ("MISP_KEY", facts.key.clone()),
    ]
}
