//! The operations as values: what would be sent, made without a network.
//!
//! Each has the name of the [client's](super::OpenCti) method that makes the call.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::core::error::{Error, Result};
use crate::core::operation::{Answer, Draft, Facts, Operation, Repeat, gone_is_done};
use crate::core::paging::Page;
use crate::core::secret::Secret;
use crate::opencti::answers::{
    About, Group, Me, NewToken, Organization, Relation, Role, User, UserSessions,
};
use crate::opencti::errors;
use crate::opencti::ids::{GroupId, OrganizationId, TemplateId, TokenId, UserId};
use crate::opencti::requests::{Edit, ListQuery, NewUser, TokenLife, UserQuery, UserSelector};
use crate::opencti::selection::Selection;

use Repeat::{Idempotent, Once, Safe};

/// The fields of a list's end.
const PAGE: &str = "pageInfo { startCursor endCursor hasNextPage hasPreviousPage globalCount }";

pub(super) fn call<T>(
    id: &'static str,
    repeat: Repeat,
    document: &str,
    variables: &Value,
    read: fn(&Answer) -> Result<T>,
) -> Result<Operation<T>> {
    Draft::post("/graphql")
        .json(&json!({"query": document, "variables": variables}))?
        .operation(Facts::new("opencti", id, "/graphql", repeat), read)
}

/// A part of the answer's data, by the names on the way to it.
fn part<T: DeserializeOwned>(answer: &Answer, way: &[&str]) -> Result<T> {
    let mut part = errors::data(answer)?;
    for name in way {
        part = part
            .get_mut(*name)
            .map(Value::take)
            .ok_or_else(|| Error::unexpected(answer, format!("the answer has no `{name}`")))?;
    }
    answer.part(part)
}

/// A page of a list.
fn page<T: DeserializeOwned>(answer: &Answer, root: &str) -> Result<Page<T>> {
    let mut list: Value = part(answer, &[root])?;
    let Some(Value::Array(edges)) = list.get_mut("edges").map(Value::take) else {
        return Err(Error::unexpected(answer, "the list has no `edges`"));
    };
    let items = edges
        .into_iter()
        .map(|mut edge| answer.part(edge.get_mut("node").map(Value::take).unwrap_or_default()))
        .collect::<Result<Vec<T>>>()?;
    let info = list.get("pageInfo").unwrap_or(&Value::Null);
    let more = info["hasNextPage"].as_bool().unwrap_or(false);
    let cursor = info["endCursor"].as_str().unwrap_or_default();
    if more && cursor.is_empty() {
        return Err(Error::unexpected(
            answer,
            "the list goes on and does not say where",
        ));
    }
    Ok(Page {
        items,
        next: more.then(|| cursor.to_owned()),
        total: info["globalCount"].as_u64(),
        answer: answer.clone(),
    })
}

/// `list_users`: `users`, one page.
pub(super) fn users_page(
    query: &UserQuery,
    after: Option<&str>,
    selection: &Selection,
) -> Result<Operation<Page<User>>> {
    call(
        "list_users",
        Safe,
        &users_document(selection),
        &query.variables(after, true),
        |answer| page(answer, "users"),
    )
}

fn users_document(selection: &Selection) -> String {
    format!(
        "query UserList($first: Int, $after: ID, $orderBy: UsersOrdering, $orderMode: OrderingMode, \
         $filters: FilterGroup, $search: String) {{ users(first: $first, after: $after, orderBy: $orderBy, \
         orderMode: $orderMode, filters: $filters, search: $search) {{ edges {{ node {{ {} }} }} {PAGE} }} }}",
        selection.fields()
    )
}

/// `list_users`: `users`, the page after a cursor.
pub fn list_users(
    query: &UserQuery,
    after: Option<&str>,
    selection: &Selection,
) -> Result<Operation<Vec<User>>> {
    call(
        "list_users",
        Safe,
        &users_document(selection),
        &query.variables(after, true),
        |answer| Ok(page(answer, "users")?.items),
    )
}

/// `read_user`: `user(id)`, or `users` and its first.
pub fn read_user(
    selector: impl Into<UserSelector>,
    selection: &Selection,
) -> Result<Operation<Option<User>>> {
    let query = match selector.into() {
        UserSelector::Id(id) => {
            let document = format!(
                "query UserRead($id: String!) {{ user(id: $id) {{ {} }} }}",
                selection.fields()
            );
            return call("read_user", Safe, &document, &json!({"id": id}), |answer| {
                part(answer, &["user"])
            });
        }
        UserSelector::Filters(filters) => UserQuery::new().filters(filters),
        UserSelector::Search(text) => UserQuery::new().search(text),
    };
    call(
        "read_user",
        Safe,
        &users_document(selection),
        &query.variables(None, true),
        |answer| Ok(page(answer, "users")?.items.into_iter().next()),
    )
}

/// `create_user`: `userAdd`. The user must have a password.
pub fn create_user(new: &NewUser, selection: &Selection) -> Result<Operation<User>> {
    let Some(password) = new.secret() else {
        return Err(Error::config(
            "give the new user a password; the client's own method makes one",
        ));
    };
    let document = format!(
        "mutation UserAdd($input: UserAddInput!) {{ userAdd(input: $input) {{ {} }} }}",
        selection.fields()
    );
    let variables = json!({"input": new.input()});
    let operation = call("create_user", Once, &document, &variables, |answer| {
        part(answer, &["userAdd"])
    })?;
    Ok(operation.hiding(password))
}

/// `delete_user`: `userEdit(id) { delete }`.
pub fn delete_user(id: &UserId) -> Result<Operation<()>> {
    let operation = call(
        "delete_user",
        Idempotent,
        "mutation DeleteUser($id: ID!) { userEdit(id: $id) { delete } }",
        &json!({"id": id}),
        |answer| part::<Value>(answer, &["userEdit", "delete"]).map(drop),
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `me`: `me`.
pub fn me(selection: &Selection) -> Result<Operation<Me>> {
    let document = format!("query Me {{ me {{ {} }} }}", selection.fields());
    call("me", Safe, &document, &json!({}), |answer| {
        part(answer, &["me"])
    })
}

/// `update_user`: `userEdit(id) { fieldPatch }`.
pub fn update_user(id: &UserId, edits: &[Edit], selection: &Selection) -> Result<Operation<User>> {
    let document = format!(
        "mutation UserEdit($id: ID!, $input: [EditInput]!) {{ userEdit(id: $id) {{ fieldPatch(input: $input) {{ {} }} }} }}",
        selection.fields()
    );
    let input: Vec<Value> = edits.iter().map(Edit::input).collect();
    let operation = call(
        "update_user",
        Idempotent,
        &document,
        &json!({"id": id, "input": input}),
        |answer| part(answer, &["userEdit", "fieldPatch"]),
    )?;
    let secrets: Vec<&Secret> = edits.iter().filter_map(Edit::secret).collect();
    Ok(secrets
        .into_iter()
        .fold(operation, |operation, secret| operation.hiding(secret)))
}

/// `add_membership`: `userEdit(id) { relationAdd }` of kind `member-of`.
pub fn add_membership(id: &UserId, group: &GroupId) -> Result<Operation<Relation>> {
    call(
        "add_membership",
        Idempotent,
        "mutation UserEditAddMembership($id: ID!, $group_id: ID!) { userEdit(id: $id) { \
         relationAdd(input: { relationship_type: \"member-of\", toId: $group_id }) { id \
         from { ... on User { id name user_email } } to { ... on Group { id name description } } } } }",
        &json!({"id": id, "group_id": group}),
        |answer| part(answer, &["userEdit", "relationAdd"]),
    )
}

/// `delete_membership`: `userEdit(id) { relationDelete }` of kind `member-of`.
pub fn delete_membership(
    id: &UserId,
    group: &GroupId,
    selection: &Selection,
) -> Result<Operation<User>> {
    let document = format!(
        "mutation UserEditDeleteMembership($id: ID!, $group_id: StixRef!) {{ userEdit(id: $id) {{ \
         relationDelete(toId: $group_id, relationship_type: \"member-of\") {{ {} }} }} }}",
        selection.fields()
    );
    call(
        "delete_membership",
        Idempotent,
        &document,
        &json!({"id": id, "group_id": group}),
        |answer| part(answer, &["userEdit", "relationDelete"]),
    )
}

/// `add_organization`: `userEdit(id) { organizationAdd }`.
pub fn add_organization(
    id: &UserId,
    organization: &OrganizationId,
    selection: &Selection,
) -> Result<Operation<User>> {
    let document = format!(
        "mutation UserEditAddOrganization($id: ID!, $organization_id: ID!) {{ userEdit(id: $id) {{ \
         organizationAdd(organizationId: $organization_id) {{ {} }} }} }}",
        selection.fields()
    );
    call(
        "add_organization",
        Idempotent,
        &document,
        &json!({"id": id, "organization_id": organization}),
        |answer| part(answer, &["userEdit", "organizationAdd"]),
    )
}

/// `delete_organization`: `userEdit(id) { organizationDelete }`.
pub fn delete_organization(
    id: &UserId,
    organization: &OrganizationId,
    selection: &Selection,
) -> Result<Operation<User>> {
    let document = format!(
        "mutation UserEditDeleteOrganization($id: ID!, $organization_id: ID!) {{ userEdit(id: $id) {{ \
         organizationDelete(organizationId: $organization_id) {{ {} }} }} }}",
        selection.fields()
    );
    call(
        "delete_organization",
        Idempotent,
        &document,
        &json!({"id": id, "organization_id": organization}),
        |answer| part(answer, &["userEdit", "organizationDelete"]),
    )
}

/// `create_token`: `userAdminTokenAdd`.
pub fn create_token(id: &UserId, name: &str, life: TokenLife) -> Result<Operation<NewToken>> {
    call(
        "create_token",
        Once,
        "mutation userAdminTokenAdd($userId: ID!, $input: UserTokenAddInput!) { \
         userAdminTokenAdd(userId: $userId, input: $input) { token_id plaintext_token expires_at } }",
        &json!({"userId": id, "input": {"name": name, "duration": life.as_str()}}),
        |answer| part(answer, &["userAdminTokenAdd"]),
    )
}

/// `remove_token`: `userAdminTokenRevoke`.
pub fn remove_token(id: &UserId, token: &TokenId) -> Result<Operation<()>> {
    let operation = call(
        "remove_token",
        Idempotent,
        "mutation userAdminTokenRevoke($userId: ID!, $id: ID!) { userAdminTokenRevoke(userId: $userId, id: $id) }",
        &json!({"userId": id, "id": token}),
        |answer| part::<Value>(answer, &["userAdminTokenRevoke"]).map(drop),
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `send_mail`: `sendUserMail`.
pub fn send_mail(id: &UserId, template: &TemplateId) -> Result<Operation<()>> {
    call(
        "send_mail",
        Once,
        "mutation SendUserMail($input: SendUserMailInput!) { sendUserMail(input: $input) }",
        &json!({"input": {"target_user_id": id, "email_template_id": template}}),
        |answer| part::<Value>(answer, &["sendUserMail"]).map(drop),
    )
}

fn list_document(name: &str, ordering: &str, filtered: bool, fields: &str) -> String {
    let (declared, given) = if filtered {
        ("$filters: FilterGroup, ", "filters: $filters, ")
    } else {
        ("", "")
    };
    format!(
        "query List($first: Int, $after: ID, $orderBy: {ordering}, $orderMode: OrderingMode, {declared}$search: String) {{ \
         {name}(first: $first, after: $after, orderBy: $orderBy, orderMode: $orderMode, {given}search: $search) {{ \
         edges {{ node {{ {fields} }} }} {PAGE} }} }}"
    )
}

/// `groups`: `groups`, one page.
pub(super) fn groups_page(
    query: &ListQuery,
    after: Option<&str>,
) -> Result<Operation<Page<Group>>> {
    let fields = "id name description default_assignation \
        roles { edges { node { id name description capabilities { id name } } } }";
    let document = list_document("groups", "GroupsOrdering", true, fields);
    call(
        "groups",
        Safe,
        &document,
        &query.variables(after, true),
        |answer| page(answer, "groups"),
    )
}

/// `roles`: `roles`, one page.
pub(super) fn roles_page(query: &ListQuery, after: Option<&str>) -> Result<Operation<Page<Role>>> {
    let fields = "id name description capabilities { id name }";
    let document = list_document("roles", "RolesOrdering", false, fields);
    call(
        "roles",
        Safe,
        &document,
        &query.variables(after, false),
        |answer| page(answer, "roles"),
    )
}

/// `organizations`: `organizations`, one page.
pub(super) fn organizations_page(
    query: &ListQuery,
    after: Option<&str>,
) -> Result<Operation<Page<Organization>>> {
    let document = list_document(
        "organizations",
        "OrganizationsOrdering",
        true,
        "id name description",
    );
    call(
        "organizations",
        Safe,
        &document,
        &query.variables(after, true),
        |answer| page(answer, "organizations"),
    )
}

/// `sessions`: `sessions`, of everybody.
pub fn sessions() -> Result<Operation<Vec<UserSessions>>> {
    call(
        "sessions",
        Safe,
        "query Sessions { sessions { user { id name } sessions { id created ttl originalMaxAge } } }",
        &json!({}),
        |answer| Ok(part::<Option<_>>(answer, &["sessions"])?.unwrap_or_default()),
    )
}

/// `user_sessions_kill`: `userSessionsKill`.
pub fn user_sessions_kill(id: &UserId) -> Result<Operation<Vec<String>>> {
    call(
        "user_sessions_kill",
        Idempotent,
        "mutation UserSessionsKill($id: ID!) { userSessionsKill(id: $id) }",
        &json!({"id": id}),
        |answer| Ok(part::<Option<_>>(answer, &["userSessionsKill"])?.unwrap_or_default()),
    )
}

/// `otp_user_deactivation`: `otpUserDeactivation`.
pub fn otp_user_deactivation(id: &UserId) -> Result<Operation<()>> {
    call(
        "otp_user_deactivation",
        Idempotent,
        "mutation OtpUserDeactivation($id: ID!) { otpUserDeactivation(id: $id) { id } }",
        &json!({"id": id}),
        |answer| part::<Value>(answer, &["otpUserDeactivation"]).map(drop),
    )
}

/// `about`: `about { version }`.
pub fn about() -> Result<Operation<About>> {
    call(
        "about",
        Safe,
        "query About { about { version } }",
        &json!({}),
        |answer| part(answer, &["about"]),
    )
}

/// `raw`: any document.
pub fn raw(document: &str, variables: &Value) -> Result<Operation<Value>> {
    let reads = !document.contains("mutation");
    call(
        "raw",
        if reads { Safe } else { Once },
        document,
        variables,
        errors::data,
    )
}
