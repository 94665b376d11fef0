//! Fills a store through the directory's own use-cases, and counts their statements.

use std::path::Path;

use anyhow::{Result, anyhow};
use directory::{
    Accepts, Configuration, Directory, FirstRun, Handle, HashingCost, Names, NewKey,
    NewOrganisation, NewUser, OrganisationId, PasswordPolicy, Platform, Position, Query,
    RequestContext, Seams, StoreLocation, UserField,
};

/// The key that seals secrets, as the server reads it from its environment.
pub const SECRET_TEXT: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A filled store.
pub struct Filled {
    /// Keys of the owner's: many, since each may ask only so often.
    pub keys: Vec<String>,
    /// The key of an administrator of one organisation with few people.
    pub small_key: String,
    /// UUIDs of people, spread over the directory.
    pub uuids: Vec<String>,
    /// Their numbers.
    pub numbers: Vec<i64>,
    /// Cursors into the list by name, spread over it.
    pub cursors: Vec<String>,
    /// UUIDs of organisations.
    pub organisations: Vec<String>,
    /// Statements per operation.
    pub statements: Vec<(&'static str, u64)>,
    /// Users made per second while filling.
    pub rate: f64,
}

/// The owner's address.
pub const OWNER: &str = "owner@example.org";
/// The owner's password.
pub const PASSWORD: &str = "cobalt lantern orchard nine";

/// Fills an embedded database.
pub fn folder(folder: &Path, users: u64) -> Result<Filled> {
    block(StoreLocation::Folder(folder.to_owned()), users)
}

/// Fills a PostgreSQL database.
pub fn postgres(url: &str, users: u64) -> Result<Filled> {
    block(StoreLocation::Postgres(url.to_owned()), users)
}

fn block(location: StoreLocation, users: u64) -> Result<Filled> {
    tokio::runtime::Runtime::new()?.block_on(fill(location, users))
}

async fn fill(location: StoreLocation, users: u64) -> Result<Filled> {
    let directory = Directory::open(Configuration {
        location,
        // The server adds the other platforms' roles when it starts.
        platforms: vec![directory::usher_platform(&[])],
        passwords: PasswordPolicy::Default,
        secret: [7; 32],
        connections: 4,
        seams: Seams {
            hashing: HashingCost::cheap(),
            ..Seams::default()
        },
    })
    .await?;
    directory
        .first_run(FirstRun {
            email: OWNER.to_owned(),
            given: "Olga".to_owned(),
            family: "Owner".to_owned(),
            password: PASSWORD.to_owned(),
            organisation: "Example".to_owned(),
        })
        .await?;
    let system = directory.act(&directory.system(Platform::USHER));
    let (organisations, small) = organisations(&system).await?;
    let start = std::time::Instant::now();
    people(&system, &organisations, small, users).await?;
    let rate = users as f64 / start.elapsed().as_secs_f64();
    let mut keys = Vec::new();
    for number in 0..200 {
        let new = NewKey {
            name: format!("bench {number}"),
            ..NewKey::default()
        };
        keys.push(system.create_key(directory::FIRST_OWNER, new).await?.secret);
    }
    let small_key = small_administrator(&system, small).await?;
    let mut filled = Filled {
        keys,
        small_key,
        uuids: Vec::new(),
        numbers: Vec::new(),
        rate,
        cursors: vec![String::new()],
        organisations: system
            .organisations_by_id(&organisations)
            .await?
            .iter()
            .map(|one| one.uuid.to_string())
            .collect(),
        statements: Vec::new(),
    };
    samples(&system, users, &mut filled).await?;
    statements(&directory, &mut filled).await?;
    directory.close().await?;
    Ok(filled)
}

/// Three levels: ten parts with thirty organisations each, and one small one.
async fn organisations(system: &Handle) -> Result<(Vec<OrganisationId>, OrganisationId)> {
    let mut all = Vec::new();
    for part in 0..10 {
        let top = new_organisation(system, format!("Part {part}"), directory::ROOT).await?;
        all.push(top);
        for child in 0..30 {
            all.push(new_organisation(system, format!("Part {part} Team {child}"), top).await?);
        }
    }
    let small = new_organisation(system, "Small".to_owned(), directory::ROOT).await?;
    Ok((all, small))
}

async fn new_organisation(
    system: &Handle,
    name: String,
    parent: OrganisationId,
) -> Result<OrganisationId> {
    let new = NewOrganisation {
        name,
        parent: Some(parent),
        ..NewOrganisation::default()
    };
    Ok(system.create_organisation(new).await?.id)
}

fn person(number: u64, home: OrganisationId) -> NewUser {
    // Names in an order that is not the order of numbers.
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    NewUser {
        email: Some(format!("person{number}@example.org")),
        names: Names {
            given: Some("Person".to_owned()),
            family: Some(format!("{scattered:08} {number}")),
            ..Names::default()
        },
        home: Some(home),
        ..NewUser::default()
    }
}

async fn people(
    system: &Handle,
    organisations: &[OrganisationId],
    small: OrganisationId,
    users: u64,
) -> Result<()> {
    let mut batch = Vec::with_capacity(500);
    for number in 0..users {
        let home = organisations[usize::try_from(number)? % organisations.len()];
        batch.push(person(number, home));
        if batch.len() == 500 || number + 1 == users {
            system.create_users(std::mem::take(&mut batch)).await?;
        }
    }
    system
        .create_users(
            (0..200)
                .map(|number| person(1_000_000_000 + number, small))
                .collect(),
        )
        .await?;
    Ok(())
}

async fn small_administrator(system: &Handle, home: OrganisationId) -> Result<String> {
    let new = NewUser {
        email: Some("small@example.org".to_owned()),
        home: Some(home),
        ..NewUser::default()
    };
    let user = system.create_user(new).await?;
    let role = system
        .role_by_word(Platform::USHER, "administrator")
        .await?;
    system
        .grant_role(
            user.id,
            directory::NewGrant {
                role: role.id,
                organisation: Some(home),
                expires_at: None,
            },
        )
        .await?;
    let key = system
        .create_key(
            user.id,
            NewKey {
                name: "small".to_owned(),
                ..NewKey::default()
            },
        )
        .await?;
    Ok(key.secret)
}

/// UUIDs and cursors from all over the directory.
async fn samples(system: &Handle, users: u64, filled: &mut Filled) -> Result<()> {
    let places = 50;
    for place in 0..places {
        let offset = users * place / places;
        let query = Query {
            sort: Some(UserField::Name),
            from: Position::Offset(offset),
            limit: 20,
            ..Query::default()
        };
        let page = system.users(&query).await?;
        filled
            .uuids
            .extend(page.items.iter().map(|user| user.uuid.to_string()));
        filled
            .numbers
            .extend(page.items.iter().map(|user| user.id.number()));
        filled
            .cursors
            .extend(page.next.map(|cursor| cursor.encode()));
    }
    filled.cursors.remove(0);
    if filled.cursors.is_empty() || filled.uuids.is_empty() {
        return Err(anyhow!("the directory is empty"));
    }
    Ok(())
}

/// How many statements each measured request costs once its caller is remembered.
async fn statements(directory: &Directory, filled: &mut Filled) -> Result<()> {
    let context = RequestContext::default;
    let key = filled.keys[0].clone();
    let home = filled.organisations[0].parse()?;
    let uuid = filled.uuids[0].parse()?;
    for round in 0..2 {
        let mut at = directory.statements();
        let mut counted = |what: &'static str| {
            let before = std::mem::replace(&mut at, directory.statements());
            (what, at - before)
        };
        let caller = directory
            .authenticate(Platform::USHER, &key, Accepts::Both, context())
            .await?;
        let handle = directory.act(&caller);
        let mut all = vec![counted("authentication")];
        handle.user(directory::Ref::Uuid(uuid)).await?;
        all.push(counted("one user"));
        handle
            .users(&Query {
                sort: Some(UserField::Name),
                ..Query::default()
            })
            .await?;
        all.push(counted("page of 100"));
        let home = handle.organisation(directory::Ref::Uuid(home)).await?.id;
        all.push(counted("the home a create names"));
        let number = u64::MAX - round;
        handle.create_user(person(number, home)).await?;
        all.push(counted("create"));
        filled.statements = all;
    }
    Ok(())
}
