//! Users as a list: what their fields are in SQL, and who sees them.

use crate::model::{
    AttributeKind, OrganisationId, Platform, ProfileAttribute, Scope, Test, UserField,
    profile_attributes,
};

use super::rare::Arm;
use super::search::{Found, OWN_FAMILY, OWN_GIVEN};
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};

/// The users as a list.
pub(crate) struct Users;

/// The address made up for who has none, in the domain [`crate::model::MADE_UP_DOMAIN`].
pub(super) const MADE_UP_EMAIL: &str =
    "(CASE WHEN u.email_key = '' THEN REPLACE(u.uuid, '-', '') || '@usher.invalid' ELSE '' END)";

/// The address, or the made-up one.
pub(super) const EMAIL_OR_MADE_UP: &str = "(CASE WHEN u.email_key = '' THEN REPLACE(u.uuid, '-', '') || '@usher.invalid' ELSE u.email_key END)";

impl Listed for Users {
    type Field = UserField;
    const ID: &'static str = "u.id";
    const SEARCH: &'static str = "u.search";

    fn rare(found: &Found, field: &UserField, test: &Test) -> Option<Vec<Arm>> {
        found.rare.arms(field, test)
    }

    fn common(found: &Found, field: &UserField, test: &Test) -> bool {
        found.rare.is_common(field, test)
    }

    fn column(field: &UserField) -> Column {
        let related = |selects: &[&'static str], inner| Column::Related {
            id: "u.id",
            selects: selects.to_vec(),
            inner: Box::new(inner),
            bound: Vec::new(),
            value: None,
        };
        match field {
            UserField::Id => Column::Int("u.id"),
            UserField::Uuid => Column::Text("u.uuid", Folding::Exact),
            UserField::Alias => Column::Text("u.alias", Folding::Exact),
            UserField::Login => Column::Text("u.login_key", Folding::Unique),
            UserField::Email => Column::Text("u.email_key", Folding::Unique),
            UserField::ShownEmail { before, after } => {
                Column::Computed(shown_email(before, after), Folding::Unique)
            }
            UserField::EmailOrMadeUp => Column::Text(EMAIL_OR_MADE_UP, Folding::Unique),
            UserField::MadeUpEmail => Column::Text(MADE_UP_EMAIL, Folding::Unique),
            UserField::Name => Column::Text("u.name_key", Folding::Search),
            UserField::Given => Column::Text("u.given_key", Folding::Search),
            UserField::Family => Column::Text("u.family_key", Folding::Search),
            UserField::Kind => Column::Text("u.kind", Folding::Exact),
            UserField::Status => Column::Text("u.status", Folding::Exact),
            UserField::Standing => Column::Standing,
            UserField::LockAfter => Column::Int("u.lock_after"),
            UserField::Home => Column::Int("u.home_id"),
            UserField::HomeName => Column::Related {
                id: "u.home_id",
                selects: vec!["SELECT x.id FROM organisations x WHERE "],
                inner: Box::new(Column::Text("x.name_key", Folding::Unique)),
                bound: Vec::new(),
                value: Some(
                    "(SELECT x.name_key FROM organisations x WHERE x.id = u.home_id)".to_owned(),
                ),
            },
            UserField::Organisation => related(
                &["SELECT x.user_id FROM memberships x WHERE "],
                Column::Int("x.organisation_id"),
            ),
            UserField::HomeSubtree => Column::Related {
                id: "u.home_id",
                selects: vec!["SELECT x.descendant_id FROM organisation_tree x WHERE "],
                inner: Box::new(Column::Int("x.ancestor_id")),
                bound: Vec::new(),
                value: None,
            },
            UserField::Group => related(
                &["SELECT x.user_id FROM group_members x WHERE "],
                Column::Int("x.group_id"),
            ),
            UserField::PrimaryGroup => Column::Int("u.primary_group_id"),
            UserField::Role => related(
                &[
                    "SELECT x.user_id FROM grants x WHERE (x.expires_at IS NULL OR x.expires_at > ?) AND ",
                    "SELECT m.user_id FROM group_roles x JOIN group_members m ON m.group_id = x.group_id WHERE ",
                ],
                Column::Int("x.role_id"),
            ),
            UserField::DirectRole => related(
                &[
                    "SELECT x.user_id FROM grants x WHERE (x.expires_at IS NULL OR x.expires_at > ?) AND ",
                ],
                Column::Int("x.role_id"),
            ),
            UserField::UsherRole => related(
                &[
                    "SELECT x.user_id FROM grants x JOIN roles r ON r.id = x.role_id WHERE r.platform = 'usher' AND (x.expires_at IS NULL OR x.expires_at > ?) AND ",
                    "SELECT m.user_id FROM group_roles x JOIN group_members m ON m.group_id = x.group_id JOIN roles r ON r.id = x.role_id WHERE r.platform = 'usher' AND ",
                ],
                Column::Text("r.word", Folding::Exact),
            ),
            UserField::RoleOrganisation(platform) => Column::Related {
                id: "u.id",
                selects: vec![
                    "SELECT x.user_id FROM grants x JOIN roles r ON r.id = x.role_id WHERE r.platform = ? AND (x.expires_at IS NULL OR x.expires_at > ?) AND ",
                    "SELECT m.user_id FROM group_members m JOIN (SELECT gr.group_id, gr.role_id, gr.scope_id AS organisation_id FROM group_roles gr WHERE gr.scope = 'organisation' UNION SELECT gr.group_id, gr.role_id, co.organisation_id FROM group_roles gr JOIN collection_organisations co ON co.collection_id = gr.scope_id WHERE gr.scope = 'collection') x ON x.group_id = m.group_id JOIN roles r ON r.id = x.role_id WHERE r.platform = ? AND ",
                ],
                inner: Box::new(Column::Int("x.organisation_id")),
                bound: vec![Bound::Text(platform.word().to_owned())],
                value: None,
            },
            UserField::DirectRoleOrganisation(platform) => Column::Related {
                id: "u.id",
                selects: vec![
                    "SELECT x.user_id FROM grants x JOIN roles r ON r.id = x.role_id WHERE r.platform = ? AND (x.expires_at IS NULL OR x.expires_at > ?) AND ",
                ],
                inner: Box::new(Column::Int("x.organisation_id")),
                bound: vec![Bound::Text(platform.word().to_owned())],
                value: None,
            },
            UserField::ExpiringRoleOrganisation(platform) => Column::Related {
                id: "u.id",
                selects: vec![
                    "SELECT x.user_id FROM grants x JOIN roles r ON r.id = x.role_id WHERE r.platform = ? AND x.expires_at > ? AND ",
                ],
                inner: Box::new(Column::Int("x.organisation_id")),
                bound: vec![Bound::Text(platform.word().to_owned())],
                value: expiring_order(*platform),
            },
            UserField::Profile(attribute) => profile_column(*attribute),
            UserField::SecondFactor => Column::Flag(
                "(CASE WHEN EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END)",
            ),
            UserField::CreatedAt => Column::Int("u.created_at"),
            UserField::UpdatedAt => Column::Int("u.updated_at"),
            UserField::LastSeenAt => Column::Int("u.last_seen_at"),
            UserField::SignedInAt => Column::Int("u.signed_in_at"),
            UserField::OwnGiven => Column::Text(OWN_GIVEN, Folding::Search),
            UserField::OwnFamily => Column::Text(OWN_FAMILY, Folding::Search),
            UserField::Locked => Column::Flag("(CASE WHEN u.locked_until > ? THEN 1 ELSE 0 END)"),
            UserField::LockedOutUntil => {
                Column::Int("(CASE WHEN u.lockout_until > ? THEN u.lockout_until END)")
            }
            UserField::SecondFactorRequired => Column::Flag("u.second_factor_required"),
            UserField::HasPassword => Column::Flag(
                "(CASE WHEN EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = u.id) THEN 1 ELSE 0 END)",
            ),
            UserField::MustChangePassword => Column::Flag(
                "(CASE WHEN EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = u.id AND w.must_change = 1) THEN 1 ELSE 0 END)",
            ),
            UserField::PasswordChangedAt => {
                Column::Int("(SELECT w.changed_at FROM passwords w WHERE w.user_id = u.id)")
            }
            UserField::SignInCount => Column::Int("u.sign_in_count"),
            UserField::PreviousSignInAt => Column::Int("u.previous_sign_in_at"),
            UserField::CreatedBy => Column::Int("u.created_by"),
            UserField::UpdatedBy => Column::Int("u.updated_by"),
            UserField::Term(platform, name) => {
                super::extensions::term_column("u.id", "user", *platform, name)
            }
        }
    }
}

macro_rules! profile_columns {
    ($($name:ident $variant:ident $kind:ident $facts:tt;)*) => {
        /// The column of an attribute.
        const fn profile_column(attribute: ProfileAttribute) -> Column {
            let name = match attribute {
                $(ProfileAttribute::$variant => concat!("u.", stringify!($name)),)*
            };
            let folding = match attribute.kind() {
                AttributeKind::Text => Folding::Lower,
                AttributeKind::Exact => Folding::Exact,
            };
            Column::Text(name, folding)
        }
    };
}
profile_attributes!(profile_columns);

/// The address that is shown. The texts around the UUID stand in the statement itself, so only letters,
/// digits and the punctuation of addresses are taken.
pub(super) fn shown_email(before: &str, after: &str) -> String {
    let plain = |text: &str| {
        let kept = text.chars().filter(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "+-_.@".contains(*letter)
        });
        kept.collect::<String>()
    };
    let (before, after) = (plain(before), plain(after));
    format!(
        "(CASE WHEN u.email_key = '' THEN '{before}' || u.uuid || '{after}' ELSE u.email_key END)"
    )
}

/// What users are ordered by when they are ordered by their expiring roles: the first of the
/// organisations these count in. The platform's word stands in the statement itself, so only a plain
/// word orders anything. Ended grants count until the sweep takes them away.
pub(super) fn expiring_order(platform: Platform) -> Option<String> {
    let word = platform.word();
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        .then(|| {
            format!(
                "(SELECT MIN(o.uuid) FROM grants x JOIN roles r ON r.id = x.role_id JOIN organisations o ON \
                 o.id = x.organisation_id WHERE x.user_id = u.id AND x.expires_at IS NOT NULL AND r.platform = '{word}')"
            )
        })
}

impl Visible for Users {
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            Scope::Own(user) => drop(sql.push("u.id = ").bind(Bound::Int(user.0))),
            Scope::Users { users, within } => {
                sql.push("(u.id IN (")
                    .bind_all(users.iter().map(|user| user.0))
                    .push(")");
                push_still_within(sql, *within);
            }
            Scope::Groups { groups, within } => {
                sql.push("(u.primary_group_id IN (")
                    .bind_all(groups.iter().map(|group| group.0))
                    .push(")");
                push_still_within(sql, *within);
            }
            Scope::Organisation(organisation) => {
                sql.push("EXISTS (SELECT 1 FROM memberships s WHERE s.user_id = u.id AND s.organisation_id = ");
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
            // Asked of each user; a set would be made whole, with everybody in it, for a single row.
            Scope::Subtree(top) if *top == crate::ROOT => drop(sql.push("1 = 1")),
            Scope::Subtree(top) => {
                sql.push("(");
                push_home_below(sql, top.0);
                sql.push(
                    " OR EXISTS (SELECT 1 FROM memberships s JOIN organisation_tree t ON t.descendant_id = s.organisation_id WHERE s.user_id = u.id AND t.ancestor_id = ",
                );
                sql.bind(Bound::Int(top.0)).push("))");
            }
        }
    }
}

/// Ends the condition on people named by a list or a group: their home is still where the right counts.
fn push_still_within(sql: &mut Sql, within: OrganisationId) {
    if within != crate::ROOT {
        sql.push(" AND ");
        push_home_below(sql, within.0);
    }
    sql.push(")");
}

/// The condition that a user's home is an organisation or below it.
pub(super) fn push_home_below(sql: &mut Sql, top: i64) {
    sql.push("EXISTS (SELECT 1 FROM organisation_tree t WHERE t.descendant_id = u.home_id AND t.ancestor_id = ");
    sql.bind(Bound::Int(top)).push(")");
}

/// People by their homes alone: what belongs to them is not shown by a mere membership.
pub(crate) fn by_home(sql: &mut Sql, scope: &Scope) {
    match scope {
        Scope::All | Scope::Own(_) | Scope::Users { .. } | Scope::Groups { .. } => {
            Users::scope(sql, scope);
        }
        Scope::Organisation(organisation) => {
            sql.push("u.home_id = ").bind(Bound::Int(organisation.0));
        }
        Scope::Subtree(top) if *top == crate::ROOT => drop(sql.push("1 = 1")),
        Scope::Subtree(top) => push_home_below(sql, top.0),
    }
}
