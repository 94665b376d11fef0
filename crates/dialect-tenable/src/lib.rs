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
    GET    "/api/users"                         users::list                  => ListUsers, "List users" -> "[User]";
    POST   "/api/users"                         users::create                => CreateUser, "Make users, all or none", "[NewUser]" -> "201 [User]";
    GET    "/api/users/whoami"                  users::whoami                => signed_in, "Show oneself with one's roles" -> "Me";
    PATCH  "/api/users/password"                sign_in::change_password     => ChangeOwnPassword, "Change one's own password", "PasswordChange" -> "Nothing";
    POST   "/api/users/forgotten-password"      sign_in::forgotten_password  => open, "Have a reset link mailed", "Email" -> "Nothing";
    POST   "/api/users/retrieve-password"       sign_in::retrieve_password   => open, "Set a new password by a mailed token", "Retrieval" -> "Nothing";
    GET    "/api/users/{id}"                    users::show                  => ShowUser, "Show a user" -> "User";
    PATCH  "/api/users/{id}"                    users::update                => UpdateUser, "Change a user", "UserChange" -> "User";
    DELETE "/api/users/{id}"                    users::delete                => DeleteUser, "Delete a user";
    PUT    "/api/users/{id}/roles"              users::replace_roles         => GrantRole, "Replace the roles of a user", "Roles" -> "Roles";
    GET    "/api/roles"                         roles::list                  => ListRoles, "List roles" -> "[Role]";
    POST   "/api/roles"                         roles::create                => CreateRole if roles::may_create, "Make roles, all or none", "[NewRole]" -> "201 [Role]";
    GET    "/api/roles/user-creation-defaults"  roles::defaults              => ListRoles, "List the roles of new users" -> "[Role]";
    GET    "/api/roles/{id}"                    roles::show                  => ShowRole, "Show a role" -> "Role";
    PATCH  "/api/roles/{id}"                    roles::update                => UpdateRole if roles::may_edit, "Change a role", "RoleChange" -> "Role";
    DELETE "/api/roles/{id}"                    roles::delete                => DeleteRole if roles::may_create, "Delete a role";
    POST   "/api/roles/from/{id}"               roles::copy                  => CreateRole if roles::may_create, "Copy a role", "Name" -> "201 Role";
    PUT    "/api/roles/{id}/permissions"        roles::replace_permissions   => UpdateRole if roles::may_edit, "Replace the permissions of a role", "[Permission]" -> "Role";
    GET    "/api/lockout-policy"                settings::lockout_policy     => ReadSettings if settings::may_read_policy, "Show the lock-out policy" -> "LockoutPolicy";
    PATCH  "/api/lockout-policy"                settings::change_lockout_policy => ChangeSettings if settings::may_edit_policy, "Change the lock-out policy", "LockoutPolicy" -> "LockoutPolicy";
    GET    "/api/application-settings"          settings::application_settings => ReadSettings if settings::may_read_settings, "Show the settings" -> "ApplicationSettings";
    PATCH  "/api/application-settings"          settings::change_application_settings => ChangeSettings if settings::may_edit_settings, "Change the settings", "ApplicationSettings" -> "ApplicationSettings";
    GET    "/api/preferences"                   facts::preferences           => signed_in, "Show one's own preferences" -> "Preferences";
    PATCH  "/api/preferences"                   facts::change_preferences    => UpdateOwnProfile, "Change one's own preferences", "Preferences" -> "Preferences";
    GET    "/api/profiles"                      facts::profiles              => signed_in if facts::may_read_profiles, "List the profiles" -> "[Profile]";
    GET    "/api/license"                       facts::license               => signed_in if facts::may_read_license, "Show the licence" -> "License";
    GET    "/api/about"                         facts::about                 => open, "Show the version" -> "About";
    POST   "/api/login"                         sign_in::login               => open, "Sign in with a password", "Login" -> "Token";
    GET    "/api/api-key"                       keys::show                 => signed_in, "Show one's own key" -> "ApiKey";
    POST   "/api/api-key"                       keys::renew           => CreateKey, "Renew one's own key", "Empty" -> "ApiKey";
    POST   "/api/logout"                        sign_in::logout              => signed_in, "End the session in use" -> "Nothing";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("TIE_URL", facts.url(DIALECT.mount)),
        ("TIE_API_KEY", facts.key.clone()),
    ]
}
