use serde_json::{Value, json};
use usher_platforms::tenable::{IdentityExposure, NewUser, RoleId, User, UserChange};
use usher_platforms::{Change, Result, Secret};

use crate::{maybe, number, text};

fn shown(user: &User) -> Value {
    json!({
        "id": user.id, "name": user.name, "surname": user.surname, "email": user.email,
        "active": user.active, "department": user.department, "roles": user.roles,
    })
}

fn picture(args: &Value) -> Option<Vec<i64>> {
    let numbers = args["picture"].as_array()?;
    Some(numbers.iter().filter_map(Value::as_i64).collect())
}

/// Absent, `null` or a text.
fn change(args: &Value, name: &str) -> Change<String> {
    match args.get(name) {
        None => Change::Keep,
        Some(Value::String(text)) => Change::To(text.clone()),
        Some(_) => Change::Clear,
    }
}

fn new_user(args: &Value) -> NewUser {
    let mut new = NewUser::new(
        text(args, "name"),
        text(args, "email"),
        text(args, "password"),
    );
    if let Some(surname) = maybe(args, "surname") {
        new = new.surname(surname);
    }
    if let Some(department) = maybe(args, "department") {
        new = new.department(department);
    }
    if let Some(biography) = maybe(args, "biography") {
        new = new.biography(biography);
    }
    if let Some(active) = args["active"].as_bool() {
        new = new.active(active);
    }
    if let Some(picture) = picture(args) {
        new = new.picture(picture);
    }
    new
}

fn user_change(args: &Value) -> UserChange {
    let mut to = UserChange::new()
        .surname(change(args, "surname"))
        .department(change(args, "department"))
        .biography(change(args, "biography"));
    if let Some(name) = maybe(args, "name") {
        to = to.name(name);
    }
    if let Some(email) = maybe(args, "email") {
        to = to.email(email);
    }
    if let Some(password) = maybe(args, "password") {
        to = to.password(password);
    }
    if let Some(active) = args["active"].as_bool() {
        to = to.active(active);
    }
    if let Some(picture) = picture(args) {
        to = to.picture(picture);
    }
    to
}

pub(crate) async fn call(
    url: &str,
    key: Secret,
    method: &str,
    args: &Value,
) -> Result<Option<Value>> {
    let tie = IdentityExposure::builder(url).key(key).build()?;
    let secret = |name: &str| Secret::new(text(args, name));
    let value = match method {
        "users" => tie.users().await?.iter().map(shown).collect(),
        "user" => shown(&tie.user(number(args, "id")?).await?),
        "whoami" => json!({"id": tie.whoami().await?.id}),
        "create_users" => tie
            .create_users(&[new_user(args)])
            .await?
            .iter()
            .map(shown)
            .collect(),
        "update_user" => shown(
            &tie.update_user(number(args, "id")?, &user_change(args))
                .await?,
        ),
        "unlock" => shown(&tie.unlock(number(args, "id")?).await?),
        "delete_user" => json!(tie.delete_user(number(args, "id")?).await?),
        "set_user_roles" => {
            let roles = args["roles"].as_array().into_iter().flatten();
            let roles: Vec<RoleId> = roles.filter_map(Value::as_i64).map(RoleId).collect();
            json!(tie.set_user_roles(number(args, "id")?, &roles).await?)
        }
        "change_own_password" => {
            json!(
                tie.change_own_password(&secret("old"), &secret("new"))
                    .await?
            )
        }
        "send_password_mail" => json!(tie.send_password_mail(text(args, "email")).await?),
        "redeem_password_token" => {
            json!(
                tie.redeem_password_token(&secret("token"), &secret("new"))
                    .await?
            )
        }
        "roles" => {
            let roles = tie.roles().await?;
            roles
                .iter()
                .map(|role| json!({"id": role.id, "name": role.name}))
                .collect()
        }
        "about" => json!({"version": tie.about().await?.version}),
        _ => return Ok(None),
    };
    Ok(Some(value))
}
