//! The access table: every operation, the permission it needs, whether one may do it to oneself
//! without, whether what it makes lasts, and whether it takes a key without limits. No use-case runs without an entry here (its transaction is opened by naming one).

use crate::model::Permission;

macro_rules! operations {
    ($($name:ident: $mode:ident $permission:ident $($flag:ident)*;)*) => {
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
                        own: operations!(@own $($flag)*),
                        lasts: operations!(@lasts $($flag)*),
                        unlimited: operations!(@unlimited $($flag)*),
                    },)*
                }
            }
        }
    };
    (@writes read) => { false };
    (@writes write) => { true };
    (@own own $($rest:ident)*) => { true };
    (@own $other:ident $($rest:ident)*) => { operations!(@own $($rest)*) };
    (@own) => { false };
    (@lasts lasts $($rest:ident)*) => { true };
    (@lasts $other:ident $($rest:ident)*) => { operations!(@lasts $($rest)*) };
    (@lasts) => { false };
    (@unlimited unlimited $($rest:ident)*) => { true };
    (@unlimited $other:ident $($rest:ident)*) => { operations!(@unlimited $($rest)*) };
    (@unlimited) => { false };
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
    /// Whether what it makes or changes opens something after the session that asked has ended:
    /// credentials, accounts, roles, and where secrets go. A session that has yet to choose its own
    /// password, or to enrol a second factor, does none of these, at any door.
    pub lasts: bool,
    /// Whether it opens an account to passwords and codes, which no limit of a key follows. A limited key
    /// does none of these, in any form and at any door. What depends on the fields of a change is decided
    /// where the fields are.
    pub unlimited: bool,
}

operations! {
    // Users.
    ListUsers: read ReadUsers;
    ShowUser: read ReadUsers own;
    CreateUser: write CreateUsers lasts;
    UpdateUser: write EditUsers lasts;
    // Each of its steps is an operation of its own.
    EnsureOne: write SignedIn own lasts;
    // Whoever may reset somebody's credentials could sign in as them.
    ActForUser: read ResetCredentials lasts;
    UpdateOwnProfile: write SignedIn own;
    DeleteUser: write DeleteUsers;
    // Organisations.
    ListOrganisations: read ReadOrganisations;
    ShowOrganisation: read ReadOrganisations own;
    CreateOrganisation: write ManageOrganisations;
    UpdateOrganisation: write ManageOrganisations lasts;
    DeleteOrganisation: write ManageOrganisations;
    AddMembership: write ManageMemberships lasts;
    RemoveMembership: write ManageMemberships;
    // Groups.
    ListGroups: read ReadGroups;
    ShowGroup: read ReadGroups own;
    CreateGroup: write ManageGroups;
    UpdateGroup: write ManageGroups own lasts;
    DeleteGroup: write ManageGroups;
    AddMember: write ManageMembers own lasts;
    RemoveMember: write ManageMembers own;
    ShowManagers: read ReadGroups own;
    ChangeManagers: write ManageGroups own lasts;
    ChangeGrantableGroups: write ManageOrganisations lasts;
    // Collections of organisations.
    ListCollections: read ReadOrganisations;
    ManageCollections: write ManageOrganisations lasts;
    // Roles and grants.
    ListRoles: read ReadRoles;
    ShowRole: read ReadRoles own;
    CreateRole: write ManageRoles lasts;
    UpdateRole: write ManageRoles lasts;
    DeleteRole: write ManageRoles;
    ChangeDefaultRoles: write ManageRoles lasts;
    ListGrants: read ReadUsers own;
    GrantRole: write GrantRoles lasts;
    RevokeRole: write GrantRoles;
    ChangeGroupRoles: write GrantRoles lasts;
    // Credentials.
    SignIn: write SignedIn own;
    RequestPasswordReset: write SignedIn own;
    RedeemToken: write SignedIn own;
    ChangeOwnPassword: write SignedIn own;
    SetPassword: write ResetCredentials lasts unlimited;
    SendPasswordReset: write ResetCredentials lasts;
    SendAccessMail: write ResetCredentials lasts;
    Unlock: write ResetCredentials unlimited;
    ProveAgain: write SignedIn own;
    EnrolSecondFactor: write SignedIn own lasts unlimited;
    RemoveSecondFactor: write ResetCredentials own lasts unlimited;
    ListKeys: read ManageKeys own;
    CreateKey: write ManageKeys own lasts;
    UpdateKey: write ManageKeys own lasts;
    RevokeKey: write ManageKeys own;
    ListSessions: read ManageSessions own;
    RevokeSessions: write ManageSessions own;
    // Handing back what opens the door is no write that a read-only key must not do.
    SignOut: read SignedIn own;
    // An answer is kept for every request that may be sent again; no right comes of it.
    KeepAnswer: read SignedIn own;
    // A form that is shown is one that will be sent.
    CreateFormToken: write SignedIn own;
    // What only dialects know.
    ReadExtension: read ReadUsers own;
    ReadRecords: read SignedIn own;
    WriteOwnRecord: write SignedIn own;
    WriteSharedRecord: write ManageRecords;
    ListJobs: read SignedIn own;
    CreateJob: write SignedIn own;
    UpdateJob: write SignedIn own;
    // A job runs with the rights of its owner, and asking for one needs a sign-in that is complete.
    BeginTask: write SignedIn own lasts;
    RunTask: write SignedIn own;
    ReadTasks: read ReadSettings own;
    // The installation.
    ReadSettings: read ReadSettings;
    ChangeSettings: write ManageSettings lasts;
    ReadEvents: read ReadAudit own;
    SendMail: write EditUsers;
    ListMail: read ReadSettings;
}
