use directory::{
    Accepts, Fault, FreshSession, Kind, NewKey, OrganisationId, Permission, Platform, Ref, Refusal,
    SessionId, SessionKind, SessionRequest, UserId,
};

use crate::support::{ADMINISTRATOR, HELPDESK, OWNER, ROOT, START, TOY, World, both, from};

both![
    listed_within_reach,
    ended_within_reach,
    tokens_of_keys,
    handed_back
];

const PASSWORD: &str = "tangerine umbrella 42";

fn unknown() -> Fault {
    Fault::Unauthenticated(Refusal::Unknown)
}

impl World {
    async fn person_at(&self, email: &str, home: OrganisationId) -> (UserId, FreshSession) {
        let new = directory::NewUser {
            email: Some(email.to_owned()),
            home: Some(home),
            password: directory::NewPassword::Chosen(PASSWORD.to_owned()),
            ..directory::NewUser::default()
        };
        let user = self.system().create_user(new).await.unwrap().id;
        (user, self.sign_in(email, PASSWORD).await.unwrap())
    }
}

async fn listed_within_reach(world: &World) {
    let (north, south) = (
        world.organisation("North", ROOT).await.id,
        world.organisation("South", ROOT).await.id,
    );
    let (ada, one) = world.person_at("ada@example.org", north).await;
    let (sam, two) = world.person_at("sam@example.org", south).await;
    let desk = world.person("desk@example.org", north, &[HELPDESK]).await;
    let ids = |sessions: Vec<directory::Session>| {
        let mut ids: Vec<SessionId> = sessions.into_iter().map(|session| session.id).collect();
        ids.sort_unstable();
        ids
    };
    let (one, two) = (one.session, two.session);
    assert_eq!(one.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(
        (one.agent.as_deref(), one.platform.as_str()),
        (Some("test"), "toy")
    );
    assert_eq!((one.created_at, one.idle), (START, 1_200_000));
    assert_eq!(one.expires_at, START.plus(43_200_000));
    let desk = world.as_user(desk.id).await;
    let own = world.as_user(ada).await;
    let both = [ada, sam];
    for (handle, seen) in [
        (&world.system(), vec![one.id, two.id]),
        (&desk, vec![one.id]),
        (&own, vec![one.id]),
    ] {
        assert_eq!(ids(handle.sessions(&both).await.unwrap()), seen);
        assert_eq!(ids(handle.all_sessions().await.unwrap()), seen);
    }
    // Rights are looked up in the statement itself, however many people are asked about.
    let mut many = both.to_vec();
    for number in 0..20 {
        let email = format!("person{number}@example.org");
        let home = if number % 2 == 0 { north } else { south };
        many.push(world.person_at(&email, home).await.0);
    }
    for (handle, seen) in [(&world.system(), 22), (&desk, 11), (&own, 1)] {
        let before = world.directory.statements();
        handle.sessions(&[ada]).await.unwrap();
        let for_one = world.directory.statements() - before;
        assert_eq!(handle.sessions(&many).await.unwrap().len(), seen);
        assert_eq!(world.directory.statements() - before, 2 * for_one);
    }
    assert_eq!(own.sessions(&[ada]).await.unwrap(), vec![one.clone()]);
    // What was not used for too long is no session any more, though its row is there.
    world.clock.advance(1_199_999);
    let used = world.sign_in("ada@example.org", PASSWORD).await.unwrap();
    assert_eq!(
        ids(own.sessions(&[ada]).await.unwrap()),
        [one.id, used.session.id]
    );
    world.clock.advance(1);
    assert_eq!(ids(own.sessions(&[ada]).await.unwrap()), [used.session.id]);
    world.clock.advance(10);
    world.caller_at(TOY, &used.secret).await.unwrap();
    let seen = own.sessions(&[ada]).await.unwrap()[0].last_seen_at;
    assert_eq!(seen, START.plus(1_200_010));
}

async fn ended_within_reach(world: &World) {
    let (north, south) = (
        world.organisation("North", ROOT).await.id,
        world.organisation("South", ROOT).await.id,
    );
    let (ada, one) = world.person_at("ada@example.org", north).await;
    let (sam, two) = world.person_at("sam@example.org", south).await;
    let desk = world.person("desk@example.org", north, &[HELPDESK]).await;
    let desk = world.as_user(desk.id).await;
    let own = world.as_user(ada).await;
    let gone = Err(Fault::NotFound(Kind::Session));
    // Who manages sessions somewhere is told nothing of those elsewhere; who does nowhere, only that.
    for (handle, refused) in [
        (&desk, Fault::NotFound(Kind::User)),
        (&own, Fault::Forbidden(Permission::ManageSessions)),
    ] {
        assert_eq!(handle.revoke_session(two.session.id).await, gone);
        assert_eq!(
            handle.revoke_session(Ref::Uuid(two.session.uuid)).await,
            gone
        );
        assert_eq!(handle.revoke_session(SessionId(999)).await, gone);
        for user in [sam, UserId(9_999)] {
            let ended = handle.revoke_sessions_of(user, None).await;
            assert_eq!(ended, Err(refused.clone()));
        }
    }
    own.revoke_session(Ref::Uuid(one.session.uuid))
        .await
        .unwrap();
    assert_eq!(own.revoke_session(one.session.id).await, gone);
    let again = world.sign_in("ada@example.org", PASSWORD).await.unwrap();
    let simple = Ref::Name(again.session.uuid.simple().to_string());
    desk.revoke_session(simple).await.unwrap();
    assert_eq!(
        world.caller_at(TOY, &again.secret).await.unwrap_err(),
        unknown()
    );
    assert!(world.caller_at(TOY, &two.secret).await.is_ok());
    assert_eq!(desk.revoke_sessions_of(ada, None).await, Ok(0));
    assert_eq!(world.system().revoke_sessions_of(sam, None).await, Ok(1));
    assert_eq!(own.sign_out().await, gone);
}

async fn tokens_of_keys(world: &World) {
    let (north, south) = (
        world.organisation("North", ROOT).await.id,
        world.organisation("South", ROOT).await.id,
    );
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let inside = world.person("inside@example.org", north, &[]).await;
    let limits = NewKey {
        scopes: vec!["users:read".to_owned()],
        read_only: true,
        expires_at: Some(START.plus(3_600_000)),
        ..NewKey::default()
    };
    let toy = world.at(TOY, boss.id).await;
    let key = toy.create_key(boss.id, limits).await.unwrap();
    let caller = world.caller_at(TOY, &key.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, Some(north), None)
        .await
        .unwrap();
    assert_eq!(token.session.key, Some(key.key.id));
    assert_eq!(token.session.kind, SessionKind::Token);
    let caller = world.caller_at(TOY, &token.secret).await.unwrap();
    assert_eq!((caller.user(), caller.organisation()), (boss.id, north));
    assert_eq!(caller.limits().scopes, ["users:read"]);
    let handle = world.directory.act(&caller);
    // It sees its organisation and no more, and writes no more than its key.
    let seen = handle
        .users(&directory::Query::default())
        .await
        .unwrap()
        .items;
    assert_eq!(
        seen.iter().map(|user| user.id).collect::<Vec<_>>(),
        [inside.id]
    );
    assert_eq!(
        handle
            .update_user(inside.id, directory::UserChange::default())
            .await
            .unwrap_err(),
        Fault::KeyLimit
    );
    let keys = world
        .directory
        .authenticate(TOY, &token.secret, Accepts::Keys, from("192.0.2.1"));
    assert_eq!(keys.await.unwrap_err(), unknown());
    // A token begets no token, and hidden organisations are none.
    assert_eq!(
        world
            .directory
            .mint_token(&caller, None, None)
            .await
            .unwrap_err(),
        Fault::Unauthenticated(Refusal::Missing)
    );
    let narrow = world.as_user(inside.id).await.caller();
    assert_eq!(
        world
            .directory
            .mint_token(&narrow, Some(south), None)
            .await
            .unwrap_err(),
        Fault::NotFound(Kind::Organisation)
    );
    assert_eq!(
        world
            .caller_at(Platform::USHER, &token.secret)
            .await
            .unwrap_err(),
        unknown()
    );
    // Uses count for the key.
    let used = world.system().key(key.key.id).await.unwrap().use_count;
    assert_eq!(used, 2);
    world.clock.advance(1_799_999);
    assert!(world.caller_at(TOY, &token.secret).await.is_ok());
    world.clock.advance(1);
    assert_eq!(
        world.caller_at(TOY, &token.secret).await.unwrap_err(),
        unknown()
    );
    // A key that is limited to an organisation gives tokens for that.
    let bound = NewKey {
        organisation: Some(south),
        ..NewKey::default()
    };
    let bound = toy.create_key(boss.id, bound).await.unwrap();
    let caller = world.caller_at(TOY, &bound.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    assert_eq!(token.session.organisation, Some(south));
    assert_eq!(
        world
            .directory
            .mint_token(&caller, Some(north), None)
            .await
            .unwrap_err(),
        Fault::NotFound(Kind::Organisation)
    );
}

async fn handed_back(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let fresh = world
        .system()
        .create_key(ada.id, NewKey::default())
        .await
        .unwrap();
    let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    let foreign = world.key_of(OWNER).await;
    let foreign = world.caller_at(TOY, &foreign).await.unwrap();
    let foreign = world
        .directory
        .mint_token(&foreign, None, None)
        .await
        .unwrap();
    let handle = world.directory.act(&caller);
    for (text, done) in [
        (foreign.secret.as_str(), false),
        (fresh.secret.as_str(), false),
        ("nothing", false),
        (token.secret.as_str(), true),
        (token.secret.as_str(), false),
    ] {
        assert_eq!(handle.revoke_token(text).await, Ok(done));
    }
    assert_eq!(
        world.caller_at(TOY, &token.secret).await.unwrap_err(),
        unknown()
    );
    assert!(world.caller_at(TOY, &foreign.secret).await.is_ok());
    // Signing in at a door, and out again.
    let (_, begun) = world.person_at("bob@example.org", ROOT).await;
    let session = world.as_session(&begun).await;
    session.sign_out().await.unwrap();
    assert_eq!(
        world.caller_at(TOY, &begun.secret).await.unwrap_err(),
        unknown()
    );
    let (request, name) = (SessionRequest::of(SessionKind::Bearer), "bob@example.org");
    let elsewhere = world.directory.sign_in(
        Platform::USHER,
        name,
        PASSWORD,
        None,
        request,
        from("192.0.2.1"),
    );
    let elsewhere = elsewhere.await.unwrap();
    assert_eq!(elsewhere.session.platform, "usher");
}
