//! API keys: of the caller, and of people whose keys the caller manages.

use axum::extract::Request;
use directory::{
    Constraint, ConstraintKind, Fault, Key, KeyField, KeyId, KeyLimits, Kind, NewKey, Operation,
    Permission, Predicate, Query, Test, UserId,
};
use kit::{Authenticated, HandlerResult, Pairs, Path, RequestError};

use crate::errors::Failure;
use crate::fields::{Values, path_id};
use crate::map;
use crate::request::{self, list as answer_list, paged, success};
use crate::specification::operations as specified;
use crate::wire;

/// The longest life that can be asked for, in seconds: a hundred years.
const LONGEST: i64 = 3_153_600_000;

/// The verbs that a constraint allows or not.
const VERBS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// `GET /users/{id}/api_keys`
pub async fn list(
    request: Authenticated,
    Path(owner): Path<String>,
    pairs: Pairs,
) -> HandlerResult {
    let operation = &specified::LIST_KEYS;
    let (_, page) = request::page(&request, Operation::ListKeys, operation, &pairs)?;
    let owner = key_owner(&request, &owner).await?;
    let query = Query {
        predicate: Predicate::Is(KeyField::User, Test::Equals(owner.number().into())),
        sort: Some(KeyField::Id),
        ..paged(page)
    };
    let found = request.keys(&query).await?;
    let now = request.now();
    let rows: Vec<wire::KeySummary> = found
        .items
        .iter()
        .map(|key| wire::KeySummary {
            state: map::key_state(key, now),
            constraint_count: key.constraints.len(),
        })
        .collect();
    Ok(answer_list(&rows, page, found.total))
}

/// Whose keys a path names: `me`, or the number of a user whose keys the caller manages.
async fn key_owner(request: &Authenticated, text: &str) -> Result<UserId, RequestError> {
    let own = request.caller.user();
    if text == "me" {
        return Ok(own);
    }
    let id = UserId(path_id(text)?);
    if id == own {
        return Ok(own);
    }
    let permission = Permission::ManageKeys;
    if !request.caller.may(permission) {
        return Err(Fault::Forbidden(permission).into());
    }
    let user = request.user(id).await?;
    if request
        .reached_users(permission, &[user.id])
        .await?
        .is_empty()
    {
        return Err(Fault::Forbidden(permission).into());
    }
    Ok(user.id)
}

/// The key that a path names below its owner.
async fn key_of(request: &Authenticated, owner: &str, key: &str) -> Result<Key, RequestError> {
    let owner = key_owner(request, owner).await?;
    let key = request.key(KeyId(path_id(key)?)).await?;
    if key.user != owner {
        return Err(Fault::NotFound(Kind::Key).into());
    }
    Ok(key)
}

/// `GET /users/{id}/api_keys/{key_id}`
pub async fn show(
    request: Authenticated,
    Path((owner, key)): Path<(String, String)>,
) -> HandlerResult {
    let key = key_of(&request, &owner, &key).await?;
    let shown = map::key(&key, None, request.now());
    Ok(success(&specified::SHOW_KEY, &shown))
}

/// `DELETE /users/{id}/api_keys/{key_id}`
///
/// Quirk: it answers the key, which stays listed (civis.md §3, §8).
pub async fn revoke(
    request: Authenticated,
    Path((owner, key)): Path<(String, String)>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::REVOKE_KEY;
    request::body(&request, Operation::RevokeKey, operation, raw).await?;
    let key = key_of(&request, &owner, &key).await?;
    let key = request.revoke_key(key.id).await?;
    Ok(success(operation, &map::key(&key, None, request.now())))
}

/// `POST /users/{id}/api_keys`
pub async fn create(
    request: Authenticated,
    Path(owner): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::CREATE_KEY;
    let values = request::body(&request, Operation::CreateKey, operation, raw).await?;
    let owner = key_owner(&request, &owner).await?;
    let name = values.needed("name");
    if name.trim().is_empty() {
        return Err(Failure::validation("name can't be blank").into());
    }
    let seconds = values.integer("expires_in").unwrap_or_default();
    if !(1..=LONGEST).contains(&seconds) {
        let why = format!("expires_in must be greater than 0 and {LONGEST} at most");
        return Err(Failure::validation(why).into());
    }
    let constraints = constraints(&request, &values)?;
    let limits = request.caller.limits();
    let asked = request.now().plus(seconds.saturating_mul(1_000));
    // A limited key makes keys as limited, and none that outlives it.
    let new = NewKey {
        name,
        ..NewKey::default()
    }
    .limited_by(KeyLimits {
        expires_at: Some(limits.expires_at.map_or(asked, |end| end.min(asked))),
        constraints,
        ..limits.clone()
    });
    let made = request.create_key(owner, new).await?;
    let shown = map::key(&made.key, Some(made.secret), request.now());
    Ok(success(operation, &shown))
}

/// The constraints of a key to make: those sent, or those of the key that asks.
fn constraints(request: &Authenticated, values: &Values) -> Result<Vec<Constraint>, Failure> {
    let sent = values.objects("constraints");
    let sent: Vec<Constraint> = sent.iter().map(constraint).collect::<Result<_, _>>()?;
    let own = &request.caller.limits().constraints;
    if own.is_empty() || sent.is_empty() {
        return Ok(if sent.is_empty() { own.to_vec() } else { sent });
    }
    // Quirk: other constraints than its own are none that a key may give (civis.md §8).
    let same = sent.len() == own.len() && sent.iter().all(|one| own.contains(one));
    if same {
        Ok(sent)
    } else {
        Err(Failure::new(
            400,
            "The given request was not as expected: Cannot create API Key with different constraints.",
        ))
    }
}

fn constraint(values: &Values) -> Result<Constraint, Failure> {
    let kinds = [
        ConstraintKind::Exact,
        ConstraintKind::Prefix,
        ConstraintKind::Regex,
        ConstraintKind::Verb,
    ];
    let word = values.text("constraint_type").unwrap_or_default();
    let kind = kinds
        .into_iter()
        .find(|kind| map::constraint_word(*kind) == word);
    let kind = kind.ok_or_else(|| {
        Failure::validation("constraint_type must be one of exact, prefix, regex, verb")
    })?;
    let pattern = values.text("constraint").unwrap_or_default();
    if pattern.is_empty() != (kind == ConstraintKind::Verb) {
        return Err(Failure::validation(match kind {
            ConstraintKind::Verb => "constraint must be absent for the type verb",
            _ => "constraint is missing",
        }));
    }
    let methods: Vec<String> = VERBS
        .iter()
        .filter(|verb| {
            let name = format!("{}_allowed", verb.to_ascii_lowercase());
            values.flag(&name) == Some(true)
        })
        .map(|verb| (*verb).to_owned())
        .collect();
    if methods.is_empty() {
        return Err(Failure::validation("a constraint must allow a verb"));
    }
    Ok(Constraint {
        kind,
        pattern: pattern.to_owned(),
        methods,
    })
}
