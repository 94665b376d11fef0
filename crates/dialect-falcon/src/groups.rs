//! What user groups and CID groups share: how they are shown, made, changed and deleted, and their members with
//! them (falcon.md §7).

use std::collections::HashMap;
use std::future::Future;

use axum::extract::Request;
use directory::{Fault, Kind, Operation, OrganisationId};
use kit::{Authenticated, HandlerResult, Pairs};
use serde::Serialize;
use uuid::Uuid;

use super::body::{Fields, document};
use super::control::{self, Outcomes};
use super::customers::{self, Customer};
use super::envelope::ErrorEntry;
use super::map::read_group_id;
use super::parameters;

/// Groups of one kind.
pub trait Groups {
    /// A group of the directory.
    type Group: Clone + Send + Sync;
    /// A group as it is shown.
    type Shown: Serialize + Send;
    /// A group with its members as it is shown.
    type Members: Serialize + Send;
    /// What the directory calls one.
    const KIND: Kind;
    /// What lists them.
    const LIST: Operation;
    /// What makes one.
    const CREATE: Operation;
    /// What changes one.
    const UPDATE: Operation;
    /// What deletes one.
    const DELETE: Operation;
    /// What adds members to one.
    const ADD: Operation;
    /// What removes members from one.
    const REMOVE: Operation;
    /// The name of an id.
    const ID: &'static str;
    /// The name of several ids.
    const IDS: &'static str;

    /// The groups of the customer with these ids that the caller sees, in any order.
    fn known(
        request: &Authenticated,
        uuids: &[Uuid],
        at: &Customer,
    ) -> impl Future<Output = Result<HashMap<Uuid, Self::Group>, Fault>> + Send;

    /// The group of this id, whichever customer it belongs to.
    fn get(
        request: &Authenticated,
        uuid: Uuid,
    ) -> impl Future<Output = Result<Self::Group, Fault>> + Send;

    /// The organisation that a group belongs to.
    fn organisation(group: &Self::Group) -> OrganisationId;

    /// Makes one.
    fn create(
        request: &Authenticated,
        at: &Customer,
        name: String,
        description: Option<String>,
    ) -> impl Future<Output = Result<Self::Group, Fault>> + Send;

    /// Changes what is given of one.
    fn update(
        request: &Authenticated,
        group: &Self::Group,
        name: Option<String>,
        description: Option<String>,
    ) -> impl Future<Output = Result<Self::Group, Fault>> + Send;

    /// Deletes one.
    fn delete(
        request: &Authenticated,
        group: &Self::Group,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Adds the members that a resource names to a group, or removes them.
    fn change_members(
        request: &Authenticated,
        group: &Self::Group,
        fields: Fields<'_>,
        add: bool,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// One of them as it is shown.
    fn shown(group: &Self::Group, at: &Customer) -> Self::Shown;

    /// Some of them with those of their members that the caller sees.
    fn with_members(
        request: &Authenticated,
        groups: &[Self::Group],
    ) -> impl Future<Output = Result<Vec<Self::Members>, Fault>> + Send;
}

/// The groups of the customer with these ids, in their order; ids of no group give an error each.
pub async fn find<K: Groups>(
    request: &Authenticated,
    ids: &[String],
    at: &Customer,
) -> Result<(Vec<K::Group>, Vec<ErrorEntry>), Fault> {
    let uuids: Vec<Uuid> = ids.iter().filter_map(|id| read_group_id(id)).collect();
    let known = match uuids.as_slice() {
        [] => HashMap::new(),
        uuids => K::known(request, uuids, at).await?,
    };
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match read_group_id(id).and_then(|uuid| known.get(&uuid)) {
            Some(group) => found.push(group.clone()),
            None => errors.push(control::unknown(K::ID, id)),
        }
    }
    Ok((found, errors))
}

/// The groups that a parameter of this name asks for, with what was asked for and is none.
async fn asked_for<K: Groups>(
    request: &Authenticated,
    pairs: &Pairs,
    name: &str,
) -> Result<(Vec<K::Group>, Vec<ErrorEntry>, Customer), Fault> {
    request.admit(K::LIST)?;
    let ids = control::few(parameters::needed_list(pairs, name)?)?;
    let at = customers::own(request).await?;
    let (found, errors) = find::<K>(request, &ids, &at).await?;
    Ok((found, errors, at))
}

/// Shows groups by their ids.
pub async fn show<K: Groups>(request: &Authenticated, pairs: &Pairs, name: &str) -> HandlerResult {
    let (found, errors, at) = asked_for::<K>(request, pairs, name).await?;
    let shown: Vec<_> = found.iter().map(|group| K::shown(group, &at)).collect();
    control::answered(&request.info, &shown, errors)
}

/// Shows the members of groups by the groups' ids.
pub async fn members<K: Groups>(
    request: &Authenticated,
    pairs: &Pairs,
    name: &str,
) -> HandlerResult {
    let (found, errors, _) = asked_for::<K>(request, pairs, name).await?;
    let shown = K::with_members(request, &found).await?;
    control::answered(&request.info, &shown, errors)
}

/// The group of the customer with that id.
pub async fn by_id<K: Groups>(
    request: &Authenticated,
    id: &str,
    at: &Customer,
) -> Result<K::Group, Fault> {
    let missing = || control::unknown_fault(K::ID, id);
    let uuid = read_group_id(id).ok_or_else(missing)?;
    match K::get(request, uuid).await {
        Ok(group) if K::organisation(&group) == at.id => Ok(group),
        Ok(_) => Err(missing()),
        Err(Fault::NotFound(kind)) if kind == K::KIND => Err(missing()),
        Err(fault) => Err(fault),
    }
}

/// Makes the groups that a body describes, each by itself.
pub async fn create<K: Groups>(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, K::CREATE, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let made = async {
            let (name, description) = (fields.needed("name")?, fields.text(&["description"])?);
            K::create(&request, &at, name, description).await
        };
        outcomes.note(made.await.map(|group| K::shown(&group, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// Changes the groups that a body names, each by itself.
pub async fn update<K: Groups>(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, K::UPDATE, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let group = by_id::<K>(&request, &fields.needed(K::ID)?, &at).await?;
            let (name, description) = (fields.text(&["name"])?, fields.text(&["description"])?);
            K::update(&request, &group, name, description).await
        };
        outcomes.note(changed.await.map(|group| K::shown(&group, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// Deletes the groups that a query names, each by itself.
pub async fn delete<K: Groups>(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(K::DELETE)?;
    let ids = control::few(parameters::needed_list(&pairs, K::IDS)?)?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for id in ids {
        let gone = async {
            let group = by_id::<K>(&request, &id, &at).await?;
            K::delete(&request, &group).await?;
            Ok(id.clone())
        };
        outcomes.note(gone.await)?;
    }
    outcomes.answered(&request.info)
}

/// Adds the members that a body names to groups, or removes them; each group by itself.
pub async fn change_members<K: Groups>(
    request: Authenticated,
    raw: Request,
    add: bool,
) -> HandlerResult {
    let operation = if add { K::ADD } else { K::REMOVE };
    let body = document(&request, operation, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let group = by_id::<K>(&request, &fields.needed(K::ID)?, &at).await?;
            K::change_members(&request, &group, fields, add).await?;
            let mut shown = K::with_members(&request, &[group]).await?;
            shown.pop().ok_or(Fault::NotFound(K::KIND))
        };
        outcomes.note(changed.await)?;
    }
    outcomes.answered(&request.info)
}
