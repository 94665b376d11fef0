"""`users.list` has no pages: however many there are, the server holds two parts of 1,000 at a time."""

import os
from pathlib import Path

from tenable_people import connect

# `LISTED_USERS=100000 cargo xtask clients tenable -- -k memory -s` prints the figures of docs/dialects/tenable.md.
USERS = int(os.environ.get("LISTED_USERS", "36000"))
LONG = "x" * 200


def memory(server, which: str) -> int:
    """Bytes that the server's process holds now (VmRSS), or held at most since the last reset (VmHWM)."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) * 1024


def test_memory_stays_flat_while_everybody_is_listed(make_usher):
    server = make_usher(demo=False)
    native, tie = server.native, connect(server)
    have = len(tie.users.list())
    for start in range(0, USERS, 1_000):
        numbers = range(start, min(start + 1_000, USERS))
        # Large rows: what is held of them must show above what everything else costs.
        items = [
            {"email": f"n{number}@example.org", "given_name": f"N{number} {LONG}", "family_name": LONG, "department": LONG}
            for number in numbers
        ]
        native.post("/users/batch", {"items": items})
    # The store's own caches fill first: they have their bound and are not the list's.
    for _ in range(4):
        native.all("/users", limit=1_000)
    # Long lists have connections of their own, with caches of theirs.
    tie.users.list()
    before = memory(server, "VmRSS")
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    answer = tie.get("users", conv_json=False)
    size = len(answer.content)
    people = tie.users.list()
    most = memory(server, "VmHWM")
    print(f"{len(people)} users, {size} bytes; {before >> 20} MB before, {most >> 20} MB at most")
    assert len(people) == have + USERS
    assert [person["id"] for person in people] == sorted({person["id"] for person in people})
    assert people[-1]["surname"] == people[-1]["department"] == LONG
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert size > 600 * USERS
    assert most - before < size / 2
