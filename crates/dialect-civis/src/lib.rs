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
    GET    "/endpoints"                           endpoints::show              => signed_in;
    GET    "/users"                               users::list                  => ListUsers;
    POST   "/users"                               users::create                => CreateUser;
    GET    "/users/me"                            me::show                     => signed_in;
    PATCH  "/users/me"                            me::update                   => UpdateOwnProfile;
    GET    "/users/me/activity"                   me::activity                 => ListJobs;
    GET    "/users/me/organization_admins"        me::organization_admins      => signed_in;
    GET    "/users/me/themes"                     themes::list                 => ReadRecords;
    GET    "/users/me/themes/{id}"                themes::show                 => ReadRecords;
    GET    "/users/{id}"                          users::show                  => ShowUser;
    PATCH  "/users/{id}"                          users::update                => UpdateUser;
    GET    "/users/{id}/api_keys"                 keys::list                   => ListKeys;
    POST   "/users/{id}/api_keys"                 keys::create                 => CreateKey;
    GET    "/users/{id}/api_keys/{key_id}"        keys::show                   => ListKeys;
    DELETE "/users/{id}/api_keys/{key_id}"        keys::revoke                 => RevokeKey;
    DELETE "/users/{id}/sessions"                 users::end_sessions          => UpdateUser;
    DELETE "/users/{id}/2fa"                      users::forget_second_factor  => UpdateUser;
    POST   "/users/{id}/unsuspend"                users::unsuspend             => UpdateUser;
    POST   "/users/{id}/access_email"             users::send_access_mail      => SendAccessMail;
    GET    "/users/me/favorites"                  favorites::list              => ReadRecords;
    POST   "/users/me/favorites"                  favorites::create            => WriteOwnRecord;
    DELETE "/users/me/favorites/{id}"             favorites::delete            => WriteOwnRecord;
    PATCH  "/users/me/favorites/{id}/ranking/top"    favorites::top            => WriteOwnRecord;
    PATCH  "/users/me/favorites/{id}/ranking/bottom" favorites::bottom         => WriteOwnRecord;
    PATCH  "/users/me/favorites/{id}/ranking/higher" favorites::higher         => WriteOwnRecord;
    PATCH  "/users/me/favorites/{id}/ranking/lower"  favorites::lower          => WriteOwnRecord;
    GET    "/groups"                              groups::list                 => ListGroups;
    POST   "/groups"                              groups::create               => CreateGroup;
    GET    "/groups/{id}"                         groups::show                 => ShowGroup;
    PUT    "/groups/{id}"                         groups::replace              => UpdateGroup;
    PATCH  "/groups/{id}"                         groups::update               => UpdateGroup;
    DELETE "/groups/{id}"                         groups::delete               => DeleteGroup;
    PUT    "/groups/{id}/members/{user_id}"       groups::add_member           => AddMember;
    DELETE "/groups/{id}/members/{user_id}"       groups::remove_member        => RemoveMember;
    GET    "/groups/{id}/child_groups"            groups::children             => ShowManagers;
    GET    "/groups/{id}/shares"                  shares::show                 => ShowManagers;
    PUT    "/groups/{id}/shares/users"            shares::with_users           => ChangeManagers;
    DELETE "/groups/{id}/shares/users/{user_id}"  shares::without_user         => ChangeManagers;
    PUT    "/groups/{id}/shares/groups"           shares::with_groups          => ChangeManagers;
    DELETE "/groups/{id}/shares/groups/{group_id}" shares::without_group       => ChangeManagers;
    GET    "/roles"                               me::roles                    => ListRoles;
    GET    "/announcements"                       announcements::list          => ReadRecords;
    GET    "/organizations/favorites"             favorites::list_shared       => ReadRecords;
    POST   "/organizations/favorites"             favorites::create_shared     => WriteSharedRecord;
    DELETE "/organizations/favorites/{id}"        favorites::delete_shared     => WriteSharedRecord;
    GET    "/admin/organizations"                 organizations::list          => ListOrganisations;
    POST   "/admin/themes"                        themes::create               => WriteSharedRecord;
    PATCH  "/admin/themes/{id}"                   themes::update               => WriteSharedRecord;
    POST   "/admin/announcements"                 announcements::create        => WriteSharedRecord;
    PATCH  "/admin/announcements/{id}"            announcements::update        => WriteSharedRecord;
    GET    "/files/{id}"                          me::nothing                  => signed_in;
    GET    "/jobs/{id}"                           me::nothing                  => signed_in;
    GET    "/notebooks/{id}"                      me::nothing                  => signed_in;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("CIVIS_API_ENDPOINT", facts.url(DIALECT.mount)),
        ("CIVIS_API_KEY", facts.key.clone()),
    ]
}
