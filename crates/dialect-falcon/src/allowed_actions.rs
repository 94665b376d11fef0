//! Which of the roles asked for the caller may grant to a user (falcon.md §4).

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{Operation, Query, Ref, RoleField, RoleId};
use kit::{Authenticated, HandlerResult};

use super::body::{Fields, document};
use super::envelope;
use super::errors::{refused, shortened};
use super::parameters;
use super::users::user_fault;
use super::{customers, map, wire};

/// The most questions in one request.
const MOST: usize = 100;
/// The most roles looked through.
const MOST_ROLES: u32 = 5_000;

/// `POST /user-management/entities/user-allowed-actions/v1`.
///
/// Quirk: the vendor's answer is not public; ours repeats each question with the roles that are left
/// (falcon.md §4).
pub async fn show(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ListRoles, raw).await?;
    let questions = Fields::of(&body)?.objects("allowed_actions", MOST)?;
    let known = Query {
        sort: Some(RoleField::Number),
        limit: MOST_ROLES,
        ..Query::default()
    };
    let known = request.roles(&known).await?.items;
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let action = question.needed("action")?;
        if !matches!(
            action.as_str(),
            "grant" | "revoke" | "assign-role" | "remove-role"
        ) {
            let why = format!("invalid action='{}' specified", shortened(&action));
            return Err(refused(why).into());
        }
        let user = question.text(&["uuid"])?.unwrap_or_default();
        let user = parameters::read_uuid(&user)?;
        let cid = question.text(&["cid"])?;
        let at = customers::named(&request, cid.as_deref()).await?;
        let wanted = question.needed_texts("resource_ids")?;
        let asked: Vec<(String, RoleId)> = wanted
            .into_iter()
            .filter_map(|id| {
                let role = known.iter().find(|role| {
                    map::role_id(role.builtin, &role.word, role.uuid).eq_ignore_ascii_case(&id)
                })?;
                Some((id, role.id))
            })
            .collect();
        let ids: Vec<RoleId> = asked.iter().map(|(_, role)| *role).collect();
        let allowed = request.grantable_roles(&ids, at.id, Some(Ref::Uuid(user)));
        let allowed = allowed.await.map_err(|fault| user_fault(fault, user))?;
        answers.push(wire::AllowedAction {
            action,
            cid: at.cid.shown(),
            uuid: user,
            resource_ids: asked
                .into_iter()
                .filter(|(_, role)| allowed.contains(role))
                .map(|(id, _)| id)
                .collect(),
        });
    }
    Ok(envelope::resources(&request.info, StatusCode::OK, &answers))
}
