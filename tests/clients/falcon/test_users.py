"""Users, method by method, field by field, in both generations of the operations."""

from __future__ import annotations

import re
import uuid as uuids
from concurrent.futures import ThreadPoolExecutor

import pytest
from falcon_people import PASSWORD, bad, fresh_uid, good

DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
NOBODY = "11111111-2222-4333-8444-555555555555"


def test_create_shows_everything_that_is_known(falcon, cid):
    uid = fresh_uid("Case")
    made = good(falcon.create_user_mssp(uid=uid, first_name="Ada", last_name="Lovelace", password=PASSWORD), 201)
    assert len(made) == 1
    person = made[0]
    assert DATE.match(person.pop("created_at")) and DATE.match(person.pop("updated_at"))
    assert str(uuids.UUID(person["uuid"])) == person["uuid"]
    assert person == {
        "uuid": person["uuid"],
        "uid": uid.lower(),
        "first_name": "Ada",
        "last_name": "Lovelace",
        "cid": cid,
        "status": "active",
        "factors": [],
        "user_type": "internal",
    }
    read = good(falcon.retrieve_users(ids=[person["uuid"]]))
    assert read[0].items() >= person.items()


def test_create_with_an_address_alone(falcon):
    person = good(falcon.create_user_mssp(uid=fresh_uid("solo")), 201)[0]
    assert person["first_name"] and person["last_name"] == ""


def test_new_people_hold_no_roles(falcon, make_person):
    person = make_person()
    assert good(falcon.get_user_grants(person["uuid"])) == []
    assert good(falcon.get_user_role_ids(user_uuid=person["uuid"])) == []


def test_create_in_a_child(falcon, children):
    child = next(iter(children.values()))
    person = good(falcon.create_user_mssp(cid=child.upper() + "-5F", uid=fresh_uid()), 201)[0]
    assert person["cid"] == child
    bad(falcon.create_user_mssp(cid="f" * 32, uid=fresh_uid()), 403)
    bad(falcon.create_user_mssp(cid="nonsense", uid=fresh_uid()), 400, "cid")


def test_validate_only_makes_nothing(uber):
    uid = fresh_uid()
    checked = uber.command("createUserV1", validate_only=True, body={"uid": uid, "password": PASSWORD})
    assert good(checked, 201) == []
    bad(uber.command("RetrieveUserUUID", uid=uid), 404)
    refused = uber.command("createUserV1", validate_only=True, body={"uid": uid, "password": "short"})
    bad(refused, 400, "password")
    good(uber.command("createUserV1", body={"uid": uid, "password": PASSWORD}), 201)
    bad(uber.command("createUserV1", validate_only=True, body={"uid": uid}), 400, "already exists")


@pytest.mark.parametrize(
    "fields, text",
    [
        ({}, "uid"),
        ({"uid": ""}, "uid"),
        ({"uid": "not an address"}, "uid"),
        ({"uid": "a@b@c"}, "uid"),
        ({"uid": "made-up@usher.invalid"}, "uid"),
        ({"uid": "{fresh}", "password": "short"}, "password"),
        ({"uid": "{fresh}", "password": "password1234"}, "password"),
        ({"uid": "{fresh}", "first_name": "x" * 300}, "first_name"),
        ({"uid": 5}, "uid"),
        ({"uid": "{fresh}", "first_name": ["a"]}, "first_name"),
    ],
)
def test_what_cannot_be_made_is_refused_with_null_resources(falcon, fields, text):
    uid = fresh_uid()
    fields = {name: value.replace("{fresh}", uid) if isinstance(value, str) else value for name, value in fields.items()}
    answer = falcon.create_user_mssp(body=fields)
    bad(answer, 400, text)
    assert answer["body"]["resources"] is None
    assert falcon.retrieve_user_uuid(uid=uid)["status_code"] == 404


def test_an_address_is_taken_once_over_all_customers(falcon, children, make_person):
    person = make_person()
    for cid in (None, next(iter(children.values()))):
        answer = falcon.create_user_mssp(uid=person["uid"].upper(), cid=cid)
        bad(answer, 400, "already exists")
        assert answer["body"]["resources"] is None
    bad(falcon.create_user(uid=person["uid"]), 400, "already exists")


def test_update_changes_names_alone(falcon, make_person):
    person = make_person()
    changed = good(falcon.update_user_mssp(user_uuid=person["uuid"], first_name="Augusta", last_name="King"))
    assert (changed[0]["first_name"], changed[0]["last_name"]) == ("Augusta", "King")
    kept = good(falcon.update_user_mssp(user_uuid=person["uuid"], first_name="Ada"))
    assert (kept[0]["first_name"], kept[0]["last_name"]) == ("Ada", "King")
    body = {"uid": "other@falcon.example.org", "cid": "f" * 32, "password": PASSWORD, "last_name": "Byron"}
    odd = good(falcon.update_user_mssp(parameters={"user_uuid": person["uuid"]}, body=body))
    assert odd[0]["uid"] == person["uid"] and odd[0]["last_name"] == "Byron"
    bad(falcon.update_user_mssp(user_uuid=person["uuid"]), 400, "first_name")
    bad(falcon.update_user_mssp(user_uuid=NOBODY, first_name="x"), 400, f"invalid user uuid='{NOBODY}' specified")
    bad(falcon.update_user_mssp(first_name="x"), 400, "invalid user uuid='' specified")


def test_texts_are_kept_as_sent(falcon):
    names = {"first_name": "Zoë 李", "last_name": "O'Brien-Ñ 🚀"}
    person = good(falcon.create_user_mssp(uid=fresh_uid(), **names), 201)[0]
    assert {name: person[name] for name in names} == names
    quoted = "last_name:'O\\'Brien-Ñ 🚀'+uid:'" + person["uid"] + "'"
    assert good(falcon.query_users(filter=quoted)) == [person["uuid"]]


def test_delete_is_final(falcon, make_person):
    person = make_person()
    deleted = falcon.delete_user_mssp(user_uuid=person["uuid"])
    assert deleted["status_code"] == 200 and "resources" not in deleted["body"]
    bad(falcon.delete_user_mssp(user_uuid=person["uuid"]), 400, "invalid user uuid")
    bad(falcon.delete_user(user_uuid=person["uuid"]), 404)
    assert good(falcon.retrieve_users(ids=[person["uuid"]])) == []
    again = good(falcon.create_user_mssp(uid=person["uid"]), 201)[0]
    assert again["uuid"] != person["uuid"]


def test_legacy_create_read_update_delete(falcon, cid):
    uid = fresh_uid()
    made = good(falcon.create_user(uid=uid, first_name="Ada", last_name="Lovelace", password=PASSWORD), 201)[0]
    assert made == {
        "uuid": made["uuid"],
        "customer": cid,
        "uid": uid,
        "firstName": "Ada",
        "lastName": "Lovelace",
        "status": "active",
    }
    assert good(falcon.retrieve_user(ids=made["uuid"])) == [made]
    assert good(falcon.retrieve_user_uuid(uid=uid)) == [made["uuid"]]
    changed = good(falcon.update_user(user_uuid=made["uuid"], last_name="King"))
    assert changed == [{**made, "lastName": "King"}]
    deleted = falcon.delete_user(user_uuid=made["uuid"])
    assert deleted["status_code"] == 200 and "resources" not in deleted["body"]
    for gone in (
        falcon.delete_user(user_uuid=made["uuid"]),
        falcon.update_user(user_uuid=made["uuid"], last_name="x"),
        falcon.retrieve_user(ids=made["uuid"]),
        falcon.retrieve_user_uuid(uid=uid),
    ):
        bad(gone, 404)
        assert "resources" not in gone["body"]


def test_unknown_ids_among_known_ones(falcon, make_person):
    one, two = make_person(), make_person()
    ids = [two["uuid"], NOBODY, one["uuid"], "nonsense", two["uuid"]]
    assert [user["uuid"] for user in good(falcon.retrieve_users(ids=ids))] == [two["uuid"], one["uuid"]]
    assert [user["uuid"] for user in good(falcon.retrieve_user(ids=ids))] == [two["uuid"], one["uuid"]]
    assert good(falcon.retrieve_users(ids=[NOBODY, "nonsense"])) == []
    uids = [two["uid"], "nobody@falcon.example.org", one["uid"].upper()]
    assert good(falcon.retrieve_user_uuid(uid=uids)) == [two["uuid"], one["uuid"]]
    # A positional text goes out unsplit.
    assert good(falcon.retrieve_user_uuid(f"{one['uid']},{two['uid']}")) == [one["uuid"], two["uuid"]]
    bad(falcon.retrieve_users(body={"ids": []}), 400, "ids")
    bad(falcon.retrieve_users(body={"ids": "x"}), 400, "ids")
    bad(falcon.retrieve_user(), 400, "ids")
    bad(falcon.retrieve_user_uuid(), 400, "uid")


def test_everybody_of_a_customer(owner, falcon, children, make_person):
    child = next(iter(children.values()))
    here, there = make_person(), make_person(cid=child)
    uids, ids = good(falcon.retrieve_emails_by_cid()), good(falcon.retrieve_user_uuids_by_cid())
    assert len(uids) == len(set(uids)) == len(ids) == len(set(ids))
    assert here["uid"] in uids and here["uuid"] in ids
    assert there["uid"] not in uids and there["uuid"] not in ids
    below = owner.users(member_cid=child)
    uids, ids = good(below.retrieve_emails_by_cid()), good(below.retrieve_user_uuids_by_cid())
    assert there["uid"] in uids and there["uuid"] in ids
    assert here["uid"] not in uids and here["uuid"] not in ids


def test_people_without_an_address_are_shown_with_one_made_up(falcon, native):
    robot = native.post("/users", {"login": f"robot-{fresh_uid()}", "kind": "service"})
    shown = good(falcon.retrieve_users(ids=[robot["id"]]))[0]
    assert shown["uid"] == robot["id"].replace("-", "") + "@usher.invalid"
    assert good(falcon.retrieve_user_uuid(uid=shown["uid"])) == [robot["id"]]
    assert good(falcon.query_users(filter=f"uid:'{shown['uid']}'")) == [robot["id"]]
    bad(falcon.user_action(action_name="reset_password", ids=robot["id"]), 400)


def test_actions_are_done_to_all_or_none(falcon, native, make_person):
    one, two = make_person(password=PASSWORD), make_person(password=PASSWORD)

    def signs_in(person) -> bool:
        sent = {"login": person["uid"], "password": PASSWORD}
        return native.session.post(f"{native.url}/api/v1/sign-in", json=sent, timeout=30).ok

    assert signs_in(one) and signs_in(two)
    bad(falcon.user_action(action_name="reset_password", ids=[one["uuid"], NOBODY]), 400)
    bad(falcon.user_action(action_name="dance", ids=[one["uuid"]]), 400, "dance")
    bad(falcon.user_action(action_name="reset_password"), 400, "ids")
    bad(falcon.user_action(body={"ids": [one["uuid"]]}), 400, "action")
    bad(falcon.user_action(action_name="reset_2fa", ids="nonsense"), 400, "invalid user uuid='nonsense' specified")
    assert signs_in(one) and signs_in(two)
    done = falcon.user_action(action_name="reset_password", action_value="x", ids=[one["uuid"], two["uuid"]])
    assert done["status_code"] == 200 and "resources" not in done["body"]
    assert not signs_in(one) and not signs_in(two)
    good(falcon.user_action(action_name="reset_2fa", ids=one["uuid"]))


def test_people_made_elsewhere_show_here_and_the_other_way_round(falcon, native, make_person):
    email = fresh_uid("Native")
    made = native.post("/users", {"email": email, "given_name": "Grace", "family_name": "Hopper"})
    shown = good(falcon.retrieve_users(ids=[made["id"]]))[0]
    assert (shown["uid"], shown["first_name"], shown["last_name"]) == (email.lower(), "Grace", "Hopper")
    native.patch(f"/users/{made['id']}", {"status": "suspended"})
    assert good(falcon.retrieve_users(ids=[made["id"]]))[0]["status"] == "suspended"
    person = make_person(first_name="Joan", last_name="Clarke")
    seen = native.get(f"/users/{person['uuid']}")
    assert (seen["email"], seen["given_name"], seen["family_name"]) == (person["uid"], "Joan", "Clarke")


def test_parallel_creation_of_one_address_makes_one(falcon):
    uid = fresh_uid()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: falcon.create_user_mssp(uid=uid), range(8)))
    assert sorted(answer["status_code"] for answer in answers) == [201] + [400] * 7
    assert len(good(falcon.query_users(filter=f"uid:'{uid}'"))) == 1
