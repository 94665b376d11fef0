use serde_json::Value;
use usher_platforms::Change;
use usher_platforms::civis::{
    AccountFilter, AccountStatus, ActivityQuery, Constraint, Direction, FavoriteQuery, GroupQuery,
    KeyOwner, KeyQuery, MeChange, NewApiKey, NewUser, ObjectType, Permission, Rank, RoleQuery,
    UserChange, UserId, UserQuery, operations as o,
};

use super::{Ours, Recorded, Rules, compare, our_normal, ours};

const RULES: Rules = Rules {
    null_is_absent: false,
    // The vendor's client sends `{}` with whatever has no body; its own iterator does not.
    empty_body_is_none: |_| true,
};

const RECORDED: &str = include_str!("../../fixtures/civis.json");

/// The call with constraints, whose flags the vendor's client sends as far as they are given.
const CONSTRAINED: &str = "client.users.post_api_keys('me', expires_in=3600, name='constrained'";

/// How a recorded call begins, and why ours differs from it.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "client = civis.APIClient()",
        "the vendor's client reads the specification when it starts; ours needs none",
    ),
    (
        CONSTRAINED,
        "ours writes all flags of a constraint, which are false when they are absent",
    ),
    (
        "$ CIVIS_API_ENDPOINT=http://127.0.0.1:18765/civis civis users patch",
        "the command line writes camelCase; ours writes snake_case, as the library does",
    ),
    ("client.groups.post(", "not offered; `raw` sends it"),
    ("client.groups.patch(", "not offered; `raw` sends it"),
    ("client.groups.put(", "not offered; `raw` sends it"),
    (
        "client.groups.get_child_groups(",
        "not offered; `raw` sends it",
    ),
    ("client.groups.get_shares(", "not offered; `raw` sends it"),
    (
        "client.groups.put_shares_users(",
        "not offered; `raw` sends it",
    ),
    (
        "client.groups.delete_shares_users(",
        "not offered; `raw` sends it",
    ),
    (
        "client.groups.put_shares_groups(",
        "not offered; `raw` sends it",
    ),
    (
        "client.groups.delete_shares_groups(",
        "not offered; `raw` sends it",
    ),
    ("client.announcements.list(", "not offered; `raw` sends it"),
    (
        "client.organizations.list_favorites(",
        "not offered; `raw` sends it",
    ),
    (
        "client.organizations.post_favorites(",
        "not offered; `raw` sends it",
    ),
    (
        "client.organizations.delete_favorites(",
        "not offered; `raw` sends it",
    ),
    (
        "client.admin.list_organizations(",
        "not offered; `raw` sends it",
    ),
];

/// The operations of the vendor's documentation of users: 25 methods, of which four are one of ours.
const SEED: &[&str] = &[
    "list_users",
    "create_user",
    "me",
    "update_me",
    "my_activity",
    "my_organization_admins",
    "my_themes",
    "my_theme",
    "user",
    "update_user",
    "list_api_keys",
    "create_api_key",
    "api_key",
    "revoke_api_key",
    "delete_sessions",
    "delete_2fa",
    "unsuspend",
    "send_access_email",
    "my_favorites",
    "add_favorite",
    "delete_favorite",
    "rank_favorite",
];

/// Those that are reached beside them.
const BESIDE: &[&str] = &[
    "list_groups",
    "group",
    "add_group_member",
    "remove_group_member",
    "list_roles",
];

/// The change of all preferences that was recorded, member by member.
fn preferences(call: &str) -> MeChange {
    let rows: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    let begins = |row: &&Recorded| row.calls[0].starts_with(call);
    let row = rows.iter().find(begins).unwrap();
    let members = row.body["preferences"].as_object().unwrap();
    assert!(members.len() > 60, "all preferences were recorded");
    members
        .iter()
        .fold(MeChange::new(), |change, (name, value)| match value {
            Value::Null => change.remove_preference(name.as_str()),
            value => change.preference(name.as_str(), value.clone()),
        })
}

fn requests() -> Vec<Ours> {
    let user = UserId(307);
    let patched = UserChange::new()
        .name("Wanda Wired")
        .email("w2.94c62f@example.org")
        .active(true)
        .primary_group(31)
        .city("Lyon")
        .state("RA")
        .time_zone("Europe/Paris")
        .initials("WW")
        .department("Sec")
        .title("Lead")
        .prefers_sms_otp(true)
        .groups([31])
        .vpn_enabled(false)
        .sso_disabled(false)
        .otp_required_for_login(false)
        .exempt_from_org_sms_otp_disabled(false)
        .robot(false)
        .phone("+15550100")
        .password("Correct-Horse-9")
        .account_status(AccountStatus::Active);
    let full = NewUser::new("Full Fields", "full.94c62f@example.org", 31, "full_94c62f")
        .active(true)
        .city("Chicago")
        .state("IL")
        .time_zone("America/New_York")
        .initials("FF")
        .department("Ops")
        .title("Analyst")
        .prefers_sms_otp(false)
        .groups([31])
        .vpn_enabled(true)
        .sso_disabled(true)
        .otp_required_for_login(true)
        .exempt_from_org_sms_otp_disabled(true)
        .robot(false)
        .send_email(false);
    let by_name = |page| UserQuery::new().limit(2).page_num(page).order("name");
    let favorites = |page| FavoriteQuery::new().limit(2).page_num(page);
    let moment = "2025-01-02T03:04:05Z".parse().unwrap();
    let me = KeyOwner::Me;
    vec![
        ours(o::me()),
        ours(o::create_user(&NewUser::new(
            "Wanda Wire",
            "wanda.94c62f@example.org",
            31,
            "wanda_94c62f",
        ))),
        ours(o::create_user(&NewUser::new(
            "Dup",
            "dup.94c62f@example.org",
            31,
            "wanda_94c62f",
        ))),
        ours(o::create_user(&full)),
        ours(o::user(user)),
        ours(o::user(999_999_999.into())),
        ours(o::user(1.into())),
        ours(o::list_users(&UserQuery::new())),
        ours(o::list_users(
            &UserQuery::new()
                .feature_flag("themes_api")
                .account_status(AccountFilter::All)
                .search("wanda")
                .group(31)
                .organization(4)
                .exclude_groups(true)
                .limit(5)
                .page_num(2)
                .order("user")
                .order_dir(Direction::Descending),
        )),
        ours(o::list_users(
            &UserQuery::new().groups([31, 32]).exclude_groups(false),
        )),
        ours(o::list_users(&by_name(1))),
        ours(o::list_users(&by_name(2))),
        ours(o::list_users(&by_name(3))),
        ours(o::list_users(&UserQuery::new().page_num(0))),
        ours(o::list_users(&UserQuery::new().limit(2))),
        ours(o::update_user(user, &patched)),
        ours(o::update_user(user, &UserChange::new().city(Change::Clear))),
        ours(o::update_user(
            user,
            &UserChange::new().account_status(AccountStatus::Suspended),
        )),
        ours(o::update_user(1.into(), &UserChange::new().name("a"))),
        ours(o::unsuspend(user)),
        ours(o::unsuspend(1.into())),
        ours(o::delete_sessions(user)),
        ours(o::delete_2fa(user)),
        ours(o::delete_2fa(1.into())),
        ours(o::send_access_email(user)),
        ours(o::update_me(
            &preferences("client.users.patch_me(preferences={'").last_checked_announcements(moment),
        )),
        ours(o::update_me(&preferences(
            "client.users.patch_me(preferences={k",
        ))),
        ours(o::my_activity(
            &ActivityQuery::new()
                .status("succeeded")
                .authors([101, 102])
                .order("newest"),
        )),
        ours(o::my_organization_admins()),
        ours(o::my_themes()),
        ours(o::my_theme(1.into())),
        ours(o::create_api_key(me, &NewApiKey::new("recorder", 3600))),
        ours(o::create_api_key(
            user,
            &NewApiKey::new("for another", 3600),
        )),
        ours(o::list_api_keys(
            me,
            &KeyQuery::new()
                .limit(10)
                .page_num(1)
                .order("id")
                .order_dir(Direction::Ascending),
        )),
        ours(o::list_api_keys(me, &KeyQuery::new().page_num(1))),
        ours(o::list_api_keys(me, &KeyQuery::new().page_num(2))),
        ours(o::api_key(me, 591.into())),
        ours(o::revoke_api_key(me, 591.into())),
        ours(o::add_favorite(11, &ObjectType::Project)),
        ours(o::add_favorite(12, &ObjectType::Workflow)),
        ours(o::add_favorite(13, &ObjectType::SqlScript)),
        ours(o::my_favorites(
            &FavoriteQuery::new()
                .object(11, ObjectType::Project)
                .limit(10)
                .page_num(1)
                .order("position")
                .order_dir(Direction::Ascending),
        )),
        ours(o::my_favorites(&favorites(1))),
        ours(o::my_favorites(&favorites(2))),
        ours(o::my_favorites(&favorites(3))),
        ours(o::rank_favorite(26.into(), Rank::Top)),
        ours(o::rank_favorite(26.into(), Rank::Bottom)),
        ours(o::rank_favorite(25.into(), Rank::Higher)),
        ours(o::rank_favorite(25.into(), Rank::Lower)),
        ours(o::delete_favorite(24.into())),
        ours(o::list_groups(
            &GroupQuery::new()
                .search("def")
                .permission(Permission::Manage)
                .include_members(true)
                .organization(4)
                .users([307])
                .limit(10)
                .page_num(1)
                .order("created_at")
                .order_dir(Direction::Descending),
        )),
        ours(o::group(43.into())),
        ours(o::add_group_member(43.into(), user)),
        ours(o::remove_group_member(43.into(), user)),
        ours(o::list_roles(
            &RoleQuery::new()
                .limit(50)
                .page_num(1)
                .order("id")
                .order_dir(Direction::Ascending),
        )),
    ]
}

#[test]
fn requests_equal_those_of_the_vendors_client() {
    let met = compare(RECORDED, &RULES, &requests(), DIFFERENCES);
    for id in SEED.iter().chain(BESIDE) {
        assert!(met.contains(id), "{id} was not recorded");
    }
}

#[test]
fn absent_flags_of_a_constraint_are_false() {
    const FLAGS: &[&str] = &["get", "head", "post", "put", "patch", "delete"];
    let rows: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    let mut row = rows
        .into_iter()
        .find(|row| row.calls[0].starts_with(CONSTRAINED))
        .unwrap();
    for constraint in row.body["constraints"].as_array_mut().unwrap() {
        let members = constraint.as_object_mut().unwrap();
        for flag in FLAGS {
            members
                .entry(format!("{flag}_allowed"))
                .or_insert(Value::Bool(false));
        }
    }
    let theirs = row.normal(&RULES);
    let constraints = theirs.body["constraints"].as_array().unwrap();
    let new = constraints
        .iter()
        .fold(NewApiKey::new("constrained", 3600), |new, recorded| {
            new.constraint(constraint(recorded))
        });
    let (_, request) = ours(o::create_api_key(KeyOwner::Me, &new));
    assert_eq!(our_normal(&request, &RULES), theirs);
}

fn constraint(recorded: &Value) -> Constraint {
    let path = recorded["constraint"].as_str().unwrap_or_default();
    let mut constraint = match recorded["constraint_type"].as_str().unwrap() {
        "exact" => Constraint::exact(path),
        "prefix" => Constraint::prefix(path),
        "regex" => Constraint::regex(path),
        _ => Constraint::any_path(),
    };
    let allowed = |flag: &str| recorded[format!("{flag}_allowed")] == true;
    constraint.get_allowed = allowed("get");
    constraint.head_allowed = allowed("head");
    constraint.post_allowed = allowed("post");
    constraint.put_allowed = allowed("put");
    constraint.patch_allowed = allowed("patch");
    constraint.delete_allowed = allowed("delete");
    constraint
}
