//! Request bodies.

use serde_json::Value;

use crate::core::change::{Change, Members};
use crate::core::secret::Secret;

/// A user to be made. Unless [`active`](Self::active) is set the account cannot be used yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    name: String,
    email: String,
    password: Secret,
    surname: Option<String>,
    department: Option<String>,
    biography: Option<String>,
    active: Option<bool>,
    picture: Option<Vec<i64>>,
}

impl NewUser {
    /// A user with given name, address and password: at least 12 characters with a lower-case and an upper-case letter, a digit
    /// and a special character (`_` is none).
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
            password: password.into(),
            surname: None,
            department: None,
            biography: None,
            active: None,
            picture: None,
        }
    }

    /// The family name.
    #[must_use]
    pub fn surname(mut self, surname: impl Into<String>) -> Self {
        self.surname = Some(surname.into());
        self
    }

    /// The department.
    #[must_use]
    pub fn department(mut self, department: impl Into<String>) -> Self {
        self.department = Some(department.into());
        self
    }

    /// The biography.
    #[must_use]
    pub fn biography(mut self, biography: impl Into<String>) -> Self {
        self.biography = Some(biography.into());
        self
    }

    /// Whether the account may be used; the platform's default is no.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = Some(active);
        self
    }

    /// The numbers that make the picture.
    #[must_use]
    pub fn picture(mut self, picture: impl Into<Vec<i64>>) -> Self {
        self.picture = Some(picture.into());
        self
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.password
    }

    pub(super) fn body(&self) -> Value {
        Members::new()
            .set_if("surname", self.surname.as_ref())
            .set("name", self.name.as_str())
            .set("email", self.email.as_str())
            .set("password", self.password.expose())
            .set_if("department", self.department.as_ref())
            .set_if("biography", self.biography.as_ref())
            .set_if("active", self.active.as_ref())
            .set_if("picture", self.picture.as_ref())
            .into_value()
    }
}

/// A change of a user: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserChange {
    name: Option<String>,
    email: Option<String>,
    pub(super) password: Option<Secret>,
    surname: Change<String>,
    department: Change<String>,
    biography: Change<String>,
    active: Option<bool>,
    picture: Change<Vec<i64>>,
    unlock: bool,
}

impl UserChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The given name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The password.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The family name.
    #[must_use]
    pub fn surname(mut self, surname: impl Into<Change<String>>) -> Self {
        self.surname = surname.into();
        self
    }

    /// The department.
    #[must_use]
    pub fn department(mut self, department: impl Into<Change<String>>) -> Self {
        self.department = department.into();
        self
    }

    /// The biography.
    #[must_use]
    pub fn biography(mut self, biography: impl Into<Change<String>>) -> Self {
        self.biography = biography.into();
        self
    }

    /// Whether the account may be used. Inactive ones have no sign-in, and their keys are refused.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = Some(active);
        self
    }

    /// The numbers that make the picture.
    #[must_use]
    pub fn picture(mut self, picture: impl Into<Change<Vec<i64>>>) -> Self {
        self.picture = picture.into();
        self
    }

    /// Ends a lock that failed sign-ins have brought about. An account cannot be locked this way.
    #[must_use]
    pub fn unlock(mut self) -> Self {
        self.unlock = true;
        self
    }

    pub(super) fn body(&self) -> Value {
        let password = self.password.as_ref().map(Secret::expose);
        let mut members = Members::new()
            .set_if("name", self.name.as_ref())
            .set_if("email", self.email.as_ref())
            .set_if("password", password.as_ref())
            .change("surname", &self.surname)
            .change("department", &self.department)
            .change("biography", &self.biography)
            .set_if("active", self.active.as_ref())
            .change("picture", &self.picture);
        if self.unlock {
            members = members.set("lockedOut", false);
        }
        members.into_value()
    }
}
