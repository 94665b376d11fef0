//! Lists: `?q=…&<field>=…&filter=…&sort=-name&limit=100&cursor=…&total=true`, read into the directory's query
//! by the table of fields of each kind of entity, and answered page by page.

use directory::filter::{FieldKind, FilterField, range_parameters, read_sort, read_value};
use directory::{
    Direction, Facet, Handle, Page, Platform, Predicate, Query, Selection, Test, UserId, Value,
    limits,
};
use kit::Authenticated;
use serde::Serialize;

use super::errors::Problem;
use super::facet_counts::{self, FACETS};
use super::fields::Named;
use super::pages::{page_of, total};
use super::reply::Answer;

pub use super::pages::{numbered, page, page_with, sliced, whole};
pub use super::parameters::{GENERAL, MOST, Parameters, SLICED, USUAL, flag, only};

/// How a kind of entity is listed.
pub struct Listing<F: 'static> {
    /// What it is narrowed by.
    pub fields: &'static [FilterField<F>],
    /// The word of the order it has by itself.
    pub usual: &'static str,
    /// What else it is sorted by: the parameter's word and the field. Without any it has its one order alone.
    pub sorts: &'static [(&'static str, F)],
    /// The fields that it is counted by.
    pub facets: &'static [&'static str],
    /// Whether it begins with the highest number where no order is asked for.
    pub downwards: bool,
}

/// What a parameter that narrows a list asks of its field.
#[derive(Clone, Copy)]
enum Asks {
    /// The value.
    Equal,
    /// Another value.
    Other,
    /// A time at or after.
    After,
    /// A time before.
    Before,
}

impl<F: Clone + Send + Sync + 'static> Listing<F> {
    /// Reads a list's parameters, asking the directory for whatever is named by UUID or name.
    pub async fn query(
        &self,
        request: &Authenticated,
        given: &Parameters,
    ) -> Result<Query<F>, Problem> {
        self.query_with(request, given, &[]).await
    }

    /// `query` for a route that has parameters of its own beside those of every list.
    pub async fn query_with(
        &self,
        request: &Authenticated,
        given: &Parameters,
        own: &[&str],
    ) -> Result<Query<F>, Problem> {
        let mut query = Query {
            limit: USUAL,
            direction: match self.downwards {
                true => Direction::Down,
                false => Direction::Up,
            },
            ..Query::default()
        };
        let mut filter = None;
        for (name, value) in given {
            match name.as_str() {
                "q" => {
                    limits::check_search("q", value).map_err(Problem::on_parameter)?;
                    query.search = Some(value.clone()).filter(|text| !text.trim().is_empty());
                }
                "filter" if filter.is_some() => {
                    return Err(Problem::parameter(
                        "filter",
                        "may stand once; join filters by `and`",
                    ));
                }
                "filter" => filter = Some(value.as_str()),
                "sort" => self.sort(&mut query, value)?,
                _ => {}
            }
        }
        (query.limit, query.from) = page_of(request, given)?;
        (query.total, query.count_limit) = total(given)?;
        query.predicate = self.predicate(request, given, own).await?;
        let mut expression = Predicate::All;
        if let Some(text) = filter {
            let compiled = request.compile_filter(self.fields, text).await;
            expression = compiled.map_err(Problem::filter)?;
            query.predicate = query.predicate.and(expression.clone());
        }
        if !own.contains(&FACETS) {
            for (_, field) in self.counted(given)? {
                // Under every parameter but the one on the field itself.
                let others = without(given, field.name);
                let predicate = self.predicate(request, &others, own).await?;
                query.facets.push(Facet {
                    field: field.field.clone(),
                    predicate: predicate.and(expression.clone()),
                });
            }
        }
        Ok(query)
    }

    /// The fields that the list is to be counted by, with their words.
    fn counted(
        &self,
        given: &Parameters,
    ) -> Result<Vec<(&'static str, &'static FilterField<F>)>, Problem> {
        let mut counted = Vec::new();
        for word in facet_counts::asked(given, self.facets)? {
            let field = self.fields.iter().find(|field| field.name == word);
            counted.extend(field.map(|field| (word, field)));
        }
        Ok(counted)
    }

    /// Answers a page of the list, with what it was counted by.
    pub async fn page<'a, T: Sync, S: Serialize + 'a>(
        &self,
        request: &Authenticated,
        page: &'a Page<T>,
        show: impl Fn(&'a T) -> S + Send,
    ) -> Answer {
        let counted = self.counted(&request.query()?.0)?;
        let counted: Vec<(&'static str, FieldKind)> = counted
            .iter()
            .map(|(word, field)| (*word, field.kind))
            .collect();
        let facets = facet_counts::of_page(request, &counted, &page.facets).await?;
        page_with(request, page, facets, show)
    }

    /// Refuses a selection that is not understood. It names no people.
    pub async fn check(
        &self,
        request: &Authenticated,
        selection: &Selection,
    ) -> Result<Option<Vec<UserId>>, Problem> {
        let mut query = Query::default();
        if let Some(sort) = &selection.sort {
            self.sort(&mut query, sort)?;
        }
        if let Some(text) = &selection.filter {
            let compiled = request.compile_filter(self.fields, text).await;
            compiled.map_err(Problem::filter)?;
        }
        Ok(None)
    }

    fn sort(&self, query: &mut Query<F>, value: &str) -> Result<(), Problem> {
        let read = read_sort(value, self.usual, self.sorts);
        (query.sort, query.direction) = read.map_err(Problem::on_parameter)?;
        Ok(())
    }

    /// What a parameter asks, and of which field.
    fn narrowing(&self, name: &str) -> Option<(&'static FilterField<F>, Asks)> {
        for field in self.fields {
            if field.kind == FieldKind::Time {
                let (after, before) = range_parameters(field.name);
                if name == after {
                    return Some((field, Asks::After));
                }
                if name == before {
                    return Some((field, Asks::Before));
                }
            }
        }
        let (base, asks) = match name.strip_suffix('!') {
            Some(base) => (base, Asks::Other),
            None => (name, Asks::Equal),
        };
        let found = self.fields.iter().find(|field| field.name == base)?;
        Some((found, asks))
    }

    async fn predicate(
        &self,
        handle: &Handle,
        given: &Parameters,
        own: &[&str],
    ) -> Result<Predicate<F>, Problem> {
        let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in given {
            if GENERAL.contains(&name.as_str()) || own.contains(&name.as_str()) {
                continue;
            }
            if self.narrowing(name).is_none() {
                return Err(self.unknown(name, own));
            }
            match named.iter_mut().find(|(known, _)| known == name) {
                None => named.push((name, vec![value])),
                Some((_, values)) if values.len() == limits::FILTER_VALUES => {
                    let why = format!("may have {} values at most", limits::FILTER_VALUES);
                    return Err(Problem::parameter(name, why));
                }
                Some((_, values)) => values.push(value),
            }
        }
        let mut predicate = Predicate::All;
        for (name, values) in named {
            let Some((field, asks)) = self.narrowing(name) else {
                continue;
            };
            let mut tests = Vec::with_capacity(values.len());
            for value in values {
                // Looked at before the look-up that a value may need.
                limits::check_length("filter", value)
                    .map_err(|_| Problem::parameter(name, "is too long"))?;
                tests.push(test(handle, field, asks, name, value).await?);
            }
            predicate = predicate.and(any(&field.field, asks, tests));
        }
        Ok(predicate)
    }

    fn unknown(&self, name: &str, own: &[&str]) -> Problem {
        let shown: String = name.chars().take(60).collect();
        let known: Vec<String> = GENERAL
            .iter()
            .chain(own)
            .map(|name| (*name).to_owned())
            .chain(self.parameters())
            .collect();
        Problem::parameter(
            &shown,
            format!("is not known here; known are {}", known.join(", ")),
        )
    }

    /// The parameters that narrow the list, for the API's description.
    pub fn parameters(&self) -> Vec<String> {
        let mut names = Vec::new();
        for field in self.fields {
            if field.kind == FieldKind::Time {
                let (after, before) = range_parameters(field.name);
                names.extend([after, before]);
            } else {
                names.push(field.name.to_owned());
            }
        }
        names
    }
}

/// Parameters without those that narrow by one field.
pub fn without(given: &Parameters, field: &str) -> Vec<(String, String)> {
    let (after, before) = range_parameters(field);
    given
        .iter()
        .filter(|(name, _)| {
            let base = name.trim_end_matches('!');
            base != field && *name != after && *name != before && name != "cursor"
        })
        .cloned()
        .collect()
}

/// Several values of one parameter are alternatives; of a negated one none may be.
fn any<F: Clone>(field: &F, asks: Asks, mut tests: Vec<Option<Test>>) -> Predicate<F> {
    if matches!(asks, Asks::Other) {
        return Predicate::all(tests.into_iter().map(|test| match test {
            Some(test) => Predicate::not(Predicate::Is(field.clone(), test)),
            // What names nothing matches nothing, even turned round.
            None => Predicate::Nothing,
        }));
    }
    let is = |test: Option<Test>| match test {
        Some(test) => Predicate::Is(field.clone(), test),
        None => Predicate::Nothing,
    };
    if tests.len() == 1 {
        return is(tests.remove(0));
    }
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

/// The test that a value asks for; `None` where it names something that is not there or not visible,
/// which matches nothing.
async fn test<F>(
    handle: &Handle,
    field: &FilterField<F>,
    asks: Asks,
    name: &str,
    value: &str,
) -> Result<Option<Test>, Problem> {
    if value.is_empty() {
        return Ok(Some(Test::Absent));
    }
    if field.kind.is_reference() {
        let number = match Named::of(value) {
            Named::Number(number) => Some(number),
            Named::Uuid(_) | Named::Name(_) => handle.filter_reference(field.kind, value).await?,
        };
        return Ok(number.map(|number| Test::Equals(Value::Int(number))));
    }
    let value = read_value(value, field.kind, handle.now())
        .map_err(|what| Problem::parameter(name, format!("must be {what}")))?;
    Ok(Some(match asks {
        Asks::Equal | Asks::Other => Test::Equals(value),
        Asks::After => Test::AtLeast(value),
        Asks::Before => Test::Less(value),
    }))
}

/// The platform of a word among those served.
pub fn platform(served: &[directory::PlatformSpec], word: &str) -> Option<Platform> {
    served
        .iter()
        .map(|spec| spec.platform)
        .find(|platform| platform.word() == word)
}
