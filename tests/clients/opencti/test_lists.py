"""Lists of users: filters, searches, orders and pages."""

import concurrent.futures

import pytest

from .conftest import failure, named, where


@pytest.fixture(scope="module")
def crowd(client):
    """Thirty people whose names and addresses begin alike, in a known order."""
    made = []
    for number in range(30):
        made.append(
            client.user.create(
                name=f"Crowd Member {number:02}",
                user_email=f"crowd-{29 - number:02}@lists.example.org",
                firstname=f"First{number % 3}",
                lastname=f"Last{number:02}",
                language="fr-fr" if number % 2 else "auto",
                account_status="Inactive" if number % 10 == 0 else "Active",
                user_service_account=number == 7,
            )
        )
    return made


MEMBERS = where("user_email", "@lists.example.org", operator="ends_with")


def both(*groups):
    return {"mode": "and", "filters": [], "filterGroups": list(groups)}


def names(users):
    return [user["name"] for user in users]


def numbers(users):
    return [int(user["name"].split()[-1]) for user in users]


@pytest.mark.parametrize("order", ["name", "user_email", "firstname", "lastname", "language", "external", "created_at", "updated_at", "_score"])
@pytest.mark.parametrize("mode", ["asc", "desc"])
def test_orders(client, crowd, order, mode):
    users = client.user.list(filters=MEMBERS, orderBy=order, orderMode=mode)
    assert len(users) == 30
    if order in ("external", "_score"):
        # Everybody shows the same here; what was made first comes first.
        assert numbers(users) == sorted(range(30), reverse=mode == "desc")
        return
    values = [user[order].lower() for user in users]
    assert len(set(values)) > 1
    assert values == sorted(values, reverse=mode == "desc")


def test_an_unknown_order_is_refused(client):
    assert named(failure(client.user.list, orderBy="user")) in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    "filters, expected",
    [
        (where("name", "crowd member 03"), [3]),
        (where("name", "Crowd Member 03", "Crowd Member 04"), [3, 4]),
        (where("name", "Crowd Member 03", "Crowd Member 04", mode="and"), []),
        (where("name", "member 1", operator="contains"), list(range(10, 20))),
        (where("name", "crowd member 2", operator="starts_with"), list(range(20, 30))),
        (where("name", "9", operator="ends_with"), [9, 19, 29]),
        (where("name", "crowd", "5", operator="contains", mode="and"), [5, 15, 25]),
        (where(["firstname", "lastname"], "First0", "Last01"), [0, 1, *range(3, 30, 3)]),
        (where("account_status", "Inactive"), [0, 10, 20]),
        (where("account_status", "Active", operator="not_eq"), [0, 10, 20]),
        (where("user_service_account", "true"), [7]),
        (where("user_service_account", True), [7]),
        (where("language", "fr-fr"), list(range(1, 30, 2))),
        (where("language", "auto"), list(range(0, 30, 2))),
        (where("external", "true"), []),
        (where("entity_type", "User"), list(range(30))),
        (where("entity_type", "Group"), []),
        (where("account_lock_after_date", operator="nil"), list(range(30))),
        (where("account_lock_after_date", operator="not_nil"), []),
        (where("created_at", "2020-01-01T00:00:00.000Z", operator="lt"), []),
        (where("created_at", "now-1d", "now+1d", operator="within"), list(range(30))),
        (where("name", "crowd member 03", operator="not_eq"), [number for number in range(30) if number != 3]),
    ],
)  # fmt: skip
def test_filters(client, crowd, filters, expected):
    assert numbers(client.user.list(filters=both(MEMBERS, filters))) == expected


def test_ids_are_filtered_by_in_both_forms(client, crowd):
    for key in ("id", "internal_id", "standard_id"):
        value = crowd[3]["standard_id" if key == "standard_id" else "id"]
        assert numbers(client.user.list(filters=where(key, value))) == [3]


def test_filters_nest(client, crowd):
    def group(mode, filters, groups=()):
        return {"mode": mode, "filters": filters, "filterGroups": list(groups)}

    def single(key, value, operator="eq"):
        return {"key": [key], "values": [value], "operator": operator, "mode": "or"}

    nested = group(
        "and",
        [single("user_email", "@lists.example.org", "ends_with")],
        [
            group("or", [single("name", "Crowd Member 01")], [
                group("and", [single("firstname", "First2"), single("account_status", "Inactive")]),
            ]),
        ],
    )  # fmt: skip
    assert numbers(client.user.list(filters=nested)) == [1, 20]
    deep = MEMBERS
    for _ in range(15):
        deep = both(deep)
    assert len(client.user.list(filters=deep)) == 30


@pytest.mark.parametrize(
    "filters, code",
    [
        (where("nonsense", "x"), "UNSUPPORTED_ERROR"),
        (where("password", "x"), "UNSUPPORTED_ERROR"),
        (where("name", "x", operator="like"), "BAD_USER_INPUT"),
        ({"mode": "and", "filters": []}, "BAD_USER_INPUT"),
        ({"mode": "xor", "filters": [], "filterGroups": []}, "BAD_USER_INPUT"),
        ({"mode": "and", "filters": [{"values": []}], "filterGroups": []}, "BAD_USER_INPUT"),
        ("name = x", "BAD_USER_INPUT"),
    ],
)
def test_bad_filters_are_refused(client, filters, code):
    error = failure(client.user.list, filters=filters)
    assert named(error) == code
    if code == "UNSUPPORTED_ERROR":
        assert error["keys"] == filters["filters"][0]["key"] or error["keys"] == [filters["filters"][0]["key"]]


def test_searches(client, crowd):
    assert numbers(client.user.list(search="crowd-05@lists.example.org")) == [24]
    assert len(client.user.list(search="CROWD")) == 30
    assert numbers(client.user.list(search='"Member 03"')) == [3]
    # Words are alternatives.
    assert numbers(client.user.list(search="Last03 Last04")) == [3, 4]
    assert client.user.list(search="nobody-has-this") == []


def test_pages(client, crowd):
    seen, after = [], None
    while True:
        page = client.user.list(filters=MEMBERS, first=7, after=after, withPagination=True, customAttributes="id name")
        pagination = page["pagination"]
        assert pagination["globalCount"] == 30
        assert pagination["hasPreviousPage"] == (after is not None)
        seen += page["entities"]
        if not pagination["hasNextPage"]:
            break
        after = pagination["endCursor"]
    assert numbers(seen) == list(range(30))
    assert numbers(client.user.list(filters=MEMBERS, orderMode="desc", first=3)) == [29, 28, 27]


@pytest.mark.parametrize("order", ["name", "language", "created_at"])
def test_a_page_begins_after_a_user_or_after_any_edge(client, crowd, order):
    whole = numbers(client.user.list(filters=MEMBERS, orderBy=order))
    by_number = {int(user["name"].split()[-1]): user for user in crowd}
    for place in (0, 7, 28, 29):
        for key in ("id", "standard_id"):
            after = by_number[whole[place]][key]
            assert numbers(client.user.list(filters=MEMBERS, orderBy=order, after=after)) == whole[place + 1 :]
    query = (
        "query ($filters: FilterGroup, $orderBy: UsersOrdering) { users(filters: $filters, orderBy: $orderBy) "
        "{ edges { cursor node { name } } } }"
    )
    edges = client.query(query, {"filters": MEMBERS, "orderBy": order})["data"]["users"]["edges"]
    for place in (0, 11, 29):
        after = edges[place]["cursor"]
        assert numbers(client.user.list(filters=MEMBERS, orderBy=order, after=after)) == whole[place + 1 :]
    for nowhere in ("nonsense", "11111111-2222-4333-8444-555555555555"):
        assert named(failure(client.user.list, after=nowhere)) == "UNSUPPORTED_ERROR"


def test_all_pages_at_once(client, crowd):
    everybody = client.user.list(getAll=True, customAttributes="id name user_email")
    assert len({user["id"] for user in everybody}) == len(everybody) >= 30
    assert len(everybody) == len(client.user.list(first=5000, customAttributes="id"))


def test_pages_over_equal_values_lose_nobody(client, crowd):
    for order in ("firstname", "language"):
        seen, after = [], None
        for _ in range(20):
            page = client.user.list(filters=MEMBERS, orderBy=order, first=4, after=after, withPagination=True)
            seen += numbers(page["entities"])
            after = page["pagination"]["endCursor"]
            if not page["pagination"]["hasNextPage"]:
                break
        assert sorted(seen) == list(range(30)), order


def test_an_empty_list(client):
    page = client.user.list(filters=where("name", "nobody"), withPagination=True)
    assert page["entities"] == []
    assert page["pagination"] == {
        "startCursor": "", "endCursor": "", "hasNextPage": False, "hasPreviousPage": False, "globalCount": 0,
    }  # fmt: skip


def test_sessions_and_tokens_are_shown_when_asked_for(client, crowd):
    users = client.user.list(filters=where("name", "Crowd Member 03"), include_sessions=True, include_tokens=True)
    assert [(user["sessions"], user["api_tokens"]) for user in users] == [([], [])]


def test_many_ask_at_once(connect, crowd):
    def ask(number):
        return numbers(connect().user.list(filters=where("name", f"Crowd Member {number:02}")))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(24))) == [[number] for number in range(24)]


def test_searches_find_descriptions_and_ids_and_give_the_best_first(client, new_user, new_group, unique):
    word, other = unique("word").replace("-", ""), unique("other").replace("-", "")
    # The best was made last, so that no order but the rank puts it first.
    senior = client.role.create(name=f"Senior {word} keeper")
    exact = client.role.create(name=word)
    assert [role["id"] for role in client.role.list(search=word)] == [exact["id"], senior["id"]]
    assert client.role.read(search=word)["id"] == exact["id"]
    groups = [new_group(name=f"{name} {word}") for name in ("Second", "First")]
    found = client.group.list(search=f'"first {word}" {word}')
    assert [group["id"] for group in found] == [groups[1]["id"], groups[0]["id"]]

    user = new_user(description=f"Keeps the {word.upper()}s of {other}")
    for search in (word, other, f'"{word}s of {other}"', user["standard_id"], user["id"], user["user_email"]):
        assert [row["id"] for row in client.user.list(search=search)] == [user["id"]], search
    assert client.user.read(search=other)["id"] == user["id"]
    by_description = where("description", f"keeps the {word}s of {other}")
    assert client.user.read(filters=by_description)["id"] == user["id"]
    client.user.update_field(id=user["id"], input={"key": "description", "value": [None]})
    assert client.user.list(search=other) == []
    assert client.user.list(search="%") == client.user.list(search="_") == []
