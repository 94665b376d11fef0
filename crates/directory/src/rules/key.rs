//! What a key may be made with, and by which key.

use ipnet::IpNet;

use crate::model::{Constraint, ConstraintKind, Fault, KeyLimits, KeyPolicy, Time};

use super::limits::{self, CONSTRAINTS, KEY_ENTRIES};

/// Refuses limits that could not be enforced: lists and texts without end. Whether expressions compile,
/// [`super::CompiledLimits`] says, which is asked outside any transaction.
pub fn check_key_limits(
    name: &str,
    addresses: &[IpNet],
    constraints: &[Constraint],
    scopes: &[String],
) -> Result<(), Fault> {
    super::check_text("name", name, 255, true)?;
    if constraints.len() > CONSTRAINTS {
        return Err(Fault::invalid("constraints", "at most 100 are allowed"));
    }
    if addresses.len() > KEY_ENTRIES || scopes.len() > KEY_ENTRIES {
        return Err(Fault::invalid("addresses", "at most 1000 are allowed"));
    }
    for scope in scopes {
        super::check_text("scopes", scope, 255, false)?;
    }
    for constraint in constraints {
        super::check_text(
            "constraints",
            &constraint.pattern,
            limits::SEARCH_CHARACTERS,
            false,
        )?;
        if constraint.methods.is_empty() || constraint.methods.len() > 20 {
            return Err(Fault::invalid("constraints", "one allows no method"));
        }
        for method in &constraint.methods {
            super::check_text("constraints", method, 20, false)?;
        }
    }
    Ok(())
}

/// The title of a key: the first line of its name without case. Keys that open one platform alone in one
/// organisation are told apart by it.
#[must_use]
pub fn key_title(name: &str) -> String {
    super::fold(name.lines().next().unwrap_or_default().trim())
}

/// The end of a new key's life: the one asked for, within what the policy allows from now on. A key for
/// which none is asked gets the latest one allowed.
pub fn key_end(asked: Option<Time>, now: Time, policy: &KeyPolicy) -> Result<Option<Time>, Fault> {
    if policy.longest_life == 0 {
        return Ok(asked);
    }
    let latest = now.plus(policy.longest_life.saturating_mul(1_000));
    match asked {
        Some(end) if end > latest => {
            let why = format!("may be {} seconds from now at most", policy.longest_life);
            Err(Fault::invalid("expires_at", why))
        }
        Some(end) => Ok(Some(end)),
        None => Ok(Some(latest)),
    }
}

/// Whether `new` lets through nothing that `own` forbids, so that a limited key cannot make itself a
/// freer one.
#[must_use]
pub fn narrower_or_equal(new: &KeyLimits, own: &KeyLimits) -> bool {
    let KeyLimits {
        read_only,
        addresses,
        constraints,
        scopes,
        organisation,
        expires_at,
        platform,
    } = own;
    let within_addresses = addresses.is_empty()
        || (!new.addresses.is_empty()
            && new
                .addresses
                .iter()
                .all(|net| addresses.iter().any(|outer| outer.contains(net))));
    let within_constraints = constraints.is_empty()
        || (!new.constraints.is_empty()
            && new
                .constraints
                .iter()
                .all(|one| constraints.iter().any(|outer| narrower(outer, one))));
    let within_scopes = scopes.is_empty()
        || (!new.scopes.is_empty() && new.scopes.iter().all(|word| scopes.contains(word)));
    let within_time = match (expires_at, new.expires_at) {
        (None, _) => true,
        (Some(own), Some(new)) => new <= *own,
        (Some(_), None) => false,
    };
    (new.read_only || !read_only)
        && within_addresses
        && within_constraints
        && within_scopes
        && within_time
        && (organisation.is_none() || *organisation == new.organisation)
        && (platform.is_none() || *platform == new.platform)
}

/// Patterns are not compared by meaning: the same one, or one that a prefix or bare verb plainly holds.
fn narrower(outer: &Constraint, inner: &Constraint) -> bool {
    let pattern = match (outer.kind, inner.kind) {
        (ConstraintKind::Verb, _) => true,
        (ConstraintKind::Prefix, ConstraintKind::Exact | ConstraintKind::Prefix) => inner
            .pattern
            .trim_start_matches('/')
            .starts_with(outer.pattern.trim_start_matches('/')),
        (one, other) => one == other && outer.pattern == inner.pattern,
    };
    pattern
        && inner
            .methods
            .iter()
            .all(|method| outer.methods.contains(method))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OrganisationId, Time};

    fn constraint(kind: ConstraintKind, pattern: &str, methods: &[&str]) -> Constraint {
        Constraint {
            kind,
            pattern: pattern.to_owned(),
            methods: methods.iter().map(|m| (*m).to_owned()).collect(),
        }
    }

    #[test]
    fn limits_are_checked() {
        use ConstraintKind as C;
        let many = vec![constraint(C::Verb, "", &["GET"]); 101];
        for (constraints, fine) in [
            (vec![], true),
            (vec![constraint(C::Regex, "users/[0-9]+", &["GET"])], true),
            (vec![constraint(C::Exact, "users/(", &["GET"])], true),
            (vec![constraint(C::Exact, "users", &[])], false),
            (many[..100].to_vec(), true),
            (many, false),
        ] {
            let checked = check_key_limits("name", &[], &constraints, &[]);
            assert_eq!(checked.is_ok(), fine, "{:?}", constraints.first());
        }
    }

    #[test]
    fn keys_live_no_longer_than_the_policy_allows() {
        let (now, late) = (Time(1_000), Time(i64::MAX));
        for (longest_life, asked, end) in [
            (0, None, Some(None)),
            (0, Some(late), Some(Some(late))),
            (60, None, Some(Some(Time(61_000)))),
            (60, Some(Time(61_000)), Some(Some(Time(61_000)))),
            (60, Some(Time(61_001)), None),
            (60, Some(Time(0)), Some(Some(Time(0)))),
        ] {
            let policy = KeyPolicy { longest_life };
            let given = key_end(asked, now, &policy).ok();
            assert_eq!(given, end, "{longest_life} {asked:?}");
        }
    }

    #[test]
    fn no_key_makes_a_freer_one() {
        use ConstraintKind as C;
        let free = KeyLimits::default();
        let ten: Vec<IpNet> = "10.0.0.0/8".parse().into_iter().collect();
        let inside: Vec<IpNet> = "10.1.0.0/16".parse().into_iter().collect();
        let users = [constraint(C::Prefix, "users", &["GET", "POST"])];
        let me = [constraint(C::Exact, "/users/me", &["GET"])];
        let delete = [constraint(C::Prefix, "users", &["DELETE"])];
        let words = ["read".to_owned()];
        let more = ["read".to_owned(), "write".to_owned()];
        let addresses = |addresses: &[IpNet]| KeyLimits {
            addresses: addresses.to_vec(),
            ..KeyLimits::default()
        };
        let constraints = |constraints: &[Constraint]| KeyLimits {
            constraints: constraints.to_vec(),
            ..KeyLimits::default()
        };
        let scopes = |scopes: &[String]| KeyLimits {
            scopes: scopes.to_vec(),
            ..KeyLimits::default()
        };
        let at = |organisation| KeyLimits {
            organisation: Some(OrganisationId(organisation)),
            ..KeyLimits::default()
        };
        let until = |end| KeyLimits {
            expires_at: Some(Time(end)),
            ..KeyLimits::default()
        };
        let only = |platform: &str| KeyLimits {
            platform: Some(platform.to_owned()),
            ..KeyLimits::default()
        };
        let read_only = KeyLimits {
            read_only: true,
            ..KeyLimits::default()
        };
        for (own, new, fine) in [
            (free.clone(), free.clone(), true),
            (free.clone(), addresses(&ten), true),
            (addresses(&ten), free.clone(), false),
            (addresses(&ten), addresses(&ten), true),
            (addresses(&ten), addresses(&inside), true),
            (addresses(&inside), addresses(&ten), false),
            (constraints(&users), free.clone(), false),
            (constraints(&users), constraints(&users), true),
            (constraints(&users), constraints(&me), true),
            (constraints(&me), constraints(&users), false),
            (constraints(&users), constraints(&delete), false),
            (scopes(&words), free.clone(), false),
            (scopes(&words), scopes(&words), true),
            (scopes(&words), scopes(&more), false),
            (scopes(&more), scopes(&words), true),
            (at(2), free.clone(), false),
            (at(2), at(3), false),
            (at(2), at(2), true),
            (until(20), free.clone(), false),
            (until(20), until(21), false),
            (until(20), until(20), true),
            (until(20), until(10), true),
            (free.clone(), until(10), true),
            (only("toy"), free.clone(), false),
            (only("toy"), only("club"), false),
            (only("toy"), only("toy"), true),
            (free.clone(), only("toy"), true),
            (read_only.clone(), free.clone(), false),
            (read_only.clone(), read_only.clone(), true),
            (free.clone(), read_only, true),
        ] {
            assert_eq!(new.narrower_or_equal(&own), fine, "{own:?} {new:?}");
            assert_eq!(own.limited(), own != free, "{own:?}");
        }
    }
}
