//! Queries and request bodies.

use serde_json::Value;

use crate::core::change::Members;
use crate::core::secret::Secret;
use crate::misp::ids::{OrganisationId, RoleId};

/// Which users are listed. Without anything it is all that the caller may see: there are no pages.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserQuery {
    pub(super) search: Option<String>,
    pub(super) organisation: Option<OrganisationId>,
}

impl UserQuery {
    /// All users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those whose address, organisation or role holds this text. It is a hint: `%` and `_` are wildcards to the
    /// platform, and `|` divides texts. To look one person up, use [`find_user`](super::Misp::find_user).
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Those of one organisation. Site administrators only; the platform ignores it for others.
    #[must_use]
    pub fn organisation(mut self, id: impl Into<OrganisationId>) -> Self {
        self.organisation = Some(id.into());
        self
    }
}

/// Which organisations are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OrganisationQuery {
    pub(super) scope: OrganisationScope,
    pub(super) search: Option<String>,
}

/// Where organisations are at home.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrganisationScope {
    /// On this server.
    #[default]
    Local,
    /// Elsewhere: known by sharing.
    External,
    /// Both.
    All,
}

impl OrganisationQuery {
    /// Local organisations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a scope.
    #[must_use]
    pub fn scope(mut self, scope: OrganisationScope) -> Self {
        self.scope = scope;
        self
    }

    /// Those whose name, description, nationality, sector, type, contacts, domains or UUID hold this text.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }
}

/// A user to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    email: String,
    fields: UserChange,
}

/// A change of a user: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserChange {
    email: Option<String>,
    org_id: Option<OrganisationId>,
    role_id: Option<RoleId>,
    pub(super) password: Option<Secret>,
    members: Vec<(String, Value)>,
}

macro_rules! user_setters {
    ($of:ident) => {
        /// The organisation; the caller's own, unless said otherwise.
        #[must_use]
        pub fn organisation(mut self, id: impl Into<OrganisationId>) -> Self {
            self.$of().org_id = Some(id.into());
            self
        }

        /// The role; for new users the server's default role, unless said otherwise.
        #[must_use]
        pub fn role(mut self, id: impl Into<RoleId>) -> Self {
            self.$of().role_id = Some(id.into());
            self
        }

        /// The password: at least 12 characters of three kinds, or 16 of any, unless the server asks for more.
        #[must_use]
        pub fn password(mut self, password: impl Into<Secret>) -> Self {
            self.$of().password = Some(password.into());
            self
        }

        /// Whether the account is disabled.
        #[must_use]
        pub fn disabled(self, disabled: bool) -> Self {
            self.set("disabled", disabled)
        }

        /// Whether the password must be changed at the next sign-in in the browser.
        #[must_use]
        pub fn change_password_at_sign_in(self, change: bool) -> Self {
            self.set("change_pw", change)
        }

        /// Whether the terms count as accepted.
        #[must_use]
        pub fn terms_accepted(self, accepted: bool) -> Self {
            self.set("termsaccepted", accepted)
        }

        /// Whether published events are mailed.
        #[must_use]
        pub fn autoalert(self, autoalert: bool) -> Self {
            self.set("autoalert", autoalert)
        }

        /// Whether contact requests are mailed.
        #[must_use]
        pub fn contactalert(self, contactalert: bool) -> Self {
            self.set("contactalert", contactalert)
        }

        /// The PGP key, armoured.
        #[must_use]
        pub fn gpgkey(self, key: impl Into<String>) -> Self {
            self.set("gpgkey", key.into())
        }

        /// The S/MIME certificate, as PEM.
        #[must_use]
        pub fn certificate(self, certificate: impl Into<String>) -> Self {
            self.set("certif_public", certificate.into())
        }

        /// The number range for NIDS rules.
        #[must_use]
        pub fn nids_sid(self, number: i64) -> Self {
            self.set("nids_sid", number)
        }

        /// Any other member of MISP's `User`, under the platform's own name.
        #[must_use]
        pub fn set(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
            match (member.into(), value.into()) {
                // A password is a secret however it is given.
                (member, Value::String(password)) if member == "password" => {
                    self.password(password)
                }
                (member, value) => {
                    self.$of().members.push((member, value));
                    self
                }
            }
        }
    };
}

impl NewUser {
    /// A user with this address.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            fields: UserChange::default(),
        }
    }

    /// Whether the platform mails the new user their credentials.
    #[must_use]
    pub fn notify(self, notify: bool) -> Self {
        self.set("notify", notify)
    }

    user_setters!(fields);

    fn fields(&mut self) -> &mut UserChange {
        &mut self.fields
    }

    pub(super) fn secret(&self) -> Option<&Secret> {
        self.fields.password.as_ref()
    }

    pub(super) fn body(&self) -> Value {
        let members = Members::new().set("email", self.email.as_str());
        self.fields.write(members)
    }
}

impl UserChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    user_setters!(this);

    fn this(&mut self) -> &mut Self {
        self
    }

    pub(super) fn body(&self) -> Value {
        self.write(Members::new().set_if("email", self.email.as_ref()))
    }

    fn write(&self, members: Members) -> Value {
        let password = self.password.as_ref().map(Secret::expose);
        let mut members = members
            .set_if("org_id", self.org_id.as_ref())
            .set_if("role_id", self.role_id.as_ref())
            .set_if("password", password.as_ref());
        for (name, value) in &self.members {
            members = members.set(name, value.clone());
        }
        members.into_value()
    }
}

/// An organisation to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewOrganisation {
    name: String,
    fields: OrganisationChange,
}

/// A change of an organisation: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OrganisationChange {
    name: Option<String>,
    members: Vec<(String, Value)>,
}

macro_rules! organisation_setters {
    () => {
        /// What it is.
        #[must_use]
        pub fn description(self, description: impl Into<String>) -> Self {
            self.set("description", description.into())
        }

        /// What kind it is, in free text.
        #[must_use]
        pub fn kind(self, kind: impl Into<String>) -> Self {
            self.set("type", kind.into())
        }

        /// The nationality.
        #[must_use]
        pub fn nationality(self, nationality: impl Into<String>) -> Self {
            self.set("nationality", nationality.into())
        }

        /// The sector.
        #[must_use]
        pub fn sector(self, sector: impl Into<String>) -> Self {
            self.set("sector", sector.into())
        }

        /// How to reach it.
        #[must_use]
        pub fn contacts(self, contacts: impl Into<String>) -> Self {
            self.set("contacts", contacts.into())
        }

        /// Whether it is at home on this server.
        #[must_use]
        pub fn local(self, local: bool) -> Self {
            self.set("local", local)
        }

        /// The UUID; the platform makes one, unless it is given.
        #[must_use]
        pub fn uuid(self, uuid: impl Into<String>) -> Self {
            self.set("uuid", uuid.into())
        }

        /// The mail domains that the organisation's own administrators are bound to.
        #[must_use]
        pub fn restricted_to_domain(self, domains: &[&str]) -> Self {
            self.set("restricted_to_domain", domains.to_vec())
        }
    };
}

impl NewOrganisation {
    /// An organisation with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            fields: OrganisationChange::default(),
        }
    }

    organisation_setters!();

    /// Any other member of MISP's `Organisation`, under the platform's own name.
    #[must_use]
    pub fn set(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields = self.fields.set(member, value);
        self
    }

    pub(super) fn body(&self) -> Value {
        self.fields
            .write(Members::new().set("name", self.name.as_str()))
    }
}

impl OrganisationChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    organisation_setters!();

    /// Any other member of MISP's `Organisation`, under the platform's own name.
    #[must_use]
    pub fn set(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.push((member.into(), value.into()));
        self
    }

    pub(super) fn body(&self) -> Value {
        self.write(Members::new().set_if("name", self.name.as_ref()))
    }

    fn write(&self, mut members: Members) -> Value {
        for (name, value) in &self.members {
            members = members.set(name, value.clone());
        }
        members.into_value()
    }
}

/// A key to be made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NewAuthKey {
    comment: Option<String>,
    expiration: Option<String>,
    allowed_ips: Option<Vec<String>>,
    read_only: Option<bool>,
}

impl NewAuthKey {
    /// A key without limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// The day it ends, as `YYYY-MM-DD`.
    #[must_use]
    pub fn expiration(mut self, day: impl Into<String>) -> Self {
        self.expiration = Some(day.into());
        self
    }

    /// From where it may be used: addresses and networks.
    #[must_use]
    pub fn allowed_ips(mut self, addresses: &[&str]) -> Self {
        self.allowed_ips = Some(addresses.iter().map(|it| (*it).to_owned()).collect());
        self
    }

    /// Whether it may only read.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = Some(read_only);
        self
    }

    pub(super) fn body(&self) -> Value {
        Members::new()
            .set_if("comment", self.comment.as_ref())
            .set_if("expiration", self.expiration.as_ref())
            .set_if("allowed_ips", self.allowed_ips.as_ref())
            .set_if("read_only", self.read_only.as_ref())
            .into_value()
    }
}
