//! Users in lists: pages, counts, and lists of everybody in chunks.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    OrganisationId, Page, Permission, Position, Predicate, Query, Scope, Test, User, UserField,
    UserId, Value,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::user_lists::{self, Plan};
use crate::store::{paging, users};

/// Numbers asked for in one statement: far below what a statement may hold.
const CHUNK: usize = 1_000;

impl Handle {
    /// The users of those numbers that the caller sees, by number; others are left out.
    pub fn users_by_id<'a>(&'a self, ids: &'a [UserId]) -> Pending<'a, Vec<User>> {
        Box::pin(async move {
            let mut ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            ids.sort_unstable();
            ids.dedup();
            let mut users = Vec::with_capacity(ids.len());
            for chunk in ids.chunks(CHUNK) {
                let numbers = chunk.iter().map(|id| Value::Int(*id)).collect();
                let query = Query {
                    predicate: Predicate::Is(UserField::Id, Test::OneOf(numbers)),
                    limit: u32::try_from(chunk.len()).unwrap_or(u32::MAX - 1),
                    ..Query::default()
                };
                users.extend(self.users(&query).await?.items);
            }
            Ok(users)
        })
    }

    /// Names (as shown) of any users, for "created by" columns: numbers that are gone are left out.
    pub fn logins<'a>(&'a self, ids: &'a [UserId]) -> Pending<'a, Vec<(UserId, String)>> {
        Box::pin(async move {
            Ok(self
                .users_by_id(ids)
                .await?
                .into_iter()
                .map(|user| (user.id, user.login))
                .collect())
        })
    }

    /// One page of the users the caller sees.
    pub fn users<'a>(&'a self, query: &'a Query<UserField>) -> Pending<'a, Page<User>> {
        Box::pin(async move {
            let query = query.clone();
            let scopes = self
                .caller
                .scopes(query.seen_by.unwrap_or(Permission::ReadUsers));
            let everybody = scopes.contains(&Scope::All) && self.caller.organisation.is_none();
            let bounded = query.search.is_none()
                && (everybody || user_lists::ranged(&query))
                && user_lists::indexed(&query)
                && !query.total
                && query.limit <= 1_000
                && !matches!(query.from, Position::Offset(offset) if offset > 1_000)
                && cheap(&query.predicate);
            let single = bounded && everybody && query.predicate == Predicate::All;
            let list = async move |work: &mut Work<'_>| page(work, &query).await;
            if single {
                self.read_single(Operation::ListUsers, list).await
            } else if bounded {
                self.read(Operation::ListUsers, list).await
            } else {
                self.read_slow(Operation::ListUsers, list).await
            }
        })
    }

    /// How many users match, without their rows.
    pub fn count_users<'a>(&'a self, query: &'a Query<UserField>) -> Pending<'a, u64> {
        Box::pin(async move {
            let query = Query {
                limit: 0,
                total: true,
                ..query.clone()
            };
            Ok(self.users(&query).await?.total.unwrap_or(0))
        })
    }

    /// How many users match, by the organisation they are at home in.
    pub fn count_users_by_home<'a>(
        &'a self,
        query: &'a Query<UserField>,
    ) -> Pending<'a, Vec<(OrganisationId, u64)>> {
        Box::pin(async move {
            let query = query.clone();
            let count = async move |work: &mut Work<'_>| {
                let scopes = work.scopes_of(query.seen_by.unwrap_or(Permission::ReadUsers));
                let limit = work.limit();
                let plan = Plan::of(&mut work.tx, &query, &scopes, limit).await?;
                let sql = plan.homes_sql(work.now)?;
                let values = sql.vals();
                let rows = work.tx.all(&sql.text, &values, |row| {
                    let count = u64::try_from(row.int(1)?).unwrap_or(0);
                    Ok((OrganisationId(row.int(0)?), count))
                });
                Ok(rows.await?)
            };
            self.read_slow(Operation::ListUsers, count).await
        })
    }

    /// Everybody that a query matches, a chunk of so many at a time; its limit and start do not count. Each chunk is a
    /// transaction of its own under the rights of its time, so that a long list holds up nobody, and
    /// needs no more memory than one chunk.
    #[must_use]
    pub fn user_chunks(&self, query: &Query<UserField>, size: u32) -> UserChunks {
        let query = Query {
            limit: size.max(1),
            total: false,
            from: Position::Start,
            ..query.clone()
        };
        UserChunks {
            handle: self.clone(),
            next: Some(query),
        }
    }
}

/// A list of users that is read a chunk at a time.
#[derive(Debug)]
pub struct UserChunks {
    handle: Handle,
    /// What is read next; `None` after the last chunk.
    next: Option<Query<UserField>>,
}

impl UserChunks {
    /// The next chunk, never empty; `None` after the last.
    pub fn next_chunk(&mut self) -> Pending<'_, Option<Vec<User>>> {
        Box::pin(async move {
            let Some(query) = self.next.take() else {
                return Ok(None);
            };
            let asked = query.clone();
            let read = async move |work: &mut Work<'_>| page(work, &asked).await;
            let page = self.handle.read_again(Operation::ListUsers, read).await?;
            self.next = page.next.map(|cursor| Query {
                from: Position::After(cursor),
                ..query
            });
            Ok((!page.items.is_empty()).then_some(page.items))
        })
    }
}

/// Whether a predicate is answered from an index or row by row without sub-selects that may be large.
fn cheap(predicate: &Predicate<UserField>) -> bool {
    match predicate {
        Predicate::All | Predicate::Nothing => true,
        Predicate::Is(
            UserField::Id
            | UserField::Uuid
            | UserField::Alias
            | UserField::Email
            | UserField::Login
            | UserField::Home
            | UserField::HomeSubtree
            | UserField::Organisation,
            test,
        ) => {
            matches!(test, Test::Equals(_) | Test::OneOf(_))
        }
        Predicate::And(all) => all.iter().any(cheap),
        _ => false,
    }
}

/// One page of users, in a transaction.
pub(crate) async fn page(work: &mut Work<'_>, query: &Query<UserField>) -> Outcome<Page<User>> {
    // Before the plan looks for each text of the query.
    limits::check_query(query)?;
    let permission = query.seen_by.unwrap_or(Permission::ReadUsers);
    let scopes = work.scopes_of(permission);
    let limit = work.limit();
    let plan = Plan::of(&mut work.tx, query, &scopes, limit).await?;
    let total = if query.total && plan.everybody() {
        Some(users::population(&mut work.tx).await?)
    } else if query.total {
        let sql = plan.count_sql(work.now)?;
        work.tx
            .one(&sql.text, &sql.vals(), |row| row.int(0))
            .await?
    } else {
        None
    };
    let total = total.map(|total| u64::try_from(total).unwrap_or(0));
    if query.limit == 0 {
        return Ok(Page::of_total(total));
    }
    let (sql, text) = plan.page_sql(work.now)?;
    let rows = user_lists::page(&mut work.tx, &sql, text).await?;
    Ok(paging::page(rows, query, total))
}
