//! Confidence: how far somebody's statements are believed, from their own level and their groups'.

use serde::{Deserialize, Serialize};

/// A level as a user or a group carries it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Level {
    /// 0 to 100; a user may leave it out and have overrides only.
    pub max_confidence: Option<i64>,
    /// Other figures for single types of entity.
    pub overrides: Vec<Override>,
}

/// Another figure for one type of entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The type of entity, a vendor's word.
    pub entity_type: String,
    /// 0 to 100.
    pub max_confidence: i64,
}

impl Level {
    /// What a group has that was made where nobody knows of levels: the vendor's own default.
    pub fn of_newcomers() -> Self {
        Self {
            max_confidence: Some(100),
            overrides: Vec::new(),
        }
    }

    /// What is wrong with it, if anything.
    pub fn complaint(&self) -> Option<&'static str> {
        let all = self.overrides.iter().map(|single| single.max_confidence);
        if all
            .chain(self.max_confidence)
            .any(|figure| !(0..=100).contains(&figure))
        {
            return Some("The confidence level must be between 0 and 100");
        }
        let double = self.overrides.iter().enumerate().any(|(index, single)| {
            let earlier = &self.overrides[..index];
            earlier
                .iter()
                .any(|other| other.entity_type == single.entity_type)
        });
        double.then_some("Cannot use the same entity type in several confidence overrides")
    }
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<G> {
    /// The capability that bypasses everything.
    Bypass,
    /// The user's own level.
    User,
    /// This group's level.
    Group(G),
}

/// What finally holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective<G> {
    /// The figure.
    pub max_confidence: i64,
    /// Where it comes from.
    pub source: Source<G>,
    /// Other figures for single types, in the order they were met.
    pub overrides: Vec<(Override, Source<G>)>,
}

/// Computes what holds (opencti.md §5): bypass is 100; else the highest of the groups, unless the
/// user has a figure of their own, which also drops the groups' overrides; the user's overrides
/// win in the end.
pub fn effective<G: Copy>(
    bypass: bool,
    own: Option<&Level>,
    groups: &[(G, Level)],
) -> Option<Effective<G>> {
    if bypass {
        return Some(Effective {
            max_confidence: 100,
            source: Source::Bypass,
            overrides: Vec::new(),
        });
    }
    let own_figure = own.and_then(|level| level.max_confidence);
    let mut result = match own_figure {
        Some(max_confidence) => Effective {
            max_confidence,
            source: Source::User,
            overrides: Vec::new(),
        },
        None => of_groups(groups)?,
    };
    for single in own
        .map(|level| level.overrides.as_slice())
        .unwrap_or_default()
    {
        put(&mut result.overrides, single, Source::User, |_, _| true);
    }
    Some(result)
}

fn of_groups<G: Copy>(groups: &[(G, Level)]) -> Option<Effective<G>> {
    let mut best: Option<(i64, G)> = None;
    let mut overrides = Vec::new();
    for (group, level) in groups {
        if let Some(figure) = level.max_confidence
            && best.is_none_or(|(highest, _)| figure > highest)
        {
            best = Some((figure, *group));
        }
        for single in &level.overrides {
            put(&mut overrides, single, Source::Group(*group), |new, old| {
                new > old
            });
        }
    }
    let (max_confidence, group) = best?;
    Some(Effective {
        max_confidence,
        source: Source::Group(group),
        overrides,
    })
}

fn put<G>(
    overrides: &mut Vec<(Override, Source<G>)>,
    single: &Override,
    source: Source<G>,
    wins: impl Fn(i64, i64) -> bool,
) {
    match overrides
        .iter_mut()
        .find(|(old, _)| old.entity_type == single.entity_type)
    {
        Some(old) => {
            if wins(single.max_confidence, old.0.max_confidence) {
                *old = (single.clone(), source);
            }
        }
        None => overrides.push((single.clone(), source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(figure: Option<i64>, overrides: &[(&str, i64)]) -> Level {
        let overrides = overrides.iter().map(|(entity_type, figure)| Override {
            entity_type: (*entity_type).to_owned(),
            max_confidence: *figure,
        });
        Level {
            max_confidence: figure,
            overrides: overrides.collect(),
        }
    }

    /// Writes an effective level as "80 group 1; Report 90 user".
    fn shown(effective: Option<Effective<u8>>) -> String {
        let source = |source: Source<u8>| match source {
            Source::Bypass => "bypass".to_owned(),
            Source::User => "user".to_owned(),
            Source::Group(group) => format!("group {group}"),
        };
        let Some(effective) = effective else {
            return "none".to_owned();
        };
        let mut text = format!("{} {}", effective.max_confidence, source(effective.source));
        for (single, from) in effective.overrides {
            let (name, figure) = (single.entity_type, single.max_confidence);
            text.push_str(&format!("; {name} {figure} {}", source(from)));
        }
        text
    }

    #[test]
    fn levels_combine() {
        let low = (1, level(Some(40), &[("Report", 90), ("Malware", 10)]));
        let high = (2, level(Some(80), &[("Report", 60)]));
        let silent = (3, level(None, &[]));
        let own = level(Some(55), &[("Report", 5)]);
        let own_overrides = level(None, &[("Malware", 77), ("Note", 1)]);
        type Case<'c> = (bool, Option<&'c Level>, &'c [(u8, Level)], &'c str);
        let cases: &[Case<'_>] = &[
            (false, None, &[], "none"),
            (false, None, std::slice::from_ref(&silent), "none"),
            (false, Some(&own_overrides), &[], "none"),
            (true, Some(&own), std::slice::from_ref(&low), "100 bypass"),
            (
                false,
                None,
                &[low.clone(), high.clone()],
                "80 group 2; Report 90 group 1; Malware 10 group 1",
            ),
            (
                false,
                None,
                &[high.clone(), low.clone()],
                "80 group 2; Report 90 group 1; Malware 10 group 1",
            ),
            (
                false,
                Some(&own),
                &[low.clone(), high.clone()],
                "55 user; Report 5 user",
            ),
            (false, Some(&own), &[], "55 user; Report 5 user"),
            (
                false,
                Some(&own_overrides),
                &[low.clone(), high.clone()],
                "80 group 2; Report 90 group 1; Malware 77 user; Note 1 user",
            ),
        ];
        for (bypass, own, groups, expected) in cases {
            assert_eq!(shown(effective(*bypass, *own, groups)), *expected);
        }
    }

    #[test]
    fn figures_have_bounds() {
        assert_eq!(level(Some(100), &[("A", 0), ("B", 0)]).complaint(), None);
        assert!(level(Some(101), &[]).complaint().is_some());
        assert!(level(None, &[("A", -1)]).complaint().is_some());
        assert!(level(None, &[("A", 1), ("A", 2)]).complaint().is_some());
    }
}
