//! Several people made at once: all or none, or each whole or not at all.

use directory::{Fault, NewUser, TaskMode, User};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;

use super::answers;
use super::bodies::{Later, Sent, Word, body};
use super::errors::{Problem, problem};
use super::item_problems::ItemProblem;
use super::lists;
use super::reply::{Answer, Reply};
use super::users::{self, NewUserBody, UserBody};

/// People of one request at most.
const MOST: usize = 1_000;

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ItemBody<'a> {
    index: usize,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UserBody<'a>")]
    user: Option<UserBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ItemProblem")]
    problem: Option<ItemProblem>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BatchReport")]
pub struct ItemsBody<'a> {
    items: Vec<ItemBody<'a>>,
    succeeded: usize,
    failed: usize,
}

body! {
    pub struct NewUsersBody as "NewUsers" {
        items: needed Vec<Later<NewUserBody>>,
        mode: optional Word<TaskMode>,
    }
}

/// `POST /users/batch`
pub async fn create(request: Authenticated, body: Sent<NewUsersBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let NewUsersBody { items, mode } = body.read()?;
    let Word(mode) = mode.unwrap_or(Word(TaskMode::All));
    if items.is_empty() || items.len() > MOST {
        return Err(Problem::invalid("items", format!("must be 1 to {MOST}")));
    }
    let mut all: Vec<Result<NewUser, Problem>> = Vec::with_capacity(items.len());
    for (position, item) in items.into_iter().enumerate() {
        let new = match item.read() {
            Ok(new) => users::new_user(&request, new).await,
            Err(problem) => Err(problem),
        };
        match new {
            Err(problem) if mode == TaskMode::All => return Err(within(problem, position)),
            new => all.push(new),
        }
    }
    match mode {
        TaskMode::All => all_or_none(&request, all).await,
        TaskMode::Each => each(&request, all).await,
    }
}

async fn all_or_none(request: &Authenticated, all: Vec<Result<NewUser, Problem>>) -> Answer {
    let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    let now = request.now();
    let show = move |made: &Vec<Result<User, Fault>>| {
        let mut items = Vec::with_capacity(made.len());
        for (position, made) in made.iter().enumerate() {
            let user = made.as_ref();
            let user = user.map_err(|fault| within(problem(fault), position))?;
            items.push(UserBody::of(user, now));
        }
        let mut reply = Reply::shown(&lists::whole(items))?;
        reply.status = 201;
        Ok(reply)
    };
    answers::once(request, request, show, |handle| {
        handle.create_each(all, TaskMode::All)
    })
    .await
}

async fn each(request: &Authenticated, all: Vec<Result<NewUser, Problem>>) -> Answer {
    let readable: Vec<NewUser> = all
        .iter()
        .filter_map(|new| new.as_ref().ok().cloned())
        .collect();
    let now = request.now();
    let show = move |made: &Vec<Result<User, Fault>>| report(&all, made, now);
    answers::once(request, request, show, |handle| {
        handle.create_each(readable, TaskMode::Each)
    })
    .await
}

/// What became of each item: those that could not be read were not tried.
fn report(
    all: &[Result<NewUser, Problem>],
    made: &[Result<User, Fault>],
    now: directory::Time,
) -> Answer {
    let mut made = made.iter();
    let mut items = Vec::with_capacity(all.len());
    for (index, new) in all.iter().enumerate() {
        let result = match new {
            Err(problem) => Err(problem.clone()),
            Ok(_) => match made.next() {
                Some(made) => made.as_ref().map_err(problem),
                None => return Err(Fault::Internal("an item was lost".to_owned()).into()),
            },
        };
        items.push(match result {
            Ok(user) => ItemBody {
                index,
                status: 201,
                user: Some(UserBody::of(user, now)),
                problem: None,
            },
            Err(problem) => ItemBody {
                index,
                status: problem.status,
                user: None,
                problem: Some(ItemProblem::of(problem)),
            },
        });
    }
    let failed = items.iter().filter(|item| item.problem.is_some()).count();
    Reply::shown(&ItemsBody {
        succeeded: items.len() - failed,
        failed,
        items,
    })
}

/// Says which item of a batch a problem lies in.
fn within(mut problem: Problem, position: usize) -> Problem {
    problem.field = Some(match problem.field {
        Some(field) => format!("items[{position}].{field}"),
        None => format!("items[{position}]"),
    });
    for error in &mut *problem.errors {
        error.field = format!("items[{position}].{}", error.field);
    }
    problem
}
