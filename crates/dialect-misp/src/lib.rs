//! MISP: the REST API as PyMISP 2.5.34.4 speaks it to MISP 2.5.1.
//!
//! The vendor's URLs have a grammar of their own (`address.rs`); the table below names the canonical
//! path that each of them amounts to.

mod action;
mod address;
mod blocklist;
mod body;
mod catalogue;
mod dates;
mod descriptions;
mod errors;
mod extension;
mod filter;
mod index_filter;
mod keys;
mod list_parameters;
mod logs;
mod map;
mod organisations;
mod own;
mod people;
mod protocol;
mod registrations;
mod roles;
mod server_settings;
mod start;
mod statistics;
mod user_actions;
mod user_settings;
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
    POST   "/servers/getversion"              start::version          => signed_in, "Show the version" -> "Version";
    GET    "/servers/getpymispversion"        start::client_version   => signed_in, "Show the client's version" -> "Version";
    POST   "/servers/getpymispversion"        start::client_version   => signed_in, "Show the client's version" -> "Version";
    GET    "/attributes/describetypes"        start::describe_types   => signed_in, "List the types of attributes" -> "Types";
    POST   "/attributes/describetypes"        start::describe_types   => signed_in, "List the types of attributes" -> "Types";
    GET    "/tags"                            start::tags             => signed_in, "List the tags, of which there are none" -> "Tags";
    GET    "/tags/index"                      start::tags             => signed_in, "List the tags, of which there are none" -> "Tags";
    GET    "/users/view"                      own::view_me            => ShowUser, "Show oneself" -> "Viewed";
    GET    "/users/view/{id}"                 own::view               => ShowUser, "Show a user" -> "Viewed";
    POST   "/users/view"                      own::view_me            => ShowUser, "Show oneself" -> "Viewed";
    POST   "/users/view/{id}"                 own::view               => ShowUser, "Show a user" -> "Viewed";
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
    POST   "/admin/users/index"               users::search           => ListUsers if protocol::as_admin, "Search the users one administers", "Search" -> "[Listed]";
    GET    "/admin/users/view/{id}"           users::view             => ShowUser if protocol::as_admin, "Show a user one administers" -> "Viewed";
    POST   "/admin/users/view/{id}"           users::view             => ShowUser if protocol::as_admin, "Show a user one administers" -> "Viewed";
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
    POST   "/organisations/view/{id}"         organisations::view     => ShowOrganisation, "Show an organisation" -> "Organisation";
    GET    "/organisations/getuuids"          organisations::uuids    => ListOrganisations if protocol::as_sync, "List the UUIDs of local organisations" -> "Uuids";
    POST   "/organisations/getuuids"          organisations::uuids    => ListOrganisations if protocol::as_sync, "List the UUIDs of local organisations" -> "Uuids";
    GET    "/admin/organisations/add"         descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/organisations/add"         organisations::add      => CreateOrganisation if protocol::as_site_admin, "Make an organisation", "Organisation" -> "Organisation";
    GET    "/admin/organisations/edit/{id}"   descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin, "Change an organisation", "Organisation" -> "Organisation";
    PUT    "/admin/organisations/edit/{id}"   organisations::edit     => UpdateOrganisation if protocol::as_site_admin, "Change an organisation", "Organisation" -> "Organisation";
    POST   "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin, "Delete an organisation" -> "Success";
    DELETE "/admin/organisations/delete/{id}" organisations::delete   => DeleteOrganisation if protocol::as_site_admin, "Delete an organisation" -> "Success";
    GET    "/roles/index"                     roles::list             => ListRoles, "List roles" -> "[Role]";
    POST   "/roles/index"                     roles::search           => ListRoles, "Search roles", "Search" -> "[Role]";
    GET    "/roles/view/{id}"                 roles::view             => ShowRole, "Show a role" -> "Role";
    POST   "/roles/view/{id}"                 roles::view             => ShowRole, "Show a role" -> "Role";
    GET    "/admin/roles/add"                 descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/roles/add"                 roles::add              => CreateRole if protocol::as_site_admin, "Make a role", "Role" -> "Role";
    GET    "/admin/roles/edit/{id}"           descriptions::show      => signed_in, "Describe the fields of a change" -> "Description";
    POST   "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin, "Change a role", "Role" -> "Role";
    PUT    "/admin/roles/edit/{id}"           roles::edit             => UpdateRole if protocol::as_site_admin, "Change a role", "Role" -> "Role";
    POST   "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin, "Delete a role" -> "Success";
    DELETE "/admin/roles/delete/{id}"         roles::delete           => DeleteRole if protocol::as_site_admin, "Delete a role" -> "Success";
    PUT    "/admin/roles/setdefault/{id}"     roles::set_default      => ChangeDefaultRoles if protocol::as_site_admin, "Choose the role of new users" -> "Success";
    POST   "/admin/roles/setdefault/{id}"     roles::set_default      => ChangeDefaultRoles if protocol::as_site_admin, "Choose the role of new users" -> "Success";
    GET    "/authkeys/index"                  keys::list              => ListKeys, "List keys" -> "[AuthKey]";
    POST   "/authkeys/index"                  keys::search            => ListKeys, "Search keys", "AuthKey" -> "[AuthKey]";
    GET    "/authkeys/index/{id}"             keys::list              => ListKeys, "List keys" -> "[AuthKey]";
    POST   "/authkeys/index/{id}"             keys::search            => ListKeys, "Search keys", "AuthKey" -> "[AuthKey]";
    GET    "/authkeys/view/{id}"              keys::view              => ListKeys, "Show a key" -> "AuthKey";
    POST   "/authkeys/view/{id}"              keys::view              => ListKeys, "Show a key" -> "AuthKey";
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
    POST   "/users/resetauthkey/{id}/{alert}" keys::reset             => RevokeKey, "Renew a user's key, and tell the user" -> "Success";
    PUT    "/users/resetauthkey"              keys::reset_own         => RevokeKey, "Renew one's own key" -> "Success";
    PUT    "/users/resetauthkey/{id}"         keys::reset             => RevokeKey, "Renew a user's key" -> "Success";
    PUT    "/users/resetauthkey/{id}/{alert}" keys::reset             => RevokeKey, "Renew a user's key, and tell the user" -> "Success";
    GET    "/usersettings/index"              user_settings::list     => ShowUser, "List settings of users" -> "[UserSetting]";
    POST   "/usersettings/index"              user_settings::list     => ShowUser, "Search settings of users", "UserSetting" -> "[UserSetting]";
    GET    "/usersettings/view/{id}"          user_settings::view     => ShowUser, "Show a setting of a user" -> "UserSetting";
    POST   "/usersettings/view/{id}"          user_settings::view     => ShowUser, "Show a setting of a user" -> "UserSetting";
    POST   "/usersettings/getsetting"         user_settings::get      => ShowUser, "Show a setting of a user by its name", "UserSetting" -> "UserSetting";
    GET    "/usersettings/getsetting/{id}/{name}" user_settings::get  => ShowUser, "Show a setting of a user by its name" -> "UserSetting";
    POST   "/usersettings/getsetting/{id}/{name}" user_settings::get  => ShowUser, "Show a setting of a user by its name" -> "UserSetting";
    POST   "/usersettings/setsetting"         user_settings::set      => UpdateOwnProfile, "Set a setting of a user", "UserSetting" -> "UserSetting";
    PUT    "/usersettings/setsetting"         user_settings::set      => UpdateOwnProfile, "Set a setting of a user", "UserSetting" -> "UserSetting";
    POST   "/usersettings/setsetting/{id}"    user_settings::set      => UpdateOwnProfile, "Set a setting of a user", "UserSetting" -> "UserSetting";
    POST   "/usersettings/setsetting/{id}/{name}" user_settings::set  => UpdateOwnProfile, "Set a setting of a user", "UserSetting" -> "UserSetting";
    POST   "/usersettings/delete"             user_settings::delete   => UpdateOwnProfile, "Take a setting of a user away", "UserSetting" -> "Success";
    POST   "/usersettings/delete/{id}"        user_settings::delete   => UpdateOwnProfile, "Take a setting of a user away" -> "Success";
    DELETE "/usersettings/delete/{id}"        user_settings::delete   => UpdateOwnProfile, "Take a setting of a user away" -> "Success";
    POST   "/users/register"                  registrations::register => open, "Ask for an account", "Registration" -> "Success";
    GET    "/users/registrations"             registrations::list     => ReadRecords if protocol::as_site_admin, "List registrations" -> "[Inbox]";
    GET    "/users/registrations/index"       registrations::list     => ReadRecords if protocol::as_site_admin, "List registrations" -> "[Inbox]";
    POST   "/users/acceptregistrations"       registrations::accept   => CreateUser if protocol::as_site_admin, "Make accounts of registrations", "User" -> "Success";
    POST   "/users/acceptregistrations/{id}"  registrations::accept   => CreateUser if protocol::as_site_admin, "Make an account of a registration", "User" -> "Success";
    POST   "/users/discardregistrations"      registrations::discard  => WriteSharedRecord if protocol::as_site_admin, "Discard registrations", "User" -> "Success";
    POST   "/users/discardregistrations/{id}" registrations::discard  => WriteSharedRecord if protocol::as_site_admin, "Discard a registration" -> "Success";
    DELETE "/users/discardregistrations/{id}" registrations::discard  => WriteSharedRecord if protocol::as_site_admin, "Discard a registration" -> "Success";
    GET    "/users/statistics"                statistics::show        => signed_in, "Show figures" -> "Statistics";
    GET    "/users/statistics/{page}"         statistics::show        => signed_in, "Show figures" -> "Statistics";
    POST   "/users/statistics/{page}"         statistics::show        => signed_in, "Show figures" -> "Statistics";
    GET    "/users/heartbeat"                 user_actions::heartbeat => open, "Say that the server answers" -> "Message";
    GET    "/orgblocklists/index"             blocklist::list         => ReadRecords if protocol::as_site_admin, "List blocked organisations" -> "[OrgBlocklist]";
    POST   "/orgblocklists/index"             blocklist::list         => ReadRecords if protocol::as_site_admin, "Search blocked organisations", "OrgBlocklist" -> "[OrgBlocklist]";
    POST   "/orgblocklists/add"               blocklist::add          => WriteSharedRecord if protocol::as_site_admin, "Block organisations", "OrgBlocklist" -> "Blocked";
    POST   "/orgblocklists/edit/{id}"         blocklist::edit         => WriteSharedRecord if protocol::as_site_admin, "Change a blocked organisation's entry", "OrgBlocklist" -> "OrgBlocklist";
    POST   "/orgblocklists/delete/{id}"       blocklist::delete       => WriteSharedRecord if protocol::as_site_admin, "Unblock an organisation" -> "Success";
    DELETE "/orgblocklists/delete/{id}"       blocklist::delete       => WriteSharedRecord if protocol::as_site_admin, "Unblock an organisation" -> "Success";
    GET    "/admin/logs/index"                logs::list              => ReadEvents if protocol::as_auditor, "List what happened" -> "[Log]";
    POST   "/admin/logs/index"                logs::list              => ReadEvents if protocol::as_auditor, "Search what happened", "Log" -> "[Log]";
    GET    "/logs/index"                      logs::list              => ReadEvents if protocol::as_auditor, "List what happened" -> "[Log]";
    POST   "/logs/index"                      logs::list              => ReadEvents if protocol::as_auditor, "Search what happened", "Log" -> "[Log]";
    GET    "/users/viewloginhistory"          logs::login_history     => ReadEvents, "List one's own sign-ins" -> "[Login]";
    GET    "/users/viewloginhistory/{id}"     logs::login_history     => ReadEvents, "List the sign-ins of a user" -> "[Login]";
    GET    "/servers/getsetting/{name}"       server_settings::get    => ReadSettings if protocol::as_site_admin, "Show a setting of the server" -> "Setting";
    POST   "/servers/serversettingsedit/{name}" server_settings::edit => ChangeSettings if protocol::as_site_admin, "Change a setting of the server", "Setting" -> "Success";
    POST   "/admin/users/masstogglefield/{field}/{value}" user_actions::toggle => UpdateUser if protocol::as_admin, "Set a flag of several users", "User" -> "Success";
    POST   "/users/initiatepasswordreset/{id}" user_actions::initiate_password_reset => SendPasswordReset if protocol::as_admin, "Void a password and mail the way to a new one" -> "Success";
    POST   "/users/initiatepasswordreset/{id}/{first}" user_actions::initiate_password_reset => SendPasswordReset if protocol::as_admin, "Void a password and mail the way to a new one" -> "Success";
    POST   "/users/totpdelete/{id}"           user_actions::delete_second_factor => RemoveSecondFactor if protocol::as_admin, "Take a user's second factor away" -> "Success";
    DELETE "/users/totpdelete/{id}"           user_actions::delete_second_factor => RemoveSecondFactor if protocol::as_admin, "Take a user's second factor away" -> "Success";
    POST   "/admin/users/destroy"             user_actions::destroy_sessions => RevokeSessions if protocol::as_site_admin, "End everybody's sessions" -> "Success";
    POST   "/admin/users/destroy/{id}"        user_actions::destroy_sessions => RevokeSessions if protocol::as_site_admin, "End a user's sessions" -> "Success";
    GET    "/admin/users/monitor/{id}"        user_actions::monitored => ShowUser if protocol::as_site_admin, "Show whether a user is monitored" -> "Number";
    POST   "/admin/users/monitor/{id}"        user_actions::monitor   => UpdateUser if protocol::as_site_admin, "Monitor a user", "Value" -> "Number";
    POST   "/admin/users/quickemail/{id}"     user_actions::quick_mail => SendMail if protocol::as_admin, "Mail a message to a user", "Mail" -> "Success";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("MISP_URL", format!("{}/", facts.url(DIALECT.mount))),
        ("MISP_KEY", facts.key.clone()),
    ]
}
