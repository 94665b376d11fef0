//! `include=home,organisations,groups,roles` of users: what hangs on the people of a page, in as many statements as
//! kinds are asked for, however many people there are.

use directory::{HeldRole, Organisation, OrganisationId, Path, Related, User, UserId, Wanted};
use kit::Authenticated;
use schemars::JsonSchema;
use serde::Serialize;

use super::errors::Problem;
use super::lists::Parameters;

/// The words of the parameter.
pub const WORDS: [&str; 4] = ["home", "organisations", "groups", "roles"];

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    home: bool,
    organisations: bool,
    groups: bool,
    roles: bool,
}

impl Include {
    /// Reads the parameter `include`.
    pub fn read(given: &Parameters) -> Result<Self, Problem> {
        let mut include = Include::default();
        let values = given.iter().filter(|(name, _)| name == "include");
        for word in values.flat_map(|(_, value)| value.split(',')) {
            match word {
                "home" => include.home = true,
                "organisations" => include.organisations = true,
                "groups" => include.groups = true,
                "roles" => include.roles = true,
                _ => {
                    let why = format!("must name some of {}, with commas", WORDS.join(", "));
                    return Err(Problem::parameter("include", why));
                }
            }
        }
        Ok(include)
    }

    /// Reads what is asked for of those people; nothing when nothing is.
    pub async fn load(self, request: &Authenticated, users: &[User]) -> Result<Loaded, Problem> {
        let mut loaded = Loaded {
            include: self,
            related: Related::default(),
            held: Vec::new(),
            places: Vec::new(),
        };
        if self == Include::default() || users.is_empty() {
            return Ok(loaded);
        }
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let wanted = Wanted {
            groups: self.groups,
            organisations: self.home || self.organisations,
            ..Wanted::default()
        };
        if wanted != Wanted::default() {
            loaded.related = request.related(&ids, wanted).await?;
        }
        if self.roles {
            loaded.held = request.grants_of(&ids).await?;
            let mut places: Vec<OrganisationId> =
                loaded.held.iter().map(|held| held.organisation).collect();
            places.sort_unstable();
            places.dedup();
            loaded.places = request.organisations_by_id(&places).await?;
        }
        Ok(loaded)
    }
}

/// What was read of some people.
pub struct Loaded {
    include: Include,
    related: Related,
    held: Vec<HeldRole>,
    places: Vec<Organisation>,
}

/// Another entity by number and name.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Named<'a> {
    number: i64,
    name: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Membership<'a> {
    number: i64,
    name: &'a str,
    home: bool,
    administrator: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Role<'a> {
    role: String,
    organisation: Named<'a>,
    #[schemars(extend("enum" = ["direct", "group"]))]
    path: &'static str,
}

/// What is shown of one person; a kind that was not asked for is left out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Included", description = "What `include` asked for.")]
pub struct Included<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Named<'a>>")]
    home: Option<Option<Named<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Membership<'a>>")]
    organisations: Option<Vec<Membership<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Named<'a>>")]
    groups: Option<Vec<Named<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Role<'a>>")]
    roles: Option<Vec<Role<'a>>>,
}

impl Loaded {
    /// What is shown of one of the people; nothing when nothing was asked for.
    pub fn of(&self, user: &User) -> Option<Included<'_>> {
        let include = self.include;
        if include == Include::default() {
            return None;
        }
        Some(Included {
            home: include.home.then(|| self.organisation(user.home)),
            organisations: include.organisations.then(|| self.memberships(user.id)),
            groups: include.groups.then(|| self.groups(user.id)),
            roles: include.roles.then(|| self.roles(user.id)),
        })
    }

    fn organisation(&self, of: OrganisationId) -> Option<Named<'_>> {
        let known = self.related.organisations.iter().map(|told| &told.row);
        let found = known.chain(&self.places).find(|one| one.id == of)?;
        Some(Named {
            number: found.id.0,
            name: &found.name,
        })
    }

    fn memberships(&self, user: UserId) -> Vec<Membership<'_>> {
        let theirs = self
            .related
            .memberships
            .iter()
            .filter(|one| one.user == user);
        theirs
            .filter_map(|one| {
                let organisation = self.organisation(one.organisation)?;
                Some(Membership {
                    number: organisation.number,
                    name: organisation.name,
                    home: one.home,
                    administrator: one.administrator,
                })
            })
            .collect()
    }

    fn groups(&self, user: UserId) -> Vec<Named<'_>> {
        let theirs = self
            .related
            .members
            .iter()
            .filter(|(member, _)| *member == user);
        theirs
            .filter_map(|(_, group)| {
                let found = self
                    .related
                    .groups
                    .iter()
                    .find(|told| told.row.id == *group)?;
                Some(Named {
                    number: found.row.id.0,
                    name: &found.row.name,
                })
            })
            .collect()
    }

    fn roles(&self, user: UserId) -> Vec<Role<'_>> {
        let theirs = self.held.iter().filter(|held| held.user == user);
        theirs
            .filter_map(|held| {
                Some(Role {
                    role: format!("{}:{}", held.platform.word(), held.word),
                    organisation: self.organisation(held.organisation)?,
                    path: match held.path {
                        Path::Direct(_) => "direct",
                        Path::Group { .. } => "group",
                    },
                })
            })
            .collect()
    }
}
