//! The grammar as a table, its bounds, and that what is written reads back.

use proptest::prelude::*;

use super::*;
use crate::model::{Predicate, ProfileAttribute, Test, Time, UserField, Value};

fn compiled(text: &str) -> Result<Predicate<UserField>, FilterError> {
    let expression = parse(text)?;
    let mut references = References::default();
    for (kind, name) in References::named(&expression, USER_FIELDS)? {
        let number = (name == "known").then_some(7);
        references.note(kind, name, number);
    }
    compile(
        &expression,
        USER_FIELDS,
        &references,
        Time(1_000_000_000_000),
    )
}

#[test]
fn filters_mean_what_the_grammar_says() {
    use Predicate as P;
    let is = |field: UserField, test: Test| P::Is(field, test);
    let equals = |field: UserField, value: &str| P::Is(field, Test::Equals(value.into()));
    let ada = || equals(UserField::Login, "ada");
    let bob = || equals(UserField::Login, "bob");
    let cyd = || equals(UserField::Login, "cyd");
    let not = |inner: Predicate<UserField>| P::Not(Box::new(inner));
    let absent = |field: UserField| is(field, Test::Absent);
    let table: Vec<(&str, Predicate<UserField>)> = vec![
        ("login eq ada", ada()),
        ("LOGIN EQ ada", ada()),
        ("login eq \"ada\"", ada()),
        ("login ne ada", not(ada())),
        ("not login eq ada", not(ada())),
        ("not login ne ada", ada()),
        ("(login eq ada)", ada()),
        // `and` binds closer than `or`.
        (
            "login eq ada or login eq bob and login eq cyd",
            P::Or(vec![ada(), P::And(vec![bob(), cyd()])]),
        ),
        (
            "(login eq ada or login eq bob) and login eq cyd",
            P::And(vec![P::Or(vec![ada(), bob()]), cyd()]),
        ),
        (
            "not (login eq ada or login eq bob)",
            P::And(vec![not(ada()), not(bob())]),
        ),
        (
            "not (login eq ada and login eq bob)",
            P::Or(vec![not(ada()), not(bob())]),
        ),
        (
            "title pr",
            not(absent(UserField::Profile(ProfileAttribute::Title))),
        ),
        (
            "not title pr",
            absent(UserField::Profile(ProfileAttribute::Title)),
        ),
        (
            "title eq null",
            absent(UserField::Profile(ProfileAttribute::Title)),
        ),
        (
            "title ne null",
            not(absent(UserField::Profile(ProfileAttribute::Title))),
        ),
        (
            "title eq \"null\"",
            equals(UserField::Profile(ProfileAttribute::Title), "null"),
        ),
        (
            "title eq \"\"",
            absent(UserField::Profile(ProfileAttribute::Title)),
        ),
        (
            "title co \"\"",
            not(absent(UserField::Profile(ProfileAttribute::Title))),
        ),
        (
            "title co x",
            is(
                UserField::Profile(ProfileAttribute::Title),
                Test::Contains("x".into()),
            ),
        ),
        (
            "title sw x",
            is(
                UserField::Profile(ProfileAttribute::Title),
                Test::StartsWith("x".into()),
            ),
        ),
        (
            "title ew x",
            is(
                UserField::Profile(ProfileAttribute::Title),
                Test::EndsWith("x".into()),
            ),
        ),
        (
            "title eq and",
            equals(UserField::Profile(ProfileAttribute::Title), "and"),
        ),
        (
            "title eq 42",
            equals(UserField::Profile(ProfileAttribute::Title), "42"),
        ),
        (
            "title eq \"a \\\"b\\\" \\u00e9\"",
            equals(UserField::Profile(ProfileAttribute::Title), "a \"b\" é"),
        ),
        (
            "email eq ada+x@example.org",
            equals(UserField::Email, "ada+x@example.org"),
        ),
        ("kind eq PERSON", equals(UserField::Kind, "person")),
        (
            "number eq 5",
            is(UserField::Id, Test::Equals(Value::Int(5))),
        ),
        (
            "number gt -5",
            is(UserField::Id, Test::Greater(Value::Int(-5))),
        ),
        (
            "number ge 5",
            is(UserField::Id, Test::AtLeast(Value::Int(5))),
        ),
        (
            "number le 5",
            is(UserField::Id, Test::AtMost(Value::Int(5))),
        ),
        (
            "locked eq true",
            is(UserField::Locked, Test::Equals(true.into())),
        ),
        (
            "locked ne false",
            not(is(UserField::Locked, Test::Equals(false.into()))),
        ),
        (
            "created_at lt 2001-01-01T00:00:00Z",
            is(
                UserField::CreatedAt,
                Test::Less(Time(978_307_200_000).into()),
            ),
        ),
        (
            "last_seen_at lt -90d",
            is(
                UserField::LastSeenAt,
                Test::Less(Time(1_000_000_000_000 - 90 * 86_400_000).into()),
            ),
        ),
        (
            "lock_after le +2h",
            is(
                UserField::LockAfter,
                Test::AtMost(Time(1_000_000_000_000 + 7_200_000).into()),
            ),
        ),
        (
            "group eq 3",
            is(UserField::Group, Test::Equals(Value::Int(3))),
        ),
        (
            "group eq known",
            is(UserField::Group, Test::Equals(Value::Int(7))),
        ),
        (
            "group ne known",
            not(is(UserField::Group, Test::Equals(Value::Int(7)))),
        ),
        // What names nothing matches nothing, whichever way it is turned.
        ("group eq nothing", P::Nothing),
        ("group ne nothing", P::Nothing),
        ("not group eq nothing", P::Nothing),
        ("not (group ne nothing or login eq ada)", P::Nothing),
        ("group eq nothing or login eq ada", ada()),
        ("group eq null", absent(UserField::Group)),
        ("home pr", not(absent(UserField::Home))),
    ];
    for (text, expected) in table {
        assert_eq!(compiled(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_refused_where_it_stands() {
    let deep = format!("{}login eq ada{}", "(".repeat(17), ")".repeat(17));
    let many = vec!["login eq a"; 65].join(" or ");
    let long = format!("login eq {}", "a".repeat(4_000));
    let table: Vec<(&str, Option<usize>, &str)> = vec![
        ("", Some(1), "the name of a field"),
        ("   ", Some(4), "the name of a field"),
        ("login", Some(6), "one of eq, ne"),
        ("login is ada", Some(7), "one of eq, ne"),
        ("login eq", Some(9), "a value"),
        ("login eq (", Some(10), "a value"),
        ("login eq ada bob", Some(14), "`and`, `or` or the end"),
        ("login eq ada and", Some(17), "the name of a field"),
        ("(login eq ada", Some(14), "`)`"),
        ("login eq ada)", Some(13), "`and`, `or` or the end"),
        ("\"login\" eq ada", Some(1), "the name of a field"),
        ("not not login eq ada", Some(9), "one of eq, ne"),
        ("login eq \"ada", Some(10), "no closing quotation mark"),
        ("login eq \"a\\q\"", Some(10), "not a JSON string"),
        ("login eq \"a\\u0000\"", Some(10), "NUL"),
        ("login eq ä&b", Some(11), "a word, a quoted text"),
        ("age eq 5", Some(1), "one of number, id, login"),
        ("title gt x", Some(1), "takes eq, ne, co, sw, ew and pr"),
        (
            "number co 5",
            Some(1),
            "takes eq, ne, gt, ge, lt, le and pr",
        ),
        ("kind sw p", Some(1), "takes eq, ne and pr"),
        ("group gt 5", Some(1), "takes eq, ne and pr"),
        ("number eq five", Some(11), "a whole number"),
        ("number eq \"5\"", Some(11), "a whole number"),
        ("number gt null", Some(11), "another value than null"),
        ("locked eq maybe", Some(11), "true or false"),
        ("kind eq robot", Some(9), "one of person, service"),
        ("id eq 5", Some(7), "a UUID"),
        ("created_at lt soon", Some(15), "a time"),
        ("created_at lt 90d", Some(15), "a time"),
        (&deep, Some(17), "more than 16 deep"),
        (&many, Some(897), "more than 64 tests"),
        (&long, None, "longer than 4000 characters"),
    ];
    for (text, position, why) in table {
        let shown: String = text.chars().take(40).collect();
        match compiled(text) {
            Err(error) => {
                assert!(error.why.contains(why), "{shown}: {error}");
                assert_eq!(error.position, position, "{shown}: {error}");
            }
            Ok(predicate) => panic!("{shown}: {predicate:?}"),
        }
    }
}

#[test]
fn times_of_parameters_are_named_after_their_fields() {
    for (name, after, before) in [
        ("created_at", "created_after", "created_before"),
        ("lock_after", "lock_after", "lock_before"),
        ("locked_out_until", "locked_out_after", "locked_out_before"),
        ("at", "after", "before"),
    ] {
        assert_eq!(
            range_parameters(name),
            (after.to_owned(), before.to_owned()),
            "{name}"
        );
    }
}

fn literal() -> impl Strategy<Value = Literal> {
    (any::<bool>(), "[a-zA-Z0-9._:@/+*-]{1,8}", ".{0,8}").prop_map(|(quoted, bare, text)| Literal {
        text: if quoted { text.replace('\0', "") } else { bare },
        quoted,
        position: 0,
    })
}

fn comparison() -> impl Strategy<Value = Expression> {
    ("[a-z_]{1,8}", 0..Operator::ALL.len(), literal())
        .prop_filter("`not` begins a negation", |(field, _, _)| field != "not")
        .prop_map(|(field, operator, value)| {
            let operator = Operator::ALL[operator].1;
            Expression::Test(Comparison {
                field,
                position: 0,
                operator,
                value: if operator == Operator::Present {
                    Literal::default()
                } else {
                    value
                },
            })
        })
}

fn expression() -> impl Strategy<Value = Expression> {
    comparison().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = compiled(&text);
    }

    /// Texts made of the grammar's own pieces get further in.
    #[test]
    fn no_likely_text_panics(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "login", "number", "group", "created_at", "locked", "id", "eq", "ne", "co", "gt", "pr", "and",
            "or", "not", "(", ")", "null", "true", "5", "-90d", "\"a\"", "\"", "\\", "ada", " ",
        ]),
        0..24,
    )) {
        let _ = compiled(&pieces.join(" "));
        let _ = compiled(&pieces.concat());
    }

    #[test]
    fn what_is_written_reads_back(expression in expression()) {
        let text = expression.to_string();
        prop_assume!(text.chars().count() <= CHARACTERS);
        prop_assert_eq!(parse(&text), Ok(expression), "{}", text);
    }
}
