//! The objects that operations on groups answer (civis.md §5).

use super::simple_user::SIMPLE_USER;
use super::{Object, flag, integer, integers, object, objects, text, time};

/// A row of the list of groups.
pub static GROUP_SUMMARY: Object = Object {
    name: "GroupSummary",
    fields: &[
        integer("id", "The group's number."),
        text("name", "The group's name."),
        time("createdAt", "When the group was made."),
        time("updatedAt", "When the group was last changed."),
        text("description", "The description.").nullable(),
        text("slug", "The group's short name."),
        integer("organizationId", "The number of the organization."),
        text("organizationName", "The name of the organization."),
        integer("memberCount", "How many active members it has."),
        integer("totalMemberCount", "How many members it has."),
        integer("lastUpdatedById", "Who last changed the group.").nullable(),
        integer("createdById", "Who made the group.").nullable(),
        objects("members", &SIMPLE_USER, "The members, if asked for."),
    ],
};

/// A member of a group.
pub static GROUP_MEMBER: Object = Object {
    name: "GroupMember",
    fields: &[
        integer("id", "The user's number."),
        text("name", "The name."),
        text("username", "The login name."),
        text("initials", "The initials."),
        flag("online", "Whether the user is online.").nullable(),
        text("email", "The e-mail address."),
        integer("primaryGroupId", "The number of the primary group."),
        flag("active", "False for deactivated accounts."),
    ],
};

/// One group.
pub static GROUP: Object = Object {
    name: "Group",
    fields: &[
        integer("id", "The group's number."),
        text("name", "The group's name."),
        time("createdAt", "When the group was made."),
        time("updatedAt", "When the group was last changed."),
        text("description", "The description.").nullable(),
        text("slug", "The group's short name."),
        integer("organizationId", "The number of the organization."),
        text("organizationName", "The name of the organization."),
        integer("memberCount", "How many active members it has."),
        integer("totalMemberCount", "How many members it has."),
        flag(
            "defaultOtpRequiredForLogin",
            "Whether new users of the group must enrol a second factor.",
        )
        .nullable(),
        integers("roleIds", "The roles that members get."),
        text("defaultTimeZone", "The time zone of new users.").nullable(),
        text("defaultJobsLabel", "The partition label for jobs.").nullable(),
        text(
            "defaultNotebooksLabel",
            "The partition label for notebooks.",
        )
        .nullable(),
        text("defaultServicesLabel", "The partition label for services.").nullable(),
        integer("lastUpdatedById", "Who last changed the group.").nullable(),
        integer("createdById", "Who made the group.").nullable(),
        objects("members", &GROUP_MEMBER, "The members."),
    ],
};

/// A number and a name.
pub static NAMED: Object = Object {
    name: "Named",
    fields: &[integer("id", "The number."), text("name", "The name.")],
};

/// The groups below a group, by what the caller may do with them.
pub static CHILD_GROUPS: Object = Object {
    name: "ChildGroups",
    fields: &[
        objects("manageable", &NAMED, "Groups to manage."),
        objects("writeable", &NAMED, "Groups to change."),
        objects("readable", &NAMED, "Groups to see."),
    ],
};

/// Who has a permission on a group.
pub static SHARED_WITH: Object = Object {
    name: "SharedWith",
    fields: &[
        objects("users", &NAMED, "The users."),
        objects("groups", &NAMED, "The groups."),
    ],
};

/// Who may do what with a group.
pub static SHARES: Object = Object {
    name: "Shares",
    fields: &[
        object("readers", &SHARED_WITH, "Who sees it."),
        object("writers", &SHARED_WITH, "Who changes it."),
        object("owners", &SHARED_WITH, "Who manages it."),
        integer("totalUserShares", "How many users it is shared with."),
        integer("totalGroupShares", "How many groups it is shared with."),
    ],
};
