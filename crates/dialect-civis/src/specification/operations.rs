//! Every operation of the specification (civis.md §2, §3, §5).

use super::answers as answer;
use super::bodies as body;
use super::{Answer, Operation, Paging, Parameter, flag, integer, integers, text, texts};

/// Every operation, in the order of the document.
pub static OPERATIONS: &[&Operation] = &[
    &SPECIFICATION,
    &LIST_USERS,
    &CREATE_USER,
    &SHOW_ME,
    &CHANGE_ME,
    &LIST_ACTIVITY,
    &LIST_ORGANIZATION_ADMINS,
    &LIST_THEMES,
    &SHOW_THEME,
    &SHOW_USER,
    &CHANGE_USER,
    &LIST_KEYS,
    &CREATE_KEY,
    &SHOW_KEY,
    &REVOKE_KEY,
    &END_SESSIONS,
    &FORGET_SECOND_FACTOR,
    &UNSUSPEND,
    &SEND_ACCESS_MAIL,
    &LIST_FAVORITES,
    &CREATE_FAVORITE,
    &DELETE_FAVORITE,
    &RANK_TOP,
    &RANK_BOTTOM,
    &RANK_HIGHER,
    &RANK_LOWER,
    &LIST_GROUPS,
    &CREATE_GROUP,
    &SHOW_GROUP,
    &REPLACE_GROUP,
    &CHANGE_GROUP,
    &DELETE_GROUP,
    &ADD_MEMBER,
    &REMOVE_MEMBER,
    &SHOW_CHILD_GROUPS,
    &SHOW_SHARES,
    &SHARE_WITH_USERS,
    &UNSHARE_WITH_USER,
    &SHARE_WITH_GROUPS,
    &UNSHARE_WITH_GROUP,
    &LIST_ROLES,
    &LIST_ANNOUNCEMENTS,
    &LIST_ORGANIZATION_FAVORITES,
    &CREATE_ORGANIZATION_FAVORITE,
    &DELETE_ORGANIZATION_FAVORITE,
    &LIST_ORGANIZATIONS,
    &CREATE_THEME,
    &CHANGE_THEME,
    &CREATE_ANNOUNCEMENT,
    &CHANGE_ANNOUNCEMENT,
    &SHOW_FILE,
    &SHOW_JOB,
    &SHOW_NOTEBOOK,
];

const fn paged(
    default: u32,
    maximum: u32,
    orders: &'static [&'static str],
    descending: bool,
) -> Option<Paging> {
    Some(Paging {
        default,
        maximum,
        orders,
        descending,
    })
}

const USER_ID: Parameter = integer("id", "The user's number.").in_path();
// Quirk: a number or the word `me`, so the vendor declares a text (civis.md §3).
const KEY_OWNER: Parameter = text("id", "The user's number, or me.").in_path();
const KEY_ID: Parameter = integer("key_id", "The key's number.").in_path();
const FAVORITE_ID: Parameter = integer("id", "The favorite's number.").in_path();
const GROUP_ID: Parameter = integer("id", "The group's number.").in_path();
const THEME_ID: Parameter = integer("id", "The theme's number.").in_path();

macro_rules! operations {
    ($(
        $(#[$about:meta])*
        $name:ident: $method:ident $path:literal $summary:literal
            ($($parameter:expr),*) $([$paging:expr])? $({$body:ident})?
            => $status:literal $answer:expr;
    )*) => {$(
        $(#[$about])*
        pub static $name: Operation = Operation {
            method: stringify!($method),
            path: $path,
            summary: $summary,
            parameters: &[$($parameter),*],
            paging: operations!(@paging $($paging)?),
            body: operations!(@body $($body)?),
            status: $status,
            answer: $answer,
        };
    )*};
    (@paging $paging:expr) => { $paging };
    (@paging) => { None };
    (@body $body:ident) => { Some(&body::$body) };
    (@body) => { None };
}

use Answer::{Many, Nothing, One, Undescribed};

operations! {
    /// This document.
    SPECIFICATION: GET "/endpoints/" "Show this specification"
        (text("openapi_version", "The version of the format; 2.0 is served.").in_query())
        => 200 Undescribed;
    /// Users.
    LIST_USERS: GET "/users/" "List users" (
            text("feature_flag", "Only users for whom this feature is on.").in_query(),
            text("account_status", "active, inactive or all; active unless given.").in_query(),
            text("query", "Part of the name, login name or e-mail address, or the number.").in_query(),
            integer("group_id", "Only members of this group; not together with group_ids.").in_query(),
            integers("group_ids", "Only members of any of these groups; not together with group_id.").in_query(),
            integer("organization_id", "Only users of this organization.").in_query(),
            flag("exclude_groups", "Whether groups are left out.").in_query()
        ) [paged(20, 10_000, &["name", "user"], false)] => 200 Many(&answer::USER_SUMMARY);
    /// A new user.
    CREATE_USER: POST "/users/" "Create a user; for team and organization administrators"
        () {NEW_USER} => 200 One(&answer::USER_DETAIL);
    /// The caller.
    SHOW_ME: GET "/users/me" "Show the caller" () => 200 One(&answer::USER_ME);
    /// The caller's settings.
    CHANGE_ME: PATCH "/users/me" "Change the caller's own settings"
        () {ME_CHANGE} => 200 One(&answer::USER_ME);
    /// What the caller did.
    LIST_ACTIVITY: GET "/users/me/activity" "List what the caller did lately" (
            text("status", "all, succeeded, failed or running; all unless given.").in_query(),
            text("author", "Only what these users did: their numbers, separated by commas.").in_query(),
            text("order", "name or newest, both descending; newest unless given.").in_query()
        ) => 200 Many(&answer::ACTIVITY);
    /// Whom to ask.
    LIST_ORGANIZATION_ADMINS: GET "/users/me/organization_admins"
        "List the administrators of the caller's organization"
        () => 200 Many(&answer::ORGANIZATION_ADMIN);
    /// Themes.
    LIST_THEMES: GET "/users/me/themes" "List the themes of the caller's organization"
        () => 200 Many(&answer::THEME_SUMMARY);
    /// One theme.
    SHOW_THEME: GET "/users/me/themes/{id}" "Show a theme of the caller's organization"
        (THEME_ID) => 200 One(&answer::THEME);
    /// One user.
    SHOW_USER: GET "/users/{id}" "Show a user" (USER_ID) => 200 One(&answer::USER_DETAIL);
    /// Changes to a user.
    CHANGE_USER: PATCH "/users/{id}" "Change a user; for team and organization administrators"
        (USER_ID) {USER_CHANGE} => 200 One(&answer::USER_DETAIL);
    /// Keys.
    LIST_KEYS: GET "/users/{id}/api_keys" "List the API keys of a user"
        (KEY_OWNER) [paged(50, 50, &["id"], true)] => 200 Many(&answer::KEY_SUMMARY);
    /// A new key.
    CREATE_KEY: POST "/users/{id}/api_keys" "Create an API key for a user"
        (KEY_OWNER) {NEW_KEY} => 200 One(&answer::KEY_CREATED);
    /// One key.
    SHOW_KEY: GET "/users/{id}/api_keys/{key_id}" "Show an API key"
        (KEY_OWNER, KEY_ID) => 200 One(&answer::KEY);
    /// The end of a key.
    REVOKE_KEY: DELETE "/users/{id}/api_keys/{key_id}" "Revoke an API key"
        (KEY_OWNER, KEY_ID) => 200 One(&answer::KEY);
    /// The end of all sessions.
    END_SESSIONS: DELETE "/users/{id}/sessions"
        "End all sessions of a user; for team and organization administrators"
        (USER_ID) => 200 One(&answer::USER_DETAIL);
    /// The end of the second factor.
    FORGET_SECOND_FACTOR: DELETE "/users/{id}/2fa"
        "Forget the second factor of a user, who enrols a new one at the next sign-in"
        (USER_ID) => 200 One(&answer::USER_DETAIL);
    /// The end of a suspension.
    UNSUSPEND: POST "/users/{id}/unsuspend" "Lift the suspension of a user"
        (USER_ID) => 200 One(&answer::USER_SUSPENSION);
    /// The way in by mail.
    SEND_ACCESS_MAIL: POST "/users/{id}/access_email"
        "Mail a user a welcome, or a link to a new password after the first sign-in"
        (USER_ID) => 204 Nothing;
    /// Favourites.
    LIST_FAVORITES: GET "/users/me/favorites" "List the caller's favorites" (
            integer("object_id", "Only this object; needs object_type.").in_query(),
            text("object_type", "Only objects of this type.").in_query()
        ) [paged(50, 1_000, &["position", "created_at"], false)]
        => 200 Many(&answer::FAVORITE_SUMMARY);
    /// A new favourite.
    CREATE_FAVORITE: POST "/users/me/favorites" "Make an object a favorite of the caller"
        () {NEW_FAVORITE} => 201 One(&answer::FAVORITE);
    /// The end of a favourite.
    DELETE_FAVORITE: DELETE "/users/me/favorites/{id}" "Remove a favorite of the caller"
        (FAVORITE_ID) => 204 Nothing;
    /// To the beginning.
    RANK_TOP: PATCH "/users/me/favorites/{id}/ranking/top"
        "Move a favorite to the beginning of the list" (FAVORITE_ID) => 204 Nothing;
    /// To the end.
    RANK_BOTTOM: PATCH "/users/me/favorites/{id}/ranking/bottom"
        "Move a favorite to the end of the list" (FAVORITE_ID) => 204 Nothing;
    /// One place up.
    RANK_HIGHER: PATCH "/users/me/favorites/{id}/ranking/higher"
        "Move a favorite one place towards the beginning" (FAVORITE_ID) => 204 Nothing;
    /// One place down.
    RANK_LOWER: PATCH "/users/me/favorites/{id}/ranking/lower"
        "Move a favorite one place towards the end" (FAVORITE_ID) => 204 Nothing;
    /// Groups.
    LIST_GROUPS: GET "/groups/" "List groups" (
            text("query", "Part of the name.").in_query(),
            text("permission", "Only groups on which the caller has this permission: read, write or manage.").in_query(),
            flag("include_members", "Whether members are listed too.").in_query(),
            integer("organization_id", "Only groups of this organization.").in_query(),
            integers("user_ids", "Only groups of any of these users.").in_query()
        ) [paged(50, 1_000, &["name", "created_at"], false)]
        => 200 Many(&answer::GROUP_SUMMARY);
    /// A new group.
    CREATE_GROUP: POST "/groups/" "Create a group" () {NEW_GROUP} => 201 One(&answer::GROUP);
    /// One group.
    SHOW_GROUP: GET "/groups/{id}" "Show a group" (GROUP_ID) => 200 One(&answer::GROUP);
    /// A group as it is to be.
    REPLACE_GROUP: PUT "/groups/{id}" "Replace all fields of a group"
        (GROUP_ID) {WHOLE_GROUP} => 200 One(&answer::GROUP);
    /// Changes to a group.
    CHANGE_GROUP: PATCH "/groups/{id}" "Change fields of a group"
        (GROUP_ID) {GROUP_CHANGE} => 200 One(&answer::GROUP);
    /// The end of a group.
    // Quirk: the client makes no method of what its summary calls deprecated (civis.md §5).
    DELETE_GROUP: DELETE "/groups/{id}" "Delete a group (deprecated)" (GROUP_ID) => 204 Nothing;
    /// A member more.
    ADD_MEMBER: PUT "/groups/{id}/members/{user_id}" "Add a user to a group"
        (GROUP_ID, integer("user_id", "The user's number.").in_path()) => 200 One(&answer::GROUP);
    /// A member less.
    REMOVE_MEMBER: DELETE "/groups/{id}/members/{user_id}" "Remove a user from a group"
        (GROUP_ID, integer("user_id", "The user's number.").in_path()) => 204 Nothing;
    /// Groups that a group has a permission on.
    SHOW_CHILD_GROUPS: GET "/groups/{id}/child_groups"
        "Show the groups on which a group has a permission"
        (GROUP_ID) => 200 One(&answer::CHILD_GROUPS);
    /// Who may do what with a group.
    SHOW_SHARES: GET "/groups/{id}/shares" "Show who has a permission on a group"
        (GROUP_ID) => 200 One(&answer::SHARES);
    /// Users who may do something with a group.
    SHARE_WITH_USERS: PUT "/groups/{id}/shares/users" "Give users a permission on a group"
        (GROUP_ID) {SHARE_USERS} => 200 One(&answer::SHARES);
    /// A user less.
    UNSHARE_WITH_USER: DELETE "/groups/{id}/shares/users/{user_id}"
        "Take a user's permission on a group away"
        (GROUP_ID, integer("user_id", "The user's number.").in_path()) => 204 Nothing;
    /// Groups that may do something with a group.
    SHARE_WITH_GROUPS: PUT "/groups/{id}/shares/groups" "Give groups a permission on a group"
        (GROUP_ID) {SHARE_GROUPS} => 200 One(&answer::SHARES);
    /// A group less.
    UNSHARE_WITH_GROUP: DELETE "/groups/{id}/shares/groups/{group_id}"
        "Take a group's permission on a group away"
        (GROUP_ID, integer("group_id", "The number of the group that has it.").in_path())
        => 204 Nothing;
    /// Roles.
    LIST_ROLES: GET "/roles/" "List roles" () [paged(50, 1_000, &["id"], false)]
        => 200 Many(&answer::ROLE);
    /// Announcements.
    LIST_ANNOUNCEMENTS: GET "/announcements/" "List announcements"
        () [paged(10, 50, &["released_at"], true)] => 200 Many(&answer::ANNOUNCEMENT);
    /// An organisation's favourites.
    LIST_ORGANIZATION_FAVORITES: GET "/organizations/favorites"
        "List the favorites of the caller's organization" (
            integer("object_id", "Only this object; needs object_type.").in_query(),
            text("object_type", "Only objects of this type.").in_query()
        ) [paged(50, 1_000, &["created_at", "object_type", "object_id"], true)]
        => 200 Many(&answer::FAVORITE_SUMMARY);
    /// A new one.
    CREATE_ORGANIZATION_FAVORITE: POST "/organizations/favorites"
        "Make an object a favorite of the caller's organization; for its administrators"
        () {NEW_FAVORITE} => 201 One(&answer::FAVORITE);
    /// The end of one.
    DELETE_ORGANIZATION_FAVORITE: DELETE "/organizations/favorites/{id}"
        "Remove a favorite of the caller's organization; for its administrators"
        (FAVORITE_ID) => 204 Nothing;
    /// Organisations.
    LIST_ORGANIZATIONS: GET "/admin/organizations"
        "List organizations; for administrators of the installation" (
            texts("status", "Only these states: active, trial or inactive.").in_query(),
            texts("org_type", "Only these types.").in_query()
        ) => 200 Many(&answer::ORGANIZATION);
    /// A new theme.
    CREATE_THEME: POST "/admin/themes" "Create a theme; for administrators of the installation"
        () {NEW_THEME} => 201 One(&answer::THEME);
    /// Changes to a theme.
    CHANGE_THEME: PATCH "/admin/themes/{id}"
        "Change a theme; for administrators of the installation"
        (THEME_ID) {THEME_CHANGE} => 200 One(&answer::THEME);
    /// A new announcement.
    CREATE_ANNOUNCEMENT: POST "/admin/announcements"
        "Create an announcement; for administrators of the installation"
        () {NEW_ANNOUNCEMENT} => 201 One(&answer::ANNOUNCEMENT);
    /// Changes to an announcement.
    CHANGE_ANNOUNCEMENT: PATCH "/admin/announcements/{id}"
        "Change an announcement; for administrators of the installation"
        (integer("id", "The announcement's number.").in_path()) {ANNOUNCEMENT_CHANGE}
        => 200 One(&answer::ANNOUNCEMENT);
    // Quirk: the command line does not start unless the document has a path below each of `/files`,
    // `/jobs` and `/notebooks` (civis.md §1).
    /// No file.
    SHOW_FILE: GET "/files/{id}" "Show a file; there are none here"
        (integer("id", "The file's number.").in_path()) => 200 Undescribed;
    /// No job.
    SHOW_JOB: GET "/jobs/{id}" "Show a job; there are none here"
        (integer("id", "The job's number.").in_path()) => 200 Undescribed;
    /// No notebook.
    SHOW_NOTEBOOK: GET "/notebooks/{id}" "Show a notebook; there are none here"
        (integer("id", "The notebook's number.").in_path()) => 200 Undescribed;
}
