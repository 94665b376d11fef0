//! Organisations, their tree and memberships in SQL.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::{Organisation, OrganisationField, OrganisationId, Scope, Time, UserId};

use super::columns::columns;
pub(crate) use super::memberships::{
    administrators, delete_membership, memberships, put_membership,
};
use super::pages::Paged;
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{AccessChange, Res, Row, StoreError, Tx};

pub(crate) const TABLES: &str = " FROM organisations o";

/// The organisations as a list.
pub(crate) struct Organisations;

impl Listed for Organisations {
    type Field = OrganisationField;
    const ID: &'static str = "o.id";
    const SEARCH: &'static str = "o.search";

    fn column(field: &OrganisationField) -> Column {
        match field {
            OrganisationField::Id => Column::Int("o.id"),
            OrganisationField::Uuid => Column::Text("o.uuid", Folding::Exact),
            OrganisationField::Name => Column::Text("o.name_key", Folding::Unique),
            OrganisationField::Slug => Column::Text("o.slug", Folding::Exact),
            OrganisationField::Description => Column::Text("o.description", Folding::Lower),
            OrganisationField::Kind => Column::Text("o.kind", Folding::Lower),
            OrganisationField::Sector => Column::Text("o.sector", Folding::Lower),
            OrganisationField::Nationality => Column::Text("o.nationality", Folding::Lower),
            OrganisationField::Contacts => Column::Text("o.contacts", Folding::Lower),
            OrganisationField::Domains => Column::Text("o.domains", Folding::Lower),
            OrganisationField::Local => Column::Flag("o.local"),
            OrganisationField::Parent => Column::Int("o.parent_id"),
            OrganisationField::Ancestor => Column::Related {
                id: "o.id",
                selects: vec!["SELECT x.descendant_id FROM organisation_tree x WHERE "],
                inner: Box::new(Column::Int("x.ancestor_id")),
                bound: Vec::new(),
                value: None,
            },
            OrganisationField::CreatedAt => Column::Int("o.created_at"),
            OrganisationField::UpdatedAt => Column::Int("o.updated_at"),
            OrganisationField::Term(platform, name) => {
                super::extensions::term_column("o.id", "organisation", *platform, name)
            }
        }
    }
}

impl Visible for Organisations {
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            // Who may read organisations only for themselves sees the ones they belong to.
            Scope::Own(user) => {
                sql.push("o.id IN (SELECT s.organisation_id FROM memberships s WHERE s.user_id = ");
                sql.bind(Bound::Int(user.0)).push(")");
            }
            Scope::Users { .. } | Scope::Groups { .. } => drop(sql.push("1 = 0")),
            Scope::Organisation(organisation) => {
                sql.push("o.id = ").bind(Bound::Int(organisation.0));
            }
            Scope::Subtree(organisation) => {
                sql.push("o.id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ");
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
        }
    }
}

impl Paged for Organisations {
    type Item = Organisation;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = AFTER;
    const TABLES: &'static str = TABLES;

    fn read(row: &Row<'_>) -> Res<Organisation> {
        read_organisation(row)
    }

    fn id(organisation: &Organisation) -> i64 {
        organisation.id.0
    }
}

columns! {
    /// Reads an organisation's columns.
    pub(crate) fn read_organisation(COLUMNS, AFTER) -> Organisation {
        id: o.id int,
        uuid: o.uuid text,
        parent: o.parent_id opt_int,
        name: o.name string,
        slug: o.slug string,
        description: o.description opt_string,
        kind: o.kind opt_string,
        sector: o.sector opt_string,
        nationality: o.nationality opt_string,
        contacts: o.contacts opt_string,
        local: o.local flag,
        domains: o.domains text,
        version: o.version int,
        created_at: o.created_at int,
        created_by: o.created_by opt_int,
        updated_at: o.updated_at int,
        updated_by: o.updated_by opt_int,
        second_factor_required: o.second_factor_required flag,
    }
    Organisation {
        id: OrganisationId(id),
        uuid: super::users::uuid(uuid)?,
        parent: parent.map(OrganisationId),
        name,
        slug,
        description,
        kind,
        sector,
        nationality,
        contacts,
        local,
        domains: serde_json::from_str(domains)
            .map_err(|error| StoreError::Bug(format!("stored domains: {error}")))?,
        version,
        created_at: Time(created_at),
        created_by: created_by.map(UserId),
        updated_at: Time(updated_at),
        updated_by: updated_by.map(UserId),
        second_factor_required,
    }
}

/// The organisation of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: OrganisationId) -> Res<Option<Organisation>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE o.id = $1")
        })
    });
    tx.one(&SQL, &[id.0.into()], read_organisation).await
}

/// The organisation of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: Uuid) -> Res<Option<Organisation>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE o.uuid = $1")
        })
    });
    tx.one(&SQL, &[(&uuid.to_string()).into()], read_organisation)
        .await
}

/// The organisation of that name, folded.
pub(crate) async fn by_name(tx: &mut Tx<'_>, folded: &str) -> Res<Option<Organisation>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE o.name_key = $1")
        })
    });
    tx.one(&SQL, &[folded.into()], read_organisation).await
}

/// Those of the organisations that the scopes show: one statement for up to 500.
pub(crate) async fn seen_of(
    tx: &mut Tx<'_>,
    ids: &[OrganisationId],
    scopes: &[Scope],
    limit: Option<i64>,
) -> Res<Vec<Organisation>> {
    let mut organisations = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(TABLES)
            .push(" WHERE o.id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        super::select::push_scopes::<Organisations>(&mut sql, scopes, limit);
        organisations.extend(tx.all(&sql.text, &sql.vals(), read_organisation).await?);
    }
    Ok(organisations)
}

/// The text that searches look into.
fn search_text(organisation: &Organisation) -> String {
    let mut texts = vec![organisation.name.as_str(), &organisation.slug];
    texts.extend(
        [
            &organisation.description,
            &organisation.nationality,
            &organisation.sector,
            &organisation.kind,
            &organisation.contacts,
        ]
        .into_iter()
        .filter_map(|text| text.as_deref()),
    );
    texts.extend(organisation.domains.iter().map(String::as_str));
    let uuid = organisation.uuid.to_string();
    texts.push(&uuid);
    texts
        .iter()
        .map(|text| crate::rules::fold_search(text))
        .collect::<Vec<_>>()
        .join("\n")
}

fn domains(organisation: &Organisation) -> String {
    serde_json::Value::from(organisation.domains.clone()).to_string()
}

/// Inserts an organisation and its place in the tree; `None` when the name, slug or UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    organisation: &Organisation,
) -> Res<Option<OrganisationId>> {
    let (uuid, domains, search) = (
        organisation.uuid.to_string(),
        domains(organisation),
        search_text(organisation),
    );
    let id = tx
        .one(
            "INSERT INTO organisations (uuid, parent_id, name, name_key, slug, description, kind, sector, nationality, \
             contacts, local, domains, search, version, created_at, created_by, updated_at, updated_by, second_factor_required) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $14, $15, $16) ON CONFLICT DO NOTHING RETURNING id",
            &[
                (&uuid).into(), organisation.parent.map(|p| p.0).into(), (&organisation.name).into(),
                (&crate::rules::fold(&organisation.name)).into(), (&organisation.slug).into(),
                (&organisation.description).into(), (&organisation.kind).into(), (&organisation.sector).into(),
                (&organisation.nationality).into(), (&organisation.contacts).into(), organisation.local.into(),
                (&domains).into(), (&search).into(), organisation.created_at.0.into(),
                organisation.created_by.map(|u| u.0).into(), organisation.second_factor_required.into(),
            ],
            |row| Ok(OrganisationId(row.int(0)?)),
        )
        .await?;
    if let Some(id) = id {
        tx.exec(
            "INSERT INTO organisation_tree (ancestor_id, descendant_id, depth) VALUES ($1, $1, 0)",
            &[id.0.into()],
        )
        .await?;
        if let Some(parent) = organisation.parent {
            attach_subtree(tx, id, parent).await?;
        }
    }
    Ok(id)
}

/// Hangs a subtree below a parent.
pub(crate) async fn attach_subtree(
    tx: &mut Tx<'_>,
    top: OrganisationId,
    parent: OrganisationId,
) -> Res<()> {
    tx.exec(
        "INSERT INTO organisation_tree (ancestor_id, descendant_id, depth) SELECT a.ancestor_id, d.descendant_id, \
         a.depth + d.depth + 1 FROM organisation_tree a CROSS JOIN organisation_tree d \
         WHERE a.descendant_id = $1 AND d.ancestor_id = $2",
        &[parent.0.into(), top.0.into()],
    )
    .await?;
    Ok(())
}

/// Takes a subtree off its ancestors.
pub(crate) async fn detach_subtree(tx: &mut Tx<'_>, top: OrganisationId) -> Res<()> {
    tx.exec(
        "DELETE FROM organisation_tree WHERE descendant_id IN (SELECT descendant_id FROM organisation_tree WHERE \
         ancestor_id = $1) AND ancestor_id IN (SELECT ancestor_id FROM organisation_tree WHERE descendant_id = $1 \
         AND ancestor_id <> $1)",
        &[top.0.into()],
    )
    .await?;
    Ok(())
}

/// Writes every column that a change may touch; false when the new name, slug or UUID is taken.
pub(crate) async fn update(tx: &mut Tx<'_>, organisation: &Organisation) -> Res<bool> {
    let (uuid, domains, search) = (
        organisation.uuid.to_string(),
        domains(organisation),
        search_text(organisation),
    );
    let name_key = crate::rules::fold(&organisation.name);
    let other = tx
        .one(
            "SELECT id FROM organisations WHERE id <> $1 AND (name_key = $2 OR slug = $3 OR uuid = $4)",
            &[organisation.id.0.into(), (&name_key).into(), (&organisation.slug).into(), (&uuid).into()],
            |row| row.int(0),
        )
        .await?;
    if other.is_some() {
        return Ok(false);
    }
    tx.exec(
        "UPDATE organisations SET uuid = $2, parent_id = $3, name = $4, name_key = $5, slug = $6, description = $7, \
         kind = $8, sector = $9, nationality = $10, contacts = $11, local = $12, domains = $13, search = $14, \
         version = version + 1, updated_at = $15, updated_by = $16, second_factor_required = $17 WHERE id = $1",
        &[
            organisation.id.0.into(), (&uuid).into(), organisation.parent.map(|p| p.0).into(),
            (&organisation.name).into(), (&name_key).into(), (&organisation.slug).into(),
            (&organisation.description).into(), (&organisation.kind).into(), (&organisation.sector).into(),
            (&organisation.nationality).into(), (&organisation.contacts).into(), organisation.local.into(),
            (&domains).into(), (&search).into(), organisation.updated_at.0.into(),
            organisation.updated_by.map(|u| u.0).into(), organisation.second_factor_required.into(),
        ],
    )
    .await?;
    Ok(true)
}

/// Which of name, slug and UUID somebody else has.
pub(crate) async fn clash(
    tx: &mut Tx<'_>,
    own: i64,
    name: &str,
    slug: &str,
    uuid: Uuid,
) -> Res<Option<&'static str>> {
    let (name, uuid) = (crate::rules::fold(name), uuid.to_string());
    tx.one(
        "SELECT CASE WHEN name_key = $2 THEN 0 WHEN uuid = $4 THEN 1 ELSE 2 END FROM organisations WHERE id <> $1 AND \
         (name_key = $2 OR slug = $3 OR uuid = $4) ORDER BY 1",
        &[own.into(), (&name).into(), slug.into(), (&uuid).into()],
        |row| row.int(0),
    )
    .await
    .map(|which| {
        which.map(|which| match which {
            0 => "name",
            1 => "uuid",
            _ => "slug",
        })
    })
}

/// Whether another organisation has the slug.
pub(crate) async fn slug_taken(tx: &mut Tx<'_>, slug: &str, own: i64) -> Res<bool> {
    let taken = tx
        .one(
            "SELECT id FROM organisations WHERE slug = $1 AND id <> $2",
            &[slug.into(), own.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(taken.is_some())
}

/// The organisations that lack a platform's built-in group, the root first.
pub(crate) async fn without_group(
    tx: &mut Tx<'_>,
    platform: &str,
    word: &str,
) -> Res<Vec<Organisation>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ").push(COLUMNS).push(TABLES);
            sql.push(
            " WHERE o.id NOT IN (SELECT g.organisation_id FROM groups g WHERE g.platform = $1 AND g.word = $2) ORDER BY o.id",
        )
        })
    });
    let values = [platform.into(), word.into()];
    tx.all(&SQL, &values, read_organisation).await
}

/// Whether people are homed there, or organisations or custom roles hang on it.
pub(crate) async fn in_use(tx: &mut Tx<'_>, id: OrganisationId) -> Res<bool> {
    let used = tx
        .one(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE home_id = $1) OR EXISTS (SELECT 1 FROM organisations \
             WHERE parent_id = $1) THEN 1 ELSE 0 END",
            &[id.0.into()],
            |row| row.flag(0),
        )
        .await?;
    Ok(used.unwrap_or(false))
}

/// Whether an organisation has others below it.
pub(crate) async fn has_children(tx: &mut Tx<'_>, id: OrganisationId) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM organisations WHERE parent_id = $1 LIMIT 1",
            &[id.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Deletes an organisation with all that belongs to it; nobody is homed there any more.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: OrganisationId) -> Res<()> {
    for sql in [
        "DELETE FROM grants WHERE organisation_id = $1",
        "DELETE FROM memberships WHERE organisation_id = $1",
        "DELETE FROM group_members WHERE group_id IN (SELECT id FROM groups WHERE organisation_id = $1)",
        "DELETE FROM grants WHERE role_id IN (SELECT id FROM roles WHERE organisation_id = $1)",
    ] {
        tx.exec_for(AccessChange::Everyone, sql, &[id.0.into()])
            .await?;
    }
    for sql in [
        "UPDATE users SET primary_group_id = NULL WHERE primary_group_id IN (SELECT id FROM groups WHERE organisation_id = $1)",
        "DELETE FROM grantable_groups WHERE organisation_id = $1 OR group_id IN (SELECT id FROM groups WHERE organisation_id = $1)",
        "DELETE FROM group_managers WHERE group_id IN (SELECT id FROM groups WHERE organisation_id = $1) OR (manager_kind = 'group' AND manager_id IN (SELECT id FROM groups WHERE organisation_id = $1))",
        "DELETE FROM group_roles WHERE (scope = 'organisation' AND scope_id = $1) OR group_id IN (SELECT id FROM groups WHERE organisation_id = $1) OR role_id IN (SELECT id FROM roles WHERE organisation_id = $1) OR (scope = 'collection' AND scope_id IN (SELECT id FROM collections WHERE organisation_id = $1))",
        "DELETE FROM collection_organisations WHERE organisation_id = $1 OR collection_id IN (SELECT id FROM collections WHERE organisation_id = $1)",
        "DELETE FROM collections WHERE organisation_id = $1",
        "DELETE FROM terms WHERE (entity = 'group' AND entity_id IN (SELECT id FROM groups WHERE organisation_id = $1)) OR (entity = 'record' AND entity_id IN (SELECT id FROM records WHERE organisation_id = $1)) OR (entity = 'organisation' AND entity_id = $1)",
        "DELETE FROM extensions WHERE (entity = 'group' AND entity_id IN (SELECT id FROM groups WHERE organisation_id = $1)) OR (entity = 'organisation' AND entity_id = $1)",
        "DELETE FROM records WHERE organisation_id = $1",
        "DELETE FROM groups WHERE organisation_id = $1",
        "DELETE FROM roles WHERE organisation_id = $1",
        "DELETE FROM api_keys WHERE organisation_id = $1",
        "DELETE FROM population WHERE organisation_id = $1",
        "DELETE FROM organisation_tree WHERE descendant_id = $1",
        "DELETE FROM organisations WHERE id = $1",
    ] {
        tx.exec(sql, &[id.0.into()]).await?;
    }
    Ok(())
}

/// Those organisations, each with all above it, itself first.
pub(crate) async fn ancestors_of(
    tx: &mut Tx<'_>,
    of: &[OrganisationId],
) -> Res<Vec<(OrganisationId, OrganisationId)>> {
    let mut pairs = Vec::new();
    for chunk in of.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT descendant_id, ancestor_id FROM organisation_tree WHERE descendant_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY descendant_id, depth");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((OrganisationId(row.int(0)?), OrganisationId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(pairs)
}
