//! Names that were perhaps meant by one that leads nowhere.

use crate::handle::Handle;
use crate::model::{
    Fault, Group, GroupField, Kind, Organisation, OrganisationField, Page, Permission, Predicate,
    Query, Role, RoleField, Test, User, UserField,
};
use crate::pending::Pending;
use crate::rules;

/// Characters of a name that others are compared with.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=100;
/// Rows of one list that are compared.
const COMPARED: u32 = 50;

/// A list of the caller's.
type List<F, T> = for<'a> fn(&'a Handle, &'a Query<F>) -> Pending<'a, Page<T>>;

/// How the names of one kind are found.
struct Names<F, T> {
    list: List<F, T>,
    sort: F,
    /// Those that begin as the text does, by much of it and by little.
    beginning: [Predicate<F>; 2],
    /// Words that the others hold.
    words: String,
    /// By what a thing is named in a request, and what else people call it.
    names: fn(T) -> (String, String),
}

impl Handle {
    /// Up to three names near to one by which the caller finds nothing, best first; nothing where the caller does find it. They are
    /// those of things that the caller may list, and they cost three short lists, however many things there are.
    pub fn near_names<'a>(&'a self, kind: Kind, text: &'a str) -> Pending<'a, Vec<String>> {
        Box::pin(async move {
            let permission = match kind {
                Kind::User => Permission::ReadUsers,
                Kind::Organisation => Permission::ReadOrganisations,
                Kind::Group => Permission::ReadGroups,
                Kind::Role => Permission::ReadRoles,
                _ => return Ok(Vec::new()),
            };
            // A refused list would write an event of a refusal, although the request asked for no list.
            if !self.caller().may(permission) || !LENGTHS.contains(&text.chars().count()) {
                return Ok(Vec::new());
            }
            let words = text.to_owned();
            let candidates = match kind {
                Kind::User => {
                    let names = Names {
                        list: Handle::users,
                        sort: UserField::Login,
                        beginning: [half(text), first(text)]
                            .map(|part| Predicate::is(UserField::Login, part)),
                        words,
                        names: |user: User| (user.login, user.shown.name),
                    };
                    self.candidates(names).await?
                }
                Kind::Organisation => {
                    let names = Names {
                        list: Handle::organisations,
                        sort: OrganisationField::Name,
                        beginning: [half(text), first(text)]
                            .map(|part| Predicate::is(OrganisationField::Name, part)),
                        words,
                        names: |one: Organisation| (one.name, String::new()),
                    };
                    self.candidates(names).await?
                }
                Kind::Group => {
                    let names = Names {
                        list: Handle::groups,
                        sort: GroupField::Name,
                        beginning: [half(text), first(text)]
                            .map(|part| Predicate::is(GroupField::Name, part)),
                        words,
                        names: |one: Group| (one.name, String::new()),
                    };
                    self.candidates(names).await?
                }
                _ => {
                    let (platform, word) = match text.split_once(':') {
                        Some((platform, word)) => (Some(platform), word),
                        None => (None, text),
                    };
                    let there = platform.map_or(Predicate::All, |platform| {
                        Predicate::equals(RoleField::Platform, platform)
                    });
                    let names = Names {
                        list: Handle::roles,
                        sort: RoleField::Word,
                        beginning: [half(word), first(word)]
                            .map(|part| there.clone().and(Predicate::is(RoleField::Word, part))),
                        words: word.to_owned(),
                        names: |role: Role| {
                            let name = format!("{}:{}", role.platform, role.word);
                            (name, role.word)
                        },
                    };
                    self.candidates(names).await?
                }
            };
            Ok(rules::nearest(text, candidates))
        })
    }

    async fn candidates<F: Clone, T>(
        &self,
        names: Names<F, T>,
    ) -> Result<Vec<(String, String)>, Fault> {
        let [much, little] = names.beginning.map(|predicate| Query {
            predicate,
            sort: Some(names.sort.clone()),
            limit: COMPARED,
            ..Query::default()
        });
        let holding = Query {
            search: Some(names.words),
            limit: COMPARED,
            ..Query::default()
        };
        let mut found = Vec::new();
        for query in [&much, &little, &holding] {
            match (names.list)(self, query).await {
                Ok(page) => found.extend(page.items.into_iter().map(names.names)),
                // A text with which no list can be asked is near to nothing.
                Err(Fault::Invalid { .. } | Fault::Forbidden(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }
}

/// Begins with half of a name, of an address with half of what stands before `@`.
fn half(text: &str) -> Test {
    let name = text.split('@').next().unwrap_or(text);
    let half = name.chars().count().div_ceil(2);
    Test::StartsWith(name.chars().take(half).collect())
}

/// Begins with the first letter: enough where there are few things.
fn first(text: &str) -> Test {
    Test::StartsWith(text.chars().take(1).collect())
}
