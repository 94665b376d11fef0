//! The generic reads that every object of knowledge has. Organisations are the only such objects here;
//! any other type is not found.

use directory::{OrganisationField, Predicate, Test};

use super::super::capability;
use super::super::node;
use super::super::resolvers::Answer;
use super::super::templates;
use super::rows::organizations_wanted;
use super::{Session, lists};
use graphql::{Call, Link};

/// `stixDomainObjects`
pub(super) async fn domain_objects(session: &Session, call: &Call<'_>) -> Answer {
    // No requirement of intelligence exists here, so no object answers one.
    if !call.text("pirId").is_empty() {
        return Ok(Link::One(lists::nothing(&node::DOMAIN_OBJECTS)));
    }
    objects(session, call, &node::DOMAIN_OBJECTS).await
}

/// `stixCoreObjects`
pub(super) async fn core_objects(session: &Session, call: &Call<'_>) -> Answer {
    objects(session, call, &node::CORE_OBJECTS).await
}

/// `identities`
pub(super) async fn identities(session: &Session, call: &Call<'_>) -> Answer {
    objects(session, call, &node::IDENTITIES).await
}

async fn objects(
    session: &Session,
    call: &Call<'_>,
    kind: &'static node::ConnectionKind,
) -> Answer {
    if organizations_wanted(call) {
        session.organizations(kind, call, Predicate::All).await
    } else {
        Ok(Link::One(lists::nothing(kind)))
    }
}

/// `securityOrganizations`: those whose people the caller administers.
pub(super) async fn security_organizations(session: &Session, call: &Call<'_>) -> Answer {
    let within = if session.may(capability::SET_ACCESSES) {
        Predicate::All
    } else {
        let own = templates::administered(session).await?;
        let own = own.iter().map(|id| id.0.into());
        Predicate::Is(OrganisationField::Id, Test::OneOf(own.collect()))
    };
    let kind = &node::ORGANIZATIONS;
    session.organizations(kind, call, within).await
}
