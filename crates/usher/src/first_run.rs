//! The first start on an empty store: the root organisation, its owner, and the owner's key.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use directory::{
    Directory, FIRST_OWNER, Fault, FirstRun, NewKey, Platform, Seams, check_plain_key,
};
use kit::FirstRunFacts;

use crate::environment_file;

/// Who shall own a fresh directory.
struct Owner {
    organisation: String,
    email: String,
    password: String,
    key: String,
}

/// Makes the directory's first entities unless they are there; tells whether it did.
pub async fn prepare(
    directory: &Directory,
    data: &Path,
    base_url: &str,
    demo: bool,
) -> Result<bool> {
    let (path, pending) = (
        environment_file::path(data),
        environment_file::pending_path(data),
    );
    if directory.installed().await? {
        // A start that was interrupted after the owner was made, and before the owner's key was.
        let interrupted = std::fs::read_to_string(&pending).ok();
        if let Some(text) = interrupted {
            let key = environment_file::value(&text, "USHER_TOKEN").unwrap_or_default();
            finish(directory, key, demo).await?;
            std::fs::rename(&pending, &path).with_context(|| path.display().to_string())?;
        }
        directory.install_builtins().await?;
        environment_file::refresh(&path, base_url)?;
        return Ok(false);
    }
    let owner = owner(directory.seams());
    // Refused before anything is made, so that a mistake can be mended and tried again.
    check_plain_key(&owner.key).map_err(|fault| match fault {
        Fault::Invalid { why, .. } => anyhow!("USHER_BOOTSTRAP_KEY {why}"),
        other => anyhow!("USHER_BOOTSTRAP_KEY: {other}"),
    })?;
    let facts = FirstRunFacts {
        base_url: base_url.to_owned(),
        email: owner.email.clone(),
        password: owner.password.clone(),
        key: owner.key.clone(),
        key_uuid: key_uuid(&owner.key),
    };
    environment_file::write(&pending, &facts)?;
    let first = FirstRun {
        email: owner.email,
        given: "First".to_owned(),
        family: "Owner".to_owned(),
        password: owner.password,
        organisation: owner.organisation,
    };
    let made = directory
        .first_run(first)
        .await
        .map_err(|fault| match fault {
            Fault::Invalid {
                field: "email",
                why,
            } => anyhow!("USHER_BOOTSTRAP_EMAIL {why}"),
            Fault::WeakPassword(why) => {
                anyhow!("USHER_BOOTSTRAP_PASSWORD: {}", crate::pages::weakness(why))
            }
            other => anyhow!("the first run failed: {other}"),
        })?;
    if made.is_none() {
        // Another node of the same database was quicker, and its owner's key is the one that counts.
        std::fs::remove_file(&pending).with_context(|| pending.display().to_string())?;
        return Ok(false);
    }
    finish(directory, owner.key, demo).await?;
    std::fs::rename(&pending, &path).with_context(|| path.display().to_string())?;
    Ok(true)
}

/// What comes after the owner: their key and the sample data. It may be done twice.
async fn finish(directory: &Directory, key: String, demo: bool) -> Result<()> {
    let handle = directory.act(&directory.system(Platform::USHER));
    let new = NewKey {
        uuid: Some(key_uuid(&key)),
        name: "first run".to_owned(),
        ..NewKey::default()
    };
    match handle.create_key_with(FIRST_OWNER, new, key).await {
        Ok(_) | Err(Fault::Taken { .. }) => {}
        Err(fault) => return Err(anyhow!("cannot make the owner's key: {fault}")),
    }
    if demo {
        crate::demo::fill(directory).await?;
    }
    Ok(())
}

fn owner(seams: &Seams) -> Owner {
    let stated = |name: &str| {
        std::env::var(format!("USHER_BOOTSTRAP_{name}"))
            .ok()
            .filter(|text| !text.is_empty())
    };
    Owner {
        organisation: stated("ORGANISATION").unwrap_or_else(|| "Usher".to_owned()),
        email: stated("EMAIL").unwrap_or_else(|| "admin@usher.example".to_owned()),
        password: stated("PASSWORD").unwrap_or_else(|| seams.letters_and_digits(24)),
        key: stated("KEY").unwrap_or_else(|| seams.letters_and_digits(40)),
    }
}

/// The UUID of the owner's key follows from the key, so that it can be written down before the key
/// is made. It tells nothing of the key: it is a digest's beginning, of 238 random bits.
fn key_uuid(key: &str) -> uuid::Uuid {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, key.as_bytes())
}
