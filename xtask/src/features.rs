//! A vendor can be left out of the binary by its feature: each one alone, and all of them. The client library is built with
//! one feature at a time.

use anyhow::{Context as _, Result};
use toml::Table;

use crate::command::{cargo, root, run};

/// What carries the client library's requests; each feature is built with it and without.
const TRANSPORT: &str = "http";

/// Checks that `usher` builds without each of its default features, and without all of them; and that the client library
/// builds without a warning with each of its features alone, with and without the network.
pub fn check_each_left_out() -> Result<()> {
    for kept in leaving_out(&manifest("usher")?)? {
        run(cargo().args([
            "check",
            "--package",
            "usher",
            "--no-default-features",
            "--features",
            &kept.join(","),
        ]))?;
    }
    // Off by default: traces are tried against a collector of the test's own.
    run(cargo().args([
        "test",
        "--package",
        "usher",
        "--lib",
        "--features",
        "otlp",
        "traces",
    ]))?;
    for alone in one_at_a_time(&manifest("platforms")?)? {
        run(cargo().args([
            "clippy",
            "--package",
            "usher-platforms",
            "--lib",
            "--no-default-features",
            "--features",
            &alone,
            "--",
            "-D",
            "warnings",
        ]))?;
    }
    Ok(())
}

fn manifest(crate_folder: &str) -> Result<String> {
    let manifest = root().join("crates").join(crate_folder).join("Cargo.toml");
    std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())
}

/// The default features of a manifest.
fn defaults(manifest: &str) -> Result<Vec<String>> {
    let manifest: Table = manifest.parse()?;
    let defaults = manifest
        .get("features")
        .and_then(|features| features.get("default")?.as_array())
        .context("there are no default features")?;
    Ok(defaults
        .iter()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect())
}

/// The features to build the client library with: none, each alone, and each beside the transport.
fn one_at_a_time(manifest: &str) -> Result<Vec<String>> {
    let defaults = defaults(manifest)?;
    let others: Vec<&String> = defaults.iter().filter(|name| *name != TRANSPORT).collect();
    let alone = others.iter().map(|name| (*name).clone());
    let beside = others.iter().map(|name| format!("{TRANSPORT},{name}"));
    Ok(["", TRANSPORT]
        .into_iter()
        .map(str::to_owned)
        .chain(alone)
        .chain(beside)
        .collect())
}

/// The lists of features to build with: none, then all but one.
fn leaving_out(manifest: &str) -> Result<Vec<Vec<String>>> {
    let defaults = defaults(manifest)?;
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
    use super::{leaving_out, one_at_a_time};

    #[test]
    fn each_feature_is_left_out_once() {
        let lists = leaving_out("[features]\ndefault = [\"a\", \"b\"]\na = []\nb = []").unwrap();
        assert_eq!(lists, [vec![], vec!["b"], vec!["a"]]);
        assert!(leaving_out("[package]\nname = \"a\"").is_err());
    }

    /// The other tables of international host names cost a seventh of a build of the client library.
    #[test]
    fn host_names_are_read_with_the_tables_that_build_fast() {
        let lock = std::fs::read_to_string(crate::command::root().join("Cargo.lock")).unwrap();
        let kept = "name = \"idna_adapter\"\nversion = \"1.1.";
        assert!(
            lock.contains(kept),
            "run `cargo update -p idna_adapter --precise 1.1.0`: a general update has undone it"
        );
    }

    #[test]
    fn each_feature_is_built_alone_and_with_the_network() {
        let lists = one_at_a_time("[features]\ndefault = [\"http\", \"misp\", \"civis\"]").unwrap();
        assert_eq!(
            lists,
            ["", "http", "misp", "civis", "http,misp", "http,civis"]
        );
        assert!(one_at_a_time("[package]\nname = \"a\"").is_err());
    }
}
