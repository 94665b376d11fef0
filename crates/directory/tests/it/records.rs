use directory::{
    Direction, Extended, Fault, Handle, Kind, NewExtension, NewRecord, NewUser, OrganisationId,
    Permission, Predicate, Query, Record, RecordChange, RecordField, RecordRef, Test, UserId,
};
use serde_json::json;

use crate::platforms::{CLUB, SOLO};
use crate::support::{OWNER, ROOT, TOY, World, both};

both!(
    own_records_are_private_and_ordered,
    shared_records_are_managed,
    dialects_do_not_meet,
    filed_without_signing_in,
    a_record_becomes_one_user,
    records_go_with_their_owner,
    extensions_belong_to_their_dialect,
    extensions_are_bounded,
    jobs_are_their_owners,
);

fn content(text: &str) -> NewExtension {
    NewExtension {
        document: json!({ "text": text }),
        terms: vec![("text".to_owned(), text.to_owned())],
    }
}

fn own(owner: UserId, text: &str) -> NewRecord {
    NewRecord {
        kind: "favourite".to_owned(),
        owner: Some(owner),
        content: content(text),
        ..NewRecord::default()
    }
}

fn shared(organisation: Option<OrganisationId>, text: &str) -> NewRecord {
    NewRecord {
        kind: "theme".to_owned(),
        organisation,
        content: content(text),
        ..NewRecord::default()
    }
}

fn texts(records: &[Record]) -> Vec<(i64, &str)> {
    records
        .iter()
        .map(|record| (record.position, record.document["text"].as_str().unwrap()))
        .collect()
}

async fn own_records_are_private_and_ordered(world: &World) {
    let tree = world.tree().await;
    let nils = world.at(TOY, tree.nils).await;
    let by_place = Query {
        sort: Some(RecordField::Position),
        ..Query::default()
    };
    let list = async || nils.records("favourite", &by_place).await.unwrap().items;
    let mut numbers = Vec::new();
    for text in ["a", "b", "c"] {
        let record = nils.create_record(own(tree.nils, text)).await.unwrap();
        numbers.push(RecordRef::Number(record.number));
    }
    let first = NewRecord {
        position: Some(1),
        ..own(tree.nils, "d")
    };
    nils.create_record(first).await.unwrap();
    assert_eq!(
        texts(&list().await),
        [(1, "d"), (2, "a"), (3, "b"), (4, "c")]
    );
    for (which, place, expected) in [
        (0, 4, [(1, "d"), (2, "b"), (3, "c"), (4, "a")]),
        (0, 1, [(1, "a"), (2, "d"), (3, "b"), (4, "c")]),
        (1, 99, [(1, "a"), (2, "d"), (3, "c"), (4, "b")]),
        (1, 0, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
        (1, 1, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
    ] {
        let change = RecordChange {
            position: Some(place),
            ..RecordChange::default()
        };
        nils.update_record("favourite", numbers[which], change)
            .await
            .unwrap();
        assert_eq!(texts(&list().await), expected, "{which} to {place}");
    }
    // By so many places, from where it stands; at the edges it stays.
    for (which, by, expected) in [
        (0, 1, [(1, "b"), (2, "d"), (3, "a"), (4, "c")]),
        (0, -1, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
        (1, -1, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
        (2, 1, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
        (2, i64::MIN, [(1, "c"), (2, "b"), (3, "a"), (4, "d")]),
        (2, i64::MAX, [(1, "b"), (2, "a"), (3, "d"), (4, "c")]),
    ] {
        let change = RecordChange {
            move_by: Some(by),
            ..RecordChange::default()
        };
        let moved = nils.update_record("favourite", numbers[which], change);
        moved.await.unwrap();
        assert_eq!(texts(&list().await), expected, "{which} by {by}");
    }
    nils.delete_record("favourite", numbers[0]).await.unwrap();
    assert_eq!(texts(&list().await), [(1, "b"), (2, "d"), (3, "c")]);
    // Nobody else sees or touches them, whatever they hold.
    let owner = world.at(TOY, OWNER).await;
    let missing = Err(Fault::NotFound(Kind::Record));
    for which in [numbers[1], RecordRef::Number(999)] {
        assert_eq!(owner.record("favourite", which, None).await, missing);
        assert_eq!(owner.delete_record("favourite", which).await, missing);
        let change = RecordChange {
            content: Some(content("mine")),
            ..RecordChange::default()
        };
        assert_eq!(
            owner.update_record("favourite", which, change).await,
            missing
        );
    }
    let seen = owner.records("favourite", &by_place).await.unwrap();
    assert_eq!(seen.items, vec![]);
    assert_eq!(
        owner.create_record(own(tree.nils, "forged")).await,
        Err(Fault::Forbidden(Permission::ManageRecords))
    );
    // Terms find them; a new document brings new terms.
    let term = |text: &str| Query {
        predicate: Predicate::Is(
            RecordField::Term(TOY, "text".to_owned()),
            Test::Equals(text.into()),
        ),
        ..Query::default()
    };
    let change = RecordChange {
        content: Some(content("e")),
        if_version: Some(
            nils.record("favourite", numbers[2], None)
                .await
                .unwrap()
                .version,
        ),
        ..RecordChange::default()
    };
    nils.update_record("favourite", numbers[2], change.clone())
        .await
        .unwrap();
    assert_eq!(
        nils.update_record("favourite", numbers[2], change).await,
        Err(Fault::Stale)
    );
    for (text, count) in [("c", 0), ("e", 1)] {
        let found = nils.records("favourite", &term(text)).await.unwrap();
        assert_eq!(found.items.len(), count, "{text}");
    }
}

async fn shared_records_are_managed(world: &World) {
    let tree = world.tree().await;
    let owner = world.at(TOY, OWNER).await;
    let nora = world.at(TOY, tree.nora).await;
    let nils = world.at(TOY, tree.nils).await;
    let bob = world.at(TOY, tree.bob).await;
    owner.create_record(shared(None, "all")).await.unwrap();
    let theirs = shared(Some(tree.north), "north");
    let north = nora.create_record(theirs.clone()).await.unwrap();
    for (who, record, expected) in [
        (
            &nora,
            shared(None, "x"),
            Fault::Forbidden(Permission::ManageRecords),
        ),
        (
            &nora,
            shared(Some(tree.south), "x"),
            Fault::UnknownReference(Kind::Organisation),
        ),
        (&nils, theirs, Fault::Forbidden(Permission::ManageRecords)),
    ] {
        assert_eq!(who.create_record(record).await, Err(expected));
    }
    // The dialect says who reads them: by default those who manage them.
    let all = |seen_by| Query {
        seen_by,
        direction: Direction::Down,
        ..Query::default()
    };
    let everybody = Some(Permission::SignedIn);
    for (what, who, seen_by, expected) in [
        ("owner", &owner, None, vec!["north", "all"]),
        ("administrator", &nora, None, vec!["north"]),
        ("member", &nils, None, vec![]),
        ("administrator", &nora, everybody, vec!["north", "all"]),
        ("member", &nils, everybody, vec!["north", "all"]),
        ("member below", &bob, everybody, vec!["all"]),
    ] {
        let page = who.records("theme", &all(seen_by)).await.unwrap();
        let seen: Vec<&str> = texts(&page.items).iter().map(|(_, text)| *text).collect();
        assert_eq!(seen, expected, "{what}");
        let one = who
            .record("theme", RecordRef::Uuid(north.uuid), seen_by)
            .await;
        assert_eq!(one.is_ok(), expected.contains(&"north"), "{what}");
    }
    // Reading is not changing.
    assert_eq!(
        nils.delete_record("theme", RecordRef::Uuid(north.uuid))
            .await,
        Err(Fault::NotFound(Kind::Record))
    );
    assert!(
        nora.delete_record("theme", RecordRef::Uuid(north.uuid))
            .await
            .is_ok()
    );
}

async fn dialects_do_not_meet(world: &World) {
    let toy = world.at(TOY, OWNER).await;
    let solo = world.at(SOLO, OWNER).await;
    for (handle, number) in [(&toy, 1), (&toy, 2), (&solo, 1)] {
        let record = handle.create_record(shared(None, "x")).await.unwrap();
        assert_eq!(record.number, number);
    }
    let missing = Err(Fault::NotFound(Kind::Record));
    let second = RecordRef::Number(2);
    assert_eq!(solo.record("theme", second, None).await, missing);
    assert_eq!(toy.record("favourite", second, None).await, missing);
    // Numbers are not given twice.
    toy.delete_record("theme", second).await.unwrap();
    let next = toy.create_record(shared(None, "y")).await.unwrap();
    assert_eq!(next.number, 3);
}

async fn filed_without_signing_in(world: &World) {
    let directory = &world.directory;
    let filed = directory
        .file_record(SOLO, shared(None, "me"), None)
        .await
        .unwrap();
    assert_eq!((filed.owner, filed.created_by), (None, None));
    let stranger = Some("192.0.2.7".parse().unwrap());
    let foreign = directory.file_record(SOLO, own(OWNER, "x"), stranger).await;
    assert!(foreign.is_err());
    let unknown = shared(Some(OrganisationId(999)), "x");
    assert_eq!(
        directory.file_record(SOLO, unknown, None).await,
        Err(Fault::UnknownReference(Kind::Organisation))
    );
    let page = world
        .at(SOLO, OWNER)
        .await
        .records("theme", &Query::default())
        .await
        .unwrap();
    assert_eq!(page.items, vec![filed]);
    // One address files no more for a while, and another does.
    let mut filed = 0;
    while directory
        .file_record(SOLO, shared(None, "me"), stranger)
        .await
        .is_ok()
    {
        filed += 1;
    }
    assert_eq!(filed, 49);
    let other = Some("198.51.100.7".parse().unwrap());
    assert!(
        directory
            .file_record(SOLO, shared(None, "me"), other)
            .await
            .is_ok()
    );
}

async fn a_record_becomes_one_user(world: &World) {
    let tree = world.tree().await;
    let owner = world.at(TOY, OWNER).await;
    let record = owner.create_record(shared(None, "me")).await.unwrap();
    let which = RecordRef::Uuid(record.uuid);
    let new = |email: &str| NewUser {
        email: Some(email.to_owned()),
        ..NewUser::default()
    };
    let make = async |handle: &Handle, email: &str| {
        let made = handle.create_user_from_record(new(email), "theme", which);
        made.await
    };
    owner.create_user(new("taken@example.org")).await.unwrap();
    let count = async || owner.count_users(&Query::default()).await.unwrap();
    let before = count().await;
    // What is refused leaves the record, and no user.
    let nora = world.at(TOY, tree.nora).await;
    let missing = Err(Fault::NotFound(Kind::Record));
    assert_eq!(make(&nora, "new@example.org").await, missing);
    let nils = world.at(TOY, tree.nils).await;
    let refused = Err(Fault::Forbidden(Permission::CreateUsers));
    assert_eq!(make(&nils, "new@example.org").await, refused);
    let taken = make(&owner, "taken@example.org").await;
    assert!(matches!(taken, Err(Fault::Taken { .. })), "{taken:?}");
    assert_eq!(owner.record("theme", which, None).await, Ok(record));
    assert_eq!(count().await, before);
    // Of requests at once one makes a user of it.
    let (one, other) = tokio::join!(
        make(&owner, "one@example.org"),
        make(&owner, "other@example.org")
    );
    let (made, refused) = if one.is_ok() {
        (one, other)
    } else {
        (other, one)
    };
    assert!(made.is_ok(), "{made:?}");
    assert_eq!(refused, missing);
    assert_eq!(count().await, before + 1);
    let gone = owner.record("theme", which, None).await;
    assert_eq!(gone, Err(Fault::NotFound(Kind::Record)));
}

async fn records_go_with_their_owner(world: &World) {
    let tree = world.tree().await;
    let nils = world.at(TOY, tree.nils).await;
    nils.create_record(own(tree.nils, "a")).await.unwrap();
    let system = world.system();
    system.delete_user(tree.nils).await.unwrap();
    let next = world.at(TOY, tree.nora).await;
    let record = next.create_record(own(tree.nora, "b")).await.unwrap();
    assert_eq!(record.number, 2);
    // A read-only key makes none.
    let fresh = system
        .create_key(
            tree.nora,
            directory::NewKey {
                read_only: true,
                ..directory::NewKey::default()
            },
        )
        .await
        .unwrap();
    let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
    let refused = world
        .directory
        .act(&caller)
        .create_record(own(tree.nora, "c"))
        .await;
    assert_eq!(refused, Err(Fault::KeyLimit));
}

async fn extensions_belong_to_their_dialect(world: &World) {
    let tree = world.tree().await;
    let toy = world.at(TOY, OWNER).await;
    let solo = world.at(SOLO, OWNER).await;
    let document = |handle, kind, id| {
        let handle: &directory::Handle = handle;
        let handle = handle.clone();
        async move {
            let found = handle.extensions(kind, &[id]).await.unwrap();
            found.get(&id).map(|document| document["text"].clone())
        }
    };
    let group = world.group("Blue", tree.north).await;
    let targets = [
        (Extended::User, tree.nils.0),
        (Extended::Organisation, tree.north.0),
        (Extended::Group, group.id.0),
        (Extended::Role, crate::support::BOSS.0),
    ];
    for (kind, id) in targets {
        assert_eq!(document(&toy, kind, id).await, None);
        toy.put_extension(kind, id, content("mine")).await.unwrap();
        assert_eq!(document(&toy, kind, id).await, Some(json!("mine")));
        assert_eq!(document(&solo, kind, id).await, None);
        let missing = toy.put_extension(kind, 999, content("x")).await;
        assert!(matches!(missing, Err(Fault::NotFound(_))), "{missing:?}");
    }
    // Who sees the entity reads it, who may change it writes it; of oneself, everybody.
    let sven = world.at(TOY, tree.sven).await;
    let nils = world.at(TOY, tree.nils).await;
    for (kind, id) in &targets[..3] {
        assert_eq!(document(&sven, *kind, *id).await, None);
        assert!(sven.put_extension(*kind, *id, content("x")).await.is_err());
    }
    nils.put_extension(Extended::User, tree.nils.0, content("own"))
        .await
        .unwrap();
    assert_eq!(
        document(&toy, Extended::User, tree.nils.0).await,
        Some(json!("own"))
    );
    assert_eq!(
        nils.put_extension(Extended::Organisation, tree.north.0, content("x"))
            .await,
        Err(Fault::Forbidden(Permission::ManageOrganisations))
    );
}

async fn extensions_are_bounded(world: &World) {
    let handle = world.at(CLUB, OWNER).await;
    let big = NewExtension {
        document: json!("x".repeat(1_000_001)),
        terms: vec![],
    };
    let many = NewExtension {
        document: json!(null),
        terms: (0..1_001).map(|n| (n.to_string(), String::new())).collect(),
    };
    let nul = NewExtension {
        document: json!("a\u{0}b"),
        terms: vec![("a\u{0}".to_owned(), String::new())],
    };
    for (what, new) in [("big", big), ("many", many), ("nul", nul)] {
        let put = handle
            .put_extension(Extended::User, OWNER.0, new.clone())
            .await;
        assert!(matches!(put, Err(Fault::Invalid { .. })), "{what} {put:?}");
        let record = NewRecord {
            content: new,
            ..shared(None, "")
        };
        let made = handle.create_record(record).await;
        assert!(
            matches!(made, Err(Fault::Invalid { .. })),
            "{what} {made:?}"
        );
    }
    // NUL inside a document is text like any other.
    let fine = NewExtension {
        document: json!("a\u{0}b"),
        terms: vec![],
    };
    handle
        .put_extension(Extended::User, OWNER.0, fine)
        .await
        .unwrap();
    let back = handle.extensions(Extended::User, &[OWNER.0]).await.unwrap();
    assert_eq!(back.get(&OWNER.0), Some(&json!("a\u{0}b")));
}

async fn jobs_are_their_owners(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    let ada = world.as_user(ada).await;
    let new = |kind: &str| directory::NewJob {
        kind: kind.to_owned(),
        total: Some(2),
        detail: json!({}),
    };
    let job = ada.create_job(new("import")).await.unwrap();
    ada.create_job(new("export")).await.unwrap();
    let kinds: Vec<String> = ada
        .jobs(None, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|job| job.kind)
        .collect();
    assert_eq!(kinds, ["export", "import"]);
    let change = |state: &str, done| directory::JobChange {
        state: Some(state.to_owned()),
        done: Some(done),
        ..directory::JobChange::default()
    };
    let missing = Err(Fault::NotFound(Kind::Job));
    let owner = world.as_user(OWNER).await;
    assert_eq!(owner.job(job.id).await, missing);
    assert_eq!(owner.update_job(job.id, change("failed", 0)).await, missing);
    let running = ada.update_job(job.id, change("running", 1)).await.unwrap();
    assert!(running.started_at.is_some() && running.ended_at.is_none());
    let odd = ada.update_job(job.id, change("paused", 1)).await;
    assert!(matches!(odd, Err(Fault::Invalid { field: "state", .. })));
    let done = ada
        .update_job(job.id, change("succeeded", 2))
        .await
        .unwrap();
    assert_eq!((done.done, done.ended_at.is_some()), (2, true));
    assert_eq!(
        ada.update_job(job.id, change("running", 0)).await,
        Err(Fault::Protected(Kind::Job))
    );
    assert_eq!(ada.job(job.id).await, Ok(done));
}
