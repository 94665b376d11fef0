use super::*;

#[test]
fn words_names_and_numbers_are_distinct() {
    let spec = spec();
    for (index, role) in spec.roles.iter().enumerate() {
        assert_eq!(role.number, i64::try_from(index).unwrap() + 1);
        assert!(
            role.word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{}",
            role.word
        );
        assert!(
            !role.name.is_empty() && !role.description.is_empty(),
            "{}",
            role.word
        );
        for other in &spec.roles[index + 1..] {
            assert_ne!(role.word, other.word);
            assert_ne!(role.name.to_lowercase(), other.name.to_lowercase());
        }
    }
    assert!(spec.first_custom_number > i64::try_from(spec.roles.len()).unwrap());
}

#[test]
fn the_roles_that_the_vendors_samples_name_exist() {
    let spec = spec();
    for word in [
        "falconhost_admin",
        "falconhost_read_only",
        "event_viewer",
        "help_desk",
        "dashboard_admin",
        "falcon_console_guest",
        "image_viewer",
        "image_admin",
        "security_lead",
        "remote_responder",
        "remediation_manager",
        "scheduled_report_admin",
        "horizon_admin",
        "endpoint_manager",
        "desktop_support",
    ] {
        assert!(spec.roles.iter().any(|role| role.word == word), "{word}");
    }
}

#[test]
fn only_the_administrator_changes_anybody_and_only_the_helpdesk_resets() {
    for role in spec().roles {
        let changes: Vec<Permission> = Permission::ALL
            .iter()
            .copied()
            .filter(|permission| permission.administrative())
            .filter(|permission| role.lines.iter().any(|line| line.word == permission.word()))
            .collect();
        match role.word {
            ADMINISTRATOR => assert!(changes.len() > 5),
            "help_desk" => assert_eq!(changes, [Permission::ResetCredentials]),
            word => assert_eq!(changes, [], "{word}"),
        }
    }
}

/// Every role is decided on: those that administer, respond on hosts or write what runs there are
/// privileged, those that read, analyse or submit are business.
#[test]
fn every_administrative_role_is_privileged() {
    let administers = |word: &str| {
        let parts: Vec<&str> = word.split('_').collect();
        let holds = |part| parts.contains(&part);
        holds("admin") || holds("manager") || holds("responder") || holds("author")
    };
    for (word, _, _, means) in ROLES {
        let expected = administers(word) || matches!(means, Everything | Helps);
        let found = PRIVILEGED.contains(&word_of(word).as_str());
        assert_eq!(found, expected, "{word}");
    }
    for word in PRIVILEGED {
        assert!(
            ROLES.iter().any(|(role, ..)| word_of(role) == *word),
            "{word}"
        );
    }
    let spec = spec();
    assert_eq!(spec.privileged, PRIVILEGED);
    // Seeing users is more than ordinary roles of the vendor's bring.
    assert_eq!(spec.everyday, &[]);
}

#[test]
fn a_role_or_sight_of_customers_lets_in() {
    for (words, expected) in [
        (&[][..], false),
        (&["users.read"], false),
        (&["users.read", "usher:other"], false),
        (&["falcon:event_viewer"], true),
        (&["falcon:*"], true),
        (&["*"], true),
        (&["organisations.read"], true),
    ] {
        assert_eq!(lets_in(words), expected, "{words:?}");
    }
}
