//! Organisations, for administrators of the installation.

use directory::{Operation, OrganisationField, Permission, Position, Predicate, Query, Test};
use kit::{Authenticated, HandlerResult, Pairs};

use crate::errors::Failure;
use crate::fields::{Values, one_of};
use crate::request::{self, success};
use crate::specification::operations as specified;
use crate::themes::everywhere;
use crate::wire;

/// How many organisations are read at a time.
const CHUNK: u32 = 1_000;

/// `GET /admin/organizations`
///
/// Quirk: for the vendor's staff only, which here is who administers the whole installation
/// (civis.md §5).
pub async fn list(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_ORGANIZATIONS;
    let values = request::query(&request, Operation::ListOrganisations, operation, &pairs)?;
    everywhere(&request, Permission::ManageOrganisations)?;
    let mut query = Query {
        predicate: filter(&values)?,
        sort: Some(OrganisationField::Id),
        limit: CHUNK,
        ..Query::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = request.organisations(&query).await?;
        rows.extend(page.items.into_iter().map(shown));
        match page.next {
            Some(next) => query.from = Position::After(next),
            None => break,
        }
    }
    Ok(success(operation, &rows))
}

/// Organisations that are only known, and have no users here, are inactive ones.
fn filter(values: &Values) -> Result<Predicate<OrganisationField>, Failure> {
    let mut predicate = Predicate::All;
    if let Some(states) = values.texts("status") {
        let mut any = Vec::new();
        for state in states {
            match one_of("status", state, &["active", "trial", "inactive"])? {
                "trial" => {}
                state => {
                    let local = Test::Equals((state == "active").into());
                    any.push(Predicate::Is(OrganisationField::Local, local));
                }
            }
        }
        predicate = predicate.and(match any.is_empty() {
            true => Predicate::Nothing,
            false => Predicate::Or(any),
        });
    }
    if let Some(types) = values.texts("org_type") {
        let types = types.into_iter().map(Into::into).collect();
        let test = Test::OneOf(types);
        predicate = predicate.and(Predicate::Is(OrganisationField::Kind, test));
    }
    Ok(predicate)
}

fn shown(organisation: directory::Organisation) -> wire::Organization {
    wire::Organization {
        id: organisation.id.number(),
        name: organisation.name,
        slug: organisation.slug,
        account_manager_id: None,
        cs_specialist_id: None,
        status: if organisation.local {
            "active"
        } else {
            "inactive"
        },
        org_type: organisation.kind,
        custom_branding: None,
        contract_size: None,
        max_analyst_users: None,
        max_report_users: None,
        vertical: organisation.sector,
        cs_metadata: None,
        remove_footer_in_emails: false,
        salesforce_account_id: None,
        tableau_site_id: None,
        fedramp_enabled: false,
        created_by_id: organisation.created_by.map(|id| id.number()),
        last_updated_by_id: organisation.updated_by.map(|id| id.number()),
        advanced_settings: wire::AdvancedSettings::default(),
        tableau_refresh_history: Vec::new(),
    }
}
