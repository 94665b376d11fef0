"""The caller's own settings, activity, administrators and themes."""

from __future__ import annotations

import json

import requests
from civis_people import refused, word

ME = [
    "id", "name", "email", "username", "initials", "last_checked_announcements", "feature_flags", "roles",
    "preferences", "custom_branding", "primary_group_id", "groups", "organization_name", "organization_slug",
    "organization_default_theme_id", "created_at", "sign_in_count", "assuming_role", "assuming_admin",
    "assuming_admin_expiration", "superadmin_mode_expiration", "disable_non_compliant_fedramp_features",
    "persona_role", "created_by_id", "last_updated_by_id",
]  # fmt: skip

TEXTS = """
app_index_order_field app_index_order_dir result_index_order_field result_index_order_dir result_index_type_filter
result_index_author_filter result_index_archived_filter import_index_order_field import_index_order_dir
import_index_type_filter import_index_author_filter import_index_dest_filter import_index_status_filter
import_index_archived_filter export_index_order_field export_index_order_dir export_index_type_filter
export_index_author_filter export_index_status_filter model_index_order_field model_index_order_dir
model_index_author_filter model_index_status_filter model_index_archived_filter model_index_thumbnail_view
script_index_order_field script_index_order_dir script_index_type_filter script_index_author_filter
script_index_status_filter script_index_archived_filter project_index_order_field project_index_order_dir
project_index_author_filter project_index_archived_filter report_index_thumbnail_view project_detail_order_field
project_detail_order_dir project_detail_author_filter project_detail_type_filter project_detail_archived_filter
enhancement_index_order_field enhancement_index_order_dir enhancement_index_author_filter
enhancement_index_archived_filter registration_index_order_field registration_index_order_dir
registration_index_status_filter upgrade_requested welcome_order_field welcome_order_dir welcome_author_filter
welcome_status_filter welcome_archived_filter data_pane_width data_pane_collapsed notebook_order_field
notebook_order_dir notebook_author_filter notebook_archived_filter notebook_status_filter workflow_index_order_field
workflow_index_order_dir workflow_index_author_filter workflow_index_archived_filter service_order_field
service_order_dir service_author_filter service_archived_filter assume_role_history
""".split()
FLAGS = """
civis_explore_skip_intro default_success_notifications_on default_failure_notifications_on my_activity_metrics
ai_sql_assist_disabled
""".split()
DEFAULTS = {"default_success_notifications_on": True, "default_failure_notifications_on": True}


def test_who_one_is(organisation):
    me = organisation.as_user.users.list_me()
    fields = me.json()
    assert list(fields) == ME
    wanted = {
        "name": "Uma User",
        "email": organisation.user.email,
        "username": organisation.user.user,
        "initials": "UU",
        "last_checked_announcements": None,
        "roles": ["standard_user"],
        "preferences": DEFAULTS,
        "custom_branding": None,
        "primary_group_id": organisation.base.id,
        "organization_name": organisation.name,
        "organization_slug": organisation.slug,
        "organization_default_theme_id": None,
        "sign_in_count": 0,
        "assuming_role": False,
        "assuming_admin": False,
        "assuming_admin_expiration": None,
        "superadmin_mode_expiration": None,
        "disable_non_compliant_fedramp_features": False,
        "persona_role": None,
    }
    assert {name: fields[name] for name in wanted} == wanted
    assert [group["id"] for group in fields["groups"]] == [organisation.base.id]
    assert all(isinstance(value, bool) for value in fields["feature_flags"].values())
    assert sorted(organisation.as_admin.users.list_me().roles) == ["org_admin", "standard_user"]


def test_every_preference(organisation):
    users = organisation.as_user.users
    assert len(TEXTS) + len(FLAGS) + 1 == 76
    wanted = {name: f"x {name}" for name in TEXTS} | {name: True for name in FLAGS} | {"preferred_server_id": 7}
    changed = users.patch_me(preferences=wanted, last_checked_announcements="2025-01-02T03:04:05.000Z")
    assert changed.preferences.json() == wanted
    assert changed.last_checked_announcements == "2025-01-02T03:04:05.000Z"
    assert users.list_me().preferences.json() == wanted
    # A change leaves the others as they are.
    users.patch_me(preferences={"welcome_order_dir": "desc"})
    assert users.list_me().preferences.json() == wanted | {"welcome_order_dir": "desc"}
    # Null takes a preference back, whichever it is.
    users.patch_me(preferences={name: None for name in wanted})
    assert users.list_me().preferences.json() == {}
    users.patch_me(preferences={"default_success_notifications_on": False})
    assert users.list_me().preferences.json() == {"default_success_notifications_on": False}


def test_names_of_preferences_in_either_spelling(organisation):
    users = organisation.as_user.users
    users.patch_me(preferences={"aiSQLAssistDisabled": True, "welcomeOrderField": "name"})
    preferences = users.list_me().preferences.json()
    assert preferences == DEFAULTS | {"ai_sql_assist_disabled": True, "welcome_order_field": "name"}


def test_what_is_refused_of_preferences(organisation):
    users = organisation.as_user.users
    before = users.list_me().preferences.json()
    for preferences, text in [
        ({"colour": "red"}, "colour is not known here"),
        ({"preferred_server_id": "seven"}, "preferred_server_id must be an integer"),
        ({"civis_explore_skip_intro": "yes"}, "civis_explore_skip_intro must be true or false"),
        ({"welcome_order_dir": 7}, "welcome_order_dir must be a text"),
        (["welcome_order_dir"], "preferences must be an object"),
        ("welcome_order_dir", "preferences must be an object"),
    ]:
        refused(lambda preferences=preferences: users.patch_me(preferences=preferences), 400, text)
    refused(lambda: users.patch_me(last_checked_announcements="soon"), 400, "must be a date and time")
    assert users.list_me().preferences.json() == before
    assert users.patch_me().preferences.json() == before, "an empty change"


def test_organisation_admins(client, organisation):
    for asking in (organisation.as_user, organisation.as_admin):
        admins = asking.users.list_me_organization_admins()
        assert [list(row.json()) for row in admins] == [["id", "name", "username", "initials", "online", "email"]]
        assert (admins[0].id, admins[0].username) == (organisation.admin.id, organisation.admin.user)
        assert (admins[0].name, admins[0].initials) == ("Adele Admin", "AA")
        assert admins[0].email == organisation.admin.email
    assert client.users.list_me().id in {row.id for row in client.users.list_me_organization_admins()}


def test_activity(client, organisation):
    """What a person did in Usher; whoever did nothing has an empty list."""
    users = organisation.as_user.users
    assert users.list_me_activity() == []
    for status in ("all", "succeeded", "failed", "running"):
        assert users.list_me_activity(status=status, author="1,2", order="name") == []
    assert users.list_me_activity(order="newest") == []
    refused(lambda: users.list_me_activity(status="asleep"), 400, "invalid 'status' asleep")
    refused(lambda: users.list_me_activity(order="oldest"), 400, "invalid 'order' oldest")
    refused(lambda: users.list_me_activity(author="me"), 400, "invalid 'author' me")


def test_themes(client, organisation):
    settings = json.dumps({"colour": "#123456"})
    theme = client.admin.post_themes("Dark", settings, organization_ids=[organisation.id], logo_file_id="12")
    assert list(theme.json()) == ["id", "name", "organization_ids", "settings", "logo_file", "created_at", "updated_at"]
    assert (theme.name, theme.organization_ids, theme.settings) == ("Dark", [organisation.id], settings)
    assert theme.logo_file.json() == {"id": 12, "download_url": None}
    users = organisation.as_user.users
    assert [row.json() for row in users.list_me_themes()] == [
        {name: theme.json()[name] for name in ("id", "name", "created_at", "updated_at")}
    ]
    assert users.get_me_themes(theme.id).json() == theme.json()
    # Others do not see it.
    assert theme.id not in [row.id for row in client.users.list_me_themes()]
    refused(lambda: client.users.get_me_themes(theme.id), 404)
    refused(lambda: users.get_me_themes(999_999_999), 404)
    changed = client.admin.patch_themes(theme.id, name="Darker", logo_file_id=None)
    assert (changed.name, changed.settings, changed.logo_file) == ("Darker", settings, None)
    client.admin.patch_themes(theme.id, organization_ids=[])
    assert users.list_me_themes() == []
    refused(lambda: client.admin.post_themes("Broken", "{"), 400, "settings_json must be JSON")
    refused(lambda: organisation.as_user.admin.post_themes("Mine", "{}"), 403)
    refused(lambda: organisation.as_admin.admin.post_themes("Ours", "{}"), 403)


def test_announcements(client, organisation):
    first, second = word("News"), word("News")
    make = client.admin.post_announcements
    make(first, "Body", released_at="2025-01-02T03:04:05.000Z")
    make(second, "Body")
    make(word("Later"), "Body", released_at="2999-01-01T00:00:00.000Z")
    rows = organisation.as_user.announcements.list()
    ours = [row for row in rows if row.subject in (first, second)]
    assert [row.subject for row in ours] == [second, first], "the newest first, and none before its time"
    assert list(ours[0].json()) == ["id", "subject", "body", "released_at", "created_at", "updated_at"]
    rows = organisation.as_user.announcements.list(order="released_at", order_dir="asc", limit=50)
    assert [row.subject for row in rows if row.subject in (first, second)] == [first, second]
    changed = client.admin.patch_announcements(ours[0].id, body="Other")
    assert (changed.subject, changed.body, changed.released_at) == (second, "Other", ours[0].released_at)
    refused(lambda: organisation.as_admin.admin.post_announcements("x", "y"), 403)


def test_roles(client, organisation):
    rows = organisation.as_user.roles.list()
    assert [row.slug for row in rows] == [
        "sdm", "cstaff", "uc", "gc", "um", "idr", "km", "ogmo", "cesm", "tta", "rv", "agt", "standard_user", "cusviz",
        "mdl", "cusscr", "team_admin", "org_admin",
    ]  # fmt: skip
    assert [row.id for row in rows] == list(range(1, 19))
    assert rows[17].json() == {"id": 18, "name": "Organization Admin", "slug": "org_admin", "description": None}
    assert [row.id for row in client.roles.list(limit=2, page_num=2)] == [3, 4]
    assert [row.id for row in client.roles.list(limit=2, order_dir="desc")] == [18, 17]
    assert [row.id for row in client.roles.list(limit=5, iterator=True)] == list(range(1, 19))


def test_what_is_not_here(usher):
    raw = usher.env["CIVIS_API_ENDPOINT"].rstrip("/")
    auth = (usher.env["CIVIS_API_KEY"], "")
    for path in ("files/1", "jobs/1", "notebooks/1"):
        answer = requests.get(f"{raw}/{path}", auth=auth, timeout=30)
        assert answer.status_code == 404
        assert answer.json()["errorDescription"] == "The requested resource could not be found."
    answer = requests.get(f"{raw}/scripts", auth=auth, timeout=30)
    assert answer.json()["errorDescription"] == "The requested endpoint could not be found."
