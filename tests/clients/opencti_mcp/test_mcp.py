"""opencti-mcp: the tools that assistants call for organisations, called as they call them."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError


@pytest.fixture(scope="module")
def call(usher, tmp_path_factory):
    """Calls one tool of a server that is set up by its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENCTI_URL", usher.env["OPENCTI_URL"])
        patch.setenv("OPENCTI_TOKEN", usher.env["OPENCTI_TOKEN"])
        patch.setenv("OPENCTI_READ_ONLY", "false")
        patch.chdir(tmp_path_factory.mktemp("mcp"))
        from opencti_mcp.server import build_server

        server = build_server()

        def call(tool: str, **arguments):
            async def ask():
                async with Client(server) as session:
                    return await session.call_tool(tool, arguments)

            content = asyncio.run(ask()).content
            return json.loads(content[0].text) if content else None

        yield call


def test_an_organisation_from_its_making_to_its_end(call):
    name = f"Organisation {uuid.uuid4().hex[:8]}"
    made = call("identities_create", name=name, description="made by a tool")
    assert made["entity_type"] == "Organization"
    found = call("identities_list", search=f'"{name}"')["entities"]
    assert [row["id"] for row in found] == [made["id"]]
    assert call("identities_get", id=made["id"])["description"] == "made by a tool"
    assert call("identities_delete", id=made["id"]) == {"deleted": made["id"]}
    with pytest.raises(ToolError):
        call("identities_delete", id=made["id"])
