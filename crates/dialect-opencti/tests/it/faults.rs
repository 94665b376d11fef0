//! Every fault of the directory in the vendor's words, and every refusal as it goes over the wire.

use dialect_opencti::errors;
use directory::{Fault, Kind, Permission, Refusal, Standing, Weakness};
use serde_json::{Value, json};

use super::{ask, group_with, opencti, send, stable, token, user};

fn faults() -> Vec<Fault> {
    let refusals = [
        Refusal::Missing,
        Refusal::Unknown,
        Refusal::Address,
        Refusal::Standing(Standing::Inactive),
        Refusal::Standing(Standing::Expired),
        Refusal::SecondFactorNeeded,
        Refusal::SecondFactorWrong,
        Refusal::SecondFactorMissing,
        Refusal::LockedOut,
    ];
    let kinds = [
        Kind::User,
        Kind::Organisation,
        Kind::Membership,
        Kind::Group,
        Kind::Role,
        Kind::Grant,
        Kind::Collection,
        Kind::Key,
        Kind::Session,
        Kind::Record,
        Kind::Job,
        Kind::Token,
        Kind::SecondFactor,
        Kind::Setting,
        Kind::Template,
    ];
    let weaknesses = [
        Weakness::TooShort(12),
        Weakness::TooLong(1_000),
        Weakness::Common,
        Weakness::OwnNames,
        Weakness::Composition,
        Weakness::Unchanged,
    ];
    let mut faults: Vec<Fault> = refusals.map(Fault::Unauthenticated).into();
    faults.extend([
        Fault::Forbidden(Permission::EditUsers),
        Fault::KeyLimit,
        Fault::ExceedsOwn,
        Fault::OutranksCaller,
    ]);
    faults.extend(kinds.map(Fault::NotFound));
    faults.extend([Kind::Group, Kind::Organisation].map(Fault::UnknownReference));
    faults.extend(["email", "login", "name", "slug"].map(|field| Fault::Taken { field }));
    faults.push(Fault::invalid("email", "must have one @"));
    for field in ["display", "given", "family", "filter", "after"] {
        faults.push(Fault::invalid(field, "is too long"));
    }
    faults.extend(weaknesses.map(Fault::WeakPassword));
    faults.extend([Fault::PasswordChangeNeeded, Fault::WrongPassword]);
    faults.extend([Kind::Organisation, Kind::Role].map(Fault::InUse));
    faults.extend([Kind::Group, Kind::Role].map(Fault::Protected));
    faults.extend([
        Fault::LastOwner,
        Fault::Stale,
        Fault::TooMany { retry_after: 700 },
        Fault::Unavailable("busy"),
        Fault::Internal("the secret cause".to_owned()),
    ]);
    faults
}

#[test]
fn every_fault_is_said_in_the_vendors_words() {
    let mut table = String::new();
    for fault in faults() {
        let body = graphql::refused(&errors::refusal(&fault));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let error = &body["errors"][0];
        assert_eq!(body["data"], Value::Null);
        assert_eq!(error["name"], error["extensions"]["code"], "{fault:?}");
        assert!(!error.to_string().contains("secret cause"), "{error}");
        table.push_str(&format!(
            "{fault:?}\n    {} {} {}\n",
            error["name"].as_str().unwrap(),
            error["message"],
            error["extensions"]["data"]
        ));
    }
    insta::assert_snapshot!("faults", table);
}

#[tokio::test]
async fn every_refusal_goes_over_the_wire_as_the_contract_says() {
    let world = opencti().await;
    let before_all = "11111111-2222-4333-8444-555555555555";
    let group = group_with(
        &world,
        "Managers of access",
        &["SETTINGS_SETACCESSES", "APIACCESS_USETOKEN"],
    )
    .await;
    let manager = user(
        &world,
        "Access Manager",
        json!({"groups": [group], "prevent_default_groups": true}),
    )
    .await;
    let manager = token(&world, &manager).await;
    let plain = user(
        &world,
        "Plain Person",
        json!({"password": "correct horse battery"}),
    )
    .await;
    let ordinary = token(&world, &plain).await;
    let fixed = ask(
        &world,
        &world.key,
        "{ me { id groups { edges { node { id } } } } settings { id } groups(orderBy: name, first: 1) { edges { node { id } } } \
         roles(orderBy: name, first: 1) { edges { node { id } } } }",
        json!({}),
    )
    .await;
    let owner = fixed["me"]["id"].clone();
    let administrators = fixed["groups"]["edges"][0]["node"]["id"].clone();
    let administrator = fixed["roles"]["edges"][0]["node"]["id"].clone();
    let acme = ask(
        &world,
        &world.key,
        "mutation { organizationAdd(input: {name: \"Acme\"}) { id } }",
        json!({}),
    )
    .await;
    let acme = acme["organizationAdd"]["id"].clone();
    user(&world, "Acme Person", json!({"objectOrganization": [acme]})).await;
    let before = world.state().await;

    let add = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id } }";
    let patch = "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { id } } }";
    let delete = "mutation ($id: ID!) { userEdit(id: $id) { delete } }";
    let join = "mutation ($id: ID!, $to: ID!) { userEdit(id: $id) { relationAdd(input: {relationship_type: \"member-of\", toId: $to}) { id } } }";
    let list = "query ($filters: FilterGroup, $after: ID) { users(filters: $filters, after: $after) { edges { node { id } } } }";
    let login = "mutation ($input: UserLoginInput!) { token(input: $input) }";
    let own = "mutation ($input: [EditInput]!, $password: String) { meEdit(input: $input, password: $password) { id } }";
    let filter = |key: &str, value: &str, operator: &str| json!({"filters": {"mode": "and", "filters": [{"key": key, "values": [value], "operator": operator}], "filterGroups": []}});
    let edit = |id: &Value, key: &str, value: Value| json!({"id": id, "input": [{"key": key, "value": [value]}]});
    let person = |extra: Value| {
        let mut input = json!({"name": "Ada", "user_email": "ada@example.org"});
        for (key, value) in extra.as_object().unwrap() {
            input[key] = value.clone();
        }
        json!({"input": input})
    };
    let credentials =
        |email: &str, password: &str| json!({"input": {"email": email, "password": password}});
    let nobody = "";
    let owned = world.key.as_str();
    let cases: Vec<(&str, &str, &str, Value)> = vec![
        ("no token", nobody, "{ me { id } }", json!({})),
        (
            "an unknown token",
            "flgrn_octi_tkn_x",
            "{ me { id } }",
            json!({}),
        ),
        (
            "a wrong password",
            nobody,
            login,
            credentials("plain.person@example.org", "wrong"),
        ),
        (
            "an unknown login",
            nobody,
            login,
            credentials("nobody@example.org", "wrong"),
        ),
        (
            "a missing capability",
            &ordinary,
            "{ users { edges { node { id } } } }",
            json!({}),
        ),
        (
            "more than one holds",
            &manager,
            join,
            json!({"id": plain, "to": administrators}),
        ),
        (
            "the account of a superior",
            &manager,
            patch,
            edit(&owner, "password", json!("correct horse battery")),
        ),
        (
            "deleting a superior",
            &manager,
            delete,
            json!({"id": owner}),
        ),
        ("the last owner", owned, delete, json!({"id": owner})),
        (
            "one's own status",
            &ordinary,
            own,
            json!({"input": [{"key": "account_status", "value": ["Active"]}]}),
        ),
        (
            "one's own password",
            &ordinary,
            own,
            json!({"input": [{"key": "password", "value": ["another horse battery"]}], "password": "wrong"}),
        ),
        (
            "a duplicate",
            owned,
            add,
            person(json!({"user_email": "PLAIN.person@example.org"})),
        ),
        ("no address", owned, add, json!({"input": {"name": "Ada"}})),
        (
            "an address that is none",
            owned,
            add,
            person(json!({"user_email": "nonsense"})),
        ),
        ("a short name", owned, add, person(json!({"name": "A"}))),
        (
            "a short password",
            owned,
            add,
            person(json!({"password": "short"})),
        ),
        (
            "a common password",
            owned,
            add,
            person(json!({"password": "password1234"})),
        ),
        (
            "a language that is none",
            owned,
            add,
            person(json!({"language": "tlh"})),
        ),
        (
            "a unit system that is none",
            owned,
            add,
            person(json!({"unit_system": "stones"})),
        ),
        (
            "a status that is none",
            owned,
            add,
            person(json!({"account_status": "Asleep"})),
        ),
        (
            "a date that is none",
            owned,
            add,
            person(json!({"account_lock_after_date": "soon"})),
        ),
        (
            "a confidence out of bounds",
            owned,
            add,
            person(json!({"user_confidence_level": {"max_confidence": 101, "overrides": []}})),
        ),
        (
            "an unknown group",
            owned,
            add,
            person(json!({"groups": [before_all]})),
        ),
        (
            "an unknown organisation",
            owned,
            add,
            person(json!({"objectOrganization": [before_all]})),
        ),
        (
            "an unknown template",
            owned,
            add,
            person(json!({"email_template_id": before_all})),
        ),
        (
            "an unknown field of the input",
            owned,
            add,
            person(json!({"admin": true})),
        ),
        (
            "an unknown user",
            owned,
            patch,
            edit(&json!(before_all), "name", json!("N N")),
        ),
        (
            "an unknown user to delete",
            owned,
            delete,
            json!({"id": before_all}),
        ),
        (
            "an unknown attribute",
            owned,
            patch,
            edit(&plain, "shoe_size", json!("x")),
        ),
        (
            "tokens in a patch",
            owned,
            patch,
            edit(&plain, "api_tokens", json!("x")),
        ),
        (
            "a level without its overrides",
            owned,
            patch,
            edit(
                &plain,
                "user_confidence_level",
                json!({"max_confidence": 5}),
            ),
        ),
        (
            "a part that is not there",
            owned,
            patch,
            json!({"id": plain, "input": [{"key": "user_confidence_level", "object_path": "/user_confidence_level/overrides/3",
                "value": [{"entity_type": "Report", "max_confidence": 5}]}]}),
        ),
        (
            "one's own password without the present one",
            &ordinary,
            own,
            json!({"input": [{"key": "password", "value": ["another horse battery"]}]}),
        ),
        (
            "an unknown organisation to change",
            owned,
            "mutation ($id: ID!) { stixDomainObjectEdit(id: $id) { fieldPatch(input: [{key: \"name\", value: [\"N N\"]}]) { id } } }",
            json!({"id": before_all}),
        ),
        (
            "an unknown attribute of an organisation",
            owned,
            "mutation ($id: ID!) { organizationFieldPatch(id: $id, input: [{key: \"shoe_size\", value: [1]}]) { id } }",
            json!({"id": acme}),
        ),
        (
            "an organisation's name that is taken",
            owned,
            "mutation ($id: ID!) { organizationFieldPatch(id: $id, input: [{key: \"name\", value: [\"Example\"]}]) { id } }",
            json!({"id": acme}),
        ),
        (
            "a code where no second factor is",
            owned,
            "mutation { otpLogin(input: {code: \"123456\"}) }",
            json!({}),
        ),
        (
            "a second factor that was not begun",
            owned,
            "mutation { otpActivation(input: {secret: \"x\", code: \"123456\"}) { id } }",
            json!({}),
        ),
        (
            "a field that is too long to be edited",
            owned,
            "mutation ($id: ID!, $focus: String) { userEdit(id: $id) { contextPatch(input: {focusOn: $focus}) { id } } }",
            json!({"id": plain, "focus": "x".repeat(501)}),
        ),
        (
            "a document that names what is not there",
            owned,
            "query ($id: String!) { reportOfPeople(id: $id) { id } me { shoeSize } users(colour: 1) { edges { node { id } } } }",
            json!({"id": "x"}),
        ),
        (
            "an unknown group to join",
            owned,
            join,
            json!({"id": plain, "to": before_all}),
        ),
        (
            "another relation",
            owned,
            "mutation ($id: ID!) { userEdit(id: $id) { relationAdd(input: {relationship_type: \"has-role\", toId: \"x\"}) { id } } }",
            json!({"id": plain}),
        ),
        (
            "a token of nobody",
            owned,
            "mutation ($id: ID!) { userAdminTokenAdd(userId: $id, input: {name: \"x\"}) { token_id } }",
            json!({"id": before_all}),
        ),
        (
            "a token without a name",
            owned,
            "mutation ($id: ID!) { userAdminTokenAdd(userId: $id, input: {name: \" \"}) { token_id } }",
            json!({"id": plain}),
        ),
        (
            "an unknown token to revoke",
            owned,
            "mutation ($id: ID!, $token: ID!) { userAdminTokenRevoke(userId: $id, id: $token) }",
            json!({"id": plain, "token": before_all}),
        ),
        (
            "an unknown group to delete",
            owned,
            "mutation ($id: ID!) { groupEdit(id: $id) { delete } }",
            json!({"id": before_all}),
        ),
        (
            "the platform's own group",
            owned,
            "mutation ($id: ID!) { groupEdit(id: $id) { delete } }",
            json!({"id": administrators}),
        ),
        (
            "an unknown role to delete",
            owned,
            "mutation ($id: ID!) { roleEdit(id: $id) { delete } }",
            json!({"id": before_all}),
        ),
        (
            "the platform's own role",
            owned,
            "mutation ($id: ID!) { roleEdit(id: $id) { delete } }",
            json!({"id": administrator}),
        ),
        (
            "an unknown capability",
            owned,
            "mutation ($id: ID!, $to: ID!) { roleEdit(id: $id) { relationAdd(input: {relationship_type: \"has-capability\", toId: $to}) { id } } }",
            json!({"id": administrator, "to": before_all}),
        ),
        (
            "an organisation with people",
            owned,
            "mutation ($id: ID!) { stixDomainObjectEdit(id: $id) { delete } }",
            json!({"id": acme}),
        ),
        (
            "an unknown organisation to delete",
            owned,
            "mutation ($id: ID!) { stixDomainObjectEdit(id: $id) { delete } }",
            json!({"id": before_all}),
        ),
        (
            "an administrator who is no member",
            owned,
            "mutation ($id: ID!, $m: String!) { organizationAdminAdd(id: $id, memberId: $m) { id } }",
            json!({"id": acme, "m": plain}),
        ),
        (
            "an unknown session",
            owned,
            "mutation ($id: ID!) { sessionKill(id: $id) }",
            json!({"id": before_all}),
        ),
        (
            "other settings",
            owned,
            "mutation ($id: ID!) { settingsEdit(id: $id) { fieldPatch(input: {key: \"platform_title\", value: \"x\"}) { id } } }",
            json!({"id": before_all}),
        ),
        (
            "a mail to nobody",
            owned,
            "mutation ($id: ID!) { sendUserMail(input: {target_user_id: $id, email_template_id: $id}) }",
            json!({"id": before_all}),
        ),
        (
            "a mail that says nothing",
            owned,
            "mutation ($id: ID!, $t: ID!) { sendUserMail(input: {target_user_id: $id, email_template_id: $t}) }",
            json!({"id": plain, "t": before_all}),
        ),
        (
            "an unknown template to delete",
            owned,
            "mutation ($id: ID!) { emailTemplateDelete(id: $id) }",
            json!({"id": before_all}),
        ),
        (
            "a key of a filter that is none",
            owned,
            list,
            filter("nonsense", "x", "eq"),
        ),
        (
            "an operator that does not fit",
            owned,
            list,
            filter("id", "x", "contains"),
        ),
        (
            "an operator that is none",
            owned,
            list,
            filter("name", "x", "like"),
        ),
        (
            "a date of a filter that is none",
            owned,
            list,
            filter("created_at", "soon", "gt"),
        ),
        (
            "a cursor that is none",
            owned,
            list,
            json!({"after": "nonsense"}),
        ),
        ("a document that does not parse", owned, "{ me ", json!({})),
        (
            "a field that is none",
            owned,
            "{ me { password } }",
            json!({}),
        ),
        (
            "a variable that does not fit",
            owned,
            "query ($n: Int) { users(first: $n) { edges { node { id } } } }",
            json!({"n": "x"}),
        ),
        (
            "a variable that is missing",
            owned,
            "query ($id: String!) { user(id: $id) { id } }",
            json!({}),
        ),
        (
            "two operations",
            owned,
            "query A { me { id } } query B { me { id } }",
            json!({}),
        ),
    ];
    let mut shown = String::new();
    for (what, key, query, variables) in cases {
        world.clock.advance(2_000);
        let reply = match key {
            "" => {
                let body = json!({"query": query, "variables": variables});
                world.post("/opencti/graphql").json(&body).send().await
            }
            key => send(&world, key, query, variables).await,
        };
        assert_eq!(reply.status, 200, "{what}: {}", reply.text);
        let answer = reply.json();
        let error = &answer["errors"][0];
        assert_eq!(
            error["name"], error["extensions"]["code"],
            "{what}: {answer}"
        );
        let name = error["name"].as_str().unwrap_or_default();
        assert!(
            !matches!(name, "" | "INTERNAL_SERVER_ERROR"),
            "{what}: {answer}"
        );
        shown.push_str(&format!("== {what}\n{}\n\n", stable(&reply)));
    }
    insta::assert_snapshot!("refusals", shown);
    // Wrong passwords are told to the trail, and nothing else happened.
    let people = |state: &str| state.rsplit_once(' ').unwrap().0.to_owned();
    assert_eq!(people(&world.state().await), people(&before));
}
