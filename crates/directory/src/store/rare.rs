//! Conditions that few users meet, found by indexes of those few.
//!
//! A list counts beforehand ([`Rare::look`]) how many users meet each condition that has such an index. Where they are
//! few, a sub-select of them leads the list, and no other row is read; where they are many, a list along its order
//! fills soon. A sub-select may find too many, never too few: the test itself stands beside it.
//!
//! A relation (a role, a group, a term) is a set of users that a database makes whole before it reads the first row. Where many
//! have it, it is asked of each row instead.

use crate::model::{
    AttributeKind, Predicate, ProfileAttribute, Query, Test, Time, UserField, Value,
    profile_attributes,
};

use super::value::Bound;
use super::{Res, Tx};

/// Beyond so many users a list goes along its order.
pub(super) const FEW: i64 = if cfg!(test) { 40 } else { 8_000 };
/// Conditions of one list that are counted beforehand.
const CONDITIONS: usize = 8;

/// The conditions of a list that few users meet, and the relations that many have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    few: Vec<(UserField, Test)>,
    common: Vec<(UserField, Test)>,
}

/// A sub-select of users, which ends before its values in brackets where it has any.
#[derive(Debug, PartialEq)]
pub(crate) struct Arm {
    pub select: &'static str,
    pub values: Vec<Bound>,
}

const BY_STATUS: &str =
    "SELECT few.id FROM users few WHERE few.status <> 'active' AND few.status IN ";
const SEEN_SINCE: &str = "SELECT few.id FROM users few WHERE COALESCE(few.last_seen_at, 0) >= ";
const SEEN_UNTIL: &str = "SELECT few.id FROM users few WHERE COALESCE(few.last_seen_at, 0) > 0 AND COALESCE(few.last_seen_at, 0) <= ";
const NEVER_SEEN: &str = "SELECT few.id FROM users few WHERE COALESCE(few.last_seen_at, 0) = 0";
const SIGNED_IN_SINCE: &str =
    "SELECT few.id FROM users few WHERE COALESCE(few.signed_in_at, 0) >= ";
const SIGNED_IN_UNTIL: &str = "SELECT few.id FROM users few WHERE COALESCE(few.signed_in_at, 0) > 0 AND COALESCE(few.signed_in_at, 0) <= ";
const NEVER_SIGNED_IN: &str =
    "SELECT few.id FROM users few WHERE COALESCE(few.signed_in_at, 0) = 0";
const UPDATED_SINCE: &str = "SELECT few.id FROM users few WHERE COALESCE(few.updated_at, 0) >= ";
const UPDATED_UNTIL: &str = "SELECT few.id FROM users few WHERE COALESCE(few.updated_at, 0) <= ";
const SINCE: &str = "SELECT few.id FROM users few WHERE few.created_at >= ";
const LOCKED: &str = "SELECT few.id FROM users few WHERE few.locked_until IS NOT NULL";
const LOCKED_OUT: &str = "SELECT few.id FROM users few WHERE few.lockout_until IS NOT NULL";
const LOCKED_AFTER: &str = "SELECT few.id FROM users few WHERE few.lock_after IS NOT NULL";
const BY_KIND: &str = "SELECT few.id FROM users few WHERE few.kind <> 'person' AND few.kind IN ";
const SECOND_FACTOR_REQUIRED: &str =
    "SELECT few.id FROM users few WHERE few.second_factor_required IS NOT NULL";
const SECOND_FACTOR: &str =
    "SELECT few.user_id FROM second_factors few WHERE few.confirmed_at IS NOT NULL";
const MUST_CHANGE: &str = "SELECT few.user_id FROM passwords few WHERE few.must_change = 1";

macro_rules! selects_by_attribute {
    ($($name:ident $variant:ident $kind:ident $facts:tt;)*) => {
        /// Texts have an index of everybody in their order, lowered as they are compared; codes have one of those who have one.
        const fn by_attribute(attribute: ProfileAttribute) -> &'static str {
            match attribute {
                $(ProfileAttribute::$variant => concat!(
                    "SELECT few.id FROM users few WHERE ", select_by!($kind $name),
                ),)*
            }
        }
    };
}

macro_rules! select_by {
    (Text $name:ident) => {
        concat!("LOWER(COALESCE(few.", stringify!($name), ", '')) IN ")
    };
    (Exact $name:ident) => {
        concat!(
            "few.",
            stringify!($name),
            " IS NOT NULL AND few.",
            stringify!($name),
            " IN "
        )
    };
}
profile_attributes!(selects_by_attribute);

impl Rare {
    /// Counts who meets each condition of a query that has an index of the few.
    pub(crate) async fn look(tx: &mut Tx<'_>, query: &Query<UserField>) -> Res<Rare> {
        let mut rare = Rare::default();
        for (field, test) in conditions(query) {
            let Some(arms) = arms(field, test) else {
                continue;
            };
            let mut text = String::from("SELECT COUNT(*) FROM ( ");
            let mut values = Vec::new();
            for (index, arm) in arms.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { " UNION ALL " });
                text.push_str(arm.select);
                for (place, value) in arm.values.iter().enumerate() {
                    values.push(value.clone());
                    text.push_str(if place == 0 { "($" } else { ", $" });
                    text.push_str(&values.len().to_string());
                }
                text.push_str(if arm.values.is_empty() { "" } else { ")" });
            }
            values.push(Bound::Int(FEW + 1));
            text.push_str(&format!(" LIMIT ${}) c", values.len()));
            let values: Vec<_> = values.iter().map(Bound::val).collect();
            let count = tx.one(&text, &values, |row| row.int(0)).await?;
            if count.is_some_and(|count| count <= FEW) {
                rare.few.push((field.clone(), test.clone()));
            }
        }
        Ok(rare)
    }

    /// The sub-selects of a condition, if few users meet it.
    pub(super) fn arms(&self, field: &UserField, test: &Test) -> Option<Vec<Arm>> {
        self.holds(field, test).then(|| arms(field, test))?
    }

    /// Notes that many users have a relation.
    pub(super) fn note_common(&mut self, field: &UserField, test: &Test) {
        self.common.push((field.clone(), test.clone()));
    }

    /// Whether many users have a relation, so that no set is made of them.
    pub(super) fn is_common(&self, field: &UserField, test: &Test) -> bool {
        self.common
            .iter()
            .any(|(of, one)| of == field && one == test)
    }

    /// Whether few users meet a condition.
    pub(super) fn holds(&self, field: &UserField, test: &Test) -> bool {
        self.few.iter().any(|(of, one)| of == field && one == test)
    }
}

/// The conditions of a query that are counted beforehand.
pub(super) fn conditions(query: &Query<UserField>) -> Vec<(&UserField, &Test)> {
    let mut conditions = Vec::new();
    collect(&query.predicate, &mut conditions);
    conditions
}

fn collect<'q>(
    predicate: &'q Predicate<UserField>,
    conditions: &mut Vec<(&'q UserField, &'q Test)>,
) {
    match predicate {
        Predicate::And(several) | Predicate::Or(several) => {
            for one in several {
                collect(one, conditions);
            }
        }
        Predicate::Is(field, test) if conditions.len() < CONDITIONS => {
            conditions.push((field, test));
        }
        Predicate::Not(inner) => collect(inner, conditions),
        Predicate::All | Predicate::Nothing | Predicate::Is(..) => {}
    }
}

/// The sub-selects that find all who pass a test, where indexes of few have them.
fn arms(field: &UserField, test: &Test) -> Option<Vec<Arm>> {
    use UserField as F;
    let one = |select, values| Some(vec![Arm { select, values }]);
    let present = |select| match test {
        Test::Absent => None,
        _ => one(select, Vec::new()),
    };
    let set = |select| match test {
        Test::Equals(Value::Flag(true) | Value::Int(1)) => one(select, Vec::new()),
        _ => None,
    };
    match field {
        F::Status => one(BY_STATUS, rare_words(test, "active")?),
        F::Kind => one(BY_KIND, rare_words(test, "person")?),
        F::Standing => standings(&words(test)?),
        F::Locked => set(LOCKED),
        F::LockedOutUntil => present(LOCKED_OUT),
        F::LockAfter => present(LOCKED_AFTER),
        F::CreatedAt => times(test, Some(SINCE), None, None),
        F::UpdatedAt => times(test, Some(UPDATED_SINCE), Some(UPDATED_UNTIL), None),
        F::LastSeenAt => times(test, Some(SEEN_SINCE), Some(SEEN_UNTIL), Some(NEVER_SEEN)),
        F::SignedInAt => times(
            test,
            Some(SIGNED_IN_SINCE),
            Some(SIGNED_IN_UNTIL),
            Some(NEVER_SIGNED_IN),
        ),
        F::SecondFactor => set(SECOND_FACTOR),
        F::MustChangePassword => set(MUST_CHANGE),
        F::SecondFactorRequired => present(SECOND_FACTOR_REQUIRED),
        F::Profile(attribute) => one(
            by_attribute(*attribute),
            match attribute.kind() {
                AttributeKind::Text => lowered(test)?,
                AttributeKind::Exact => texts(words(test)?),
            },
        ),
        _ => None,
    }
}

/// The sub-select for a test of a time. No account was used or signed in to before 1970, so none stands at 0 by its time.
fn times(
    test: &Test,
    since: Option<&'static str>,
    until: Option<&'static str>,
    never: Option<&'static str>,
) -> Option<Vec<Arm>> {
    let (select, values) = match test {
        Test::AtLeast(Value::Time(time)) | Test::Greater(Value::Time(time)) => (since?, Some(time)),
        Test::AtMost(Value::Time(time)) | Test::Less(Value::Time(time)) => (until?, Some(time)),
        Test::Absent => (never?, None),
        _ => return None,
    };
    let values = values.map(|time| Bound::Int(time.0)).into_iter().collect();
    Some(vec![Arm { select, values }])
}

/// The expression of a column that an index has in its place, where a test of one means the same as of the other; for counts, which
/// need no order: what matches is then counted in the index. It may begin with a condition of its own and `AND`, because a comparison
/// follows it.
pub(super) fn counted_by(expression: &str, test: &Test) -> Option<String> {
    const TIMES: [&str; 3] = ["u.updated_at", "u.last_seen_at", "u.signed_in_at"];
    const TEXTS: [&str; 2] = ["u.department", "u.title"];
    match test {
        // A user without the time has 0 in the index.
        Test::AtLeast(Value::Time(Time(1..)))
        | Test::Greater(Value::Time(Time(0..)))
        | Test::Equals(Value::Time(Time(1..)))
            if TIMES.contains(&expression) =>
        {
            Some(format!("COALESCE({expression}, 0)"))
        }
        // Every row has been changed, if only by what made it.
        Test::AtMost(Value::Time(_)) | Test::Less(Value::Time(_))
            if expression == "u.updated_at" =>
        {
            Some(format!("COALESCE({expression}, 0)"))
        }
        Test::AtMost(Value::Time(_)) | Test::Less(Value::Time(_))
            if TIMES.contains(&expression) =>
        {
            Some(format!(
                "COALESCE({expression}, 0) > 0 AND COALESCE({expression}, 0)"
            ))
        }
        test if TEXTS.contains(&expression) && words(test).is_some() => {
            Some(format!("COALESCE({expression}, '')"))
        }
        _ => None,
    }
}

/// The words that a test compares with; none when it compares otherwise, or with nothing.
fn words(test: &Test) -> Option<Vec<&str>> {
    fn word(value: &Value) -> Option<&str> {
        match value {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
    match test {
        Test::Equals(value) => word(value).map(|word| vec![word]),
        Test::OneOf(values) if !values.is_empty() => values.iter().map(word).collect(),
        _ => None,
    }
}

fn texts<'t>(words: impl IntoIterator<Item = &'t str>) -> Vec<Bound> {
    let words = words.into_iter();
    words.map(|word| Bound::Text(word.to_owned())).collect()
}

/// The words of a test, if the one that nearly all users have is not among them.
fn rare_words(test: &Test, usual: &str) -> Option<Vec<Bound>> {
    let words = words(test)?;
    (!words.contains(&usual)).then(|| texts(words))
}

/// The words of a test of a text that both sides lower.
fn lowered(test: &Test) -> Option<Vec<Bound>> {
    let words = words(test)?.into_iter();
    let lower = words.map(|word| Bound::Text(word.to_ascii_lowercase()));
    Some(lower.collect())
}

/// Who may have one of these standings at any time: a locked account may be of any status.
fn standings(words: &[&str]) -> Option<Vec<Arm>> {
    if words.contains(&"active") {
        return None;
    }
    let mut arms = vec![Arm {
        select: BY_STATUS,
        values: texts(words.iter().copied()),
    }];
    for (word, select) in [
        ("locked", LOCKED),
        ("locked_out", LOCKED_OUT),
        ("expired", LOCKED_AFTER),
    ] {
        if words.contains(&word) {
            arms.push(Arm {
                select,
                values: Vec::new(),
            });
        }
    }
    Some(arms)
}
