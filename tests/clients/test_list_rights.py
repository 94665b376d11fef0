"""Lists without pages are sent as they are read: one that is under way ends when its key is revoked."""

import os
import socket
from urllib.parse import urlsplit

import pytest

# More than the buffers of both sockets hold, so that most of a list is still to be read when the key goes.
PEOPLE = int(os.environ.get("REVOKED_LIST_USERS", "12000"))
LONG = "x" * 200


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    from conftest import Usher

    server = Usher(tmp_path_factory.mktemp("lists") / "usher-data", demo=False)
    for start in range(0, PEOPLE, 1_000):
        numbers = range(start, min(start + 1_000, PEOPLE))
        items = [
            {"email": f"n{number}@example.org", "given_name": f"N{number} {LONG}", "family_name": LONG, "department": LONG}
            for number in numbers
        ]
        server.native.post("/users/batch", {"items": items})
    yield server
    assert server.stop() == 0


def ask(server, path: str, header: str) -> socket.socket:
    """Sends a request from a socket that takes little at a time."""
    address = urlsplit(server.url)
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    taker.settimeout(30)
    taker.connect((address.hostname, address.port))
    lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", header, "Accept: application/json"]
    taker.sendall("\r\n".join([*lines, "", ""]).encode())
    return taker


def rest(taker: socket.socket) -> bytes:
    """All that still comes until the connection ends."""
    parts = []
    while True:
        try:
            part = taker.recv(1 << 20)
        except ConnectionResetError:
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/misp/admin/users/index", "Authorization: {key}"),
        ("/tenable/api/users", "X-API-Key: {key}"),
    ],
)
def test_a_list_under_way_ends_when_its_key_is_revoked(crowded, path, header):
    native = crowded.native
    own = native.get("/me")["id"]
    key = native.post(f"/users/{own}/keys", {"name": "lists"})
    header = header.format(key=key["secret"])

    with ask(crowded, path, f"{header}\r\nConnection: close") as taker:
        whole = taker.recv(4096) + rest(taker)
    assert whole.endswith(b"]\r\n0\r\n\r\n")

    with ask(crowded, path, header) as taker:
        begun = taker.recv(1024)
        assert begun.startswith(b"HTTP/1.1 200")
        native.delete(f"/keys/{key['id']}")
        got = begun + rest(taker)
    # Neither the end of the list nor that of the answer, and what came is what the buffers held.
    assert not got.endswith(b"0\r\n\r\n")
    assert len(got) < 0.95 * len(whole)

    with ask(crowded, path, f"{header}\r\nConnection: close") as taker:
        refused = taker.recv(1 << 16)
    assert refused.split(b" ")[1] in (b"401", b"403")
