//! Every route: its method and path, its handler, what it serves, and what the API's description says
//! of it. The router, the coverage tests and the description are all made from this one table.

use kit::{Route, routes};

use super::actions::ActionsBody;
use super::batch::NewUsersBody;
use super::bodies::{Body, BodyFacts, NoBody, check_body};
use super::collections::{CollectionChangeBody, NewCollectionBody};
use super::ensure::EnsureUserBody;
use super::exports::NewExportBody;
use super::form_tokens::NewFormTokenBody;
use super::grants::NewGrantBody;
use super::group_rights::{GrantableGroupsBody, ManagerLevelBody, NewGroupRoleBody};
use super::groups::{GroupChangeBody, NewGroupBody};
use super::keys::{KeyChangeBody, NewKeyBody};
use super::mails::NewMailBody;
use super::me::OwnEmailBody;
use super::memberships::PlaceBody;
use super::organisations::{NewOrganisationBody, OrganisationChangeBody};
use super::passwords::{
    LoginBody, OwnPasswordBody, PasswordResetBody, RedeemBody, SentTokenBody, SetPasswordBody,
};
use super::platforms::DefaultRolesBody;
use super::roles::{NewRoleBody, RoleChangeBody};
use super::second_factors::{CodeBody, ProofBody};
use super::sessions::SignInBody;
use super::settings::SettingChangeBody;
use super::users::{NewUserBody, ProfileChangeBody, UserChangeBody};
use super::views::{NewViewBody, ViewChangeBody};
use super::{
    access, actions, batch, collections, docs, ensure, events, events_stream, exports, find,
    form_tokens, grants, group_rights, groups, imports, jobs, keys, mail_templates, mails, me,
    memberships, openapi, organisations, passwords, platforms, problems, roles, second_factors,
    sessions, settings, users, views,
};

/// A table of routes as [`routes!`] takes it, in which the types of bodies stand in the place of their names: a handler that
/// takes another body than its line says does not compile.
macro_rules! table {
    ($($method:ident $path:literal $handler:path => $serves:ident, $summary:literal
        $(, $takes:ident)? $(-> $gives:literal)?;)*) => {
        /// The routes.
        pub static ROUTES: &[Route] = routes![
            $($method $path $handler => $serves, $summary $(, (<$takes as Body>::NAME))? $(-> $gives)?;)*
        ];

        /// The bodies that the routes take; one that several take stands here several times.
        pub static BODIES: &[BodyFacts] = &[$($(BodyFacts::of::<$takes>(),)?)*];

        $(const _: () = check_body::<table!(@body $($takes)?), _, _>(&$handler);)*
    };
    (@body) => { NoBody };
    (@body $takes:ident) => { $takes };
}

table![
    GET "/" openapi::index => open, "Where to begin" -> "Index";
    GET "/openapi.json" openapi::show => open, "This description" -> "Description";
    GET "/docs" docs::page => open, "Browse and try this description" -> "Page";
    GET "/docs/page.css" docs::style => open, "The page's style" -> "Page";
    GET "/docs/page.js" docs::script => open, "The page's script" -> "Page";
    GET "/problems" problems::list => open, "List every code of a problem, and what to do" -> "ProblemCodes";

    POST "/sign-in" sessions::sign_in => open, "Sign in with a password", SignInBody -> "FreshSession";
    POST "/sign-out" sessions::sign_out => SignOut, "End the session in use";
    POST "/password-resets" passwords::request_reset => open, "Have a reset link mailed", LoginBody -> "202";
    POST "/password-resets/redeem" passwords::redeem => open, "Set a new password by a mailed token", RedeemBody;
    POST "/email-confirmations" passwords::confirm_email => open, "Confirm an e-mail address by a mailed token", SentTokenBody;
    POST "/tokens/inspect" passwords::inspect => open, "Show what a mailed token is for", SentTokenBody -> "TokenState";

    GET "/me" me::show => signed_in, "Show oneself" -> "Me";
    PATCH "/me" me::update => signed_in, "Change one's own profile", ProfileChangeBody -> "User";
    GET "/me/keys" keys::own => ListKeys, "List one's own keys" -> "[Key]";
    POST "/me/keys" keys::create_own => CreateKey, "Make a key for oneself", NewKeyBody -> "201 FreshKey";
    PUT "/me/password" passwords::change_own => ChangeOwnPassword, "Change one's own password", OwnPasswordBody;
    PUT "/me/email" me::request_email => signed_in, "Ask for another e-mail address", OwnEmailBody -> "User";
    GET "/me/sessions" sessions::own => ListSessions, "List one's own sessions" -> "[Session]";
    DELETE "/me/sessions" sessions::end_others => RevokeSessions, "End one's other sessions" -> "Ended";
    GET "/me/second-factor" second_factors::show => signed_in, "Show one's own second factor" -> "SecondFactor";
    POST "/me/second-factor" second_factors::begin => EnrolSecondFactor, "Begin to enrol a second factor", ProofBody -> "SecondFactorSecret";
    PUT "/me/second-factor" second_factors::confirm => EnrolSecondFactor, "Confirm the second factor by a code", CodeBody -> "RecoveryCodes";
    DELETE "/me/second-factor" second_factors::remove_own => RemoveSecondFactor, "Remove one's own second factor", ProofBody;
    POST "/me/second-factor/recovery-codes" second_factors::renew => EnrolSecondFactor, "Replace one's recovery codes", ProofBody -> "RecoveryCodes";
    GET "/me/grants" me::grants => signed_in, "List the roles one holds, with every path" -> "[Grant]";
    GET "/me/access" access::own => signed_in, "Show every line one holds, with what gives it" -> "Access";
    GET "/me/groups" me::groups => signed_in, "List the groups one belongs to" -> "[Group]";
    GET "/me/memberships" me::memberships => signed_in, "List the organisations one belongs to" -> "[Membership]";

    POST "/form-tokens" form_tokens::create => CreateFormToken, "Make a token for one sending of a form", NewFormTokenBody -> "201 FormToken";

    GET "/find" find::find => signed_in, "Find anything by name, number or id" -> "FoundAll";

    GET "/users" users::list => ListUsers, "List users" -> "[User]";
    POST "/users" users::create => CreateUser, "Make a user", NewUserBody -> "201 User";
    POST "/users/batch" batch::create => CreateUser, "Make several users: all or none, or each by itself", NewUsersBody -> "201 [User]";
    POST "/users/ensure" ensure::user => EnsureOne, "Make a user, or change what differs", EnsureUserBody -> "201 EnsuredUser";
    POST "/users/actions" actions::act => signed_in, "Do something to many users", ActionsBody -> "ActedOn";
    GET "/users/{user}" users::show => ShowUser, "Show a user" -> "User";
    PATCH "/users/{user}" users::update => UpdateUser, "Change a user", UserChangeBody -> "User";
    DELETE "/users/{user}" users::delete => DeleteUser, "Delete a user";
    PUT "/users/{user}/password" passwords::set => SetPassword, "Set a user's password", SetPasswordBody;
    POST "/users/{user}/password-reset" passwords::send_reset => SendPasswordReset, "Mail a user a reset link", PasswordResetBody -> "202";
    POST "/users/{user}/access-mail" passwords::send_access_mail => SendAccessMail, "Mail a user an activation or reset link" -> "202";
    POST "/users/{user}/access-link" passwords::create_link => SendAccessMail, "Make the link of an access mail, to be handed out" -> "201 AccessLink";
    POST "/users/{user}/unlock" passwords::unlock => Unlock, "Lift a user's lock-out" -> "User";
    DELETE "/users/{user}/second-factor" second_factors::remove => RemoveSecondFactor, "Remove a user's second factor", ProofBody;
    GET "/users/{user}/sessions" sessions::of_user => ListSessions, "List a user's sessions" -> "[Session]";
    DELETE "/users/{user}/sessions" sessions::end_all => RevokeSessions, "End a user's sessions" -> "Ended";
    GET "/users/{user}/keys" keys::of_user => ListKeys, "List a user's keys" -> "[Key]";
    POST "/users/{user}/keys" keys::create => CreateKey, "Make a key for a user", NewKeyBody -> "201 FreshKey";
    DELETE "/users/{user}/keys" keys::revoke_all => RevokeKey, "Revoke a user's keys, except the one in use" -> "Revoked";
    GET "/users/{user}/memberships" memberships::of_user => ShowUser, "List a user's organisations" -> "[Membership]";
    PUT "/users/{user}/memberships/{organisation}" memberships::put => AddMembership, "Put a user into an organisation", PlaceBody -> "Placed";
    DELETE "/users/{user}/memberships/{organisation}" memberships::remove => RemoveMembership, "Take a user out of an organisation";
    GET "/users/{user}/groups" groups::of_user => ShowUser, "List a user's groups" -> "[Group]";
    PUT "/users/{user}/groups/{group}" groups::join => AddMember, "Put a user into a group";
    DELETE "/users/{user}/groups/{group}" groups::leave => RemoveMember, "Take a user out of a group";
    GET "/users/{user}/grants" grants::of_user => ListGrants, "List the roles a user holds, with every path" -> "[Grant]";
    POST "/users/{user}/grants" grants::create => GrantRole, "Grant a role to a user", NewGrantBody -> "201 Grant";
    DELETE "/users/{user}/grants/{number}" grants::revoke => RevokeRole, "Revoke a direct grant";

    GET "/users/{user}/access" access::of_user => ListGrants, "Show every line a user holds, with what gives it" -> "Access";
    GET "/access" access::holders => ListGrants, "List who holds a permission in an organisation, and by what" -> "[Holder]";
    GET "/grants" access::every_grant => ListGrants, "List the roles that everybody holds, with every path" -> "[Grant]";

    GET "/organisations" organisations::list => ListOrganisations, "List organisations" -> "[Organisation]";
    POST "/organisations" organisations::create => CreateOrganisation, "Make an organisation", NewOrganisationBody -> "201 Organisation";
    POST "/organisations/ensure" ensure::organisation => CreateOrganisation, "Make an organisation, or change what differs", NewOrganisationBody -> "201 EnsuredOrganisation";
    GET "/organisations/{organisation}" organisations::show => ShowOrganisation, "Show an organisation" -> "Organisation";
    PATCH "/organisations/{organisation}" organisations::update => UpdateOrganisation, "Change an organisation", OrganisationChangeBody -> "Organisation";
    DELETE "/organisations/{organisation}" organisations::delete => DeleteOrganisation, "Delete an organisation";
    GET "/organisations/{organisation}/members" organisations::members => ListUsers, "List an organisation's members" -> "[Member]";
    PUT "/organisations/{organisation}/members/{user}" memberships::put_member => AddMembership, "Put a user into an organisation", PlaceBody -> "Placed";
    DELETE "/organisations/{organisation}/members/{user}" memberships::remove_member => RemoveMembership, "Take a user out of an organisation";
    GET "/organisations/{organisation}/grantable-groups" group_rights::grantable => ShowOrganisation, "List the groups an organisation's administrators may hand out" -> "[Group]";
    PUT "/organisations/{organisation}/grantable-groups" group_rights::put_grantable => ChangeGrantableGroups, "Replace the groups an organisation's administrators may hand out", GrantableGroupsBody -> "[Group]";

    GET "/groups" groups::list => ListGroups, "List groups" -> "[Group]";
    POST "/groups" groups::create => CreateGroup, "Make a group", NewGroupBody -> "201 Group";
    POST "/groups/ensure" ensure::group => CreateGroup, "Make a group, or change what differs", NewGroupBody -> "201 EnsuredGroup";
    GET "/groups/{group}" groups::show => ShowGroup, "Show a group" -> "Group";
    PATCH "/groups/{group}" groups::update => UpdateGroup, "Change a group", GroupChangeBody -> "Group";
    DELETE "/groups/{group}" groups::delete => DeleteGroup, "Delete a group";
    GET "/groups/{group}/members" groups::members => ListUsers, "List a group's members" -> "[User]";
    PUT "/groups/{group}/members/{user}" groups::add_member => AddMember, "Put a user into a group";
    DELETE "/groups/{group}/members/{user}" groups::remove_member => RemoveMember, "Take a user out of a group";
    GET "/groups/{group}/managers" group_rights::managers => ShowManagers, "List a group's managers" -> "[Manager]";
    PUT "/groups/{group}/managers/users/{user}" group_rights::put_user => ChangeManagers, "Let a user manage a group", ManagerLevelBody -> "Manager";
    DELETE "/groups/{group}/managers/users/{user}" group_rights::remove_user => ChangeManagers, "End a user's managing of a group";
    PUT "/groups/{group}/managers/groups/{manager}" group_rights::put_group => ChangeManagers, "Let a group manage a group", ManagerLevelBody -> "Manager";
    DELETE "/groups/{group}/managers/groups/{manager}" group_rights::remove_group => ChangeManagers, "End a group's managing of a group";
    GET "/groups/{group}/roles" group_rights::roles => ShowGroup, "List the roles a group brings" -> "[GroupRole]";
    POST "/groups/{group}/roles" group_rights::add_role => ChangeGroupRoles, "Let a group bring a role", NewGroupRoleBody -> "201 GroupRole";
    DELETE "/groups/{group}/roles/{number}" group_rights::remove_role => ChangeGroupRoles, "Take a role from a group";

    GET "/roles" roles::list => ListRoles, "List roles" -> "[Role]";
    POST "/roles" roles::create => CreateRole, "Make a role", NewRoleBody -> "201 Role";
    GET "/roles/{role}" roles::show => ShowRole, "Show a role" -> "Role";
    PATCH "/roles/{role}" roles::update => UpdateRole, "Change a role", RoleChangeBody -> "Role";
    DELETE "/roles/{role}" roles::delete => DeleteRole, "Delete a role";
    GET "/permissions" roles::permissions => signed_in, "List the permissions that roles are made of" -> "[Permission]";

    GET "/collections" collections::list => ListCollections, "List collections of organisations" -> "[Collection]";
    POST "/collections" collections::create => ManageCollections, "Make a collection", NewCollectionBody -> "201 Collection";
    GET "/collections/{collection}" collections::show => ListCollections, "Show a collection" -> "Collection";
    PATCH "/collections/{collection}" collections::update => ManageCollections, "Change a collection", CollectionChangeBody -> "Collection";
    DELETE "/collections/{collection}" collections::delete => ManageCollections, "Delete a collection";
    GET "/collections/{collection}/organisations" collections::organisations => ListCollections, "List the organisations in a collection" -> "[Organisation]";
    PUT "/collections/{collection}/organisations/{organisation}" collections::add => ManageCollections, "Put an organisation into a collection";
    DELETE "/collections/{collection}/organisations/{organisation}" collections::remove => ManageCollections, "Take an organisation out of a collection";

    GET "/platforms" platforms::list => signed_in, "List the platforms served" -> "[Platform]";
    GET "/platforms/{platform}/default-roles" platforms::default_roles => ListRoles, "List what newcomers at a platform's door get" -> "[Role]";
    PUT "/platforms/{platform}/default-roles" platforms::put_default_roles => ChangeDefaultRoles, "Choose what newcomers at a platform's door get", DefaultRolesBody -> "[Role]";

    GET "/settings" settings::list => ReadSettings, "Show all settings" -> "Settings";
    GET "/settings/{setting}" settings::show => ReadSettings, "Show one settings document" -> "Setting";
    PATCH "/settings/{setting}" settings::update => ChangeSettings, "Change one settings document", SettingChangeBody -> "Setting";
    GET "/mail-templates" mail_templates::list => ReadSettings, "List what mails say: the templates in force" -> "[MailTemplateInForce]";
    GET "/mails" mails::list => ListMail, "List what became of mails" -> "[Mail]";
    POST "/mails" mails::send => SendMail, "Mail a message to users", NewMailBody -> "202 Queued";
    GET "/events/stream" events_stream::stream => ReadEvents, "What happened, oldest first, every event exactly once" -> "Lines";
    GET "/events" events::list => ReadEvents, "List what happened" -> "[Event]";

    POST "/imports" imports::create => BeginTask, "Import a table or lines of JSON" -> "202 Job";
    POST "/exports" exports::create => BeginTask, "Export a list to a file", NewExportBody -> "202 Job";
    GET "/jobs" jobs::list => ReadTasks, "List jobs, newest first unless sorted" -> "[Job]";
    GET "/jobs/{job}" jobs::show => ReadTasks, "Show a job" -> "Job";
    DELETE "/jobs/{job}" jobs::delete => RunTask, "Forget a job that has ended";
    GET "/jobs/{job}/report" jobs::report => ReadTasks, "What became of each item, a line of JSON each" -> "Lines";
    GET "/jobs/{job}/result" jobs::result => ReadTasks, "What was exported" -> "File";
    POST "/jobs/{job}/cancel" jobs::cancel => RunTask, "Stop a job at the next chunk of its work" -> "202 Job";
    POST "/jobs/{job}/run" jobs::run => BeginTask, "Do what a plan found nothing against" -> "202 Job";
    POST "/jobs/{job}/undo" jobs::undo => BeginTask, "Undo an action, person by person" -> "202 Job";

    GET "/sessions" sessions::list => ListSessions, "List sessions" -> "[Session]";
    DELETE "/sessions/{session}" sessions::end => RevokeSessions, "End a session";

    GET "/views" views::list => signed_in, "List one's saved views and shared ones" -> "[View]";
    POST "/views" views::create => WriteOwnRecord, "Save a view of a list", NewViewBody -> "201 View";
    GET "/views/{view}" views::show => signed_in, "Show a saved view" -> "View";
    PATCH "/views/{view}" views::update => WriteOwnRecord, "Change a saved view", ViewChangeBody -> "View";
    DELETE "/views/{view}" views::delete => WriteOwnRecord, "Delete a saved view";

    GET "/keys" keys::list => ListKeys, "List keys" -> "[Key]";
    GET "/keys/{key}" keys::show => ListKeys, "Show a key" -> "Key";
    PATCH "/keys/{key}" keys::update => UpdateKey, "Change a key", KeyChangeBody -> "Key";
    DELETE "/keys/{key}" keys::revoke => RevokeKey, "Revoke a key";
];
