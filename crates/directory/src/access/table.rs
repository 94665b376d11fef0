//! The access table: every operation, the permission it needs, and whether one may do it to oneself
//! without. No use-case runs without an entry here (its transaction is opened by naming one).

use crate::model::Permission;

macro_rules! operations {
    ($($name:ident: $mode:ident $permission:ident $($own:ident)?;)*) => {
        /// An operation of the directory.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names say it, and the table beside says what each needs")]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Operation] = &[$(Operation::$name),*];

            /// Its name in this table.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Operation::$name => stringify!($name),)*
                }
            }

            /// What it needs.
            #[must_use]
            pub const fn access(self) -> Access {
                match self {
                    $(Operation::$name => Access {
                        permission: Permission::$permission,
                        writes: operations!(@writes $mode),
                        own: operations!(@own $($own)?),
                    },)*
                }
            }
        }
    };
    (@writes read) => { false };
    (@writes write) => { true };
    (@own own) => { true };
    (@own) => { false };
}

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The permission, which must reach the target.
    pub permission: Permission,
    /// Whether it changes anything (read-only keys are refused then).
    pub writes: bool,
    /// Whether one may do it to oneself, or to a group one manages, without the permission.
    pub own: bool,
}

operations! {
    // Users.
    ListUsers: read ReadUsers;
    ShowUser: read ReadUsers own;
    CreateUser: write CreateUsers;
    UpdateUser: write EditUsers;
    // Whoever may reset somebody's credentials could sign in as them.
    ActForUser: read ResetCredentials;
    UpdateOwnProfile: write SignedIn own;
    DeleteUser: write DeleteUsers;
    // Organisations.
    ListOrganisations: read ReadOrganisations;
    ShowOrganisation: read ReadOrganisations own;
    CreateOrganisation: write ManageOrganisations;
    UpdateOrganisation: write ManageOrganisations;
    DeleteOrganisation: write ManageOrganisations;
    AddMembership: write ManageMemberships;
    RemoveMembership: write ManageMemberships;
    // Groups.
    ListGroups: read ReadGroups;
    ShowGroup: read ReadGroups own;
    CreateGroup: write ManageGroups;
    UpdateGroup: write ManageGroups own;
    DeleteGroup: write ManageGroups;
    AddMember: write ManageMembers own;
    RemoveMember: write ManageMembers own;
    ShowManagers: read ReadGroups own;
    ChangeManagers: write ManageGroups own;
    ChangeGrantableGroups: write ManageOrganisations;
    // Collections of organisations.
    ListCollections: read ReadOrganisations;
    ManageCollections: write ManageOrganisations;
    // Roles and grants.
    ListRoles: read ReadRoles;
    ShowRole: read ReadRoles own;
    CreateRole: write ManageRoles;
    UpdateRole: write ManageRoles;
    DeleteRole: write ManageRoles;
    ChangeDefaultRoles: write ManageRoles;
    ListGrants: read ReadUsers own;
    GrantRole: write GrantRoles;
    RevokeRole: write GrantRoles;
    ChangeGroupRoles: write GrantRoles;
    // Credentials.
    SignIn: write SignedIn own;
    RequestPasswordReset: write SignedIn own;
    RedeemToken: write SignedIn own;
    ChangeOwnPassword: write SignedIn own;
    SetPassword: write ResetCredentials;
    SendPasswordReset: write ResetCredentials;
    SendAccessMail: write ResetCredentials;
    Unlock: write ResetCredentials;
    ProveAgain: write SignedIn own;
    EnrolSecondFactor: write SignedIn own;
    RemoveSecondFactor: write ResetCredentials own;
    ListKeys: read ManageKeys own;
    CreateKey: write ManageKeys own;
    UpdateKey: write ManageKeys own;
    RevokeKey: write ManageKeys own;
    ListSessions: read ManageSessions own;
    RevokeSessions: write ManageSessions own;
    SignOut: write SignedIn own;
    // What only dialects know.
    ReadExtension: read ReadUsers own;
    ReadRecords: read SignedIn own;
    WriteOwnRecord: write SignedIn own;
    WriteSharedRecord: write ManageRecords;
    ListJobs: read SignedIn own;
    CreateJob: write SignedIn own;
    UpdateJob: write SignedIn own;
    // The installation.
    ReadSettings: read ReadSettings;
    ChangeSettings: write ManageSettings;
    ReadEvents: read ReadAudit own;
    SendMail: write EditUsers;
    ListMail: read ReadSettings;
}
