//! Collections of organisations in SQL.

use crate::model::{
    Collection, CollectionField, CollectionId, OrganisationId, Scope, Time, UserId,
};

use super::columns::columns;
use super::pages::Paged;
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, Tx};

columns! {
    fn read(COLUMNS, AFTER) -> Collection {
        id: c.id int,
        uuid: c.uuid text,
        organisation: c.organisation_id int,
        name: c.name string,
        description: c.description opt_string,
        version: c.version int,
        created_at: c.created_at int,
        updated_at: c.updated_at int,
    }
    Collection {
        id: CollectionId(id),
        uuid: super::users::uuid(uuid)?,
        organisation: OrganisationId(organisation),
        name,
        description,
        version,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}

/// The collection of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: CollectionId) -> Res<Option<Collection>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(" FROM collections c WHERE c.id = $1")
    });
    tx.one(&sql, &[id.0.into()], read).await
}

/// The collection of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: uuid::Uuid) -> Res<Option<Collection>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(" FROM collections c WHERE c.uuid = $1")
    });
    tx.one(&sql, &[(&uuid.to_string()).into()], read).await
}

/// All collections, by name.
pub(crate) async fn list(tx: &mut Tx<'_>) -> Res<Vec<Collection>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(" FROM collections c ORDER BY c.name_key, c.id")
    });
    tx.all(&sql, &[], read).await
}

/// The collections as a list.
pub(crate) struct Collections;

impl Listed for Collections {
    type Field = CollectionField;
    const ID: &'static str = "c.id";
    const SEARCH: &'static str = "c.name_key";

    fn column(field: &CollectionField) -> Column {
        match field {
            CollectionField::Id => Column::Int("c.id"),
            CollectionField::Uuid => Column::Text("c.uuid", Folding::Exact),
            CollectionField::Name => Column::Text("c.name_key", Folding::Unique),
            CollectionField::Organisation => Column::Int("c.organisation_id"),
            CollectionField::CreatedAt => Column::Int("c.created_at"),
            CollectionField::UpdatedAt => Column::Int("c.updated_at"),
        }
    }
}

impl Visible for Collections {
    /// Collections are seen like the organisations they belong to.
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            Scope::Own(user) => {
                sql.push("c.organisation_id IN (SELECT s.organisation_id FROM memberships s WHERE s.user_id = ");
                sql.bind(Bound::Int(user.0)).push(")");
            }
            Scope::Users { .. } | Scope::Groups { .. } => drop(sql.push("1 = 0")),
            Scope::Organisation(organisation) => {
                sql.push("c.organisation_id = ")
                    .bind(Bound::Int(organisation.0));
            }
            Scope::Subtree(organisation) => {
                sql.push("c.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ");
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
        }
    }
}

impl Paged for Collections {
    type Item = Collection;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = AFTER;
    const TABLES: &'static str = " FROM collections c";

    fn read(row: &Row<'_>) -> Res<Collection> {
        read(row)
    }

    fn id(collection: &Collection) -> i64 {
        collection.id.0
    }
}

/// Inserts a collection; `None` when its UUID or its name in the organisation is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    collection: &Collection,
    actor: Option<UserId>,
) -> Res<Option<CollectionId>> {
    tx.one(
        "INSERT INTO collections (uuid, organisation_id, name, name_key, description, version, created_at, created_by, \
         updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&collection.uuid.to_string()).into(), collection.organisation.0.into(), (&collection.name).into(),
            (&crate::rules::fold(&collection.name)).into(), (&collection.description).into(),
            collection.created_at.0.into(), actor.map(|user| user.0).into(),
        ],
        |row| Ok(CollectionId(row.int(0)?)),
    )
    .await
}

/// Renames a collection; false when the name is taken in its organisation.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    collection: &Collection,
    actor: Option<UserId>,
) -> Res<bool> {
    let key = crate::rules::fold(&collection.name);
    let taken = tx
        .one(
            "SELECT 1 FROM collections WHERE organisation_id = $1 AND name_key = $2 AND id <> $3",
            &[
                collection.organisation.0.into(),
                (&key).into(),
                collection.id.0.into(),
            ],
            |row| row.int(0),
        )
        .await?;
    if taken.is_some() {
        return Ok(false);
    }
    tx.exec(
        "UPDATE collections SET name = $2, name_key = $3, description = $4, version = version + 1, updated_at = $5, \
         updated_by = $6 WHERE id = $1",
        &[
            collection.id.0.into(), (&collection.name).into(), (&key).into(), (&collection.description).into(),
            collection.updated_at.0.into(), actor.map(|user| user.0).into(),
        ],
    )
    .await?;
    Ok(true)
}

/// Deletes a collection with the group roles that reach through it.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: CollectionId) -> Res<()> {
    for sql in [
        "DELETE FROM group_roles WHERE scope = 'collection' AND scope_id = $1",
        "DELETE FROM collection_organisations WHERE collection_id = $1",
        "DELETE FROM collections WHERE id = $1",
    ] {
        tx.exec(sql, &[id.0.into()]).await?;
    }
    Ok(())
}

/// The organisations in those collections.
pub(crate) async fn organisations(
    tx: &mut Tx<'_>,
    collections: &[CollectionId],
) -> Res<Vec<(CollectionId, OrganisationId)>> {
    let mut pairs = Vec::new();
    for chunk in collections.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT collection_id, organisation_id FROM collection_organisations WHERE collection_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY collection_id, organisation_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((CollectionId(row.int(0)?), OrganisationId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(pairs)
}

/// Puts an organisation into a collection; false when it is in it.
pub(crate) async fn put_organisation(
    tx: &mut Tx<'_>,
    collection: CollectionId,
    organisation: OrganisationId,
) -> Res<bool> {
    let changed = tx
        .exec(
            "INSERT INTO collection_organisations (collection_id, organisation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[collection.0.into(), organisation.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Takes an organisation out of a collection; false when it is not in it.
pub(crate) async fn delete_organisation(
    tx: &mut Tx<'_>,
    collection: CollectionId,
    organisation: OrganisationId,
) -> Res<bool> {
    let changed = tx
        .exec(
            "DELETE FROM collection_organisations WHERE collection_id = $1 AND organisation_id = $2",
            &[collection.0.into(), organisation.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// The roles that groups bring through a collection.
pub(crate) async fn roles_through(
    tx: &mut Tx<'_>,
    collection: CollectionId,
) -> Res<Vec<crate::model::RoleId>> {
    tx.all(
        "SELECT DISTINCT role_id FROM group_roles WHERE scope = 'collection' AND scope_id = $1",
        &[collection.0.into()],
        |row| Ok(crate::model::RoleId(row.int(0)?)),
    )
    .await
}
