//! Records: a dialect's own things. Own ones are private; shared ones are made and changed by whoever
//! manages records, and read by whom the dialect says.

use std::net::IpAddr;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{
    Fault, Kind, NewRecord, NewUser, OrganisationId, Page, Permission, Platform, Query, Record,
    RecordChange, RecordField, RecordId, RecordRef, Scope, User, UserId,
};
use crate::operations::users::create::create as create_user;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules;
use crate::store::select::Sql;
use crate::store::{organisations, pages, records, settings};

/// The most records of one kind that somebody may own.
const MOST_OWNED: i64 = 10_000;
/// The most records of one kind that people may file without signing in.
const MOST_FILED: i64 = 10_000;
/// When to come back after that, in milliseconds.
const FULL_FOR: i64 = 3_600_000;

impl Handle {
    /// One page of the dialect's records of a kind: one's own, and the shared ones within the reach of
    /// `query.seen_by`. By default that is managing records; `SignedIn` shows shared ones to everybody.
    pub fn records<'a>(
        &'a self,
        kind: &'a str,
        query: &'a Query<RecordField>,
    ) -> Pending<'a, Page<Record>> {
        Box::pin(async move {
            let (query, kind) = (query.clone(), kind.to_owned());
            let quick = query.search.is_none() && !query.total && query.limit <= 1_000;
            let list = async move |work: &mut Work<'_>| {
                let (platform, user, now) = (work.caller.platform, work.caller.user, work.now);
                let reading = Reading::of(work, query.seen_by);
                let narrow = |sql: &mut Sql| {
                    records::narrow(sql, platform.word(), &kind, user, reading.shared());
                };
                // What shows is decided by `narrow`, which knows about own records.
                let all = [Scope::All];
                let statements =
                    pages::compile::<records::Records>(&query, narrow, &all, None, now)?;
                Ok(pages::run::<records::Records>(&mut work.tx, &statements).await?)
            };
            if quick {
                self.read(Operation::ReadRecords, list).await
            } else {
                self.read_slow(Operation::ReadRecords, list).await
            }
        })
    }

    /// One record of the dialect's: one's own, or a shared one within the reach of `seen_by`, as with
    /// [`Handle::records`].
    pub fn record<'a>(
        &'a self,
        kind: &'a str,
        which: RecordRef,
        seen_by: Option<Permission>,
    ) -> Pending<'a, Record> {
        Box::pin(async move {
            self.read(Operation::ReadRecords, async |work: &mut Work<'_>| {
                let platform = work.caller.platform.word();
                let found = records::find(&mut work.tx, platform, kind, which).await?;
                if let Some(record) = found {
                    let shown = match (record.owner, record.organisation) {
                        (Some(owner), _) => owner == work.caller.user,
                        (None, None) => Reading::of(work, seen_by).installation,
                        (None, Some(_)) => {
                            let reading = Reading::of(work, seen_by);
                            let seen = pages::seen_ids::<records::Records>(
                                &mut work.tx,
                                <records::Records as pages::Paged>::TABLES,
                                &[record.id.0],
                                &reading.scopes,
                                reading.limit,
                            )
                            .await?;
                            !seen.is_empty()
                        }
                    };
                    if shown {
                        return Ok(record);
                    }
                }
                Err(Fault::NotFound(Kind::Record).into())
            })
            .await
        })
    }

    /// Makes a record: one's own, or a shared one for whoever manages records there.
    pub fn create_record(&self, new: NewRecord) -> Pending<'_, Record> {
        Box::pin(async move {
            check(&new)?;
            let operation = match new.owner {
                Some(owner) if owner == self.caller.user => Operation::WriteOwnRecord,
                Some(_) => return Err(Fault::Forbidden(Permission::ManageRecords)),
                None => Operation::WriteSharedRecord,
            };
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(operation, async move |work: &mut Work<'_>| {
                if new.owner.is_none() {
                    require_place(work, new.organisation).await?;
                }
                create(work, &new, uuid).await
            })
            .await
        })
    }

    /// Changes a record: one's own, or a shared one where one manages records.
    pub fn update_record<'a>(
        &'a self,
        kind: &'a str,
        which: RecordRef,
        change: RecordChange,
    ) -> Pending<'a, Record> {
        Box::pin(async move {
            if let Some(content) = &change.content {
                super::extensions::check(content)?;
            }
            let kind = kind.to_owned();
            self.write(
                Operation::WriteOwnRecord,
                async move |work: &mut Work<'_>| update(work, &kind, which, &change).await,
            )
            .await
        })
    }

    /// Deletes a record: one's own, or a shared one where one manages records. What stands behind it
    /// in its owner's list moves up.
    pub fn delete_record<'a>(&'a self, kind: &'a str, which: RecordRef) -> Pending<'a, Record> {
        Box::pin(async move {
            let kind = kind.to_owned();
            self.write(
                Operation::WriteOwnRecord,
                async move |work: &mut Work<'_>| delete(work, &kind, which).await,
            )
            .await
        })
    }

    /// Makes the user that a record asks for and deletes the record, in one transaction: a record becomes one
    /// user, however many requests take it at once, and is still there when no user is made.
    pub fn create_user_from_record<'a>(
        &'a self,
        new: NewUser,
        kind: &'a str,
        which: RecordRef,
    ) -> Pending<'a, User> {
        Box::pin(async move {
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let kind = kind.to_owned();
            self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                delete(work, &kind, which).await?;
                create_user(work, &new, uuid, prepared.as_ref()).await
            })
            .await
        })
    }
}

impl Directory {
    /// Makes a shared record for somebody who has not signed in (a registration). There is room for a
    /// bounded number of a kind, and of those of one address for a while; beyond it the door says to come
    /// back.
    pub fn file_record(
        &self,
        platform: Platform,
        new: NewRecord,
        address: Option<IpAddr>,
    ) -> Pending<'_, Record> {
        Box::pin(async move {
            self.0.filings.check(address, self.0.elapsed())?;
            self.0.filings.count(address, self.0.elapsed());
            check(&new)?;
            if new.owner.is_some() {
                return Err(Fault::invalid("owner", "must not be set"));
            }
            let uuid = new.uuid.unwrap_or_else(|| self.0.seams.random_uuid());
            let handle = self.act(&self.system(platform));
            handle
                .write(
                    Operation::WriteSharedRecord,
                    async move |work: &mut Work<'_>| {
                        if let Some(organisation) = new.organisation
                            && organisations::by_id(&mut work.tx, organisation)
                                .await?
                                .is_none()
                        {
                            return Err(Fault::UnknownReference(Kind::Organisation).into());
                        }
                        let word = platform.word();
                        if records::is_full(&mut work.tx, word, &new.kind, MOST_FILED).await? {
                            return Err(Fault::TooMany {
                                retry_after: FULL_FOR,
                            }
                            .into());
                        }
                        create(work, &new, uuid).await
                    },
                )
                .await
        })
    }
}

/// Which shared records a caller reads.
struct Reading {
    scopes: Vec<Scope>,
    installation: bool,
    limit: Option<i64>,
}

impl Reading {
    fn of(work: &Work<'_>, seen_by: Option<Permission>) -> Self {
        let permission = seen_by.unwrap_or(Permission::ManageRecords);
        let limit = work.limit();
        if permission == Permission::SignedIn {
            return Self {
                scopes: work.reading(Permission::ReadOrganisations),
                installation: true,
                limit,
            };
        }
        // A permission about oneself alone shows nothing that is shared with an organisation.
        let mut scopes = work.scopes_of(permission);
        scopes.retain(|scope| !matches!(scope, Scope::Own(_)));
        let installation = limit.is_none() && scopes.contains(&Scope::All);
        Self {
            scopes,
            installation,
            limit,
        }
    }

    fn shared(&self) -> records::Shared<'_> {
        records::Shared {
            scopes: &self.scopes,
            installation: self.installation,
            limit: self.limit,
        }
    }
}

fn check(new: &NewRecord) -> Result<(), Fault> {
    if new.kind.is_empty() {
        return Err(Fault::invalid("kind", "must not be empty"));
    }
    rules::check_text("kind", &new.kind, 100, false)?;
    super::extensions::check(&new.content)
}

/// Shared records of no organisation are managed by those who manage records everywhere.
async fn require_place(work: &mut Work<'_>, organisation: Option<OrganisationId>) -> Outcome<()> {
    if let Some(organisation) = organisation {
        work.require_named_organisation(organisation).await?;
    }
    let permission = Permission::ManageRecords;
    let reaches = match organisation {
        Some(place) => work.reaches_organisation(permission, place).await?,
        None => work.reaches_everywhere(permission),
    };
    if reaches {
        Ok(())
    } else {
        Err(Fault::Forbidden(Permission::ManageRecords).into())
    }
}

/// One's own record, or a shared one within the reach of managing records; others are not found.
async fn changeable(work: &mut Work<'_>, kind: &str, which: RecordRef) -> Outcome<Record> {
    let platform = work.caller.platform.word();
    let missing = Fault::NotFound(Kind::Record);
    let record = records::find(&mut work.tx, platform, kind, which)
        .await?
        .ok_or_else(|| missing.clone())?;
    let mine = match record.owner {
        Some(owner) => owner == work.caller.user,
        None => require_place(work, record.organisation).await.is_ok(),
    };
    if mine {
        Ok(record)
    } else {
        Err(missing.into())
    }
}

async fn create(work: &mut Work<'_>, new: &NewRecord, uuid: uuid::Uuid) -> Outcome<Record> {
    let platform = work.caller.platform.word();
    let position = match new.owner {
        Some(owner) => make_room(work, &new.kind, owner, new.position).await?,
        None => new.position.unwrap_or(0),
    };
    let counter = format!("records.{platform}.{}", new.kind);
    let number = settings::next_number(&mut work.tx, &counter, 1).await?;
    let now = work.now;
    let mut record = Record {
        id: RecordId(0),
        uuid,
        kind: new.kind.clone(),
        number,
        owner: new.owner,
        organisation: new.organisation,
        position,
        document: new.content.document.clone(),
        version: 1,
        created_at: now,
        created_by: work.actor(),
        updated_at: now,
    };
    record.id = records::insert(&mut work.tx, platform, &record, &new.content.terms)
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    tell(work, "record.created", &record).await?;
    Ok(record)
}

async fn delete(work: &mut Work<'_>, kind: &str, which: RecordRef) -> Outcome<Record> {
    let record = changeable(work, kind, which).await?;
    let platform = work.caller.platform.word();
    records::delete(&mut work.tx, record.id).await?;
    if let Some(owner) = record.owner {
        let behind = record.position + 1;
        let tx = &mut work.tx;
        records::shift(tx, platform, kind, owner, behind, i64::MAX, -1).await?;
    }
    tell(work, "record.deleted", &record).await?;
    Ok(record)
}

/// A place in an owner's list, from 1 to one behind the last; what stands there moves down.
async fn make_room(
    work: &mut Work<'_>,
    kind: &str,
    owner: UserId,
    wanted: Option<i64>,
) -> Outcome<i64> {
    let platform = work.caller.platform.word();
    let count = records::owned(&mut work.tx, platform, kind, owner).await?;
    if count >= MOST_OWNED {
        let why = format!("are {MOST_OWNED} already");
        return Err(Fault::invalid("records", why).into());
    }
    let place = wanted.unwrap_or(count + 1).clamp(1, count + 1);
    if place <= count {
        records::shift(&mut work.tx, platform, kind, owner, place, count, 1).await?;
    }
    Ok(place)
}

async fn update(
    work: &mut Work<'_>,
    kind: &str,
    which: RecordRef,
    change: &RecordChange,
) -> Outcome<Record> {
    let old = changeable(work, kind, which).await?;
    if change
        .if_version
        .is_some_and(|version| version != old.version)
    {
        return Err(Fault::Stale.into());
    }
    let platform = work.caller.platform.word();
    let mut new = old.clone();
    if let Some(content) = &change.content {
        new.document.clone_from(&content.document);
    }
    let from = change.position.unwrap_or(old.position);
    let wanted = match change.move_by {
        Some(places) => Some(from.saturating_add(places)),
        None => change.position,
    };
    if let Some(wanted) = wanted {
        new.position = match old.owner {
            None => wanted,
            Some(owner) => {
                let count = records::owned(&mut work.tx, platform, kind, owner).await?;
                let (place, from) = (wanted.clamp(1, count), old.position);
                let (first, last, by) = if place < from {
                    (place, from - 1, 1)
                } else {
                    (from + 1, place, -1)
                };
                records::shift(&mut work.tx, platform, kind, owner, first, last, by).await?;
                place
            }
        };
    }
    if new == old && change.content.is_none() {
        return Ok(old);
    }
    new.updated_at = work.now;
    let actor = work.actor();
    records::update(&mut work.tx, platform, &new, change.content.as_ref(), actor).await?;
    new.version += 1;
    tell(work, "record.changed", &new).await?;
    Ok(new)
}

async fn tell(work: &mut Work<'_>, verb: &str, record: &Record) -> Outcome<()> {
    let about = About {
        entity: Kind::Record.word(),
        id: Some(record.id.0),
        name: Some(&record.kind),
        organisation: record
            .organisation
            .or(record.owner.map(|_| work.caller.home)),
        subject: record.owner.map(|user| user.0),
    };
    // The document may hold what no trail should: only which record it was is told.
    let detail = json!({ "kind": record.kind, "number": record.number });
    work.event(verb, about, Some(detail)).await
}
