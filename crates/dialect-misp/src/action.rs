//! What requests do, as the vendor names it: the words of answers depend on it.

use directory::Kind;
use serde_json::{Value, json};

use super::address::Address;

macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident: $admin:literal $controller:literal $action:literal, $title:literal, $model:literal;)*) => {
        /// What a request does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$meta])* $name,)*
            /// Nothing that is served.
            Nothing,
        }

        impl Action {
            /// What a path asks for.
            pub fn of(address: &Address) -> Action {
                match (address.admin, address.controller.as_str(), address.action.as_str()) {
                    $(($admin, $controller, $action) => Action::$name,)*
                    _ => Action::Nothing,
                }
            }

            /// What could not be done: `Could not …`.
            pub const fn title(self) -> &'static str {
                match self { $(Action::$name => $title,)* Action::Nothing => "do this" }
            }

            /// The vendor's model.
            pub const fn model(self) -> &'static str {
                match self { $(Action::$name => $model,)* Action::Nothing => "" }
            }
        }
    };
}

acts! {
    /// The instance's version.
    Version: false "servers" "getversion", "get version", "Server";
    /// The client's version.
    ClientVersion: false "servers" "getpymispversion", "get version", "Server";
    /// List users.
    ListUsers: true "users" "index", "list User", "User";
    /// View a user.
    ViewUser: false "users" "view", "view User", "User";
    /// View a user as their administrator.
    AdministerUser: true "users" "view", "view User", "User";
    /// Make a user.
    AddUser: true "users" "add", "add User", "User";
    /// Change a user.
    EditUser: true "users" "edit", "edit User", "User";
    /// Change oneself.
    EditProfile: false "users" "edit", "edit User", "User";
    /// Delete a user.
    DeleteUser: true "users" "delete", "delete User", "User";
    /// Change one's own password.
    ChangePassword: false "users" "changepw", "change_pw User", "User";
    /// Renew somebody's keys.
    ResetKey: false "users" "resetauthkey", "resetauthkey User", "User";
    /// List organisations.
    ListOrganisations: false "organisations" "index", "list Organisation", "Organisation";
    /// View an organisation.
    ViewOrganisation: false "organisations" "view", "view Organisation", "Organisation";
    /// Make an organisation.
    AddOrganisation: true "organisations" "add", "add Organisation", "Organisation";
    /// Change an organisation.
    EditOrganisation: true "organisations" "edit", "edit Organisation", "Organisation";
    /// Delete an organisation.
    DeleteOrganisation: true "organisations" "delete", "delete Organisation", "Organisation";
    /// The UUIDs of the local organisations.
    OrganisationUuids: false "organisations" "getuuids", "list Organisation", "Organisation";
    /// List roles.
    ListRoles: false "roles" "index", "list Role", "Role";
    /// View a role.
    ViewRole: false "roles" "view", "view Role", "Role";
    /// Make a role. Quirk: `role` in lower case here alone (misp.md §5.2).
    AddRole: true "roles" "add", "add role", "Role";
    /// Change a role.
    EditRole: true "roles" "edit", "edit Role", "Role";
    /// Delete a role.
    DeleteRole: true "roles" "delete", "delete Role", "Role";
    /// Choose the role of newcomers.
    SetDefaultRole: true "roles" "setdefault", "set_default Role", "Role";
    /// List keys.
    ListKeys: false "authkeys" "index", "list auth_key", "AuthKey";
    /// View a key.
    ViewKey: false "authkeys" "view", "view auth_key", "AuthKey";
    /// Make a key.
    AddKey: false "authkeys" "add", "add auth_key", "AuthKey";
    /// Change a key.
    EditKey: false "authkeys" "edit", "edit auth_key", "AuthKey";
    /// Revoke a key.
    DeleteKey: false "authkeys" "delete", "delete auth_key", "AuthKey";
    /// Set a user's setting.
    SetSetting: false "usersettings" "setsetting", "setSetting UserSetting", "UserSetting";
    /// Read a user's setting.
    GetSetting: false "usersettings" "getsetting", "getSetting UserSetting", "UserSetting";
    /// View a user's setting.
    ViewSetting: false "usersettings" "view", "view UserSetting", "UserSetting";
    /// Take a user's setting away.
    DeleteSetting: false "usersettings" "delete", "delete UserSetting", "UserSetting";
    /// Ask for an account.
    Register: false "users" "register", "register User", "User";
    /// Make accounts of registrations.
    AcceptRegistrations: false "users" "acceptregistrations", "acceptRegistrations User", "User";
    /// Throw registrations away.
    DiscardRegistrations: false "users" "discardregistrations", "discardRegistrations User", "User";
    /// Block an organisation.
    AddBlocked: false "orgblocklists" "add", "add OrgBlocklist", "OrgBlocklist";
    /// Change an entry of the blocklist.
    EditBlocked: false "orgblocklists" "edit", "edit OrgBlocklist", "OrgBlocklist";
    /// Take an entry off the blocklist.
    DeleteBlocked: false "orgblocklists" "delete", "delete OrgBlocklist", "OrgBlocklist";
    /// Change a setting of the server.
    EditServerSetting: false "servers" "serversettingsedit", "serverSettingsEdit Server", "Server";
    /// Set a flag of several users.
    ToggleField: true "users" "masstogglefield", "admin_massToggleField User", "User";
    /// Void a password and mail the way to a new one.
    InitiatePasswordReset: false "users" "initiatepasswordreset", "initiatePasswordReset User", "User";
    /// Take a second factor away.
    DeleteSecondFactor: false "users" "totpdelete", "totp_delete User", "User";
    /// End sessions.
    DestroySessions: true "users" "destroy", "admin_destroy User", "User";
    /// Log the requests of a user.
    Monitor: true "users" "monitor", "admin_monitor User", "User";
    /// Mail a message to a user.
    QuickMail: true "users" "quickemail", "admin_quickEmail User", "User";
    /// List the log.
    ListLogs: true "logs" "index", "index Log", "Log";
}

impl Action {
    /// The vendor's sentence for something that is not there.
    pub const fn missing(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (_, Kind::User) => "Invalid user",
            (_, Kind::Organisation) => "Invalid organisation",
            // Quirk: a full stop, but not when editing (misp.md §5.2).
            (Action::EditRole, Kind::Role) => "Invalid Role",
            (_, Kind::Role) => "Invalid Role.",
            (_, Kind::Key) => "Invalid AuthKey.",
            (Action::DeleteSetting, Kind::Setting) => "Invalid user setting.",
            (_, Kind::Setting) => "Invalid setting.",
            (Action::AcceptRegistrations | Action::DiscardRegistrations, Kind::Record) => {
                "Invalid Inbox."
            }
            (_, Kind::Record) => "Invalid blocklist entry",
            _ => "Not Found",
        }
    }

    /// Whether it is about somebody's keys.
    pub const fn about_keys(self) -> bool {
        matches!(
            self,
            Action::ListKeys
                | Action::ViewKey
                | Action::AddKey
                | Action::EditKey
                | Action::DeleteKey
        )
    }

    /// The path that the vendor repeats in answers about a change.
    pub fn url(self, path: &str, id: Option<i64>) -> String {
        let id = id.map(|id| format!("/{id}")).unwrap_or_default();
        match self {
            // Quirk: no number here (misp.md §5.1, and the recorded answers).
            Action::EditOrganisation => "/admin/organisations/edit".to_owned(),
            Action::AddKey => "/auth_keys/add".to_owned(),
            // Quirk: without `/admin` (misp.md §3).
            Action::DeleteRole => format!("/roles/delete{id}"),
            Action::DeleteOrganisation => format!("/admin/organisations/delete{id}"),
            Action::AcceptRegistrations => "/users/acceptRegistrations".to_owned(),
            Action::EditServerSetting => "/servers/serverSettingsEdit".to_owned(),
            _ => path.to_owned(),
        }
    }

    /// The number as the vendor repeats it: mostly as text.
    pub fn repeats(self, id: i64) -> Option<Value> {
        match self {
            Action::EditOrganisation | Action::AddKey | Action::AcceptRegistrations => None,
            Action::DeleteRole | Action::DeleteKey => Some(json!(id)),
            _ => Some(json!(id.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_acts() {
        for (path, act) in [
            ("/admin/users", Action::ListUsers),
            ("/admin/users/add.json", Action::AddUser),
            ("/users/edit/5", Action::EditProfile),
            ("/users/change_pw", Action::ChangePassword),
            ("/admin/roles/set_default/3", Action::SetDefaultRole),
            ("/auth_keys", Action::ListKeys),
            ("/authKeys/add/me", Action::AddKey),
            ("/users/index", Action::Nothing),
            ("/events/index", Action::Nothing),
        ] {
            assert_eq!(Action::of(&Address::read(path).unwrap()), act, "{path}");
        }
    }
}
