use super::source::Source;
use super::tree::Tree;
use super::{
    CHECKS, attributes, borders, circles, files, manifests, references, routes, use_cases,
};

/// What a check says of a tree with these files.
fn findings(check: super::Check, files: &[(&str, &str)]) -> Vec<String> {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.add(path, text);
    }
    check(&tree)
        .into_iter()
        .map(|it| format!("{}: {}", it.place, it.complaint))
        .collect()
}

#[test]
fn the_tree_keeps_every_rule() {
    let tree = Tree::read().unwrap();
    let mut all = Vec::new();
    for (name, check) in CHECKS {
        let found = check(&tree).into_iter();
        all.extend(found.map(|it| format!("{}: {} ({name})", it.place, it.complaint)));
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn the_tree_is_read() {
    let tree = Tree::read().unwrap();
    for path in [
        "Cargo.toml",
        "crates/directory/Cargo.toml",
        "xtask/src/tidy/tests.rs",
    ] {
        assert!(!tree.text(path).is_empty(), "{path}");
    }
}

#[test]
fn a_source_is_taken_apart() {
    let text = r##"let a = "one // two"; // three "four"
/* five /* "six" */ */ let b = '"'; let c: &'static str = r#"seven " eight"#;
let d = "nine \" ten"; let e = '\''; let f = b"eleven"; for"twelve";"##;
    let source = Source::parse(text);
    let strings: Vec<(usize, &str)> = source
        .strings
        .iter()
        .map(|(line, it)| (*line, it.as_str()))
        .collect();
    assert_eq!(
        strings,
        [
            (1, "one // two"),
            (2, "seven \" eight"),
            (3, "nine \\\" ten"),
            (3, "eleven"),
            (3, "twelve")
        ]
    );
    let comments: Vec<(usize, &str)> = source
        .comments
        .iter()
        .map(|(line, it)| (*line, it.as_str()))
        .collect();
    assert_eq!(
        comments,
        [(1, "three \"four\""), (2, "/* five /* \"six\" */ */")]
    );
    assert_eq!(source.code.lines().count(), 3);
    assert!(source.code.contains("one // two") && !source.code.contains("three"));
    assert!(!source.bare.contains("one") && source.bare.contains("&'static str"));
}

#[test]
fn crates_depend_in_one_direction() {
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\n{rest}");
    let table: &[(&str, &str, &[&str])] = &[
        (
            "kit",
            "[dependencies]\ndirectory.workspace = true\naxum.workspace = true",
            &[],
        ),
        (
            "dialect-misp",
            "[dependencies]\nkit.workspace = true\ndirectory.workspace = true\naxum.workspace = true",
            &[],
        ),
        (
            "dialect-misp",
            "[dependencies]\ndialect-native.workspace = true",
            &["dialect-native"],
        ),
        (
            "dialect-misp",
            "[dev-dependencies]\ntest-support.workspace = true",
            &[],
        ),
        (
            "dialect-misp",
            "[dependencies]\ntest-support.workspace = true",
            &["test-support"],
        ),
        (
            "graphql",
            "[dependencies]\nkit.workspace = true\napollo-compiler = \"1\"",
            &["kit"],
        ),
        (
            "directory",
            "[dependencies]\nkit.workspace = true",
            &["kit"],
        ),
        (
            "directory",
            "[dev-dependencies]\nusher.path = \"../usher\"",
            &["usher"],
        ),
        (
            "directory",
            "[dependencies.axum]\nworkspace = true",
            &["axum"],
        ),
        (
            "kit",
            "[target.'cfg(unix)'.dependencies]\nrusqlite = \"1\"",
            &["rusqlite"],
        ),
        ("usher", "[dev-dependencies]\nrusqlite = \"1\"", &[]),
        (
            "xtask",
            "[dependencies]\ndirectory.workspace = true",
            &["directory"],
        ),
    ];
    for (name, rest, refused) in table {
        let found = findings(
            manifests::direction,
            &[("x/Cargo.toml", &manifest(name, rest))],
        );
        let expected: Vec<String> = refused
            .iter()
            .map(|it| format!("x/Cargo.toml: {name} may not use {it}"))
            .collect();
        assert_eq!(found, expected, "{rest}");
    }
    let stranger = findings(
        manifests::direction,
        &[("y/Cargo.toml", &manifest("new", ""))],
    );
    assert_eq!(stranger.len(), 1);
}

#[test]
fn versions_are_bounded() {
    let table = [
        ("a = \"1.2\"", true),
        ("a = { version = \"=1.2.3\" }", true),
        ("a.workspace = true", true),
        ("a = { path = \"../a\" }", true),
        ("a = \"*\"", false),
        ("a = { version = \">=1\" }", false),
        ("a = { git = \"https://example.org/a\" }", false),
    ];
    for section in ["dependencies", "workspace.dependencies", "dev-dependencies"] {
        for (line, bounded) in table {
            let manifest = format!("[{section}]\n{line}\n");
            let found = findings(manifests::bounded_versions, &[("Cargo.toml", &manifest)]);
            assert_eq!(found.is_empty(), bounded, "[{section}] {line}");
        }
    }
}

#[test]
fn the_borders_are_held() {
    const HEART: &str = "crates/directory/src/users.rs";
    const STORE: &str = "crates/directory/src/store/users.rs";
    const DIALECT: &str = "crates/dialect-native/src/users.rs";
    const TEST: &str = "crates/directory/tests/it/users.rs";
    const CLIENT: &str = "crates/platforms/src/core/http_transport.rs";
    let table: &[(super::Check, &str, &str, bool)] = &[
        (borders::web_framework, HEART, "use axum::Router;", false),
        (borders::web_framework, HEART, "// use axum::Router;", true),
        (
            borders::web_framework,
            HEART,
            "let a = \"axum::Router\";",
            true,
        ),
        (borders::web_framework, DIALECT, "use axum::Router;", true),
        (borders::http_client, CLIENT, "use reqwest::Client;", true),
        (borders::http_client, DIALECT, "use reqwest::Client;", false),
        (
            borders::databases,
            HEART,
            "use rusqlite::Connection;",
            false,
        ),
        (
            borders::databases,
            DIALECT,
            "tokio_postgres::connect()",
            false,
        ),
        (borders::databases, STORE, "use rusqlite::Connection;", true),
        (borders::databases, TEST, "use rusqlite::Connection;", true),
        (borders::sql, HEART, "\"SELECT id FROM users\"", false),
        (
            borders::sql,
            HEART,
            "\"SELECT id,\n  name\nFROM users\"",
            false,
        ),
        (borders::sql, DIALECT, "r#\"DELETE FROM users\"#", false),
        (
            borders::sql,
            DIALECT,
            "\"UPDATE users SET name = $1\"",
            false,
        ),
        (borders::sql, DIALECT, "\"select one from the list\"", true),
        (borders::sql, DIALECT, "// \"SELECT id FROM users\"", true),
        (borders::sql, STORE, "\"SELECT id FROM users\"", true),
        (borders::vendor_words, HEART, "let a = Misp;", false),
        (
            borders::vendor_words,
            HEART,
            "let a = \"CrowdStrike\";",
            false,
        ),
        (borders::vendor_words, HEART, "// MISP wants it so", true),
        (borders::vendor_words, TEST, "let a = \"misp\";", true),
        (borders::vendor_words, DIALECT, "let a = \"civis\";", false),
        (
            borders::vendor_words,
            "crates/dialect-misp/src/users.rs",
            "\"MISP\"",
            true,
        ),
        (
            borders::vendor_words,
            "crates/dialect-misp/src/users.rs",
            "\"civis\"",
            false,
        ),
        (
            borders::vendor_words,
            "crates/directory/src/store/start.sql",
            "-- tenable",
            false,
        ),
    ];
    for (check, path, text, kept) in table {
        let found = findings(*check, &[(path, text)]);
        assert_eq!(found.is_empty(), *kept, "{path}: {text}: {found:?}");
    }
}

#[test]
fn the_list_of_exceptions_is_true_both_ways() {
    const TABLE: &str = "crates/usher/src/dialects.rs";
    const LIST: &str = "xtask/golden/vendor-words.txt";
    let check = |list: &str| {
        findings(
            borders::vendor_words,
            &[(TABLE, "mod civis; mod misp;"), (LIST, list)],
        )
    };
    let listed = format!("# why\n\n{TABLE} civis misp -- the table of dialects\n");
    assert_eq!(check(&listed), Vec::<String>::new());
    assert_eq!(
        check(&format!("{TABLE} civis -- the table of dialects\n")),
        [format!("{TABLE}:1: speaks of misp, and is not listed")]
    );
    assert_eq!(
        check(&format!(
            "{TABLE} civis falcon misp -- the table of dialects\n"
        )),
        [format!(
            "{LIST}: `{TABLE} falcon` is listed and does not occur"
        )]
    );
}

#[test]
fn files_keep_the_habits() {
    const FILE: &str = "crates/usher/src/serve.rs";
    let long = "//\n".repeat(501);
    let full = "//\n".repeat(500);
    let table: &[(super::Check, &str, &str, bool)] = &[
        (files::length, FILE, &long, false),
        (files::length, FILE, &full, true),
        (
            files::length,
            "crates/usher/src/serve/tests.rs",
            &long,
            true,
        ),
        (files::names, "crates/usher/src/utils.rs", "", false),
        (files::names, "crates/usher/src/common/mod.rs", "", false),
        (files::names, FILE, "", true),
        (files::allowed_lints, FILE, "#[allow(dead_code)]", false),
        (files::allowed_lints, FILE, "#![allow(dead_code)]", false),
        (
            files::allowed_lints,
            FILE,
            "#[expect(dead_code, reason = \"why\")]",
            true,
        ),
        (files::ignored_tests, FILE, "#[ignore = \"slow\"]", false),
        (files::ignored_tests, FILE, "#[test]", true),
        (
            files::quirks,
            FILE,
            "// Quirk: the client sends a number as text.",
            false,
        ),
        (
            files::quirks,
            FILE,
            "// Quirk: so it is (misp.md §4.1).",
            true,
        ),
        (
            files::quirks,
            FILE,
            "// Quirk: the client sends\n// text, see `misp.md` 4.",
            true,
        ),
        (
            files::quirks,
            FILE,
            "// Quirk: so it is.\n\n// misp.md",
            false,
        ),
    ];
    for (check, path, text, kept) in table {
        let found = findings(*check, &[(path, text)]);
        assert_eq!(found.is_empty(), *kept, "{path}: {text}: {found:?}");
    }
}

#[test]
fn citations_and_named_paths_are_resolved() {
    let page = ("docs/wire/misp.md", "# MISP\n## 1. Client\n### 4.2 View\n");
    let code = (
        "crates/directory/src/guard.rs",
        "/// Grants (misp.md §4.2).\npub fn may_grant() {}\npub enum Fault {\n    Taken { field: u8 },\n}\n",
    );
    let cited: &[(&str, bool)] = &[
        ("// See misp.md §1.", true),
        ("// See misp.md §4.", true),
        ("// See misp.md §1, §4.2.", true),
        ("// See misp.md §2.", false),
        ("// See misp.md §1, §9.", false),
        ("// See misp.md §4.3.", false),
        ("// See other.md §1.", false),
        ("// RFC 9112 §3.2 asks for it.", true),
    ];
    for (comment, kept) in cited {
        let found = findings(
            references::sections,
            &[page, code, ("crates/directory/src/a.rs", comment)],
        );
        assert_eq!(found.is_empty(), *kept, "{comment}: {found:?}");
    }
    let named: &[(&str, bool)] = &[
        ("`guard.rs`", true),
        ("`directory/src/`", true),
        ("`guard::may_grant`", true),
        ("`Fault::Taken`", true),
        ("`GET /misp/users`", true),
        ("`gone.rs`", false),
        ("`guard::gone`", false),
        ("`Fault::Gone`", false),
    ];
    for (text, kept) in named {
        let found = findings(references::code_paths, &[code, ("ARCHITECTURE.md", text)]);
        assert_eq!(found.is_empty(), *kept, "{text}: {found:?}");
    }
}

#[test]
fn modules_import_each_other_in_no_circle() {
    let list = |entries: &str| format!("# A\n\n## Import circles\n\n{entries}\n## B\n- `x`: no\n");
    let tree = |a: &'static str, b: &'static str, page: String| {
        findings(
            circles::none,
            &[
                ("crates/k/src/lib.rs", "mod a; mod b; pub use a::A;"),
                ("crates/k/src/a.rs", a),
                ("crates/k/src/b/mod.rs", b),
                ("crates/k/src/b/c.rs", "use super::super::a::A;"),
                ("crates/k/src/b/tests.rs", "use crate::a::A;"),
                ("ARCHITECTURE.md", &page),
            ],
        )
    };
    let circle = "crates/k/a: imports in a circle: k/a, k/b";
    let one_way = tree("use crate::b::B;", "use std::sync::Arc;", list(""));
    assert_eq!(one_way, Vec::<String>::new());
    let around: &[(&str, &str)] = &[
        ("use crate::b::B;", "use crate::a::{self, A};"),
        ("use super::b;", "use super::{a::A};"),
        ("fn f() { crate::b::g(); }", "use crate::a::A as Other;"),
        ("fn f() { use crate::b::B; }", "pub(crate) use super::a::A;"),
        ("use crate::b::B;", "fn f() { super::a::g(); }"),
    ];
    for (a, b) in around {
        assert_eq!(tree(a, b, list("")), [circle], "{a} {b}");
        let listed = list("- `k/a`, `k/b`: one concept\n");
        assert_eq!(tree(a, b, listed), Vec::<String>::new(), "{a} {b}");
    }
    // What only looks like an import is none.
    let harmless: &[(&str, &str)] = &[
        ("use crate::b::B;", "// use crate::a::A;"),
        ("use crate::b::B;", "const T: &str = \"use crate::a::A;\";"),
        (
            "use crate::b::B;",
            "#[cfg(test)]\nmod tests { use crate::a::A; }",
        ),
    ];
    for (a, b) in harmless {
        assert_eq!(tree(a, b, list("")), Vec::<String>::new(), "{a} {b}");
    }
    let stale = tree("", "", list("- `k/a`, `k/b`: one concept\n"));
    assert_eq!(
        stale,
        ["ARCHITECTURE.md: lists a circle that is not there: k/a, k/b"]
    );
    let through = tree("use crate::b::c::C;", "", list(""));
    assert_eq!(through, ["crates/k/a: imports in a circle: k/a, k/b/c"]);
}

#[test]
fn a_url_names_its_file() {
    let said = |row: &str, page: &str| {
        findings(
            routes::lead_to_files,
            &[
                ("crates/dialect-x/src/lib.rs", row),
                ("crates/dialect-x/src/user_keys.rs", "pub async fn add() {}"),
                ("crates/dialect-x/src/own/mod.rs", "pub fn show<T>() {}"),
                ("docs/architecture/routes.md", page),
            ],
        )
    };
    let fine: &[(&str, &str)] = &[
        (r#"GET "/users/{id}" user_keys::add => X;"#, ""),
        (r#"GET "/api-key/add" user_keys::add => X;"#, ""),
        (r#"GET "/authKeys" user_keys::add => X;"#, ""),
        (
            r#"GET "/me" own::show => X;"#,
            "- `crates/dialect-x/src/own/mod.rs` (one): `/me`",
        ),
    ];
    for (row, page) in fine {
        assert_eq!(said(row, page), Vec::<String>::new(), "{row}");
    }
    let wrong: &[(&str, &str, &str)] = &[
        (
            r#"GET "/me" own::show => X;"#,
            "",
            "crates/dialect-x/src/own/mod.rs: serves /me",
        ),
        (
            r#"GET "/{users}" user_keys::add => X;"#,
            "",
            "crates/dialect-x/src/user_keys.rs: serves /{users}",
        ),
        (
            r#"GET "/users" user_keys::gone => X;"#,
            "",
            "crates/dialect-x/src/user_keys.rs: has no function `gone`",
        ),
        (
            r#"GET "/users" gone::add => X;"#,
            "",
            "crates/dialect-x/src/lib.rs: /users leads to no file",
        ),
        (
            r#"GET "/users" user_keys::add => X;"#,
            "- `crates/dialect-x/src/user_keys.rs`: `/users`",
            "docs/architecture/routes.md: lists /users",
        ),
    ];
    for (row, page, expected) in wrong {
        let said = said(row, page);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}");
    }
}

#[test]
fn attributes_of_users_are_named_in_their_table_alone() {
    let table = (
        "crates/directory/src/model/profile.rs",
        "macro_rules! table {\n    () => {\n        nickname Nickname Text (line, \"x\", \"y\");\n    };\n}\n\
         fn one() { ProfileAttribute::Nickname; }",
    );
    let found = findings(
        attributes::walked,
        &[
            table,
            (
                "crates/directory/src/store/a.rs",
                "fn a() {\n user.profile.nickname; profile.other; ProfileAttribute::ALL;\n}",
            ),
            (
                "crates/dialect-native/src/b.rs",
                "let b = ProfileAttribute::Nickname; // profile.nickname",
            ),
            ("crates/dialect-misp/src/c.rs", "user.profile.nickname;"),
            ("crates/directory/tests/it/d.rs", "user.profile.nickname;"),
        ],
    );
    let why = "walk the table in crates/directory/src/model/profile.rs";
    assert_eq!(
        found,
        [
            format!("crates/dialect-native/src/b.rs:1: names the attribute Nickname; {why}"),
            format!("crates/directory/src/store/a.rs:2: names the attribute nickname; {why}"),
        ]
    );
    let none = findings(attributes::walked, &[("crates/directory/src/a.rs", "")]);
    assert_eq!(none.len(), 1, "{none:?}");
}

#[test]
fn generic_use_cases_hand_on_to_one_that_is_compiled_once() {
    let boxing = "    pub fn update(&self, which: impl Into<UserRef>) -> Pending<'_, User> {\n        Box::pin(async move { which })\n    }\n";
    let of_a_type = "    pub fn read<S: Setting>(&self) -> Pending<'_, S> {\n        Box::pin(async move { S::default() })\n    }\n";
    let handing_on = "    pub fn key(&self, which: impl Into<KeyRef>) -> Pending<'_, Key> {\n        fn inner(handle: &Handle, which: KeyRef) -> Pending<'_, Key> {\n            Box::pin(async move { which })\n        }\n        inner(self, which.into())\n    }\n";
    let plain = "    pub fn users<'a>(&'a self, query: &'a Query) -> Pending<'a, Page> {\n        Box::pin(async move { query })\n    }\n";
    let tree = [boxing, of_a_type, handing_on, plain].concat();
    let found = findings(
        use_cases::compiled_once,
        &[
            ("crates/directory/src/operations/a.rs", &tree),
            ("crates/dialect-misp/src/b.rs", boxing),
        ],
    );
    let why = "boxes a future; let it hand on to a function `inner` without type parameters";
    assert_eq!(
        found,
        [
            format!("crates/directory/src/operations/a.rs:1: the generic function update {why}"),
            format!("crates/directory/src/operations/a.rs:4: the generic function read {why}"),
        ]
    );
}
