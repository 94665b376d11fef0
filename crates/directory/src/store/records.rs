//! Dialects' own records in SQL.

use crate::model::{
    NewExtension, OrganisationId, Record, RecordField, RecordId, RecordRef, Scope, Time, UserId,
};

use super::pages::{self, Paged};
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, StoreError, Tx};

/// The records as a list.
pub(crate) struct Records;

impl Listed for Records {
    type Field = RecordField;
    const ID: &'static str = "d.id";
    const SEARCH: &'static str = "LOWER(d.document)";

    fn column(field: &RecordField) -> Column {
        match field {
            RecordField::Number => Column::Int("d.number"),
            RecordField::Uuid => Column::Text("d.uuid", Folding::Exact),
            RecordField::Owner => Column::Int("d.owner_id"),
            RecordField::Organisation => Column::Int("d.organisation_id"),
            RecordField::Position => Column::Int("d.position"),
            RecordField::CreatedAt => Column::Int("d.created_at"),
            RecordField::UpdatedAt => Column::Int("d.updated_at"),
            RecordField::Term(platform, name) => {
                super::extensions::term_column("d.id", "record", *platform, name)
            }
        }
    }
}

impl Visible for Records {
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            Scope::Own(user) => {
                sql.push("d.organisation_id IN (SELECT s.organisation_id FROM memberships s WHERE s.user_id = ");
                sql.bind(Bound::Int(user.0)).push(")");
            }
            Scope::Users { .. } | Scope::Groups { .. } => drop(sql.push("1 = 0")),
            Scope::Organisation(organisation) => {
                sql.push("d.organisation_id = ")
                    .bind(Bound::Int(organisation.0));
            }
            Scope::Subtree(organisation) => {
                sql.push(
                    "d.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ",
                );
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
        }
    }
}

impl Paged for Records {
    type Item = Record;
    const COLUMNS: &'static str = "d.id, d.uuid, d.kind, d.number, d.owner_id, d.organisation_id, d.position, d.document, \
         d.version, d.created_at, d.created_by, d.updated_at";
    const AFTER: usize = 12;
    const TABLES: &'static str = " FROM records d";

    fn read(row: &Row<'_>) -> Res<Record> {
        Ok(Record {
            id: RecordId(row.int(0)?),
            uuid: super::users::uuid(row.text(1)?)?,
            kind: row.string(2)?,
            number: row.int(3)?,
            owner: row.opt_int(4)?.map(UserId),
            organisation: row.opt_int(5)?.map(OrganisationId),
            position: row.int(6)?,
            document: serde_json::from_str(row.text(7)?)
                .map_err(|error| StoreError::Bug(format!("stored record: {error}")))?,
            version: row.int(8)?,
            created_at: Time(row.int(9)?),
            created_by: row.opt_int(10)?.map(UserId),
            updated_at: Time(row.int(11)?),
        })
    }

    fn id(record: &Record) -> i64 {
        record.id.0
    }
}

/// Which shared records show beside one's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared<'a> {
    /// Those of organisations within these scopes.
    pub scopes: &'a [Scope],
    /// Those of no organisation.
    pub installation: bool,
    /// The organisation a token is limited to.
    pub limit: Option<i64>,
}

/// Narrows to a platform's records of a kind: one's own and the shared ones that show.
pub(crate) fn narrow(sql: &mut Sql, platform: &str, kind: &str, own: UserId, shared: Shared<'_>) {
    sql.push(" AND d.platform = ")
        .bind(Bound::Text(platform.to_owned()));
    sql.push(" AND d.kind = ")
        .bind(Bound::Text(kind.to_owned()));
    sql.push(" AND (d.owner_id = ").bind(Bound::Int(own.0));
    sql.push(" OR (d.owner_id IS NULL AND ((d.organisation_id IS NOT NULL");
    super::select::push_scopes::<Records>(sql, shared.scopes, shared.limit);
    sql.push(")");
    if shared.installation {
        sql.push(" OR d.organisation_id IS NULL");
    }
    sql.push(")))");
}

/// The record of that number or UUID among a platform's of a kind, whoever may see it.
pub(crate) async fn find(
    tx: &mut Tx<'_>,
    platform: &str,
    kind: &str,
    which: RecordRef,
) -> Res<Option<Record>> {
    match which {
        RecordRef::Number(number) => {
            let condition = "d.platform = $1 AND d.kind = $2 AND d.number = $3";
            let values = [platform.into(), kind.into(), number.into()];
            pages::one_where::<Records>(tx, condition, &values).await
        }
        RecordRef::Uuid(uuid) => {
            let uuid = uuid.to_string();
            let condition = "d.platform = $1 AND d.kind = $2 AND d.uuid = $3";
            let values = [platform.into(), kind.into(), (&uuid).into()];
            pages::one_where::<Records>(tx, condition, &values).await
        }
    }
}

/// Inserts a record with its terms; `None` when its UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    platform: &str,
    record: &Record,
    terms: &[(String, String)],
) -> Res<Option<RecordId>> {
    let (uuid, document) = (record.uuid.to_string(), record.document.to_string());
    let id = tx
        .one(
            "INSERT INTO records (uuid, platform, kind, number, owner_id, organisation_id, position, document, version, \
             created_at, created_by, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $9, $10) \
             ON CONFLICT DO NOTHING RETURNING id",
            &[
                (&uuid).into(), platform.into(), (&record.kind).into(), record.number.into(),
                record.owner.map(|user| user.0).into(), record.organisation.map(|one| one.0).into(),
                record.position.into(), (&document).into(), record.created_at.0.into(),
                record.created_by.map(|user| user.0).into(),
            ],
            |row| Ok(RecordId(row.int(0)?)),
        )
        .await?;
    if let Some(id) = id {
        let entity = crate::model::Extended::Record;
        super::extensions::put_terms(tx, entity, id.0, platform, terms).await?;
    }
    Ok(id)
}

/// Writes what a change may touch.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    platform: &str,
    record: &Record,
    content: Option<&NewExtension>,
    actor: Option<UserId>,
) -> Res<()> {
    tx.exec(
        "UPDATE records SET position = $2, document = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE id = $1",
        &[
            record.id.0.into(), record.position.into(), (&record.document.to_string()).into(),
            record.updated_at.0.into(), actor.map(|user| user.0).into(),
        ],
    )
    .await?;
    if let Some(content) = content {
        let entity = crate::model::Extended::Record;
        super::extensions::put_terms(tx, entity, record.id.0, platform, &content.terms).await?;
    }
    Ok(())
}

/// Deletes a record with its terms.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: RecordId) -> Res<()> {
    for sql in [
        "DELETE FROM terms WHERE entity = 'record' AND entity_id = $1",
        "DELETE FROM records WHERE id = $1",
    ] {
        tx.exec(sql, &[id.0.into()]).await?;
    }
    Ok(())
}

/// How many records of a kind somebody owns.
pub(crate) async fn owned(tx: &mut Tx<'_>, platform: &str, kind: &str, owner: UserId) -> Res<i64> {
    let count = tx
        .one(
            "SELECT COUNT(*) FROM records WHERE platform = $1 AND kind = $2 AND owner_id = $3",
            &[platform.into(), kind.into(), owner.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Whether there are that many records of a kind that nobody owns.
pub(crate) async fn is_full(tx: &mut Tx<'_>, platform: &str, kind: &str, most: i64) -> Res<bool> {
    let count = tx
        .one(
            "SELECT COUNT(*) FROM records WHERE platform = $1 AND kind = $2 AND owner_id IS NULL",
            &[platform.into(), kind.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(count.unwrap_or(0) >= most)
}

/// Moves the places from `first` to `last` in an owner's list by one, up or down.
pub(crate) async fn shift(
    tx: &mut Tx<'_>,
    platform: &str,
    kind: &str,
    owner: UserId,
    first: i64,
    last: i64,
    by: i64,
) -> Res<()> {
    tx.exec(
        "UPDATE records SET position = position + $6 WHERE platform = $1 AND kind = $2 AND owner_id = $3 AND position >= $4 \
         AND position <= $5",
        &[
            platform.into(), kind.into(), owner.0.into(), first.into(), last.into(), by.into(),
        ],
    )
    .await?;
    Ok(())
}
