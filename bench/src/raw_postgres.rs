//! The same for PostgreSQL: every row that a create writes, one transaction each, by as many
//! connections as Usher has.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio_postgres::{Client, IsolationLevel, NoTls, Statement};

use crate::load::Measured;
use crate::process::cpu_of;
use crate::raw::{NOW, Person};

/// As many as the server opens when nothing else is configured.
const CONNECTIONS: u64 = 4;

const STATEMENTS: [&str; 7] = [
    "INSERT INTO users (uuid, login, email, given, family, shown_name, shown_given, shown_family, login_key, email_key, name_key, \
     given_key, family_key, search, kind, status, home_id, version, revision, created_at, created_by, updated_at, updated_by, \
     sign_in_count) VALUES ($1, $2, $2, $3, $3, $3, $3, $3, $2, $2, $4, $4, $4, $5, 'person', 'active', $6, 1, 1, $7, 1, $7, 1, 0) \
     RETURNING id",
    "INSERT INTO user_search (user_id, pieces) VALUES ($1, $2)",
    "INSERT INTO sign_in_names (folded, user_id) VALUES ($1, $2)",
    "INSERT INTO memberships (user_id, organisation_id, home, administrator, created_at) VALUES ($1, $2, 1, 0, $3)",
    "INSERT INTO population (organisation_id, step) VALUES ($1, 1)",
    "INSERT INTO grants (user_id, role_id, organisation_id, created_at, created_by) VALUES ($1, 5, $2, $3, 1)",
    "INSERT INTO events (at, verb, actor_id, actor_name, platform, key_id, entity, entity_id, entity_name, organisation_id, detail, \
     address, request_id) VALUES ($1, 'user.created', 1, 'owner@example.org', 'usher', 1, 'user', $2, $3, $4, $5, '127.0.0.1', \
     'a1b2c3d4-00000001')",
];

/// Durable creates by hand.
pub fn creates(url: &str, run: u64, clients: u64, seconds: u64) -> Result<Measured> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let (cpu, start) = (cpu_of("self"), Instant::now());
        let end = start + Duration::from_secs(seconds);
        let workers: Vec<_> = (0..clients.min(CONNECTIONS))
            .map(|worker| tokio::spawn(work(url.to_owned(), run, worker, end)))
            .collect();
        let mut count = 0;
        for worker in workers {
            count += worker.await.context("a client panicked")??;
        }
        let (elapsed, used) = (start.elapsed().as_secs_f64(), cpu_of("self") - cpu);
        Ok(Measured {
            rate: count as f64 / elapsed,
            per_cpu: count as f64 / used.max(0.01),
            ..Measured::default()
        })
    })
}

async fn work(url: String, run: u64, worker: u64, end: Instant) -> Result<u64> {
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    let talk = tokio::spawn(connection);
    let mut statements = Vec::new();
    for sql in STATEMENTS {
        statements.push(client.prepare(sql).await?);
    }
    let (mut number, mut count) = (worker << 32, 0);
    while Instant::now() < end {
        number += 1;
        let person = Person::of(1000 + run, number);
        // Another one came first: the same person once more.
        while create(&mut client, &statements, &person).await.is_err() {}
        count += 1;
    }
    drop(client);
    talk.await??;
    Ok(count)
}

async fn create(
    client: &mut Client,
    statements: &[Statement],
    new: &Person,
) -> Result<(), tokio_postgres::Error> {
    let letters: Vec<char> = new.search.chars().collect();
    let mut pieces: Vec<i32> = letters
        .windows(3)
        .map(|piece| {
            piece.iter().fold(0_i32, |sum, letter| {
                sum.wrapping_mul(31).wrapping_add(*letter as i32)
            })
        })
        .collect();
    pieces.sort_unstable();
    pieces.dedup();
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .start()
        .await?;
    let id: i64 = transaction
        .query_one(
            &statements[0],
            &[
                &new.uuid,
                &new.login,
                &new.name,
                &new.folded,
                &new.search,
                &new.home,
                &NOW,
            ],
        )
        .await?
        .get(0);
    transaction.execute(&statements[1], &[&id, &pieces]).await?;
    transaction
        .execute(&statements[2], &[&new.login, &id])
        .await?;
    transaction
        .execute(&statements[3], &[&id, &new.home, &NOW])
        .await?;
    transaction.execute(&statements[4], &[&new.home]).await?;
    transaction
        .execute(&statements[5], &[&id, &new.home, &NOW])
        .await?;
    transaction
        .execute(
            &statements[6],
            &[&NOW, &id, &new.login, &new.home, &new.detail],
        )
        .await?;
    transaction.commit().await
}
