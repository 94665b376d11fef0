//! The closed vocabulary of what one may do in the directory, and how role lines carry it.

use serde::{Deserialize, Serialize};

use super::ids::{GroupId, OrganisationId, Platform, UserId};

macro_rules! permissions {
    ($($(#[$meta:meta])* $name:ident = $word:literal, $administrative:literal;)*) => {
        /// A permission of the directory. Vendors' roles map to these in their catalogues; what only
        /// a vendor knows stands in a role as an opaque word (`misp:perm_sync`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$meta])* $name,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Permission] = &[$(Permission::$name),*];

            /// The word that stands in role lines.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Permission::$name => $word,)* }
            }

            /// Whether it changes anything or anyone. The take-over guard counts reading too.
            #[must_use]
            pub const fn administrative(self) -> bool {
                match self { $(Permission::$name => $administrative,)* }
            }
        }
    };
}

permissions! {
    /// See users.
    ReadUsers = "users.read", false;
    /// Make users.
    CreateUsers = "users.create", true;
    /// Change users.
    EditUsers = "users.edit", true;
    /// Delete users.
    DeleteUsers = "users.delete", true;
    /// Passwords, second factors and lock-outs of others; their access mails.
    ResetCredentials = "credentials.reset", true;
    /// See and end others' sessions.
    ManageSessions = "sessions.manage", true;
    /// See, make, change and revoke others' API keys.
    ManageKeys = "keys.manage", true;
    /// See organisations.
    ReadOrganisations = "organisations.read", false;
    /// Make, change and delete organisations.
    ManageOrganisations = "organisations.manage", true;
    /// Put people into organisations and take them out.
    ManageMemberships = "memberships.manage", true;
    /// See groups and their members.
    ReadGroups = "groups.read", false;
    /// Make, change and delete groups, and decide who manages them.
    ManageGroups = "groups.manage", true;
    /// Put people into groups and take them out.
    ManageMembers = "groups.members", true;
    /// See roles.
    ReadRoles = "roles.read", false;
    /// Make, change and delete roles.
    ManageRoles = "roles.manage", true;
    /// Grant and revoke roles, also through groups.
    GrantRoles = "roles.grant", true;
    /// Read the audit trail.
    ReadAudit = "audit.read", false;
    /// Read settings.
    ReadSettings = "settings.read", false;
    /// Change settings and mail templates.
    ManageSettings = "settings.manage", true;
    /// Change where secrets are mailed: the mail server and its account, the public address that links
    /// begin with, and the templates that carry a token. It is the right to take any account over.
    ManageMail = "mail.manage", true;
    /// Make, change and delete a dialect's shared records (registrations, templates, themes …).
    ManageRecords = "records.manage", true;
    /// Nothing but being signed in; what everybody may do for themselves.
    SignedIn = "signed-in", false;
}

impl Permission {
    /// The permission of a word, unless it is a vendor's.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Permission> {
        Permission::ALL.iter().copied().find(|p| p.word() == word)
    }
}

/// How far a role's line goes, as a role states it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Only oneself.
    Own,
    /// The listed users.
    Listed(Vec<i64>),
    /// People whose primary group the holder manages.
    ManagedGroups,
    /// The organisation of the grant, without its children.
    Organisation,
    /// The organisation of the grant and everything below.
    Subtree,
    /// The whole installation, wherever granted.
    All,
}

/// One line of a role: a word and how far it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line {
    /// A [`Permission`]'s word, a vendor's word (`misp:perm_sync`), `<platform>:*`, or `*`.
    pub word: String,
    /// How far it goes.
    pub reach: Reach,
}

impl Line {
    /// A line of the directory's own vocabulary.
    #[must_use]
    pub fn may(permission: Permission, reach: Reach) -> Line {
        Line {
            word: permission.word().to_owned(),
            reach,
        }
    }

    /// A line with a vendor's word.
    pub fn word(word: impl Into<String>, reach: Reach) -> Line {
        Line {
            word: word.into(),
            reach,
        }
    }
}

/// A line's reach, resolved for its holder and the organisation it was granted in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Only this user (the holder).
    Own(UserId),
    /// The listed users, as long as their home is `within` the organisation of the grant or below it:
    /// whoever moves away is no longer reached, and a number that nobody has reaches nobody.
    Users {
        /// The numbers listed.
        users: Vec<UserId>,
        /// The organisation of the grant.
        within: OrganisationId,
    },
    /// People whose primary group is one of these and whose home is `within` the organisation of the
    /// grant or below it.
    Groups {
        /// The groups that the holder manages.
        groups: Vec<GroupId>,
        /// The organisation of the grant.
        within: OrganisationId,
    },
    /// One organisation.
    Organisation(OrganisationId),
    /// An organisation and everything below.
    Subtree(OrganisationId),
    /// The whole installation.
    All,
}

/// Where a role's lines count while nothing is known of the grants that carry them. "Everywhere" is a
/// value of its own: it is more than the root organisation, and only reach over everything covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In every organisation: a role of no organisation, the defaults of a platform, settings.
    Everywhere,
    /// In an organisation and all below it: a role that belongs to an organisation, which may be granted
    /// anywhere below.
    Below(OrganisationId),
    /// As granted in one organisation.
    In(OrganisationId),
}

/// A right somebody holds: which platform's role brought it, the word and where it counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// The platform of the role that brought it; `usher` counts everywhere.
    pub platform: Platform,
    /// The word, as in [`Line::word`].
    pub word: String,
    /// Where it counts.
    pub scope: Scope,
}

/// Whether holding `held` gives `wanted`: the same word, `*`, or the platform's `<platform>:*`.
#[must_use]
pub fn word_covers(held: &str, wanted: &str) -> bool {
    if held == wanted || held == "*" {
        return true;
    }
    match held.strip_suffix(":*") {
        Some(platform) => wanted
            .strip_prefix(platform)
            .is_some_and(|rest| rest.starts_with(':')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cover() {
        for (held, wanted, expected) in [
            ("users.read", "users.read", true),
            ("users.read", "users.edit", false),
            ("*", "users.edit", true),
            ("*", "toy:perm_sync", true),
            ("*", "*", true),
            ("toy:*", "toy:perm_sync", true),
            ("toy:*", "toy:*", true),
            ("toy:*", "toyx:perm", false),
            ("toy:*", "users.read", false),
            ("toy:perm_sync", "toy:*", false),
        ] {
            assert_eq!(word_covers(held, wanted), expected, "{held} {wanted}");
        }
    }

    #[test]
    fn words_are_distinct_and_readable_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::of_word(permission.word()), Some(*permission));
        }
        assert_eq!(Permission::of_word("toy:perm_sync"), None);
    }
}
