//! One action on many people, named or found by a filter.

use directory::{
    ActedOn, ActedOnMany, Action, Fault, ItemOutcome, MOST_ACTED_ON, Ref, TaskMode, Time,
    UnknownName, UserId, UserRef,
};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;
use kit::fields::FieldError;

use super::answers;
use super::bodies::{Members, Object, Properties, Sent, Word, Worded, body};
use super::codes::Code;
use super::errors::{Problem, problem};
use super::fields::{Fields, Named};
use super::item_problems::ItemProblem;
use super::jobs;
use super::lists;
use super::near_names;
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

impl Worded for TaskMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("each", TaskMode::Each), ("all", TaskMode::All)];
}

/// The word of an action.
#[derive(Clone, Copy)]
pub enum ActionWord {
    Enable,
    Disable,
    Unlock,
    Delete,
    EndSessions,
    RevokeKeys,
    ResetPassword,
    RequireSecondFactor,
    RemoveSecondFactor,
    Set,
    Join,
    Leave,
    Grant,
    Revoke,
    Move,
}

impl Worded for ActionWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("enable", ActionWord::Enable),
        ("disable", ActionWord::Disable),
        ("unlock", ActionWord::Unlock),
        ("delete", ActionWord::Delete),
        ("end_sessions", ActionWord::EndSessions),
        ("revoke_keys", ActionWord::RevokeKeys),
        ("reset_password", ActionWord::ResetPassword),
        ("require_second_factor", ActionWord::RequireSecondFactor),
        ("remove_second_factor", ActionWord::RemoveSecondFactor),
        ("set", ActionWord::Set),
        ("join", ActionWord::Join),
        ("leave", ActionWord::Leave),
        ("grant", ActionWord::Grant),
        ("revoke", ActionWord::Revoke),
        ("move", ActionWord::Move),
    ];
}

body! {
    pub struct DisableMembers {
        revoke_keys: optional bool,
    }
}

body! {
    pub struct RequireMembers {
        required: clearable bool,
    }
}

body! {
    pub struct SetMembers {
        change: needed Object,
    }
}

body! {
    pub struct GroupMembers {
        group: needed Named,
    }
}

body! {
    pub struct RoleMembers {
        role: needed Named,
        organisation: optional Named,
    }
}

body! {
    pub struct ExpiryMembers {
        expires_at: optional Time,
    }
}

body! {
    pub struct MoveMembers {
        home: needed Named,
    }
}

/// An action as sent: its word, and the members that this action has. Those of the others are unknown to it.
pub enum SentAction {
    /// One that has no members.
    Plain(Action),
    Require(RequireMembers),
    Set(SetMembers),
    Join(GroupMembers),
    Leave(GroupMembers),
    Grant(RoleMembers, ExpiryMembers),
    Revoke(RoleMembers),
    Move(MoveMembers),
}

body! {
    pub struct ActionMembers {
        action: needed Word<ActionWord>,
    }
}

impl Members for SentAction {
    fn names() -> Vec<&'static str> {
        [
            ActionMembers::names(),
            DisableMembers::names(),
            RequireMembers::names(),
            SetMembers::names(),
            GroupMembers::names(),
            RoleMembers::names(),
            ExpiryMembers::names(),
            MoveMembers::names(),
        ]
        .concat()
    }

    fn read(fields: &mut Fields) -> Result<Self, FieldError> {
        let Word(word) = ActionMembers::read(fields)?.action;
        Ok(match word {
            ActionWord::Enable => Self::Plain(Action::Enable),
            ActionWord::Disable => Self::Plain(Action::Disable {
                revoke_keys: DisableMembers::read(fields)?.revoke_keys.unwrap_or(false),
            }),
            ActionWord::Unlock => Self::Plain(Action::Unlock),
            ActionWord::Delete => Self::Plain(Action::Delete),
            ActionWord::EndSessions => Self::Plain(Action::EndSessions),
            ActionWord::RevokeKeys => Self::Plain(Action::RevokeKeys),
            ActionWord::ResetPassword => Self::Plain(Action::ResetPassword),
            ActionWord::RequireSecondFactor => Self::Require(RequireMembers::read(fields)?),
            ActionWord::RemoveSecondFactor => Self::Plain(Action::RemoveSecondFactor),
            ActionWord::Set => Self::Set(SetMembers::read(fields)?),
            ActionWord::Join => Self::Join(GroupMembers::read(fields)?),
            ActionWord::Leave => Self::Leave(GroupMembers::read(fields)?),
            ActionWord::Grant => {
                Self::Grant(RoleMembers::read(fields)?, ExpiryMembers::read(fields)?)
            }
            ActionWord::Revoke => Self::Revoke(RoleMembers::read(fields)?),
            ActionWord::Move => Self::Move(MoveMembers::read(fields)?),
        })
    }

    fn describe(members: &mut Properties<'_>) {
        ActionMembers::describe(members);
        members.any_of::<DisableMembers>();
        members.any_of::<RequireMembers>();
        members.any_of::<SetMembers>();
        members.any_of::<GroupMembers>();
        members.any_of::<RoleMembers>();
        members.any_of::<ExpiryMembers>();
        members.any_of::<MoveMembers>();
    }
}

body! {
    /// One action on the people of `users` or of `filter`, an expression as lists take it. `expect` refuses when the filter
    /// finds another number of people; `job` makes a job of the request also where it has few people.
    pub struct ActionsBody as "Actions" {
        users: optional Vec<Named>,
        filter: optional String,
        expect: optional i64,
        mode: optional Word<TaskMode>,
        job: optional bool,
        action: members SentAction,
    }
}

/// `POST /users/actions`: `?dry_run=true` tells what would become of each.
pub async fn act(request: Authenticated, body: Sent<ActionsBody>) -> Answer {
    lists::only(&request.query()?.0, &["dry_run"])?;
    let mut dry_run = false;
    for (name, value) in &request.query()?.0 {
        dry_run = lists::flag(name, value)?;
    }
    let sent = body.read()?;
    let Word(mode) = sent.mode.unwrap_or(Word(TaskMode::Each));
    let as_job = sent.job.unwrap_or(false);
    let action = action(&request, sent.action).await?;
    request.admit(directory::operation_of_action(&action))?;
    let people: Vec<UserRef> = match (sent.users, sent.filter) {
        (Some(named), None) => named.into_iter().map(Named::reference).collect(),
        (None, Some(filter)) => {
            let found = selected(&request, Some(&filter), None).await?;
            expect(sent.expect, found.len())?;
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
        let failed = |(_, item): &(usize, &ActedOn)| item.fault.is_some();
        if let Some((index, item)) = acted.items.iter().enumerate().find(failed)
            && let Some(fault) = &item.fault
        {
            let mut problem = refused(fault, item.unknown.as_ref());
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

/// Why a person was refused, with what was perhaps meant by a name that leads nowhere.
fn refused(fault: &Fault, unknown: Option<&UnknownName>) -> Problem {
    unknown.map_or_else(|| problem(fault), near_names::refuse)
}

fn shown((index, item): (usize, &ActedOn)) -> ItemBody {
    let fault = item.fault.as_ref();
    let problem = fault.map(|fault| refused(fault, item.unknown.as_ref()));
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
    while let Some(users) = chunks.next_chunk().await? {
        found.extend(users.iter().map(|user| user.id));
    }
    Ok(found)
}

/// The action, with what it names found.
async fn action(request: &Authenticated, sent: SentAction) -> Result<Action, Problem> {
    Ok(match sent {
        SentAction::Plain(action) => action,
        SentAction::Require(sent) => Action::RequireSecondFactor {
            required: sent.required.unwrap_or(Some(true)),
        },
        SentAction::Set(sent) => Action::Set {
            change: sent.change.0,
        },
        SentAction::Join(sent) => Action::Join {
            group: group(request, sent).await?,
        },
        SentAction::Leave(sent) => Action::Leave {
            group: group(request, sent).await?,
        },
        SentAction::Grant(sent, ExpiryMembers { expires_at }) => {
            let (role, organisation) = role(request, sent).await?;
            Action::Grant {
                role,
                organisation,
                expires_at,
            }
        }
        SentAction::Revoke(sent) => {
            let (role, organisation) = role(request, sent).await?;
            Action::Revoke { role, organisation }
        }
        SentAction::Move(sent) => {
            let home = references::organisation(request, "home", Some(sent.home)).await?;
            let home = home.ok_or_else(|| Problem::invalid("home", "is needed"))?;
            Action::Move { home: home.0 }
        }
    })
}

async fn group(request: &Authenticated, sent: GroupMembers) -> Result<i64, Problem> {
    let group = references::group(request, "group", Some(sent.group)).await?;
    let group = group.ok_or_else(|| Problem::invalid("group", "is needed"))?;
    Ok(group.0)
}

/// A role, and where: both by their numbers.
async fn role(request: &Authenticated, sent: RoleMembers) -> Result<(i64, Option<i64>), Problem> {
    let role = references::role(request, "role", Some(sent.role)).await?;
    let role = role.ok_or_else(|| Problem::invalid("role", "is needed"))?;
    let organisation = references::organisation(request, "organisation", sent.organisation).await?;
    Ok((role.0, organisation.map(|organisation| organisation.0)))
}
