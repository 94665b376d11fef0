//! Tenable Identity Exposure as `pytenable` 26.10.1 speaks to it (`TenableIE`): users, roles, keys,
//! sign-in and settings below `/tenable/api`.

mod body;
mod catalogue;
mod errors;
mod facts;
mod keys;
mod map;
mod protocol;
mod reader;
mod roles;
mod settings;
mod sign_in;
mod users;
mod wire;

use kit::routes;
use kit::{ContentRule, Dialect, FirstRunFacts, Limits, Route};

pub use catalogue::{PLATFORM, spec};

#[cfg(test)]
mod tests;

/// Tenable's row.
pub static DIALECT: Dialect = Dialect {
    name: "tenable",
    platform: PLATFORM,
    mount: "/tenable",
    specification: Some(spec),
    protocol: &protocol::Tenable,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::JsonOrUnstated,
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: &[],
};

static ROUTES: &[Route] = routes![
    GET    "/api/users"                         users::list                  => ListUsers;
    POST   "/api/users"                         users::create                => CreateUser;
    GET    "/api/users/whoami"                  users::whoami                => signed_in;
    PATCH  "/api/users/password"                sign_in::change_password     => ChangeOwnPassword;
    POST   "/api/users/forgotten-password"      sign_in::forgotten_password  => open;
    POST   "/api/users/retrieve-password"       sign_in::retrieve_password   => open;
    GET    "/api/users/{id}"                    users::show                  => ShowUser;
    PATCH  "/api/users/{id}"                    users::update                => UpdateUser;
    DELETE "/api/users/{id}"                    users::delete                => DeleteUser;
    PUT    "/api/users/{id}/roles"              users::replace_roles         => GrantRole;
    GET    "/api/roles"                         roles::list                  => ListRoles;
    POST   "/api/roles"                         roles::create                => CreateRole if roles::may_create;
    GET    "/api/roles/user-creation-defaults"  roles::defaults              => ListRoles;
    GET    "/api/roles/{id}"                    roles::show                  => ShowRole;
    PATCH  "/api/roles/{id}"                    roles::update                => UpdateRole if roles::may_edit;
    DELETE "/api/roles/{id}"                    roles::delete                => DeleteRole if roles::may_create;
    POST   "/api/roles/from/{id}"               roles::copy                  => CreateRole if roles::may_create;
    PUT    "/api/roles/{id}/permissions"        roles::replace_permissions   => UpdateRole if roles::may_edit;
    GET    "/api/lockout-policy"                settings::lockout_policy     => ReadSettings if settings::may_read_policy;
    PATCH  "/api/lockout-policy"                settings::change_lockout_policy => ChangeSettings if settings::may_edit_policy;
    GET    "/api/application-settings"          settings::application_settings => ReadSettings if settings::may_read_settings;
    PATCH  "/api/application-settings"          settings::change_application_settings => ChangeSettings if settings::may_edit_settings;
    GET    "/api/preferences"                   facts::preferences           => signed_in;
    PATCH  "/api/preferences"                   facts::change_preferences    => UpdateOwnProfile;
    GET    "/api/profiles"                      facts::profiles              => signed_in if facts::may_read_profiles;
    GET    "/api/license"                       facts::license               => signed_in if facts::may_read_license;
    GET    "/api/about"                         facts::about                 => open;
    POST   "/api/login"                         sign_in::login               => open;
    GET    "/api/api-key"                       keys::show                 => signed_in;
    POST   "/api/api-key"                       keys::renew           => CreateKey;
    POST   "/api/logout"                        sign_in::logout              => signed_in;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("TIE_URL", facts.url(DIALECT.mount)),
        ("TIE_API_KEY", facts.key.clone()),
    ]
}
