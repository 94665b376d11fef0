//! Changes: what is sent for what was typed, and several at a time.

use serde_json::{Value, json};

use super::{Folder, Reply, Server, Typed, usher};
use crate::failure::Exit;

/// The body that a command sends.
fn sent(typed: Typed) -> Value {
    let server = Server::by(|_| Reply::json(json!({"id": "1", "number": 1})).status(201));
    let outcome = typed.at(&server).run();
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.err);
    let seen = server.seen();
    assert_eq!(seen[0].headers["content-type"], "application/json");
    serde_json::from_str(&seen[0].body).unwrap()
}

#[test]
fn members_by_flag_by_equation_and_by_argument() {
    for (words, body) in [
        (
            "user create ada@example.org",
            json!({"email": "ada@example.org"}),
        ),
        ("user create title=Analyst", json!({"title": "Analyst"})),
        (
            "user create ada@example.org --given-name Ada family_name=Lovelace",
            json!({"email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace"}),
        ),
        ("user set ada title=null", json!({"title": null})),
        ("user set ada title=\"null\"", json!({"title": "null"})),
        ("user set ada title=42", json!({"title": "42"})),
        ("user set ada title=", json!({"title": ""})),
        ("user set ada title=a=b", json!({"title": "a=b"})),
        ("user set ada home=3", json!({"home": 3})),
        ("user set ada home=Harbour", json!({"home": "Harbour"})),
        ("user set ada --home null", json!({"home": null})),
        ("user set ada --locked", json!({"locked": true})),
        ("user set ada --locked=false", json!({"locked": false})),
        ("user set ada locked=true", json!({"locked": true})),
        (
            "user set ada --second-factor-required=null",
            json!({"second_factor_required": null}),
        ),
        (
            "user create a@example.org --group SOC,7 --group Night",
            json!({"groups": ["SOC", 7, "Night"], "email": "a@example.org"}),
        ),
        ("user set ada groups=[]", json!({"groups": []})),
        ("user set ada groups=", json!({"groups": []})),
        ("user set ada unheard_of=42", json!({"unheard_of": 42})),
        (
            "user set ada unheard_of={\"a\":1}",
            json!({"unheard_of": {"a": 1}}),
        ),
        (
            "user set ada unheard_of=word",
            json!({"unheard_of": "word"}),
        ),
        (
            "key create --name nightly --read-only --address 192.0.2.0/24 --address 198.51.100.7 --expires 2031-12-31",
            json!({
                "name": "nightly", "expires_at": "2031-12-31", "read_only": true,
                "addresses": ["192.0.2.0/24", "198.51.100.7"],
            }),
        ),
        (
            "org create Annex --parent 3 --domain a.example,b.example",
            json!({
                "name": "Annex", "parent": 3, "domains": ["a.example", "b.example"],
            }),
        ),
        (
            "grant create ada usher:helpdesk --org 4 --expires 2031-01-01",
            json!({
                "role": "usher:helpdesk", "organisation": 4, "expires_at": "2031-01-01",
            }),
        ),
        ("grant create ada 12", json!({"role": 12})),
        (
            "setting set lockout attempts=10 enabled=true",
            json!({"attempts": 10, "enabled": true}),
        ),
        ("user enable ada", json!({"status": "active"})),
        (
            "role create Readers lines=[{\"word\":\"users.read\",\"reach\":\"own\"}]",
            json!({
                "name": "Readers", "lines": [{"word": "users.read", "reach": "own"}],
            }),
        ),
    ] {
        assert_eq!(sent(usher(words)), body, "{words}");
    }
}

#[test]
fn each_command_asks_for_its_path() {
    for (words, asked) in [
        ("user create a@example.org", "POST /users"),
        (
            "user ensure a@example.org --exact",
            "POST /users/ensure?exact=true",
        ),
        ("user set ada title=x", "PATCH /users/ada"),
        ("user delete ada", "DELETE /users/ada"),
        ("user disable ada", "PATCH /users/ada"),
        ("user unlock ada", "POST /users/ada/unlock"),
        ("user reset-password ada", "POST /users/ada/password-reset"),
        (
            "user reset-password ada --link",
            "POST /users/ada/access-link",
        ),
        ("user join ada SOC", "PUT /users/ada/groups/SOC"),
        ("user leave ada SOC", "DELETE /users/ada/groups/SOC"),
        (
            "org remove-member Harbour ada",
            "DELETE /organisations/Harbour/members/ada",
        ),
        ("group add SOC ada", "PUT /groups/SOC/members/ada"),
        ("group remove SOC ada", "DELETE /groups/SOC/members/ada"),
        (
            "role delete usher:x --take-away",
            "DELETE /roles/usher%3Ax?take_away=true",
        ),
        ("grant delete ada 41", "DELETE /users/ada/grants/41"),
        ("key create ada --name n", "POST /users/ada/keys"),
        ("key create name=n", "POST /me/keys"),
        ("key revoke 12", "DELETE /keys/12"),
        ("session delete 9", "DELETE /sessions/9"),
        ("job cancel 7", "POST /jobs/7/cancel"),
    ] {
        let server = Server::by(|_| Reply::new(204, ""));
        let outcome = usher(words).at(&server).run();
        assert_eq!(outcome.exit, Exit::Done, "{words}: {}", outcome.err);
        assert_eq!(outcome.out, "", "{words}");
        assert_eq!(server.asked(), [asked], "{words}");
    }
}

#[test]
fn some_commands_are_two_requests_for_each_thing() {
    let server = Server::by(|_| Reply::json(json!({"number": 1})));
    usher("user disable ada --revoke-keys").at(&server).run();
    usher("org add-member Harbour ada --administrator")
        .at(&server)
        .run();
    usher("org add-member Harbour ada").at(&server).run();
    let asked: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| format!("{} {} {}", seen.method, seen.path, seen.body))
        .collect();
    assert_eq!(
        asked,
        [
            r#"PATCH /users/ada {"status":"inactive"}"#,
            "DELETE /users/ada/keys ",
            r#"PUT /organisations/Harbour/members/ada {"administrator":true}"#,
            r#"POST /users/ada/grants {"role":"usher:administrator","organisation":"Harbour"}"#,
            "PUT /organisations/Harbour/members/ada ",
        ]
    );
    let server = Server::answering(vec![
        Reply::json(json!({})),
        Reply::problem(403, "forbidden"),
    ]);
    let outcome = usher("user disable ada --revoke-keys").at(&server).run();
    assert_eq!(outcome.exit, Exit::NotPermitted);
    assert!(
        outcome.err.contains("Done in part only."),
        "{}",
        outcome.err
    );
}

#[test]
fn a_body_from_a_file_lies_below_what_is_typed() {
    let folder = Folder::new();
    let json = folder.with("a.json", r#"{"email": "a@example.org", "title": "Old"}"#);
    let yaml = folder.with(
        "a.yaml",
        "email: a@example.org\ngroups:\n  - SOC\n  - 7\nlocked: true\n",
    );
    assert_eq!(
        sent(usher("user create title=New --from").and(&json)),
        json!({"email": "a@example.org", "title": "New"})
    );
    assert_eq!(
        sent(usher("user create --from").and(&yaml)),
        json!({"email": "a@example.org", "groups": ["SOC", 7], "locked": true})
    );
    assert_eq!(
        sent(usher("user create --from -").stdin("{\"email\": \"b@example.org\"}")),
        json!({"email": "b@example.org"})
    );
    let server = Server::answering(vec![]);
    for (text, said) in [
        ("[1]", "one object"),
        ("{\"a\": ", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
    ] {
        let path = folder.with("bad", text);
        let outcome = usher("user create --from").and(&path).at(&server).run();
        assert_eq!(outcome.exit, Exit::NotUnderstood);
        assert!(outcome.err.contains(said), "{}", outcome.err);
    }
    let missing = usher("user create --from")
        .and(&folder.file("none"))
        .at(&server)
        .run();
    assert_eq!(missing.exit, Exit::NotUnderstood);
    let twice = usher("user set - --from -")
        .stdin("{\"title\": \"x\"}")
        .at(&server)
        .run();
    assert!(twice.err.contains("wanted twice"), "{}", twice.err);
}

#[test]
fn headers_of_a_change() {
    let server = Server::by(|_| Reply::json(json!({"number": 1})).header("usher-dry-run", "true"));
    usher("user set ada title=x --if-match 7 --dry-run --idempotency-key k-1")
        .at(&server)
        .run();
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/users/ada?dry_run=true");
    assert_eq!(seen.headers["if-match"], "\"7\"");
    assert_eq!(seen.headers["idempotency-key"], "k-1");
    let create = usher("user create a@example.org --if-match 7")
        .at(&server)
        .run();
    assert_eq!(
        create.exit,
        Exit::NotUnderstood,
        "a new thing has no revision"
    );
}

#[test]
fn a_dry_run_must_be_confirmed_by_the_server() {
    let kept = Server::by(|_| Reply::json(json!({"number": 1})).header("usher-dry-run", "true"));
    let outcome = usher("user create a@example.org --dry-run").at(&kept).run();
    assert_eq!(outcome.exit, Exit::Done);
    assert!(
        outcome.err.contains("nothing was changed"),
        "{}",
        outcome.err
    );
    let silent = Server::by(|_| Reply::json(json!({"number": 1})));
    for words in [
        "user create a@example.org --dry-run",
        "user delete ada grace --dry-run",
    ] {
        let outcome = usher(words).at(&silent).run();
        assert_eq!(outcome.exit, Exit::Failed, "{words}");
        assert!(outcome.err.contains("does not confirm"), "{}", outcome.err);
    }
}

/// A server that deletes everyone but those whose name begins with a word.
fn but(word: &'static str, status: u16, code: &'static str) -> Server {
    Server::by(move |seen| {
        let refused = seen.path.starts_with(&format!("/users/{word}"));
        if refused {
            Reply::problem(status, code)
        } else {
            Reply::new(204, "")
        }
    })
}

#[test]
fn harm_to_more_than_one_thing_is_asked_about() {
    for words in [
        "user delete ada grace",
        "user disable ada grace",
        "key revoke 1 2",
        "session delete 1 2",
    ] {
        let server = but("never", 500, "internal");
        let off = usher(words).at(&server).run();
        assert_eq!(off.exit, Exit::NotUnderstood, "{words}");
        assert!(off.err.contains("--yes"), "{}", off.err);
        let no = usher(words).answering(&["n"]).at(&server).run();
        assert_eq!(
            (no.exit, no.err.as_str()),
            (Exit::Failed, "usher: Nothing was done.\n")
        );
        assert!(
            no.asked.starts_with("Really ") && no.asked.contains(" 2 "),
            "{}",
            no.asked
        );
        assert_eq!(server.asked().len(), 0, "{words}");
        let yes = usher(words).answering(&["Yes"]).at(&server).run();
        assert_eq!(yes.exit, Exit::Done, "{words}: {}", yes.err);
        let told = usher(words).and("--yes").at(&server).run();
        assert_eq!(told.exit, Exit::Done, "{words}: {}", told.err);
        assert_eq!(server.asked().len(), 4, "{words}");
    }
    let server = but("never", 500, "internal");
    let one = usher("user delete ada").at(&server).run();
    assert_eq!((one.exit, one.asked.as_str()), (Exit::Done, ""));
    let piped = usher("user delete -")
        .stdin("ada\ngrace\n")
        .answering(&["y"])
        .at(&server)
        .run();
    assert_eq!(
        piped.exit,
        Exit::Done,
        "the answer comes from the terminal, the ids from the pipe"
    );
    let harmless = usher("group add SOC ada grace").at(&server).run();
    assert_eq!((harmless.exit, harmless.asked.as_str()), (Exit::Done, ""));
}

#[test]
fn several_things_come_from_arguments_or_standard_input() {
    let server = but("never", 500, "internal");
    usher("user delete - --yes")
        .stdin("ada\r\n\n  grace  \nhedy")
        .at(&server)
        .run();
    let mut asked = server.asked();
    asked.sort();
    assert_eq!(
        asked,
        [
            "DELETE /users/ada",
            "DELETE /users/grace",
            "DELETE /users/hedy"
        ]
    );
    let empty = usher("user delete -").at(&server).run();
    assert_eq!(empty.exit, Exit::Done);
    assert!(
        empty.err.contains("standard input is empty"),
        "{}",
        empty.err
    );
    let long = usher("user delete -")
        .stdin(&"x".repeat(5000))
        .at(&server)
        .run();
    assert_eq!(long.exit, Exit::NotUnderstood);
}

#[test]
fn what_fails_among_several_is_named_and_the_rest_is_done() {
    let server = but("grace", 409, "last-owner");
    let outcome = usher("user delete ada grace hedy --yes").at(&server).run();
    assert_eq!(outcome.exit, Exit::InPart);
    assert_eq!(
        outcome.err,
        "usher: grace: The detail of last-owner. (usher explain last-owner)\nusher: 2 of 3 deleted, 1 failed\n"
    );
    assert_eq!(server.asked().len(), 3);
    let json = usher("user delete ada grace --yes -o json")
        .at(&server)
        .run();
    let first: Value = serde_json::from_str(json.err.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["reference"].as_str(), first["code"].as_str()),
        (Some("grace"), Some("last-owner"))
    );
    let all = usher("user delete grace graces --yes").at(&server).run();
    assert_eq!(
        all.exit,
        Exit::Conflict,
        "none was done, and all for one reason"
    );
}

#[test]
fn a_server_that_is_gone_is_not_asked_a_thousand_times() {
    let many: String = (0..1000).map(|number| format!("grace{number}\n")).collect();
    for (status, code, exit) in [
        (503, "unavailable", Exit::NotReached),
        (401, "unknown-credential", Exit::NotPermitted),
        (404, "no-such-path", Exit::NotFound),
    ] {
        let server = but("grace", status, code);
        let outcome = usher("user delete - --yes").stdin(&many).at(&server).run();
        assert_eq!(outcome.exit, exit, "{code}");
        assert!(
            server.asked().len() < 20,
            "{code}: {}",
            server.asked().len()
        );
        assert!(
            outcome.err.contains("999 not tried"),
            "{code}: {}",
            outcome.err
        );
    }
}

#[test]
fn answers_of_several_come_in_order() {
    let server = Server::by(|seen| {
        let number: u64 = seen.path.trim_start_matches("/users/").parse().unwrap();
        let pause = std::time::Duration::from_millis(if number.is_multiple_of(2) { 30 } else { 0 });
        Reply::json(json!({"id": format!("id-{number}"), "number": number})).after(pause)
    });
    let ids: String = (1..=20).map(|number| format!("{number}\n")).collect();
    let outcome = usher("user enable - -o id").stdin(&ids).at(&server).run();
    let wanted: String = (1..=20).map(|number| format!("id-{number}\n")).collect();
    assert_eq!(outcome.out, wanted);
    let one = usher("user enable 3 -o json").at(&server).run();
    assert!(serde_json::from_str::<Value>(&one.out).unwrap().is_object());
    let piped = usher("user enable - -o json")
        .stdin("3\n")
        .at(&server)
        .run();
    assert!(
        serde_json::from_str::<Value>(&piped.out)
            .unwrap()
            .is_array()
    );
}

#[test]
fn one_of_many_comes_back_when_the_server_asks_for_it() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let server =
        Server::by(
            move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Reply::problem(429, "too-many-requests").header("retry-after", "1"),
                _ => Reply::new(204, ""),
            },
        );
    let outcome = usher("user delete ada grace --yes").at(&server).run();
    assert_eq!((outcome.exit, outcome.err.as_str()), (Exit::Done, ""));
    assert_eq!(server.asked().len(), 3);
}
