//! The limits of keys, compiled once and remembered by what they say: nothing can be out of date, since
//! other limits are another entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use sha2::{Digest as _, Sha256};

use crate::model::{Constraint, Fault};
use crate::rules::{CompiledLimits, limits::REMEMBERED_LIMITS};

/// What is remembered, bounded by what it weighs: two generations, of which the older goes when the
/// younger is full.
#[derive(Default)]
pub(crate) struct KeyLimitCache(Mutex<Generations>);

type Generation = HashMap<[u8; 32], Arc<CompiledLimits>>;

#[derive(Default)]
struct Generations {
    young: Generation,
    old: Generation,
    weight: usize,
    #[cfg(test)]
    compiled: usize,
}

impl KeyLimitCache {
    /// The compiled limits of a key, given as they are stored. Limits that go beyond the bounds are
    /// refused: a key of which they cannot be held opens nothing.
    pub fn get(
        &self,
        addresses: &str,
        constraints: &[Constraint],
    ) -> Result<Arc<CompiledLimits>, Fault> {
        let name = name_of(addresses, constraints);
        if let Some(known) = self.known(&name) {
            return Ok(known);
        }
        let nets: Vec<IpNet> = serde_json::from_str(addresses)
            .map_err(|error| Fault::Internal(format!("stored addresses: {error}")))?;
        let compiled = CompiledLimits::compile(nets, constraints.to_vec());
        let compiled = Arc::new(compiled.map_err(|_| Fault::KeyLimit)?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(test)]
        {
            all.compiled += 1;
        }
        all.put(name, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn known(&self, name: &[u8; 32]) -> Option<Arc<CompiledLimits>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.young.get(name) {
            return Some(Arc::clone(known));
        }
        let known = all.old.remove(name)?;
        all.put(*name, Arc::clone(&known));
        Some(known)
    }
}

impl Generations {
    fn put(&mut self, name: [u8; 32], limits: Arc<CompiledLimits>) {
        if self.weight.saturating_add(limits.weight()) > REMEMBERED_LIMITS / 2 {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(limits.weight());
        self.young.insert(name, limits);
    }
}

fn name_of(addresses: &str, constraints: &[Constraint]) -> [u8; 32] {
    let mut digest = Sha256::new();
    // Lengths stand before texts, so that no two lists of limits read alike.
    let mut add = |text: &str| {
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    };
    add(addresses);
    for constraint in constraints {
        add(match constraint.kind {
            crate::model::ConstraintKind::Exact => "exact",
            crate::model::ConstraintKind::Prefix => "prefix",
            crate::model::ConstraintKind::Regex => "regex",
            crate::model::ConstraintKind::Verb => "verb",
        });
        add(&constraint.pattern);
        add(&constraint.methods.len().to_string());
        constraint.methods.iter().for_each(|method| add(method));
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConstraintKind;

    fn expression(pattern: &str) -> Vec<Constraint> {
        vec![Constraint {
            kind: ConstraintKind::Regex,
            pattern: pattern.to_owned(),
            methods: vec!["GET".to_owned()],
        }]
    }

    fn compiled(cache: &KeyLimitCache) -> usize {
        cache.0.lock().unwrap().compiled
    }

    #[test]
    fn limits_are_compiled_once() {
        let cache = KeyLimitCache::default();
        for _ in 0..100 {
            cache.get("[]", &expression("users/[0-9]+")).unwrap();
        }
        assert_eq!(compiled(&cache), 1);
        cache.get("[]", &expression("users/[0-8]+")).unwrap();
        cache
            .get("[\"10.0.0.0/8\"]", &expression("users/[0-9]+"))
            .unwrap();
        assert_eq!(compiled(&cache), 3);
        let refused = cache.get("[]", &expression("(a{1000}){1000}"));
        assert_eq!(refused.unwrap_err(), Fault::KeyLimit);
    }

    #[test]
    fn what_is_remembered_is_bounded_by_its_weight() {
        let cache = KeyLimitCache::default();
        for number in 0..400 {
            let large = expression(&format!("(foo|bar|baz){{187}}{number}"));
            cache.get("[]", &large).unwrap();
            let all = cache.0.lock().unwrap();
            let generations = all.young.values().chain(all.old.values());
            let weight: usize = generations.map(|one| one.weight()).sum();
            assert!(weight <= REMEMBERED_LIMITS, "{number}: {weight}");
        }
    }
}
