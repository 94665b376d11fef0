//! Imports, exports and actions on many people: what they come to, and that a job goes on where it
//! stopped, with no item twice and none left out.

use std::collections::BTreeMap;

use directory::{
    Action, Fault, FileFormat, Handle, Job, JobId, JobWorker, Kind, NewGrant, OnConflict,
    OrganisationId, ProfileChange, Query, Refusal, Selection, Standing, Status, Task, TaskMode,
    TaskWhat, UnknownName, UserChange, UserId,
};
use serde_json::{Value, json};

use crate::support::{ADMINISTRATOR, AUDITOR, HELPDESK, OWNER, ROOT, World, both};

both![
    imports_make_change_and_report,
    a_file_is_imported_whole_or_not_at_all,
    trials_change_nothing_and_tell_the_same,
    another_worker_goes_on_where_one_stopped,
    actions_are_planned_run_and_undone,
    what_cannot_be_undone_is_named,
    jobs_stop_when_told,
    jobs_act_with_their_owners_rights_of_now,
    what_is_exported_is_imported_unchanged,
    what_is_exported_is_selected_and_sorted,
    records_and_ties_are_imported,
    jobs_are_shown_to_their_owners,
];

fn named(email: &str) -> directory::Ref<UserId> {
    directory::Ref::Name(email.to_owned())
}

fn describe(fault: &Fault, _: Option<&UnknownName>) -> Value {
    json!({ "code": format!("{fault:?}"), "field": null, "detail": fault.to_string() })
}

fn import(on_conflict: OnConflict, mode: TaskMode, dry_run: bool) -> Task {
    Task::Import {
        what: TaskWhat::Users,
        format: FileFormat::Csv,
        on_conflict,
        mode,
        dry_run,
        notify: false,
    }
}

/// Begins a job with that body.
async fn begin(handle: &Handle, task: Task, body: &str) -> Job {
    let job = handle.begin_job(task, None).await.unwrap();
    for (number, piece) in body.as_bytes().chunks(directory::PIECE).enumerate() {
        let number = i64::try_from(number).unwrap();
        handle
            .add_job_body(job.id, number, piece.to_vec())
            .await
            .unwrap();
    }
    handle.make_job_ready(job.id).await.unwrap()
}

async fn work(world: &World) {
    let mut worker = JobWorker::new(&world.directory, describe);
    while worker.turn().await.unwrap() {}
}

async fn report(handle: &Handle, job: JobId) -> Vec<Value> {
    let (mut lines, mut number) = (Vec::new(), 0);
    while let Some(piece) = handle.job_report(job, number).await.unwrap() {
        lines.extend(piece);
        number += 1;
    }
    lines
}

/// How often each outcome stands in a report.
fn outcomes(lines: &[Value]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in lines {
        let outcome = line["outcome"].as_str().unwrap().to_owned();
        *found.entry(outcome).or_default() += 1;
    }
    found
}

fn counted(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs
        .iter()
        .map(|(outcome, count)| ((*outcome).to_owned(), *count))
        .collect()
}

async fn owner(world: &World) -> Handle {
    world.as_user(OWNER).await
}

fn table(people: usize) -> String {
    let mut table = String::from("email,given_name,family_name,title\n");
    for number in 0..people {
        table.push_str(&format!("p{number}@example.org,Person,{number},Analyst\n"));
    }
    table
}

async fn everybody(world: &World) -> u64 {
    let counted = Query {
        limit: 0,
        total: true,
        ..Query::default()
    };
    world.system().users(&counted).await.unwrap().total.unwrap()
}

async fn imports_make_change_and_report(world: &World) {
    let handle = owner(world).await;
    let north = world.organisation("North", ROOT).await.id;
    let group = world.group("Blue", north).await;
    let before = everybody(world).await;
    let file = "\u{feff}email,given_name,home,groups,roles,lock_after,title\r\n\
        ada@example.org,Ada,North,Blue@North,usher:helpdesk;usher:auditor@North,,Analyst\r\n\
        no-at,,,,,,\r\n\
        ada@example.org,Again,,,,,\r\n\
        \"bob@example.org\",\"Bob\",North,,,2030-01-31T12:00:00Z,'=1+1\r\n\
        fay@example.org,\"Fay\nthe Second\",,,,,\r\n\
        carol@example.org,Carol,Nowhere,,,,\r\n\
        dan@example.org,Dan,,,,soon,\r\n\
        eve@example.org\r\n";
    let job = begin(
        &handle,
        import(OnConflict::Fail, TaskMode::Each, false),
        file,
    )
    .await;
    work(world).await;
    let lines = report(&handle, job.id).await;
    let shown: Vec<(i64, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["line"].as_i64().unwrap(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (2, "created"),
            (3, "failed"),
            (4, "failed"),
            (5, "created"),
            (6, "failed"),
            // The name before holds a line end of its own, which no name may.
            (8, "failed"),
            (9, "failed"),
            (10, "failed")
        ]
    );
    assert_eq!(lines[2]["problem"]["code"], "Taken { field: \"email\" }");
    let found = handle.task_job(job.id).await.unwrap();
    assert_eq!(found.job.state, "succeeded");
    assert_eq!((found.job.done, found.job.total), (8, Some(8)));
    assert_eq!((found.detail.created, found.detail.failed), (2, 6));
    assert_eq!(everybody(world).await, before + 2);
    let ada = handle.user(named("ada@example.org")).await.unwrap();
    assert_eq!(
        (ada.home, ada.profile.title.as_deref()),
        (north, Some("Analyst"))
    );
    let joined = handle.groups_of(&[ada.id]).await.unwrap();
    assert!(joined.contains(&(ada.id, group.id)));
    let held = handle.grants_of(&[ada.id]).await.unwrap();
    let holds = |role, place: OrganisationId| {
        held.iter()
            .any(|one| one.role == role && one.organisation == place)
    };
    assert!(holds(HELPDESK, north) && holds(AUDITOR, north), "{held:?}");
    let bob = handle.user(named("bob@example.org")).await.unwrap();
    assert_eq!(bob.profile.title.as_deref(), Some("=1+1"));
    assert!(bob.lock_after.is_some());
    // A second time: what is there is left out, or changed where it differs.
    let again = "email,title,given_name\nada@example.org,Chief,Ada\nbob@example.org,'=1+1,\nnew@example.org,,\n";
    for (on_conflict, expected) in [
        (OnConflict::Skip, counted(&[("created", 1), ("skipped", 2)])),
        (
            OnConflict::Update,
            counted(&[("unchanged", 2), ("updated", 1)]),
        ),
        (OnConflict::Fail, counted(&[("failed", 3)])),
    ] {
        let job = begin(&handle, import(on_conflict, TaskMode::Each, false), again).await;
        work(world).await;
        let lines = report(&handle, job.id).await;
        assert_eq!(outcomes(&lines), expected, "{on_conflict:?}");
    }
    // Clearing is said, not left empty.
    let cleared = "email,title\nada@example.org,\\N\n";
    let job = begin(
        &handle,
        import(OnConflict::Update, TaskMode::Each, false),
        cleared,
    )
    .await;
    work(world).await;
    assert_eq!(
        outcomes(&report(&handle, job.id).await),
        counted(&[("updated", 1)])
    );
    assert_eq!(
        handle
            .user(named("ada@example.org"))
            .await
            .unwrap()
            .profile
            .title,
        None
    );
}

async fn a_file_is_imported_whole_or_not_at_all(world: &World) {
    let handle = owner(world).await;
    let before = everybody(world).await;
    let task = import(OnConflict::Fail, TaskMode::All, false);
    let file = format!("{}bad,,,\n", table(5));
    let job = begin(&handle, task.clone(), &file).await;
    work(world).await;
    let found = handle.task_job(job.id).await.unwrap();
    assert_eq!(found.job.state, "failed");
    assert!(found.detail.problem.is_some());
    let lines = report(&handle, job.id).await;
    assert_eq!(outcomes(&lines), counted(&[("failed", 1), ("skipped", 5)]));
    assert_eq!(everybody(world).await, before);
    let job = begin(&handle, task, &table(5)).await;
    work(world).await;
    assert_eq!(
        handle.task_job(job.id).await.unwrap().job.state,
        "succeeded"
    );
    assert_eq!(everybody(world).await, before + 5);
}

async fn trials_change_nothing_and_tell_the_same(world: &World) {
    let handle = owner(world).await;
    let before = everybody(world).await;
    let file = format!("{}p1@example.org,Twice,,\n", table(3));
    let trial = begin(
        &handle,
        import(OnConflict::Update, TaskMode::Each, true),
        &file,
    )
    .await;
    work(world).await;
    assert_eq!(everybody(world).await, before);
    let real = begin(
        &handle,
        import(OnConflict::Update, TaskMode::Each, false),
        &file,
    )
    .await;
    work(world).await;
    assert_eq!(everybody(world).await, before + 3);
    let trial = outcomes(&report(&handle, trial.id).await);
    assert_eq!(trial, outcomes(&report(&handle, real.id).await));
}

/// A worker is dropped at any moment, as often as a kill in earnest could come.
async fn another_worker_goes_on_where_one_stopped(world: &World) {
    const PEOPLE: usize = 700;
    let handle = owner(world).await;
    let before = everybody(world).await;
    let file = table(PEOPLE);
    let job = begin(
        &handle,
        import(OnConflict::Fail, TaskMode::Each, false),
        &file,
    )
    .await;
    let mut stops = 0;
    for patience in 0_u64.. {
        let mut worker = JobWorker::new(&world.directory, describe);
        let turn = worker.turn();
        // Longer and longer, so that a slow machine ends too.
        let time = 1 + (patience * 37) % (40 + patience * 10);
        let time = std::time::Duration::from_millis(time);
        let stopped = tokio::time::timeout(time, turn).await;
        // A person who had it is gone, and so is the time it had it for.
        world.clock.advance(20_000);
        match stopped {
            Ok(Ok(false)) => break,
            Ok(turned) => drop(turned.unwrap()),
            Err(_) => stops += 1,
        }
        if handle
            .task_job(job.id)
            .await
            .unwrap()
            .job
            .ended_at
            .is_some()
        {
            break;
        }
    }
    assert!(stops > 0);
    let lines = report(&handle, job.id).await;
    let numbers: Vec<i64> = lines
        .iter()
        .map(|line| line["line"].as_i64().unwrap())
        .collect();
    let expected: Vec<i64> = (2..).take(PEOPLE).collect();
    assert_eq!(numbers, expected);
    assert_eq!(outcomes(&lines), counted(&[("created", PEOPLE)]));
    assert_eq!(everybody(world).await, before + PEOPLE as u64);
    let found = handle.task_job(job.id).await.unwrap();
    assert_eq!(found.job.done, i64::try_from(PEOPLE).unwrap());
}

async fn people(world: &World, count: usize) -> Vec<UserId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let email = format!("p{number}@example.org");
        ids.push(world.person(&email, ROOT, &[]).await.id);
    }
    ids
}

async fn actions_are_planned_run_and_undone(world: &World) {
    let handle = owner(world).await;
    let ids = people(world, 6).await;
    // One is disabled already, and one is the caller, whom an action on many does not switch off.
    let change = UserChange {
        status: Some(Status::Inactive),
        ..UserChange::default()
    };
    handle.update_user(ids[0], change).await.unwrap();
    let mut chosen = ids.clone();
    chosen.push(OWNER);
    chosen.push(UserId(9_999));
    let action = Action::Disable { revoke_keys: false };
    let plan = handle.begin_action(action, TaskMode::Each, true, chosen);
    let plan = plan.await.unwrap();
    work(world).await;
    let verdicts = outcomes(&report(&handle, plan.id).await);
    assert_eq!(
        verdicts,
        counted(&[("done", 5), ("failed", 2), ("unchanged", 1)])
    );
    for id in &ids[1..] {
        assert_eq!(handle.user(*id).await.unwrap().status, Status::Active);
    }
    let run = handle.run_job(plan.id).await.unwrap();
    work(world).await;
    let lines = report(&handle, run.id).await;
    assert_eq!(outcomes(&lines), counted(&[("done", 5), ("unchanged", 1)]));
    assert!(
        lines.iter().all(|line| line.get("undo").is_none()),
        "{lines:?}"
    );
    for id in &ids {
        assert_eq!(handle.user(*id).await.unwrap().status, Status::Inactive);
    }
    // A person changes one of them meanwhile, and deletes another.
    let change = UserChange {
        profile: ProfileChange {
            title: Some(Some("Moved on".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    handle.update_user(ids[2], change).await.unwrap();
    handle.delete_user(ids[3]).await.unwrap();
    let undo = handle.undo_job(run.id).await.unwrap();
    work(world).await;
    let lines = report(&handle, undo.id).await;
    assert_eq!(outcomes(&lines), counted(&[("done", 3), ("failed", 2)]));
    let why = |id: UserId| {
        let line = lines.iter().find(|line| line["number"] == id.0).unwrap();
        line["problem"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(why(ids[2]), "Stale");
    assert_eq!(why(ids[3]), "NotFound(User)");
    for (place, expected) in [
        (0, Status::Inactive),
        (1, Status::Active),
        (2, Status::Inactive),
        (4, Status::Active),
        (5, Status::Active),
    ] {
        let user = handle.user(ids[place]).await.unwrap();
        assert_eq!(user.status, expected, "{place}");
    }
}

async fn what_cannot_be_undone_is_named(world: &World) {
    let handle = owner(world).await;
    let group = world.group("Blue", ROOT).await;
    for (action, outcome) in [
        (Action::Join { group: group.id.0 }, "done"),
        (
            Action::Grant {
                role: HELPDESK.0,
                organisation: Some(ROOT.0),
                expires_at: None,
            },
            "done",
        ),
        (
            Action::Set {
                change: change(&json!({"title": "T", "department": "D"})),
            },
            "done",
        ),
        (
            Action::RequireSecondFactor {
                required: Some(true),
            },
            "done",
        ),
        (Action::Delete, "failed"),
    ] {
        let user = world
            .person(&format!("{outcome}@example.org"), ROOT, &[])
            .await
            .id;
        let state = |user: directory::User, groups: Vec<_>, held: Vec<_>| {
            format!(
                "{:?} {:?} {} {}",
                user.profile.title,
                user.profile.department,
                groups.len(),
                held.len()
            )
        };
        let before = state(
            handle.user(user).await.unwrap(),
            handle.groups_of(&[user]).await.unwrap(),
            handle.grants_of(&[user]).await.unwrap(),
        );
        let begun = handle.begin_action(action.clone(), TaskMode::Each, false, vec![user]);
        let job = begun.await.unwrap();
        work(world).await;
        let done = report(&handle, job.id).await;
        assert_eq!(done[0]["outcome"], "done", "{action:?} {done:?}");
        let undo = handle.undo_job(job.id).await.unwrap();
        work(world).await;
        let lines = report(&handle, undo.id).await;
        assert_eq!(lines[0]["outcome"], outcome, "{action:?} {lines:?}");
        if outcome == "done" {
            let after = state(
                handle.user(user).await.unwrap(),
                handle.groups_of(&[user]).await.unwrap(),
                handle.grants_of(&[user]).await.unwrap(),
            );
            assert_eq!(after, before, "{action:?}");
            handle.delete_user(user).await.unwrap();
        }
    }
}

fn change(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn jobs_stop_when_told(world: &World) {
    let handle = owner(world).await;
    let before = everybody(world).await;
    let job = begin(
        &handle,
        import(OnConflict::Fail, TaskMode::Each, false),
        &table(3),
    )
    .await;
    assert_eq!(
        handle.forget_job(job.id).await,
        Err(Fault::InUse(Kind::Job))
    );
    handle.cancel_job(job.id).await.unwrap();
    work(world).await;
    let found = handle.task_job(job.id).await.unwrap();
    assert_eq!((found.job.state.as_str(), found.job.done), ("cancelled", 0));
    assert_eq!(everybody(world).await, before);
    handle.forget_job(job.id).await.unwrap();
    let gone = handle.task_job(job.id).await;
    assert_eq!(gone.err(), Some(Fault::NotFound(Kind::Job)));
    // What has ended goes by itself, files and all.
    let job = begin(
        &handle,
        import(OnConflict::Fail, TaskMode::Each, false),
        &table(3),
    )
    .await;
    work(world).await;
    let worker = JobWorker::new(&world.directory, describe);
    assert_eq!(worker.sweep().await, Ok(0));
    world.clock.advance(7 * 86_400_000 + 1);
    assert_eq!(worker.sweep().await, Ok(1));
    let gone = owner(world).await.task_job(job.id).await;
    assert_eq!(gone.err(), Some(Fault::NotFound(Kind::Job)));
}

async fn jobs_act_with_their_owners_rights_of_now(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let file = "email,home\nin@example.org,North\nout@example.org,South\n";
    let job = begin(&nora, import(OnConflict::Fail, TaskMode::Each, false), file).await;
    work(world).await;
    let lines = report(&nora, job.id).await;
    assert_eq!(lines[0]["outcome"], "created", "{lines:?}");
    assert_eq!(lines[1]["outcome"], "failed", "{lines:?}");
    // Rights that are gone by the time the job runs do not count.
    let job = begin(
        &nora,
        import(OnConflict::Fail, TaskMode::Each, false),
        &table(2),
    )
    .await;
    world
        .system()
        .revoke_role(tree.nora, ADMINISTRATOR, Some(tree.north))
        .await
        .unwrap();
    work(world).await;
    let lines = report(&world.system(), job.id).await;
    assert_eq!(outcomes(&lines), counted(&[("failed", 2)]));
    // And a person who is switched off meanwhile ends the job.
    let grant = NewGrant {
        role: ADMINISTRATOR,
        organisation: Some(tree.north),
        expires_at: None,
    };
    world.system().grant_role(tree.nora, grant).await.unwrap();
    let nora = world.as_user(tree.nora).await;
    let job = begin(
        &nora,
        import(OnConflict::Fail, TaskMode::Each, false),
        &table(2),
    )
    .await;
    let change = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    world.system().update_user(tree.nora, change).await.unwrap();
    work(world).await;
    let found = world.system().task_job(job.id).await.unwrap();
    assert_eq!((found.job.state.as_str(), found.job.done), ("failed", 0));
    let refused = Fault::Unauthenticated(Refusal::Standing(Standing::Suspended));
    assert_eq!(
        found.detail.problem.unwrap()["code"],
        format!("{refused:?}")
    );
}

async fn what_is_exported_is_imported_unchanged(world: &World) {
    let tree = world.tree().await;
    let handle = owner(world).await;
    let odd = world.organisation("2024; a@b", ROOT).await.id;
    let group = world.group("Blue", tree.north).await;
    handle.add_member(group.id, tree.nils).await.unwrap();
    handle.add_membership(tree.nils, odd, None).await.unwrap();
    for (place, title) in ["=1+1", "'=x", "\\N", "a,\"b\";c", "'", "-"]
        .iter()
        .enumerate()
    {
        let email = format!("odd{place}@example.org");
        let user = world.person(&email, odd, &[]).await.id;
        let change = UserChange {
            profile: ProfileChange {
                title: Some(Some((*title).to_owned())),
                ..ProfileChange::default()
            },
            ..UserChange::default()
        };
        handle.update_user(user, change).await.unwrap();
    }
    let all = handle.users(&Query::default()).await.unwrap().items;
    let ids: Vec<UserId> = all.iter().map(|user| user.id).collect();
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        let what = TaskWhat::Users;
        let file = exported(world, &handle, what, format, Some(ids.clone()), whole()).await;
        let job = begin(&handle, import_of(what, format, OnConflict::Update), &file).await;
        work(world).await;
        let lines = report(&handle, job.id).await;
        assert_eq!(
            outcomes(&lines),
            counted(&[("unchanged", ids.len())]),
            "{file}\n{lines:?}"
        );
        // Records and ties come back as they were; what groups bring, and what platforms install, is left out.
        for what in [
            TaskWhat::Organisations,
            TaskWhat::Groups,
            TaskWhat::Memberships,
            TaskWhat::Grants,
        ] {
            let people = Some(ids.clone());
            let file = exported(world, &handle, what, format, people, whole()).await;
            let job = begin(&handle, import_of(what, format, OnConflict::Update), &file).await;
            work(world).await;
            let lines = report(&handle, job.id).await;
            assert!(!lines.is_empty(), "{what:?}");
            let found = outcomes(&lines);
            let other = found
                .keys()
                .find(|outcome| !["unchanged", "skipped"].contains(&outcome.as_str()));
            assert_eq!(other, None, "{what:?}\n{file}\n{lines:?}");
            assert!(found["unchanged"] > 0, "{what:?}: {found:?}");
        }
    }
    for what in [TaskWhat::Keys, TaskWhat::Events] {
        let file = exported(world, &handle, what, FileFormat::Csv, None, whole()).await;
        assert!(!file.is_empty());
    }
}

fn whole() -> Selection {
    Selection::default()
}

fn import_of(what: TaskWhat, format: FileFormat, on_conflict: OnConflict) -> Task {
    Task::Import {
        what,
        format,
        on_conflict,
        mode: TaskMode::Each,
        dry_run: false,
        notify: false,
    }
}

/// The file of an export.
async fn exported(
    world: &World,
    handle: &Handle,
    what: TaskWhat,
    format: FileFormat,
    people: Option<Vec<UserId>>,
    selection: Selection,
) -> String {
    let begun = handle.begin_export(what, format, Vec::new(), people, selection);
    let job = begun.await.unwrap();
    work(world).await;
    let found = handle.task_job(job.id).await.unwrap();
    assert_eq!(found.job.state, "succeeded", "{found:?}");
    let (mut file, mut at) = (Vec::new(), 0);
    while at < found.detail.result_bytes {
        let (begins, bytes) = handle.job_result(job.id, at).await.unwrap().unwrap();
        assert_eq!(begins, at);
        at += i64::try_from(bytes.len()).unwrap();
        file.extend(bytes);
    }
    String::from_utf8(file).unwrap()
}

async fn what_is_exported_is_selected_and_sorted(world: &World) {
    let handle = owner(world).await;
    for name in ["North", "Northwest", "South"] {
        world.organisation(name, ROOT).await;
    }
    for (filter, sort, expected) in [
        (
            Some("name sw \"north\""),
            Some("-name"),
            &["Northwest", "North"][..],
        ),
        (Some("name eq South"), None, &["South"]),
        (Some("name eq Nowhere"), None, &[]),
    ] {
        let selection = Selection {
            filter: filter.map(str::to_owned),
            sort: sort.map(str::to_owned),
        };
        let what = TaskWhat::Organisations;
        let file = exported(world, &handle, what, FileFormat::Ndjson, None, selection).await;
        let names: Vec<String> = file
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["name"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(names, expected, "{filter:?}");
    }
    let selection = Selection {
        filter: Some("user eq \"nobody@example.org\"".to_owned()),
        sort: None,
    };
    let none = exported(
        world,
        &handle,
        TaskWhat::Grants,
        FileFormat::Ndjson,
        None,
        selection,
    )
    .await;
    assert_eq!(none, "");
}

/// Imports a table; what became of each of its lines.
async fn outcomes_of(
    world: &World,
    handle: &Handle,
    what: TaskWhat,
    on_conflict: OnConflict,
    file: &str,
) -> Vec<String> {
    let job = begin(handle, import_of(what, FileFormat::Csv, on_conflict), file).await;
    work(world).await;
    let lines = report(handle, job.id).await;
    lines
        .iter()
        .map(|line| {
            let outcome = line["outcome"].as_str().unwrap();
            match line["problem"]["code"].as_str() {
                None => outcome.to_owned(),
                Some(code) => format!("{outcome} {code}"),
            }
        })
        .collect()
}

async fn records_and_ties_are_imported(world: &World) {
    let handle = owner(world).await;
    let person = world.person("ada@example.org", ROOT, &[]).await;
    let (fail, skip, update) = (OnConflict::Fail, OnConflict::Skip, OnConflict::Update);
    let organisations = "name,parent,sector,domains,local\n\
        North,,Energy,example.org;example.net,true\n\
        Northwest,North,,,false\n\
        ,,,,\n\
        South,Nowhere,,,\n";
    let groups = "name,organisation,description,platform\n\
        Blue,North,Watches,\n\
        Green,,,\n\
        Built in,North,,misp\n";
    let memberships = "user,organisation,administrator,home\n\
        ada@example.org,North,,false\n\
        nobody@example.org,North,,false\n";
    let grants = "user,role,organisation,expires_at,path\n\
        ada@example.org,usher:auditor,North,2031-01-31T12:00:00Z,direct\n\
        ada@example.org,usher:helpdesk,,,\n\
        ada@example.org,usher:helpdesk,North,,group\n\
        ada@example.org,usher:nonsense,,,\n";
    let people = "login,email,title\nrunner,,Robot\n";
    use TaskWhat::{Grants, Groups, Memberships, Organisations, Users};
    let taken = |field: &str| {
        format!("failed {:?}", Fault::Taken { field: "" }).replace("\"\"", &format!("{field:?}"))
    };
    let unknown = |kind| format!("failed {:?}", Fault::UnknownReference(kind));
    let nameless = format!("failed {:?}", Fault::invalid("name", "is needed"));
    let stays = |outcome: &str| outcome.to_owned();
    for (what, file, made, again) in [
        (
            Organisations,
            organisations,
            vec![
                stays("created"),
                stays("created"),
                nameless.clone(),
                unknown(Kind::Organisation),
            ],
            vec![
                taken("name"),
                taken("name"),
                nameless.clone(),
                unknown(Kind::Organisation),
            ],
        ),
        (
            Groups,
            groups,
            vec![stays("created"), stays("created"), stays("skipped")],
            vec![taken("name"), taken("name"), stays("skipped")],
        ),
        (
            Memberships,
            memberships,
            vec![stays("created"), unknown(Kind::User)],
            vec![taken("organisation"), unknown(Kind::User)],
        ),
        (
            Grants,
            grants,
            vec![
                stays("created"),
                stays("created"),
                stays("skipped"),
                unknown(Kind::Role),
            ],
            vec![
                taken("role"),
                taken("role"),
                stays("skipped"),
                unknown(Kind::Role),
            ],
        ),
        (Users, people, vec![stays("created")], vec![taken("login")]),
    ] {
        assert_eq!(
            outcomes_of(world, &handle, what, fail, file).await,
            made,
            "{what:?}"
        );
        assert_eq!(
            outcomes_of(world, &handle, what, fail, file).await,
            again,
            "{what:?}"
        );
        let settled = |word: &str| -> Vec<String> {
            made.iter()
                .map(|outcome| {
                    if outcome == "created" {
                        word.to_owned()
                    } else {
                        outcome.clone()
                    }
                })
                .collect()
        };
        let skipped = outcomes_of(world, &handle, what, skip, file).await;
        assert_eq!(skipped, settled("skipped"), "{what:?}");
        let unchanged = outcomes_of(world, &handle, what, update, file).await;
        assert_eq!(unchanged, settled("unchanged"), "{what:?}");
    }
    for (what, file) in [
        (Organisations, "name,sector\nnorth,Health\n"),
        (Groups, "name,organisation,description\nblue,North,\\N\n"),
        (
            Memberships,
            "user,organisation,administrator\nada@example.org,North,true\n",
        ),
        (
            Grants,
            "user,role,organisation,expires_at\nada@example.org,usher:auditor,North,\\N\n",
        ),
        (Users, "login,title\nRunner,Machine\n"),
    ] {
        for expected in ["updated", "unchanged"] {
            let found = outcomes_of(world, &handle, what, update, file).await;
            assert_eq!(found, [expected], "{what:?}");
        }
    }
    let north = handle
        .organisation(directory::Ref::Name("North".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        (north.sector.as_deref(), north.domains.len()),
        (Some("Health"), 2)
    );
    let held = handle.grants_of(&[person.id]).await.unwrap();
    assert!(
        held.iter()
            .any(|one| one.word == "auditor" && one.expires_at.is_none())
    );
    // Who may make no organisation begins no such import.
    let auditor = world.person("auditor@example.org", ROOT, &[AUDITOR]).await;
    let auditor = world.as_user(auditor.id).await;
    for what in [Organisations, Groups, Memberships, Grants, Users] {
        let task = import_of(what, FileFormat::Csv, fail);
        let refused = auditor.begin_job(task, None).await;
        assert!(
            matches!(refused, Err(Fault::Forbidden(_))),
            "{what:?}: {refused:?}"
        );
    }
}

async fn jobs_are_shown_to_their_owners(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let job = begin(
        &nora,
        import(OnConflict::Fail, TaskMode::Each, false),
        &table(1),
    )
    .await;
    let sara = world.as_user(tree.sara).await;
    let missing = Some(Fault::NotFound(Kind::Job));
    assert_eq!(sara.task_job(job.id).await.err(), missing);
    assert_eq!(sara.cancel_job(job.id).await.err(), missing);
    assert_eq!(sara.job_report(job.id, 0).await.err(), missing);
    assert_eq!(sara.add_job_body(job.id, 1, vec![1]).await.err(), missing);
    let query = directory::Query::<directory::JobField>::default();
    let count = async |handle: &Handle| handle.task_jobs(&query).await.unwrap().items.len();
    assert_eq!(count(&sara).await, 0);
    assert_eq!(count(&nora).await, 1);
    assert_eq!(count(&owner(world).await).await, 1);
    // A person who may do nothing of it begins no job.
    let nils = world.as_user(tree.nils).await;
    let action = Action::Disable { revoke_keys: false };
    let refused = nils.begin_action(action, TaskMode::Each, false, vec![tree.bob]);
    assert!(matches!(refused.await, Err(Fault::Forbidden(_))));
}
