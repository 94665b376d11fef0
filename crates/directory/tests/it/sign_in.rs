use directory::{
    Accepts, Fault, Platform, Refusal, SessionKind, SessionRequest, Standing, Status, UserChange,
};

use crate::support::{OWNER, OWNER_EMAIL, OWNER_PASSWORD, START, TOY, World, both, from};

both![answers, sessions_end_by_the_clock];

const PASSWORD: &str = "tangerine umbrella 42";

fn refused(refusal: Refusal) -> Fault {
    Fault::Unauthenticated(refusal)
}

async fn answers(world: &World) {
    let ada = world
        .person_with_password("Ada@example.org", PASSWORD)
        .await;
    let none = world
        .person("none@example.org", crate::support::ROOT, &[])
        .await;
    assert!(!none.has_password);
    let door = SessionRequest::of(SessionKind::Bearer);
    for (name, password, verdict) in [
        ("ada@example.org", PASSWORD, Ok(ada.id)),
        ("  ADA@EXAMPLE.ORG ", PASSWORD, Ok(ada.id)),
        (OWNER_EMAIL, OWNER_PASSWORD, Ok(OWNER)),
        (
            "ada@example.org",
            "tangerine umbrella 4",
            Err(refused(Refusal::Unknown)),
        ),
        ("ada@example.org", "", Err(refused(Refusal::Unknown))),
        ("none@example.org", PASSWORD, Err(refused(Refusal::Unknown))),
        (
            "nobody@example.org",
            PASSWORD,
            Err(refused(Refusal::Unknown)),
        ),
        ("", "", Err(refused(Refusal::Unknown))),
    ] {
        let answer = world
            .directory
            .sign_in(TOY, name, password, None, door, from("192.0.2.1"))
            .await
            .map(|fresh| fresh.session.user);
        assert_eq!(answer, verdict, "{name} {password}");
    }
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(
        (
            user.sign_in_count,
            user.signed_in_at,
            user.previous_sign_in_at
        ),
        (2, Some(START), Some(START))
    );
    // Only behind the right password does the answer say more.
    let set = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    world
        .system()
        .update_user(ada.id, set(Status::Suspended))
        .await
        .unwrap();
    for (password, refusal) in [
        (PASSWORD, Refusal::Standing(Standing::Suspended)),
        ("wrong", Refusal::Unknown),
    ] {
        let answer = world.sign_in("ada@example.org", password).await;
        assert_eq!(answer.unwrap_err(), refused(refusal));
    }
}

async fn sessions_end_by_the_clock(world: &World) {
    let ada = world
        .person_with_password("ada@example.org", PASSWORD)
        .await;
    let request = SessionRequest {
        lifetime: Some(10_000),
        idle: Some(4_000),
        ..SessionRequest::of(SessionKind::Browser)
    };
    let begin = async || {
        world
            .directory
            .sign_in(
                TOY,
                "ada@example.org",
                PASSWORD,
                None,
                request,
                from("192.0.2.1"),
            )
            .await
            .unwrap()
    };
    let fresh = begin().await;
    assert_eq!(fresh.session.user, ada.id);
    let open = async |secret: &str| {
        world
            .caller_at(TOY, secret)
            .await
            .map(|caller| caller.user())
    };
    let gone = Err(refused(Refusal::Unknown));
    // A session opens its own door only, and only where sessions are taken.
    assert_eq!(
        world
            .caller_at(Platform::USHER, &fresh.secret)
            .await
            .unwrap_err(),
        refused(Refusal::Unknown)
    );
    let keys = world
        .directory
        .authenticate(TOY, &fresh.secret, Accepts::Keys, from("192.0.2.1"))
        .await;
    assert_eq!(keys.unwrap_err(), refused(Refusal::Unknown));
    for (wait, verdict) in [
        (3_999, Ok(ada.id)),
        (3_999, Ok(ada.id)),
        (2_001, Ok(ada.id)),
        (1, gone.clone()),
    ] {
        world.clock.advance(wait);
        assert_eq!(open(&fresh.secret).await, verdict, "{wait}");
    }
    let idle = begin().await;
    world.clock.advance(4_000);
    assert_eq!(open(&idle.secret).await, gone);
    let written = begin().await;
    world.clock.advance(3_000);
    open(&written.secret).await.unwrap();
    world.directory.flush_uses().await.unwrap();
    world.clock.advance(3_000);
    assert_eq!(open(&written.secret).await, Ok(ada.id));
}
