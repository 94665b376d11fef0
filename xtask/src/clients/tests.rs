use std::path::Path;

use super::{LONGEST, find_suites, is_kept_from_tests};

/// A folder of suites with these files, gone when it is dropped.
struct Folder(std::path::PathBuf);

impl Folder {
    fn with(name: &str, files: &[&str]) -> Self {
        let folder = crate::command::target().join("tmp-suites").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        for file in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        Self(folder)
    }

    fn suites(&self) -> Result<Vec<(String, Vec<String>)>, String> {
        let suites = find_suites(&self.0).map_err(|error| format!("{error:#}"))?;
        let relative = |path: &Path| path.strip_prefix(&self.0).unwrap().display().to_string();
        let tests = |suite: &super::Suite| suite.tests.iter().map(|path| relative(path)).collect();
        Ok(suites
            .iter()
            .map(|it| (it.environment.name().to_owned(), tests(it)))
            .collect())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_requirements_file_is_a_run_of_its_own() {
    let folder = Folder::with(
        "runs",
        &[
            "requirements.txt",
            "conftest.py",
            "test_server.py",
            "civis/requirements.txt",
            "civis/requirements-2.5.0.txt",
            "civis/test_users.py",
            "misp/requirements.txt",
            "empty/conftest.py",
        ],
    );
    let found = folder.suites().unwrap();
    let expected = [
        ("server", "test_server.py"),
        ("civis-2.5.0", "civis"),
        ("civis", "civis"),
    ]
    .map(|(name, tests)| (name.to_owned(), vec![tests.to_owned()]));
    assert_eq!(found, expected);
}

#[test]
fn tests_that_would_run_in_the_wrong_environment_are_refused() {
    let table: &[(&str, &[&str], &str)] = &[
        (
            "stray",
            &["test_misp_users.py", "misp/requirements.txt"],
            "belongs into the folder misp",
        ),
        (
            "unpinned",
            &["misp/test_users.py"],
            "has tests and no requirements.txt",
        ),
    ];
    for (name, files, complaint) in table {
        let files = [*files, &["requirements.txt"]].concat();
        let error = Folder::with(name, &files).suites().unwrap_err();
        assert!(error.contains(complaint), "{name}: {error}");
    }
}

#[test]
fn a_name_chooses_all_releases_of_a_client() {
    let folder = Folder::with(
        "names",
        &[
            "requirements.txt",
            "civis/requirements.txt",
            "civis/requirements-2.5.0.txt",
            "civis/test_users.py",
        ],
    );
    let suites = find_suites(&folder.0).unwrap();
    let table: &[(&str, &[&str])] = &[
        ("civis", &["civis-2.5.0", "civis"]),
        ("civis-2.5.0", &["civis-2.5.0"]),
        ("server", &["server"]),
        ("civ", &[]),
    ];
    for (name, expected) in table {
        let chosen: Vec<&str> = suites
            .iter()
            .filter(|suite| suite.has_name(name))
            .map(|suite| suite.environment.name())
            .collect();
        assert_eq!(chosen, *expected, "{name}");
    }
}

#[test]
fn settings_are_kept_from_the_tests_and_their_own_variables_are_not() {
    for (name, kept) in [
        ("USHER_TOKEN", true),
        ("USHER_DATABASE", true),
        ("MISP_URL", true),
        ("OPENCTI_TOKEN", true),
        ("USHER_FULL_SIZE", false),
        ("USHER_OPENAPI_EXAMPLES", false),
        ("PATH", false),
    ] {
        assert_eq!(is_kept_from_tests(name), kept, "{name}");
    }
}

#[test]
fn the_suites_that_begin_first_are_there() {
    let suites = find_suites(&crate::command::root().join("tests/clients")).unwrap();
    for long in LONGEST {
        let found = suites.iter().any(|suite| suite.environment.name() == long);
        assert!(found, "there is no suite `{long}`");
    }
}
