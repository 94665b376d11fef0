//! What the properties of a filter and of a sort mean: FQL to the directory's predicates, which one
//! place compiles to SQL (falcon.md §5).

use std::collections::HashMap;

use directory::{
    HeldRoleField, OrganisationField, OrganisationId, Predicate, RecordField, Test, Time,
    UserField, Value,
};
use uuid::Uuid;

use super::catalogue::PLATFORM;
use super::fql::{self, Condition, Filter, Literal, Operand, Operator};
use super::map::{self, Cid};
use super::matching;

/// Why a filter cannot be answered, in a sentence for its writer.
pub type Refused = String;

/// The customers that a filter names, with their numbers; others are nobody's.
pub type Customers = HashMap<Uuid, OrganisationId>;

/// What a property of users is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UserProperty {
    Text(&'static UserField),
    Uid,
    Uuid,
    Status,
    Factors,
    HasTemporaryRoles,
    Customer(CustomerProperty),
}

/// Which of a user's customers a property speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CustomerProperty {
    Home,
    Assigned,
    DirectlyAssigned,
    TemporarilyAssigned,
    NonAncestorAssigned,
    Associated,
}

/// Which generation of the operations filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// The first.
    V1,
    /// The second, which knows associated customers as well.
    V2,
}

fn user_property(name: &str, generation: Generation) -> Result<UserProperty, Refused> {
    use CustomerProperty as C;
    use UserProperty as P;
    Ok(match name {
        "uid" => P::Uid,
        "uuid" => P::Uuid,
        "first_name" => P::Text(&UserField::Given),
        "last_name" => P::Text(&UserField::Family),
        "name" => P::Text(&UserField::Name),
        "status" => P::Status,
        "factors" => P::Factors,
        "has_temporary_roles" => P::HasTemporaryRoles,
        "cid" => P::Customer(C::Home),
        "assigned_cids" => P::Customer(C::Assigned),
        "direct_assigned_cids" => P::Customer(C::DirectlyAssigned),
        "temporarily_assigned_cids" => P::Customer(C::TemporarilyAssigned),
        "non_ancestor_assigned_cids" => P::Customer(C::NonAncestorAssigned),
        "associated_cids" if generation == Generation::V2 => P::Customer(C::Associated),
        other => return Err(unknown(other)),
    })
}

fn unknown(property: &str) -> Refused {
    let property: String = property.chars().take(64).collect();
    format!("invalid filter: there is no property '{property}' here")
}

/// Reads a filter's text.
pub fn read(text: &str) -> Result<Filter, Refused> {
    fql::parse(text).map_err(|error| format!("invalid filter: {error}"))
}

/// The customers that a filter on users names, to be looked up before it is compiled.
pub fn customers_in(filter: &Filter, generation: Generation) -> Result<Vec<Cid>, Refused> {
    let mut found = Vec::new();
    let mut look = |condition: &Condition| -> Result<(), Refused> {
        if let UserProperty::Customer(_) = user_property(&condition.property, generation)? {
            found.extend(cids(condition)?);
        }
        Ok(())
    };
    each(filter, &mut look)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn each(
    filter: &Filter,
    look: &mut impl FnMut(&Condition) -> Result<(), Refused>,
) -> Result<(), Refused> {
    match filter {
        Filter::And(several) | Filter::Or(several) => {
            several.iter().try_for_each(|one| each(one, look))
        }
        Filter::Condition(condition) => look(condition),
    }
}

/// Compiles a filter with what each condition means.
fn compile<F>(
    filter: &Filter,
    leaf: &mut impl FnMut(&Condition) -> Result<Predicate<F>, Refused>,
) -> Result<Predicate<F>, Refused> {
    let mut several = |all: &[Filter]| -> Result<Vec<Predicate<F>>, Refused> {
        all.iter().map(|one| compile(one, leaf)).collect()
    };
    Ok(match filter {
        Filter::And(all) => Predicate::And(several(all)?),
        Filter::Or(any) => Predicate::Or(several(any)?),
        Filter::Condition(condition) => leaf(condition)?,
    })
}

/// A filter on users. `customers` are those of [`customers_in`] that the caller sees.
pub fn users(
    filter: &Filter,
    customers: &Customers,
    generation: Generation,
) -> Result<Predicate<UserField>, Refused> {
    compile(filter, &mut |condition| {
        user_condition(condition, customers, generation)
    })
}

fn user_condition(
    condition: &Condition,
    customers: &Customers,
    generation: Generation,
) -> Result<Predicate<UserField>, Refused> {
    Ok(match user_property(&condition.property, generation)? {
        UserProperty::Text(field) => text(condition, field, str::to_owned)?,
        UserProperty::Uid => uid(condition)?,
        UserProperty::Uuid => text(condition, &UserField::Uuid, str::to_ascii_lowercase)?,
        UserProperty::Status => statuses(condition),
        UserProperty::Factors => flag(
            matching::holds(condition, &[map::FACTOR]),
            matching::holds(condition, &[]),
            &Predicate::Is(UserField::SecondFactor, Test::Equals(true.into())),
        ),
        UserProperty::HasTemporaryRoles => {
            let none = UserField::ExpiringRoleOrganisation(PLATFORM);
            flag(
                matching::holds(condition, &["true"]),
                matching::holds(condition, &["false"]),
                &not(Predicate::Is(none, Test::Absent)),
            )
        }
        UserProperty::Customer(which) => customer(condition, which, customers)?,
    })
}

fn not<F>(predicate: Predicate<F>) -> Predicate<F> {
    Predicate::Not(Box::new(predicate))
}

fn negated<F>(condition: &Condition, predicate: Predicate<F>) -> Predicate<F> {
    if condition.negated {
        not(predicate)
    } else {
        predicate
    }
}

/// A property that is one of two things: which of them the condition holds for, and what tells them
/// apart.
fn flag<F: Clone>(yes: bool, no: bool, test: &Predicate<F>) -> Predicate<F> {
    match (yes, no) {
        (true, true) => Predicate::All,
        (true, false) => test.clone(),
        (false, true) => not(test.clone()),
        (false, false) => Predicate::Nothing,
    }
}

/// The statuses shown for which a condition holds, as the directory's own.
fn statuses(condition: &Condition) -> Predicate<UserField> {
    let words = map::STATUSES
        .iter()
        .filter(|(shown, _)| matching::holds(condition, &[shown]))
        .flat_map(|(_, words)| words.iter().map(|word| Value::from(*word)))
        .collect();
    Predicate::Is(UserField::Standing, Test::OneOf(words))
}

/// A text property.
fn text<F: Clone>(
    condition: &Condition,
    field: &F,
    fold: fn(&str) -> String,
) -> Result<Predicate<F>, Refused> {
    let is = |test| Predicate::Is(field.clone(), test);
    let found = match &condition.operand {
        Operand::Any(literals) => {
            let (texts, nulls) = split(literals);
            let mut any = Vec::new();
            if !texts.is_empty() {
                let values = texts.iter().map(|text| Value::Text(fold(text))).collect();
                any.push(is(Test::OneOf(values)));
            }
            if nulls {
                any.push(is(Test::Absent));
            }
            Predicate::Or(any)
        }
        Operand::One(literal) => match literal.text() {
            None if condition.operator == Operator::Equal => is(Test::Absent),
            None => return Err(null_compared()),
            Some(text) => {
                let folded = fold(&text);
                match condition.operator {
                    Operator::Equal | Operator::Pattern if literal.has_wildcards() => {
                        is(Test::Glob(folded))
                    }
                    Operator::Equal | Operator::Pattern => is(Test::Equals(folded.into())),
                    Operator::Words => {
                        let words = fql::words(&folded);
                        if words.is_empty() {
                            return Err("invalid filter: ~ needs a word".to_owned());
                        }
                        Predicate::And(words.into_iter().map(|w| is(Test::Contains(w))).collect())
                    }
                    Operator::Greater => is(Test::Greater(folded.into())),
                    Operator::AtLeast => is(Test::AtLeast(folded.into())),
                    Operator::Less => is(Test::Less(folded.into())),
                    Operator::AtMost => is(Test::AtMost(folded.into())),
                }
            }
        },
    };
    Ok(negated(condition, found))
}

fn null_compared() -> Refused {
    "invalid filter: null can only be compared by itself or with !".to_owned()
}

/// The texts of a list, and whether `null` is among them.
fn split(literals: &[Literal]) -> (Vec<String>, bool) {
    let texts: Vec<String> = literals.iter().filter_map(Literal::text).collect();
    let nulls = texts.len() < literals.len();
    (texts, nulls)
}

/// The values that a condition names.
fn literals(operand: &Operand) -> &[Literal] {
    match operand {
        Operand::One(literal) => std::slice::from_ref(literal),
        Operand::Any(literals) => literals,
    }
}

/// The address shown: the e-mail address, or one made up for those who have none. Whole addresses are looked up
/// each where it is kept; what else a condition says is compared with what is shown.
fn uid(condition: &Condition) -> Result<Predicate<UserField>, Refused> {
    let literals = literals(&condition.operand);
    let whole = |one: &Literal| *one != Literal::Null && !one.has_wildcards();
    let listed =
        matches!(condition.operand, Operand::Any(_)) || condition.operator == Operator::Equal;
    if !(listed && literals.iter().all(whole)) {
        return text(condition, &UserField::EmailOrMadeUp, str::to_lowercase);
    }
    let plain = text(condition, &UserField::Email, str::to_lowercase)?;
    let made_up: Vec<Value> = literals
        .iter()
        .filter_map(Literal::text)
        .filter_map(|text| map::made_up_for(&text))
        .map(|uuid| Value::Text(uuid.to_string()))
        .collect();
    if made_up.is_empty() {
        return Ok(plain);
    }
    let without = Predicate::Is(UserField::Uuid, Test::OneOf(made_up))
        .and(Predicate::Is(UserField::Email, Test::Absent));
    Ok(if condition.negated {
        Predicate::And(vec![plain, not(without)])
    } else {
        Predicate::Or(vec![plain, without])
    })
}

/// The customers that a condition names; one that could be none is nobody's.
fn cids(condition: &Condition) -> Result<Vec<Cid>, Refused> {
    let whole = || {
        format!(
            "invalid filter: {} takes whole customer ids",
            condition.property
        )
    };
    if condition.operator != Operator::Equal {
        return Err(whole());
    }
    let literals = literals(&condition.operand);
    if literals.iter().any(Literal::has_wildcards) {
        return Err(whole());
    }
    Ok(literals
        .iter()
        .filter_map(Literal::text)
        .filter_map(|text| Cid::parse(&text))
        .collect())
}

fn customer(
    condition: &Condition,
    which: CustomerProperty,
    customers: &Customers,
) -> Result<Predicate<UserField>, Refused> {
    use CustomerProperty as C;
    let numbers: Vec<Value> = cids(condition)?
        .iter()
        .filter_map(|cid| customers.get(&cid.uuid()))
        .map(|id| Value::Int(id.number()))
        .collect();
    let is = |field| Predicate::Is(field, Test::OneOf(numbers.clone()));
    let absent = |field| Predicate::Is(field, Test::Absent);
    let assigned = UserField::RoleOrganisation(PLATFORM);
    let mut any = Vec::new();
    if !numbers.is_empty() {
        any.push(match which {
            C::Home => is(UserField::Home),
            C::Assigned => is(assigned.clone()),
            C::DirectlyAssigned => is(UserField::DirectRoleOrganisation(PLATFORM)),
            C::TemporarilyAssigned => is(UserField::ExpiringRoleOrganisation(PLATFORM)),
            // Of each customer by itself: assigned there, and not at home in it or below it.
            C::NonAncestorAssigned => Predicate::Or(
                numbers
                    .iter()
                    .map(|number| {
                        let there = |field| Predicate::Is(field, Test::Equals(number.clone()));
                        there(assigned.clone()).and(not(there(UserField::HomeSubtree)))
                    })
                    .collect(),
            ),
            C::Associated => Predicate::Or(vec![
                is(UserField::Home),
                is(UserField::Organisation),
                is(assigned.clone()),
            ]),
        });
    }
    if names_null(&condition.operand) {
        any.push(match which {
            // Everybody has a home, which is one of the customers associated with them.
            C::Home | C::Associated => Predicate::Nothing,
            C::Assigned => absent(assigned),
            C::DirectlyAssigned => absent(UserField::DirectRoleOrganisation(PLATFORM)),
            C::TemporarilyAssigned => absent(UserField::ExpiringRoleOrganisation(PLATFORM)),
            C::NonAncestorAssigned => return Err(null_compared()),
        });
    }
    let found = if any.is_empty() {
        Predicate::Nothing
    } else {
        Predicate::Or(any)
    };
    Ok(negated(condition, found))
}

fn names_null(operand: &Operand) -> bool {
    match operand {
        Operand::One(literal) => *literal == Literal::Null,
        Operand::Any(literals) => literals.contains(&Literal::Null),
    }
}

/// A filter on the roles that a user holds.
pub fn held_roles(filter: &Filter) -> Result<Predicate<HeldRoleField>, Refused> {
    compile(filter, &mut |condition| match condition.property.as_str() {
        "role_id" => role_id(condition),
        "role_name" => text(condition, &HeldRoleField::Name, str::to_owned),
        "expires_at" => date(condition, &HeldRoleField::ExpiresAt),
        other => Err(unknown(other)),
    })
}

/// The id shown of a role: a built-in's word, a custom one's UUID.
fn role_id(condition: &Condition) -> Result<Predicate<HeldRoleField>, Refused> {
    let builtin = |is: bool| Predicate::Is(HeldRoleField::Builtin, Test::Equals(is.into()));
    let plain = Condition {
        negated: false,
        ..condition.clone()
    };
    let words = text(&plain, &HeldRoleField::Word, str::to_ascii_lowercase)?.and(builtin(true));
    let uuids: Vec<Value> = literals(&condition.operand)
        .iter()
        .filter_map(Literal::text)
        .filter_map(|text| map::custom_role_id(&text))
        .map(|uuid| Value::Text(uuid.to_string()))
        .collect();
    let found = if uuids.is_empty() || condition.operator != Operator::Equal {
        words
    } else {
        let custom = Predicate::Is(HeldRoleField::Uuid, Test::OneOf(uuids)).and(builtin(false));
        Predicate::Or(vec![words, custom])
    };
    Ok(negated(condition, found))
}

/// A property that is a date.
fn date<F: Clone>(condition: &Condition, field: &F) -> Result<Predicate<F>, Refused> {
    let is = |test| Predicate::Is(field.clone(), test);
    let time = |text: &str| {
        Time::parse(text).map(Value::Time).ok_or_else(|| {
            format!(
                "invalid filter: {} takes dates such as '2026-01-01T00:00:00Z'",
                condition.property
            )
        })
    };
    let found = match &condition.operand {
        Operand::Any(literals) => {
            let (texts, nulls) = split(literals);
            let times = texts.iter().map(|text| time(text));
            let mut any = vec![is(Test::OneOf(times.collect::<Result<_, _>>()?))];
            if nulls {
                any.push(is(Test::Absent));
            }
            Predicate::Or(any)
        }
        Operand::One(literal) => match (literal.text(), condition.operator) {
            (None, Operator::Equal) => is(Test::Absent),
            (None, _) => return Err(null_compared()),
            (Some(text), Operator::Equal) => is(Test::Equals(time(&text)?)),
            (Some(text), Operator::Greater) => is(Test::Greater(time(&text)?)),
            (Some(text), Operator::AtLeast) => is(Test::AtLeast(time(&text)?)),
            (Some(text), Operator::Less) => is(Test::Less(time(&text)?)),
            (Some(text), Operator::AtMost) => is(Test::AtMost(time(&text)?)),
            (Some(_), Operator::Words | Operator::Pattern) => {
                return Err(format!(
                    "invalid filter: {} is a date and matches no pattern",
                    condition.property
                ));
            }
        },
    };
    Ok(negated(condition, found))
}

/// A filter on customers.
pub fn children(filter: &Filter) -> Result<Predicate<OrganisationField>, Refused> {
    compile(filter, &mut |condition| match condition.property.as_str() {
        "name" => text(condition, &OrganisationField::Name, str::to_owned),
        "cid" | "child_cid" => {
            let uuids = cids(condition)?;
            let values = uuids.iter().map(|cid| Value::Text(cid.uuid().to_string()));
            let found = Predicate::Is(OrganisationField::Uuid, Test::OneOf(values.collect()));
            Ok(negated(condition, found))
        }
        "status" => Ok(flag(
            matching::holds(condition, &[map::ACTIVE_CUSTOMER]),
            false,
            &Predicate::All,
        )),
        "last_modified_timestamp" => date(condition, &OrganisationField::UpdatedAt),
        other => Err(unknown(other)),
    })
}

/// A filter on invitations.
pub fn invitations(filter: &Filter) -> Result<Predicate<RecordField>, Refused> {
    compile(filter, &mut |condition| match condition.property.as_str() {
        "status" => text(
            condition,
            &RecordField::Term(PLATFORM, "status".to_owned()),
            str::to_lowercase,
        ),
        "target_cid" => {
            let field = RecordField::Term(PLATFORM, "target_cid".to_owned());
            let values = cids(condition)?
                .iter()
                .map(|cid| cid.shown().into())
                .collect();
            Ok(negated(
                condition,
                Predicate::Is(field, Test::OneOf(values)),
            ))
        }
        "created_at" => date(condition, &RecordField::CreatedAt),
        other => Err(unknown(other)),
    })
}

#[cfg(test)]
mod tests;
