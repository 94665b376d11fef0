use super::*;

fn filter(path: &str) -> UserFilter {
    UserFilter::read(&Address::read(path).unwrap(), &Fields::default()).unwrap()
}

#[test]
fn parameters_are_read() {
    let index = "/admin/users/index";
    assert_eq!(filter(index), UserFilter::default());
    assert_eq!(
        filter(&format!("{index}/sort:email/limit:1/page:2/value:")),
        UserFilter::default()
    );
    assert_eq!(
        filter(&format!("{index}/value:a%7Cread+only")).anywhere,
        ["a", "read only"]
    );
    assert_eq!(filter(&format!("{index}/searchall:x")).anywhere, ["x"]);
    let email = filter(&format!("{index}/searchemail:a%7C!b")).email;
    assert_eq!(
        (email.any, email.none),
        (vec!["a".to_owned()], vec!["b".to_owned()])
    );
    assert_eq!(filter(&format!("{index}/searchrole:!3")).role, ["3"]);
    let flags = filter(&format!(
        "{index}/searchdisabled:0/searchautoalert:1/searchtermsaccepted:0/searchinactive:1"
    ));
    assert_eq!(flags.disabled, Some(false));
    assert_eq!(flags.terms, [(AUTO_ALERT, true), (TERMS_ACCEPTED, false)]);
    assert!(flags.inactive);
}

#[test]
fn what_is_not_understood_matches_nobody() {
    for parameter in [
        "searchdisabled:maybe",
        "searchautoalert:maybe",
        "searchcontactalert:2",
        "searchtermsaccepted:on",
        "searchinactive:never",
        "searchnothing:1",
        "email:a",
        "searchemail:%7C",
        "searchorg:%7C%20%7C",
        "value:%7C",
        "searchorg:!abc",
        "searchorg:abc",
        "searchrole:abc",
        "searchemail:a/searchdisabled:maybe",
    ] {
        let filter = filter(&format!("/admin/users/index/{parameter}"));
        let named = vec![Predicate::Nothing; filter.anywhere.len()];
        let role = Predicate::Nothing;
        let predicate = filter.predicate(&named, &Resolved::default(), &role, Time(0));
        let parts = match &predicate {
            Predicate::And(parts) => parts.clone(),
            one => vec![one.clone()],
        };
        assert!(
            parts.contains(&Predicate::Nothing),
            "{parameter} {predicate:?}"
        );
    }
    for parameter in ["searchdisabled:", "sort:email", "page:2", "limit:nonsense"] {
        let filter = filter(&format!("/admin/users/index/{parameter}"));
        assert_eq!(filter, UserFilter::default(), "{parameter}");
    }
}

#[test]
fn filters_are_bounded() {
    let many = vec!["a"; FILTER_VALUES + 1].join("%7C");
    let long = "a".repeat(60_000);
    for name in [
        "value",
        "searchall",
        "searchemail",
        "searchorg",
        "searchrole",
    ] {
        for value in [&many, &long] {
            let path = format!("/admin/users/index/{name}:{value}");
            let read = UserFilter::read(&Address::read(&path).unwrap(), &Fields::default());
            assert!(read.is_err(), "{name}");
        }
    }
}

#[test]
fn conditions() {
    let now = Time(INACTIVE_AFTER + 5);
    let role = Predicate::equals(UserField::Role, 12);
    let predicate = |path: &str, organisations: Resolved| {
        let filter = filter(path);
        let named = vec![role.clone(); filter.anywhere.len()];
        format!("{:?}", filter.predicate(&named, &organisations, &role, now))
    };
    let none = Resolved::default;
    assert_eq!(predicate("/admin/users", none()), "All");
    for (path, organisations, expected) in [
        (
            "/admin/users/index/value:x",
            none(),
            r#"Or([Is(Email, Contains("x")), Is(HomeName, Contains("x")), Is(Role, Equals(Int(12)))])"#,
        ),
        (
            "/admin/users/index/searchorg:5",
            Resolved {
                any: vec![OrganisationId(5)],
                none: vec![],
            },
            "Is(Home, OneOf([Int(5)]))",
        ),
        ("/admin/users/index/searchorg:999", none(), "Nothing"),
        (
            "/admin/users/index/searchorg:!5",
            Resolved {
                any: vec![],
                none: vec![OrganisationId(5)],
            },
            "Not(Is(Home, OneOf([Int(5)])))",
        ),
        (
            "/admin/users/index/searchrole:3",
            none(),
            "Is(Role, Equals(Int(12)))",
        ),
        (
            "/admin/users/index/searchdisabled:1",
            none(),
            r#"Not(Is(Standing, OneOf([Text("active"), Text("locked_out")])))"#,
        ),
        (
            "/admin/users/index/searchautoalert:0",
            none(),
            r#"Not(Is(Term(Platform("misp"), "autoalert"), Equals(Text("1"))))"#,
        ),
        (
            "/admin/users/index/searchinactive:1",
            none(),
            "Or([Is(LastSeenAt, Less(Time(Time(5)))), Is(LastSeenAt, Absent)])",
        ),
    ] {
        assert_eq!(predicate(path, organisations), expected, "{path}");
    }
}

#[test]
fn scopes() {
    for (path, expected) in [
        ("/organisations", "Is(Local, Equals(Flag(true)))"),
        (
            "/organisations/index/scope:local",
            "Is(Local, Equals(Flag(true)))",
        ),
        ("/organisations/index/scope:mine", "Nothing"),
        (
            "/organisations/index/scope:external",
            "Is(Local, Equals(Flag(false)))",
        ),
        ("/organisations/index/scope:all", "All"),
        ("/organisations/index/scope:all/page:2/sort:name", "All"),
        ("/organisations/index/scope:all/sector:x", "Nothing"),
    ] {
        assert_eq!(
            format!("{:?}", scope(&Address::read(path).unwrap())),
            expected,
            "{path}"
        );
    }
    assert_eq!(organisation_search(" "), Ok(Predicate::All));
    assert!(organisation_search(&"a".repeat(60_000)).is_err());
}

#[test]
fn a_body_narrows_like_the_path() {
    let read = |body: serde_json::Value| {
        let address = Address::read("/admin/users/index").unwrap();
        UserFilter::read(&address, &Fields::of(body, "User")).unwrap()
    };
    let json = |text: &str| serde_json::from_str(text).unwrap();
    assert_eq!(read(json("{}")), UserFilter::default());
    assert_eq!(
        read(json(r#"{"searchemail": null, "limit": 5}"#)),
        UserFilter::default()
    );
    assert_eq!(read(json(r#"{"searchrole": 3}"#)).role, ["3"]);
    assert_eq!(
        read(json(r#"{"searchdisabled": true}"#)).disabled,
        Some(true)
    );
    for body in [
        r#"{"searchdisabled": "maybe"}"#,
        r#"{"searchrole": [3]}"#,
        r#"{"email": "a"}"#,
    ] {
        assert!(read(json(body)).nobody, "{body}");
    }
}
