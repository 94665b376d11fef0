//! Users with what the vendor shows of them: their groups, what these are called and where they
//! belong, and the dialect's own document.

use std::collections::HashMap;

use directory::{
    Fault, GroupId, Handle, Kind, OrganisationId, OrganisationLabel, Permission, Related, User,
    UserId, Wanted,
};

use crate::catalogue::BASE_GROUP;
use crate::map::Shown;
use crate::profile::Profile;
use crate::wire;

/// How many users are loaded at a time.
const CHUNK: usize = 1_000;

/// Users with what is shown of them, for one answer.
#[derive(Debug)]
pub struct People {
    related: Related,
    groups_of: HashMap<UserId, Vec<GroupId>>,
    shown_groups: HashMap<GroupId, wire::UserGroup>,
    labels: HashMap<OrganisationId, OrganisationLabel>,
    base_groups: HashMap<OrganisationId, GroupId>,
    now: directory::Time,
}

impl People {
    /// What is loaded of users; without groups if these are not wanted.
    #[must_use]
    pub const fn wanted(groups: bool) -> Wanted {
        Wanted {
            documents: true,
            groups,
            labels: true,
            builtin_group: Some(BASE_GROUP),
            ..Wanted::NOTHING
        }
    }

    /// Loads what belongs to these users, whatever their number; without groups if these are not wanted.
    pub async fn load(handle: &Handle, users: &[User], groups: bool) -> Result<Self, Fault> {
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let related = handle.related(&ids, Self::wanted(groups)).await?;
        Ok(Self::of(handle, related))
    }

    /// Users with what was loaded as [`People::wanted`].
    #[must_use]
    pub fn of(handle: &Handle, mut related: Related) -> Self {
        let labels = std::mem::take(&mut related.labels).into_iter();
        let labels: HashMap<_, _> = labels.map(|label| (label.id, label)).collect();
        let base_groups = related.builtin_groups.iter().copied().collect();
        let mut groups_of: HashMap<UserId, Vec<GroupId>> = HashMap::new();
        for (user, group) in &related.members {
            groups_of.entry(*user).or_default().push(*group);
        }
        let shown_groups = related
            .groups
            .iter()
            .map(|group| {
                let row = &group.row;
                let label = labels.get(&row.organisation);
                let shown = wire::UserGroup {
                    id: row.id.number(),
                    name: row.name.clone(),
                    slug: row.slug.clone(),
                    organization_id: row.organisation.number(),
                    organization_name: label.map(|label| label.name.clone()).unwrap_or_default(),
                };
                (row.id, shown)
            })
            .collect();
        Self {
            related,
            groups_of,
            shown_groups,
            labels,
            base_groups,
            now: handle.now(),
        }
    }

    /// One of the users with what is shown of them.
    #[must_use]
    pub fn shown<'a>(&'a self, user: &'a User) -> Shown<'a> {
        let groups = self.groups_of.get(&user.id).into_iter().flatten();
        let label = self.labels.get(&user.home);
        Shown {
            user,
            profile: self.profile(user.id),
            groups: groups
                .filter_map(|group| self.shown_groups.get(group).cloned())
                .collect(),
            primary_group: self.primary_group(user).unwrap_or(0),
            home: label.map_or(("", ""), |label| (&label.name, &label.slug)),
            now: self.now,
        }
    }

    /// What only this dialect knows of a user.
    #[must_use]
    pub fn profile(&self, user: UserId) -> Profile<'_> {
        Profile::read(self.related.documents.get(&user))
    }

    /// The number of the primary group: the user's own, else the base group of the home.
    ///
    /// Quirk: everybody has a primary group here, those made elsewhere too (civis.md §5).
    #[must_use]
    pub fn primary_group(&self, user: &User) -> Option<i64> {
        let group = user
            .primary_group
            .or_else(|| self.base_groups.get(&user.home).copied());
        group.map(|group| group.number())
    }
}

/// Rows of a list of users.
pub async fn summaries(
    handle: &Handle,
    users: &[User],
    groups: bool,
) -> Result<Vec<wire::UserSummary>, Fault> {
    let mut rows = Vec::with_capacity(users.len());
    for chunk in users.chunks(CHUNK) {
        let people = People::load(handle, chunk, groups).await?;
        rows.extend(chunk.iter().map(|user| people.shown(user).summary()));
    }
    Ok(rows)
}

/// What one user is shown with.
pub const DETAIL: Wanted = Wanted {
    reached_by: Some(Permission::EditUsers),
    primary_documents: true,
    ..People::wanted(true)
};

/// One user as the caller sees them.
pub async fn detail(handle: &Handle, user: &User) -> Result<wire::UserDetail, Fault> {
    let related = handle.related(&[user.id], DETAIL).await?;
    Ok(detail_of(handle, user, related))
}

/// One user as the caller sees them, with what was loaded as [`DETAIL`].
#[must_use]
pub fn detail_of(handle: &Handle, user: &User, related: Related) -> wire::UserDetail {
    let people = People::of(handle, related);
    let permission = if !people.related.reached.is_empty() {
        "manage"
    } else if user.id == handle.caller().user() {
        "write"
    } else {
        "read"
    };
    let time_zone = match people.primary_group(user) {
        Some(group) if user.profile.time_zone.is_none() => {
            let mut known = people.related.groups.iter();
            match known.find(|known| known.row.id.number() == group) {
                Some(known) => time_zone_of(known.document.as_ref()),
                // A group of the home to which the user does not belong.
                None => time_zone_of(people.related.primary_documents.get(&GroupId::from(group))),
            }
        }
        _ => None,
    };
    people.shown(user).detail(permission, time_zone)
}

/// The time zone that a group names for its people.
fn time_zone_of(document: Option<&serde_json::Value>) -> Option<String> {
    let zone = document?.get("default_time_zone")?;
    zone.as_str().map(str::to_owned)
}

/// Those of the users that the caller sees, by number; none for callers who may list nobody.
pub async fn seen(handle: &Handle, ids: &[UserId]) -> Result<Vec<User>, Fault> {
    let mut users = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        match handle.users_by_id(chunk).await {
            Ok(found) => users.extend(found),
            Err(Fault::Forbidden(_)) => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        }
    }
    users.sort_unstable_by_key(|user| user.id);
    Ok(users)
}

/// Users as others are shown, by number.
pub async fn simple_users(
    handle: &Handle,
    ids: &[UserId],
) -> Result<HashMap<UserId, wire::SimpleUser>, Fault> {
    let users = seen(handle, ids).await?;
    let mut simple = HashMap::with_capacity(users.len());
    for chunk in users.chunks(CHUNK) {
        let people = People::load(handle, chunk, false).await?;
        simple.extend(chunk.iter().map(|user| {
            let shown = crate::map::simple_user(user, people.profile(user.id));
            (user.id, shown)
        }));
    }
    Ok(simple)
}

/// The caller as others are shown.
pub async fn simple_self(handle: &Handle) -> Result<wire::SimpleUser, Fault> {
    let user = handle.user(handle.caller().user()).await?;
    let people = People::load(handle, std::slice::from_ref(&user), false).await?;
    let profile = people.profile(user.id);
    Ok(crate::map::simple_user(&user, profile))
}

/// A user in a request's body that the caller does not see, or that there is not.
pub fn unknown(kind: Kind) -> impl Fn(Fault) -> Fault {
    move |fault| match fault {
        Fault::NotFound(found) if found == kind => Fault::UnknownReference(kind),
        other => other,
    }
}
