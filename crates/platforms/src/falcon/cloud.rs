//! The vendor's clouds.

use std::convert::Infallible;
use std::str::FromStr;

/// Where a customer is at home.
///
/// From a text it is the cloud of that region (`us-1`, `auto` …), or else an address of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cloud {
    /// `us-1`.
    Us1,
    /// `us-2`.
    Us2,
    /// `us-3`.
    Us3,
    /// `eu-1`.
    Eu1,
    /// `us-gov-1`.
    UsGov1,
    /// `us-gov-2`.
    UsGov2,
    /// Asks at `us-1` first and goes where the platform says, though to the vendor's own hosts only. The government clouds
    /// are not found this way: name them.
    #[default]
    Auto,
    /// An address of one's own: a proxy in front of a cloud, or another server that speaks Falcon's language.
    Custom(String),
}

/// The clouds by the names that the platform gives them.
const REGIONS: &[(&str, Cloud)] = &[
    ("us-1", Cloud::Us1),
    ("us-2", Cloud::Us2),
    ("us-3", Cloud::Us3),
    ("eu-1", Cloud::Eu1),
    ("us-gov-1", Cloud::UsGov1),
    ("us-gov-2", Cloud::UsGov2),
];

impl Cloud {
    /// The address of its API.
    pub fn address(&self) -> &str {
        match self {
            Self::Us1 | Self::Auto => "https://api.crowdstrike.com",
            Self::Us2 => "https://api.us-2.crowdstrike.com",
            Self::Us3 => "https://api.us-3.crowdstrike.com",
            Self::Eu1 => "https://api.eu-1.crowdstrike.com",
            Self::UsGov1 => "https://api.laggar.gcw.crowdstrike.com",
            Self::UsGov2 => "https://api.us-gov-2.crowdstrike.mil",
            Self::Custom(address) => address,
        }
    }

    /// The name that the platform gives it.
    pub fn region(&self) -> Option<&'static str> {
        let (name, _) = REGIONS.iter().find(|(_, cloud)| cloud == self)?;
        Some(name)
    }

    pub(super) fn of_region(name: &str) -> Option<Self> {
        let name = name.trim();
        let found = REGIONS
            .iter()
            .find(|(region, _)| region.eq_ignore_ascii_case(name))?;
        Some(found.1.clone())
    }
}

impl From<&str> for Cloud {
    fn from(text: &str) -> Self {
        if text.trim().eq_ignore_ascii_case("auto") {
            return Self::Auto;
        }
        Self::of_region(text).unwrap_or_else(|| Self::Custom(text.to_owned()))
    }
}

impl From<String> for Cloud {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl FromStr for Cloud {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}
