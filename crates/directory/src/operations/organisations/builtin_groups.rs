//! The groups that platforms install in every organisation, or in the root alone.

use crate::access::work::Work;
use crate::model::{
    BuiltinGroup, Extended, Fault, Group, GroupId, GroupRoleScope, NewExtension, Organisation,
    PlatformSpec, Time,
};
use crate::outcome::Outcome;
use crate::store::{extensions, grants, groups, roles};

/// The groups that each platform installs in an organisation (in the root: also those it installs
/// only there), with the roles they bring.
pub(crate) async fn groups_of_organisation(
    work: &mut Work<'_>,
    organisation: &Organisation,
) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    for spec in &inner.platforms {
        for group in spec
            .groups
            .iter()
            .filter(|group| group.everywhere || organisation.id == crate::ROOT)
        {
            install_group(work, spec, group, organisation).await?;
        }
    }
    Ok(())
}

fn named(pattern: &str, with: &str) -> String {
    pattern.replace("{organisation}", with)
}

/// A built-in group as it stands in an organisation.
fn builtin(
    spec: &PlatformSpec,
    group: &BuiltinGroup,
    organisation: &Organisation,
    uuid: uuid::Uuid,
    now: Time,
) -> Group {
    Group {
        id: GroupId(0),
        uuid,
        organisation: organisation.id,
        platform: Some(spec.platform.word().to_owned()),
        word: Some(group.word.to_owned()),
        name: named(group.name, &organisation.name),
        slug: named(group.slug, &organisation.slug),
        description: Some(group.description.to_owned()),
        newcomers_of: group.newcomers.then(|| spec.platform.word().to_owned()),
        version: 1,
        created_at: now,
        created_by: None,
        updated_at: now,
        updated_by: None,
    }
}

/// Installs one group in one organisation, with the roles it brings.
pub(crate) async fn install_group(
    work: &mut Work<'_>,
    spec: &PlatformSpec,
    group: &BuiltinGroup,
    organisation: &Organisation,
) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    let uuid = work.inner.seams.random_uuid();
    let mut made = builtin(spec, group, organisation, uuid, now);
    made.created_by = actor;
    made.updated_by = actor;
    let present = groups::builtin(&mut work.tx, spec.platform, group.word, organisation.id).await?;
    if present.is_some() {
        return Ok(());
    }
    let Some(id) = groups::insert(&mut work.tx, &made).await? else {
        return Ok(());
    };
    for word in group.roles {
        let role = roles::by_word(&mut work.tx, spec.platform.word(), word)
            .await?
            .ok_or_else(|| {
                let platform = spec.platform;
                Fault::Internal(format!("the catalogue of {platform} has no role {word}"))
            })?;
        let scope = GroupRoleScope::Organisation(organisation.id);
        grants::put_group_role(&mut work.tx, id, role.id, scope, now, actor).await?;
    }
    if let Some(document) = group.document {
        let document = serde_json::from_str(document)
            .map_err(|error| Fault::Internal(format!("catalogue document: {error}")))?;
        let extension = NewExtension {
            document,
            terms: group
                .terms
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        extensions::store_document(
            &mut work.tx,
            Extended::Group,
            id.0,
            spec.platform.word(),
            &extension,
            now,
        )
        .await?;
    }
    Ok(())
}

/// Built-in groups carry their organisation's name, so they are renamed with it.
pub(crate) async fn rename_groups_of_organisation(
    work: &mut Work<'_>,
    new: &Organisation,
) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let now = work.now;
    for spec in &inner.platforms {
        for group in spec.groups.iter().filter(|group| {
            group.name.contains("{organisation}") || group.slug.contains("{organisation}")
        }) {
            let renamed = builtin(spec, group, new, uuid::Uuid::nil(), now);
            groups::rename_builtin(&mut work.tx, &renamed, new.id, now).await?;
        }
    }
    Ok(())
}
