"""falcon-mcp-extended: its tools for users and Flight Control, called as a model's host calls them."""

from __future__ import annotations

import asyncio

import pytest
from falcon_mcp.client import FalconClient
from falcon_mcp.modules.flight_control import FlightControlModule
from falcon_mcp.modules.gen_user_management import GenUserManagementModule
from falcon_mcp.modules.users import UsersModule
from mcp.server import FastMCP


@pytest.fixture(scope="module")
def tool(usher):
    """Calls a tool by its name, and gives the rows that it answers with."""
    env = usher.env
    # Tools that delete or revoke are left out otherwise.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("FALCON_MCP_ALLOW_DESTRUCTIVE", "true")
    client = FalconClient(
        base_url=env["FALCON_BASE_URL"], client_id=env["FALCON_CLIENT_ID"], client_secret=env["FALCON_CLIENT_SECRET"]
    )
    assert client.authenticate()
    server = FastMCP("usher")
    for module in (UsersModule, GenUserManagementModule, FlightControlModule):
        module(client).register_tools(server)
    monkeypatch.undo()

    def call(name: str, **arguments) -> list:
        # Without its check of what goes out: tools that give ids are declared to give objects.
        tools = server._tool_manager
        answer = asyncio.run(tools.call_tool(f"falcon_{name}", arguments, convert_result=False))
        return answer if isinstance(answer, list) else [answer]

    return call


def refused(rows) -> bool:
    return any(isinstance(row, dict) and "error" in row for row in rows)


def test_a_person_from_beginning_to_end(tool):
    uid = "mona@falcon.example.org"
    made = tool("create_user", uid=uid, first_name="Mona", last_name="Model")[0]
    assert (made["uid"], made["first_name"]) == (uid, "Mona")
    uuid, cid = made["uuid"], made["cid"]
    assert tool("search_users", filter=f"uid:'{uid}'", sort="last_login_at.desc")[0]["uuid"] == uuid
    assert refused(tool("search_users", filter="colour:'red'")[0]["results"])
    tool("update_user", user_uuid=uuid, first_name="Mona", last_name="King")
    assert tool("get_user_details", uuids=[uuid])[0]["last_name"] == "King"
    roles = ["event_viewer", "help_desk"]
    assert set(roles) <= {role["id"] for role in tool("list_available_roles")}
    tool("grant_user_roles", user_uuid=uuid, role_ids=roles, cid=cid)
    assert {grant["role_id"] for grant in tool("list_user_roles", user_uuid=uuid, cid=cid)} == set(roles)
    tool("revoke_user_roles", user_uuid=uuid, role_ids=roles[:1], cid=cid)
    assert [grant["role_id"] for grant in tool("list_user_roles", user_uuid=uuid)] == roles[1:]
    assert not refused(tool("perform_user_action", user_uuids=[uuid], action_name="reset_2fa"))
    tool("delete_user", user_uuid=uuid)
    assert tool("search_users", filter=f"uid:'{uid}'")[0]["results"] == []
    assert refused(tool("delete_user", user_uuid=uuid))


def test_the_older_operations(tool):
    uid = "mike@falcon.example.org"
    body = {"uid": uid, "firstName": "Mike", "lastName": "Model"}
    uuid = tool("create_user_user_management", body=body)[0]["uuid"]
    assert tool("retrieve_user_uuid", uid=[uid]) == [uuid]
    assert uuid in tool("retrieve_user_uui_ds_by_cid") and uid in tool("retrieve_emails_by_cid")
    tool("update_user_user_management", user_uuid=uuid, body={"firstName": "Mike", "lastName": "King"})
    assert tool("retrieve_user", ids=[uuid])[0]["lastName"] == "King"
    tool("grant_user_role_ids", user_uuid=uuid, body={"roleIds": ["event_viewer"]})
    assert tool("get_user_role_ids", user_uuid=uuid) == ["event_viewer"]
    assert "event_viewer" in tool("get_available_role_ids")
    assert tool("get_roles", ids=["event_viewer"])[0]["display_name"] == "Event Viewer"
    tool("revoke_user_role_ids", user_uuid=uuid, ids=["event_viewer"])
    assert tool("combined_user_roles_v2", user_uuid=uuid) == []
    tool("delete_user_user_management", user_uuid=uuid)
    assert refused(tool("retrieve_user", ids=[uuid]))


def test_children_by_a_token_of_their_own(tool):
    child = tool("list_child_accounts", limit=100)[0]
    assert tool("get_child_account_details", child_cids=[child["child_cid"]])[0]["child_cid"] == child["child_cid"]
    inside = tool("retrieve_user_uui_ds_by_cid", member_cid=child["child_cid"])
    assert inside and not set(inside) & set(tool("retrieve_user_uui_ds_by_cid"))
    people = tool("retrieve_user", ids=inside[:5], member_cid=child["child_cid"])
    assert {person["customer"] for person in people} == {child["child_cid"]}
