//! Work is bounded before it begins: the worst that each door's requests can carry costs little of the
//! thread that serves it, and is refused in the door's own words.
//!
//! The time is that of the thread itself, so a busy machine changes nothing; what waits for the database
//! waits elsewhere. A build without optimisation is allowed more.

use std::time::Duration;

use directory::{NewGroup, NewUser, ROOT};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use test_support::{Reply, World};

use crate::world;

/// How a door takes the members of a sign-in.
type Wrapping<'a> = &'a dyn Fn(Value) -> Value;

/// What one request may cost the thread that serves it.
const MOST: Duration = if cfg!(debug_assertions) {
    Duration::from_millis(1_000)
} else {
    Duration::from_millis(50)
};

/// The time this thread has worked.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

/// One request, and what its answer must hold when it is refused.
struct Worst {
    name: &'static str,
    method: &'static str,
    target: String,
    body: Option<String>,
    answer: Answer,
}

enum Answer {
    /// This status, and this text in the body.
    Refused(u16, &'static str),
    /// A success; what it holds does not matter.
    Fine,
}

fn graphql(name: &'static str, query: &str, variables: &Value, answer: Answer) -> Worst {
    let body = json!({"query": query, "variables": variables});
    Worst {
        name,
        method: "POST",
        target: "/opencti/graphql".to_owned(),
        body: Some(body.to_string()),
        answer,
    }
}

fn plain(
    name: &'static str,
    method: &'static str,
    target: String,
    body: Option<Value>,
    answer: Answer,
) -> Worst {
    Worst {
        name,
        method,
        target,
        body: body.map(|body| body.to_string()),
        answer,
    }
}

fn words(count: usize) -> String {
    let words: Vec<String> = (0..count).map(|word| format!("{word:x}")).collect();
    words.join(" ")
}

const UNSUPPORTED: Answer = Answer::Refused(200, "UNSUPPORTED_ERROR");
const INVALID: Answer = Answer::Refused(200, "VALIDATION_ERROR");

fn opencti() -> Vec<Worst> {
    let many = words(150_000);
    let long = "a".repeat(60_000);
    let some = words(16);
    let organizations = "query($s: String) { organizations(search: $s) { edges { node { id } } } }";
    let users = "query($s: String) { users(search: $s) { edges { node { id } } } }";
    let filtered = "query($f: FilterGroup) { users(filters: $f) { edges { node { id } } } }";
    let aliased = |field: &str| {
        let fields: Vec<String> = (0..30)
            .map(|number| format!("a{number}: {field}(search: $s) {{ edges {{ node {{ id }} }} }}"))
            .collect();
        format!("query($s: String) {{ {} }}", fields.join(" "))
    };
    let group =
        |filters: Value| json!({"f": {"mode": "and", "filterGroups": [], "filters": filters}});
    let one = |operator: &str, values: Value| {
        group(json!([{"key": ["name"], "operator": operator, "values": values}]))
    };
    let standard: Vec<String> = (0..1_990_u128)
        .map(|number| format!("group--{}", uuid::Uuid::from_u128(number)))
        .collect();
    let keys = vec!["name"; 1_000];
    let mut worst = vec![
        graphql(
            "words in organisations",
            organizations,
            &json!({"s": many}),
            UNSUPPORTED,
        ),
        graphql("words in users", users, &json!({"s": many}), UNSUPPORTED),
        graphql(
            "a long word in users",
            users,
            &json!({"s": long}),
            UNSUPPORTED,
        ),
        graphql(
            "thirty searches of thousands of words",
            &aliased("organizations"),
            &json!({"s": words(12_000)}),
            UNSUPPORTED,
        ),
        graphql(
            "thirty searches of a few words",
            &aliased("users"),
            &json!({"s": some}),
            UNSUPPORTED,
        ),
        graphql(
            "thirty searches of roles",
            &aliased("roles"),
            &json!({"s": words(16)}),
            Answer::Fine,
        ),
        graphql(
            "a filter's many values",
            filtered,
            &one("eq", json!(vec!["a"; 200_000])),
            UNSUPPORTED,
        ),
        graphql(
            "a filter's many patterns",
            filtered,
            &one("contains", json!(vec!["a"; 1_900])),
            UNSUPPORTED,
        ),
        graphql(
            "keys times values",
            filtered,
            &group(json!([{"key": keys, "values": vec!["a"; 1_000]}])),
            UNSUPPORTED,
        ),
        graphql(
            "many standard ids",
            filtered,
            &group(json!([{"key": ["id"], "values": standard}])),
            Answer::Refused(200, "\"edges\":[]"),
        ),
        graphql(
            "a large variable that thirty fields mention",
            &aliased("users"),
            &json!({"s": "a".repeat(1_000_000)}),
            UNSUPPORTED,
        ),
        graphql(
            "a patch without end",
            "mutation($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { id } } }",
            &json!({"id": uuid::Uuid::nil(), "input": vec![json!({"key": "firstname", "value": ["a"]}); 15_000]}),
            Answer::Refused(200, "errors"),
        ),
        graphql(
            "a user in many groups",
            "mutation($input: UserAddInput!) { userAdd(input: $input) { id } }",
            &json!({"input": {"name": "a", "user_email": "a@example.org", "password": "tangerine umbrella 42",
                "groups": vec![uuid::Uuid::nil(); 20_000]}}),
            INVALID,
        ),
    ];
    for operator in [
        "search",
        "match",
        "contains",
        "starts_with",
        "ends_with",
        "wildcard",
    ] {
        worst.push(graphql(
            operator,
            filtered,
            &one(operator, json!([long])),
            UNSUPPORTED,
        ));
    }
    for operator in ["search", "match"] {
        worst.push(graphql(
            operator,
            filtered,
            &one(operator, json!([many])),
            UNSUPPORTED,
        ));
    }
    worst
}

fn native() -> Vec<Worst> {
    let long = "a".repeat(60_000);
    let refused = |text| Answer::Refused(400, text);
    let list =
        |name, query: String, answer| plain(name, "GET", format!("/api/v1/{query}"), None, answer);
    let mut worst: Vec<Worst> = [
        "users",
        "groups",
        "organisations",
        "roles",
        "keys",
        "events",
    ]
    .into_iter()
    .map(|kind| list(kind, format!("{kind}?q={long}"), refused("characters")))
    .collect();
    let many = words(200).replace(' ', "+");
    worst.push(list("words", format!("users?q={many}"), refused("words")));
    worst.push(list(
        "a filter's text",
        format!("users?email={long}"),
        refused("too long"),
    ));
    worst.push(list(
        "a filter's values",
        format!("users?organisation=a{}", "&organisation=a".repeat(900)),
        Answer::Refused(400, "values"),
    ));
    worst
}

fn misp() -> Vec<Worst> {
    let long = "a".repeat(1_500);
    let many = words(101).replace(' ', "%7C");
    let longest = "a".repeat(60_000);
    let mut worst = Vec::new();
    for name in [
        "value",
        "searchall",
        "searchemail",
        "searchorg",
        "searchrole",
    ] {
        for (text, status, told) in [
            (&long, 403, "filter"),
            (&many, 403, "filter"),
            (&longest, 404, "Not Found"),
        ] {
            let target = format!("/misp/admin/users/index/{name}:{text}");
            worst.push(plain(
                name,
                "GET",
                target,
                None,
                Answer::Refused(status, told),
            ));
        }
    }
    for target in [
        "organisations/index/scope:all/searchall:",
        "roles/index/name:",
    ] {
        let target = format!("/misp/{target}{long}");
        worst.push(plain(
            "a long text",
            "GET",
            target,
            None,
            Answer::Refused(403, "filter"),
        ));
    }
    worst.push(plain(
        "a long text by POST",
        "POST",
        "/misp/organisations/index".to_owned(),
        Some(json!({"searchall": "a".repeat(1_000_000)})),
        Answer::Refused(403, "filter"),
    ));
    worst
}

fn tenable() -> Vec<Worst> {
    let ids: Vec<i64> = (1_000..2_001).collect();
    let refused = |text| Answer::Refused(400, text);
    vec![
        plain(
            "a user's roles",
            "PUT",
            "/tenable/api/users/2/roles".to_owned(),
            Some(json!({"roles": ids})),
            refused("entries"),
        ),
        plain(
            "many users at once",
            "POST",
            "/tenable/api/users".to_owned(),
            Some(json!(vec![
                json!({"name": "a", "email": "a@example.org", "password": "a"});
                1_000
            ])),
            refused(""),
        ),
    ]
}

/// Asks OpenCTI's door something.
async fn ask(world: &World, query: &str, variables: Value) -> Value {
    let body = json!({"query": query, "variables": variables});
    let call = world.post("/opencti/graphql").bearer(&world.key);
    call.json(&body).send().await.json()
}

async fn send(world: &World, worst: &Worst) -> Reply {
    let call = world.request(worst.method, &worst.target);
    let call = match worst.target.split('/').nth(1) {
        Some("misp") => call.header("Authorization", &world.key),
        Some("tenable") => call.header("X-API-Key", &world.key),
        _ => call.bearer(&world.key),
    };
    let call = call.header("Accept", "application/json");
    match &worst.body {
        Some(body) => call
            .header("Content-Type", "application/json")
            .body(body.clone()),
        None => call,
    }
    .send()
    .await
}

#[tokio::test]
async fn the_worst_requests_cost_little() {
    let world = world().await;
    let people = (0..100).map(|number| NewUser {
        email: Some(format!("p{number}@example.org")),
        ..NewUser::default()
    });
    world.system().create_users(people.collect()).await.unwrap();
    let all = [opencti(), native(), misp(), tenable()];
    let mut told = Vec::new();
    for worst in all.iter().flatten() {
        let (before, statements) = (worked(), world.directory.statements());
        let reply = send(&world, worst).await;
        let (cost, statements) = (worked() - before, world.directory.statements() - statements);
        let shown: String = reply.text.chars().take(300).collect();
        let door = worst.target.split('/').nth(1).unwrap_or_default();
        let name = format!("{door}, {}", worst.name);
        let (status, text) = match worst.answer {
            Answer::Refused(status, text) => (status, text),
            Answer::Fine => (200, ""),
        };
        if reply.status != status || !reply.text.contains(text) {
            told.push(format!("{name}: {} {shown}", reply.status));
        }
        if matches!(worst.answer, Answer::Fine) && reply.text.contains("\"errors\"") {
            told.push(format!("{name}: {shown}"));
        }
        if cost > MOST || statements > 300 {
            told.push(format!("{name}: {cost:?}, {statements} statements"));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// What the bounds let through is answered, however a search's letters unfold.
#[tokio::test]
async fn what_is_within_the_bounds_is_answered() {
    let world = world().await;
    // Letters that unfold into four words, and into three letters.
    let (words_of_letters, wide) = ("\u{FDFA}".repeat(4), "\u{FB03}".repeat(1_000));
    for (text, status) in [
        (words_of_letters.clone(), 200),
        (wide.clone(), 200),
        ("\u{FDFA}".repeat(6), 400),
    ] {
        let letters = percent_encoding::NON_ALPHANUMERIC;
        let encoded = percent_encoding::utf8_percent_encode(&text, letters);
        let native = world.get(&format!("/api/v1/users?q={encoded}"));
        let reply = native.bearer(&world.key).send().await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let query = "query($s: String, $f: FilterGroup) { users(search: $s) { edges { node { id } } } \
        organizations(search: $s) { edges { node { id } } } groups(filters: $f) { edges { node { id } } } }";
    for (search, value) in [
        (words(16), "%_\\".repeat(333)),
        (wide, "\u{FDFA}".repeat(1_000)),
        (words_of_letters, "*".repeat(1_000)),
    ] {
        let variables = json!({"s": search, "f": {"mode": "and", "filterGroups": [],
            "filters": [{"key": ["name"], "operator": "contains", "values": [value]}]}});
        let data = ask(&world, query, variables).await["data"].take();
        assert_eq!(data["groups"]["edges"], json!([]));
    }
}

/// People below groups below people are the same few groups again and again.
#[tokio::test]
async fn nested_lists_of_many_people_are_answered() {
    let world = world().await;
    let system = world.system();
    let mut groups = Vec::new();
    for number in 0..12 {
        let new = NewGroup {
            name: format!("Team {number}"),
            organisation: Some(ROOT),
            ..NewGroup::default()
        };
        groups.push(system.create_group(new).await.unwrap().id);
    }
    for chunk in 0..6 {
        let people = (0..100).map(|number| NewUser {
            email: Some(format!("p{chunk}x{number}@example.org")),
            groups: groups.clone(),
            ..NewUser::default()
        });
        system.create_users(people.collect()).await.unwrap();
    }
    let query = |first: usize| {
        format!(
            "{{ users(first: 5000) {{ edges {{ node {{ id groups {{ edges {{ node {{ id \
             members(first: {first}) {{ edges {{ node {{ id }} }} }} }} }} }} }} }} }} }}"
        )
    };
    let data = ask(&world, &query(10), json!({})).await["data"].take();
    let users = data["users"]["edges"].as_array().unwrap();
    let shown = users.iter().flat_map(|user| {
        let groups = user["node"]["groups"]["edges"].as_array().unwrap();
        groups.iter().filter(|group| {
            let members = group["node"]["members"]["edges"].as_array().unwrap();
            members.len() == 10
        })
    });
    assert!(shown.count() >= 7_200);
    // What would be millions of rows is refused before it is put together.
    let before = worked();
    let refused = ask(&world, &query(5_000), json!({})).await.to_string();
    assert!(refused.contains("too many objects"), "{refused}");
    assert!(worked() - before < 4 * MOST);
}

/// A password or name that was not given is no guess, at every door.
#[tokio::test]
async fn what_is_not_given_is_no_guess_at_any_door() {
    const EMAIL: &str = "ada@example.org";
    const PASSWORD: &str = "tangerine umbrella 42";
    let world = world().await;
    let new = NewUser {
        email: Some(EMAIL.to_owned()),
        password: directory::NewPassword::Chosen(PASSWORD.to_owned()),
        ..NewUser::default()
    };
    let ada = world.system().create_user(new).await.unwrap();
    let token = "mutation ($input: UserLoginInput!) { token(input: $input) }";
    let opencti = |input: Value| json!({"query": token, "variables": {"input": input}});
    let doors: [(&str, &str, Wrapping<'_>); 3] = [
        ("/api/v1/sign-in", "login", &|input| input),
        ("/tenable/api/login", "email", &|input| input),
        ("/opencti/graphql", "email", &opencti),
    ];
    let sent = async |path: &str, body: Value| {
        let reply = world.post(path).json(&body).send().await;
        assert!(reply.status < 500, "{path}: {reply:?}");
        reply
    };
    for (path, name, body) in doors {
        for input in [
            json!({name: EMAIL, "password": ""}),
            json!({name: EMAIL, "password": null}),
            json!({name: EMAIL}),
            json!({name: "", "password": "a guess"}),
        ] {
            for _ in 0..4 {
                let reply = sent(path, body(input.clone())).await;
                assert!(!reply.text.contains("authToken"), "{reply:?}");
            }
        }
        let user = world.system().user(ada.id).await.unwrap();
        assert_eq!(user.lockout_until, None, "{path}");
        // The same door counts what is given.
        for _ in 0..3 {
            // One door takes a guess a second and no more from one address.
            world.clock.advance(2_000);
            sent(path, body(json!({name: EMAIL, "password": "a guess"}))).await;
        }
        let user = world.system().user(ada.id).await.unwrap();
        assert!(user.lockout_until.is_some(), "{path}");
        world.system().unlock(ada.id).await.unwrap();
    }
}
