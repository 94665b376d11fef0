//! Profiles: what is kept where, and which one counts.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Folder, Reply, Server, TOKEN, Typed, usher};
use crate::failure::Exit;

fn within(folder: &Folder, words: &str) -> Typed {
    usher(words).variable("XDG_CONFIG_HOME", &folder.file("config"))
}

fn mode(path: &str) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_profile_is_made_listed_used_and_forgotten() {
    let folder = Folder::new();
    let made = within(
        &folder,
        "profile set prod --url https://usher.example.org/ --token @-",
    )
    .stdin(&format!("{TOKEN}\n"))
    .run();
    assert_eq!(made.exit, Exit::Done, "{}", made.err);
    let token = folder.with("token.txt", "other\n");
    let made = within(&folder, "profile set test --url http://127.0.0.1:1 --token")
        .and(&format!("@{token}"))
        .run();
    assert_eq!(made.exit, Exit::Done, "{}", made.err);
    let file = folder.file("config/usher/profiles.toml");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&folder.file("config/usher/prod.token")), 0o600);
    assert_eq!(mode(&folder.file("config/usher")), 0o700);
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace(&folder.file(""), "FOLDER/");
    insta::assert_snapshot!(text, @r#"
    current = "prod"

    [prod]
    url = "https://usher.example.org/"
    token_file = "FOLDER/config/usher/prod.token"

    [test]
    url = "http://127.0.0.1:1"
    token_file = "FOLDER/token.txt"
    "#);
    let listed = within(&folder, "profile list --columns name,current,url").run();
    insta::assert_snapshot!(listed.out, @r"
    name  current  url
    prod  true     https://usher.example.org/
    test  false    http://127.0.0.1:1
    ");
    assert_eq!(within(&folder, "profile use test").run().exit, Exit::Done);
    let listed = within(&folder, "profile list -o json").run();
    assert!(!listed.out.contains(TOKEN));
    let value: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        (&value[0]["current"], &value[1]["current"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        within(&folder, "profile delete prod").run().exit,
        Exit::Done
    );
    assert!(!std::path::Path::new(&folder.file("config/usher/prod.token")).exists());
    assert_eq!(
        within(&folder, "profile delete test").run().exit,
        Exit::Done
    );
    assert!(
        std::path::Path::new(&token).exists(),
        "a file of the caller's own stays"
    );
    assert_eq!(within(&folder, "profile list -o id").run().out, "");
    assert_eq!(
        within(&folder, "profile use prod").run().exit,
        Exit::NotFound
    );
}

#[test]
fn what_cannot_be_a_profile_is_refused() {
    let folder = Folder::new();
    for (words, said) in [
        ("profile set prod", "needs an address"),
        ("profile set current --url http://h", "`current`"),
        ("profile set ../x --url http://h", "letters, digits"),
        ("profile set prod --url h", "is no address"),
        (
            "profile set prod --url http://h --token abc",
            "never stands on the command line",
        ),
        (
            "profile set prod --url http://h --token",
            "no terminal to ask at",
        ),
        (
            "profile set prod --url http://h --token @/nonexistent",
            "cannot read",
        ),
    ] {
        let outcome = within(&folder, words).run();
        assert_eq!(
            outcome.exit,
            Exit::NotUnderstood,
            "{words}: {}",
            outcome.err
        );
        assert!(outcome.err.contains(said), "{words}: {}", outcome.err);
    }
    assert!(!std::path::Path::new(&folder.file("config/usher/profiles.toml")).exists());
    for text in [
        "current = 1",
        "[prod]\nurl = \"http://h\"\ntoken = \"x\"",
        "nonsense",
    ] {
        std::fs::create_dir_all(folder.file("config/usher")).unwrap();
        folder.with("config/usher/profiles.toml", text);
        let outcome = within(&folder, "profile list").run();
        assert_eq!(outcome.exit, Exit::NotUnderstood, "{text}: {}", outcome.err);
        assert!(outcome.err.contains("profiles.toml"), "{}", outcome.err);
    }
}

#[test]
fn the_flag_counts_before_the_variables_and_those_before_the_current_profile() {
    let folder = Folder::new();
    let server = |number: u64| Server::by(move |_| Reply::json(json!({"number": number})));
    let (one, two, three) = (server(1), server(2), server(3));
    for (name, server) in [("first", &one), ("second", &two)] {
        let made = within(
            &folder,
            &format!("profile set {name} --url {} --token @-", server.url),
        )
        .stdin(&format!("token-of-{name}"))
        .run();
        assert_eq!(made.exit, Exit::Done, "{}", made.err);
    }
    let token = |server: &Server| server.seen().last().unwrap().headers["authorization"].clone();
    within(&folder, "me").run();
    assert_eq!(token(&one), "Bearer token-of-first");
    within(&folder, "me")
        .variable("USHER_PROFILE", "second")
        .run();
    assert_eq!(token(&two), "Bearer token-of-second");
    let by_variable = |words: &str| {
        within(&folder, words)
            .variable("USHER_PROFILE", "second")
            .variable("USHER_URL", &three.url)
            .variable("USHER_TOKEN", "token-of-variable")
    };
    by_variable("me").run();
    assert_eq!(token(&three), "Bearer token-of-variable");
    by_variable("me --profile first").run();
    assert_eq!(
        (one.seen().len(), token(&one)),
        (2, "Bearer token-of-first".to_owned())
    );
    by_variable(&format!("me --profile first --url {}", two.url)).run();
    assert_eq!(token(&two), "Bearer token-of-first");
    assert_eq!(
        (one.seen().len(), two.seen().len(), three.seen().len()),
        (2, 2, 1)
    );
    // A token goes to no other server than the one it was stated for.
    let stray = within(&folder, &format!("me --url {}", three.url)).run();
    assert_eq!((stray.exit, three.seen().len()), (Exit::NotUnderstood, 1));
}

#[test]
fn a_token_that_others_may_read_is_spoken_of() {
    let folder = Folder::new();
    let server = Server::by(|_| Reply::json(json!({"number": 1})));
    let token = folder.with("token.txt", TOKEN);
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    within(
        &folder,
        &format!("profile set p --url {} --token @{token}", server.url),
    )
    .run();
    let outcome = within(&folder, "me").run();
    assert_eq!(outcome.exit, Exit::Done);
    assert!(outcome.err.contains("chmod 600"), "{}", outcome.err);
}

#[test]
fn an_address_may_name_the_mount_or_lie_below_a_path() {
    for (suffix, path) in [
        ("", "/me"),
        ("/", "/me"),
        ("/api/v1", "/me"),
        ("/api/v1/", "/me"),
        ("/sub", "/sub/api/v1/me"),
    ] {
        let server = Server::by(|_| Reply::json(json!({"number": 1})));
        let url = format!("{}{suffix}", server.url);
        let outcome = usher("me")
            .variable("USHER_URL", &url)
            .variable("USHER_TOKEN", TOKEN)
            .run();
        assert_eq!(outcome.exit, Exit::Done, "{suffix}: {}", outcome.err);
        assert_eq!(server.asked(), [format!("GET {path}")], "{suffix}");
    }
}
