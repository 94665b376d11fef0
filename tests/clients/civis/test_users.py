"""Users: lists with every filter, making, showing and changing with every field."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from civis_people import connect, key_of, make_user, refused, wait_for, word

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

SUMMARY = [
    "id", "user", "name", "email", "active", "primary_group_id", "groups", "created_at", "current_sign_in_at",
    "updated_at", "last_seen_at", "suspended", "created_by_id", "last_updated_by_id",
]  # fmt: skip
DETAIL = [
    "id", "user", "name", "email", "active", "primary_group_id", "groups", "city", "state", "time_zone", "initials",
    "department", "title", "github_username", "prefers_sms_otp", "vpn_enabled", "sso_disabled",
    "otp_required_for_login", "exempt_from_org_sms_otp_disabled", "sms_otp_allowed", "robot", "phone",
    "organization_slug", "organization_sso_disable_capable", "organization_login_type",
    "organization_sms_otp_disabled", "my_permission_level", "created_at", "updated_at", "last_seen_at", "suspended",
    "created_by_id", "last_updated_by_id", "unconfirmed_email", "account_status",
]  # fmt: skip


def shown(user) -> dict:
    """A user as a plain dictionary, with what changes by the clock left out."""
    fields = user.json()
    for name in ("updated_at", "last_updated_by_id", "last_seen_at"):
        fields.pop(name)
    return fields


def test_made_with_the_least(client, organisation):
    login = word()
    user = client.users.post("Wanda Wire", f"{login}@civis.example.org", organisation.base.id, login)
    assert list(user.json()) == DETAIL
    me = client.users.list_me()
    wanted = {
        "user": login,
        "name": "Wanda Wire",
        "email": f"{login}@civis.example.org",
        "active": True,
        "primary_group_id": organisation.base.id,
        "city": None,
        "state": None,
        "time_zone": "America/Chicago",
        "initials": "WW",
        "department": None,
        "title": None,
        "github_username": None,
        "prefers_sms_otp": True,
        "vpn_enabled": None,
        "sso_disabled": None,
        "otp_required_for_login": None,
        "exempt_from_org_sms_otp_disabled": None,
        "sms_otp_allowed": True,
        "robot": False,
        "phone": None,
        "organization_slug": organisation.slug,
        "organization_sso_disable_capable": False,
        "organization_login_type": "password",
        "organization_sms_otp_disabled": False,
        "my_permission_level": "manage",
        "last_seen_at": None,
        "suspended": False,
        "created_by_id": me.id,
        "last_updated_by_id": me.id,
        "unconfirmed_email": None,
        "account_status": "Active",
    }
    fields = user.json()
    assert {name: fields[name] for name in wanted} == wanted
    assert TIME.match(user.created_at) and TIME.match(user.updated_at)
    group = user.groups[0].json()
    assert group == {
        "id": organisation.base.id,
        "name": organisation.name,
        "slug": organisation.slug,
        "organization_id": organisation.id,
        "organization_name": organisation.name,
    }
    assert client.users.get(user.id).json() == fields


def test_made_with_every_field(client, organisation):
    login = word()
    fields = {
        "active": True,
        "city": "Chicago",
        "state": "IL",
        "time_zone": "America/New_York",
        "initials": "FF",
        "department": "Ops",
        "title": "Analyst",
        "prefers_sms_otp": False,
        "vpn_enabled": True,
        "sso_disabled": False,
        "otp_required_for_login": False,
        "exempt_from_org_sms_otp_disabled": True,
        "robot": False,
    }
    user = client.users.post(
        "Full Fields",
        f"{login}@civis.example.org",
        organisation.base.id,
        login,
        group_ids=[organisation.base.id, organisation.admins.id],
        send_email=False,
        **fields,
    )
    made = user.json()
    assert {name: made[name] for name in fields} == fields
    assert {group.id for group in user.groups} == {organisation.base.id, organisation.admins.id}
    assert client.users.get(user.id).json() == made


def test_made_deactivated_or_as_a_robot(client, organisation):
    user = make_user(client, organisation.base.id, active=False)
    assert (user.active, user.account_status, user.suspended) == (False, "Deactivated", False)
    robot = make_user(client, organisation.base.id, robot=True)
    assert robot.robot is True and client.users.get(robot.id).robot is True


def test_a_welcome_mail_only_when_asked_for(make_usher):
    server = make_usher()
    client = connect(server)
    group = client.users.list_me().primary_group_id
    mails = lambda: sorted((server.data / "mail").glob("*.eml")) if (server.data / "mail").is_dir() else []  # noqa: E731
    before = len(mails())
    make_user(client, group)
    make_user(client, group, send_email=True, email="welcome@civis.example.org")
    wait_for(lambda: len(mails()) == before + 1)
    assert any("welcome@civis.example.org" in mail.read_text() for mail in mails())


def test_what_is_refused_when_making(client, organisation):
    login, group = word(), organisation.base.id
    email = f"{login}@civis.example.org"
    client.users.post("First", email, group, login)
    make = client.users.post
    for arguments, text in [
        (("Dup", f"x{email}", group, login), "User has already been taken"),
        (("Dup", f"x{email}", group, login.upper()), "User has already been taken"),
        (("Dup", email, group, word()), "Email has already been taken"),
        (("", f"y{email}", group, word()), "name can't be blank"),
        (("A", "no address", group, word()), "Email"),
        (("A", f"z{email}", group, ""), "user can't be blank"),
        (("A", f"z{email}", 999_999_999, word()), "Group could not be found"),
        (("A", f"z{email}", "x", word()), "primary_group_id must be an integer"),
        ((5, f"z{email}", group, word()), "name must be a text"),
    ]:
        refused(lambda arguments=arguments: make(*arguments), 400, text)
    with pytest.raises(TypeError):
        make("A", f"z{email}", group)
    with pytest.raises(TypeError):
        make("A", f"z{email}", group, word(), colour="red")


def test_every_field_changes_alone(client, organisation):
    user = make_user(client, organisation.base.id, name="Wanda Wire")
    for name, value in [
        ("name", "Wanda Wired"),
        ("city", "Lyon"),
        ("state", "RA"),
        ("time_zone", "Europe/Paris"),
        ("initials", "XY"),
        ("department", "Sec"),
        ("title", "Lead"),
        ("prefers_sms_otp", False),
        ("vpn_enabled", False),
        ("sso_disabled", True),
        ("otp_required_for_login", True),
        ("exempt_from_org_sms_otp_disabled", False),
        ("phone", "+15550100"),
        ("city", None),
        ("state", None),
        ("department", None),
        ("title", None),
        ("phone", None),
        ("vpn_enabled", None),
        ("sso_disabled", None),
        ("otp_required_for_login", None),
        ("exempt_from_org_sms_otp_disabled", None),
        ("robot", True),
        ("robot", False),
    ]:
        wanted = shown(client.users.get(user.id))
        wanted[name] = value
        changed = client.users.patch(user.id, **{name: value})
        assert shown(changed) == wanted, name
        assert shown(client.users.get(user.id)) == wanted, name


def test_all_fields_at_once(client, organisation):
    user = make_user(client, organisation.base.id)
    changed = client.users.patch(
        user.id, name="Wanda Wired", active=True, primary_group_id=organisation.base.id, city="Lyon", state="RA",
        time_zone="Europe/Paris", initials="WX", department="Sec", title="Lead", prefers_sms_otp=True,
        group_ids=[organisation.base.id], vpn_enabled=False, sso_disabled=False, otp_required_for_login=False,
        exempt_from_org_sms_otp_disabled=False, robot=False, phone="+15550100", password="Correct-Horse-9-Battery",
        account_status="Active",
    )  # fmt: skip
    assert (changed.name, changed.city, changed.time_zone, changed.initials) == ("Wanda Wired", "Lyon", "Europe/Paris", "WX")
    assert "password" not in changed.json()


def test_initials_follow_the_name(client, organisation):
    user = make_user(client, organisation.base.id, name="Wanda Maria Wire")
    assert user.initials == "WM"
    assert client.users.patch(user.id, initials="ZZ").initials == "ZZ"
    assert client.users.patch(user.id, name="Ada Lovelace").initials == "AL"
    assert client.users.patch(user.id, name="Ada King", initials="Q").initials == "Q"


def test_writing_back_what_is_shown_changes_nothing(client, organisation):
    user = client.users.get(make_user(client, organisation.base.id).id)
    back = {
        name: value
        for name, value in user.json().items()
        if name
        in (
            "name", "email", "active", "primary_group_id", "city", "state", "time_zone", "initials", "department",
            "title", "prefers_sms_otp", "vpn_enabled", "sso_disabled", "otp_required_for_login",
            "exempt_from_org_sms_otp_disabled", "robot", "phone", "account_status",
        )
    }  # fmt: skip
    again = client.users.patch(user.id, group_ids=[group.id for group in user.groups], **back)
    assert again.json() == user.json()
    # Nothing was stored either: the initials still follow the name.
    assert client.users.patch(user.id, name="Grace Hopper").initials == "GH"


def test_an_address_waits_for_its_confirmation(client, organisation):
    user = make_user(client, organisation.base.id)
    address = f"new-{user.email}"
    changed = client.users.patch(user.id, email=address)
    assert (changed.email, changed.unconfirmed_email) == (user.email, address)
    again = client.users.patch(user.id, email=user.email)
    assert (again.email, again.unconfirmed_email) == (user.email, None)
    refused(lambda: client.users.patch(user.id, email="nonsense"), 400, "Email")


def test_groups_are_replaced_and_the_primary_one_stays(client, organisation):
    user = make_user(client, organisation.base.id, group_ids=[organisation.admins.id])
    of = lambda shown: {group.id for group in shown.groups}  # noqa: E731
    changed = client.users.patch(user.id, group_ids=[])
    assert of(changed) == {organisation.base.id}
    changed = client.users.patch(user.id, primary_group_id=organisation.admins.id)
    assert changed.primary_group_id == organisation.admins.id
    assert of(changed) == {organisation.base.id, organisation.admins.id}
    changed = client.users.patch(user.id, group_ids=[organisation.admins.id])
    assert of(changed) == {organisation.admins.id}
    refused(lambda: client.users.patch(user.id, group_ids=[999_999_999]), 400, "Group could not be found")
    refused(lambda: client.users.patch(user.id, primary_group_id=999_999_999), 400, "Group could not be found")


def test_a_password_is_checked_and_never_shown(client, organisation):
    user = make_user(client, organisation.base.id)
    refused(lambda: client.users.patch(user.id, password="short"), 400, "Password is too short")
    refused(lambda: client.users.patch(user.id, password="passwordpassword"), 400, "Password")
    assert "password" not in client.users.patch(user.id, password="Correct-Horse-9-Battery").json()


@pytest.mark.parametrize(
    "steps",
    [
        [("Deactivated", "Deactivated", False), ("Active", "Active", True)],
        [("Suspended", "Suspended", True), ("Unsuspended", "Unsuspended", True), ("Active", "Unsuspended", True)],
        [("Suspended", "Suspended", True), ("Active", "Active", True)],
        [("Suspended", "Suspended", True), ("Deactivated", "Deactivated", False), ("Unsuspended", "Deactivated", False)],
        [("Unsuspended", "Active", True), ("Active", "Active", True)],
    ],
)  # fmt: skip
def test_transitions_of_the_account(client, organisation, steps):
    user = make_user(client, organisation.base.id)
    for wanted, status, active in steps:
        changed = client.users.patch(user.id, account_status=wanted)
        assert (changed.account_status, changed.active) == (status, active), wanted
        assert changed.suspended is (status == "Suspended")
        assert client.users.get(user.id).account_status == status


def test_active_is_the_same_as_the_status(client, organisation):
    user = make_user(client, organisation.base.id)
    assert client.users.patch(user.id, active=False).account_status == "Deactivated"
    assert client.users.patch(user.id, active=True).account_status == "Active"
    # Suspended accounts are active, so that they are changes nothing.
    client.users.patch(user.id, account_status="Suspended")
    assert client.users.patch(user.id, active=True).account_status == "Suspended"
    for active, status in [(True, "Deactivated"), (False, "Active"), (False, "Suspended")]:
        refused(lambda: client.users.patch(user.id, active=active, account_status=status), 400, "contradict")
    refused(lambda: client.users.patch(user.id, account_status="Asleep"), 400, "account_status must be one of")


def test_a_suspension_is_lifted_until_the_next_visit(usher, client, organisation):
    user = make_user(client, organisation.base.id)
    theirs = connect(usher, key_of(client, user.id))
    client.users.patch(user.id, account_status="Suspended")
    with pytest.raises(Exception, match="Bearer realm"):
        theirs.users.list_me()
    lifted = client.users.post_unsuspend(user.id)
    assert list(lifted.json()) == ["id", "user", "unlocked_at"]
    assert (lifted.id, lifted.user) == (user.id, user.user) and TIME.match(lifted.unlocked_at)
    assert client.users.get(user.id).account_status == "Unsuspended"
    theirs.users.list_me()
    wait_for(lambda: client.users.get(user.id).account_status == "Active")
    # Nothing to lift: no change.
    before = client.users.get(user.id).json()
    client.users.post_unsuspend(user.id)
    assert client.users.get(user.id).json() == before


def test_sessions_and_second_factor(client, organisation):
    user = make_user(client, organisation.base.id)
    assert client.users.delete_sessions(user.id).id == user.id
    assert client.users.delete_2fa(user.id).id == user.id


def test_access_mail(client, organisation):
    user = make_user(client, organisation.base.id)
    answer = client.users.post_access_email(user.id)
    assert answer.json() == {}
    client.users.patch(user.id, active=False)
    refused(lambda: client.users.post_access_email(user.id), 400, "Status must be active")
    robot = make_user(client, organisation.base.id, robot=True)
    refused(lambda: client.users.post_access_email(robot.id), 400, "Password")


def test_unknown_users(client):
    calls = [
        lambda: client.users.get(999_999_999),
        lambda: client.users.patch(999_999_999, name="x"),
        lambda: client.users.post_unsuspend(999_999_999),
        lambda: client.users.delete_sessions(999_999_999),
        lambda: client.users.delete_2fa(999_999_999),
        lambda: client.users.post_access_email(999_999_999),
        lambda: client.users.list_api_keys(999_999_999),
        lambda: client.users.get("9" * 40),
    ]
    for call in calls:
        refused(call, 404, "The requested resource could not be found.")


class TestLists:
    """Lists of users, of an organisation made once."""

    @pytest.fixture(scope="class")
    def crowd(self, usher, native, client):
        """Twenty-five people in an organisation of their own, by their part of a name."""
        mark = word("crowd")
        native.post("/organisations", {"name": mark})
        base = [group for group in client.groups.list(query=mark, limit=100) if group.name == mark][0]
        people = [
            make_user(client, base.id, user=f"{mark}-{24 - number:02}", name=f"Crowd {number:02} {mark}")
            for number in range(25)
        ]
        return mark, base, people

    def test_rows_are_whole(self, client, crowd):
        mark, base, people = crowd
        row = client.users.list(query=people[0].user)[0]
        assert list(row.json()) == SUMMARY
        detail = client.users.get(people[0].id).json()
        for name in SUMMARY:
            if name != "current_sign_in_at":
                assert row.json()[name] == detail[name], name
        assert row.current_sign_in_at is None

    def test_pages(self, client, crowd):
        mark, _, people = crowd
        first = client.users.list(query=mark)
        assert len(first) == 20, "the vendor's default"
        second = client.users.list(query=mark, page_num=2)
        assert len(second) == 5
        assert client.users.list(query=mark, page_num=3) == []
        every = [row.id for row in client.users.list(query=mark, limit=7, iterator=True)]
        assert every == [row.id for row in first] + [row.id for row in second]
        assert sorted(every) == sorted(person.id for person in people)

    def test_headers_say_where_a_page_stands(self, usher, crowd):
        mark, _, _ = crowd
        raw = connect(usher, return_type="raw").users.list(query=mark, limit=10, page_num=2)
        figures = [raw.headers[f"X-Pagination-{name}"] for name in ("Per-Page", "Current-Page", "Total-Pages", "Total-Entries")]
        assert figures == ["10", "2", "3", "25"]
        assert "X-Pagination-Total-Pages" in raw.headers["Access-Control-Expose-Headers"]
        assert "primaryGroupId" in raw.json()[0]

    def test_orders(self, client, crowd):
        mark, _, _ = crowd
        names = [row.name for row in client.users.list(query=mark, limit=100)]
        assert names == sorted(names)
        names = [row.name for row in client.users.list(query=mark, limit=100, order_dir="desc")]
        assert names == sorted(names, reverse=True)
        users = [row.user for row in client.users.list(query=mark, limit=100, order="user")]
        assert users == sorted(users)
        assert users != [row.user for row in client.users.list(query=mark, limit=100)]

    def test_filters(self, client, native, crowd):
        mark, base, people = crowd
        ids = lambda **filters: {row.id for row in client.users.list(limit=1000, **filters)}  # noqa: E731
        everybody = {person.id for person in people}
        assert ids(query=mark.upper()) == everybody, "without case"
        assert ids(query=people[3].email) == {people[3].id}
        assert people[3].id in ids(query=str(people[3].id)), "the exact number"
        assert ids(query="nobody is called this") == set()
        assert ids(group_id=base.id) == everybody
        assert ids(group_ids=[base.id, 999_999_999]) == everybody
        assert ids(group_ids=[999_999_999]) == set()
        organisation = base.organization_id
        assert ids(organization_id=organisation) == everybody
        assert ids(organization_id=organisation, query=people[0].user) == {people[0].id}
        assert ids(organization_id=999_999_999) == set()
        assert ids(organization_id=organisation, feature_flag="themes_api") == everybody
        assert ids(organization_id=organisation, feature_flag="run_arguments") == set()
        assert ids(feature_flag="unheard of") == set()

    def test_states(self, client, crowd):
        mark, base, people = crowd
        gone, suspended = people[0], people[1]
        client.users.patch(gone.id, active=False)
        client.users.patch(suspended.id, account_status="Suspended")
        try:
            ids = lambda **filters: {row.id for row in client.users.list(query=mark, limit=100, **filters)}  # noqa: E731
            everybody = {person.id for person in people}
            assert ids() == everybody - {gone.id}, "suspended accounts are active"
            assert ids(account_status="active") == everybody - {gone.id}
            assert ids(account_status="inactive") == {gone.id}
            assert ids(account_status="all") == everybody
        finally:
            client.users.patch(gone.id, active=True)
            client.users.patch(suspended.id, account_status="Active")

    def test_groups_can_be_left_out(self, client, crowd):
        mark, base, _ = crowd
        for exclude, wanted in [(None, [base.id]), (False, [base.id]), (True, [])]:
            row = client.users.list(query=mark, exclude_groups=exclude, limit=1)[0]
            assert [group.id for group in row.groups] == wanted, exclude
            assert row.primary_group_id == base.id

    def test_what_is_refused(self, client):
        for filters, text in [
            ({"page_num": 0}, "invalid 'page_num' 0 - must be an integer greater than zero"),
            ({"limit": 0}, "invalid 'limit' 0"),
            ({"order": "email"}, "invalid 'order' email"),
            ({"order_dir": "up"}, "invalid 'order_dir' up"),
            ({"account_status": "asleep"}, "invalid 'account_status' asleep"),
            ({"group_id": 1, "group_ids": [2]}, "invalid 'group_id' 1"),
        ]:
            error = refused(lambda filters=filters: client.users.list(**filters), 400, text)
            assert error._response.json()["error"] == "invalid"

    def test_a_limit_above_the_maximum_is_cut_down(self, client):
        assert len(client.users.list(limit=1_000_000)) > 20


def test_simultaneous_changes_all_count(usher, client, organisation):
    user = make_user(client, organisation.base.id)
    fields = {"city": "Lyon", "state": "RA", "department": "Ops", "title": "Lead", "phone": "1", "vpn_enabled": True}
    with ThreadPoolExecutor(len(fields)) as pool:
        list(pool.map(lambda item: client.users.patch(user.id, **dict([item])), fields.items()))
    changed = client.users.get(user.id).json()
    assert {name: changed[name] for name in fields} == fields


def test_simultaneous_logins_are_made_once(client, organisation):
    login = word()

    def make(number: int):
        try:
            return make_user(client, organisation.base.id, user=login, email=f"{login}-{number}@civis.example.org").id
        except Exception as error:  # noqa: BLE001
            assert "has already been taken" in str(error)
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [one for one in pool.map(make, range(8)) if one]
    assert len(made) == 1
