//! A round of user administration through misp-client-rs, which is generated from MISP's published description:
//! each call is a line, `ok NAME` or `failed NAME WHY`. What was done is looked at beside the client, since its
//! models do not read all that MISP answers.

use std::fmt::Debug;

use misp_client_rs::apis::configuration::{ApiKey, Configuration};
use misp_client_rs::apis::{
    auth_keys_api, logs_api, organisations_api, servers_api, user_settings_api, users_api,
};
use misp_client_rs::models;
use serde_json::Value;

fn tell<T, E: Debug>(name: &str, answer: Result<T, E>) -> Option<T> {
    match answer {
        Ok(value) => {
            println!("ok {name}");
            Some(value)
        }
        Err(error) => {
            let why = format!("{error:?}").replace('\n', " ");
            println!("failed {name} {why:.300}");
            None
        }
    }
}

fn told(name: &str, holds: bool) {
    println!("{} {name}", if holds { "ok" } else { "failed" });
}

/// What the server has, beside the client.
async fn look(configuration: &Configuration, path: &str) -> Value {
    let url = format!("{}/{path}", configuration.base_path);
    let key = configuration.api_key.as_ref().map(|key| key.key.clone());
    let request = configuration.client.get(url).header("Accept", "application/json");
    let request = request.header("Authorization", key.unwrap_or_default());
    match request.send().await {
        Ok(answer) => answer.json().await.unwrap_or(Value::Null),
        Err(_) => Value::Null,
    }
}

fn find(rows: &Value, model: &str, field: &str, text: &str) -> Option<String> {
    let rows = rows.as_array()?;
    let row = rows.iter().find(|row| row[model][field] == text)?;
    row[model]["id"].as_str().map(str::to_owned)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let configuration = Configuration {
        base_path: variable("MISP_URL").trim_end_matches('/').to_owned(),
        api_key: Some(ApiKey {
            prefix: None,
            key: variable("MISP_KEY"),
        }),
        ..Configuration::default()
    };
    let c = &configuration;
    tell("get_server_version", servers_api::get_server_version(c).await);

    let organisation = models::OrganisationNoId {
        name: Some("Generated".to_owned()),
        sector: Some("tests".to_owned()),
        ..models::OrganisationNoId::default()
    };
    tell("add_organisation", organisations_api::add_organisation(c, Some(organisation)).await);
    let home = find(&look(c, "organisations").await, "Organisation", "name", "Generated");
    told("add_organisation_made_it", home.is_some());
    let home = home.unwrap_or_default();
    tell("get_organisations", organisations_api::get_organisations(c).await);
    tell("get_organisation_by_id", organisations_api::get_organisation_by_id(c, &home).await);
    let change = models::EditOrganisationRequest {
        nationality: Some(Some("Norway".to_owned())),
        ..models::EditOrganisationRequest::default()
    };
    tell("edit_organisation", organisations_api::edit_organisation(c, &home, Some(change)).await);
    let shown = look(c, &format!("organisations/view/{home}")).await;
    told("edit_organisation_changed_it", shown["Organisation"]["nationality"] == "Norway");

    let user = models::UserNoId {
        email: Some("generated@example.org".to_owned()),
        org_id: Some(home.clone()),
        role_id: Some("3".to_owned()),
        ..models::UserNoId::default()
    };
    tell("add_user", users_api::add_user(c, Some(user)).await);
    let id = find(&look(c, "admin/users").await, "User", "email", "generated@example.org");
    told("add_user_made_it", id.is_some());
    let id = id.unwrap_or_default();
    tell("get_users", users_api::get_users(c).await);
    tell("get_user_by_id", users_api::get_user_by_id(c, &id).await);
    let change = models::User {
        autoalert: Some(true),
        ..models::User::default()
    };
    tell("edit_user", users_api::edit_user(c, &id, Some(change)).await);
    let shown = look(c, &format!("admin/users/view/{id}")).await;
    told("edit_user_changed_it", shown["User"]["autoalert"] == true);

    let key = models::AddAuthKeyRequest {
        comment: Some("generated".to_owned()),
        read_only: Some(true),
        ..models::AddAuthKeyRequest::default()
    };
    let made = tell("add_auth_key", auth_keys_api::add_auth_key(c, &id, Some(key)).await);
    told("add_auth_key_reads_its_answer", made.is_some_and(|made| made.auth_key.is_some()));
    let key = find(&look(c, "auth_keys").await, "AuthKey", "comment", "generated").unwrap_or_default();
    tell("get_auth_keys", auth_keys_api::get_auth_keys(c).await);
    tell("get_auth_key_by_id", auth_keys_api::get_auth_key_by_id(c, &key).await);
    let wanted = models::SearchAuthKeysRequest {
        comment: Some("generated".to_owned()),
        ..models::SearchAuthKeysRequest::default()
    };
    let found = tell("search_auth_keys", auth_keys_api::search_auth_keys(c, Some(wanted)).await);
    told("search_auth_keys_finds_one", found.is_some_and(|found| found.len() == 1));
    let change = models::EditAuthKeyRequest {
        comment: Some("changed".to_owned()),
        ..models::EditAuthKeyRequest::default()
    };
    tell("edit_auth_key", auth_keys_api::edit_auth_key(c, &key, Some(change)).await);
    tell("delete_auth_key", auth_keys_api::delete_auth_key(c, &key).await);
    let left = find(&look(c, "auth_keys").await, "AuthKey", "comment", "changed");
    told("delete_auth_key_took_it", left.is_none());

    let name = models::UserSettingName::Homepage;
    let value = models::SetUserSettingRequest {
        path: Some("/users/index".to_owned()),
        ..models::SetUserSettingRequest::default()
    };
    tell("set_user_setting", user_settings_api::set_user_setting(c, "1", name, Some(value)).await);
    tell("get_user_settings", user_settings_api::get_user_settings(c).await);
    tell("get_user_setting_by_name", user_settings_api::get_user_setting_by_name(c, "1", name).await);
    let wanted = models::SearchUserSettingsRequest {
        setting: Some(name),
        ..models::SearchUserSettingsRequest::default()
    };
    tell("search_user_settings", user_settings_api::search_user_settings(c, Some(wanted)).await);
    let wanted = models::GetLogsRequest {
        model_id: Some(id.clone()),
        ..models::GetLogsRequest::default()
    };
    tell("get_logs", logs_api::get_logs(c, Some(wanted)).await);

    tell("delete_user", users_api::delete_user(c, &id).await);
    let left = find(&look(c, "admin/users").await, "User", "email", "generated@example.org");
    told("delete_user_took_it", left.is_none());
    let gone = users_api::get_user_by_id(c, &id).await;
    told("a_missing_user_is_an_error", gone.is_err());
    tell("delete_organisation", organisations_api::delete_organisation(c, &home).await);
}
