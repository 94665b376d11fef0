//! Which of some names were perhaps meant by one that leads nowhere.

use super::text::fold;

/// Names given at most.
const MOST: usize = 3;

/// How alike two names are that may be taken for each other; 1 where they are equal.
const ALIKE: f64 = 0.6;

/// The names that are nearest to a text, best first; none where one of them is the text, since that one is not missing. Each name
/// comes with another that people know the thing by.
pub fn nearest(text: &str, names: Vec<(String, String)>) -> Vec<String> {
    let wanted = fold(text);
    let mut rated: Vec<(f64, String)> = Vec::new();
    for (name, also) in names {
        let (folded, also) = (fold(&name), fold(&also));
        if folded == wanted {
            return Vec::new();
        }
        let alike = strsim::normalized_damerau_levenshtein(&wanted, &folded)
            .max(strsim::normalized_damerau_levenshtein(&wanted, &also));
        // A part of a name is as good as a misspelt one.
        let part = folded.contains(&wanted) || also.contains(&wanted);
        let alike = if part { alike.max(ALIKE) } else { alike };
        if alike >= ALIKE && !rated.iter().any(|(_, known)| *known == name) {
            rated.push((alike, name));
        }
    }
    rated.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    rated.truncate(MOST);
    rated.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_best_first() {
        let table: [(&str, &[&str], &[&str]); 9] = [
            ("analysts", &["Analyst", "Auditors"], &["Analyst"]),
            ("Analsyt", &["Analyst"], &["Analyst"]),
            ("analyst", &["SOC analysts"], &["SOC analysts"]),
            ("ANALYST", &["analyst", "analysts"], &[]),
            ("analyst", &["Finance", "Legal"], &[]),
            ("analyst", &[], &[]),
            (
                "team",
                &["Team A", "Team B", "Teams", "Team C"],
                &["Teams", "Team A", "Team B"],
            ),
            (
                "ada@exampel.org",
                &["ada@example.org", "bob@example.org"],
                &["ada@example.org", "bob@example.org"],
            ),
            ("émile", &["Emile", "emily"], &["Emile", "emily"]),
        ];
        for (text, names, near) in table {
            let names = names.iter().map(|name| ((*name).to_owned(), String::new()));
            let found = nearest(text, names.collect());
            assert_eq!(found, near, "{text}");
        }
        // People are also known by their names.
        let people = vec![(
            "alovelace@example.org".to_owned(),
            "Ada Lovelace".to_owned(),
        )];
        let found = nearest("ada lovelase", people);
        assert_eq!(found, ["alovelace@example.org"]);
    }
}
