//! `GET /find?q=`: one box for names, addresses, numbers, ids of things, of keys, of sessions and of requests. What the
//! caller may not see is not found; kinds that the caller may not list are passed over.

use directory::{
    EventField, Fault, GroupRef, Kind, OrganisationRef, Predicate, Query, Ref, RoleId, UserRef,
    limits,
};
use kit::Authenticated;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::errors::Problem;
use super::fields::Named;
use super::lists;
use super::reply::{Answer, Reply};

/// How many of each kind a text finds.
const OF_EACH: u32 = 10;

/// What was found.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Found",
    description = "Something that a text or an id leads to."
)]
pub struct Found {
    #[schemars(extend("enum" = ["user", "organisation", "group", "role", "collection", "key", "session", "event"]))]
    kind: &'static str,
    number: i64,
    id: Option<Uuid>,
    name: Option<String>,
    /// Where it is, below the mount.
    path: String,
}

impl Found {
    /// A thing that has a path of its own, below its list's.
    fn at(kind: &'static str, list: &str, number: i64, id: Uuid, name: String) -> Self {
        Self {
            kind,
            number,
            id: Some(id),
            name: Some(name),
            path: format!("{list}{number}"),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundAll")]
pub struct All {
    items: Vec<Found>,
}

/// What a caller may not see or list is nothing to find.
fn passed_over<T: Default>(result: Result<T, Fault>) -> Result<T, Fault> {
    match result {
        Err(Fault::NotFound(_) | Fault::Forbidden(_)) => Ok(T::default()),
        other => other,
    }
}

/// `GET /find?q=`
pub async fn find(request: Authenticated) -> Answer {
    let given = &request.query()?.0;
    lists::only(given, &["q"])?;
    let text = given.first().map_or("", |(_, value)| value.trim());
    if text.is_empty() || given.len() > 1 {
        return Err(Problem::parameter(
            "q",
            "must stand once and hold what to look for",
        ));
    }
    limits::check_search("q", text).map_err(Problem::on_parameter)?;
    let mut items = exact(&request, text).await?;
    if items.is_empty() {
        items = named(&request, text).await?;
    }
    Reply::shown(&All { items })
}

/// What is named exactly: by number, UUID, login, address, name or the id of a request.
async fn exact(request: &Authenticated, text: &str) -> Result<Vec<Found>, Fault> {
    let mut found = Vec::new();
    let user: UserRef = Named::of(text).reference();
    if let Some(user) = passed_over(request.user(user).await.map(Some))? {
        found.push(Found::at(
            "user",
            "/users/",
            user.id.0,
            user.uuid,
            user.shown.name,
        ));
    }
    let organisation: OrganisationRef = Named::of(text).reference();
    if let Some(one) = passed_over(request.organisation(organisation).await.map(Some))? {
        found.push(Found::at(
            "organisation",
            "/organisations/",
            one.id.0,
            one.uuid,
            one.name,
        ));
    }
    let group: GroupRef = Named::of(text).reference();
    if let Some(one) = passed_over(request.group(group).await.map(Some))? {
        found.push(Found::at("group", "/groups/", one.id.0, one.uuid, one.name));
    }
    let role = match Named::of(text) {
        Named::Number(number) => request.role(Ref::Id(RoleId(number))).await,
        _ if text.contains(':') || Uuid::parse_str(text).is_ok() => request.role_named(text).await,
        _ => Err(Fault::NotFound(Kind::Role)),
    };
    if let Some(one) = passed_over(role.map(Some))? {
        found.push(Found::at("role", "/roles/", one.id.0, one.uuid, one.name));
    }
    if !matches!(Named::of(text), Named::Name(_)) {
        let key = request.key(Named::of(text).reference::<directory::KeyId>());
        if let Some(one) = passed_over(key.await.map(Some))? {
            found.push(Found::at("key", "/keys/", one.id.0, one.uuid, one.name));
        }
        let collection = Named::of(text).reference::<directory::CollectionId>();
        if let Some(one) = passed_over(request.collection(collection).await.map(Some))? {
            found.push(Found::at(
                "collection",
                "/collections/",
                one.id.0,
                one.uuid,
                one.name,
            ));
        }
        found.extend(session(request, text).await?);
    }
    found.extend(events(request, text).await?);
    Ok(found)
}

async fn session(request: &Authenticated, text: &str) -> Result<Option<Found>, Fault> {
    use directory::SessionField as F;
    let predicate = match Named::of(text) {
        Named::Number(number) => Predicate::equals(F::Id, number),
        Named::Uuid(uuid) => Predicate::equals(F::Uuid, uuid.to_string()),
        Named::Name(_) => return Ok(None),
    };
    let query = Query {
        predicate,
        limit: 1,
        ..Query::default()
    };
    let page = passed_over(request.session_page(&query).await.map(|page| page.items))?;
    Ok(page.into_iter().next().map(|one| Found {
        kind: "session",
        number: one.id.0,
        id: Some(one.uuid),
        name: None,
        path: format!("/sessions?number={}", one.id.0),
    }))
}

/// The events of a request's id.
async fn events(request: &Authenticated, text: &str) -> Result<Vec<Found>, Fault> {
    let query = Query {
        predicate: Predicate::equals(EventField::RequestId, text),
        limit: OF_EACH,
        ..Query::default()
    };
    let page = passed_over(request.events(&query).await.map(|page| page.items))?;
    let shown = page.into_iter().map(|one| Found {
        kind: "event",
        number: one.id.0,
        id: None,
        name: Some(one.verb),
        path: format!("/events?number={}", one.id.0),
    });
    Ok(shown.collect())
}

/// What has the words in its names, some of each kind.
async fn named(request: &Authenticated, text: &str) -> Result<Vec<Found>, Fault> {
    fn searching<F>(text: &str) -> Query<F> {
        Query {
            search: Some(text.to_owned()),
            limit: OF_EACH,
            ..Query::default()
        }
    }
    let mut found = Vec::new();
    let users = request.users(&searching(text)).await.map(|page| page.items);
    found.extend(
        passed_over(users)?
            .into_iter()
            .map(|user| Found::at("user", "/users/", user.id.0, user.uuid, user.shown.name)),
    );
    let organisations = request.organisations(&searching(text)).await;
    let organisations = organisations.map(|page| page.items);
    found.extend(passed_over(organisations)?.into_iter().map(|one| {
        Found::at(
            "organisation",
            "/organisations/",
            one.id.0,
            one.uuid,
            one.name,
        )
    }));
    let groups = request
        .groups(&searching(text))
        .await
        .map(|page| page.items);
    found.extend(
        passed_over(groups)?
            .into_iter()
            .map(|one| Found::at("group", "/groups/", one.id.0, one.uuid, one.name)),
    );
    let roles = request.roles(&searching(text)).await.map(|page| page.items);
    found.extend(
        passed_over(roles)?
            .into_iter()
            .map(|one| Found::at("role", "/roles/", one.id.0, one.uuid, one.name)),
    );
    Ok(found)
}
