//! Lists: `?q=…&<filter>=…&sort=-name&limit=100&cursor=…&total=true`, read into the directory's query
//! by one table per kind of entity.

use directory::{
    Cursor, Direction, Fault, Handle, Page, Platform, Position, Predicate, Query, Test, Time,
    Value, limits,
};
use serde::Serialize;

use super::errors::Problem;
use super::fields::Named;

/// The most rows a page may have.
const MOST: u32 = 1_000;
/// The rows of a page unless said otherwise.
pub const USUAL: u32 = 100;

/// A parameter that narrows a list.
pub struct Filter<F: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What it looks at.
    pub field: F,
    /// How its value is read and compared.
    pub by: By,
}

/// How a filter's value is read and compared. A filter given several times matches any of its
/// values; an empty value matches what has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Text, compared without case.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A word of an open set, compared exactly.
    Exact,
    /// true or false.
    Flag,
    /// A whole number.
    Number,
    /// At or after a time.
    After,
    /// Before a time.
    Before,
    /// A user.
    User,
    /// An organisation.
    Organisation,
    /// A group.
    Group,
    /// A role.
    Role,
}

/// How a kind of entity is listed.
pub struct Listing<F: 'static> {
    /// The filters.
    pub filters: &'static [Filter<F>],
    /// What it is sorted by: the parameter's word and the field.
    pub sorts: &'static [(&'static str, F)],
}

/// The parameters of a request, repeated names included.
pub type Parameters = [(String, String)];

impl<F: Clone> Listing<F> {
    /// Reads a list's parameters, asking the directory for whatever is named by UUID or name.
    pub async fn query(&self, handle: &Handle, given: &Parameters) -> Result<Query<F>, Problem> {
        let mut query = Query {
            limit: USUAL,
            ..Query::default()
        };
        for (name, value) in given {
            match name.as_str() {
                "q" => {
                    limits::check_search("q", value)?;
                    query.search = Some(value.clone()).filter(|text| !text.trim().is_empty());
                }
                "sort" => self.sort(&mut query, value)?,
                "limit" => query.limit = limit(value)?,
                "cursor" => {
                    let cursor = Cursor::decode(value).ok_or_else(|| {
                        Problem::parameter("cursor", "must be the `next` of an earlier page")
                    })?;
                    query.from = Position::After(cursor);
                }
                "total" => query.total = flag("total", value)?,
                _ => {}
            }
        }
        query.predicate = self.predicate(handle, given).await?;
        Ok(query)
    }

    /// The names of the filters and of the sorts, for the API's description.
    pub fn words(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let filters = self.filters.iter().map(|filter| filter.name).collect();
        let sorts = self.sorts.iter().map(|(name, _)| *name).collect();
        (filters, sorts)
    }

    fn sort(&self, query: &mut Query<F>, value: &str) -> Result<(), Problem> {
        let (word, direction) = match value.strip_prefix('-') {
            Some(word) => (word, Direction::Down),
            None => (value, Direction::Up),
        };
        query.direction = direction;
        if word == "number" {
            query.sort = None;
            return Ok(());
        }
        match self.sorts.iter().find(|(name, _)| *name == word) {
            Some((_, field)) => {
                query.sort = Some(field.clone());
                Ok(())
            }
            None => {
                let mut words = vec!["number"];
                words.extend(self.sorts.iter().map(|(name, _)| *name));
                let words = words.join(", ");
                Err(Problem::parameter(
                    "sort",
                    format!("must be one of {words}, with a - before it to turn it round"),
                ))
            }
        }
    }

    async fn predicate(
        &self,
        handle: &Handle,
        given: &Parameters,
    ) -> Result<Predicate<F>, Problem> {
        for (name, _) in given {
            if !GENERAL.contains(&name.as_str())
                && !self.filters.iter().any(|filter| filter.name == name)
            {
                return Err(self.unknown(name));
            }
        }
        let mut predicate = Predicate::All;
        for filter in self.filters {
            let mut tests = Vec::new();
            for (_, value) in given.iter().filter(|(name, _)| name == filter.name) {
                // Looked at before the look-up that a value may need.
                limits::check_length(filter.name, value)?;
                if tests.len() == limits::FILTER_VALUES {
                    let why = format!("may have {} values at most", limits::FILTER_VALUES);
                    return Err(Problem::parameter(filter.name, why));
                }
                tests.push(test(handle, filter, value).await?);
            }
            predicate = predicate.and(any(&filter.field, tests));
        }
        Ok(predicate)
    }

    fn unknown(&self, name: &str) -> Problem {
        let shown: String = name.chars().take(60).collect();
        let mut known: Vec<&str> = GENERAL.to_vec();
        known.extend(self.filters.iter().map(|filter| filter.name));
        Problem::parameter(
            &shown,
            format!("is not known here; known are {}", known.join(", ")),
        )
    }
}

/// What every list understands.
const GENERAL: &[&str] = &["q", "sort", "limit", "cursor", "total"];

/// Several values of one filter are alternatives.
fn any<F: Clone>(field: &F, mut tests: Vec<Option<Test>>) -> Predicate<F> {
    let is = |test: Option<Test>| match test {
        Some(test) => Predicate::Is(field.clone(), test),
        None => Predicate::Nothing,
    };
    match tests.len() {
        0 => Predicate::All,
        1 => is(tests.remove(0)),
        _ => {
            let values: Option<Vec<Value>> = tests
                .iter()
                .map(|test| match test {
                    Some(Test::Equals(value)) => Some(value.clone()),
                    _ => None,
                })
                .collect();
            match values {
                Some(values) => Predicate::one_of(field.clone(), values),
                None => Predicate::any(tests.into_iter().map(is)),
            }
        }
    }
}

/// The test that a value asks for; `None` where it names something that is not there or not visible,
/// which matches nothing.
async fn test<F>(
    handle: &Handle,
    filter: &Filter<F>,
    value: &str,
) -> Result<Option<Test>, Problem> {
    let name = filter.name;
    if value.is_empty() {
        return Ok(Some(Test::Absent));
    }
    let equals = |value: Value| Ok(Some(Test::Equals(value)));
    match filter.by {
        By::Text | By::Exact => equals(value.into()),
        By::Word(words) if words.contains(&value) => equals(value.into()),
        By::Word(words) => {
            let words = words.join(", ");
            Err(Problem::parameter(name, format!("must be one of {words}")))
        }
        By::Flag => equals(flag(name, value)?.into()),
        By::Number => match value.parse::<i64>() {
            Ok(number) => equals(number.into()),
            Err(_) => Err(Problem::parameter(name, "must be a whole number")),
        },
        By::After => Ok(Some(Test::AtLeast(time(name, value)?.into()))),
        By::Before => Ok(Some(Test::Less(time(name, value)?.into()))),
        By::User | By::Organisation | By::Group | By::Role => {
            let number = match Named::of(value) {
                Named::Number(number) => Some(number),
                named => found(number_of(handle, filter.by, named).await)?,
            };
            Ok(number.map(|number| Test::Equals(Value::Int(number))))
        }
    }
}

/// What is missing or hidden matches nothing; it is no error to ask.
fn found(result: Result<i64, Fault>) -> Result<Option<i64>, Problem> {
    match result {
        Ok(number) => Ok(Some(number)),
        Err(Fault::NotFound(_) | Fault::Forbidden(_)) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

async fn number_of(handle: &Handle, by: By, named: Named) -> Result<i64, Fault> {
    match by {
        By::User => Ok(handle.user(named.reference()).await?.id.0),
        By::Organisation => Ok(handle.organisation(named.reference()).await?.id.0),
        By::Group => Ok(handle.group(named.reference()).await?.id.0),
        By::Role => Ok(super::roles::role(handle, named).await?.id.0),
        _ => Ok(0),
    }
}

/// Reads how many rows a page may have.
pub fn limit(value: &str) -> Result<u32, Problem> {
    match value.parse() {
        Ok(limit @ 1..=MOST) => Ok(limit),
        _ => Err(Problem::parameter(
            "limit",
            format!("must be a number from 1 to {MOST}"),
        )),
    }
}

/// Reads true or false.
pub fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::parameter(name, "must be true or false")),
    }
}

fn time(name: &str, value: &str) -> Result<Time, Problem> {
    Time::parse(value)
        .ok_or_else(|| Problem::parameter(name, "must be a time such as 2030-01-31T12:00:00Z"))
}

/// Refuses every parameter of a route that takes none but these.
pub fn only(given: &Parameters, known: &[&str]) -> Result<(), Problem> {
    match given
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some((name, _)) => {
            let shown: String = name.chars().take(60).collect();
            let why = if known.is_empty() {
                "is not known here; this path takes none".to_owned()
            } else {
                format!("is not known here; known are {}", known.join(", "))
            };
            Err(Problem::parameter(&shown, why))
        }
    }
}

/// A page as it is shown.
#[derive(Serialize)]
pub struct Shown<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// All matches, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Shows a page, row by row.
pub fn shown<'a, T, S: 'a>(page: &'a Page<T>, show: impl Fn(&'a T) -> S) -> Shown<S> {
    Shown {
        items: page.items.iter().map(show).collect(),
        next: page.next.as_ref().map(Cursor::encode),
        total: page.total,
    }
}

/// Shows a list that always comes whole.
pub fn whole<S>(items: Vec<S>) -> Shown<S> {
    Shown {
        items,
        next: None,
        total: None,
    }
}

/// The platform of a word among those served.
pub fn platform(served: &[directory::PlatformSpec], word: &str) -> Option<Platform> {
    served
        .iter()
        .map(|spec| spec.platform)
        .find(|platform| platform.word() == word)
}
