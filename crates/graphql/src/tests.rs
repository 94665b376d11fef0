use serde_json::{Value, json};

use super::execute::{Graph, Link, Pending};
use super::*;

mod reference;

/// A schema of hundreds of fields, and documents that a real client sends to it: one dialect's.
const SCHEMA: &str = include_str!("../../dialect-opencti/src/schema.graphql");
const RECORDED: &str = include_str!("../../dialect-opencti/tests/fixtures/opencti.requests.json");

const LIBRARY: &str = r#"
    interface Thing { id: ID! }
    type Shelf implements Thing { id: ID! books(first: Int = 2, tags: [String!], order: Order, like: Like): [Book!]! broken: Book strict: Book! }
    type Book implements Thing { id: ID! title: String shelf: Shelf twin: Thing }
    enum Order { up down }
    input Like { word: String!, deep: [Int], fallback: String = "none", own: Like }
    type Query { shelf(id: ID!): Shelf things: [Thing!] missing: Shelf sure: Shelf! }
    type Mutation { edit(id: ID!): Edit }
    type Edit { remove: ID name(to: String!): Shelf }
"#;

/// A library of shelves, each with books `<shelf>-0`, `<shelf>-1`, …; it notes what it is asked.
#[derive(Default)]
struct Library {
    asked: std::sync::Mutex<Vec<String>>,
}

#[derive(Clone)]
enum Node {
    Root(bool),
    Shelf(String),
    Book(String),
    Edit(String),
}

impl Library {
    fn answer(&self, node: &Node, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        Ok(match (node, call.name()) {
            (Node::Root(_), "shelf") => Link::One(Node::Shelf(call.text("id").into())),
            (Node::Root(_), "things") => Link::Many(vec![
                Node::Shelf("s".into()),
                Node::Book("b-0".into()),
                Node::Shelf("t".into()),
            ]),
            (Node::Root(_), "edit") => Link::One(Node::Edit(call.text("id").into())),
            (Node::Shelf(id), "books") => {
                let first = call.get("first").and_then(Value::as_u64).unwrap_or(0);
                Link::Many(
                    (0..first)
                        .map(|n| Node::Book(format!("{id}-{n}")))
                        .collect(),
                )
            }
            (Node::Book(id), "shelf" | "twin") => {
                Link::One(Node::Shelf(id.split('-').next().unwrap_or_default().into()))
            }
            (Node::Edit(id), "remove") => Link::Leaf(json!(id)),
            (Node::Edit(_), "name") => Link::One(Node::Shelf(call.text("to").into())),
            (_, "missing") => Link::Null,
            _ => return Err(Refusal::new("SOME_CODE", "It broke.").with("why", "test")),
        })
    }
}

impl Graph for Library {
    type Node = Node;

    fn root(&self, mutation: bool) -> Node {
        Node::Root(mutation)
    }

    fn type_name<'n>(&self, node: &'n Node) -> &'n str {
        match node {
            Node::Root(false) => "Query",
            Node::Root(true) => "Mutation",
            Node::Shelf(_) => "Shelf",
            Node::Book(_) => "Book",
            Node::Edit(_) => "Edit",
        }
    }

    fn fetched(type_name: &str, _: &str) -> bool {
        type_name == "Edit"
    }

    fn relate<'a>(
        &'a self,
        parents: &'a [&'a Node],
        call: &'a Call<'a>,
    ) -> Pending<'a, Result<Vec<Link<Node>>, Refusal>> {
        Box::pin(async move {
            let note = format!(
                "{}×{} {}",
                call.name(),
                parents.len(),
                Value::Object(call.arguments.clone())
            );
            self.asked.lock().unwrap().push(note);
            parents.iter().map(|node| self.answer(node, call)).collect()
        })
    }

    fn write(&self, node: &Node, field: &Field, out: &mut Json) {
        match (node, field.name.as_str()) {
            (Node::Shelf(id) | Node::Book(id), "id") => out.text(id),
            (Node::Book(id), "title") => out.value(&format!("Book {id}")),
            _ => out.null(),
        }
    }
}

fn library() -> Engine {
    Engine::new(LIBRARY, Limits::default()).unwrap()
}

async fn run_with(engine: &Engine, library: &Library, query: &str, variables: Value) -> Value {
    let request = Request {
        query: query.to_owned(),
        variables: variables.as_object().cloned().unwrap_or_default(),
        operation: None,
    };
    let body = match engine.document(query, true) {
        Ok(document) => engine.run(library, &document, &request).await,
        Err(refusals) => refused_with(&refusals),
    };
    serde_json::from_slice(&body).unwrap()
}

async fn run(query: &str, variables: Value) -> Value {
    run_with(&library(), &Library::default(), query, variables).await
}

/// The first error of an answer, as "CODE message".
fn complaint(answer: &Value) -> String {
    let error = &answer["errors"][0];
    assert_eq!(error["name"], error["extensions"]["code"]);
    format!(
        "{} {}",
        error["name"].as_str().unwrap(),
        error["message"].as_str().unwrap()
    )
}

#[tokio::test]
async fn answers_follow_the_document() {
    let cases = [
        // keys in the order written, equal keys merged, aliases kept apart
        (
            r#"{ shelf(id: "s") { __typename books { title } id books { id } few: books(first: 1) { id } } }"#,
            json!({"shelf": {"__typename": "Shelf",
                "books": [{"title": "Book s-0", "id": "s-0"}, {"title": "Book s-1", "id": "s-1"}],
                "id": "s", "few": [{"id": "s-0"}]}}),
        ),
        // type conditions, inline and named, on an interface
        (
            r#"{ things { id ... on Book { title } ...S ... on Thing { kind: __typename } } } fragment S on Shelf { books(first: 1) { id } }"#,
            json!({"things": [
                {"id": "s", "books": [{"id": "s-0"}], "kind": "Shelf"},
                {"id": "b-0", "title": "Book b-0", "kind": "Book"},
                {"id": "t", "books": [{"id": "t-0"}], "kind": "Shelf"}]}),
        ),
        (
            r#"{ missing { id } __typename }"#,
            json!({"missing": null, "__typename": "Query"}),
        ),
        (
            r#"mutation { edit(id: "s") { name(to: "n") { id } remove } }"#,
            json!({"edit": {"name": {"id": "n"}, "remove": "s"}}),
        ),
    ];
    for (query, expected) in cases {
        let answer = run(query, json!({})).await;
        assert_eq!(answer, json!({"data": expected}), "{query}");
        let keys = serde_json::to_string(&answer["data"]).unwrap();
        assert_eq!(keys, expected.to_string(), "order of keys in {query}");
    }
}

#[tokio::test]
async fn directives_are_obeyed() {
    let query = r#"query ($a: Boolean!, $b: Boolean = false) { shelf(id: "s") { id @skip(if: $a) books(first: 1) @include(if: $b) { id } ...F @include(if: $a) } } fragment F on Shelf { kind: __typename }"#;
    let engine = library();
    for (variables, expected) in [
        (json!({"a": true}), json!({"kind": "Shelf"})),
        (
            json!({"a": false, "b": true}),
            json!({"id": "s", "books": [{"id": "s-0"}]}),
        ),
        (
            json!({"a": true, "b": true}),
            json!({"books": [{"id": "s-0"}], "kind": "Shelf"}),
        ),
    ] {
        let answer = run_with(&engine, &Library::default(), query, variables).await;
        assert_eq!(answer["data"]["shelf"], expected);
    }
}

#[tokio::test]
async fn questions_follow_the_document_and_not_the_rows() {
    let library_asked = Library::default();
    let query =
        r#"{ things { ... on Shelf { books(first: 40) { shelf { books(first: 3) { id } } } } } }"#;
    run_with(&library(), &library_asked, query, json!({})).await;
    let asked = library_asked.asked.into_inner().unwrap();
    assert_eq!(
        asked,
        [
            "things×1 {}",
            r#"books×2 {"first":40}"#,
            "shelf×80 {}",
            r#"books×80 {"first":3}"#,
        ]
    );
}

#[tokio::test]
async fn arguments_are_coerced() {
    let cases = [
        ("{ shelf(id: 7) { id } }", json!({}), r#"{"id":"7"}"#),
        (
            "query ($id: ID!) { shelf(id: $id) { id } }",
            json!({"id": 7}),
            r#"{"id":"7"}"#,
        ),
        (
            r#"{ shelf(id: "s") { books(tags: "x", order: up) { id } } }"#,
            json!({}),
            r#"{"first":2,"tags":["x"],"order":"up"}"#,
        ),
        (
            r#"query ($t: [String!]) { shelf(id: "s") { books(tags: $t) { id } } }"#,
            json!({"t": "x"}),
            r#"{"first":2,"tags":["x"]}"#,
        ),
        (
            r#"query ($t: [String!]) { shelf(id: "s") { books(tags: $t) { id } } }"#,
            json!({}),
            r#"{"first":2}"#,
        ),
        (
            r#"query ($n: Int) { shelf(id: "s") { books(first: $n) { id } } }"#,
            json!({"n": null}),
            r#"{"first":null}"#,
        ),
        // a variable inside a literal, and one inside it that was not given
        (
            r#"query ($w: String!, $d: [Int]) { shelf(id: "s") { books(like: {word: $w, deep: $d}) { id } } }"#,
            json!({"w": "a"}),
            r#"{"first":2,"like":{"word":"a","fallback":"none"}}"#,
        ),
        (
            r#"query ($l: Like) { shelf(id: "s") { books(like: $l) { id } } }"#,
            json!({"l": {"own": {"word": "b", "deep": 1}, "word": "a"}}),
            r#"{"first":2,"like":{"word":"a","fallback":"none","own":{"word":"b","deep":[1],"fallback":"none"}}}"#,
        ),
    ];
    for (query, variables, expected) in cases {
        let library_asked = Library::default();
        run_with(&library(), &library_asked, query, variables).await;
        let asked = library_asked.asked.into_inner().unwrap();
        let last = asked.last().unwrap().split_once(' ').unwrap().1;
        assert_eq!(last, expected, "{query}");
    }
}

#[tokio::test]
async fn wrong_requests_are_told_apart() {
    let deep = format!(
        "{{ things {{ ... on Book {{ {} id {} }} }} }}",
        "twin { ... on Book {".repeat(20),
        "} }".repeat(20)
    );
    let bomb = (0..25).fold(String::from("{ things { ...F0 } }"), |text, n| {
        format!("{text} fragment F{n} on Book {{ a: shelf {{ books {{ ...F{} }} }} b: shelf {{ books {{ ...F{} }} }} }}", n + 1, n + 1)
    }) + " fragment F25 on Book { id }";
    let aliases: String = (0..31)
        .map(|n| format!("a{n}: missing {{ id }} "))
        .collect();
    let aliases = format!("{{ {aliases} }}");
    let long = format!("{{ missing {{ id }} }} #{}", "x".repeat(70_000));
    let tokens = format!("{{ missing {{ {} }} }}", "id ".repeat(12_000));
    let cases: Vec<(&str, Value, &str)> = vec![
        ("{ shelf", json!({}), "GRAPHQL_PARSE_FAILED Syntax Error: "),
        ("", json!({}), "GRAPHQL_PARSE_FAILED Syntax Error: "),
        ("\u{0}", json!({}), "GRAPHQL_PARSE_FAILED Syntax Error: "),
        (
            &long,
            json!({}),
            "GRAPHQL_PARSE_FAILED Syntax Error: the document is too long.",
        ),
        (&tokens, json!({}), "GRAPHQL_PARSE_FAILED Syntax Error: "),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED "),
        (
            "{ missing { id } } { missing { id } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
        (
            r#"{ shelf(id: "s", other: 1) { id } }"#,
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
        (
            r#"{ shelf(id: "s") { books(order: "up") { id } } }"#,
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
        (
            "{ things { ...F } } fragment F on Book { twin { ...F } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
        (&deep, json!({}), "GRAPHQL_"),
        (&bomb, json!({}), "GRAPHQL_VALIDATION_FAILED "),
        (
            &aliases,
            json!({}),
            "GRAPHQL_VALIDATION_FAILED The document uses too many aliases.",
        ),
        (
            "query ($id: ID!) { shelf(id: $id) { id } }",
            json!({}),
            "BAD_USER_INPUT Variable \"$id\" of required type \"ID!\" was not provided.",
        ),
        (
            "query ($id: ID!) { shelf(id: $id) { id } }",
            json!({"id": null}),
            "BAD_USER_INPUT Variable \"$id\" got invalid value; expected type",
        ),
        (
            "query ($id: ID!) { shelf(id: $id) { id } }",
            json!({"id": {}}),
            "BAD_USER_INPUT Variable \"$id\" got invalid value; ID cannot",
        ),
        (
            r#"query ($o: Order) { shelf(id: "s") { books(order: $o) { id } } }"#,
            json!({"o": "UP"}),
            "BAD_USER_INPUT Variable \"$o\" got invalid value; value \"UP\" does not exist in \"Order\" enum.",
        ),
        (
            r#"query ($n: Int) { shelf(id: "s") { books(first: $n) { id } } }"#,
            json!({"n": 1.5}),
            "BAD_USER_INPUT ",
        ),
        (
            r#"query ($n: Int) { shelf(id: "s") { books(first: $n) { id } } }"#,
            json!({"n": 9_999_999_999_u64}),
            "BAD_USER_INPUT ",
        ),
        (
            r#"query ($l: Like) { shelf(id: "s") { books(like: $l) { id } } }"#,
            json!({"l": {"word": "a", "odd": 1}}),
            "BAD_USER_INPUT Variable \"$l\" got invalid value; field \"odd\" is not defined by type \"Like\".",
        ),
        (
            r#"query ($l: Like) { shelf(id: "s") { books(like: $l) { id } } }"#,
            json!({"l": {}}),
            "BAD_USER_INPUT Variable \"$l\" got invalid value; field \"word\" of required type",
        ),
        (
            "subscription { x }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
        (
            "fragment F on Book { id }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED ",
        ),
    ];
    for (query, variables, expected) in cases {
        let answer = run(query, variables).await;
        let complaint = complaint(&answer);
        assert!(
            complaint.starts_with(expected),
            "{complaint} for {:.80}",
            query
        );
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn failures_leave_the_rest_standing() {
    let answer = run(
        r#"{ shelf(id: "s") { id broken { id } } missing { id } }"#,
        json!({}),
    )
    .await;
    assert_eq!(
        answer,
        json!({
            "errors": [{
                "message": "It broke.", "name": "SOME_CODE", "path": ["shelf", "broken"],
                "locations": [{"line": 1, "column": 23}],
                "extensions": {"code": "SOME_CODE", "data": {"why": "test"}},
            }],
            "data": {"shelf": {"id": "s", "broken": null}, "missing": null},
        })
    );
    // A field that may not be null takes its holder with it, up to the root.
    let answer = run(
        r#"{ shelf(id: "s") { id strict { id } } missing { id } }"#,
        json!({}),
    )
    .await;
    assert_eq!(answer["data"], json!({"shelf": null, "missing": null}));
    let answer = run("{ missing { id } sure { id } }", json!({})).await;
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(answer["errors"][0]["path"], json!(["sure"]));
}

#[tokio::test]
async fn too_many_objects_are_refused() {
    let limits = Limits {
        objects: 100,
        ..Limits::default()
    };
    let engine = Engine::new(LIBRARY, limits).unwrap();
    let answer = run_with(
        &engine,
        &Library::default(),
        r#"{ shelf(id: "s") { books(first: 101) { id } } }"#,
        json!({}),
    )
    .await;
    assert!(complaint(&answer).contains("too many objects"));
}

#[tokio::test]
async fn introspection_is_answered_beside_other_fields() {
    let answer = run(r#"{ missing { id } __type(name: "Book") { name fields { name } } s: __schema { queryType { name } } }"#, json!({})).await;
    assert_eq!(answer["data"]["__type"]["name"], "Book");
    assert_eq!(answer["data"]["s"], json!({"queryType": {"name": "Query"}}));
    assert_eq!(answer["data"]["missing"], Value::Null);
}

#[test]
fn documents_are_remembered_within_bounds() {
    let engine = Engine::new(
        LIBRARY,
        Limits {
            cache: 40_000,
            ..Limits::default()
        },
    )
    .unwrap();
    let first = engine.document("{ missing { id } }", true).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &engine.document("{ missing { id } }", true).unwrap()
    ));
    let stranger = engine.document("{ sure { id } }", false).unwrap();
    assert!(!Arc::ptr_eq(
        &stranger,
        &engine.document("{ sure { id } }", false).unwrap()
    ));
    for n in 0..1000 {
        engine
            .document(&format!("{{ missing {{ id }} }} # {n:020}"), true)
            .unwrap();
    }
    assert!(engine.cache.len() < 20, "{}", engine.cache.len());
}

/// A short text may be taken apart into much: what counts is what it weighs.
#[test]
fn documents_are_remembered_by_their_weight() {
    let limits = Limits {
        cache: 2 * 1024 * 1024,
        ..Limits::default()
    };
    let engine = Engine::new(LIBRARY, limits).unwrap();
    // Each fragment names the one before it twice, so that the plan grows to its bound.
    let mut fragments = "fragment f0 on Shelf { id }".to_owned();
    for number in 1..12 {
        let inner = number - 1;
        fragments.push_str(&format!(
            " fragment f{number} on Shelf {{ ...f{inner} ... on Shelf {{ ...f{inner} }} }}"
        ));
    }
    let mut lengths = 0;
    for n in 0..100 {
        let text = format!("{{ missing {{ ...f11 }} }} {fragments} # {n}");
        lengths += text.len();
        engine.document(&text, true).unwrap();
    }
    assert!(lengths < 200_000, "{lengths}");
    assert!(
        (1..10).contains(&engine.cache.len()),
        "{}",
        engine.cache.len()
    );
    for n in 0..3_000 {
        engine
            .document(&format!("{{ missing {{ id }} }} # {n}"), true)
            .unwrap();
    }
    assert!(engine.cache.len() < 2_000, "{}", engine.cache.len());
}

#[test]
fn bodies_are_read_strictly() {
    for (body, fine) in [
        (r#"{"query": "{ a }"}"#, true),
        (
            r#"{"query": "{ a }", "variables": null, "operationName": null}"#,
            true,
        ),
        (
            r#"{"query": "{ a }", "variables": {"b": 1}, "operationName": "A"}"#,
            true,
        ),
        (r#"[{"query": "{ a }"}]"#, false),
        (r#"{"query": 1}"#, false),
        (r#"{"variables": {}}"#, false),
        (r#"{"query": "{ a }", "variables": []}"#, false),
        (
            r#"{"query": "{ a }", "variables": {}, "operationName": 1}"#,
            false,
        ),
        ("null", false),
        ("7", false),
    ] {
        let value = serde_json::from_str(body).unwrap();
        assert_eq!(Request::read(value).is_ok(), fine, "{body}");
    }
}

#[test]
fn forms_give_their_operations() {
    let body = b"--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\": \"{ a }\"}\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"x\"\r\n\r\nbytes\r\n--b--\r\n";
    assert_eq!(
        operations("multipart/form-data; boundary=b", body).unwrap(),
        b"{\"query\": \"{ a }\"}"
    );
    assert_eq!(
        operations("multipart/form-data; boundary=\"b\"", body).unwrap(),
        b"{\"query\": \"{ a }\"}"
    );
    for (kind, body) in [
        ("multipart/form-data", &body[..]),
        ("multipart/form-data; boundary=other", &body[..]),
        ("multipart/form-data; boundary=b", b"--b--"),
        ("multipart/form-data; boundary=", b""),
    ] {
        assert!(operations(kind, body).is_err(), "{kind}");
    }
}

/// Plans need only the rule for fetched fields.
fn accepted(engine: &Engine, query: &str, variables: &Value) -> Result<(), Refusal> {
    let document = engine.document(query, true).map_err(|all| all[0].clone())?;
    let operation = document.operation(None)?;
    let given = variables.as_object().cloned().unwrap_or_default();
    let variables = coerce::variables(engine.schema(), operation, &given)?;
    document.plan::<Library>(engine, operation, &variables)?;
    Ok(())
}

#[test]
fn every_recorded_request_is_accepted() {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    let engine = Engine::new(SCHEMA, Limits::default()).unwrap();
    let mut count = 0;
    for request in &recorded {
        let Some(query) = request["body"]["query"].as_str() else {
            continue;
        };
        count += 1;
        if let Err(refusal) = accepted(&engine, query, &request["body"]["variables"]) {
            panic!("{}: {refusal:?}", request["call"]);
        }
    }
    assert_eq!(count, 70);
}

#[test]
fn the_schema_refuses_what_the_vendor_refuses() {
    let engine = Engine::new(SCHEMA, Limits::default()).unwrap();
    let list = "query ($f: FilterGroup, $o: UsersOrdering) { users(filters: $f, orderBy: $o) { edges { node { id } } } }";
    let group =
        |filter: Value| json!({"f": {"mode": "and", "filters": [filter], "filterGroups": []}});
    for (query, variables, fine) in [
        ("{ me { password } }", json!({}), false),
        (
            "{ users { edges { node { otp_secret } } } }",
            json!({}),
            false,
        ),
        (list, json!({"o": "user"}), false),
        (list, json!({"o": "user_email"}), true),
        (list, group(json!({"key": "name", "values": ["a"]})), true),
        (
            list,
            group(
                json!({"key": ["name"], "values": "a", "operator": "starts_with", "mode": "and"}),
            ),
            true,
        ),
        (
            list,
            group(json!({"key": "name", "values": [], "operator": "nil"})),
            true,
        ),
        (
            list,
            group(json!({"key": "name", "values": ["a"], "operator": "like"})),
            false,
        ),
        (list, group(json!({"values": ["a"]})), false),
        (list, json!({"f": {"mode": "and", "filters": []}}), false),
        (
            "mutation { userAdd(input: {name: \"x\", unit_system: \"metric\"}) { unit_system } }",
            json!({}),
            true,
        ),
        (
            "mutation ($d: TokenDuration!) { userTokenAdd(input: {name: \"x\", duration: $d}) { token_id } }",
            json!({"d": "DAYS_31"}),
            false,
        ),
    ] {
        assert_eq!(
            accepted(&engine, query, &variables).is_ok(),
            fine,
            "{query} {variables}"
        );
    }
}

/// The messages of a refused document, each with the line and column it is about.
fn messages(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().unwrap().iter();
    let errors = errors.map(|error| {
        assert_eq!(error["name"], VALIDATION_FAILED, "{answer:#}");
        let at = &error["locations"][0];
        format!(
            "{}:{} {}",
            at["line"],
            at["column"],
            error["message"].as_str().unwrap()
        )
    });
    errors.collect()
}

/// The reference implementation's words and order: the cause, all causes, and no consequence of one.
#[tokio::test]
async fn documents_are_refused_with_every_cause_and_no_consequence() {
    let cases: &[(&str, &[&str])] = &[
        (
            "query R($id: ID!) { reportOfPeople(id: $id) { id } }",
            &["1:21 Cannot query field \"reportOfPeople\" on type \"Query\"."],
        ),
        (
            "query ($a: ID!, $b: Int) { shelf(id: $a) { pages name(first: $b) } }",
            &[
                "1:44 Cannot query field \"pages\" on type \"Shelf\".",
                "1:50 Cannot query field \"name\" on type \"Shelf\".",
            ],
        ),
        (
            "query ($a: ID!, $b: Int) { shelf(id: $a) { id } missing { no } }",
            &[
                "1:59 Cannot query field \"no\" on type \"Shelf\".",
                "1:17 Variable \"$b\" is never used.",
            ],
        ),
        (
            "{ shelf(id: \"s\", colour: 1) { books(last: 3) { id } } }",
            &[
                "1:18 Unknown argument \"colour\" on field \"Query.shelf\".",
                "1:37 Unknown argument \"last\" on field \"Shelf.books\".",
            ],
        ),
        (
            "{ missing { nothing { ...F } } } fragment F on Book { id } fragment G on Book { id }",
            &[
                "1:13 Cannot query field \"nothing\" on type \"Shelf\".",
                "1:60 Fragment \"G\" is never used.",
            ],
        ),
        (
            "{ missing }",
            &[
                // The library names the type that has the field, where the reference names the field's.
                "1:3 Field \"missing\" of type \"Query\" must have a selection of subfields. Did you mean \"missing { ... }\"?",
            ],
        ),
        (
            "query ($a: Colour) { missing { id } }",
            &[
                "1:8 Unknown type \"Colour\".",
                "1:8 Variable \"$a\" is never used.",
            ],
        ),
        (
            "query ($a: String) { shelf(id: $a) { id } }",
            &["1:28 Variable \"$a\" of type \"String\" used in position expecting type \"ID!\"."],
        ),
        (
            "{ things { title ids } missing { boks(frist: 1) { titel } } }",
            &[
                "1:12 Cannot query field \"title\" on type \"Thing\". Did you mean to use an inline fragment on \"Book\"?",
                "1:18 Cannot query field \"ids\" on type \"Thing\". Did you mean \"id\"?",
                "1:34 Cannot query field \"boks\" on type \"Shelf\". Did you mean \"books\"?",
            ],
        ),
        (
            "{ missing { books(frist: 1) { id } } things { ... on Bok { id } } }",
            &[
                "1:19 Unknown argument \"frist\" on field \"Shelf.books\". Did you mean \"first\"?",
                "1:54 Unknown type \"Bok\". Did you mean \"Book\"?",
            ],
        ),
        (
            "{ things { ... on Pamphlet { id } } }",
            &["1:19 Unknown type \"Pamphlet\"."],
        ),
    ];
    for (query, expected) in cases {
        let answer = run(query, json!({})).await;
        assert_eq!(messages(&answer), *expected, "{query}");
    }
    let many = (0..150)
        .map(|n| format!("f{n}"))
        .collect::<Vec<_>>()
        .join(" ");
    let answer = run(&format!("{{ missing {{ {many} }} }}"), json!({})).await;
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 101);
    assert!(
        errors[100]["message"]
            .as_str()
            .unwrap()
            .contains("limit reached")
    );
}

#[tokio::test]
async fn fragments_on_types_without_objects_apply_to_nothing() {
    let engine = library().with_unserved(&["Pamphlet", "Book"]);
    for (query, expected) in [
        (
            "query ($n: Int!) { missing { id } things { __typename ... on Pamphlet { pages(n: $n) { ...P } } ...Q } } \
             fragment P on Page { text } fragment Q on Pamphlet { cover }",
            json!({"missing": null, "things": [{"__typename": "Shelf"}, {"__typename": "Book"}, {"__typename": "Shelf"}]}),
        ),
        // A selection that is left empty gives empty objects.
        (
            "{ things { ... on Pamphlet { cover } } }",
            json!({"things": [{}, {}, {}]}),
        ),
        // A type that the schema has is served, whatever the list says.
        (
            "{ things { ... on Book { id } } }",
            json!({"things": [{}, {"id": "b-0"}, {}]}),
        ),
    ] {
        let answer = run_with(&engine, &Library::default(), query, json!({})).await;
        assert_eq!(answer, json!({"data": expected}), "{query}");
    }
    let answer = run_with(
        &engine,
        &Library::default(),
        "query ($n: Int) { things { ... on Pamphlet { a } cover } }",
        json!({}),
    )
    .await;
    assert_eq!(
        messages(&answer),
        [
            "1:50 Cannot query field \"cover\" on type \"Thing\".",
            "1:8 Variable \"$n\" is never used."
        ]
    );
}

#[test]
fn a_document_named_by_its_hash_alone_is_told_from_a_missing_one() {
    let hash = json!({"persistedQuery": {"version": 1, "sha256Hash": "00"}});
    for (body, code) in [
        (json!({"extensions": hash}), PERSISTED_QUERY_NOT_SUPPORTED),
        (
            json!({"query": null, "extensions": hash}),
            PERSISTED_QUERY_NOT_SUPPORTED,
        ),
        (json!({"query": 1, "extensions": hash}), BAD_USER_INPUT),
        (json!({"extensions": {}}), BAD_USER_INPUT),
    ] {
        assert_eq!(Request::read(body).unwrap_err().code, code);
    }
    assert!(Request::read(json!({"query": "{ a }", "extensions": hash})).is_ok());
}
