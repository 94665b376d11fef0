//! The plain attributes of users: facts about a person that decide nothing, and that the directory keeps, shows and
//! filters by.
//!
//! Each is declared once, in the table [`profile_attributes`]. The columns of the store, filters, sorts, imports, exports,
//! the bodies of the native API and its description are made of that table. A new attribute is a row of it, a column in a
//! migration, and a member in the catalogue of the command line.

use serde::Serialize;

use super::fault::Fault;

/// Hands the table of attributes to a macro.
///
/// A row is the attribute's name (the member of bodies and rows, the column, the filter), its variant, its kind
/// ([`AttributeKind`]), and in brackets its rule (a function of `rules::profile`), an example and what it is.
macro_rules! profile_attributes {
    ($macro:ident) => {
        $macro! {
            department Department Text (line, "Engines", "Department.");
            title Title Text (line, "Analyst", "Job title.");
            time_zone TimeZone Exact (line, "Europe/London", "IANA time zone, as sent.");
            locale Locale Exact (locale, "en-GB", "Language and region, a BCP 47 tag in its usual case.");
        }
    };
}
pub(crate) use profile_attributes;

/// How values of an attribute are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// Prose: compared without case, and lists are sorted by it.
    Text,
    /// A code: compared as it is stored.
    Exact,
}

macro_rules! declare_profile {
    ($($name:ident $variant:ident $kind:ident ($rule:ident, $example:literal, $about:literal);)*) => {
        /// An attribute of users.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProfileAttribute {
            $(#[doc = $about] $variant,)*
        }

        /// The attributes of a user.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
        pub struct Profile {
            $(#[doc = $about] pub $name: Option<String>,)*
        }

        /// Changes to attributes: `None` leaves one as it is, `Some(None)` clears it.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct ProfileChange {
            $(#[doc = $about] pub $name: Option<Option<String>>,)*
        }

        impl ProfileAttribute {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name: of the member, the column and the filter.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name),)* }
            }

            /// How values are compared.
            #[must_use]
            pub const fn kind(self) -> AttributeKind {
                match self { $(Self::$variant => AttributeKind::$kind,)* }
            }

            /// A value as an example.
            #[must_use]
            pub const fn example(self) -> &'static str {
                match self { $(Self::$variant => $example,)* }
            }

            /// How a text is stored, where that differs from what was given; refuses what cannot be a value.
            fn apply_rule(self, text: &str) -> Result<Option<String>, Fault> {
                match self { $(Self::$variant => crate::rules::profile::$rule(self.name(), text),)* }
            }
        }

        impl Profile {
            /// The value of an attribute.
            #[must_use]
            pub const fn value(&self, attribute: ProfileAttribute) -> &Option<String> {
                match attribute { $(ProfileAttribute::$variant => &self.$name,)* }
            }

            /// Where the value of an attribute stands.
            pub const fn value_mut(&mut self, attribute: ProfileAttribute) -> &mut Option<String> {
                match attribute { $(ProfileAttribute::$variant => &mut self.$name,)* }
            }

            /// Reads each attribute in turn.
            pub fn read_each<E>(
                mut read: impl FnMut(ProfileAttribute) -> Result<Option<String>, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($name: read(ProfileAttribute::$variant)?,)* })
            }
        }

        impl ProfileChange {
            /// What an attribute becomes, if it changes.
            #[must_use]
            pub const fn value(&self, attribute: ProfileAttribute) -> Option<&Option<String>> {
                match attribute { $(ProfileAttribute::$variant => self.$name.as_ref(),)* }
            }

            /// Where the change of an attribute stands.
            pub const fn value_mut(
                &mut self,
                attribute: ProfileAttribute,
            ) -> &mut Option<Option<String>> {
                match attribute { $(ProfileAttribute::$variant => &mut self.$name,)* }
            }

            /// Reads the change of each attribute in turn.
            pub fn read_each<E>(
                mut read: impl FnMut(ProfileAttribute) -> Result<Option<Option<String>>, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($name: read(ProfileAttribute::$variant)?,)* })
            }
        }
    };
}
profile_attributes!(declare_profile);

impl ProfileAttribute {
    /// The attribute of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }

    /// A value as it is stored. One that its rule refuses stays as it is; [`Profile::check`] refuses it.
    fn canonical(self, value: &Option<String>) -> Option<String> {
        let text = value.as_deref()?;
        let stored = self.apply_rule(text).ok().flatten();
        Some(stored.unwrap_or_else(|| text.to_owned()))
    }
}

impl Profile {
    /// The attributes as they are stored.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut stored = Self::default();
        for attribute in ProfileAttribute::ALL {
            *stored.value_mut(*attribute) = attribute.canonical(self.value(*attribute));
        }
        stored
    }

    /// Refuses values that cannot be stored.
    pub fn check(&self) -> Result<(), Fault> {
        for attribute in ProfileAttribute::ALL {
            if let Some(text) = self.value(*attribute) {
                attribute.apply_rule(text)?;
            }
        }
        Ok(())
    }
}

impl ProfileChange {
    /// The attributes of a user who had none before.
    #[must_use]
    pub fn to_new(&self) -> Profile {
        let mut new = Profile::default();
        for attribute in ProfileAttribute::ALL {
            *new.value_mut(*attribute) = self.value(*attribute).cloned().flatten();
        }
        new
    }

    /// The changes as they are stored.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut stored = Self::default();
        for attribute in ProfileAttribute::ALL {
            let value = self.value(*attribute);
            *stored.value_mut(*attribute) = value.map(|value| attribute.canonical(value));
        }
        stored
    }

    /// Whether the changes say anything else than what is there.
    #[must_use]
    pub fn differs_from(&self, profile: &Profile) -> bool {
        let mut attributes = ProfileAttribute::ALL.iter();
        attributes.any(|attribute| {
            let new = self.value(*attribute);
            new.is_some_and(|new| attribute.canonical(new) != *profile.value(*attribute))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_attributes() {
        for attribute in ProfileAttribute::ALL {
            assert_eq!(ProfileAttribute::named(attribute.name()), Some(*attribute));
        }
        assert_eq!(ProfileAttribute::named("login"), None);
    }

    /// Each way of reaching a value reaches the one of that attribute.
    #[test]
    fn values_stand_at_their_attributes() {
        let by_name = |attribute: ProfileAttribute| Ok::<_, ()>(Some(attribute.name().to_owned()));
        let profile = Profile::read_each(by_name).unwrap();
        let change = ProfileChange::read_each(|attribute| by_name(attribute).map(Some)).unwrap();
        let (mut copied, mut changed) = (Profile::default(), ProfileChange::default());
        for attribute in ProfileAttribute::ALL {
            let name = Some(attribute.name().to_owned());
            assert_eq!(profile.value(*attribute), &name);
            assert_eq!(change.value(*attribute), Some(&name));
            copied.value_mut(*attribute).clone_from(&name);
            *changed.value_mut(*attribute) = Some(name);
        }
        assert_eq!((&copied, &changed), (&profile, &change));
        assert_eq!(change.to_new(), profile);
        let shown = serde_json::to_value(&profile).unwrap();
        let names = ProfileAttribute::ALL.iter().map(|one| one.name());
        assert!(shown.as_object().unwrap().keys().eq(names));
    }

    #[test]
    fn examples_are_values_as_stored() {
        for attribute in ProfileAttribute::ALL {
            let example = attribute.example();
            assert_eq!(attribute.apply_rule(example), Ok(None), "{attribute:?}");
        }
    }

    /// For each attribute alone: what changes it differs, what leaves or repeats it does not.
    #[test]
    fn changes_differ_from_what_is_there() {
        for attribute in ProfileAttribute::ALL {
            let example = || Some(attribute.example().to_owned());
            let mut profile = Profile::default();
            let mut change = ProfileChange::default();
            assert!(!change.differs_from(&profile));
            *change.value_mut(*attribute) = Some(None);
            assert!(!change.differs_from(&profile));
            *change.value_mut(*attribute) = Some(example());
            assert!(change.differs_from(&profile), "{attribute:?}");
            *profile.value_mut(*attribute) = example();
            assert!(!change.differs_from(&profile));
            *change.value_mut(*attribute) = Some(None);
            assert!(change.differs_from(&profile), "{attribute:?}");
        }
    }

    #[test]
    fn each_attribute_is_checked() {
        for attribute in ProfileAttribute::ALL {
            for (text, why) in [
                ("a\u{7}b".to_owned(), "control"),
                ("x".repeat(256), "longer"),
            ] {
                let mut profile = Profile::default();
                *profile.value_mut(*attribute) = Some(text.clone());
                assert!(profile.check().is_err(), "{attribute:?} {why}");
                // What is refused is refused as it was sent.
                assert_eq!(profile.canonical(), profile);
            }
        }
    }
}
