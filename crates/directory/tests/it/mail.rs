use directory::{
    Fault, MailState, Message, NewPassword, Permission, SettingsChange, Status, UserChange,
    UserKind, UserRef,
};

use crate::support::{ADMINISTRATOR, OWNER, OWNER_EMAIL, ROOT, World, both};

both![
    claimed_by_one_worker,
    tried_again_or_given_up,
    messages,
    changes_that_people_are_told_of,
    the_accounts_password,
    swept,
];

fn hello() -> Message {
    Message {
        subject: "Hello".to_owned(),
        body: "First line\nSecond line".to_owned(),
        ..Message::default()
    }
}

impl World {
    async fn queue(&self) {
        let to: [UserRef; 1] = [OWNER.into()];
        assert_eq!(self.system().send_message(&to, hello()).await, Ok(1));
    }
}

async fn claimed_by_one_worker(world: &World) {
    assert!(world.directory.due_mail(10).await.unwrap().is_empty());
    for _ in 0..6 {
        world.queue().await;
    }
    assert_eq!(world.directory.due_mail(2).await.unwrap().len(), 2);
    let mut workers = Vec::new();
    for _ in 0..4 {
        let directory = world.directory.clone();
        workers.push(tokio::spawn(async move {
            directory.due_mail(10).await.unwrap()
        }));
    }
    let mut claimed = Vec::new();
    for worker in workers {
        claimed.extend(worker.await.unwrap().into_iter().map(|mail| mail.id));
    }
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), 4);
    // Whoever claimed them and died gives them up with the lease.
    world.clock.advance(299_999);
    assert!(world.directory.due_mail(10).await.unwrap().is_empty());
    world.clock.advance(1);
    let again = world.directory.due_mail(10).await.unwrap();
    assert_eq!(again.len(), 6);
    assert!(
        again
            .iter()
            .all(|mail| mail.attempts == 2 && mail.to == OWNER_EMAIL)
    );
    for mail in &again {
        world.directory.mail_sent(mail.id).await.unwrap();
    }
    world.clock.advance(300_000);
    assert!(world.directory.due_mail(10).await.unwrap().is_empty());
}

async fn tried_again_or_given_up(world: &World) {
    world.queue().await;
    world.queue().await;
    let mails = world.directory.due_mail(10).await.unwrap();
    let later = world.directory.now().plus(30_000);
    let (one, two) = (mails[0].id, mails[1].id);
    world
        .directory
        .mail_failed(one, "450 later\r\n", Some(later))
        .await
        .unwrap();
    world
        .directory
        .mail_failed(two, &"x".repeat(2_000), None)
        .await
        .unwrap();
    world.clock.advance(30_000);
    let again = world.directory.due_mail(10).await.unwrap();
    assert_eq!(again.iter().map(|mail| mail.id).collect::<Vec<_>>(), [one]);
    // What has ended stays so.
    world.directory.mail_sent(two).await.unwrap();
    world.directory.mail_sent(one).await.unwrap();
    world
        .directory
        .mail_failed(one, "late", None)
        .await
        .unwrap();
    let entries = world.system().mails(None, 10).await.unwrap();
    let shown: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.id,
                entry.state,
                entry.last_error.as_ref().map(String::len),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (two, MailState::Failed, Some(500)),
            (one, MailState::Sent, None)
        ]
    );
    let below = world.system().mails(Some(two), 10).await.unwrap();
    assert_eq!(below.len(), 1);
    // The outbox is the whole installation's.
    let part = world.organisation("Part", ROOT).await.id;
    let boss = world
        .person("boss@example.org", part, &[ADMINISTRATOR])
        .await;
    let boss = world.as_user(boss.id).await;
    assert_eq!(
        boss.mails(None, 10).await.unwrap_err(),
        Fault::Forbidden(Permission::ReadSettings)
    );
    let nobody = world.bare_person("ada@example.org", ROOT).await;
    let nobody = world.as_user(nobody.id).await;
    assert_eq!(
        nobody.mails(None, 10).await.unwrap_err(),
        Fault::Forbidden(Permission::ReadSettings)
    );
}

async fn messages(world: &World) {
    let part = world.organisation("Part", ROOT).await.id;
    let boss = world
        .person("boss@example.org", part, &[ADMINISTRATOR])
        .await;
    let ada = world.person("ada@example.org", part, &[]).await;
    let bare = directory::NewUser {
        login: Some("no address".to_owned()),
        home: Some(part),
        ..directory::NewUser::default()
    };
    let bare = world.system().create_user(bare).await.unwrap();
    let handle = world.as_user(boss.id).await;
    let to = [ada.id.into(), bare.id.into()];
    assert_eq!(handle.send_message(&to, hello()).await, Ok(1));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to.as_str(), mails[0].template.as_str()),
        ("ada@example.org", "message")
    );
    assert_eq!(mails[0].values["subject"], "Hello");
    assert_eq!(mails[0].values["body"], "First line\nSecond line");
    // One hidden recipient, and nobody gets anything.
    let to = [ada.id.into(), OWNER.into()];
    assert_eq!(
        handle.send_message(&to, hello()).await,
        Err(Fault::NotFound(directory::Kind::User))
    );
    let headers = Message {
        subject: "Hello\r\nBcc: all@example.org".to_owned(),
        ..hello()
    };
    assert!(matches!(
        handle.send_message(&[ada.id.into()], headers).await,
        Err(Fault::Invalid {
            field: "subject",
            ..
        })
    ));
    assert!(world.mails().await.is_empty());
}

/// Whatever lets somebody else in, or the person out, is told to the address that was theirs before.
async fn changes_that_people_are_told_of(world: &World) {
    let change = |change: fn(&mut UserChange)| {
        let mut made = UserChange::default();
        change(&mut made);
        made
    };
    let cases: Vec<(&str, UserChange, &[&str])> = vec![
        (
            "department",
            change(|to| to.profile.department = Some(Some("Engines".to_owned()))),
            &[],
        ),
        (
            "status",
            change(|to| to.status = Some(Status::Suspended)),
            &[],
        ),
        (
            "the same login",
            change(|to| to.login = Some("ada@example.org".to_owned())),
            &[],
        ),
        (
            "login",
            change(|to| to.login = Some("ada".to_owned())),
            &["notice_login"],
        ),
        (
            "password",
            change(|to| {
                to.password = Some(NewPassword::Chosen("wooden Harbour at noon 75".to_owned()))
            }),
            &["notice_password"],
        ),
        // The login follows: one mail tells both.
        (
            "email",
            change(|to| to.email = Some(Some("new@example.org".to_owned()))),
            &["notice_email"],
        ),
        (
            "email and login",
            change(|to| {
                to.email = Some(Some("new@example.org".to_owned()));
                to.login = Some("countess".to_owned());
            }),
            &["notice_email"],
        ),
        (
            "a service has no password",
            change(|to| to.kind = Some(UserKind::Service)),
            &["notice_password"],
        ),
    ];
    for (what, change, told) in cases {
        let ada = world
            .person_with_password("ada@example.org", "wooden Harbour at dawn 74")
            .await;
        assert!(world.mails().await.is_empty(), "{what}");
        world.system().update_user(ada.id, change).await.unwrap();
        let mails = world.mails().await;
        let templates: Vec<&str> = mails.iter().map(|mail| mail.template.as_str()).collect();
        assert_eq!(templates, told, "{what}");
        for mail in &mails {
            assert_eq!(
                (mail.to.as_str(), mail.values["login"].as_str()),
                ("ada@example.org", Some("ada@example.org")),
                "{what}"
            );
        }
        world.system().delete_user(ada.id).await.unwrap();
    }
}

async fn the_accounts_password(world: &World) {
    let owner = world.as_user(OWNER).await;
    assert_eq!(owner.has_mail_password().await, Ok(false));
    assert_eq!(world.directory.mail_password().await, Ok(None));
    owner
        .change_settings(SettingsChange::default().mail_password(Some("pa ssé".to_owned())))
        .await
        .unwrap();
    assert_eq!(owner.has_mail_password().await, Ok(true));
    assert_eq!(
        world.directory.mail_password().await,
        Ok(Some("pa ssé".to_owned()))
    );
    // Settings that are written back, and another sender, leave it alone. Whatever leads it elsewhere drops it.
    let settings = directory::MailSettings {
        server: Some("smtp.example.org".to_owned()),
        account: Some("mailer".to_owned()),
        ..directory::MailSettings::default()
    };
    type Change = fn(&mut directory::MailSettings);
    let changes: [(&str, Change, bool); 7] = [
        ("nothing", |_| {}, true),
        (
            "sender",
            |mail| mail.sender = "door@example.org".to_owned(),
            true,
        ),
        (
            "server",
            |mail| mail.server = Some("127.0.0.1".to_owned()),
            false,
        ),
        ("port", |mail| mail.port = Some(2525), false),
        (
            "account",
            |mail| mail.account = Some("other".to_owned()),
            false,
        ),
        ("start_tls", |mail| mail.start_tls = false, false),
        ("tls", |mail| mail.tls = true, false),
    ];
    for (what, change, stays) in changes {
        owner.change_setting(settings.clone()).await.unwrap();
        let password = SettingsChange::default().mail_password(Some("pa ssé".to_owned()));
        owner.change_settings(password).await.unwrap();
        let mut changed = settings.clone();
        change(&mut changed);
        owner.change_setting(changed.clone()).await.unwrap();
        let kept = world.directory.mail_password().await.unwrap();
        assert_eq!(kept.is_some(), stays, "{what}");
        // In clear it goes to this machine alone.
        let password = SettingsChange::default().mail_password(Some("pa ssé".to_owned()));
        let set = owner.change_settings(password).await;
        assert_eq!(set.is_ok(), changed.keeps_secrets(), "{what}: {set:?}");
    }
    for (server, kept) in [
        ("127.0.0.1", true),
        ("localhost", true),
        ("[::1]", true),
        ("::ffff:127.0.0.1", true),
        ("mail.example.org", false),
        ("127.0.0.1.example.org", false),
        ("10.0.0.1", false),
    ] {
        let clear = directory::MailSettings {
            server: Some(server.to_owned()),
            start_tls: false,
            tls: false,
            ..settings.clone()
        };
        assert_eq!(clear.keeps_secrets(), kept, "{server}");
    }
    let part = world.organisation("Part", ROOT).await.id;
    let boss = world
        .person("boss@example.org", part, &[ADMINISTRATOR])
        .await;
    let boss = world.as_user(boss.id).await;
    assert_eq!(
        boss.change_settings(SettingsChange::default().mail_password(None))
            .await,
        Err(Fault::Forbidden(Permission::ManageSettings))
    );
    owner
        .change_settings(SettingsChange::default().mail_password(None))
        .await
        .unwrap();
    assert_eq!(world.directory.mail_password().await, Ok(None));
}

async fn swept(world: &World) {
    let sign_in = async || {
        world
            .sign_in(OWNER_EMAIL, crate::support::OWNER_PASSWORD)
            .await
            .unwrap()
    };
    sign_in().await;
    world.queue().await;
    world.mails().await;
    world.queue().await;
    let reset = world.directory.request_password_reset(
        OWNER_EMAIL,
        crate::support::TOY,
        crate::support::from("192.0.2.1"),
    );
    reset.await.unwrap();
    world.sign_in(OWNER_EMAIL, "wrong").await.unwrap_err();
    assert_eq!(
        world.directory.sweep().await.unwrap(),
        directory::Swept::default()
    );
    world.clock.advance(31 * 86_400_000);
    let fresh = sign_in().await;
    let swept = world.directory.sweep().await.unwrap();
    // The wrong password went with the success; waiting mail stays.
    assert_eq!(
        swept,
        directory::Swept {
            sessions: 1,
            tokens: 1,
            mails: 1,
            ..directory::Swept::default()
        }
    );
    assert_eq!(world.directory.due_mail(10).await.unwrap().len(), 2);
    assert!(
        world
            .caller_at(crate::support::TOY, &fresh.secret)
            .await
            .is_ok()
    );
    let counted = directory::Query {
        total: true,
        limit: 0,
        ..directory::Query::default()
    };
    let before = world.system().users(&counted).await.unwrap().total;
    for number in 0..5 {
        world
            .bare_person(&format!("p{number}@example.org"), ROOT)
            .await;
    }
    world.directory.sweep().await.unwrap();
    let after = world.system().users(&counted).await.unwrap().total;
    assert_eq!(after, before.map(|count| count + 5));
}
