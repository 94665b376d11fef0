//! The schemas of what this API answers, made from the types that are written.

use directory::{
    Branding, InactivityPolicy, KeyPolicy, Lifetimes, LockoutPolicy, MailTemplates, Notices,
    PasswordFigures, Retention, SecondFactorPolicy,
};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::derived::{generator, tighten};
use super::{
    access, actions, batch, collections, ensure, errors, events, facet_counts, find, form_tokens,
    grants, group_rights, groups, jobs, keys, mail_templates, mails, me, memberships,
    organisations, passwords, platforms, problems, roles, second_factors, sessions, settings,
    users, views,
};

macro_rules! schemas {
    ($generator:ident: $($body:ty),* $(,)?) => { [$($generator.subschema_for::<$body>()),*] };
}

/// The schemas of all bodies that are answered, by name.
pub fn of_answers() -> Map<String, Value> {
    let mut written = generator(SchemaSettings::draft2020_12().for_serialize());
    let _ = schemas![written:
        access::AccessBody, access::HolderBody, actions::ItemsBody, batch::ItemsBody, collections::CollectionBody,
        ensure::EnsuredGroup, ensure::EnsuredOrganisation, ensure::EnsuredUser, errors::Document, events::EventBody,
        facet_counts::Count, find::All, form_tokens::FormTokenBody, grants::GrantBody, group_rights::GroupRoleBody,
        group_rights::ManagerBody, groups::GroupBody, jobs::JobBody, keys::FreshBody, keys::KeyBody, keys::Revoked,
        mail_templates::InForce, mails::MailBody, mails::Queued, me::MeBody, memberships::MembershipBody,
        memberships::Placed, organisations::MemberBody, organisations::OrganisationBody, passwords::LinkBody,
        passwords::TokenBody, platforms::PlatformBody, problems::Table, roles::PermissionBody, roles::RoleBody,
        second_factors::CodesBody, second_factors::SecretBody, second_factors::StateBody, sessions::Ended,
        sessions::FreshBody, sessions::SessionBody, settings::All, users::UserBody, views::ViewBody,
    ];
    let documents = schemas![written:
        LockoutPolicy, settings::MailBody, MailTemplates, PasswordFigures, Branding, Lifetimes, SecondFactorPolicy,
        InactivityPolicy, Retention, Notices, KeyPolicy,
    ];
    let mut schemas = written.take_definitions(true);
    schemas.insert("Setting".to_owned(), json!({ "anyOf": documents }));
    schemas.values_mut().for_each(tighten);
    schemas
}
