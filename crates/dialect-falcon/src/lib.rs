//! CrowdStrike Falcon's User Management, Flight Control and API client operations, as FalconPy 1.6.6
//! (`UserManagement`, `FlightControl`, `APIClients`, the Uber class) speaks to them below `/falcon`.

mod aggregates;
mod allowed_actions;
mod api_clients;
mod body;
mod catalogue;
mod children;
mod cid_groups;
mod control;
mod customers;
mod envelope;
mod errors;
mod filter;
mod fql;
mod grants;
mod invitations;
mod legacy_users;
mod links;
mod map;
mod parameters;
mod protocol;
mod roles;
mod scopes;
mod tokens;
mod user_groups;
mod users;
mod wire;

use kit::{ContentRule, Dialect, FirstRunFacts, Limits, Route, routes};

pub use catalogue::{PLATFORM, spec};

/// Falcon's row.
pub static DIALECT: Dialect = Dialect {
    name: "falcon",
    platform: PLATFORM,
    mount: "/falcon",
    specification: Some(spec),
    protocol: &protocol::Falcon,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::JsonOrUnstated,
        // Quirk: the vendor's limit, which its clients read from the headers (falcon.md §3).
        requests_per_minute: 6_000,
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: &["oauth2", "user-management", "user-roles", "mssp"],
};

static ROUTES: &[Route] = routes![
    POST   "/oauth2/token"                                        tokens::issue              => open;
    POST   "/oauth2/revoke"                                       tokens::revoke             => open;
    GET    "/sensors/queries/installers/ccid/v1"                  customers::ccid            => signed_in;

    GET    "/user-management/queries/users/v1"                    users::query_v1            => ListUsers;
    GET    "/user-management/queries/users/v2"                    users::query_v2            => ListUsers;
    POST   "/user-management/entities/users/GET/v1"               users::retrieve            => ListUsers;
    POST   "/user-management/entities/users/GET/v2"               users::retrieve            => ListUsers;
    POST   "/user-management/entities/users/v1"                   users::create              => CreateUser;
    PATCH  "/user-management/entities/users/v1"                   users::update              => UpdateUser;
    DELETE "/user-management/entities/users/v1"                   users::delete              => DeleteUser;
    POST   "/user-management/entities/user-actions/v1"            users::act                 => SendPasswordReset;
    POST   "/user-management/aggregates/users/v1"                 aggregates::count_v1       => ListUsers;
    POST   "/user-management/aggregates/users/v2"                 aggregates::count_v2       => ListUsers;
    GET    "/user-management/queries/user-invitations/v1"         invitations::query         => ReadRecords;
    POST   "/user-management/entities/user-invitations/GET/v1"    invitations::retrieve      => ReadRecords;

    GET    "/user-management/combined/user-roles/v1"              grants::combined_v1        => ListGrants;
    GET    "/user-management/combined/user-roles/v2"              grants::combined_v2        => ListGrants;
    GET    "/user-management/combined/user-roles/v3"              grants::combined_v2        => ListGrants;
    POST   "/user-management/entities/user-role-actions/v1"       grants::act_v1             => GrantRole;
    POST   "/user-management/entities/user-role-actions/v2"       grants::act_v2             => GrantRole;
    GET    "/user-management/queries/roles/v1"                    roles::grantable           => ListRoles;
    GET    "/user-management/entities/roles/v1"                   roles::show_v1             => ListRoles;
    POST   "/user-management/entities/roles/GET/v2"               roles::show_v2             => ListRoles;
    POST   "/user-management/entities/user-allowed-actions/v1"    allowed_actions::show      => ListRoles;

    GET    "/user-roles/entities/user-roles/v1"                   roles::show_legacy         => ListRoles;
    POST   "/user-roles/entities/user-roles/v1"                   grants::grant_legacy       => GrantRole;
    DELETE "/user-roles/entities/user-roles/v1"                   grants::revoke_legacy      => RevokeRole;
    GET    "/user-roles/queries/user-role-ids-by-cid/v1"          roles::available           => ListRoles;
    GET    "/user-roles/queries/user-role-ids-by-user-uuid/v1"    grants::ids_of_user        => ListGrants;

    GET    "/users/entities/users/v1"                             legacy_users::retrieve     => ListUsers;
    POST   "/users/entities/users/v1"                             legacy_users::create       => CreateUser;
    PATCH  "/users/entities/users/v1"                             legacy_users::update       => UpdateUser;
    DELETE "/users/entities/users/v1"                             legacy_users::delete       => DeleteUser;
    GET    "/users/queries/emails-by-cid/v1"                      legacy_users::emails       => ListUsers;
    GET    "/users/queries/user-uuids-by-cid/v1"                  legacy_users::uuids        => ListUsers;
    GET    "/users/queries/user-uuids-by-email/v1"                legacy_users::by_address   => ListUsers;

    GET    "/mssp/queries/children/v1"                            children::query            => ListOrganisations;
    GET    "/mssp/entities/children/v1"                           children::show_v1          => ListOrganisations;
    POST   "/mssp/entities/children/GET/v2"                       children::show_v2          => ListOrganisations;
    GET    "/mssp/queries/user-groups/v1"                         user_groups::query         => ListGroups;
    GET    "/mssp/entities/user-groups/v1"                        user_groups::show_v1       => ListGroups;
    GET    "/mssp/entities/user-groups/v2"                        user_groups::show_v2       => ListGroups;
    POST   "/mssp/entities/user-groups/v1"                        user_groups::create        => CreateGroup;
    PATCH  "/mssp/entities/user-groups/v1"                        user_groups::update        => UpdateGroup;
    DELETE "/mssp/entities/user-groups/v1"                        user_groups::delete        => DeleteGroup;
    GET    "/mssp/queries/user-group-members/v1"                  user_groups::query_members => ListGroups;
    GET    "/mssp/entities/user-group-members/v1"                 user_groups::members_v1    => ListGroups;
    GET    "/mssp/entities/user-group-members/v2"                 user_groups::members_v2    => ListGroups;
    POST   "/mssp/entities/user-group-members/v1"                 user_groups::add_members   => AddMember;
    DELETE "/mssp/entities/user-group-members/v1"                 user_groups::remove_members => RemoveMember;
    GET    "/mssp/queries/cid-groups/v1"                          cid_groups::query          => ListCollections;
    GET    "/mssp/entities/cid-groups/v1"                         cid_groups::show_v1        => ListCollections;
    GET    "/mssp/entities/cid-groups/v2"                         cid_groups::show_v2        => ListCollections;
    POST   "/mssp/entities/cid-groups/v1"                         cid_groups::create         => ManageCollections;
    PATCH  "/mssp/entities/cid-groups/v1"                         cid_groups::update         => ManageCollections;
    DELETE "/mssp/entities/cid-groups/v1"                         cid_groups::delete         => ManageCollections;
    GET    "/mssp/queries/cid-group-members/v1"                   cid_groups::query_members  => ListCollections;
    GET    "/mssp/entities/cid-group-members/v1"                  cid_groups::members_v1     => ListCollections;
    GET    "/mssp/entities/cid-group-members/v2"                  cid_groups::members_v2     => ListCollections;
    POST   "/mssp/entities/cid-group-members/v1"                  cid_groups::add_members    => ManageCollections;
    DELETE "/mssp/entities/cid-group-members/v1"                  cid_groups::remove_members => ManageCollections;
    DELETE "/mssp/entities/cid-group-members/v2"                  cid_groups::remove_members => ManageCollections;
    GET    "/mssp/queries/mssp-roles/v1"                          links::query               => ListGroups;
    GET    "/mssp/entities/mssp-roles/v1"                         links::show                => ListGroups;
    POST   "/mssp/entities/mssp-roles/v1"                         links::add                 => ChangeGroupRoles;
    DELETE "/mssp/entities/mssp-roles/v1"                         links::remove              => ChangeGroupRoles;

    GET    "/api-clients/entities/accessible-scopes/v1"           api_clients::accessible_scopes => signed_in;
    GET    "/api-clients/queries/api-clients/v1"                  api_clients::query         => ListKeys;
    GET    "/api-clients/entities/api-clients/v1"                 api_clients::show          => ListKeys;
    POST   "/api-clients/entities/api-clients/v1"                 api_clients::create        => CreateKey;
    PATCH  "/api-clients/entities/api-clients/v1"                 api_clients::update        => UpdateKey;
    DELETE "/api-clients/entities/api-clients/v1"                 api_clients::delete        => RevokeKey;
    POST   "/api-clients/entities/api-clients-actions/v1"         api_clients::act           => UpdateKey;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("FALCON_BASE_URL", facts.url(DIALECT.mount)),
        ("FALCON_CLIENT_ID", facts.key_uuid.simple().to_string()),
        ("FALCON_CLIENT_SECRET", facts.key.clone()),
    ]
}
