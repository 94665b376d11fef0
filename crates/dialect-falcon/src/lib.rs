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
mod groups;
mod invitations;
mod legacy_users;
mod links;
mod map;
mod matching;
mod parameters;
mod protocol;
mod roles;
mod scopes;
mod sorting;
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
    POST   "/oauth2/token"                                        tokens::issue              => open, "Issue a token for an API client";
    POST   "/oauth2/revoke"                                       tokens::revoke             => open, "Revoke a token";
    GET    "/sensors/queries/installers/ccid/v1"                  customers::ccid            => signed_in, "Show the CID of the token with its checksum";

    GET    "/user-management/queries/users/v1"                    users::query_v1            => ListUsers, "List the uuids of users";
    GET    "/user-management/queries/users/v2"                    users::query_v2            => ListUsers, "List the uuids of users";
    POST   "/user-management/entities/users/GET/v1"               users::retrieve            => ListUsers, "Show users by uuid";
    POST   "/user-management/entities/users/GET/v2"               users::retrieve            => ListUsers, "Show users by uuid";
    POST   "/user-management/entities/users/v1"                   users::create              => CreateUser, "Create a user";
    PATCH  "/user-management/entities/users/v1"                   users::update              => UpdateUser, "Change the names of a user";
    DELETE "/user-management/entities/users/v1"                   users::delete              => DeleteUser, "Delete a user";
    POST   "/user-management/entities/user-actions/v1"            users::act                 => SendPasswordReset, "Reset passwords or second factors of users";
    POST   "/user-management/aggregates/users/v1"                 aggregates::count_v1       => ListUsers, "Count users in buckets";
    POST   "/user-management/aggregates/users/v2"                 aggregates::count_v2       => ListUsers, "Count users in buckets";
    GET    "/user-management/queries/user-invitations/v1"         invitations::query         => ReadRecords, "List invitations";
    POST   "/user-management/entities/user-invitations/GET/v1"    invitations::retrieve      => ReadRecords, "Show invitations";

    GET    "/user-management/combined/user-roles/v1"              grants::combined_v1        => ListGrants, "List the grants of a user";
    GET    "/user-management/combined/user-roles/v2"              grants::combined_v2        => ListGrants, "List the grants of a user with their paths and ends";
    GET    "/user-management/combined/user-roles/v3"              grants::combined_v2        => ListGrants, "List the grants of a user with their paths and ends";
    POST   "/user-management/entities/user-role-actions/v1"       grants::act_v1             => GrantRole, "Grant roles to a user, or revoke them";
    POST   "/user-management/entities/user-role-actions/v2"       grants::act_v2             => GrantRole, "Grant roles to users, or revoke them";
    GET    "/user-management/queries/roles/v1"                    roles::grantable           => ListRoles, "List the ids of roles that may be granted";
    GET    "/user-management/entities/roles/v1"                   roles::show_v1             => ListRoles, "Show roles by id";
    POST   "/user-management/entities/roles/GET/v2"               roles::show_v2             => ListRoles, "Show roles by id";
    POST   "/user-management/entities/user-allowed-actions/v1"    allowed_actions::show      => ListRoles, "Say which actions the caller may take on users";

    GET    "/user-roles/entities/user-roles/v1"                   roles::show_legacy         => ListRoles, "Show roles by id";
    POST   "/user-roles/entities/user-roles/v1"                   grants::grant_legacy       => GrantRole, "Grant roles to a user";
    DELETE "/user-roles/entities/user-roles/v1"                   grants::revoke_legacy      => RevokeRole, "Revoke roles of a user";
    GET    "/user-roles/queries/user-role-ids-by-cid/v1"          roles::available           => ListRoles, "List the ids of roles of the CID";
    GET    "/user-roles/queries/user-role-ids-by-user-uuid/v1"    grants::ids_of_user        => ListGrants, "List the ids of the roles of a user";

    GET    "/users/entities/users/v1"                             legacy_users::retrieve     => ListUsers, "Show users by uuid";
    POST   "/users/entities/users/v1"                             legacy_users::create       => CreateUser, "Create a user";
    PATCH  "/users/entities/users/v1"                             legacy_users::update       => UpdateUser, "Change the names of a user";
    DELETE "/users/entities/users/v1"                             legacy_users::delete       => DeleteUser, "Delete a user";
    GET    "/users/queries/emails-by-cid/v1"                      legacy_users::emails       => ListUsers, "List the addresses of users";
    GET    "/users/queries/user-uuids-by-cid/v1"                  legacy_users::uuids        => ListUsers, "List the uuids of users";
    GET    "/users/queries/user-uuids-by-email/v1"                legacy_users::by_address   => ListUsers, "Find the uuid of a user by address";

    GET    "/mssp/queries/children/v1"                            children::query            => ListOrganisations, "List child customers";
    GET    "/mssp/entities/children/v1"                           children::show_v1          => ListOrganisations, "Show child customers";
    POST   "/mssp/entities/children/GET/v2"                       children::show_v2          => ListOrganisations, "Show child customers";
    GET    "/mssp/queries/user-groups/v1"                         user_groups::query         => ListGroups, "List user groups";
    GET    "/mssp/entities/user-groups/v1"                        user_groups::show_v1       => ListGroups, "Show user groups";
    GET    "/mssp/entities/user-groups/v2"                        user_groups::show_v2       => ListGroups, "Show user groups";
    POST   "/mssp/entities/user-groups/v1"                        user_groups::create        => CreateGroup, "Create user groups";
    PATCH  "/mssp/entities/user-groups/v1"                        user_groups::update        => UpdateGroup, "Change user groups";
    DELETE "/mssp/entities/user-groups/v1"                        user_groups::delete        => DeleteGroup, "Delete user groups";
    GET    "/mssp/queries/user-group-members/v1"                  user_groups::query_members => ListGroups, "List the user groups of a user";
    GET    "/mssp/entities/user-group-members/v1"                 user_groups::members_v1    => ListGroups, "Show the members of user groups";
    GET    "/mssp/entities/user-group-members/v2"                 user_groups::members_v2    => ListGroups, "Show the members of user groups";
    POST   "/mssp/entities/user-group-members/v1"                 user_groups::add_members   => AddMember, "Add users to user groups";
    DELETE "/mssp/entities/user-group-members/v1"                 user_groups::remove_members => RemoveMember, "Remove users from user groups";
    GET    "/mssp/queries/cid-groups/v1"                          cid_groups::query          => ListCollections, "List CID groups";
    GET    "/mssp/entities/cid-groups/v1"                         cid_groups::show_v1        => ListCollections, "Show CID groups";
    GET    "/mssp/entities/cid-groups/v2"                         cid_groups::show_v2        => ListCollections, "Show CID groups";
    POST   "/mssp/entities/cid-groups/v1"                         cid_groups::create         => ManageCollections, "Create CID groups";
    PATCH  "/mssp/entities/cid-groups/v1"                         cid_groups::update         => ManageCollections, "Change CID groups";
    DELETE "/mssp/entities/cid-groups/v1"                         cid_groups::delete         => ManageCollections, "Delete CID groups";
    GET    "/mssp/queries/cid-group-members/v1"                   cid_groups::query_members  => ListCollections, "List the CID groups of a customer";
    GET    "/mssp/entities/cid-group-members/v1"                  cid_groups::members_v1     => ListCollections, "Show the members of CID groups";
    GET    "/mssp/entities/cid-group-members/v2"                  cid_groups::members_v2     => ListCollections, "Show the members of CID groups";
    POST   "/mssp/entities/cid-group-members/v1"                  cid_groups::add_members    => ManageCollections, "Add customers to CID groups";
    DELETE "/mssp/entities/cid-group-members/v1"                  cid_groups::remove_members => ManageCollections, "Remove customers from CID groups";
    DELETE "/mssp/entities/cid-group-members/v2"                  cid_groups::remove_members => ManageCollections, "Remove customers from CID groups";
    GET    "/mssp/queries/mssp-roles/v1"                          links::query               => ListGroups, "List the links of user groups and CID groups";
    GET    "/mssp/entities/mssp-roles/v1"                         links::show                => ListGroups, "Show links with their roles";
    POST   "/mssp/entities/mssp-roles/v1"                         links::add                 => ChangeGroupRoles, "Link user groups and CID groups by roles";
    DELETE "/mssp/entities/mssp-roles/v1"                         links::remove              => ChangeGroupRoles, "Remove roles from links";

    GET    "/api-clients/entities/accessible-scopes/v1"           api_clients::accessible_scopes => signed_in, "List the scopes an API client may have";
    GET    "/api-clients/queries/api-clients/v1"                  api_clients::query         => ListKeys, "List API clients";
    GET    "/api-clients/entities/api-clients/v1"                 api_clients::show          => ListKeys, "Show API clients";
    POST   "/api-clients/entities/api-clients/v1"                 api_clients::create        => CreateKey, "Create an API client";
    PATCH  "/api-clients/entities/api-clients/v1"                 api_clients::update        => UpdateKey, "Change an API client";
    DELETE "/api-clients/entities/api-clients/v1"                 api_clients::delete        => RevokeKey, "Delete API clients";
    POST   "/api-clients/entities/api-clients-actions/v1"         api_clients::act           => UpdateKey, "Give an API client a new secret";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("FALCON_BASE_URL", facts.url(DIALECT.mount)),
        ("FALCON_CLIENT_ID", facts.key_uuid.simple().to_string()),
        ("FALCON_CLIENT_SECRET", facts.key.clone()),
    ]
}
