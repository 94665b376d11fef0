//! Groups: people of one organisation and its subtree, their managers and the roles they bring.

use directory::{
    Group, GroupChange, GroupField, GroupId, GroupRef, NewGroup, Predicate, Test, UserId,
};
use serde::Serialize;
use uuid::Uuid;

use super::call::{Answer, Call, Reply};
use super::fields::Named;
use super::lists::{self, By, Filter, Listing};
use super::references;
use super::times::Moment;
use super::users::{self, UserBody};

/// A group as shown.
#[derive(Serialize)]
pub struct GroupBody<'a> {
    id: Uuid,
    number: i64,
    organisation: i64,
    platform: Option<&'a str>,
    word: Option<&'a str>,
    name: &'a str,
    slug: &'a str,
    description: Option<&'a str>,
    newcomers_of: Option<&'a str>,
    revision: i64,
    created_at: Moment,
    created_by: Option<i64>,
    updated_at: Moment,
    updated_by: Option<i64>,
}

impl<'a> GroupBody<'a> {
    /// Shows a group.
    pub fn of(group: &'a Group) -> Self {
        Self {
            id: group.uuid,
            number: group.id.0,
            organisation: group.organisation.0,
            platform: group.platform.as_deref(),
            word: group.word.as_deref(),
            name: &group.name,
            slug: &group.slug,
            description: group.description.as_deref(),
            newcomers_of: group.newcomers_of.as_deref(),
            revision: group.version,
            created_at: Moment(group.created_at),
            created_by: group.created_by.map(|user| user.0),
            updated_at: Moment(group.updated_at),
            updated_by: group.updated_by.map(|user| user.0),
        }
    }
}

const fn filter(name: &'static str, field: GroupField, by: By) -> Filter<GroupField> {
    Filter { name, field, by }
}

/// How groups are listed.
pub const LISTING: Listing<GroupField> = Listing {
    filters: &[
        filter("number", GroupField::Id, By::Number),
        filter("id", GroupField::Uuid, By::Exact),
        filter("name", GroupField::Name, By::Text),
        filter("slug", GroupField::Slug, By::Exact),
        filter("organisation", GroupField::Organisation, By::Organisation),
        filter("member", GroupField::Member, By::User),
        filter("newcomers", GroupField::Newcomers, By::Flag),
        filter("created_after", GroupField::CreatedAt, By::After),
        filter("created_before", GroupField::CreatedAt, By::Before),
        filter("updated_after", GroupField::UpdatedAt, By::After),
        filter("updated_before", GroupField::UpdatedAt, By::Before),
    ],
    sorts: &[
        ("name", GroupField::Name),
        ("slug", GroupField::Slug),
        ("created_at", GroupField::CreatedAt),
        ("updated_at", GroupField::UpdatedAt),
    ],
};

/// `GET /groups`
pub async fn list(call: Call) -> Answer {
    let query = LISTING.query(&call.handle, &call.parameters).await?;
    let page = call.handle.groups(&query).await?;
    Reply::shown(&lists::shown(&page, GroupBody::of))
}

/// `GET /groups/{group}`
pub async fn show(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let group = call.handle.group(call.reference::<GroupId>(0)).await?;
    Reply::revised(group.version, &GroupBody::of(&group))
}

/// `POST /groups`
pub async fn create(mut call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.fields()?;
    let organisation: Option<Named> = fields.value("organisation")?;
    let mut new = NewGroup {
        uuid: fields.value("id")?,
        name: fields.need("name")?,
        slug: fields.value("slug")?,
        description: fields.value("description")?,
        newcomers: fields.value("newcomers")?.unwrap_or(false),
        ..NewGroup::default()
    };
    fields.end()?;
    new.organisation = references::organisation(&call.handle, "organisation", organisation).await?;
    let group = call.handle.create_group(new).await?;
    let location = format!("/groups/{}", group.uuid);
    Reply::made(location, Some(group.version), &GroupBody::of(&group))
}

/// `PATCH /groups/{group}`
pub async fn update(mut call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.fields()?;
    let change = GroupChange {
        name: fields.take("name")?,
        slug: fields.take("slug")?,
        description: fields.take("description")?,
        newcomers: fields.take("newcomers")?,
        if_version: call.revision(),
        ..GroupChange::default()
    };
    fields.end()?;
    let which: GroupRef = call.reference(0);
    let group = call.handle.update_group(which, change).await?;
    Reply::revised(group.version, &GroupBody::of(&group))
}

/// `DELETE /groups/{group}`
pub async fn delete(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let which: GroupRef = call.reference(0);
    if call.if_match.is_some() {
        call.check_revision(call.handle.group(which.clone()).await?.version)?;
    }
    call.handle.delete_group(which).await?;
    Reply::nothing()
}

/// `GET /users/{user}/groups`
pub async fn of_user(call: Call) -> Answer {
    let user = call.handle.user(call.reference::<UserId>(0)).await?.id;
    joined(&call, user).await
}

/// The groups a user belongs to.
pub async fn joined(call: &Call, user: UserId) -> Answer {
    let mut query = LISTING.query(&call.handle, &call.parameters).await?;
    let theirs = Predicate::Is(GroupField::Member, Test::Equals(user.0.into()));
    query.predicate = query.predicate.and(theirs);
    let page = call.handle.groups(&query).await?;
    Reply::shown(&lists::shown(&page, GroupBody::of))
}

/// `GET /groups/{group}/members`
pub async fn members(call: Call) -> Answer {
    let query = users::LISTING.query(&call.handle, &call.parameters).await?;
    let page = call
        .handle
        .members(call.reference::<GroupId>(0), &query)
        .await?;
    let now = call.now();
    Reply::shown(&lists::shown(&page, |user| UserBody::of(user, now)))
}

/// `PUT /groups/{group}/members/{user}`; a second time is harmless.
pub async fn add_member(call: Call) -> Answer {
    let (group, user) = (call.reference::<GroupId>(0), call.reference::<UserId>(1));
    lists::only(&call.parameters, &[])?;
    call.handle.add_member(group, user).await?;
    Reply::nothing()
}

/// `DELETE /groups/{group}/members/{user}`
pub async fn remove_member(call: Call) -> Answer {
    let (group, user) = (call.reference::<GroupId>(0), call.reference::<UserId>(1));
    lists::only(&call.parameters, &[])?;
    call.handle.remove_member(group, user).await?;
    Reply::nothing()
}

/// `PUT /users/{user}/groups/{group}`
pub async fn join(call: Call) -> Answer {
    let (user, group) = (call.reference::<UserId>(0), call.reference::<GroupId>(1));
    lists::only(&call.parameters, &[])?;
    call.handle.add_member(group, user).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/groups/{group}`
pub async fn leave(call: Call) -> Answer {
    let (user, group) = (call.reference::<UserId>(0), call.reference::<GroupId>(1));
    lists::only(&call.parameters, &[])?;
    call.handle.remove_member(group, user).await?;
    Reply::nothing()
}
