//! A fresh directory per test, with a clock that stands still and cheap hashes; the same test runs on
//! SQLite and on PostgreSQL through [`both`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use directory::{
    Accepts, BuiltinRole, Caller, Configuration, CountingEntropy, Directory, Fault, FirstRun,
    FreshSession, Group, Handle, HashingCost, Line, ManualClock, NewGroup, NewKey, NewOrganisation,
    NewPassword, NewUser, Organisation, OrganisationId, PasswordPolicy, PasswordRule, Permission,
    Platform, PlatformSpec, ProvisioningDefaults, QueuedMail, Reach, RequestContext, RoleId,
    RolePaths, Seams, SessionKind, SessionRequest, StoreLocation, Time, User, UserId,
    usher_platform,
};

use crate::platforms::{CLUB, SOLO, club_platform, solo_platform};

/// 2026-01-01T00:00:00Z.
pub const START: Time = Time(1_767_225_600_000);
/// A platform beside the directory's own.
pub const TOY: Platform = Platform::new("toy");
pub const ROOT: OrganisationId = directory::ROOT;
pub const OWNER: UserId = directory::FIRST_OWNER;
pub const OWNER_EMAIL: &str = "owner@example.org";
pub const OWNER_PASSWORD: &str = "cobalt lantern orchard nine";
/// The directory's own roles, in the order in which they are installed.
pub const OWNER_ROLE: RoleId = RoleId(1);
pub const ADMINISTRATOR: RoleId = RoleId(2);
pub const HELPDESK: RoleId = RoleId(3);
pub const AUDITOR: RoleId = RoleId(4);
pub const MEMBER: RoleId = RoleId(5);
/// The roles of the other platforms, in the order in which they are installed.
pub const BOSS: RoleId = RoleId(6);
pub const GUEST: RoleId = RoleId(7);
pub const CHIEF: RoleId = RoleId(8);
pub const MANAGER: RoleId = RoleId(9);
pub const CLERK: RoleId = RoleId(10);
pub const HOST: RoleId = RoleId(12);
pub const TEAM: RoleId = RoleId(13);

pub struct World {
    pub directory: Directory,
    pub clock: Arc<ManualClock>,
    pub schema: Option<String>,
}

/// Makes every named test one on each database.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let world = crate::support::world().await;
                super::$name(&world).await;
                world.end().await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let world = crate::support::postgres_world().await;
                super::$name(&world).await;
                world.end().await;
            })*
        }
    };
}
pub(crate) use both;

/// On SQLite.
pub async fn world() -> World {
    world_at(StoreLocation::Temporary).await
}

/// On PostgreSQL, in a schema of its own.
pub async fn postgres_world() -> World {
    let (location, schema) = postgres_location().await;
    let mut world = world_at(location).await;
    world.schema = Some(schema);
    world
}

pub async fn postgres_location() -> (StoreLocation, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("directory_test_{}_{number}", std::process::id());
    let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    statement(&create).await;
    (postgres_at(&schema), schema)
}

/// Where a schema is.
pub fn postgres_at(schema: &str) -> StoreLocation {
    let server = server();
    let joint = if server.contains('?') { '&' } else { '?' };
    StoreLocation::Postgres(format!(
        "{server}{joint}options=-c%20search_path%3D{schema}"
    ))
}

fn server() -> String {
    std::env::var("USHER_TEST_POSTGRES").expect(
        "USHER_TEST_POSTGRES names no PostgreSQL server: run the tests by `cargo xtask test`, which starts one",
    )
}

pub async fn statement(sql: &str) {
    let (client, connection) = tokio_postgres::connect(&server(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let talk = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    talk.await.unwrap().unwrap();
}

/// The platform beside the directory's own: two roles, and a password rule of its own.
pub fn toy_platform() -> PlatformSpec {
    let role = |number, word, name, lines| BuiltinRole {
        number,
        word,
        name,
        description: "",
        lines,
    };
    PlatformSpec {
        platform: TOY,
        roles: vec![
            role(
                1,
                "boss",
                "Boss",
                vec![
                    Line::word("toy:*", Reach::All),
                    Line::may(Permission::ReadUsers, Reach::All),
                    Line::may(Permission::EditUsers, Reach::All),
                ],
            ),
            role(
                2,
                "guest",
                "Guest",
                vec![Line::word("toy:play", Reach::Own)],
            ),
        ],
        groups: Vec::new(),
        paths: RolePaths::Direct,
        administrator_lines: Vec::new(),
        owner_role: Some("boss"),
        default_roles: &[],
        first_custom_number: 100,
        builtin_roles_editable: false,
        alias: Some(|user| format!("toy {}", user.email.as_deref().unwrap_or("nobody"))),
        privileged: &["toy:command"],
        everyday: &[],
        password_rule: PasswordRule {
            upper: true,
            digit: true,
            ..PasswordRule::length(8)
        },
    }
}

pub fn configuration(location: StoreLocation, clock: Arc<ManualClock>) -> Configuration {
    Configuration {
        location,
        platforms: vec![
            usher_platform(&[TOY, SOLO, CLUB]),
            toy_platform(),
            solo_platform(),
            club_platform(),
        ],
        passwords: PasswordPolicy::Default,
        secret: [7; 32],
        connections: 4,
        seams: Seams {
            clock,
            entropy: CountingEntropy::seeded(1),
            hashing: HashingCost::cheap(),
        },
    }
}

pub async fn world_at(location: StoreLocation) -> World {
    let clock = ManualClock::at(START);
    world_of(configuration(location, clock.clone()), clock).await
}

pub async fn world_of(configuration: Configuration, clock: Arc<ManualClock>) -> World {
    let directory = Directory::open(configuration).await.unwrap();
    let first = FirstRun {
        email: OWNER_EMAIL.to_owned(),
        given: "Olga".to_owned(),
        family: "Owner".to_owned(),
        password: OWNER_PASSWORD.to_owned(),
        organisation: "Example".to_owned(),
    };
    directory.first_run(first).await.unwrap();
    World {
        directory,
        clock,
        schema: None,
    }
}

/// A request from an address.
pub fn from(address: &str) -> RequestContext {
    RequestContext {
        address: Some(address.parse().unwrap()),
        agent: Some("test".to_owned()),
        request_id: "request-1".to_owned(),
        method: "GET".to_owned(),
        path: "users".to_owned(),
    }
}

impl World {
    pub fn system(&self) -> Handle {
        self.directory.act(&self.directory.system(Platform::USHER))
    }

    pub async fn end(self) {
        self.directory.close().await.unwrap();
        if let Some(schema) = &self.schema {
            statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }

    /// A person with an e-mail address, a home and roles there.
    pub async fn person(&self, email: &str, home: OrganisationId, roles: &[RoleId]) -> User {
        let new = NewUser {
            email: Some(email.to_owned()),
            home: Some(home),
            roles: roles.to_vec(),
            ..NewUser::default()
        };
        self.system().create_user(new).await.unwrap()
    }

    /// The same with a password.
    pub async fn person_with_password(&self, email: &str, password: &str) -> User {
        let new = NewUser {
            email: Some(email.to_owned()),
            password: NewPassword::Chosen(password.to_owned()),
            ..NewUser::default()
        };
        self.system().create_user(new).await.unwrap()
    }

    pub async fn organisation(&self, name: &str, parent: OrganisationId) -> Organisation {
        let new = NewOrganisation {
            name: name.to_owned(),
            parent: Some(parent),
            ..NewOrganisation::default()
        };
        self.system().create_organisation(new).await.unwrap()
    }

    /// The text of a new key of somebody's.
    pub async fn key_of(&self, user: UserId) -> String {
        let fresh = self.system().create_key(user, NewKey::default()).await;
        fresh.unwrap().secret
    }

    pub async fn caller(&self, secret: &str) -> Result<Caller, Fault> {
        self.caller_at(Platform::USHER, secret).await
    }

    pub async fn caller_at(&self, platform: Platform, secret: &str) -> Result<Caller, Fault> {
        self.directory
            .authenticate(platform, secret, Accepts::Both, from("192.0.2.1"))
            .await
    }

    /// A handle of somebody's, by a new key.
    pub async fn as_user(&self, user: UserId) -> Handle {
        let secret = self.key_of(user).await;
        self.directory.act(&self.caller(&secret).await.unwrap())
    }

    /// Signs in at the toy's door from 192.0.2.1 without a code.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<FreshSession, Fault> {
        self.sign_in_from("192.0.2.1", name, password, None).await
    }

    pub async fn sign_in_from(
        &self,
        address: &str,
        name: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<FreshSession, Fault> {
        let request = SessionRequest::of(SessionKind::Browser);
        self.directory
            .sign_in(TOY, name, password, code, request, from(address))
            .await
    }

    /// The mails that are due, opened and noted as sent.
    pub async fn mails(&self) -> Vec<QueuedMail> {
        let mails = self.directory.due_mail(100).await.unwrap();
        for mail in &mails {
            self.directory.mail_sent(mail.id).await.unwrap();
        }
        mails
    }

    /// Every row of every table, as PostgreSQL shows it.
    pub async fn dump(&self) -> String {
        let schema = self.schema.as_deref().unwrap();
        let (client, connection) = tokio_postgres::connect(&server(), tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let tables =
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1";
        let mut dump = String::new();
        for table in client.query(tables, &[&schema]).await.unwrap() {
            let table: String = table.get(0);
            let rows = format!("SELECT row_to_json(t)::text FROM {schema}.{table} t");
            for row in client.query(&rows, &[]).await.unwrap() {
                dump.push_str(row.get(0));
                dump.push('\n');
            }
        }
        dump
    }

    /// A person without any role.
    pub async fn bare_person(&self, email: &str, home: OrganisationId) -> User {
        let new = NewUser {
            email: Some(email.to_owned()),
            home: Some(home),
            door: ProvisioningDefaults {
                without_defaults: true,
                mail: None,
            },
            ..NewUser::default()
        };
        self.system().create_user(new).await.unwrap()
    }

    /// A handle of a session at the toy's door.
    pub async fn as_session(&self, fresh: &FreshSession) -> Handle {
        let caller = self.caller_at(TOY, &fresh.secret).await;
        self.directory.act(&caller.unwrap())
    }

    /// The same through the door of a dialect.
    pub async fn at(&self, platform: Platform, user: UserId) -> Handle {
        let secret = self.key_of(user).await;
        let caller = self.caller_at(platform, &secret).await.unwrap();
        self.directory.act(&caller)
    }

    /// A shared group.
    pub async fn group(&self, name: &str, organisation: OrganisationId) -> Group {
        let new = NewGroup {
            name: name.to_owned(),
            organisation: Some(organisation),
            ..NewGroup::default()
        };
        self.system().create_group(new).await.unwrap()
    }

    /// A small tree: two organisations below the root, and one below the first, each with an
    /// administrator of its subtree and a member.
    pub async fn tree(&self) -> Tree {
        let mut places = Vec::new();
        for (name, parent) in [
            ("North", None),
            ("South", None),
            ("Northern branch", Some(0)),
        ] {
            let parent = parent.map_or(ROOT, |index: usize| -> OrganisationId { places[index] });
            places.push(self.organisation(name, parent).await.id);
        }
        let mut people = Vec::new();
        for (email, home, role) in [
            ("nora@example.org", 0, ADMINISTRATOR),
            ("nils@example.org", 0, MEMBER),
            ("sara@example.org", 1, ADMINISTRATOR),
            ("sven@example.org", 1, MEMBER),
            ("bea@example.org", 2, ADMINISTRATOR),
            ("bob@example.org", 2, MEMBER),
        ] {
            people.push(self.person(email, places[home], &[role]).await.id);
        }
        Tree {
            north: places[0],
            south: places[1],
            branch: places[2],
            nora: people[0],
            nils: people[1],
            sara: people[2],
            sven: people[3],
            bea: people[4],
            bob: people[5],
        }
    }
}

/// See [`World::tree`]: each place with its administrator and its member.
#[derive(Clone, Copy)]
pub struct Tree {
    pub north: OrganisationId,
    pub south: OrganisationId,
    pub branch: OrganisationId,
    pub nora: UserId,
    pub nils: UserId,
    pub sara: UserId,
    pub sven: UserId,
    pub bea: UserId,
    pub bob: UserId,
}
