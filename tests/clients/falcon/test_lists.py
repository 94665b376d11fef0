"""Queries: filters that filter, sorts that sort, pages that add up."""

from __future__ import annotations

import pytest
from falcon_people import PASSWORD, bad, fresh_uid, good, numbers


@pytest.fixture(scope="module")
def crowd(falcon, children):
    """Seven people with a family name of their own, two of them below."""
    family = f"Crowd{next(numbers)}"
    child = next(iter(children.values()))
    people = []
    for first, cid in [
        ("Ada", None), ("Bea", None), ("Cleo", None), ("Dora", child), ("Elsa", child), ("ada-mae", None), ("Zoë", None),
    ]:  # fmt: skip
        fields = {"uid": fresh_uid(first.replace("ë", "e")), "first_name": first, "last_name": family, "cid": cid}
        people.append(good(falcon.create_user_mssp(**fields), 201)[0])
    return people


def names(falcon, crowd, **query):
    """First names that a query finds among the crowd, in its order."""
    family = f"last_name:'{crowd[0]['last_name']}'"
    text = query.pop("filter", None)
    whole = f"{family}+({text})" if text else family
    by_id = {person["uuid"]: person["first_name"] for person in crowd}
    return [by_id[found] for found in good(falcon.query_users(filter=whole, **query))]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("first_name:'Ada'", {"Ada"}),
        ("first_name:'ada'", {"Ada"}),
        ("first_name:!'Ada'", {"Bea", "Cleo", "Dora", "Elsa", "ada-mae", "Zoë"}),
        ("first_name:*'*e*a'", {"Bea", "Elsa"}),
        ("first_name:'ada*'", {"Ada", "ada-mae"}),
        ("first_name:!*'*a*'", {"Cleo", "Zoë"}),
        ("first_name:~'MAE ada'", {"ada-mae"}),
        ("first_name:!~'mae'", {"Ada", "Bea", "Cleo", "Dora", "Elsa", "Zoë"}),
        ("first_name:['Ada','Bea']", {"Ada", "Bea"}),
        ("first_name:!['Ada','Bea']", {"Cleo", "Dora", "Elsa", "ada-mae", "Zoë"}),
        ("first_name:>='d'+first_name:<'f'", {"Dora", "Elsa"}),
        ("first_name:'Ada',first_name:'Bea'", {"Ada", "Bea"}),
        ("first_name:'Ada',first_name:'Bea'+first_name:'Cleo'", {"Ada"}),
        ("(first_name:'Ada',first_name:'Bea')+first_name:'Bea'", {"Bea"}),
        ("uid:*'*@falcon.example.org'+first_name:'Ada'", {"Ada"}),
        ("uid:'nobody@falcon.example.org'", set()),
        ("name:~'ada'", {"Ada", "ada-mae"}),
        ("status:'active'+first_name:'Ada'", {"Ada"}),
        ("status:!'active'", set()),
        ("factors:null+first_name:'Ada'", {"Ada"}),
        ("factors:'totp'", set()),
        ("has_temporary_roles:true", set()),
        ("has_temporary_roles:false+first_name:'Ada'", {"Ada"}),
        ("assigned_cids:null+first_name:'Ada'", {"Ada"}),
    ],
)
def test_filters_filter(falcon, crowd, text, expected):
    assert set(names(falcon, crowd, filter=text)) == expected


def test_filters_by_customer(falcon, crowd, cid, children):
    child = next(iter(children.values()))
    assert set(names(falcon, crowd, filter=f"cid:'{child}'")) == {"Dora", "Elsa"}
    assert set(names(falcon, crowd, filter=f"cid:['{child.upper()}-5F','{'f' * 32}']")) == {"Dora", "Elsa"}
    assert len(names(falcon, crowd, filter=f"cid:!'{child}'")) == 5
    assert names(falcon, crowd, filter=f"cid:'{'f' * 32}'") == []
    ada, dora = crowd[0], crowd[3]
    for person, where, until in [(ada, child, None), (dora, child, "2099-01-01T00:00:00Z"), (dora, cid, None)]:
        granted = falcon.user_roles_action(
            action="grant", cid=where, role_ids=["event_viewer"], uuid=person["uuid"], expires_at=until
        )
        good(granted)
    for text, expected in [
        (f"assigned_cids:'{child}'", {"Ada", "Dora"}),
        (f"assigned_cids:['{cid}']", {"Dora"}),
        (f"assigned_cids:!'{child}'", {"Bea", "Cleo", "Elsa", "ada-mae", "Zoë"}),
        (f"direct_assigned_cids:'{child}'", {"Ada", "Dora"}),
        (f"temporarily_assigned_cids:'{child}'", {"Dora"}),
        (f"non_ancestor_assigned_cids:'{child}'", {"Ada"}),
        ("has_temporary_roles:true", {"Dora"}),
        ("has_temporary_roles:!false", {"Dora"}),
    ]:
        assert set(names(falcon, crowd, filter=text)) == expected, text
    assert names(falcon, crowd, sort="has_temporary_roles|desc")[0] == "Dora"
    assert names(falcon, crowd, sort="temporarily_assigned_cids|asc")[-1] == "Dora"
    found = good(falcon.query_users_v2(filter=f"associated_cids:'{child}'+last_name:'{ada['last_name']}'"))
    assert len(found) == 3
    bad(falcon.query_users(filter=f"associated_cids:'{child}'"), 400, "associated_cids")


@pytest.mark.parametrize("property", ["uid", "first_name", "last_name", "name", "created_at"])
def test_sorts_sort(falcon, crowd, property):
    def value(person):
        whole = f"{person['first_name']} {person['last_name']}"
        return {**person, "name": whole}[property].lower().replace("ë", "e")

    by_name = {person["first_name"]: value(person) for person in crowd}
    for direction, reverse in [("", False), ("|asc", False), ("|desc", True), (".desc", True), (".asc", False)]:
        found = [by_name[name] for name in names(falcon, crowd, sort=f"{property}{direction}")]
        assert found == sorted(found, reverse=reverse) and len(found) == 7, direction


@pytest.mark.parametrize("property", ["cid_name", "status", "last_login_at", "temporarily_assigned_cids"])
def test_every_sort_is_known_and_total(falcon, crowd, property):
    assert len(set(names(falcon, crowd, sort=property))) == 7
    assert len(set(names(falcon, crowd, sort=f"{property}|desc"))) == 7


def test_people_are_sorted_by_the_name_of_their_customer(falcon, crowd):
    found = names(falcon, crowd, sort="cid_name|desc"), names(falcon, crowd, sort="cid_name|asc")
    for order in found:
        below = [name in ("Dora", "Elsa") for name in order]
        assert below in ([True] * 2 + [False] * 5, [False] * 5 + [True] * 2)
    assert found[0] != found[1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
def test_pages_add_up(falcon, crowd, limit):
    family = f"last_name:'{crowd[0]['last_name']}'"
    whole = good(falcon.query_users(filter=family, sort="first_name|asc"))
    got = []
    while True:
        answer = falcon.query_users(filter=family, sort="first_name|asc", limit=limit, offset=len(got))
        page = good(answer)
        assert answer["body"]["meta"]["pagination"] == {"offset": len(got), "limit": limit, "total": 7}
        got += page
        if len(got) >= answer["body"]["meta"]["pagination"]["total"]:
            break
        assert len(page) == limit
    assert got == whole
    beyond = falcon.query_users(filter=family, offset=70)
    assert good(beyond) == [] and beyond["body"]["meta"]["pagination"]["total"] == 7


def test_defaults(falcon):
    answer = falcon.query_users()
    pagination = answer["body"]["meta"]["pagination"]
    assert (pagination["offset"], pagination["limit"]) == (0, 100)
    assert len(good(answer)) == min(100, pagination["total"])
    same = falcon.query_users(sort="uid|asc", limit=100, offset=0)
    assert good(same) == good(answer)


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "uid"}, {"filter": "uid:"}, {"filter": "colour:'red'"}, {"filter": "uid:'a'+"}, {"filter": "uid:a"},
        {"filter": "uid:['a'"}, {"filter": "(" * 50}, {"filter": ",".join(["uid:'a'"] * 21)}, {"filter": "cid:*'a*'"},
        {"filter": "uid:'" + "a" * 20_000 + "'"}, {"filter": "uid:>null"}, {"filter": "name:~'!'"},
        {"sort": "colour"}, {"sort": "uid|up"}, {"sort": "password"}, {"sort": "uid|asc,name|asc"},
        {"limit": 0}, {"limit": 501}, {"limit": -1}, {"limit": "x"}, {"offset": -1}, {"offset": "x"},
        {"offset": 10**12},
    ],
    ids=lambda query: str(query)[:40],
)  # fmt: skip
def test_what_is_not_understood_is_refused(falcon, query):
    bad(falcon.query_users(parameters=query), 400)


def test_v1_lists_the_own_people_and_v2_others_too(owner, falcon, native, children, make_person):
    child = next(iter(children.values()))
    person = make_person()
    native.put(f"/organisations/{organisation(native, child)}/members/{person['uuid']}", {})
    below = owner.users(member_cid=child)
    by_uid = f"uid:'{person['uid']}'"
    assert good(below.query_users(filter=by_uid)) == []
    for kind, expected in [(None, [person["uuid"]]), ("external", [person["uuid"]]), ("internal", [])]:
        assert good(below.query_users_v2(filter=by_uid, user_type=kind)) == expected, kind
    shown = good(below.retrieve_users_v2(ids=[person["uuid"]]))[0]
    assert shown["user_type"] == "external" and "cid" not in shown
    assert good(falcon.retrieve_users_v2(ids=[person["uuid"]]))[0]["user_type"] == "internal"
    bad(below.query_users_v2(user_type="alien"), 400, "user_type")


def organisation(native, cid: str) -> str:
    for row in native.all("/organisations"):
        if row["id"].replace("-", "") == cid:
            return row["id"]
    raise AssertionError(cid)


def test_aggregates_count(falcon, crowd, cid, children):
    child = next(iter(children.values()))
    family = f"last_name:'{crowd[0]['last_name']}'"
    by_status = good(falcon.aggregate_users(field="status", name="s", type="terms", size=10, filter=family))
    assert by_status == [{"name": "s", "buckets": [{"label": "active", "count": 7}]}]
    by_cid = good(falcon.aggregate_users_v2(field="cid", name="c", type="terms", filter=family, user_type="internal"))
    assert by_cid == [{"name": "c", "buckets": [{"label": cid, "count": 5}, {"label": child, "count": 2}]}]
    one = good(falcon.aggregate_users(field="cid", name="c", type="terms", size=1, filter=family))
    assert len(one[0]["buckets"]) == 1
    whole = good(falcon.aggregate_users(field="has_temporary_roles", name="t", type="terms", filter=family))
    assert sum(bucket["count"] for bucket in whole[0]["buckets"]) == 7
    assert good(falcon.aggregate_users(field="factors", name="f", type="terms", filter=family))[0]["buckets"] == []
    bad(falcon.aggregate_users(field="password", name="x", type="terms"), 400, "password")
    bad(falcon.aggregate_users(field="status", name="x", type="dance"), 400, "dance")
    bad(falcon.aggregate_users(body=[]), 400)
    bad(falcon.aggregate_users(body=[{"name": "x", "type": "terms", "field": "status"}] * 11), 400)


def test_invitations_are_none(falcon, cid):
    answer = falcon.query_user_invitations(
        filter=f"target_cid:'{cid}'+status:'pending'", sort="created_at.desc", limit=10, offset=0
    )
    assert good(answer) == [] and answer["body"]["meta"]["pagination"] == {"offset": 0, "limit": 10, "total": 0}
    assert good(falcon.get_user_invitations(ids=["22222222-2222-4222-8222-222222222222"])) == []
    bad(falcon.query_user_invitations(filter="colour:'red'"), 400)
