use directory::Predicate as P;
use kit::parse_pairs;
use proptest::prelude::*;

use super::*;
use crate::sorting::{held_role_sort, order, user_sort};

const CID: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

fn customers() -> Customers {
    Customers::from([(Uuid::parse_str(CID).unwrap(), OrganisationId(7))])
}

fn of(text: &str) -> Result<P<UserField>, Refused> {
    users(&read(text)?, &customers(), Generation::V1)
}

fn is<F>(field: F, test: Test) -> P<F> {
    P::Is(field, test)
}

fn text_of(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn properties_of_users_mean_what_the_contract_says() {
    let assigned = || UserField::RoleOrganisation(PLATFORM);
    let expiring = || UserField::ExpiringRoleOrganisation(PLATFORM);
    let seven = || Test::OneOf(vec![Value::Int(7)]);
    for (text, expected) in [
        (
            "first_name:'Ada'",
            is(UserField::Given, Test::Equals("Ada".into())),
        ),
        (
            "last_name:!'Ada'",
            not(is(UserField::Family, Test::Equals("Ada".into()))),
        ),
        (
            "name:*'A*a'",
            is(UserField::Name, Test::Glob("A*a".to_owned())),
        ),
        (
            "name:'A*a'",
            is(UserField::Name, Test::Glob("A*a".to_owned())),
        ),
        (
            "name:'A\\*a'",
            is(UserField::Name, Test::Equals("A*a".into())),
        ),
        (
            "name:*'Ada'",
            is(UserField::Name, Test::Equals("Ada".into())),
        ),
        ("name:null", is(UserField::Name, Test::Absent)),
        (
            "first_name:>='m'",
            is(UserField::Given, Test::AtLeast("m".into())),
        ),
        (
            "first_name:<5",
            is(UserField::Given, Test::Less("5".into())),
        ),
        (
            "name:~'Ada, King'",
            P::And(vec![
                is(UserField::Name, Test::Contains("Ada".to_owned())),
                is(UserField::Name, Test::Contains("King".to_owned())),
            ]),
        ),
        (
            "first_name:['a',null]",
            P::Or(vec![
                is(UserField::Given, Test::OneOf(vec![text_of("a")])),
                is(UserField::Given, Test::Absent),
            ]),
        ),
        (
            "uid:'Ada@Example.org'",
            is(UserField::Email, Test::Equals("ada@example.org".into())),
        ),
        (
            "uid:*'*@Example.org'",
            is(
                UserField::EmailOrMadeUp,
                Test::Glob("*@example.org".to_owned()),
            ),
        ),
        ("uid:null", is(UserField::EmailOrMadeUp, Test::Absent)),
        (
            "status:'locked'",
            is(
                UserField::Standing,
                Test::OneOf(vec![text_of("locked"), text_of("locked_out")]),
            ),
        ),
        (
            "status:'alien'",
            is(UserField::Standing, Test::OneOf(vec![])),
        ),
        (
            "factors:'totp'",
            is(UserField::SecondFactor, Test::Equals(true.into())),
        ),
        (
            "factors:null",
            not(is(UserField::SecondFactor, Test::Equals(true.into()))),
        ),
        ("factors:'sms'", P::Nothing),
        ("factors:!'sms'", P::All),
        (
            "has_temporary_roles:true",
            not(is(expiring(), Test::Absent)),
        ),
        (
            "has_temporary_roles:false",
            not(not(is(expiring(), Test::Absent))),
        ),
        (
            &format!("cid:'{CID}'"),
            P::Or(vec![is(UserField::Home, seven())]),
        ),
        (
            &format!("cid:'{}-5F'", CID.to_uppercase()),
            P::Or(vec![is(UserField::Home, seven())]),
        ),
        (&format!("cid:'{}'", "f".repeat(32)), P::Nothing),
        (&format!("cid:!'{}'", "f".repeat(32)), not(P::Nothing)),
        (
            &format!("assigned_cids:['{CID}']"),
            P::Or(vec![is(assigned(), seven())]),
        ),
        (
            "assigned_cids:null",
            P::Or(vec![is(assigned(), Test::Absent)]),
        ),
        (
            &format!("direct_assigned_cids:'{CID}'"),
            P::Or(vec![is(
                UserField::DirectRoleOrganisation(PLATFORM),
                seven(),
            )]),
        ),
        (
            &format!("temporarily_assigned_cids:'{CID}'"),
            P::Or(vec![is(expiring(), seven())]),
        ),
        (
            &format!("non_ancestor_assigned_cids:'{CID}'"),
            P::Or(vec![P::Or(vec![
                is(assigned(), Test::Equals(7.into()))
                    .and(not(is(UserField::HomeSubtree, Test::Equals(7.into())))),
            ])]),
        ),
    ] {
        assert_eq!(of(text), Ok(expected), "{text}");
    }
}

#[test]
fn made_up_addresses_find_those_without_one() {
    let uuid = Uuid::from_u128(5);
    let text = format!("uid:'{}@usher.invalid'", uuid.simple());
    let Ok(P::Or(any)) = of(&text) else {
        panic!("{:?}", of(&text));
    };
    let without = P::And(vec![
        is(
            UserField::Uuid,
            Test::OneOf(vec![Value::Text(uuid.to_string())]),
        ),
        is(UserField::Email, Test::Absent),
    ]);
    assert_eq!(any[1], without);
    assert!(matches!(of(&text.replace(":'", ":!'")), Ok(P::And(_))));
}

#[test]
fn roles_that_are_held_are_filtered() {
    let of = |text: &str| held_roles(&read(text).unwrap());
    use HeldRoleField as F;
    let builtin = |it: bool| is(F::Builtin, Test::Equals(it.into()));
    let time = Time::parse("2026-01-01T00:00:00Z").unwrap();
    for (text, expected) in [
        (
            "role_name:*'Ev*'",
            is(F::Name, Test::Glob("Ev*".to_owned())),
        ),
        (
            "role_id:'Event_Viewer'",
            is(F::Word, Test::Equals("event_viewer".into())).and(builtin(true)),
        ),
        (
            "role_id:!'event_viewer'",
            not(is(F::Word, Test::Equals("event_viewer".into())).and(builtin(true))),
        ),
        (
            "role_id:'00000000000000000000000000000005'",
            P::Or(vec![
                is(
                    F::Word,
                    Test::Equals("00000000000000000000000000000005".into()),
                )
                .and(builtin(true)),
                is(
                    F::Uuid,
                    Test::OneOf(vec![Value::Text(Uuid::from_u128(5).to_string())]),
                )
                .and(builtin(false)),
            ]),
        ),
        (
            "expires_at:>'2026-01-01T00:00:00Z'",
            is(F::ExpiresAt, Test::Greater(time.into())),
        ),
        (
            "expires_at:<='2026-01-01T01:00:00+01:00'",
            is(F::ExpiresAt, Test::AtMost(time.into())),
        ),
        ("expires_at:null", is(F::ExpiresAt, Test::Absent)),
        ("expires_at:!null", not(is(F::ExpiresAt, Test::Absent))),
    ] {
        assert_eq!(of(text), Ok(expected), "{text}");
    }
    for broken in [
        "expires_at:'soon'",
        "expires_at:*'2026*'",
        "expires_at:~'2026'",
        "expires_at:>null",
        "uid:'a'",
    ] {
        assert!(of(broken).is_err(), "{broken}");
    }
}

#[test]
fn what_no_list_knows_is_refused() {
    for broken in [
        "colour:'red'",
        "password:'x'",
        "associated_cids:'a'",
        "cid:*'a*'",
        "cid:'a*'",
        "cid:>'a'",
        "uid:>null",
        "name:~'!'",
        "name:~null",
        "created_at:'2026-01-01T00:00:00Z'",
        "non_ancestor_assigned_cids:null",
    ] {
        let refused = of(broken).or_else(|why| {
            customers_in(&read(broken).unwrap(), Generation::V1)
                .map_err(|_| why)
                .and_then(|_| of(broken))
        });
        assert!(refused.is_err(), "{broken}");
    }
    let second = format!("associated_cids:'{CID}'");
    assert!(users(&read(&second).unwrap(), &customers(), Generation::V2).is_ok());
}

#[test]
fn every_listed_property_and_sort_is_known() {
    for property in [
        "assigned_cids",
        "cid",
        "direct_assigned_cids",
        "factors",
        "first_name",
        "has_temporary_roles",
        "last_name",
        "name",
        "non_ancestor_assigned_cids",
        "status",
        "temporarily_assigned_cids",
        "uid",
        "uuid",
    ] {
        assert!(
            user_property(property, Generation::V1).is_ok(),
            "{property}"
        );
        assert!(of(&format!("{property}:'{CID}'")).is_ok(), "{property}");
    }
    for property in [
        "cid_name",
        "created_at",
        "first_name",
        "has_temporary_roles",
        "last_login_at",
        "last_name",
        "name",
        "status",
        "temporarily_assigned_cids",
        "uid",
    ] {
        assert!(user_sort(property).is_some(), "{property}");
    }
    for property in ["cid", "expires_at", "role_name", "type", "user_uuid"] {
        assert!(held_role_sort(property).is_some(), "{property}");
    }
    let sorted = |query: &str| order(&parse_pairs(query).unwrap(), "uid|asc", user_sort);
    assert_eq!(sorted(""), Ok((UserField::EmailOrMadeUp, false)));
    assert_eq!(sorted("sort=name.desc"), Ok((UserField::Name, true)));
    assert!(sorted("sort=password").is_err());
    assert!(sorted("sort=uid|up").is_err());
}

#[test]
fn customers_are_found_wherever_they_stand() {
    let other = "b2".repeat(16);
    let text = format!("(cid:'{CID}',name:'x')+assigned_cids:!['{other}','{CID}','nonsense',null]");
    let found = customers_in(&read(&text).unwrap(), Generation::V1).unwrap();
    let shown: Vec<String> = found.iter().map(|cid| cid.shown()).collect();
    assert_eq!(shown, [CID, &other]);
}

proptest! {
    #[test]
    fn whatever_parses_compiles_or_is_refused_within_bounds(
        parts in prop::collection::vec(("[a-z_]{1,8}|uid|cid|status|name", "[!~*><=]{0,2}", "'[a-z*@]{0,5}'|null|true|5"), 1..6),
        joints in prop::collection::vec("[+,]", 5),
    ) {
        let mut text = String::new();
        for (index, (property, operator, value)) in parts.iter().enumerate() {
            if index > 0 {
                text.push_str(&joints[index - 1]);
            }
            text.push_str(&format!("{property}:{operator}{value}"));
        }
        if let Ok(filter) = read(&text)
            && let Ok(predicate) = users(&filter, &customers(), Generation::V2)
        {
            prop_assert!(directory::limits::Cost::of(&predicate).tests < 200, "{}", text);
        }
    }
}
