use proptest::prelude::*;

use super::*;
use crate::matching::{holds, matches_pattern};

fn text(text: &str) -> Literal {
    Literal::Text {
        text: text.to_owned(),
        wildcards: false,
    }
}

fn condition(property: &str, operator: Operator, negated: bool, operand: Operand) -> Filter {
    Filter::Condition(Condition {
        property: property.to_owned(),
        operator,
        negated,
        operand,
    })
}

fn equal(property: &str, value: &str) -> Filter {
    condition(property, Operator::Equal, false, Operand::One(text(value)))
}

#[test]
fn conditions_read_as_the_grammar_says() {
    use Operator as O;
    for (written, operator, negated) in [
        ("uid:'a'", O::Equal, false),
        ("uid:!'a'", O::Equal, true),
        ("uid:~'a'", O::Words, false),
        ("uid:!~'a'", O::Words, true),
        ("uid:*'a'", O::Pattern, false),
        ("uid:!*'a'", O::Pattern, true),
        ("uid:>'a'", O::Greater, false),
        ("uid:>='a'", O::AtLeast, false),
        ("uid:<'a'", O::Less, false),
        ("uid:<='a'", O::AtMost, false),
        (" UID : > 'a' ", O::Greater, false),
        ("uid:\"a\"", O::Equal, false),
    ] {
        let expected = condition("uid", operator, negated, Operand::One(text("a")));
        assert_eq!(parse(written), Ok(expected), "{written}");
    }
}

#[test]
fn values_read_as_the_grammar_says() {
    for (written, literal) in [
        ("p:5", Literal::Number("5".to_owned())),
        ("p:-2.5", Literal::Number("-2.5".to_owned())),
        ("p:1e+3", Literal::Number("1e+3".to_owned())),
        ("p:true", Literal::Flag(true)),
        ("p:False", Literal::Flag(false)),
        ("p:null", Literal::Null),
        ("p:'O\\'Brien'", text("O'Brien")),
        ("p:\"O'Brien\"", text("O'Brien")),
        ("p:'a\\\\b'", text("a\\b")),
        ("p:'a\\*b'", text("a*b")),
        ("p:'é 李 🚀'", text("é 李 🚀")),
        ("p:''", text("")),
        (
            "p:'a*b'",
            Literal::Text {
                text: "a*b".to_owned(),
                wildcards: true,
            },
        ),
    ] {
        let expected = condition("p", Operator::Equal, false, Operand::One(literal));
        assert_eq!(parse(written), Ok(expected), "{written}");
    }
    let list = Operand::Any(vec![
        text("a"),
        Literal::Number("1".to_owned()),
        Literal::Null,
    ]);
    assert_eq!(
        parse("p:!['a', 1 ,null]"),
        Ok(condition("p", Operator::Equal, true, list))
    );
}

#[test]
fn plus_binds_stronger_than_comma_and_brackets_strongest() {
    let (a, b, c) = (equal("a", "1"), equal("b", "2"), equal("c", "3"));
    for (written, expected) in [
        (
            "a:'1'+b:'2',c:'3'",
            Filter::Or(vec![Filter::And(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        (
            "a:'1',b:'2'+c:'3'",
            Filter::Or(vec![a.clone(), Filter::And(vec![b.clone(), c.clone()])]),
        ),
        (
            "(a:'1',b:'2')+c:'3'",
            Filter::And(vec![Filter::Or(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        ("((a:'1'))", a.clone()),
        ("a:'1' + b:'2' + c:'3'", Filter::And(vec![a, b, c])),
    ] {
        assert_eq!(parse(written), Ok(expected), "{written}");
    }
}

#[test]
fn what_is_not_in_the_grammar_is_refused() {
    for broken in [
        "",
        " ",
        "uid",
        "uid:",
        "uid:'",
        "uid:'a",
        "uid:'a\\'",
        "uid:a",
        "uid:'a'+",
        "+uid:'a'",
        ",",
        "uid:'a'uid:'b'",
        "uid:'a' uid:'b'",
        "(uid:'a'",
        "uid:'a')",
        "()",
        "uid:()",
        "uid:[]",
        "uid:['a'",
        "uid:['a',]",
        "uid:~['a']",
        "uid:>['a']",
        "uid:!>'a'",
        "uid:!<='a'",
        "uid:!!'a'",
        "uid:=='a'",
        "uid='a'",
        "1uid:'a'",
        "u-id:'a'",
        "uid::'a'",
        "uid:nul",
        "uid:1.2.3",
        "uid:1e999",
        "uid:-",
        "uid:2026-01-01",
        "uid:'a\0b'",
        "é:'a'",
        "uid:'a';drop table users",
    ] {
        assert!(parse(broken).is_err(), "{broken:?}");
    }
}

#[test]
fn bounds_hold_before_any_work() {
    let conditions = |count: usize| vec!["uid:'a'"; count].join(",");
    assert!(parse(&conditions(MOST_CONDITIONS)).is_ok());
    assert!(parse(&conditions(MOST_CONDITIONS + 1)).is_err());
    let list = |count: usize| format!("uid:[{}]", vec!["'a'"; count].join(","));
    assert!(parse(&list(MOST_VALUES)).is_ok());
    assert!(parse(&list(MOST_VALUES + 1)).is_err());
    let nested = |depth: usize| format!("{}uid:'a'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEEPEST)).is_ok());
    assert!(parse(&nested(DEEPEST + 1)).is_err());
    assert!(parse(&"(".repeat(LONGEST)).is_err());
    assert!(parse(&format!("uid:'{}'", "a".repeat(LONGEST))).is_err());
}

#[test]
fn errors_say_where() {
    let error = parse("uid:'a'+first_name").unwrap_err();
    assert_eq!(error.at, 18);
    assert!(error.to_string().contains("colon"), "{error}");
}

#[test]
fn sorts_read_in_both_forms() {
    let sort = |property: &str, descending| {
        Some(Sort {
            property: property.to_owned(),
            descending,
        })
    };
    for (written, expected) in [
        ("uid", sort("uid", false)),
        ("uid|asc", sort("uid", false)),
        ("uid|desc", sort("uid", true)),
        ("UID|DESC", sort("uid", true)),
        ("created_at.asc", sort("created_at", false)),
        ("last_login_at.desc", sort("last_login_at", true)),
        ("uid|up", None),
        ("uid|", None),
        ("|asc", None),
        ("", None),
        ("uid|asc,name|desc", None),
        ("uid.x", None),
    ] {
        assert_eq!(parse_sort(written), expected, "{written}");
    }
    assert_eq!(parse_sort(&"a".repeat(65)), None);
}

#[test]
fn patterns_match_whole_texts() {
    for (value, pattern, expected) in [
        ("ada@example.org", "*@example.org", true),
        ("ada@example.org", "ada*", true),
        ("ada@example.org", "*a@*g", true),
        ("ada@example.org", "*", true),
        ("ada", "ada", true),
        ("ada", "a", false),
        ("ada", "a*a*a", false),
        ("aaa", "a*a*a", true),
        ("aa", "a*a", true),
        ("a", "a*a", false),
        ("", "*", true),
        ("abc", "**c", true),
    ] {
        assert_eq!(
            matches_pattern(value, pattern),
            expected,
            "{value} {pattern}"
        );
    }
}

/// Any filter of the grammar.
fn filters() -> impl Strategy<Value = Filter> {
    let literal = prop_oneof![
        "[ -~é]{0,6}".prop_map(|text| Literal::Text {
            wildcards: text.contains('*'),
            text,
        }),
        (-1000i32..1000).prop_map(|number| Literal::Number(number.to_string())),
        any::<bool>().prop_map(Literal::Flag),
        Just(Literal::Null),
    ];
    let one = (
        prop_oneof![
            Just((Operator::Equal, false)),
            Just((Operator::Equal, true)),
            Just((Operator::Words, true)),
            Just((Operator::Pattern, false)),
            Just((Operator::AtLeast, false)),
        ],
        literal.clone().prop_map(Operand::One),
    );
    let many = (
        prop_oneof![
            Just((Operator::Equal, false)),
            Just((Operator::Equal, true))
        ],
        prop::collection::vec(literal, 1..4).prop_map(Operand::Any),
    );
    let condition = ("[a-z][a-z0-9_.]{0,5}", prop_oneof![one, many]).prop_map(
        |(property, ((operator, negated), operand))| {
            Filter::Condition(Condition {
                property,
                operator,
                negated,
                operand,
            })
        },
    );
    condition.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..3).prop_map(Filter::And),
            prop::collection::vec(inner, 2..3).prop_map(Filter::Or),
        ]
    })
}

/// Writes a filter as text, every inner one in brackets.
fn written(filter: &Filter) -> String {
    let joined = |several: &[Filter], word: &str| {
        let texts: Vec<String> = several
            .iter()
            .map(|one| format!("({})", written(one)))
            .collect();
        texts.join(word)
    };
    match filter {
        Filter::And(all) => joined(all, " + "),
        Filter::Or(any) => joined(any, " , "),
        Filter::Condition(one) => {
            let operator = match one.operator {
                Operator::Equal => "",
                Operator::Words => "~",
                Operator::Pattern => "*",
                Operator::Greater => ">",
                Operator::AtLeast => ">=",
                Operator::Less => "<",
                Operator::AtMost => "<=",
            };
            let literal = |literal: &Literal| match literal {
                Literal::Text { text, .. } => {
                    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
                }
                other => other.text().unwrap_or_else(|| "null".to_owned()),
            };
            let operand = match &one.operand {
                Operand::One(value) => literal(value),
                Operand::Any(values) => {
                    format!(
                        "[{}]",
                        values.iter().map(literal).collect::<Vec<_>>().join(", ")
                    )
                }
            };
            let not = if one.negated { "!" } else { "" };
            format!("{}:{not}{operator}{operand}", one.property)
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(filter in filters()) {
        prop_assert_eq!(parse(&written(&filter)), Ok(filter));
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[ a-z:!~*<>=+,()\\[\\]'\"\\\\0-9.é-]{0,60}") {
        let _ = parse(&text);
        let _ = parse_sort(&text);
    }

    #[test]
    fn cut_off_filters_are_read_or_refused(filter in filters(), cut in 0usize..200) {
        let text = written(&filter);
        let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let _ = parse(&text[..cut]);
    }

    #[test]
    fn negation_turns_an_answer_round(values in prop::collection::vec("[a-c]{0,2}", 0..3), text in "[a-c*]{0,3}") {
        let mut one = Condition {
            property: "p".to_owned(),
            operator: Operator::Equal,
            negated: false,
            operand: Operand::One(Literal::Text { wildcards: text.contains('*'), text }),
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let found = holds(&one, &values);
        one.negated = true;
        prop_assert_ne!(found, holds(&one, &values));
    }
}
