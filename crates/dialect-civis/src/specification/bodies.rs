//! The objects that operations read. Their order is the order of the client's positional arguments
//! (civis.md §2), and their names are turned to snake_case by the client.

use super::{Object, date_time, flag, integer, integers, object, objects, text};

/// A user to make.
pub static NEW_USER: Object = Object {
    name: "UserCreateRequest",
    fields: &[
        text("name", "The name.").required(),
        text("email", "The e-mail address.").required(),
        flag("active", "False makes a deactivated account."),
        integer("primaryGroupId", "The primary group.").required(),
        text("city", "The city.").nullable(),
        text("state", "The state.").nullable(),
        text("timeZone", "The time zone.").nullable(),
        text("initials", "The initials.").nullable(),
        text("department", "The department.").nullable(),
        text("title", "The job title.").nullable(),
        flag(
            "prefersSmsOtp",
            "Whether one-time codes are preferred by SMS.",
        )
        .nullable(),
        integers("groupIds", "The groups to join beside the primary one."),
        flag("vpnEnabled", "Whether the VPN may be used.").nullable(),
        flag("ssoDisabled", "Whether single sign-on is switched off.").nullable(),
        flag(
            "otpRequiredForLogin",
            "Whether a second factor must be enrolled.",
        )
        .nullable(),
        flag(
            "exemptFromOrgSmsOtpDisabled",
            "Whether codes by SMS are allowed where the organization forbids them.",
        )
        .nullable(),
        flag("robot", "Whether this is a service account."),
        text("user", "The login name; it never changes.").required(),
        flag("sendEmail", "Whether a welcome mail is sent."),
    ],
};

/// Changes to a user.
pub static USER_CHANGE: Object = Object {
    name: "UserPatchRequest",
    fields: &[
        text("name", "The name."),
        text("email", "A new address, which must be confirmed by mail."),
        flag("active", "False deactivates the account."),
        integer("primaryGroupId", "The primary group."),
        text("city", "The city.").nullable(),
        text("state", "The state.").nullable(),
        text("timeZone", "The time zone.").nullable(),
        text("initials", "The initials.").nullable(),
        text("department", "The department.").nullable(),
        text("title", "The job title.").nullable(),
        flag(
            "prefersSmsOtp",
            "Whether one-time codes are preferred by SMS.",
        )
        .nullable(),
        integers("groupIds", "All groups, the primary one aside."),
        flag("vpnEnabled", "Whether the VPN may be used.").nullable(),
        flag("ssoDisabled", "Whether single sign-on is switched off.").nullable(),
        flag(
            "otpRequiredForLogin",
            "Whether a second factor must be enrolled.",
        )
        .nullable(),
        flag(
            "exemptFromOrgSmsOtpDisabled",
            "Whether codes by SMS are allowed where the organization forbids them.",
        )
        .nullable(),
        flag("robot", "Whether this is a service account."),
        text("phone", "The telephone number.").nullable(),
        text("password", "A new password."),
        text(
            "accountStatus",
            "Active, Deactivated, Suspended or Unsuspended.",
        ),
    ],
};

macro_rules! preferences {
    ($($name:literal $kind:ident;)*) => {
        /// Preferences to set; null takes one back.
        pub static PREFERENCES: Object = Object {
            name: "Preferences",
            fields: &[$($kind($name, "").nullable()),*],
        };
    };
}

preferences! {
    "appIndexOrderField" text;
    "appIndexOrderDir" text;
    "resultIndexOrderField" text;
    "resultIndexOrderDir" text;
    "resultIndexTypeFilter" text;
    "resultIndexAuthorFilter" text;
    "resultIndexArchivedFilter" text;
    "importIndexOrderField" text;
    "importIndexOrderDir" text;
    "importIndexTypeFilter" text;
    "importIndexAuthorFilter" text;
    "importIndexDestFilter" text;
    "importIndexStatusFilter" text;
    "importIndexArchivedFilter" text;
    "exportIndexOrderField" text;
    "exportIndexOrderDir" text;
    "exportIndexTypeFilter" text;
    "exportIndexAuthorFilter" text;
    "exportIndexStatusFilter" text;
    "modelIndexOrderField" text;
    "modelIndexOrderDir" text;
    "modelIndexAuthorFilter" text;
    "modelIndexStatusFilter" text;
    "modelIndexArchivedFilter" text;
    "modelIndexThumbnailView" text;
    "scriptIndexOrderField" text;
    "scriptIndexOrderDir" text;
    "scriptIndexTypeFilter" text;
    "scriptIndexAuthorFilter" text;
    "scriptIndexStatusFilter" text;
    "scriptIndexArchivedFilter" text;
    "projectIndexOrderField" text;
    "projectIndexOrderDir" text;
    "projectIndexAuthorFilter" text;
    "projectIndexArchivedFilter" text;
    "reportIndexThumbnailView" text;
    "projectDetailOrderField" text;
    "projectDetailOrderDir" text;
    "projectDetailAuthorFilter" text;
    "projectDetailTypeFilter" text;
    "projectDetailArchivedFilter" text;
    "enhancementIndexOrderField" text;
    "enhancementIndexOrderDir" text;
    "enhancementIndexAuthorFilter" text;
    "enhancementIndexArchivedFilter" text;
    "preferredServerId" integer;
    "civisExploreSkipIntro" flag;
    "registrationIndexOrderField" text;
    "registrationIndexOrderDir" text;
    "registrationIndexStatusFilter" text;
    "upgradeRequested" text;
    "welcomeOrderField" text;
    "welcomeOrderDir" text;
    "welcomeAuthorFilter" text;
    "welcomeStatusFilter" text;
    "welcomeArchivedFilter" text;
    "dataPaneWidth" text;
    "dataPaneCollapsed" text;
    "notebookOrderField" text;
    "notebookOrderDir" text;
    "notebookAuthorFilter" text;
    "notebookArchivedFilter" text;
    "notebookStatusFilter" text;
    "workflowIndexOrderField" text;
    "workflowIndexOrderDir" text;
    "workflowIndexAuthorFilter" text;
    "workflowIndexArchivedFilter" text;
    "serviceOrderField" text;
    "serviceOrderDir" text;
    "serviceAuthorFilter" text;
    "serviceArchivedFilter" text;
    "assumeRoleHistory" text;
    "defaultSuccessNotificationsOn" flag;
    "defaultFailureNotificationsOn" flag;
    "myActivityMetrics" flag;
    // Quirk: capitals as here, so that the client's own rule gives `ai_sql_assist_disabled`
    // (civis.md §2).
    "aiSQLAssistDisabled" flag;
    // The vendor's newest specification alone has these two.
    "standardSQLAutocompleteDisabled" flag;
    "queryPreviewRows" integer;
}

/// Changes to the caller's own settings.
pub static ME_CHANGE: Object = Object {
    name: "UserMePatchRequest",
    fields: &[
        object(
            "preferences",
            &PREFERENCES,
            "Preferences to set; null takes one back.",
        ),
        date_time(
            "lastCheckedAnnouncements",
            "When the announcements were last read.",
        )
        .nullable(),
    ],
};

/// A limit of a key to make.
pub static NEW_CONSTRAINT: Object = Object {
    name: "UserApiKeyConstraintCreateRequest",
    fields: &[
        text("constraint", "What the path is compared with.").nullable(),
        text("constraintType", "exact, prefix, regex or verb.").required(),
        flag("getAllowed", "Whether GET is allowed.").nullable(),
        flag("headAllowed", "Whether HEAD is allowed.").nullable(),
        flag("postAllowed", "Whether POST is allowed.").nullable(),
        flag("putAllowed", "Whether PUT is allowed.").nullable(),
        flag("patchAllowed", "Whether PATCH is allowed.").nullable(),
        flag("deleteAllowed", "Whether DELETE is allowed.").nullable(),
    ],
};

/// A key to make.
pub static NEW_KEY: Object = Object {
    name: "UserApiKeyCreateRequest",
    fields: &[
        integer("expiresIn", "How many seconds the key lives.").required(),
        objects(
            "constraints",
            &NEW_CONSTRAINT,
            "What the key is limited to; none is no limit.",
        )
        .nullable(),
        text("name", "The key's name.").required(),
    ],
};

/// A favourite to make.
pub static NEW_FAVORITE: Object = Object {
    name: "FavoriteCreateRequest",
    fields: &[
        integer("objectId", "The number of the object.").required(),
        text("objectType", "The type of the object.").required(),
    ],
};

macro_rules! group {
    ($(#[$about:meta])* $name:ident = $word:literal, $group_name:expr) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                $group_name,
                text("description", "The description.").nullable(),
                text("slug", "The group's short name."),
                integer("organizationId", "The organization, the caller's own unless given."),
                flag(
                    "defaultOtpRequiredForLogin",
                    "Whether new users of the group must enrol a second factor.",
                )
                .nullable(),
                integers("roleIds", "The roles that members get."),
                text("defaultTimeZone", "The time zone of new users.").nullable(),
                text("defaultJobsLabel", "The partition label for jobs.").nullable(),
                text("defaultNotebooksLabel", "The partition label for notebooks.").nullable(),
                text("defaultServicesLabel", "The partition label for services.").nullable(),
            ],
        };
    };
}

group! {
    /// A group to make.
    NEW_GROUP = "GroupCreateRequest", text("name", "The group's name.").required()
}

group! {
    /// A group as it is to be.
    WHOLE_GROUP = "GroupUpdateRequest", text("name", "The group's name.").required()
}

group! {
    /// Changes to a group.
    GROUP_CHANGE = "GroupPatchRequest", text("name", "The group's name.")
}

macro_rules! shares {
    ($(#[$about:meta])* $name:ident = $word:literal, $ids:literal) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                integers($ids, "Whom to share with.").required(),
                text("permissionLevel", "read, write or manage.").required(),
                text("shareEmailBody", "The text of the mail.").nullable(),
                flag("sendSharedEmail", "Whether a mail is sent.").nullable(),
            ],
        };
    };
}

shares! {
    /// Users to share a group with.
    SHARE_USERS = "ShareUsersUpdateRequest", "userIds"
}

shares! {
    /// Groups to share a group with.
    SHARE_GROUPS = "ShareGroupsUpdateRequest", "groupIds"
}

macro_rules! theme {
    ($(#[$about:meta])* $name:ident = $word:literal, $theme_name:expr, $settings:expr) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                $theme_name,
                integers("organizationIds", "The organizations that see the theme."),
                $settings,
                text("logoFileId", "The number of the picture's file.").nullable(),
            ],
        };
    };
}

theme! {
    /// A theme to make.
    NEW_THEME = "ThemeCreateRequest",
    text("name", "The theme's name.").required(),
    text("settingsJson", "The settings as JSON text.").required()
}

theme! {
    /// Changes to a theme.
    THEME_CHANGE = "ThemePatchRequest",
    text("name", "The theme's name."),
    text("settingsJson", "The settings as JSON text.")
}

macro_rules! announcement {
    ($(#[$about:meta])* $name:ident = $word:literal, $subject:expr, $body:expr) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                $subject,
                $body,
                date_time("releasedAt", "When it is released, now unless given."),
            ],
        };
    };
}

announcement! {
    /// An announcement to make.
    NEW_ANNOUNCEMENT = "AnnouncementCreateRequest",
    text("subject", "The headline.").required(),
    text("body", "The text.").required()
}

announcement! {
    /// Changes to an announcement.
    ANNOUNCEMENT_CHANGE = "AnnouncementPatchRequest",
    text("subject", "The headline."),
    text("body", "The text.")
}
