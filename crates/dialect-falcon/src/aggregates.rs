//! Aggregates: how many users have which value of a property (falcon.md §4).

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{Fault, Operation, Predicate, Query, Test, UserField, Value};
use kit::{Authenticated, HandlerResult, Pairs};

use super::body::{document, objects};
use super::catalogue::PLATFORM;
use super::customers;
use super::envelope;
use super::errors::{refused, shortened};
use super::filter::Generation;
use super::{map, users, wire};

/// The most aggregates in one request.
const MOST: usize = 10;
/// The most values of one aggregate, and how many without a size.
const LARGEST: u32 = 1_000;
const DEFAULT: u32 = 10;

/// `POST /user-management/aggregates/users/v1`.
pub async fn count_v1(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    count(request, pairs, raw, Generation::V1).await
}

/// `POST /user-management/aggregates/users/v2`.
pub async fn count_v2(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    count(request, pairs, raw, Generation::V2).await
}

async fn count(
    request: Authenticated,
    pairs: Pairs,
    raw: Request,
    generation: Generation,
) -> HandlerResult {
    let body = document(&request, Operation::ListUsers, raw).await?;
    let kind = users::narrowed(&request, &pairs, generation).await?;
    let mut shown = Vec::new();
    for fields in objects(&body, "the list of aggregates", MOST)? {
        let name = fields.text(&["name"])?.unwrap_or_default();
        let by = fields.needed("type")?;
        if by != "terms" {
            let why = format!("invalid type='{}': terms was expected", shortened(&by));
            return Err(refused(why).into());
        }
        let field = fields.needed("field")?;
        let size = fields.number("size", DEFAULT, LARGEST)?;
        let filter = fields.text(&["filter"])?;
        let filtered = users::filtered(&request, filter.as_deref(), generation).await?;
        let narrowed = kind.clone().and(filtered);
        let mut buckets = buckets(&request, &field, &narrowed).await?;
        buckets.retain(|bucket| bucket.count > 0);
        buckets.sort_by(|one, other| {
            let counts = other.count.cmp(&one.count);
            counts.then_with(|| one.label.cmp(&other.label))
        });
        buckets.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        shown.push(wire::Aggregate { name, buckets });
    }
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

async fn buckets(
    request: &Authenticated,
    field: &str,
    narrowed: &Predicate<UserField>,
) -> Result<Vec<wire::Bucket>, Fault> {
    let is = |field, value: bool| Predicate::Is(field, Test::Equals(value.into()));
    let none = Predicate::Is(UserField::ExpiringRoleOrganisation(PLATFORM), Test::Absent);
    let values: Vec<(&str, Predicate<UserField>)> = match field {
        "status" => map::STATUSES
            .iter()
            .map(|(shown, words)| {
                let words = words.iter().map(|word| Value::from(*word)).collect();
                (
                    *shown,
                    Predicate::Is(UserField::Standing, Test::OneOf(words)),
                )
            })
            .collect(),
        "factors" => vec![(map::FACTOR, is(UserField::SecondFactor, true))],
        "has_temporary_roles" => vec![
            ("true", Predicate::Not(Box::new(none.clone()))),
            ("false", none),
        ],
        "cid" => return by_customer(request, narrowed).await,
        other => {
            let other = shortened(other);
            return Err(refused(format!(
                "invalid field='{other}': status, factors, has_temporary_roles or cid was expected"
            )));
        }
    };
    let mut buckets = Vec::new();
    for (label, predicate) in values {
        let query = Query {
            predicate: narrowed.clone().and(predicate),
            ..Query::default()
        };
        buckets.push(wire::Bucket {
            label: label.to_owned(),
            count: request.count_users(&query).await?,
        });
    }
    Ok(buckets)
}

async fn by_customer(
    request: &Authenticated,
    narrowed: &Predicate<UserField>,
) -> Result<Vec<wire::Bucket>, Fault> {
    let query = Query {
        predicate: narrowed.clone(),
        ..Query::default()
    };
    let counts = request.count_users_by_home(&query).await?;
    let customers = customers::seen(request, counts.iter().map(|(home, _)| *home)).await?;
    Ok(counts
        .iter()
        .filter_map(|(home, count)| {
            Some(wire::Bucket {
                label: customers.get(home)?.shown(),
                count: *count,
            })
        })
        .collect())
}
