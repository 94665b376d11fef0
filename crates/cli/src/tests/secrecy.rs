//! Secrets: never on the command line, never shown by accident.

use serde_json::{Value, json};

use super::{Folder, Reply, Server, TOKEN, usher};
use crate::failure::Exit;

const PASSWORD: &str = "Cobalt-Lantern-73!";

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let server = Server::answering(vec![]);
    for words in [
        "user create a@example.org --password Cobalt-Lantern-73!",
        "user create a@example.org --password=Cobalt-Lantern-73!",
        "user create a@example.org password=Cobalt-Lantern-73!",
        "user ensure a@example.org password=Cobalt-Lantern-73!",
        "user set a current_password=Cobalt-Lantern-73!",
        "user reset-password a --password Cobalt-Lantern-73!",
        "setting set mail password=Cobalt-Lantern-73!",
        "key create name=x --current-password Cobalt-Lantern-73!",
        "key set 1 name=x code=Cobalt-Lantern-73!",
        "profile set p --url http://h --token Cobalt-Lantern-73!",
        "user create a@example.org Cobalt-Lantern-73!",
    ] {
        let outcome = usher(words)
            .variable("XDG_CONFIG_HOME", "/nonexistent")
            .at(&server)
            .run();
        assert_eq!(
            outcome.exit,
            Exit::NotUnderstood,
            "{words}: {}",
            outcome.err
        );
        assert!(!outcome.err.contains("Cobalt"), "{words}: {}", outcome.err);
    }
    assert!(server.seen().is_empty());
    // There is no flag that takes a token's text.
    let flag = usher("me --token").and(TOKEN).at(&server).run();
    assert_eq!(flag.exit, Exit::NotUnderstood);
}

#[test]
fn a_secret_comes_from_a_file_standard_input_or_the_terminal() {
    let folder = Folder::new();
    let file = folder.with("password", &format!("{PASSWORD}\r\n"));
    let two_lines = folder.with("two", &format!("{PASSWORD}\n\n"));
    let sent = |typed: super::Typed| {
        let server = Server::by(|_| Reply::new(204, ""));
        let outcome = typed.at(&server).run();
        assert_eq!(outcome.exit, Exit::Done, "{}", outcome.err);
        let shown = format!("{}{}{}", outcome.out, outcome.err, outcome.asked);
        assert!(!shown.contains(PASSWORD), "{shown}");
        serde_json::from_str::<Value>(&server.seen()[0].body).unwrap()
    };
    let create = |value: &str| usher("user create a@example.org --password").and(value);
    let wanted = json!({"email": "a@example.org", "password": PASSWORD});
    assert_eq!(sent(create(&format!("@{file}"))), wanted);
    assert_eq!(sent(create("@-").stdin(&format!("{PASSWORD}\n"))), wanted);
    assert_eq!(
        sent(usher("user create a@example.org --password").answering(&[PASSWORD])),
        wanted
    );
    assert_eq!(
        sent(usher("user create a@example.org").and(&format!("password=@{file}"))),
        wanted
    );
    assert_eq!(
        sent(create(&format!("@{two_lines}")))["password"],
        format!("{PASSWORD}\n"),
        "one line end is taken off"
    );
    assert_eq!(
        sent(usher("user reset-password ada --password @-").stdin(PASSWORD)),
        json!({"password": PASSWORD, "must_change_password": true})
    );
    assert_eq!(
        sent(usher("user reset-password ada --keep --password @-").stdin(PASSWORD)),
        json!({"password": PASSWORD, "must_change_password": false})
    );
    assert_eq!(
        sent(usher("setting set mail password=@-").stdin(PASSWORD)),
        json!({"password": PASSWORD})
    );
    assert_eq!(
        sent(usher("setting set mail password=null")),
        json!({"password": null})
    );
}

#[test]
fn what_cannot_be_a_secret_is_refused() {
    let folder = Folder::new();
    let server = Server::answering(vec![]);
    let empty = folder.with("empty", "\n");
    let long = folder.with("long", &"x".repeat(70_000));
    for (value, said) in [
        (format!("@{empty}"), "is empty"),
        (format!("@{long}"), "more than 65536 bytes"),
        ("@".to_owned(), "never stands on the command line"),
        (format!("@{}", folder.file("none")), "cannot read"),
    ] {
        let outcome = usher("user create a@example.org --password")
            .and(&value)
            .at(&server)
            .run();
        assert_eq!(outcome.exit, Exit::NotUnderstood);
        assert!(outcome.err.contains(said), "{value}: {}", outcome.err);
    }
    let nobody = usher("user create a@example.org --password")
        .at(&server)
        .run();
    assert!(
        nobody.err.contains("no terminal to ask at"),
        "{}",
        nobody.err
    );
    assert!(server.seen().is_empty());
}

#[test]
fn the_token_is_shown_nowhere() {
    let refused = Server::by(|_| Reply::problem(401, "unknown-credential"));
    let gone = "http://127.0.0.1:9";
    for words in [
        "me -v",
        "me -v -o json",
        "user delete a b --yes -v",
        "user list -v --all",
    ] {
        for outcome in [
            usher(words).at(&refused).run(),
            usher(words)
                .variable("USHER_URL", gone)
                .variable("USHER_TOKEN", TOKEN)
                .run(),
        ] {
            assert_ne!(outcome.exit, Exit::Done);
            let shown = format!("{}{}", outcome.out, outcome.err);
            assert!(
                !shown.contains(TOKEN) && !shown.contains("Bearer"),
                "{shown}"
            );
        }
    }
    let seen = refused.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.headers["authorization"] == format!("Bearer {TOKEN}"))
    );
    assert!(seen.iter().all(|seen| !seen.path.contains(TOKEN)));
}

#[test]
fn nothing_leads_the_token_elsewhere() {
    let elsewhere = Server::by(|_| Reply::json(json!({})));
    let target = elsewhere.url.clone();
    let server =
        Server::by(move |_| Reply::new(307, "").header("location", &format!("{target}/api/v1/me")));
    let outcome = usher("me").at(&server).run();
    assert_eq!(outcome.exit, Exit::Failed);
    assert!(outcome.err.contains("leads elsewhere"), "{}", outcome.err);
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn what_holds_a_token_does_not_print_it() {
    let failure = crate::failure::Failure::answered(401, None, "GET /me");
    let profile = crate::profiles::Profile {
        url: Some("http://h".to_owned()),
        token_file: Some("/secret/place".into()),
    };
    let secret = secrecy::SecretString::from(TOKEN.to_owned());
    let shown = format!("{failure:?} {profile:?} {secret:?}");
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[test]
fn a_new_keys_text_stands_where_the_format_says() {
    let key = || {
        let body = json!({
            "id": "0190-key", "number": 5, "user": 7, "name": "nightly", "active": true, "read_only": false,
            "expires_at": null, "last_used_at": null, "secret": "the-keys-text",
        });
        Server::by(move |_| Reply::json(body.clone()).status(201))
    };
    let run = |output: &str| {
        usher("key create ada --name nightly -o")
            .and(output)
            .at(&key())
            .run()
    };
    let table = run("table").out;
    assert!(
        table.ends_with("\nthe-keys-text\n") && table.matches("the-keys-text").count() == 1,
        "{table}"
    );
    assert!(run("json").out.contains(r#""secret": "the-keys-text""#));
    assert!(run("yaml").out.contains("secret: the-keys-text"));
    assert!(run("csv").out.contains(",secret\n") && run("csv").out.ends_with(",the-keys-text\n"));
    let id = run("id");
    assert_eq!(id.out, "0190-key\n");
    assert!(
        id.err.contains("not shown") && !id.err.contains("the-keys-text"),
        "{}",
        id.err
    );
}
