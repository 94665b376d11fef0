use serde_json::{Value, json};
use usher_platforms::opencti::{
    AccountStatus, Confidence, Edit, Filter, FilterGroup, GroupId, NewUser, OpenCti,
    OrganizationId, TemplateId, TokenId, TokenLife, User, UserId, UserQuery, UserSelector,
};
use usher_platforms::{Error, Result, Secret};

use crate::{maybe, members, text};

fn shown(user: &User) -> Value {
    json!({
        "id": user.id, "name": user.name, "user_email": user.user_email,
        "account_status": user.account_status.as_ref().map(AccountStatus::as_str),
        "groups": user.groups.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(),
    })
}

fn texts(args: &Value, name: &str) -> Vec<String> {
    let items = args[name].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn new_user(args: &Value) -> Result<NewUser> {
    let mut new = NewUser::new(text(args, "name"), text(args, "user_email"));
    let flag = |name: &str| args[name].as_bool().unwrap_or_default();
    if let Some(password) = maybe(args, "password") {
        new = new.password(password);
    }
    for (name, set) in [
        (
            "firstname",
            NewUser::firstname as fn(NewUser, String) -> NewUser,
        ),
        ("lastname", NewUser::lastname),
        ("description", NewUser::description),
        ("language", NewUser::language),
        ("theme", NewUser::theme),
        ("unit_system", NewUser::unit_system),
    ] {
        if let Some(text) = maybe(args, name) {
            new = set(new, text.to_owned());
        }
    }
    if let Some(status) = maybe(args, "account_status") {
        new = new.status(&AccountStatus::from(status.to_owned()));
    }
    if let Some(at) = maybe(args, "account_lock_after_date") {
        let at = at.parse().map_err(|_| Error::Config("no time".into()))?;
        new = new.lock_after(at);
    }
    if args["groups"].is_array() {
        let ids: Vec<GroupId> = texts(args, "groups")
            .into_iter()
            .map(GroupId::from)
            .collect();
        new = new.groups(ids);
    }
    if args["objectOrganization"].is_array() {
        let ids: Vec<_> = texts(args, "objectOrganization")
            .into_iter()
            .map(OrganizationId::from)
            .collect();
        new = new.organizations(ids);
    }
    if let Some(max) = args["confidence"]
        .as_u64()
        .and_then(|max| u8::try_from(max).ok())
    {
        new = new.confidence(Confidence::new(max));
    }
    Ok(new
        .submenu_show_icons(flag("submenu_show_icons"))
        .submenu_auto_collapse(flag("submenu_auto_collapse"))
        .monochrome_labels(flag("monochrome_labels"))
        .service_account(flag("user_service_account")))
}

fn query(args: &Value) -> UserQuery {
    let mut query = UserQuery::new();
    if let Some(size) = args["first"]
        .as_u64()
        .and_then(|size| u32::try_from(size).ok())
    {
        query = query.page_size(size);
    }
    if let Some(text) = maybe(args, "search") {
        query = query.search(text);
    }
    if let Some(field) = maybe(args, "orderBy") {
        query = query.order_by(field);
    }
    if text(args, "orderMode") == "desc" {
        query = query.descending();
    }
    if let Some(email) = maybe(args, "user_email") {
        query = query.filters(by_email(email));
    }
    query
}

fn by_email(email: &str) -> FilterGroup {
    FilterGroup::all().filter(Filter::equals("user_email", [email]))
}

pub(crate) async fn call(
    url: &str,
    token: Secret,
    method: &str,
    args: &Value,
) -> Result<Option<Value>> {
    let mut opencti = OpenCti::builder(url).token(token).build()?;
    if let Some(fields) = maybe(args, "select") {
        opencti = opencti.select(fields);
    }
    if args["tokens"] == true {
        opencti = opencti.with_tokens();
    }
    if args["sessions"] == true {
        opencti = opencti.with_sessions();
    }
    let id = UserId::new(text(args, "id"));
    let group = GroupId::new(text(args, "group"));
    let organization = OrganizationId::new(text(args, "organization"));
    let value = match method {
        "list_users" => {
            let page = opencti.list_users(&query(args)).next_page().await?;
            page.unwrap_or_default().iter().map(shown).collect()
        }
        "all_users" => opencti
            .list_users(&query(args))
            .all()
            .await?
            .iter()
            .map(shown)
            .collect(),
        "read_user" => {
            let which = match (maybe(args, "user_email"), maybe(args, "search")) {
                (Some(email), _) => UserSelector::Filters(by_email(email)),
                (None, Some(text)) => UserSelector::Search(text.to_owned()),
                (None, None) => UserSelector::Id(id),
            };
            opencti
                .read_user(which)
                .await?
                .as_ref()
                .map_or(Value::Null, shown)
        }
        "create_user" => shown(&opencti.create_user(&new_user(args)?).await?),
        "delete_user" => json!(opencti.delete_user(&id).await?),
        "me" => json!({"id": opencti.me().await?.id}),
        "update_user" => {
            let edits: Vec<Edit> = members(args, "members")
                .map(|(name, value)| Edit::set(name, value.clone()))
                .collect();
            shown(&opencti.update_user(&id, &edits).await?)
        }
        "add_membership" => json!({"id": opencti.add_membership(&id, &group).await?.id}),
        "delete_membership" => shown(&opencti.delete_membership(&id, &group).await?),
        "add_organization" => shown(&opencti.add_organization(&id, &organization).await?),
        "delete_organization" => shown(&opencti.delete_organization(&id, &organization).await?),
        "create_token" => {
            let life = match text(args, "life") {
                "DAYS_30" => TokenLife::Days30,
                _ => TokenLife::Unlimited,
            };
            json!({"id": opencti.create_token(&id, text(args, "name"), life).await?.id})
        }
        "remove_token" => {
            json!(
                opencti
                    .remove_token(&id, &TokenId::new(text(args, "token")))
                    .await?
            )
        }
        "send_mail" => {
            json!(
                opencti
                    .send_mail(&id, &TemplateId::new(text(args, "template")))
                    .await?
            )
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}
