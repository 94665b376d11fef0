//! The caller: who they are, their settings, what they did, and whom they may turn to.

use axum::extract::Request;
use directory::{
    Fault, Kind, Operation, Platform, Query, Related, RoleField, User, UserChange, Wanted,
};
use kit::{Authenticated, HandlerResult, Pairs};

use crate::catalogue::{ORG_ADMIN, PLATFORM};
use crate::errors::Failure;
use crate::fields::one_of;
use crate::people::People;
use crate::request::{self, success};
use crate::specification::operations as specified;
use crate::{map, profile, wire};

/// How many of the newest jobs are looked at.
const JOBS: u32 = 1_000;

/// `GET /users/me`
pub async fn show(request: Authenticated) -> HandlerResult {
    let user = request.user(request.caller.user()).await?;
    let related = request.related(&[user.id], ME).await?;
    Ok(success(&specified::SHOW_ME, &me(&request, &user, related)))
}

/// `PATCH /users/me`
pub async fn update(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CHANGE_ME;
    let values = request::body(&request, Operation::UpdateOwnProfile, operation, raw).await?;
    let change = UserChange {
        extension_members: Some(profile::members_of_me(&values)),
        ..UserChange::default()
    };
    let shown = request.update_own_profile_and_show(change, ME);
    let (user, related) = shown.await?;
    Ok(success(operation, &me(&request, &user, related)))
}

/// What the caller is shown with.
const ME: Wanted = Wanted {
    held: true,
    ..People::wanted(true)
};

fn me(request: &Authenticated, user: &User, mut related: Related) -> wire::Me {
    let held = std::mem::take(&mut related.held);
    let people = People::of(request, related);
    let mut roles: Vec<(i64, String)> = held
        .into_iter()
        .filter(|role| role.platform == PLATFORM)
        .map(|role| (role.number, role.word))
        .collect();
    // Owners and administrators of the installation count as administrators here.
    if request
        .caller
        .holds_by(Platform::USHER, &format!("{PLATFORM}:{ORG_ADMIN}"))
    {
        roles.push((i64::MAX, ORG_ADMIN.to_owned()));
    }
    roles.sort_unstable();
    let mut words: Vec<String> = Vec::new();
    for (_, word) in roles {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    people.shown(user).me(words)
}

/// `GET /users/me/activity`
pub async fn activity(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_ACTIVITY;
    let values = request::query(&request, Operation::ListJobs, operation, &pairs)?;
    let states = ["all", "succeeded", "failed", "running"];
    let wanted = one_of("status", values.text("status").unwrap_or("all"), &states)?;
    let order = one_of(
        "order",
        values.text("order").unwrap_or("newest"),
        &["name", "newest"],
    )?;
    let own = request.caller.user();
    let mut jobs = match values.text("author").map(authors).transpose()? {
        // Jobs are their owner's alone, so others' are never among them.
        Some(authors) if !authors.contains(&own.number()) => Vec::new(),
        _ => request.jobs(None, JOBS).await?,
    };
    jobs.retain(|job| wanted == "all" || map::activity_state(job) == wanted);
    jobs.sort_by_key(|job| std::cmp::Reverse((map::updated_at(job), job.id)));
    let login = request.caller.login();
    let mut rows: Vec<wire::Activity> = jobs.iter().map(|job| map::activity(job, login)).collect();
    if order == "name" {
        // Quirk: descending, as everything here (civis.md §4).
        rows.sort_by(|one, other| other.name.cmp(&one.name));
    }
    Ok(success(operation, &rows))
}

fn authors(text: &str) -> Result<Vec<i64>, Failure> {
    text.split(',')
        .map(|number| number.trim().parse::<i64>())
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::parameter("author", text, "must be integers separated by commas"))
}

/// `GET /users/me/organization_admins`
pub async fn organization_admins(request: Authenticated) -> HandlerResult {
    let users = request.administrators_of_home(ORG_ADMIN).await?;
    // The documents of people whom the caller does not see stay hidden, and with them set initials.
    let people = People::load(&request, &users, false).await?;
    let rows: Vec<wire::OrganizationAdmin> = users
        .iter()
        .map(|user| wire::OrganizationAdmin {
            user: map::simple_user(user, people.profile(user.id)),
            email: map::email(user),
        })
        .collect();
    Ok(success(&specified::LIST_ORGANIZATION_ADMINS, &rows))
}

/// `GET /roles/`
pub async fn roles(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_ROLES;
    let (_, page) = request::page(&request, Operation::ListRoles, operation, &pairs)?;
    let query = Query {
        sort: Some(RoleField::Number),
        ..request::paged(page)
    };
    let found = request.roles(&query).await?;
    let rows: Vec<wire::Role> = found
        .items
        .into_iter()
        .map(|role| wire::Role {
            id: role.number,
            name: role.name,
            slug: role.word,
            description: Some(role.description).filter(|text| !text.is_empty()),
        })
        .collect();
    Ok(request::list(&rows, page, found.total))
}

/// What is not here: files, jobs and notebooks of the vendor's product.
pub async fn nothing(_: Authenticated) -> HandlerResult {
    Err(Fault::NotFound(Kind::Record).into())
}
