//! Typed filters.

use serde::Serialize;
use serde_json::Value;

/// Conditions, and groups of them, of which all or any must hold.
///
/// ```
/// use usher_platforms::opencti::{Filter, FilterGroup};
///
/// let filters = FilterGroup::all()
///     .filter(Filter::equals("account_status", ["Active"]))
///     .group(FilterGroup::any()
///         .filter(Filter::starts_with("name", ["bulk"]))
///         .filter(Filter::is_empty("firstname")));
/// # let _ = filters;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilterGroup {
    mode: FilterMode,
    filters: Vec<Filter>,
    #[serde(rename = "filterGroups")]
    groups: Vec<FilterGroup>,
}

impl FilterGroup {
    /// All of what is added must hold.
    pub fn all() -> Self {
        Self::of(FilterMode::And)
    }

    /// Any of what is added must hold.
    pub fn any() -> Self {
        Self::of(FilterMode::Or)
    }

    fn of(mode: FilterMode) -> Self {
        Self {
            mode,
            filters: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Adds a condition.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds a group of conditions.
    #[must_use]
    pub fn group(mut self, group: Self) -> Self {
        self.groups.push(group);
        self
    }
}

/// A condition: what a field holds, compared with values. Texts are compared without regard to case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filter {
    key: Vec<String>,
    values: Vec<Value>,
    operator: Operator,
    mode: FilterMode,
}

impl Filter {
    /// A condition of any kind; one of the values must do.
    pub fn new<V: Into<Value>>(
        field: impl Into<String>,
        operator: Operator,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            key: vec![field.into()],
            values: values.into_iter().map(Into::into).collect(),
            operator,
            mode: FilterMode::Or,
        }
    }

    /// The field holds one of the values.
    pub fn equals<V: Into<Value>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(field, Operator::Eq, values)
    }

    /// The field begins with one of the values.
    pub fn starts_with<V: Into<Value>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(field, Operator::StartsWith, values)
    }

    /// The field holds nothing.
    pub fn is_empty(field: impl Into<String>) -> Self {
        Self::new(field, Operator::Nil, Vec::<Value>::new())
    }

    /// Asks another field too: one of them must do.
    #[must_use]
    pub fn or_field(mut self, field: impl Into<String>) -> Self {
        self.key.push(field.into());
        self
    }

    /// All of the values must do, not one.
    #[must_use]
    pub fn all_values(mut self) -> Self {
        self.mode = FilterMode::And;
        self
    }
}

/// All or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterMode {
    /// All.
    And,
    /// Any.
    Or,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are the platform's words")]
pub enum Operator {
    Eq,
    NotEq,
    Lt,
    Lte,
    Gt,
    Gte,
    Match,
    Wildcard,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Nil,
    NotNil,
    Search,
    Within,
}
