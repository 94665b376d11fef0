//! What Civis answers: groups, favourites, themes, activity.

use jiff::Timestamp;
use serde::Deserialize;

use crate::civis::answers::SimpleUser;
use crate::civis::ids::{FavoriteId, GroupId, OrganizationId, RoleId, ThemeId, UserId};
use crate::core::lenient::{self, Other};

/// A group in the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupSummary {
    /// The id.
    pub id: GroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// What it is for.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// The name in addresses.
    #[serde(deserialize_with = "lenient::text")]
    pub slug: String,
    /// The organisation.
    pub organization_id: Option<OrganizationId>,
    /// The organisation's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_name: Option<String>,
    /// How many members are active.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub member_count: Option<i64>,
    /// How many members there are.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub total_member_count: Option<i64>,
    /// The user who changed it last.
    pub last_updated_by_id: Option<UserId>,
    /// The user who made it.
    pub created_by_id: Option<UserId>,
    /// The members, when the query asks for them.
    #[serde(deserialize_with = "lenient::list")]
    pub members: Vec<SimpleUser>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A group with roles and members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// What it is for.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// The name in addresses.
    #[serde(deserialize_with = "lenient::text")]
    pub slug: String,
    /// The organisation.
    pub organization_id: Option<OrganizationId>,
    /// The organisation's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_name: Option<String>,
    /// How many members are active.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub member_count: Option<i64>,
    /// How many members there are.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub total_member_count: Option<i64>,
    /// Whether a second factor is required of new members.
    pub default_otp_required_for_login: Option<bool>,
    /// The roles that members hold by the group.
    #[serde(deserialize_with = "lenient::list")]
    pub role_ids: Vec<RoleId>,
    /// The time zone of new members.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub default_time_zone: Option<String>,
    /// The user who changed it last.
    pub last_updated_by_id: Option<UserId>,
    /// The user who made it.
    pub created_by_id: Option<UserId>,
    /// The members.
    #[serde(deserialize_with = "lenient::list")]
    pub members: Vec<SimpleUser>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A favourite.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Favorite {
    /// The id.
    pub id: FavoriteId,
    /// The object.
    #[serde(deserialize_with = "lenient::integer")]
    pub object_id: i64,
    /// What kind of object it is.
    pub object_type: ObjectType,
    /// The object's name.
    #[serde(deserialize_with = "lenient::text")]
    pub object_name: String,
    /// When the favourite was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When the object was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub object_updated_at: Option<Timestamp>,
    /// The object's author.
    pub object_author: Option<SimpleUser>,
    /// Its place in the list, from 1; only the list says so.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub position: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A favourite in the list.
pub type FavoriteSummary = Favorite;

macro_rules! object_types {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)+) => {
        /// A kind of object that can be a favourite.
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(from = "String")]
        #[non_exhaustive]
        pub enum ObjectType {
            $($(#[$meta])* $name,)+
            /// Another one, under the platform's own name.
            Other(String),
        }

        impl From<String> for ObjectType {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$name,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl ObjectType {
            /// The platform's name for it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(text) => text,
                }
            }
        }
    };
}

object_types! {
    /// A container script.
    ContainerScript = "Container Script",
    /// An identity resolution.
    IdentityResolution = "Identity Resolution",
    /// An import.
    Import = "Import",
    /// A Python script.
    PythonScript = "Python Script",
    /// An R script.
    RScript = "R Script",
    /// A dbt script.
    DbtScript = "dbt Script",
    /// A JavaScript script.
    JavaScriptScript = "JavaScript Script",
    /// An SQL script.
    SqlScript = "SQL Script",
    /// A script by a template.
    TemplateScript = "Template Script",
    /// A project.
    Project = "Project",
    /// A workflow.
    Workflow = "Workflow",
    /// A Tableau report.
    TableauReport = "Tableau Report",
    /// A service report.
    ServiceReport = "Service Report",
    /// An HTML report.
    HtmlReport = "HTML Report",
    /// An SQL report.
    SqlReport = "SQL Report",
    /// A table.
    Table = "Table",
}

impl Default for ObjectType {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// A theme in the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ThemeSummary {
    /// The id.
    pub id: ThemeId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A theme.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Theme {
    /// The id.
    pub id: ThemeId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The organisations that may use it.
    #[serde(deserialize_with = "lenient::list")]
    pub organization_ids: Vec<OrganizationId>,
    /// The configuration, as a JSON text.
    #[serde(deserialize_with = "lenient::text")]
    pub settings: String,
    /// The logo.
    pub logo_file: Option<LogoFile>,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A theme's logo.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogoFile {
    /// The file's id.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub id: Option<i64>,
    /// Where it is.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub download_url: Option<String>,
}

/// Something that ran.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// The id, which is a text here.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it was.
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    pub kind: String,
    /// The user.
    #[serde(deserialize_with = "lenient::text")]
    pub user: String,
    /// The category.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub category: Option<String>,
    /// `succeeded`, `failed` or `running`.
    #[serde(deserialize_with = "lenient::text")]
    pub state: String,
    /// When it changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// When it runs again.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub next_run_at: Option<Timestamp>,
    /// The last run, which is a text here.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub last_run_id: Option<String>,
    /// How the last run ended.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub last_run_state: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}
