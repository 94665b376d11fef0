//! The objects that operations answer, member by member in the order of the wire (civis.md §4, §5).

pub use super::group_answers::*;
pub use super::simple_user::SIMPLE_USER;
use super::{
    Object, date_time, flag, integer, integers, object, objects, open_object, open_objects, text,
    texts, time,
};

/// A group as people are shown with it.
pub static USER_GROUP: Object = Object {
    name: "UserGroup",
    fields: &[
        integer("id", "The group's number."),
        text("name", "The group's name."),
        text("slug", "The group's short name."),
        integer("organizationId", "The number of the group's organization."),
        text("organizationName", "The name of the group's organization."),
    ],
};

/// A row of the list of users.
pub static USER_SUMMARY: Object = Object {
    name: "UserSummary",
    fields: &[
        integer("id", "The user's number."),
        text("user", "The login name."),
        text("name", "The name."),
        text("email", "The e-mail address."),
        flag("active", "False for deactivated accounts."),
        integer("primaryGroupId", "The number of the primary group."),
        objects("groups", &USER_GROUP, "The groups the user belongs to."),
        date_time("createdAt", "When the account was made."),
        date_time("currentSignInAt", "When the user signed in most recently.").nullable(),
        date_time("updatedAt", "When the account was last changed."),
        date_time("lastSeenAt", "When the account was last used.").nullable(),
        flag("suspended", "Whether the account is suspended."),
        integer(
            "createdById",
            "The number of the user who made the account.",
        )
        .nullable(),
        integer(
            "lastUpdatedById",
            "The number of the user who last changed the account.",
        )
        .nullable(),
    ],
};

/// One user.
pub static USER_DETAIL: Object = Object {
    name: "UserDetail",
    fields: &[
        integer("id", "The user's number."),
        text("user", "The login name."),
        text("name", "The name."),
        text("email", "The e-mail address."),
        flag("active", "False for deactivated accounts."),
        integer("primaryGroupId", "The number of the primary group."),
        objects("groups", &USER_GROUP, "The groups the user belongs to."),
        text("city", "The city.").nullable(),
        text("state", "The state.").nullable(),
        text("timeZone", "The time zone."),
        text("initials", "The initials."),
        text("department", "The department.").nullable(),
        text("title", "The job title.").nullable(),
        text("githubUsername", "The name on GitHub.").nullable(),
        flag(
            "prefersSmsOtp",
            "Whether one-time codes are preferred by SMS.",
        ),
        flag("vpnEnabled", "Whether the VPN may be used; null inherits.").nullable(),
        flag(
            "ssoDisabled",
            "Whether single sign-on is switched off; null inherits.",
        )
        .nullable(),
        flag(
            "otpRequiredForLogin",
            "Whether a second factor must be enrolled; null inherits.",
        )
        .nullable(),
        flag(
            "exemptFromOrgSmsOtpDisabled",
            "Whether codes by SMS are allowed where the organization forbids them; null inherits.",
        )
        .nullable(),
        flag("smsOtpAllowed", "Whether codes by SMS are allowed."),
        flag("robot", "Whether this is a service account."),
        text("phone", "The telephone number.").nullable(),
        text("organizationSlug", "The short name of the organization."),
        flag(
            "organizationSSODisableCapable",
            "Whether the organization may switch single sign-on off.",
        ),
        text(
            "organizationLoginType",
            "How people of the organization sign in.",
        ),
        flag(
            "organizationSmsOtpDisabled",
            "Whether the organization forbids codes by SMS.",
        ),
        text(
            "myPermissionLevel",
            "What the caller may do with this account: read, write or manage.",
        ),
        date_time("createdAt", "When the account was made."),
        date_time("updatedAt", "When the account was last changed."),
        date_time("lastSeenAt", "When the account was last used.").nullable(),
        flag("suspended", "Whether the account is suspended."),
        integer(
            "createdById",
            "The number of the user who made the account.",
        )
        .nullable(),
        integer(
            "lastUpdatedById",
            "The number of the user who last changed the account.",
        )
        .nullable(),
        text(
            "unconfirmedEmail",
            "A new address that waits for confirmation.",
        )
        .nullable(),
        text(
            "accountStatus",
            "Active, Deactivated, Suspended or Unsuspended.",
        ),
    ],
};

/// The caller.
pub static USER_ME: Object = Object {
    name: "UserMe",
    fields: &[
        integer("id", "The caller's number."),
        text("name", "The name."),
        text("email", "The e-mail address."),
        text("username", "The login name."),
        text("initials", "The initials."),
        date_time(
            "lastCheckedAnnouncements",
            "When the announcements were last read.",
        )
        .nullable(),
        open_object("featureFlags", "Which features are on."),
        texts("roles", "The short names of the roles held."),
        open_object("preferences", "The preferences that are set."),
        text("customBranding", "The branding.").nullable(),
        integer("primaryGroupId", "The number of the primary group."),
        objects("groups", &USER_GROUP, "The groups the caller belongs to."),
        text("organizationName", "The name of the organization."),
        text("organizationSlug", "The short name of the organization."),
        integer(
            "organizationDefaultThemeId",
            "The number of the organization's theme.",
        )
        .nullable(),
        date_time("createdAt", "When the account was made."),
        integer("signInCount", "How often the account signed in."),
        flag("assumingRole", "Whether the caller acts in another role."),
        flag(
            "assumingAdmin",
            "Whether the caller acts as an administrator.",
        ),
        date_time("assumingAdminExpiration", "When that ends.").nullable(),
        date_time("superadminModeExpiration", "When superadmin mode ends.").nullable(),
        flag(
            "disableNonCompliantFedrampFeatures",
            "Whether features are off for FedRAMP.",
        ),
        text("personaRole", "The role that describes the caller best.").nullable(),
        integer(
            "createdById",
            "The number of the user who made the account.",
        )
        .nullable(),
        integer(
            "lastUpdatedById",
            "The number of the user who last changed the account.",
        )
        .nullable(),
    ],
};

/// Something the caller did.
pub static ACTIVITY: Object = Object {
    name: "ActivityEventSummary",
    fields: &[
        text("id", "The job's number."),
        text("name", "What it is called."),
        text("type", "What kind of job it is."),
        text("user", "Whose it is."),
        text("category", "The category of the job.").nullable(),
        text("state", "succeeded, failed or running."),
        date_time("updatedAt", "When it last changed."),
        date_time("nextRunAt", "When it runs next.").nullable(),
        text("lastRunId", "The number of its last run.").nullable(),
        text("lastRunState", "The state of its last run.").nullable(),
    ],
};

/// An administrator of the caller's organisation.
pub static ORGANIZATION_ADMIN: Object = Object {
    name: "OrganizationAdmin",
    fields: &[
        integer("id", "The user's number."),
        text("name", "The name."),
        text("username", "The login name."),
        text("initials", "The initials."),
        flag("online", "Whether the user is online.").nullable(),
        text("email", "The e-mail address."),
    ],
};

/// What lifting a suspension answers.
pub static USER_SUSPENSION: Object = Object {
    name: "UserSuspension",
    fields: &[
        integer("id", "The user's number."),
        text("user", "The login name."),
        date_time("unlockedAt", "When the suspension was lifted."),
    ],
};

/// A limit of a key.
pub static CONSTRAINT: Object = Object {
    name: "UserApiKeyConstraint",
    fields: &[
        text("constraint", "What the path is compared with.").nullable(),
        text("constraintType", "exact, prefix, regex or verb."),
        flag("getAllowed", "Whether GET is allowed."),
        flag("headAllowed", "Whether HEAD is allowed."),
        flag("postAllowed", "Whether POST is allowed."),
        flag("putAllowed", "Whether PUT is allowed."),
        flag("patchAllowed", "Whether PATCH is allowed."),
        flag("deleteAllowed", "Whether DELETE is allowed."),
    ],
};

macro_rules! key {
    ($(#[$about:meta])* $name:ident = $word:literal, $($rest:expr),+) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                integer("id", "The key's number."),
                text("name", "The key's name."),
                date_time("expiresAt", "When the key ends.").nullable(),
                date_time("createdAt", "When the key was made."),
                date_time("revokedAt", "When the key was revoked.").nullable(),
                date_time("lastUsedAt", "When the key was last used.").nullable(),
                texts("scopes", "What the key is for."),
                integer("useCount", "How often the key was used."),
                flag("expired", "Whether the key's time is over."),
                flag("active", "Whether the key is neither over nor revoked."),
                $($rest),+
            ],
        };
    };
}

key! {
    /// A row of the list of keys.
    KEY_SUMMARY = "UserApiKeySummary",
    integer("constraintCount", "How many constraints the key has.")
}

key! {
    /// One key.
    KEY = "UserApiKey",
    objects("constraints", &CONSTRAINT, "The constraints of the key.")
}

key! {
    /// A key just made.
    KEY_CREATED = "UserApiKeyCreateResponse",
    objects("constraints", &CONSTRAINT, "The constraints of the key."),
    text("token", "The key itself, shown this once.")
}

macro_rules! favorite {
    ($(#[$about:meta])* $name:ident = $word:literal $(, $rest:expr)*) => {
        $(#[$about])*
        pub static $name: Object = Object {
            name: $word,
            fields: &[
                integer("id", "The favorite's number."),
                integer("objectId", "The number of the object."),
                text("objectType", "The type of the object."),
                text("objectName", "The name of the object."),
                time("createdAt", "When it became a favorite."),
                time("objectUpdatedAt", "When the object last changed."),
                object("objectAuthor", &SIMPLE_USER, "Who made the object."),
                $($rest),*
            ],
        };
    };
}

favorite! {
    /// A favourite.
    FAVORITE = "Favorite"
}

favorite! {
    /// A row of the list of favourites.
    FAVORITE_SUMMARY = "FavoriteSummary",
    integer("position", "The place among the favorites, from 1.")
}

/// A row of the list of themes.
pub static THEME_SUMMARY: Object = Object {
    name: "ThemeSummary",
    fields: &[
        integer("id", "The theme's number."),
        text("name", "The theme's name."),
        date_time("createdAt", ""),
        date_time("updatedAt", ""),
    ],
};

/// The picture of a theme.
pub static LOGO_FILE: Object = Object {
    name: "LogoFile",
    fields: &[
        integer("id", "The number of the file."),
        text("downloadUrl", "Where the file is.").nullable(),
    ],
};

/// One theme.
pub static THEME: Object = Object {
    name: "Theme",
    fields: &[
        integer("id", "The theme's number."),
        text("name", "The theme's name."),
        integers("organizationIds", "The organizations that see the theme."),
        text("settings", "The settings of the theme as JSON text."),
        object("logoFile", &LOGO_FILE, "The picture of the theme.").nullable(),
        date_time("createdAt", ""),
        date_time("updatedAt", ""),
    ],
};

/// A role.
pub static ROLE: Object = Object {
    name: "Role",
    fields: &[
        integer("id", "The role's number."),
        text("name", "The role's name."),
        text("slug", "The role's short name."),
        text("description", "What the role is for.").nullable(),
    ],
};

/// An announcement.
pub static ANNOUNCEMENT: Object = Object {
    name: "Announcement",
    fields: &[
        integer("id", "The announcement's number."),
        text("subject", "The headline."),
        text("body", "The text."),
        date_time("releasedAt", "When it was released."),
        date_time("createdAt", ""),
        date_time("updatedAt", ""),
    ],
};

/// Settings of an organisation that only the vendor's staff sees.
pub static ADVANCED_SETTINGS: Object = Object {
    name: "AdvancedSettings",
    fields: &[flag(
        "dedicatedDjPoolEnabled",
        "Whether the organization has workers of its own.",
    )],
};

/// An organisation.
pub static ORGANIZATION: Object = Object {
    name: "Organization",
    fields: &[
        integer("id", "The organization's number."),
        text("name", "The organization's name."),
        text("slug", "The organization's short name."),
        integer("accountManagerId", "").nullable(),
        integer("csSpecialistId", "").nullable(),
        text("status", "active, trial or inactive."),
        text("orgType", "The type of the organization.").nullable(),
        text("customBranding", "The branding.").nullable(),
        integer("contractSize", "").nullable(),
        integer("maxAnalystUsers", "").nullable(),
        integer("maxReportUsers", "").nullable(),
        text("vertical", "The sector.").nullable(),
        text("csMetadata", "").nullable(),
        flag("removeFooterInEmails", ""),
        text("salesforceAccountId", "").nullable(),
        text("tableauSiteId", "").nullable(),
        flag("fedrampEnabled", ""),
        integer("createdById", "Who made the organization.").nullable(),
        integer("lastUpdatedById", "Who last changed the organization.").nullable(),
        object("advancedSettings", &ADVANCED_SETTINGS, ""),
        open_objects("tableauRefreshHistory", ""),
    ],
};
