//! Lists: every format, pages, what narrows them, columns.

use serde_json::{Value, json};

use super::{Outcome, Reply, Server, usher};
use crate::failure::Exit;

fn people() -> Value {
    json!([
        {
            "id": "0190-aa", "number": 7, "email": "ada@example.org", "name": "Ada Lovelace",
            "standing": "active", "home": 1, "last_seen_at": null, "title": "=SUM(1)",
        },
        {
            "id": "0190-bb", "number": 12, "email": null, "name": "Nightly, \"backups\"",
            "standing": "locked_out", "home": 2, "last_seen_at": "2031-05-01T10:00:00Z", "title": null,
        },
    ])
}

fn listed(words: &str) -> Outcome {
    let server = Server::by(|_| Reply::json(json!({"items": people(), "next": null})));
    usher(words).at(&server).run()
}

#[test]
fn a_list_in_every_format() {
    let mut shown = String::new();
    for words in [
        "user list",
        "user list --no-headers",
        "user list --columns number,title",
        "user list -o json --columns number",
        "user list -o jsonl",
        "user list -o yaml",
        "user list -o csv",
        "user list -o csv --columns email,title --no-headers",
        "user list -o id",
    ] {
        let outcome = listed(words);
        assert_eq!(
            (outcome.exit, outcome.err.as_str()),
            (Exit::Done, ""),
            "{words}"
        );
        shown.push_str(&format!("$ usher {words}\n{}\n", outcome.out));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn an_empty_list_in_every_format() {
    for (words, wanted) in [
        ("group list", "number  name  organisation\n"),
        ("group list --no-headers", ""),
        ("group list -o json", "[]\n"),
        ("group list -o jsonl", ""),
        ("group list -o yaml", "[]\n"),
        ("group list -o csv", "number,name,organisation\n"),
        ("group list -o id", ""),
    ] {
        let server = Server::answering(vec![Reply::json(json!({"items": [], "next": null}))]);
        let outcome = usher(words).at(&server).run();
        assert_eq!(
            (outcome.exit, outcome.out.as_str()),
            (Exit::Done, wanted),
            "{words}"
        );
    }
}

#[test]
fn a_table_on_a_terminal_is_framed_coloured_and_cut() {
    let server = Server::by(|_| Reply::json(json!({"items": people(), "next": null})));
    let outcome = usher("user list").at(&server).terminal(60).run();
    assert!(outcome.out.contains('│'), "{}", outcome.out);
    assert!(outcome.out.contains("\u{1b}[1m"), "{}", outcome.out);
    for line in outcome.out.lines() {
        let bare = line.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert!(bare.chars().count() <= 60, "{bare}");
    }
}

#[test]
fn colours_follow_the_flag_then_the_conventions_then_the_terminal() {
    for (variables, flag, terminal, colored) in [
        (vec![], "", false, false),
        (vec![], "", true, true),
        (vec![("NO_COLOR", "1")], "", true, false),
        (vec![("NO_COLOR", "")], "", true, true),
        (vec![("CLICOLOR_FORCE", "1")], "", false, true),
        (vec![("CLICOLOR_FORCE", "0")], "", false, false),
        (vec![("CLICOLOR", "0")], "", true, false),
        (vec![("TERM", "dumb")], "", true, false),
        (
            vec![("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
            "",
            true,
            false,
        ),
        (vec![("NO_COLOR", "1")], "--color=always", false, true),
        (vec![("CLICOLOR_FORCE", "1")], "--color=never", true, false),
    ] {
        let server = Server::by(|_| Reply::json(json!({"items": people(), "next": null})));
        let typed = if flag.is_empty() {
            usher("user list")
        } else {
            usher("user list").and(flag)
        };
        let typed = variables
            .iter()
            .fold(typed.at(&server), |typed, (name, value)| {
                typed.variable(name, value)
            });
        let typed = if terminal { typed.terminal(100) } else { typed };
        let outcome = typed.run();
        let has = outcome.out.contains('\u{1b}');
        assert_eq!(has, colored, "{variables:?} {flag} {terminal}");
    }
}

#[test]
fn columns_may_be_any_member_and_no_other() {
    for words in [
        "user list --columns number,absent",
        "user list --columns absent -o csv",
    ] {
        let outcome = listed(words);
        assert_eq!(outcome.exit, Exit::NotUnderstood, "{words}");
        assert!(
            outcome.err.contains("there is no member `absent`"),
            "{}",
            outcome.err
        );
        assert_eq!(outcome.out, "", "{words}");
    }
    // A member that the row shows, though this command line has never heard of it.
    let server =
        Server::by(|_| Reply::json(json!({"items": [{"id": "1", "shoe_size": 43}], "next": null})));
    let outcome = usher("user list --columns shoe_size").at(&server).run();
    assert_eq!(outcome.out, "shoe_size\n43\n");
    // Where no row comes, the known ones count.
    let server = Server::by(|_| Reply::json(json!({"items": [], "next": null})));
    assert_eq!(
        usher("user list --columns title").at(&server).run().exit,
        Exit::Done
    );
    let refused = usher("user list --columns shoe_size").at(&server).run();
    assert_eq!(refused.exit, Exit::NotUnderstood);
}

/// A list of so many rows, in pages as large as they are asked for.
fn counted(total: u64) -> Server {
    Server::by(move |seen| {
        let parameter = |name: &str| {
            let (_, query) = seen.path.split_once('?').unwrap_or_default();
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .clone()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.parse::<u64>().unwrap())
        };
        let from = parameter("cursor").unwrap_or(0);
        let to = (from + parameter("limit").unwrap_or(100)).min(total);
        let items: Vec<Value> = (from..to)
            .map(|id| json!({"id": format!("id-{id}")}))
            .collect();
        let next = (to < total).then(|| to.to_string());
        Reply::json(json!({"items": items, "next": next}))
    })
}

#[test]
fn pages_are_read_until_enough_is_shown() {
    for (words, rows, requests, said) in [
        (
            "user list -o id",
            100,
            vec!["limit=100"],
            "the first 100 are shown and there are more",
        ),
        ("user list -o id --limit 5", 5, vec!["limit=5"], ""),
        (
            "user list -o id --limit 1500",
            1500,
            vec!["limit=1000", "limit=500&cursor=1000"],
            "",
        ),
        (
            "user list -o id --all",
            2100,
            vec![
                "limit=1000",
                "limit=1000&cursor=1000",
                "limit=1000&cursor=2000",
            ],
            "",
        ),
    ] {
        let server = counted(2100);
        let outcome = usher(words).at(&server).run();
        assert_eq!(outcome.exit, Exit::Done, "{words}: {}", outcome.err);
        assert_eq!(outcome.out.lines().count(), rows, "{words}");
        let wanted: Vec<String> = requests
            .iter()
            .map(|query| format!("GET /users?{query}"))
            .collect();
        assert_eq!(server.asked(), wanted, "{words}");
        assert_eq!(
            outcome.err.is_empty(),
            said.is_empty(),
            "{words}: {}",
            outcome.err
        );
        assert!(outcome.err.contains(said), "{}", outcome.err);
    }
    let quiet = usher("user list -o id -q").at(&counted(2100)).run();
    assert_eq!(quiet.err, "");
    // As many as there are: nothing is left out.
    assert_eq!(usher("user list -o id").at(&counted(100)).run().err, "");
}

#[test]
fn a_server_that_goes_round_in_a_circle_is_left() {
    let page = json!({"items": [{"id": "1"}], "next": "again"});
    let server = Server::by(move |_| Reply::json(page.clone()));
    let outcome = usher("user list --all -o id").at(&server).run();
    assert_eq!(outcome.exit, Exit::Failed);
    assert!(outcome.err.contains("circle"), "{}", outcome.err);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn what_narrows_a_list_is_sent_encoded() {
    let server = Server::by(|_| Reply::json(json!({"items": [], "next": null})));
    let outcome = usher("event list --sort -number --search")
        .and("grace & co")
        .and("--filter")
        .and("at gt -7d and verb sw \"users.\"")
        .at(&server)
        .run();
    assert_eq!(outcome.exit, Exit::Done);
    assert_eq!(
        server.asked(),
        [
            "GET /events?filter=at%20gt%20-7d%20and%20verb%20sw%20%22users.%22&q=grace%20%26%20co&sort=-number&limit=100"
        ]
    );
}

#[test]
fn a_thing_chooses_among_paths_and_is_encoded() {
    for (words, path) in [
        ("key list", "/keys?limit=100"),
        ("key list ada", "/users/ada/keys?limit=100"),
        ("grant list", "/grants?limit=100"),
        (
            "grant list ada@example.org",
            "/users/ada%40example.org/grants?limit=100",
        ),
        ("session list 7", "/users/7/sessions?limit=100"),
        ("group members a/b", "/groups/a%2Fb/members?limit=100"),
        ("users list", "/users?limit=100"),
        (
            "organisations members 1",
            "/organisations/1/members?limit=100",
        ),
    ] {
        let server = Server::by(|_| Reply::json(json!({"items": [], "next": null})));
        let outcome = usher(words).at(&server).run();
        assert_eq!(outcome.exit, Exit::Done, "{words}: {}", outcome.err);
        assert_eq!(server.asked(), [format!("GET {path}")], "{words}");
    }
}

#[test]
fn one_thing_in_every_format() {
    let mut shown = String::new();
    for words in [
        "role show usher:helpdesk",
        "role show usher:helpdesk --columns name,lines",
        "role show usher:helpdesk -o json",
        "role show usher:helpdesk -o jsonl",
        "role show usher:helpdesk -o yaml",
        "role show usher:helpdesk -o csv",
        "role show usher:helpdesk -o id",
    ] {
        let role = json!({
            "id": "0190-role", "number": 4, "platform": "usher", "word": "helpdesk", "name": "Help: desk",
            "organisation": null, "builtin": true,
            "lines": [{"word": "users.read", "reach": "subtree"}, {"word": "users.unlock", "reach": "own"}],
        });
        let outcome = usher(words)
            .at(&Server::answering(vec![Reply::json(role)]))
            .run();
        assert_eq!(
            (outcome.exit, outcome.err.as_str()),
            (Exit::Done, ""),
            "{words}"
        );
        shown.push_str(&format!("$ usher {words}\n{}\n", outcome.out));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn grants_say_role_and_path_in_words() {
    let items = json!([
        {"number": 3, "user": 7, "role": {"platform": "usher", "word": "owner", "name": "Owner"},
         "organisation": 1, "path": {"kind": "direct"}, "expires_at": null},
        {"number": null, "user": 7, "role": {"platform": "usher", "word": "helpdesk", "name": "H"},
         "organisation": 2, "path": {"kind": "group", "group": 5, "group_role": 9, "collection": null},
         "expires_at": "2031-01-01T00:00:00Z"},
    ]);
    let server = Server::answering(vec![Reply::json(json!({"items": items, "next": null}))]);
    let outcome = usher("grant list ada").at(&server).run();
    insta::assert_snapshot!(outcome.out, @r"
    number  user  role            organisation  path     expires_at
    3       7     usher:owner     1             direct   -
    -       7     usher:helpdesk  2             group 5  2031-01-01T00:00:00Z
    ");
}

#[test]
fn organisations_stand_below_each_other() {
    let rows = json!([
        {"id": "a", "number": 1, "parent": null, "name": "Root"},
        {"id": "b", "number": 4, "parent": 2, "name": "Annex"},
        {"id": "c", "number": 3, "parent": 1, "name": "Clinic"},
        {"id": "d", "number": 2, "parent": 1, "name": "harbour"},
        {"id": "e", "number": 9, "parent": 77, "name": "Elsewhere"},
    ]);
    let list = json!({"items": rows, "next": null});
    let server = Server::by(move |_| Reply::json(list.clone()));
    let outcome = usher("org tree").at(&server).run();
    insta::assert_snapshot!(outcome.out, @r"
    name       number
    Elsewhere  9
    Root       1
      Clinic   3
      harbour  2
        Annex  4
    ");
    let lines = usher("org tree -o jsonl").at(&server).run();
    assert!(
        lines.out.contains(r#""name":"Annex","depth":2"#),
        "{}",
        lines.out
    );
    let csv = usher("org tree -o csv").at(&server).run();
    assert!(
        csv.out.starts_with("depth,name,number\n0,Elsewhere,9\n"),
        "{}",
        csv.out
    );
}

#[test]
fn settings_are_shown_member_by_member() {
    let all = json!({"lockout": {"attempts": 5, "minutes": 15}, "mail": {"server": null, "templates": {"a": 1}}});
    let server = Server::by(move |_| Reply::json(all.clone()));
    let outcome = usher("setting list").at(&server).run();
    insta::assert_snapshot!(outcome.out, @r#"
    setting  member     value
    lockout  attempts   5
    lockout  minutes    15
    mail     server     -
    mail     templates  {"a":1}
    "#);
    assert_eq!(
        usher("setting list -o id").at(&server).run().out,
        "lockout\nmail\n"
    );
    let json = usher("setting list -o json").at(&server).run();
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["lockout"]["minutes"], 15);
}

#[test]
fn why_says_yes_or_no_and_ends_so() {
    let yes = json!({"allowed": true, "items": [{
        "word": "users.edit", "reach": "subtree", "organisation": 1, "role": "usher:administrator",
        "path": {"kind": "group", "group": 5}, "expires_at": null}]});
    let no = json!({"allowed": false, "items": []});
    let server = Server::answering(vec![Reply::json(yes), Reply::json(no)]);
    let outcome = usher("user why ada users.edit --org 2").at(&server).run();
    assert_eq!(outcome.exit, Exit::Done);
    insta::assert_snapshot!(outcome.out, @r"
    yes
      users.edit (subtree) in 1 by the role usher:administrator, group 5
    ");
    let outcome = usher("user why ada users.edit --org 2").at(&server).run();
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Failed, "no\n"));
    assert_eq!(
        server.asked(),
        ["GET /users/ada/access?organisation=2&permission=users.edit"; 2]
    );
}

#[test]
fn a_list_can_be_asked_for_several_things_from_standard_input() {
    let server = Server::by(|_| Reply::json(json!({"items": [{"id": "k"}], "next": null})));
    let outcome = usher("key list - -o id")
        .stdin("ada\n\n grace \n")
        .at(&server)
        .run();
    assert_eq!(outcome.out, "k\nk\n");
    assert_eq!(
        server.asked(),
        [
            "GET /users/ada/keys?limit=100",
            "GET /users/grace/keys?limit=99"
        ]
    );
}
