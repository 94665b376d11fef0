//! What the caller's own rights cover: the base of granting and of the take-over guard.

use std::sync::Arc;

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, Held, OrganisationId, Permission, Platform, Scope, User, UserId, word_covers,
};
use crate::outcome::Outcome;
use crate::store::{credentials, groups, organisations, users};

impl Work<'_> {
    /// Whether what the caller holds covers a right, on whatever platform they hold it: the word, and
    /// the whole of its scope.
    pub async fn covers(&mut self, platform: Platform, word: &str, scope: &Scope) -> Outcome<bool> {
        let caller = Arc::clone(&self.caller);
        // A token that is limited to an organisation covers nothing outside it.
        match (self.limit(), scope) {
            (Some(_), Scope::All) => return Ok(false),
            (Some(limit), Scope::Organisation(at) | Scope::Subtree(at)) => {
                let above = organisations::ancestors(&mut self.tx, *at).await?;
                if !above.contains(&OrganisationId(limit)) {
                    return Ok(false);
                }
            }
            _ => {}
        }
        let candidates: Vec<&Held> = caller
            .held
            .iter()
            .filter(|held| {
                (held.platform == Platform::USHER || held.platform == platform)
                    && word_covers(&held.word, word)
            })
            .collect();
        if candidates
            .iter()
            .any(|held| held.scope == Scope::All || held.scope == *scope)
        {
            return Ok(true);
        }
        let wanted = match scope {
            Scope::Organisation(organisation) | Scope::Subtree(organisation) => *organisation,
            // What somebody may do to themselves, to listed people or to their groups is covered by
            // whoever covers their home; that is decided for their home by the callers of this.
            Scope::Own(user) => return self.covers_people(&candidates, &[*user]).await,
            Scope::Users(list) => return self.covers_people(&candidates, list).await,
            Scope::Groups(groups) => {
                let mut all = true;
                for group in groups {
                    let organisation = self.group_organisation(*group).await?;
                    all = all
                        && match organisation {
                            Some(organisation) => {
                                self.any_subtree(&candidates, organisation).await?
                            }
                            None => false,
                        };
                }
                return Ok(all);
            }
            Scope::All => return Ok(false),
        };
        self.any_subtree(&candidates, wanted).await
    }

    async fn any_subtree(
        &mut self,
        candidates: &[&Held],
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        let above = organisations::ancestors(&mut self.tx, organisation).await?;
        Ok(candidates
            .iter()
            .any(|held| matches!(&held.scope, Scope::Subtree(top) if above.contains(top))))
    }

    async fn covers_people(&mut self, candidates: &[&Held], people: &[UserId]) -> Outcome<bool> {
        for user in people {
            let Some(user) = users::by_id(&mut self.tx, *user).await? else {
                continue;
            };
            let direct = candidates.iter().any(|held| match &held.scope {
                Scope::Organisation(organisation) => *organisation == user.home,
                Scope::Own(own) => *own == user.id,
                Scope::Users(list) => list.contains(&user.id),
                _ => false,
            });
            if !direct && !self.any_subtree(candidates, user.home).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn group_organisation(&mut self, group: GroupId) -> Outcome<Option<OrganisationId>> {
        Ok(groups::by_id(&mut self.tx, group)
            .await?
            .map(|group| group.organisation))
    }

    /// The take-over guard: nobody changes another's password, keys, factors, address, status, kind or
    /// existence unless their own rights cover the other's administrative ones.
    pub async fn guard_takeover(&mut self, user: &User) -> Outcome<()> {
        if user.id == self.caller.user || self.caller.is_system() {
            return Ok(());
        }
        let holding = credentials::holding(
            &mut self.tx,
            user.id,
            &self.inner.platform_lines.clone(),
            self.now,
        )
        .await?;
        for held in &holding.held {
            let administrative = match Permission::of_word(&held.word) {
                Some(permission) => permission.administrative(),
                // `*` and `<platform>:*` are administrative, other vendors' words are business.
                None => held.word.ends_with('*'),
            };
            // What reaches only its holder is no power over anybody.
            let personal = matches!(&held.scope, Scope::Own(_));
            if administrative
                && !personal
                && !self.covers(held.platform, &held.word, &held.scope).await?
            {
                return Err(Fault::OutranksCaller.into());
            }
        }
        Ok(())
    }
}
