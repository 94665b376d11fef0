//! A vendor can be left out of the binary by its feature: each one alone, and all of them.

use anyhow::{Context as _, Result};
use toml::Table;

use crate::command::{cargo, root, run};

/// Checks that `usher` builds without each of its default features, and without all of them.
pub fn check_each_left_out() -> Result<()> {
    let manifest = root().join("crates/usher/Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    for kept in leaving_out(&text)? {
        run(cargo().args([
            "check",
            "--package",
            "usher",
            "--no-default-features",
            "--features",
            &kept.join(","),
        ]))?;
    }
    Ok(())
}

/// The lists of features to build with: none, then all but one.
fn leaving_out(manifest: &str) -> Result<Vec<Vec<String>>> {
    let manifest: Table = manifest.parse()?;
    let defaults = manifest
        .get("features")
        .and_then(|features| features.get("default")?.as_array())
        .context("usher has no default features")?;
    let defaults: Vec<String> = defaults
        .iter()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect();
    let all_but = |left_out: &String| {
        let kept = defaults.iter().filter(|name| *name != left_out);
        kept.cloned().collect()
    };
    Ok(std::iter::once(Vec::new())
        .chain(defaults.iter().map(all_but))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::leaving_out;

    #[test]
    fn each_feature_is_left_out_once() {
        let lists = leaving_out("[features]\ndefault = [\"a\", \"b\"]\na = []\nb = []").unwrap();
        assert_eq!(lists, [vec![], vec!["b"], vec!["a"]]);
        assert!(leaving_out("[package]\nname = \"a\"").is_err());
    }
}
