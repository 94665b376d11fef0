//! One action on many people, named or found by a filter.

use directory::{
    ActedOn, ActedOnMany, Action, Fault, ItemOutcome, MOST_ACTED_ON, Ref, TaskMode, Time, UserId,
    UserRef,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use kit::{Authenticated, JsonBody};

use super::answers;
use super::codes::Code;
use super::errors::{Problem, problem};
use super::fields::{Fields, Named, words};
use super::item_problems::ItemProblem;
use super::jobs;
use super::lists;
use super::references;
use super::reply::{Answer, Reply};
use super::users;

/// What became of one person.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ItemBody {
    index: usize,
    status: u16,
    user: Option<i64>,
    #[schemars(extend("enum" = ["done", "unchanged", "failed"]))]
    outcome: ItemOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ItemProblem")]
    problem: Option<ItemProblem>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActedOn")]
pub struct ItemsBody {
    items: Vec<ItemBody>,
    succeeded: usize,
    failed: usize,
}

/// Each or all, as sent.
#[derive(Clone, Copy)]
pub struct Mode(pub TaskMode);

words! { Mode: "each" = Mode(TaskMode::Each), "all" = Mode(TaskMode::All) }

/// `POST /users/actions`: `?dry_run=true` tells what would become of each.
pub async fn act(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &["dry_run"])?;
    let mut dry_run = false;
    for (name, value) in &request.query()?.0 {
        dry_run = lists::flag(name, value)?;
    }
    let mut fields = super::fields::required(body)?;
    let named: Option<Vec<Named>> = fields.value("users")?;
    let filter: Option<String> = fields.value("filter")?;
    let expected: Option<i64> = fields.value("expect")?;
    let Mode(mode) = fields.value("mode")?.unwrap_or(Mode(TaskMode::Each));
    let as_job: bool = fields.value("job")?.unwrap_or(false);
    let action = action(&request, &mut fields).await?;
    fields.end()?;
    request.admit(directory::operation_of_action(&action))?;
    let people: Vec<UserRef> = match (named, filter) {
        (Some(named), None) => named.into_iter().map(Named::reference).collect(),
        (None, Some(filter)) => {
            let found = selected(&request, Some(&filter), None).await?;
            expect(expected, found.len())?;
            found.into_iter().map(UserRef::from).collect()
        }
        _ => {
            let why = "or `filter` must say whom it concerns, one of the two";
            return Err(Problem::invalid("users", why));
        }
    };
    if people.is_empty() {
        return Reply::shown(&ItemsBody {
            items: Vec::new(),
            succeeded: 0,
            failed: 0,
        });
    }
    if as_job || people.len() > MOST_ACTED_ON {
        let mut ids = Vec::with_capacity(people.len());
        for (index, which) in people.into_iter().enumerate() {
            ids.push(match which {
                Ref::Id(id) => id,
                other => {
                    let found = request.user(other).await;
                    let missing = |fault: Fault| Problem::from(fault).at(format!("users[{index}]"));
                    found.map_err(missing)?.id
                }
            });
        }
        let show = jobs::accepting(&request.info);
        return answers::once(&request, &request, show, |handle| {
            handle.begin_action(action, mode, dry_run, ids)
        })
        .await;
    }
    answers::once(&request, &request, answered, |handle| {
        handle.act_on_users(people, action, mode, dry_run)
    })
    .await
}

fn answered(acted: &ActedOnMany) -> Answer {
    if acted.undone {
        let first = acted.items.iter().enumerate();
        let mut refused = first.filter_map(|(index, item)| Some((index, item.fault.as_ref()?)));
        if let Some((index, fault)) = refused.next() {
            let mut problem = problem(fault);
            problem.field = Some(format!("users[{index}]"));
            return Err(problem);
        }
        return Err(Fault::Internal("undone without a fault".to_owned()).into());
    }
    let items: Vec<ItemBody> = acted.items.iter().enumerate().map(shown).collect();
    let failed = items.iter().filter(|item| item.problem.is_some()).count();
    Reply::shown(&ItemsBody {
        succeeded: items.len() - failed,
        failed,
        items,
    })
}

fn shown((index, item): (usize, &ActedOn)) -> ItemBody {
    let problem = item.fault.as_ref().map(problem);
    ItemBody {
        index,
        status: problem.as_ref().map_or(200, |problem| problem.status),
        user: item.user.map(|user| user.0),
        outcome: item.outcome,
        problem: problem.map(ItemProblem::of),
    }
}

/// Refuses when another number of people is meant than the request expects.
fn expect(expected: Option<i64>, found: usize) -> Result<(), Problem> {
    match expected {
        Some(expected) if usize::try_from(expected) != Ok(found) => {
            let detail = format!(
                "{found} people match and {expected} were expected; nothing was done. Look at the list again."
            );
            Err(Problem::of(Code::ExpectationFailed, detail).at("expect"))
        }
        _ => Ok(()),
    }
}

/// The numbers of the people whom a filter finds, in the order of `sort`: exactly these are meant from
/// now on.
pub async fn selected(
    request: &Authenticated,
    filter: Option<&str>,
    sort: Option<&str>,
) -> Result<Vec<UserId>, Problem> {
    let mut given: Vec<(String, String)> = Vec::new();
    for (name, value) in [("filter", filter), ("sort", sort)] {
        given.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
    let query = users::LISTING.query(request, &given).await?;
    let mut chunks = request.user_chunks(&query, 1_000);
    let mut found = Vec::new();
    while let Some(users) = chunks.next().await? {
        found.extend(users.iter().map(|user| user.id));
    }
    Ok(found)
}

async fn action(request: &Authenticated, fields: &mut Fields) -> Result<Action, Problem> {
    let word: String = fields.need("action")?;
    let reference = |id: Option<i64>, field: &'static str| {
        id.ok_or_else(|| Problem::invalid(field, "is needed"))
    };
    Ok(match word.as_str() {
        "enable" => Action::Enable,
        "disable" => Action::Disable {
            revoke_keys: fields.value("revoke_keys")?.unwrap_or(false),
        },
        "unlock" => Action::Unlock,
        "delete" => Action::Delete,
        "end_sessions" => Action::EndSessions,
        "revoke_keys" => Action::RevokeKeys,
        "reset_password" => Action::ResetPassword,
        "require_second_factor" => Action::RequireSecondFactor {
            required: fields
                .take::<Option<bool>>("required")?
                .unwrap_or(Some(true)),
        },
        "remove_second_factor" => Action::RemoveSecondFactor,
        "set" => {
            let change: Map<String, Value> = match fields.need::<Value>("change")? {
                Value::Object(change) => change,
                _ => return Err(Problem::invalid("change", "must be an object")),
            };
            Action::Set { change }
        }
        "join" | "leave" => {
            let group: Named = fields.need("group")?;
            let group = references::group(request, "group", Some(group)).await?;
            let group = reference(group.map(|group| group.0), "group")?;
            if word == "join" {
                Action::Join { group }
            } else {
                Action::Leave { group }
            }
        }
        "grant" | "revoke" => {
            let role: Named = fields.need("role")?;
            let organisation: Option<Named> = fields.value("organisation")?;
            let role = references::role(request, "role", Some(role)).await?;
            let role = reference(role.map(|role| role.0), "role")?;
            let organisation =
                references::organisation(request, "organisation", organisation).await?;
            let organisation = organisation.map(|organisation| organisation.0);
            if word == "revoke" {
                Action::Revoke { role, organisation }
            } else {
                let expires_at: Option<Time> = fields.value("expires_at")?;
                Action::Grant {
                    role,
                    organisation,
                    expires_at,
                }
            }
        }
        "move" => {
            let home: Named = fields.need("home")?;
            let home = references::organisation(request, "home", Some(home)).await?;
            let home = reference(home.map(|home| home.0), "home")?;
            Action::Move { home }
        }
        _ => {
            let why = "must be one of enable, disable, unlock, delete, end_sessions, revoke_keys, reset_password, \
                       require_second_factor, remove_second_factor, set, join, leave, grant, revoke, move";
            return Err(Problem::invalid("action", why));
        }
    })
}
