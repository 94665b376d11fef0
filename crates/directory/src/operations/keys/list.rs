//! API keys as lists, and the one way to find one.

use crate::access::work::Work;
use crate::model::{
    Fault, Key, KeyField, KeyRef, Kind, Page, Permission, Predicate, Query, Ref, Scope, User,
};
use crate::outcome::Outcome;
use crate::store::{keys, pages, users};

/// A key of the caller's own or of somebody within reach, with its owner; others are not found.
pub(crate) async fn visible(work: &mut Work<'_>, which: &KeyRef) -> Outcome<(Key, User)> {
    let missing = || Fault::NotFound(Kind::Key);
    let key = match which {
        Ref::Id(id) => keys::by_id(&mut work.tx, *id).await?,
        Ref::Uuid(uuid) => keys::by_uuid(&mut work.tx, *uuid).await?,
        Ref::Name(text) => match uuid::Uuid::parse_str(text) {
            Ok(uuid) => keys::by_uuid(&mut work.tx, uuid).await?,
            Err(_) => None,
        },
    }
    .ok_or_else(missing)?;
    let owner = users::by_id(&mut work.tx, key.user)
        .await?
        .ok_or_else(missing)?;
    let own = owner.id == work.caller.user;
    if own || work.reaches_user(Permission::ManageKeys, &owner).await? {
        let inner = std::sync::Arc::clone(&work.inner);
        Ok((inner.with_pending_uses(key), owner))
    } else {
        Err(missing().into())
    }
}

pub(crate) async fn page(work: &mut Work<'_>, query: &Query<KeyField>) -> Outcome<Page<Key>> {
    let mut scopes = work.scopes_of(query.seen_by.unwrap_or(Permission::ManageKeys));
    scopes.push(Scope::Own(work.caller.user));
    let statements = pages::compile::<keys::Keys>(query, |_| {}, &scopes, work.limit(), work.now)?;
    let mut page = pages::run::<keys::Keys>(&mut work.tx, &statements).await?;
    let inner = std::sync::Arc::clone(&work.inner);
    page.items = std::mem::take(&mut page.items)
        .into_iter()
        .map(|key| inner.with_pending_uses(key))
        .collect();
    Ok(page)
}

/// Whether a predicate names one owner or key, so that an index answers it.
pub(crate) fn narrow(predicate: &Predicate<KeyField>) -> bool {
    use crate::model::Test;
    match predicate {
        Predicate::Nothing => true,
        Predicate::Is(
            KeyField::Id | KeyField::Uuid | KeyField::User,
            Test::Equals(_) | Test::OneOf(_),
        ) => true,
        Predicate::And(all) => all.iter().any(narrow),
        _ => false,
    }
}
