"""Favourites: private, ordered by their owner, kept as they were sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from civis_people import refused

TYPES = [
    "Container Script", "Identity Resolution", "Import", "Python Script", "R Script", "dbt Script",
    "JavaScript Script", "SQL Script", "Template Script", "Project", "Workflow", "Tableau Report", "Service Report",
    "HTML Report", "SQL Report",
]  # fmt: skip
FAVORITE = ["id", "object_id", "object_type", "object_name", "created_at", "object_updated_at", "object_author"]


def order(users) -> list[int]:
    rows = users.list_me_favorites(limit=1000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    return [row.object_id for row in rows]


def test_made_and_listed(organisation):
    users = organisation.as_user.users
    for number, kind in enumerate(TYPES, 1):
        made = users.post_me_favorites(number, kind)
        assert list(made.json()) == FAVORITE
        assert (made.object_id, made.object_type, made.object_name) == (number, kind, f"{kind} {number}")
        assert made.object_author.json() == {
            "id": organisation.user.id,
            "name": "Uma User",
            "username": organisation.user.user,
            "initials": "UU",
            "online": None,
        }
    assert order(users) == list(range(1, 16)), "new ones come to the end"
    row = users.list_me_favorites()[0]
    assert list(row.json()) == [*FAVORITE, "position"]
    assert [one.object_id for one in users.list_me_favorites(limit=4, page_num=2)] == [5, 6, 7, 8]
    assert [one.object_id for one in users.list_me_favorites(limit=4, iterator=True)] == list(range(1, 16))
    assert [one.object_id for one in users.list_me_favorites(order="position", order_dir="desc", limit=2)] == [15, 14]
    assert [one.object_id for one in users.list_me_favorites(order="created_at", limit=2)] == [1, 2]
    assert [one.object_id for one in users.list_me_favorites(object_type="Project")] == [10]
    assert [one.object_id for one in users.list_me_favorites(object_id=10, object_type="Project")] == [10]
    assert users.list_me_favorites(object_id=11, object_type="Project") == []
    refused(lambda: users.list_me_favorites(object_id=10), 400, "object_type")
    refused(lambda: users.list_me_favorites(order="name"), 400, "invalid 'order' name")


def test_the_same_object_is_one_favourite(organisation):
    users = organisation.as_user.users
    first = users.post_me_favorites(7, "Project")
    assert users.post_me_favorites(7, "Project").json() == first.json()
    assert users.post_me_favorites(7, "Workflow").id != first.id
    assert len(users.list_me_favorites()) == 2
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: users.post_me_favorites(8, "Project").id, range(8)))
    assert len(set(made)) == 1


def test_ranking(organisation):
    users = organisation.as_user.users
    ids = {number: users.post_me_favorites(number, "Project").id for number in (1, 2, 3, 4)}
    for move, number, wanted in [
        ("top", 3, [3, 1, 2, 4]),
        ("top", 3, [3, 1, 2, 4]),
        ("bottom", 1, [3, 2, 4, 1]),
        ("bottom", 1, [3, 2, 4, 1]),
        ("higher", 4, [3, 4, 2, 1]),
        ("higher", 3, [3, 4, 2, 1]),
        ("lower", 3, [4, 3, 2, 1]),
        ("lower", 1, [4, 3, 2, 1]),
    ]:
        answer = getattr(users, f"patch_me_favorites_ranking_{move}")(ids[number])
        assert answer.json() == {}
        assert order(users) == wanted, (move, number)
    users.delete_me_favorites(ids[3])
    assert order(users) == [4, 2, 1]


def test_they_are_private(organisation):
    theirs = organisation.as_user.users.post_me_favorites(1, "Project")
    others = organisation.as_admin.users
    assert others.list_me_favorites() == []
    for call in (
        others.delete_me_favorites,
        others.patch_me_favorites_ranking_top,
        others.patch_me_favorites_ranking_bottom,
        others.patch_me_favorites_ranking_higher,
        others.patch_me_favorites_ranking_lower,
    ):
        refused(lambda call=call: call(theirs.id), 404)
        refused(lambda call=call: call(999_999_999), 404)
    assert order(organisation.as_user.users) == [1]


def test_what_is_refused(organisation):
    users = organisation.as_user.users
    for number, kind, text in [
        (1, "Spreadsheet", "object_type must be one of"),
        (0, "Project", "object_id must be greater than 0"),
        (-1, "Project", "object_id must be greater than 0"),
        ("one", "Project", "object_id must be an integer"),
    ]:
        refused(lambda number=number, kind=kind: users.post_me_favorites(number, kind), 400, text)
    assert users.list_me_favorites() == []


def test_the_favourites_of_an_organisation(client, organisation):
    admin, user = organisation.as_admin.organizations, organisation.as_user.organizations
    first = admin.post_favorites(20, "Project")
    admin.post_favorites(3, "Workflow")
    assert admin.post_favorites(20, "Project").id == first.id
    assert [row.object_id for row in user.list_favorites()] == [3, 20], "the newest first"
    ascending = lambda order: [row.object_id for row in user.list_favorites(order=order, order_dir="asc")]  # noqa: E731
    assert ascending("object_id") == [3, 20]
    assert ascending("object_type") == [20, 3]
    assert ascending("created_at") == [20, 3]
    assert [row.object_id for row in user.list_favorites(object_type="Workflow")] == [3]
    assert user.list_favorites()[1].object_author.id == organisation.admin.id
    refused(lambda: user.post_favorites(5, "Project"), 403)
    refused(lambda: user.delete_favorites(first.id), 403)
    # Another organisation has its own.
    assert first.id not in [row.id for row in client.organizations.list_favorites(limit=1000)]
    refused(lambda: client.organizations.delete_favorites(first.id), 404)
    admin.delete_favorites(first.id)
    assert [row.object_id for row in user.list_favorites()] == [3]
