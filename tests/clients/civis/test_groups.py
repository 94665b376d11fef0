"""Groups: lists, making and changing, members, shares, and what they bring."""

from __future__ import annotations

import uuid

from civis_people import connect, key_of, make_user, refused, word

SUMMARY = [
    "id", "name", "created_at", "updated_at", "description", "slug", "organization_id", "organization_name",
    "member_count", "total_member_count", "last_updated_by_id", "created_by_id", "members",
]  # fmt: skip
GROUP = [
    *SUMMARY[:10], "default_otp_required_for_login", "role_ids", "default_time_zone", "default_jobs_label",
    "default_notebooks_label", "default_services_label", *SUMMARY[10:],
]  # fmt: skip
MEMBER = ["id", "name", "username", "initials", "online", "email", "primary_group_id", "active"]


def test_every_organisation_has_its_five_groups(client, organisation):
    rows = client.groups.list(organization_id=organisation.id, limit=100)
    name, slug = organisation.name, organisation.slug
    assert {row.name: row.slug for row in rows} == {
        f"{name} Admins": f"{slug}_admins",
        f"{name} Team Admins": f"{slug}_teamadmins",
        f"{name} All Database Users": f"{slug}_dbusers",
        f"{name} Report Viewers": f"{slug}_reportviewers",
        name: slug,
    }
    roles = {row.name: client.groups.get(row.id).role_ids for row in rows}
    assert roles == {
        f"{name} Admins": [18],
        f"{name} Team Admins": [17],
        f"{name} All Database Users": [],
        f"{name} Report Viewers": [11],
        name: [13],
    }
    error = refused(lambda: client.groups.patch(organisation.base.id, name="Other"), 400)
    assert "cannot be changed" in str(error)


def test_made_shown_changed(client, organisation):
    admin = organisation.as_admin
    name = word("Analysts")
    group = admin.groups.post(name)
    assert list(group.json()) == GROUP
    assert (group.name, group.organization_id, group.organization_name) == (name, organisation.id, organisation.name)
    assert str(uuid.UUID(group.slug)) == group.slug, "a slug of its own"
    assert (group.members, group.role_ids, group.member_count, group.total_member_count) == ([], [], 0, 0)
    assert (group.created_by_id, group.description, group.default_time_zone) == (organisation.admin.id, None, None)
    assert admin.groups.get(group.id).json() == group.json()
    # Its creator manages it.
    assert [one.id for one in admin.groups.list_shares(group.id).owners.users] == [organisation.admin.id]
    fields = {
        "description": "Who analyses",
        "slug": word("slug"),
        "default_otp_required_for_login": False,
        "role_ids": [13, 16],
        "default_time_zone": "Europe/Paris",
        "default_jobs_label": "jobs",
        "default_notebooks_label": "notebooks",
        "default_services_label": "services",
    }
    changed = admin.groups.patch(group.id, **fields).json()
    assert {key: changed[key] for key in fields} == fields
    assert changed["name"] == name
    one = admin.groups.patch(group.id, default_jobs_label=None, role_ids=[16]).json()
    assert one["default_jobs_label"] is None and one["role_ids"] == [16]
    assert one["default_services_label"] == "services"
    # PUT replaces: what is not sent is gone.
    whole = admin.groups.put(group.id, f"{name} II").json()
    assert whole["name"] == f"{name} II"
    assert all(whole[key] in (None, []) for key in fields if key != "slug")
    assert whole["slug"] == fields["slug"]


def test_what_is_refused_of_groups(client, organisation):
    admin = organisation.as_admin
    name = word("Group")
    first = admin.groups.post(name, slug=word("slug"))
    for call, status, text in [
        (lambda: admin.groups.post(name), 400, "Name has already been taken"),
        (lambda: admin.groups.post(word("x"), slug=first.slug), 400, "Slug has already been taken"),
        (lambda: admin.groups.post(""), 400, "Name must not be empty"),
        (lambda: admin.groups.post(word("x"), role_ids=[99]), 400, "Role could not be found"),
        # Staff of the vendor alone hands these out.
        (lambda: admin.groups.post(word("x"), role_ids=[2]), 403, "more than you hold"),
        (lambda: admin.groups.post(word("x"), organization_id=1), 400, "Organization could not be found"),
        (lambda: admin.groups.patch(first.id, organization_id=1), 400, "organization cannot be changed"),
        (lambda: admin.groups.patch(first.id, name=None), 400, "name must be given a value"),
        (lambda: admin.groups.get(999_999_999), 404, ""),
        (lambda: organisation.as_user.groups.post(word("x")), 403, ""),
        (lambda: organisation.as_user.groups.patch(first.id, name="x"), 403, ""),
    ]:
        refused(call, status, text)
    assert len(client.groups.list(organization_id=organisation.id, limit=100)) == 6


def test_members(client, organisation):
    admin = organisation.as_admin
    group = admin.groups.post(word("Team"))
    changed = admin.groups.put_members(group.id, organisation.user.id)
    assert [list(member.json()) for member in changed.members] == [MEMBER]
    member = changed.members[0]
    assert (member.id, member.username, member.email) == (
        organisation.user.id, organisation.user.user, organisation.user.email,
    )  # fmt: skip
    assert (member.primary_group_id, member.active) == (organisation.base.id, True)
    assert (changed.member_count, changed.total_member_count) == (1, 1)
    client.users.patch(organisation.user.id, active=False)
    shown = admin.groups.get(group.id)
    assert (shown.member_count, shown.total_member_count, shown.members[0].active) == (0, 1, False)
    client.users.patch(organisation.user.id, active=True)
    assert group.id in {one.id for one in client.users.get(organisation.user.id).groups}
    assert admin.groups.delete_members(group.id, organisation.user.id).json() == {}
    assert admin.groups.get(group.id).members == []
    refused(lambda: admin.groups.delete_members(organisation.base.id, organisation.user.id), 400, "primary group")
    refused(lambda: admin.groups.put_members(group.id, 1), 404)
    refused(lambda: organisation.as_user.groups.put_members(group.id, organisation.user.id), 403)


def test_groups_bring_roles(usher, client, organisation):
    user = make_user(client, organisation.base.id)
    theirs = connect(usher, key_of(client, user.id))
    refused(lambda: theirs.users.patch(organisation.user.id, city="x"), 403)
    client.groups.put_members(organisation.admins.id, user.id)
    assert "org_admin" in theirs.users.list_me().roles
    assert theirs.users.patch(organisation.user.id, city="Lyon").city == "Lyon"
    client.groups.delete_members(organisation.admins.id, user.id)
    refused(lambda: theirs.users.patch(organisation.user.id, city="x"), 403)


def test_lists(client, organisation):
    admin = organisation.as_admin
    mark = word("listed")
    made = [admin.groups.post(f"{mark} {letter}") for letter in "cab"]
    rows = admin.groups.list(query=mark)
    assert [row.name for row in rows] == [f"{mark} {letter}" for letter in "abc"]
    assert list(rows[0].json()) == SUMMARY and rows[0].members == []
    assert [row.id for row in admin.groups.list(query=mark, order="created_at")] == [group.id for group in made]
    assert [row.id for row in admin.groups.list(query=mark, order="created_at", order_dir="desc", limit=1)] == [made[2].id]
    assert [row.name[-1] for row in admin.groups.list(query=mark, limit=2, page_num=2)] == ["c"]
    assert len(list(admin.groups.list(query=mark, limit=2, iterator=True))) == 3
    admin.groups.put_members(made[0].id, organisation.user.id)
    ids = lambda **filters: [row.id for row in admin.groups.list(query=mark, **filters)]  # noqa: E731
    assert ids(user_ids=[organisation.user.id]) == [made[0].id]
    assert ids(organization_id=1) == []
    row = admin.groups.list(query=made[0].name, include_members=True)[0]
    assert [member.json() for member in row.members] == [
        {
            "id": organisation.user.id,
            "name": "Uma User",
            "username": organisation.user.user,
            "initials": "UU",
            "online": None,
        }
    ]
    # What one may do with them.
    user = organisation.as_user
    assert {row.id for row in user.groups.list(query=mark, permission="read")} == {group.id for group in made}
    assert user.groups.list(query=mark, permission="write") == []
    admin.groups.put_shares_users(made[1].id, [organisation.user.id], "write")
    admin.groups.put_shares_users(made[2].id, [organisation.user.id], "manage")
    assert {row.id for row in user.groups.list(query=mark, permission="write")} == {made[1].id, made[2].id}
    assert {row.id for row in user.groups.list(query=mark, permission="manage")} == {made[2].id}
    assert {row.id for row in admin.groups.list(query=mark, permission="manage")} == {group.id for group in made}
    refused(lambda: admin.groups.list(permission="own"), 400, "invalid 'permission' own")


def test_shares(client, organisation):
    admin = organisation.as_admin
    group, other = admin.groups.post(word("Shared")), admin.groups.post(word("Other"))
    admin.groups.delete_shares_users(group.id, organisation.admin.id)
    shares = admin.groups.list_shares(group.id)
    nobody = {"users": [], "groups": []}
    assert shares.json() == {
        "readers": nobody, "writers": nobody, "owners": nobody, "total_user_shares": 0, "total_group_shares": 0,
    }  # fmt: skip
    shares = admin.groups.put_shares_users(
        group.id, [organisation.user.id], "write", share_email_body="hello", send_shared_email=False
    )
    user = {"id": organisation.user.id, "name": "Uma User"}
    assert shares.writers.json() == {"users": [user], "groups": []} and shares.total_user_shares == 1
    # Who may write changes it, and nothing else.
    assert organisation.as_user.groups.patch(group.id, description="mine").description == "mine"
    refused(lambda: organisation.as_user.groups.put_members(group.id, organisation.user.id), 403)
    shares = admin.groups.put_shares_users(group.id, [organisation.user.id], "manage")
    assert shares.writers.json() == nobody and shares.owners.users[0].json() == user
    organisation.as_user.groups.put_members(group.id, organisation.user.id)
    shares = admin.groups.put_shares_groups(group.id, [other.id], "read")
    assert shares.readers.groups[0].json() == {"id": other.id, "name": other.name} and shares.total_group_shares == 1
    children = admin.groups.list_child_groups(other.id).json()
    assert children == {"manageable": [], "writeable": [], "readable": [{"id": group.id, "name": group.name}]}
    admin.groups.delete_shares_groups(group.id, other.id)
    admin.groups.delete_shares_users(group.id, organisation.user.id)
    refused(lambda: admin.groups.delete_shares_users(group.id, organisation.user.id), 404)
    refused(lambda: organisation.as_user.groups.patch(group.id, description="x"), 403)
    refused(lambda: admin.groups.put_shares_users(group.id, [organisation.user.id], "own"), 400, "permission_level")
    refused(lambda: admin.groups.put_shares_users(group.id, [1], "read"), 400, "User could not be found")


def test_what_a_group_gives_its_new_users(client, organisation):
    group = organisation.as_admin.groups.post(
        word("Defaults"), default_time_zone="Europe/Paris", default_otp_required_for_login=True
    )
    user = make_user(client, group.id)
    assert (user.time_zone, user.otp_required_for_login) == ("Europe/Paris", True)
    other = make_user(client, group.id, time_zone="UTC", otp_required_for_login=False)
    assert (other.time_zone, other.otp_required_for_login) == ("UTC", False)


def test_team_administrators_manage_their_team(usher, client, organisation):
    """They change people whose primary group they manage, and nobody else."""
    teams = [group for group in client.groups.list(organization_id=organisation.id, limit=10) if group.name.endswith("Team Admins")]
    lead = make_user(client, organisation.base.id, group_ids=[teams[0].id])
    team = organisation.as_admin.groups.post(word("Team"))
    organisation.as_admin.groups.put_shares_users(team.id, [lead.id], "manage")
    theirs = connect(usher, key_of(client, lead.id))
    assert "team_admin" in theirs.users.list_me().roles
    member = make_user(theirs, team.id, name="Mia Member")
    assert member.organization_slug == organisation.slug and member.my_permission_level == "manage"
    assert theirs.users.patch(member.id, city="Lyon").city == "Lyon"
    assert theirs.users.get(organisation.user.id).my_permission_level == "read"
    refused(lambda: theirs.users.patch(organisation.user.id, city="x"), 403)
    refused(lambda: make_user(theirs, organisation.base.id), 403)
    refused(lambda: theirs.users.list_api_keys(member.id), 403)
    client.users.patch(member.id, account_status="Suspended")
    theirs.users.post_unsuspend(member.id)


def test_organisations_for_administrators(client, native, organisation):
    rows = client.admin.list_organizations()
    row = next(row for row in rows if row.id == organisation.id)
    assert (row.name, row.slug, row.status) == (organisation.name, organisation.slug, "active")
    assert row.advanced_settings.json() == {"dedicated_dj_pool_enabled": False} and row.tableau_refresh_history == []
    kind = word("Kind")
    native.patch(f"/organisations/{organisation.id}", {"kind": kind})
    assert [one.id for one in client.admin.list_organizations(org_type=[kind, "other"])] == [organisation.id]
    assert organisation.id in [one.id for one in client.admin.list_organizations(status=["active", "trial"])]
    assert organisation.id not in [one.id for one in client.admin.list_organizations(status=["inactive"])]
    assert client.admin.list_organizations(status=["trial"]) == []
    refused(lambda: client.admin.list_organizations(status=["gone"]), 400, "invalid 'status' gone")
    refused(lambda: organisation.as_admin.admin.list_organizations(), 403)
