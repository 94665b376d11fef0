//! Every route: its method and path, its handler, what it serves, and what the API's description says
//! of it. The router, the coverage tests and the description are all made from this one table.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::IntoResponse as _;
use axum::routing::{MethodFilter, on};

use kit::{AppState, Route, Serves};

use super::call::{Call, Visit, answered};
use super::{
    collections, events, grants, group_rights, groups, keys, mail_templates, mails, me,
    memberships, openapi, organisations, passwords, platforms, roles, second_factors, sessions,
    settings, users,
};

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
    /// The schema of its answer, `[X]` for a list of X, with the status before it where that is not
    /// 200, or 204 without an answer.
    pub gives: &'static str,
}

impl Described {
    /// The status of success.
    pub fn status(&self) -> &'static str {
        match self.gives.get(..3) {
            Some(status) if status.bytes().all(|byte| byte.is_ascii_digit()) => status,
            _ if self.gives.is_empty() => "204",
            _ => "200",
        }
    }

    /// The answer's schema; empty when there is none.
    pub fn schema(&self) -> &'static str {
        match self.gives.strip_prefix(self.status()) {
            Some(schema) => schema.trim_start(),
            None => self.gives,
        }
    }

    /// Parameters of its own.
    pub fn options(&self) -> &'static [&'static str] {
        match (self.method, self.path) {
            ("POST", "/users") => &["dry_run"],
            ("DELETE", "/roles/{role}") => &["take_away"],
            ("GET", "/mails") => &["before", "limit"],
            _ => &[],
        }
    }
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
                let serves = table!(@serves $serves);
                let handler = async move |State(state): State<AppState>, request: Request| {
                    match $request::begin(request, &state, serves).await {
                        Ok(call) => {
                            let info = Arc::clone(&call.info);
                            answered(info, $handler(call)).await
                        }
                        Err(problem) => problem.into_response(),
                    }
                };
                on(MethodFilter::$method, handler)
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
    GET "/" Visit openapi::index => open, "Where to begin", "" -> "Index";
    GET "/openapi.json" Visit openapi::show => open, "This description", "" -> "Description";

    POST "/sign-in" Visit sessions::sign_in => open, "Sign in with a password", "SignIn" -> "FreshSession";
    POST "/sign-out" Call sessions::sign_out => SignOut, "End the session in use", "" -> "";
    POST "/password-resets" Visit passwords::request_reset => open, "Have a reset link mailed", "Login" -> "202";
    POST "/password-resets/redeem" Visit passwords::redeem => open, "Set a new password by a mailed token", "Redeem" -> "";
    POST "/email-confirmations" Visit passwords::confirm_email => open, "Confirm an e-mail address by a mailed token", "Token" -> "";
    POST "/tokens/inspect" Visit passwords::inspect => open, "Show what a mailed token is for", "Token" -> "TokenState";

    GET "/me" Call me::show => signed_in, "Show oneself", "" -> "Me";
    PATCH "/me" Call me::update => signed_in, "Change one's own profile", "ProfileChange" -> "User";
    GET "/me/keys" Call keys::own => ListKeys, "List one's own keys", "" -> "[Key]";
    POST "/me/keys" Call keys::create_own => CreateKey, "Make a key for oneself", "NewKey" -> "201 FreshKey";
    PUT "/me/password" Call passwords::change_own => ChangeOwnPassword, "Change one's own password", "OwnPassword" -> "";
    PUT "/me/email" Call me::request_email => signed_in, "Ask for another e-mail address", "OwnEmail" -> "User";
    GET "/me/sessions" Call sessions::own => ListSessions, "List one's own sessions", "" -> "[Session]";
    DELETE "/me/sessions" Call sessions::end_others => RevokeSessions, "End one's other sessions", "" -> "Ended";
    GET "/me/second-factor" Call second_factors::show => signed_in, "Show one's own second factor", "" -> "SecondFactor";
    POST "/me/second-factor" Call second_factors::begin => EnrolSecondFactor, "Begin to enrol a second factor", "Proof" -> "SecondFactorSecret";
    PUT "/me/second-factor" Call second_factors::confirm => EnrolSecondFactor, "Confirm the second factor by a code", "Code" -> "RecoveryCodes";
    DELETE "/me/second-factor" Call second_factors::remove_own => RemoveSecondFactor, "Remove one's own second factor", "Proof" -> "";
    POST "/me/second-factor/recovery-codes" Call second_factors::renew => EnrolSecondFactor, "Replace one's recovery codes", "Proof" -> "RecoveryCodes";
    GET "/me/grants" Call me::grants => signed_in, "List the roles one holds, with every path", "" -> "[Grant]";
    GET "/me/groups" Call me::groups => signed_in, "List the groups one belongs to", "" -> "[Group]";
    GET "/me/memberships" Call me::memberships => signed_in, "List the organisations one belongs to", "" -> "[Membership]";

    GET "/users" Call users::list => ListUsers, "List users", "" -> "[User]";
    POST "/users" Call users::create => CreateUser, "Make a user", "NewUser" -> "201 User";
    POST "/users/batch" Call users::create_batch => CreateUser, "Make several users, all or none", "NewUsers" -> "201 [User]";
    GET "/users/{user}" Call users::show => ShowUser, "Show a user", "" -> "User";
    PATCH "/users/{user}" Call users::update => UpdateUser, "Change a user", "UserChange" -> "User";
    DELETE "/users/{user}" Call users::delete => DeleteUser, "Delete a user", "" -> "";
    PUT "/users/{user}/password" Call passwords::set => SetPassword, "Set a user's password", "SetPassword" -> "";
    POST "/users/{user}/password-reset" Call passwords::send_reset => SendPasswordReset, "Mail a user a reset link", "PasswordReset" -> "202";
    POST "/users/{user}/access-mail" Call passwords::send_access_mail => SendAccessMail, "Mail a user an activation or reset link", "" -> "202";
    POST "/users/{user}/unlock" Call passwords::unlock => Unlock, "Lift a user's lock-out", "" -> "User";
    DELETE "/users/{user}/second-factor" Call second_factors::remove => RemoveSecondFactor, "Remove a user's second factor", "" -> "";
    GET "/users/{user}/sessions" Call sessions::of_user => ListSessions, "List a user's sessions", "" -> "[Session]";
    DELETE "/users/{user}/sessions" Call sessions::end_all => RevokeSessions, "End a user's sessions", "" -> "Ended";
    GET "/users/{user}/keys" Call keys::of_user => ListKeys, "List a user's keys", "" -> "[Key]";
    POST "/users/{user}/keys" Call keys::create => CreateKey, "Make a key for a user", "NewKey" -> "201 FreshKey";
    DELETE "/users/{user}/keys" Call keys::revoke_all => RevokeKey, "Revoke a user's keys, except the one in use", "" -> "Revoked";
    GET "/users/{user}/memberships" Call memberships::of_user => ShowUser, "List a user's organisations", "" -> "[Membership]";
    PUT "/users/{user}/memberships/{organisation}" Call memberships::put => AddMembership, "Put a user into an organisation", "Place" -> "Placed";
    DELETE "/users/{user}/memberships/{organisation}" Call memberships::remove => RemoveMembership, "Take a user out of an organisation", "" -> "";
    GET "/users/{user}/groups" Call groups::of_user => ShowUser, "List a user's groups", "" -> "[Group]";
    PUT "/users/{user}/groups/{group}" Call groups::join => AddMember, "Put a user into a group", "" -> "";
    DELETE "/users/{user}/groups/{group}" Call groups::leave => RemoveMember, "Take a user out of a group", "" -> "";
    GET "/users/{user}/grants" Call grants::of_user => ListGrants, "List the roles a user holds, with every path", "" -> "[Grant]";
    POST "/users/{user}/grants" Call grants::create => GrantRole, "Grant a role to a user", "NewGrant" -> "201 Grant";
    DELETE "/users/{user}/grants/{number}" Call grants::revoke => RevokeRole, "Revoke a direct grant", "" -> "";

    GET "/organisations" Call organisations::list => ListOrganisations, "List organisations", "" -> "[Organisation]";
    POST "/organisations" Call organisations::create => CreateOrganisation, "Make an organisation", "NewOrganisation" -> "201 Organisation";
    GET "/organisations/{organisation}" Call organisations::show => ShowOrganisation, "Show an organisation", "" -> "Organisation";
    PATCH "/organisations/{organisation}" Call organisations::update => UpdateOrganisation, "Change an organisation", "OrganisationChange" -> "Organisation";
    DELETE "/organisations/{organisation}" Call organisations::delete => DeleteOrganisation, "Delete an organisation", "" -> "";
    GET "/organisations/{organisation}/members" Call organisations::members => ListUsers, "List an organisation's members", "" -> "[Member]";
    PUT "/organisations/{organisation}/members/{user}" Call memberships::put_member => AddMembership, "Put a user into an organisation", "Place" -> "Placed";
    DELETE "/organisations/{organisation}/members/{user}" Call memberships::remove_member => RemoveMembership, "Take a user out of an organisation", "" -> "";
    GET "/organisations/{organisation}/grantable-groups" Call group_rights::grantable => ShowOrganisation, "List the groups an organisation's administrators may hand out", "" -> "[Group]";
    PUT "/organisations/{organisation}/grantable-groups" Call group_rights::put_grantable => ChangeGrantableGroups, "Replace the groups an organisation's administrators may hand out", "GrantableGroups" -> "[Group]";

    GET "/groups" Call groups::list => ListGroups, "List groups", "" -> "[Group]";
    POST "/groups" Call groups::create => CreateGroup, "Make a group", "NewGroup" -> "201 Group";
    GET "/groups/{group}" Call groups::show => ShowGroup, "Show a group", "" -> "Group";
    PATCH "/groups/{group}" Call groups::update => UpdateGroup, "Change a group", "GroupChange" -> "Group";
    DELETE "/groups/{group}" Call groups::delete => DeleteGroup, "Delete a group", "" -> "";
    GET "/groups/{group}/members" Call groups::members => ListUsers, "List a group's members", "" -> "[User]";
    PUT "/groups/{group}/members/{user}" Call groups::add_member => AddMember, "Put a user into a group", "" -> "";
    DELETE "/groups/{group}/members/{user}" Call groups::remove_member => RemoveMember, "Take a user out of a group", "" -> "";
    GET "/groups/{group}/managers" Call group_rights::managers => ShowManagers, "List a group's managers", "" -> "[Manager]";
    PUT "/groups/{group}/managers/users/{user}" Call group_rights::put_user => ChangeManagers, "Let a user manage a group", "ManagerLevel" -> "Manager";
    DELETE "/groups/{group}/managers/users/{user}" Call group_rights::remove_user => ChangeManagers, "End a user's managing of a group", "" -> "";
    PUT "/groups/{group}/managers/groups/{manager}" Call group_rights::put_group => ChangeManagers, "Let a group manage a group", "ManagerLevel" -> "Manager";
    DELETE "/groups/{group}/managers/groups/{manager}" Call group_rights::remove_group => ChangeManagers, "End a group's managing of a group", "" -> "";
    GET "/groups/{group}/roles" Call group_rights::roles => ShowGroup, "List the roles a group brings", "" -> "[GroupRole]";
    POST "/groups/{group}/roles" Call group_rights::add_role => ChangeGroupRoles, "Let a group bring a role", "NewGroupRole" -> "201 GroupRole";
    DELETE "/groups/{group}/roles/{number}" Call group_rights::remove_role => ChangeGroupRoles, "Take a role from a group", "" -> "";

    GET "/roles" Call roles::list => ListRoles, "List roles", "" -> "[Role]";
    POST "/roles" Call roles::create => CreateRole, "Make a role", "NewRole" -> "201 Role";
    GET "/roles/{role}" Call roles::show => ShowRole, "Show a role", "" -> "Role";
    PATCH "/roles/{role}" Call roles::update => UpdateRole, "Change a role", "RoleChange" -> "Role";
    DELETE "/roles/{role}" Call roles::delete => DeleteRole, "Delete a role", "" -> "";
    GET "/permissions" Call roles::permissions => signed_in, "List the permissions that roles are made of", "" -> "[Permission]";

    GET "/collections" Call collections::list => ListCollections, "List collections of organisations", "" -> "[Collection]";
    POST "/collections" Call collections::create => ManageCollections, "Make a collection", "NewCollection" -> "201 Collection";
    GET "/collections/{collection}" Call collections::show => ListCollections, "Show a collection", "" -> "Collection";
    PATCH "/collections/{collection}" Call collections::update => ManageCollections, "Change a collection", "CollectionChange" -> "Collection";
    DELETE "/collections/{collection}" Call collections::delete => ManageCollections, "Delete a collection", "" -> "";
    GET "/collections/{collection}/organisations" Call collections::organisations => ListCollections, "List the organisations in a collection", "" -> "[Organisation]";
    PUT "/collections/{collection}/organisations/{organisation}" Call collections::add => ManageCollections, "Put an organisation into a collection", "" -> "";
    DELETE "/collections/{collection}/organisations/{organisation}" Call collections::remove => ManageCollections, "Take an organisation out of a collection", "" -> "";

    GET "/platforms" Call platforms::list => signed_in, "List the platforms served", "" -> "[Platform]";
    GET "/platforms/{platform}/default-roles" Call platforms::default_roles => ListRoles, "List what newcomers at a platform's door get", "" -> "[Role]";
    PUT "/platforms/{platform}/default-roles" Call platforms::put_default_roles => ChangeDefaultRoles, "Choose what newcomers at a platform's door get", "DefaultRoles" -> "[Role]";

    GET "/settings" Call settings::list => ReadSettings, "Show all settings", "" -> "Settings";
    GET "/settings/{setting}" Call settings::show => ReadSettings, "Show one settings document", "" -> "Setting";
    PATCH "/settings/{setting}" Call settings::update => ChangeSettings, "Change one settings document", "SettingChange" -> "Setting";
    GET "/mail-templates" Call mail_templates::list => ReadSettings, "List what mails say: the templates in force", "" -> "[MailTemplateInForce]";
    GET "/mails" Call mails::list => ListMail, "List what became of mails, newest first", "" -> "[Mail]";
    POST "/mails" Call mails::send => SendMail, "Mail a message to users", "NewMail" -> "202 Queued";
    GET "/events" Call events::list => ReadEvents, "List what happened", "" -> "[Event]";

    GET "/sessions" Call sessions::list => ListSessions, "List sessions", "" -> "[Session]";
    DELETE "/sessions/{session}" Call sessions::end => RevokeSessions, "End a session", "" -> "";

    GET "/keys" Call keys::list => ListKeys, "List keys", "" -> "[Key]";
    GET "/keys/{key}" Call keys::show => ListKeys, "Show a key", "" -> "Key";
    PATCH "/keys/{key}" Call keys::update => UpdateKey, "Change a key", "KeyChange" -> "Key";
    DELETE "/keys/{key}" Call keys::revoke => RevokeKey, "Revoke a key", "" -> "";
}
