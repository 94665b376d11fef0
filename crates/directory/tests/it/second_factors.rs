use directory::{
    Fault, FreshSession, Handle, Kind, NewGrant, NewPassword, NewUser, OrganisationChange,
    OrganisationId, Permission, Proof, Refusal, SecondFactorPolicy, SessionKind, SessionRequest,
    UserChange,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::support::{ADMINISTRATOR, HELPDESK, ROOT, TOY, World, both, from};

both![
    enrolled_and_asked_for,
    each_code_opens_once,
    recovery_codes_open_once,
    wrong_codes_count,
    required,
    required_by_organisations,
    required_of_sessions_that_go_on,
    removed,
    sessions_prove_themselves,
];

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "tangerine umbrella 42";

/// The code of a secret in base 32 at a time: written apart from the directory's own.
fn code(secret: &str, seconds: i64) -> String {
    let mut bits = String::new();
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|known| *known == letter)
            .unwrap();
        bits.push_str(&format!("{value:05b}"));
    }
    let seed: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&seed).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

fn refused(refusal: Refusal) -> Fault {
    Fault::Unauthenticated(refusal)
}

impl World {
    fn code(&self, secret: &str) -> String {
        code(secret, self.directory.now().seconds())
    }

    async fn enrol(&self, handle: &Handle) -> (String, Vec<String>) {
        let begun = handle.begin_second_factor(None).await.unwrap();
        let code = self.code(&begun.secret);
        let codes = handle.confirm_second_factor(&code).await.unwrap();
        // The next step: the code just used is used up.
        self.clock.advance(30_000);
        (begun.secret, codes)
    }

    async fn with_code(&self, code: &str) -> Result<(), Fault> {
        self.sign_in_from("192.0.2.1", EMAIL, PASSWORD, Some(code))
            .await
            .map(|fresh| assert!(fresh.session.second_factor))
    }
}

async fn enrolled_and_asked_for(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let other = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let handle = world.as_session(&fresh).await;
    assert_eq!(
        handle.confirm_second_factor("123456").await,
        Err(Fault::NotFound(Kind::SecondFactor))
    );
    let begun = handle.begin_second_factor(None).await.unwrap();
    assert_eq!(begun.secret.len(), 32);
    let uri = format!(
        "otpauth://totp/Usher:ada%40example.org?secret={}&issuer=Usher&algorithm=SHA1&digits=6&period=30",
        begun.secret
    );
    assert_eq!(begun.uri, uri);
    assert!(!format!("{begun:?}").contains(&begun.secret));
    // Not confirmed, it is not asked for.
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
    assert!(matches!(
        handle.confirm_second_factor("000000").await,
        Err(Fault::Invalid { field: "code", .. })
    ));
    let code = world.code(&begun.secret);
    let codes = handle.confirm_second_factor(&code).await.unwrap();
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19));
    assert!(world.system().user(ada.id).await.unwrap().second_factor);
    // Other sessions end; this one goes on.
    assert_eq!(
        world.caller_at(TOY, &other.secret).await.unwrap_err(),
        refused(Refusal::Unknown)
    );
    assert!(world.caller_at(TOY, &fresh.secret).await.is_ok());
    let templates: Vec<_> = world
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.template)
        .collect();
    assert_eq!(templates, ["notice_second_factor"]);
    assert_eq!(
        handle.begin_second_factor(None).await.unwrap_err(),
        Fault::Taken {
            field: "second_factor"
        }
    );
    world.clock.advance(30_000);
    assert_eq!(
        world.sign_in(EMAIL, PASSWORD).await.unwrap_err(),
        refused(Refusal::SecondFactorNeeded)
    );
    // Nobody learns of it without the password.
    let wrong = world
        .sign_in_from("192.0.2.1", EMAIL, "wrong", Some("000000"))
        .await;
    assert_eq!(wrong.unwrap_err(), refused(Refusal::Unknown));
    let code = world.code(&begun.secret);
    assert_eq!(
        world
            .with_code(&format!(" {} {} ", &code[..3], &code[3..]))
            .await,
        Ok(())
    );
    // Keys are never asked.
    let key = world.key_of(ada.id).await;
    assert!(world.caller_at(TOY, &key).await.is_ok());
}

async fn each_code_opens_once(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let handle = world.as_user(ada.id).await;
    let (secret, _) = world.enrol(&handle).await;
    let now = world.directory.now().seconds();
    let wrong = Err(refused(Refusal::SecondFactorWrong));
    for (ahead, verdict) in [
        (-60, &wrong),
        (60, &wrong),
        // The code that confirmed the enrolment was one step ago.
        (-30, &wrong),
        (0, &Ok(())),
        (0, &wrong),
        (30, &Ok(())),
        (0, &wrong),
        (30, &wrong),
    ] {
        assert_eq!(
            &world.with_code(&code(&secret, now + ahead)).await,
            verdict,
            "{ahead}"
        );
        world.system().unlock(ada.id).await.unwrap();
    }
    // Two at once: one of them opens.
    world.clock.advance(300_000);
    let right = world.code(&secret);
    let mut tries = Vec::new();
    for _ in 0..4 {
        let (directory, right) = (world.directory.clone(), right.clone());
        tries.push(tokio::spawn(async move {
            let request = SessionRequest::of(SessionKind::Browser);
            let context = from("192.0.2.1");
            directory
                .sign_in(TOY, EMAIL, PASSWORD, Some(&right), request, context)
                .await
                .is_ok()
        }));
    }
    let mut opened = 0;
    for one in tries {
        opened += usize::from(one.await.unwrap());
    }
    assert_eq!(opened, 1);
}

async fn recovery_codes_open_once(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let handle = world.as_user(ada.id).await;
    let (_, codes) = world.enrol(&handle).await;
    let wrong = Err(refused(Refusal::SecondFactorWrong));
    assert_eq!(handle.recovery_codes_left().await, Ok(10));
    assert_eq!(world.with_code(&codes[0]).await, Ok(()));
    assert_eq!(world.with_code(&codes[0]).await, wrong);
    let typed = codes[1].to_lowercase().replace('-', " ");
    assert_eq!(world.with_code(&typed).await, Ok(()));
    assert_eq!(handle.recovery_codes_left().await, Ok(8));
    assert_eq!(world.with_code("AAAA-AAAA-AAAA-AAAA").await, wrong);
    let renewed = handle.renew_recovery_codes(None).await.unwrap();
    assert_eq!(world.with_code(&codes[2]).await, wrong);
    assert_eq!(world.with_code(&renewed[2]).await, Ok(()));
    assert_eq!(handle.recovery_codes_left().await, Ok(9));
}

async fn wrong_codes_count(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let handle = world.as_user(ada.id).await;
    let (secret, _) = world.enrol(&handle).await;
    for _ in 0..3 {
        let wrong = world.with_code("000000").await;
        assert_eq!(wrong, Err(refused(Refusal::SecondFactorWrong)));
    }
    let right = world.code(&secret);
    assert_eq!(
        world.with_code(&right).await,
        Err(refused(Refusal::Unknown))
    );
    world.clock.advance(300_000);
    let right = world.code(&secret);
    assert_eq!(world.with_code(&right).await, Ok(()));
}

async fn required(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let need = |need| UserChange {
        second_factor_required: Some(need),
        ..UserChange::default()
    };
    let system = world.system();
    let missing = refused(Refusal::SecondFactorMissing);
    system.update_user(ada.id, need(Some(true))).await.unwrap();
    assert_eq!(world.sign_in(EMAIL, PASSWORD).await.unwrap_err(), missing);
    // A door may let them in to enrol, and for nothing else.
    let request = SessionRequest {
        may_enrol: true,
        ..SessionRequest::of(SessionKind::Browser)
    };
    let begun = world
        .directory
        .sign_in(TOY, EMAIL, PASSWORD, None, request, from("192.0.2.1"));
    let fresh = begun.await.unwrap();
    assert!(fresh.session.enrolment);
    let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
    assert!(caller.must_enrol_second_factor());
    let (secret, _) = world.enrol(&world.directory.act(&caller)).await;
    let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
    assert!(!caller.must_enrol_second_factor());
    assert_eq!(world.with_code(&world.code(&secret)).await, Ok(()));
    // Those for whom nothing is said follow the installation.
    let bob = world
        .person_with_password("bob@example.org", PASSWORD)
        .await;
    system
        .change_setting(SecondFactorPolicy { required: true })
        .await
        .unwrap();
    assert_eq!(
        world
            .sign_in("bob@example.org", PASSWORD)
            .await
            .unwrap_err(),
        missing
    );
    system.update_user(bob.id, need(Some(false))).await.unwrap();
    assert!(world.sign_in("bob@example.org", PASSWORD).await.is_ok());
}

async fn required_by_organisations(world: &World) {
    let above = world.organisation("Above", ROOT).await;
    let below = world.organisation("Below", above.id).await;
    let beside = world.organisation("Beside", ROOT).await;
    for (name, home) in [("ada", below.id), ("bob", above.id), ("eve", beside.id)] {
        let new = NewUser {
            email: Some(format!("{name}@example.org")),
            home: Some(home),
            password: NewPassword::Chosen(PASSWORD.to_owned()),
            // What a person is let off is let off by the installation alone.
            second_factor_required: Some(false),
            ..NewUser::default()
        };
        world.system().create_user(new).await.unwrap();
    }
    let signs_in = async |name: &str| {
        let signed_in = world
            .sign_in(&format!("{name}@example.org"), PASSWORD)
            .await;
        signed_in.map(drop)
    };
    let require = |required| OrganisationChange {
        second_factor_required: Some(required),
        ..OrganisationChange::default()
    };
    for name in ["ada", "bob", "eve"] {
        assert_eq!(signs_in(name).await, Ok(()));
    }
    // Its own administrator sets it, and nobody else's does.
    let own = world.person("own@example.org", above.id, &[]).await;
    let grant = NewGrant {
        role: ADMINISTRATOR,
        organisation: Some(above.id),
        expires_at: None,
    };
    world.system().grant_role(own.id, grant).await.unwrap();
    let own = world.as_user(own.id).await;
    let made = own.update_organisation(above.id, require(true)).await;
    assert!(made.unwrap().second_factor_required);
    assert_eq!(
        own.update_organisation(beside.id, require(true)).await,
        Err(Fault::NotFound(Kind::Organisation))
    );
    let missing = Err(refused(Refusal::SecondFactorMissing));
    assert_eq!(signs_in("ada").await, missing);
    assert_eq!(signs_in("bob").await, missing);
    assert_eq!(signs_in("eve").await, Ok(()));
    // Below it is not lifted.
    world
        .system()
        .update_organisation(below.id, require(false))
        .await
        .unwrap();
    assert_eq!(signs_in("ada").await, missing);
    let request = SessionRequest {
        may_enrol: true,
        ..SessionRequest::of(SessionKind::Browser)
    };
    let begun = world.directory.sign_in(
        TOY,
        "ada@example.org",
        PASSWORD,
        None,
        request,
        from("192.0.2.1"),
    );
    assert!(begun.await.unwrap().session.enrolment);
    own.update_organisation(above.id, require(false))
        .await
        .unwrap();
    assert_eq!(signs_in("ada").await, Ok(()));
}

async fn removed(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let desk = world.person("desk@example.org", ROOT, &[HELPDESK]).await;
    let (own, desk) = (world.as_user(ada.id).await, world.as_user(desk.id).await);
    let (secret, codes) = world.enrol(&own).await;
    let right = world.code(&secret);
    let fresh = world
        .sign_in_from("192.0.2.1", EMAIL, PASSWORD, Some(&right))
        .await
        .unwrap();
    world.mails().await;
    assert_eq!(
        own.remove_second_factor(boss.id, None).await.unwrap_err(),
        Fault::Forbidden(Permission::ResetCredentials)
    );
    assert_eq!(
        desk.remove_second_factor(boss.id, None).await.unwrap_err(),
        Fault::OutranksCaller
    );
    assert_eq!(desk.remove_second_factor(ada.id, None).await, Ok(true));
    assert_eq!(desk.remove_second_factor(ada.id, None).await, Ok(false));
    assert_eq!(
        world.caller_at(TOY, &fresh.secret).await.unwrap_err(),
        refused(Refusal::Unknown)
    );
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].template.as_str(), mails[0].to.as_str()),
        ("notice_second_factor", EMAIL)
    );
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
    // Enrolling anew makes the old recovery codes worthless.
    world.enrol(&own).await;
    assert_eq!(
        world.with_code(&codes[5]).await,
        Err(refused(Refusal::SecondFactorWrong))
    );
}

async fn sessions_prove_themselves(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let session = world.as_session(&fresh).await;
    // Five minutes after signing in nobody knows any more who sits there.
    world.clock.advance(299_999);
    assert!(session.begin_second_factor(None).await.is_ok());
    world.clock.advance(1);
    let password = |text: &str| Some(Proof::Password(text.to_owned()));
    for proof in [None, password("wrong")] {
        assert_eq!(
            session.begin_second_factor(proof).await.unwrap_err(),
            Fault::WrongPassword
        );
    }
    let begun = session
        .begin_second_factor(password(PASSWORD))
        .await
        .unwrap();
    let right = world.code(&begun.secret);
    session.confirm_second_factor(&right).await.unwrap();
    let used = Some(Proof::Code(right));
    for proof in [None, used, Some(Proof::Code("000000".to_owned()))] {
        assert_eq!(
            session
                .remove_second_factor(ada.id, proof)
                .await
                .unwrap_err(),
            Fault::WrongPassword
        );
    }
    // Wrong proofs count like wrong passwords at the door.
    assert!(
        world
            .system()
            .user(ada.id)
            .await
            .unwrap()
            .lockout_until
            .is_some()
    );
    world.system().unlock(ada.id).await.unwrap();
    world.clock.advance(30_000);
    let right = Some(Proof::Code(world.code(&begun.secret)));
    assert_eq!(session.remove_second_factor(ada.id, right).await, Ok(true));
}

/// A session that goes on while a second factor comes to be required does nothing any more but enrol one: at whatever level it is
/// required, and however its person comes under it.
async fn required_of_sessions_that_go_on(world: &World) {
    let above = world.organisation("Above", ROOT).await;
    let below = world.organisation("Below", above.id).await;
    let beside = world.organisation("Beside", ROOT).await;
    let require = |required| OrganisationChange {
        second_factor_required: Some(required),
        ..OrganisationChange::default()
    };
    let system = world.system();
    let must_enrol = async |fresh: &FreshSession| {
        let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
        caller.must_enrol_second_factor()
    };
    let begin = async |name: &str, home: OrganisationId| {
        let new = NewUser {
            email: Some(format!("{name}@example.org")),
            home: Some(home),
            password: NewPassword::Chosen(PASSWORD.to_owned()),
            ..NewUser::default()
        };
        let user = world.system().create_user(new).await.unwrap();
        let login = format!("{name}@example.org");
        let fresh = world.sign_in(&login, PASSWORD).await.unwrap();
        (user.id, fresh)
    };
    let (ada, of_ada) = begin("ada", below.id).await;
    let (eve, of_eve) = begin("eve", beside.id).await;
    let (_, of_kim) = begin("kim", beside.id).await;
    let (_, of_ned) = begin("ned", below.id).await;
    // Ned has a second factor already.
    let caller = world.caller_at(TOY, &of_ned.secret).await.unwrap();
    world.enrol(&world.directory.act(&caller)).await;
    let key = world.key_of(ada).await;
    // An organisation above requires one. Keys are no sign-ins and go on.
    system
        .update_organisation(above.id, require(true))
        .await
        .unwrap();
    assert!(must_enrol(&of_ada).await);
    assert!(!must_enrol(&of_eve).await);
    assert!(!must_enrol(&of_ned).await);
    assert!(
        !world
            .caller_at(TOY, &key)
            .await
            .unwrap()
            .must_enrol_second_factor()
    );
    let caller = world.caller_at(TOY, &of_ada.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    assert_eq!(
        handle
            .create_key(ada, directory::NewKey::default())
            .await
            .unwrap_err(),
        refused(Refusal::SecondFactorMissing)
    );
    world.enrol(&handle).await;
    assert!(!must_enrol(&of_ada).await);
    // A person moves there.
    let moved = UserChange {
        home: Some(below.id),
        ..UserChange::default()
    };
    system.update_user(eve, moved).await.unwrap();
    assert!(must_enrol(&of_eve).await);
    // An organisation moves there.
    let moved = OrganisationChange {
        parent: Some(above.id),
        ..OrganisationChange::default()
    };
    assert!(!must_enrol(&of_kim).await);
    system.update_organisation(beside.id, moved).await.unwrap();
    assert!(must_enrol(&of_kim).await);
    // The account requires a second factor of its owner, and the installation of all people.
    let (lea, of_lea) = begin("lea", ROOT).await;
    let (_, of_mia) = begin("mia", ROOT).await;
    let one = UserChange {
        second_factor_required: Some(Some(true)),
        ..UserChange::default()
    };
    system.update_user(lea, one).await.unwrap();
    assert!(must_enrol(&of_lea).await);
    assert!(!must_enrol(&of_mia).await);
    let everybody = SecondFactorPolicy { required: true };
    system.change_setting(everybody).await.unwrap();
    assert!(must_enrol(&of_mia).await);
}
