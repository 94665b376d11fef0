//! Filter expressions: what they name is looked up as the caller sees it, and a predicate is made.

use std::pin::Pin;

use uuid::Uuid;

use crate::filter::{self, FieldKind, FilterFault, FilterField, References};
use crate::handle::Handle;
use crate::model::{Fault, Kind, Platform, Predicate, Ref, Role, RoleId, Time};
use crate::pending::Pending;

/// A predicate under way.
pub type CompilingFilter<'a, F> =
    Pin<Box<dyn Future<Output = Result<Predicate<F>, FilterFault>> + Send + 'a>>;

impl Handle {
    /// The predicate of a filter over the fields of a list. What it names is looked up with the caller's
    /// rights; what is missing or hidden matches nothing.
    pub fn compile_filter<'a, F>(
        &'a self,
        fields: &'a [FilterField<F>],
        text: &'a str,
    ) -> CompilingFilter<'a, F>
    where
        F: Clone + Send + Sync + 'static,
    {
        Box::pin(async move {
            let expression = filter::parse(text)?;
            let named = References::named(&expression, fields)?;
            let mut references = References::default();
            for (kind, text) in named {
                let number = self.filter_reference(kind, &text).await?;
                references.note(kind, text, number);
            }
            Ok(filter::compile(
                &expression,
                fields,
                &references,
                self.now(),
            )?)
        })
    }

    /// The number of what a filter's value names; none where the caller sees nothing of that name.
    pub fn filter_reference<'a>(
        &'a self,
        kind: FieldKind,
        text: &'a str,
    ) -> Pending<'a, Option<i64>> {
        Box::pin(async move {
            let found = match kind {
                FieldKind::User => self.user(reference(text)).await.map(|user| user.id.0),
                FieldKind::Organisation => {
                    let organisation = self.organisation(reference(text)).await;
                    organisation.map(|organisation| organisation.id.0)
                }
                FieldKind::Group => self.group(reference(text)).await.map(|group| group.id.0),
                FieldKind::Role => self.role_named(text).await.map(|role| role.id.0),
                FieldKind::Key => self.key(reference(text)).await.map(|key| key.id.0),
                FieldKind::Text
                | FieldKind::Word(_)
                | FieldKind::Lower
                | FieldKind::Exact
                | FieldKind::Uuid
                | FieldKind::Flag
                | FieldKind::Number
                | FieldKind::Time => return Ok(None),
            };
            match found {
                Ok(number) => Ok(Some(number)),
                Err(Fault::NotFound(_) | Fault::Forbidden(_)) => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    /// Reads a time of a filter, which may be relative to now: `-90d`.
    #[must_use]
    pub fn filter_time(&self, text: &str) -> Option<Time> {
        filter::read_time(text, self.now())
    }

    /// A role by UUID or `platform:word` (`platform:number` does as well); a bare word is one of the
    /// directory's own platform.
    pub fn role_named<'a>(&'a self, text: &'a str) -> Pending<'a, Role> {
        Box::pin(async move {
            if let Ok(uuid) = Uuid::parse_str(text) {
                return self.role(Ref::<RoleId>::Uuid(uuid)).await;
            }
            let (platform, word) = text
                .split_once(':')
                .unwrap_or((Platform::USHER.word(), text));
            let served = self.platforms().iter().map(|spec| spec.platform);
            let Some(platform) = served.into_iter().find(|one| one.word() == platform) else {
                return Err(Fault::NotFound(Kind::Role));
            };
            match word.parse::<i64>() {
                Ok(number) => self.role_by_number(platform, number).await,
                Err(_) => self.role_by_word(platform, word).await,
            }
        })
    }
}

fn reference<Id: From<i64>>(text: &str) -> Ref<Id> {
    match Uuid::parse_str(text) {
        Ok(uuid) => Ref::Uuid(uuid),
        Err(_) => Ref::Name(text.to_owned()),
    }
}
