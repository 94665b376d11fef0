//! Civis Platform as `civis` 2.10.1 and 2.5.0 speak to it: the specification that the client builds
//! itself from, users with their keys, favourites and themes, groups and roles, below `/civis`.

mod announcements;
mod catalogue;
mod endpoints;
mod errors;
mod favorites;
mod fields;
mod groups;
mod keys;
mod map;
mod me;
mod organizations;
mod people;
mod profile;
mod protocol;
mod request;
mod shares;
mod specification;
mod themes;
mod users;
mod wire;

use kit::{ContentRule, Dialect, FirstRunFacts, Limits, Route, routes};

pub use catalogue::{PLATFORM, spec};

#[cfg(test)]
mod tests;

/// Civis Platform's row.
pub static DIALECT: Dialect = Dialect {
    name: "civis",
    platform: PLATFORM,
    mount: "/civis",
    specification: Some(spec),
    protocol: &protocol::Civis,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::JsonOrUnstated,
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: &["endpoints"],
};

/// One route for each operation of the specification, which a test compares.
static ROUTES: &[Route] = routes![
    GET    "/endpoints"                           endpoints::show              => signed_in, "Describe the API";
    GET    "/users"                               users::list                  => ListUsers, "List users";
    POST   "/users"                               users::create                => CreateUser, "Make a user";
    GET    "/users/me"                            me::show                     => signed_in, "Show oneself";
    PATCH  "/users/me"                            me::update                   => UpdateOwnProfile, "Change oneself";
    GET    "/users/me/activity"                   me::activity                 => ListJobs, "List one's own jobs";
    GET    "/users/me/organization_admins"        me::organization_admins      => signed_in, "List the administrators of one's organization";
    GET    "/users/me/themes"                     themes::list                 => ReadRecords, "List the themes";
    GET    "/users/me/themes/{id}"                themes::show                 => ReadRecords, "Show a theme";
    GET    "/users/{id}"                          users::show                  => ShowUser, "Show a user";
    PATCH  "/users/{id}"                          users::update                => UpdateUser, "Change a user";
    GET    "/users/{id}/api_keys"                 keys::list                   => ListKeys, "List a user's keys";
    POST   "/users/{id}/api_keys"                 keys::create                 => CreateKey, "Make a key for a user";
    GET    "/users/{id}/api_keys/{key_id}"        keys::show                   => ListKeys, "Show a key";
    DELETE "/users/{id}/api_keys/{key_id}"        keys::revoke                 => RevokeKey, "Revoke a key";
    DELETE "/users/{id}/sessions"                 users::end_sessions          => UpdateUser, "End a user's sessions";
    DELETE "/users/{id}/2fa"                      users::forget_second_factor  => UpdateUser, "Remove a user's second factor";
    POST   "/users/{id}/unsuspend"                users::unsuspend             => UpdateUser, "Lift a user's suspension";
    POST   "/users/{id}/access_email"             users::send_access_mail      => SendAccessMail, "Mail a user an activation or reset link";
    GET    "/users/me/favorites"                  favorites::list              => ReadRecords, "List one's own favorites";
    POST   "/users/me/favorites"                  favorites::create            => WriteOwnRecord, "Make a favorite";
    DELETE "/users/me/favorites/{id}"             favorites::delete            => WriteOwnRecord, "Delete a favorite";
    PATCH  "/users/me/favorites/{id}/ranking/top"    favorites::top            => WriteOwnRecord, "Move a favorite to the top";
    PATCH  "/users/me/favorites/{id}/ranking/bottom" favorites::bottom         => WriteOwnRecord, "Move a favorite to the bottom";
    PATCH  "/users/me/favorites/{id}/ranking/higher" favorites::higher         => WriteOwnRecord, "Move a favorite up";
    PATCH  "/users/me/favorites/{id}/ranking/lower"  favorites::lower          => WriteOwnRecord, "Move a favorite down";
    GET    "/groups"                              groups::list                 => ListGroups, "List groups";
    POST   "/groups"                              groups::create               => CreateGroup, "Make a group";
    GET    "/groups/{id}"                         groups::show                 => ShowGroup, "Show a group";
    PUT    "/groups/{id}"                         groups::replace              => UpdateGroup, "Replace all of a group";
    PATCH  "/groups/{id}"                         groups::update               => UpdateGroup, "Change a group";
    DELETE "/groups/{id}"                         groups::delete               => DeleteGroup, "Delete a group";
    PUT    "/groups/{id}/members/{user_id}"       groups::add_member           => AddMember, "Put a member into a group";
    DELETE "/groups/{id}/members/{user_id}"       groups::remove_member        => RemoveMember, "Take a member out of a group";
    GET    "/groups/{id}/child_groups"            groups::children             => ShowManagers, "List the groups within a group";
    GET    "/groups/{id}/shares"                  shares::show                 => ShowManagers, "List who may do what with a group";
    PUT    "/groups/{id}/shares/users"            shares::with_users           => ChangeManagers, "Share a group with users";
    DELETE "/groups/{id}/shares/users/{user_id}"  shares::without_user         => ChangeManagers, "End a share with a user";
    PUT    "/groups/{id}/shares/groups"           shares::with_groups          => ChangeManagers, "Share a group with groups";
    DELETE "/groups/{id}/shares/groups/{group_id}" shares::without_group       => ChangeManagers, "End a share with a group";
    GET    "/roles"                               me::roles                    => ListRoles, "List the roles";
    GET    "/announcements"                       announcements::list          => ReadRecords, "List the announcements";
    GET    "/organizations/favorites"             favorites::list_shared       => ReadRecords, "List the organization's favorites";
    POST   "/organizations/favorites"             favorites::create_shared     => WriteSharedRecord, "Make a favorite for the organization";
    DELETE "/organizations/favorites/{id}"        favorites::delete_shared     => WriteSharedRecord, "Delete a favorite of the organization";
    GET    "/admin/organizations"                 organizations::list          => ListOrganisations, "List organizations";
    POST   "/admin/themes"                        themes::create               => WriteSharedRecord, "Make a theme";
    PATCH  "/admin/themes/{id}"                   themes::update               => WriteSharedRecord, "Change a theme";
    POST   "/admin/announcements"                 announcements::create        => WriteSharedRecord, "Make an announcement";
    PATCH  "/admin/announcements/{id}"            announcements::update        => WriteSharedRecord, "Change an announcement";
    GET    "/files/{id}"                          me::nothing                  => signed_in, "Find nothing, for none is kept here";
    GET    "/jobs/{id}"                           me::nothing                  => signed_in, "Find nothing, for none is kept here";
    GET    "/notebooks/{id}"                      me::nothing                  => signed_in, "Find nothing, for none is kept here";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("CIVIS_API_ENDPOINT", facts.url(DIALECT.mount)),
        ("CIVIS_API_KEY", facts.key.clone()),
    ]
}
