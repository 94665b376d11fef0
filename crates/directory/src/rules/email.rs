//! What counts as an e-mail address, and which domains an organisation allows.

use crate::model::Fault;

/// A local part, one `@`, domain labels; at most 254 characters, no blanks. A domain needs no dot,
/// and addresses under `.invalid` are never accepted from outside: dialects make them up for people
/// who have none.
pub fn check_email(email: &str) -> Result<(), Fault> {
    let bad = |why: &str| Err(Fault::invalid("email", why));
    if email.len() > 254 {
        return bad("is longer than 254 characters");
    }
    let Some((local, domain)) = email.split_once('@') else {
        return bad("needs the form name@domain");
    };
    let local_fine = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
    if !local_fine || !is_domain(domain) {
        return bad("needs the form name@domain");
    }
    let lower = domain.to_ascii_lowercase();
    if lower == "invalid" || lower.ends_with(".invalid") {
        return bad("lies under .invalid, which is kept for people without an address");
    }
    Ok(())
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    })
}

/// A domain that stands in an organisation's list, bare or as the end of an address: one that is none would
/// allow nobody.
pub fn check_allowed_domain(domain: &str) -> Result<(), Fault> {
    if domain.len() <= 253 && is_domain(bare(domain)) {
        Ok(())
    } else {
        Err(Fault::invalid(
            "domains",
            "holds something that is no domain",
        ))
    }
}

fn bare(domain: &str) -> &str {
    domain.trim().trim_start_matches('@')
}

/// Whether an organisation's list of domains allows the address: the domain itself or one below it.
/// An empty list allows all.
pub fn check_domain(email: &str, domains: &[String]) -> Result<(), Fault> {
    let lower = email.to_lowercase();
    let domain = lower.rsplit_once('@').map_or("", |(_, domain)| domain);
    let allowed = domains.is_empty()
        || domains.iter().any(|one| {
            let one = bare(one).to_lowercase();
            domain == one
                || domain
                    .strip_suffix(&one)
                    .is_some_and(|rest| rest.ends_with('.'))
        });
    if allowed {
        Ok(())
    } else {
        // A field of its own, so that dialects can tell a domain that is not allowed from a text that
        // is no address.
        Err(Fault::invalid(
            "email_domain",
            format!(
                "must lie in one of the organisation's domains: {}",
                domains.join(", ")
            ),
        ))
    }
}

/// Whether somebody may change their own address at once, without confirming it: to one within the
/// domains of their home, or where it names none, within the domain of the old address.
pub fn check_own_address(old: Option<&str>, new: &str, domains: &[String]) -> Result<(), Fault> {
    if !domains.is_empty() {
        return check_domain(new, domains);
    }
    let domain = |email: &str| {
        let lower = email.to_lowercase();
        lower.rsplit_once('@').map(|(_, domain)| domain.to_owned())
    };
    if old
        .and_then(domain)
        .is_some_and(|own| Some(own) == domain(new))
    {
        Ok(())
    } else {
        let why = "must be that of the old address: ask an administrator, or confirm the new one by mail (PUT /api/v1/me/email)";
        Err(Fault::invalid("email_domain", why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (email, fine) in [
            ("ana@corp.example", true),
            ("ana@localhost", true),
            ("a.b+c_d@sub.corp.example", true),
            ("josé@example.org", true),
            ("", false),
            ("ana", false),
            ("@example.org", false),
            ("ana@", false),
            ("ana@@example.org", false),
            ("ana@exa mple.org", false),
            ("a na@example.org", false),
            (".ana@example.org", false),
            ("a..b@example.org", false),
            ("ana@-x.org", false),
            ("ana@example..org", false),
            ("ana@usher.invalid", false),
            ("ana@INVALID", false),
            ("ana@example.org\n", false),
        ] {
            assert_eq!(check_email(email).is_ok(), fine, "{email:?}");
        }
        assert!(check_email(&format!("a@{}.org", "x".repeat(250))).is_err());
    }

    #[test]
    fn domains_that_may_be_allowed() {
        for (domain, fine) in [
            ("b.example", true),
            ("@b.example", true),
            ("localhost", true),
            ("", false),
            ("@", false),
            ("a b", false),
            ("b.example, c.example", false),
            ("*.b.example", false),
            ("ana@b.example", false),
        ] {
            assert_eq!(check_allowed_domain(domain).is_ok(), fine, "{domain:?}");
        }
        assert!(check_allowed_domain(&["x"; 128].join(".")).is_err());
    }

    #[test]
    fn domains() {
        let list = |domains: &[&str]| domains.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>();
        for (email, domains, fine) in [
            ("a@b.example", list(&[]), true),
            ("a@b.example", list(&["b.example"]), true),
            ("a@B.EXAMPLE", list(&["@b.example"]), true),
            ("a@x.b.example", list(&["b.example"]), true),
            ("a@xb.example", list(&["b.example"]), false),
            ("a@c.example", list(&["b.example"]), false),
        ] {
            assert_eq!(
                check_domain(email, &domains).is_ok(),
                fine,
                "{email} {domains:?}"
            );
        }
    }

    #[test]
    fn own_addresses_change_at_once_within_a_domain() {
        let domains = ["lab.example".to_owned(), "harbour.example".to_owned()];
        for (old, new, domains, fine) in [
            (
                Some("ada@harbour.example"),
                "lady@harbour.example",
                &[][..],
                true,
            ),
            (
                Some("ada@Harbour.example"),
                "lady@harbour.EXAMPLE",
                &[],
                true,
            ),
            (
                Some("ada@harbour.example"),
                "ceo@clinic.example",
                &[],
                false,
            ),
            (
                Some("ada@harbour.example"),
                "ada@x.harbour.example",
                &[],
                false,
            ),
            (
                Some("ada@harbour.example"),
                "ada@evil-harbour.example",
                &[],
                false,
            ),
            (None, "ada@harbour.example", &[], false),
            (
                Some("ada@harbour.example"),
                "ada@lab.example",
                &domains,
                true,
            ),
            (Some("ada@old.example"), "ada@old.example", &domains, false),
            (None, "ada@lab.example", &domains, true),
            (
                Some("ada@harbour.example"),
                "ceo@clinic.example",
                &domains,
                false,
            ),
        ] {
            let found = check_own_address(old, new, domains);
            assert_eq!(found.is_ok(), fine, "{old:?} {new} {domains:?}");
        }
    }
}
