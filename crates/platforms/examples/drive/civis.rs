use serde_json::{Value, json};
use usher_platforms::civis::{
    AccountFilter, AccountStatus, ActivityQuery, Civis, Direction, FavoriteQuery, KeyOwner,
    KeyQuery, MeChange, NewApiKey, NewUser, ObjectType, Rank, UserChange, UserDetail, UserId,
    UserQuery,
};
use usher_platforms::{Change, Result, Secret};

use crate::{maybe, members, number, text};

fn shown(user: &UserDetail) -> Value {
    json!({"id": user.id, "name": user.name, "email": user.email, "user": user.user})
}

fn owner(args: &Value) -> KeyOwner {
    match args["id"].as_i64() {
        Some(id) => KeyOwner::User(UserId(id)),
        None => KeyOwner::Me,
    }
}

fn numbers(args: &Value, name: &str) -> Option<Vec<i64>> {
    let items = args[name].as_array()?;
    Some(items.iter().filter_map(Value::as_i64).collect())
}

/// Absent, `null` or a text.
fn change(args: &Value, name: &str) -> Change<String> {
    match args.get(name) {
        None => Change::Keep,
        Some(Value::String(text)) => Change::To(text.clone()),
        Some(_) => Change::Clear,
    }
}

/// Absent, `null` or a truth.
fn switch(args: &Value, name: &str) -> Change<bool> {
    match args.get(name) {
        None => Change::Keep,
        Some(Value::Bool(truth)) => Change::To(*truth),
        Some(_) => Change::Clear,
    }
}

macro_rules! with_fields {
    ($user:ident, $args:ident) => {{
        let mut user = $user
            .city(change($args, "city"))
            .state(change($args, "state"))
            .time_zone(change($args, "time_zone"))
            .initials(change($args, "initials"))
            .department(change($args, "department"))
            .title(change($args, "title"))
            .vpn_enabled(switch($args, "vpn_enabled"))
            .sso_disabled(switch($args, "sso_disabled"))
            .otp_required_for_login(switch($args, "otp_required_for_login"))
            .exempt_from_org_sms_otp_disabled(switch($args, "exempt_from_org_sms_otp_disabled"));
        if let Some(active) = $args["active"].as_bool() {
            user = user.active(active);
        }
        if let Some(prefers) = $args["prefers_sms_otp"].as_bool() {
            user = user.prefers_sms_otp(prefers);
        }
        if let Some(robot) = $args["robot"].as_bool() {
            user = user.robot(robot);
        }
        if let Some(groups) = numbers($args, "group_ids") {
            user = user.groups(groups);
        }
        user
    }};
}

fn new_user(args: &Value) -> Result<NewUser> {
    let group = number(args, "primary_group_id")?;
    let new = NewUser::new(
        text(args, "name"),
        text(args, "email"),
        group,
        text(args, "user"),
    );
    let mut new = with_fields!(new, args);
    if let Some(send) = args["send_email"].as_bool() {
        new = new.send_email(send);
    }
    Ok(new)
}

fn user_change(args: &Value) -> UserChange {
    let to = UserChange::new().phone(change(args, "phone"));
    let mut to = with_fields!(to, args);
    if let Some(name) = maybe(args, "name") {
        to = to.name(name);
    }
    if let Some(email) = maybe(args, "email") {
        to = to.email(email);
    }
    if let Some(group) = args["primary_group_id"].as_i64() {
        to = to.primary_group(group);
    }
    if let Some(password) = maybe(args, "password") {
        to = to.password(password);
    }
    if let Some(status) = maybe(args, "account_status") {
        to = to.account_status(AccountStatus::from(status.to_owned()));
    }
    to
}

fn users(args: &Value) -> UserQuery {
    let mut query = UserQuery::new();
    if let Some(flag) = maybe(args, "feature_flag") {
        query = query.feature_flag(flag);
    }
    query = match text(args, "account_status") {
        "all" => query.account_status(AccountFilter::All),
        "inactive" => query.account_status(AccountFilter::Inactive),
        "active" => query.account_status(AccountFilter::Active),
        _ => query,
    };
    if let Some(text) = maybe(args, "query") {
        query = query.search(text);
    }
    if let Some(id) = args["group_id"].as_i64() {
        query = query.group(id);
    }
    if let Some(ids) = numbers(args, "group_ids") {
        query = query.groups(ids);
    }
    if let Some(id) = args["organization_id"].as_i64() {
        query = query.organization(id);
    }
    if let Some(exclude) = args["exclude_groups"].as_bool() {
        query = query.exclude_groups(exclude);
    }
    if let Some(limit) = limit(args) {
        query = query.limit(limit);
    }
    if let Some(page) = args["page_num"].as_u64() {
        query = query.page_num(page);
    }
    if let Some(order) = maybe(args, "order") {
        query = query.order(order);
    }
    if text(args, "order_dir") == "desc" {
        query = query.order_dir(Direction::Descending);
    }
    query
}

fn limit(args: &Value) -> Option<u32> {
    args["limit"].as_u64().and_then(|it| u32::try_from(it).ok())
}

pub(crate) async fn call(
    url: &str,
    key: Secret,
    method: &str,
    args: &Value,
) -> Result<Option<Value>> {
    let civis = Civis::builder(url).key(key).build()?;
    let value = match method {
        "list_users" => {
            let page = civis.list_users(&users(args)).next_page().await?;
            json!(page.unwrap_or_default().len())
        }
        "create_user" => shown(&civis.create_user(&new_user(args)?).await?),
        "me" => json!({"id": civis.me().await?.id}),
        "update_me" => {
            let mut change = MeChange::new();
            for (name, value) in members(args, "preferences") {
                change = change.preference(name, value.clone());
            }
            json!({"id": civis.update_me(&change).await?.id})
        }
        "my_activity" => {
            let mut query = ActivityQuery::new();
            if let Some(status) = maybe(args, "status") {
                query = query.status(status);
            }
            if let Some(authors) = numbers(args, "authors") {
                query = query.authors(authors);
            }
            if let Some(order) = maybe(args, "order") {
                query = query.order(order);
            }
            json!(civis.my_activity(&query).await?.len())
        }
        "my_organization_admins" => json!(civis.my_organization_admins().await?.len()),
        "my_themes" => json!(civis.my_themes().await?.len()),
        "my_theme" => json!({"id": civis.my_theme(number(args, "id")?).await?.id}),
        "user" => shown(&civis.user(number(args, "id")?).await?),
        "update_user" => shown(
            &civis
                .update_user(number(args, "id")?, &user_change(args))
                .await?,
        ),
        "list_api_keys" => {
            let mut query = KeyQuery::new();
            if let Some(limit) = limit(args) {
                query = query.limit(limit);
            }
            let page = civis.list_api_keys(owner(args), &query).next_page().await?;
            json!(page.unwrap_or_default().len())
        }
        "create_api_key" => {
            let new = NewApiKey::new(text(args, "name"), number(args, "expires_in")?);
            json!({"id": civis.create_api_key(owner(args), &new).await?.key.id})
        }
        "api_key" => json!({"id": civis.api_key(owner(args), number(args, "key")?).await?.id}),
        "revoke_api_key" => {
            json!({"id": civis.revoke_api_key(owner(args), number(args, "key")?).await?.id})
        }
        "delete_sessions" => shown(&civis.delete_sessions(number(args, "id")?).await?),
        "delete_2fa" => shown(&civis.delete_2fa(number(args, "id")?).await?),
        "unsuspend" => {
            civis.unsuspend(number(args, "id")?).await?;
            Value::Null
        }
        "send_access_email" => json!(civis.send_access_email(number(args, "id")?).await?),
        "my_favorites" => {
            let mut query = FavoriteQuery::new();
            if let Some(limit) = limit(args) {
                query = query.limit(limit);
            }
            if let Some(kind) = maybe(args, "object_type") {
                query = query.object_type(ObjectType::from(kind.to_owned()));
            }
            let page = civis.my_favorites(&query).next_page().await?;
            json!(page.unwrap_or_default().len())
        }
        "add_favorite" => {
            let kind = ObjectType::from(text(args, "object_type").to_owned());
            json!({"id": civis.add_favorite(number(args, "object_id")?, kind).await?.id})
        }
        "delete_favorite" => json!(civis.delete_favorite(number(args, "id")?).await?),
        "rank_favorite" => {
            let rank = match text(args, "rank") {
                "top" => Rank::Top,
                "bottom" => Rank::Bottom,
                "higher" => Rank::Higher,
                _ => Rank::Lower,
            };
            json!(civis.rank_favorite(number(args, "id")?, rank).await?)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}
