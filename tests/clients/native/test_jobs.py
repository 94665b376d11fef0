"""Imports, exports and actions as jobs on the real binary: through kills, in constant memory, undone.

`USHER_JOBS_PEOPLE` and `USHER_JOBS_KILLS` make the sizes those of an acceptance run (100000 and 20);
what a run measured is printed (`-s`).
"""

from __future__ import annotations

import json
import os
import random
import time

import requests

PEOPLE = int(os.environ.get("USHER_JOBS_PEOPLE", "1500"))
KILLS = int(os.environ.get("USHER_JOBS_KILLS", "5"))
# A debug build needs longer for the large sizes.
PATIENCE = 60 + PEOPLE / 50
ENDED = ("done", "failed", "cancelled")


def table(people: int):
    """A table of so many people, line by line."""
    yield b"email,given_name,family_name,department,title\n"
    for number in range(people):
        yield f"p{number}@example.org,Person,Number {number},Signals,Analyst\n".encode()


def begin(server, people: int = PEOPLE, **parameters) -> dict:
    answer = requests.post(
        f"{server.url}/api/v1/imports",
        params={"what": "users", **parameters},
        data=table(people),
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}", "Content-Type": "text/csv"},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


def wait(server, job: dict) -> dict:
    end = time.monotonic() + PATIENCE
    while True:
        shown = server.native.get(f"/jobs/{job['id']}")
        if shown["state"] in ENDED:
            return shown
        assert time.monotonic() < end, shown
        time.sleep(0.05)


def report(server, job: dict, **parameters) -> list[dict]:
    text = requests.get(
        f"{server.url}/api/v1/jobs/{job['id']}/report",
        params=parameters,
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}"},
        timeout=60,
    ).text
    return [json.loads(line) for line in text.splitlines() if line]


def resident(server) -> int:
    """KiB of memory the server holds."""
    status = open(f"/proc/{server.process.pid}/status").read()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def test_an_import_survives_kills_at_random_places(make_usher):
    server = make_usher(demo=False)
    def total(path: str, **filters) -> int:
        return server.native.get(path, total="true", limit=1, **filters)["total"]

    before = total("/users"), total("/events", verb="user.created")
    job = begin(server)
    # The same places in every run; where a chunk stands then is the machine's own.
    places = random.Random(7)
    killed = 0
    while killed < KILLS:
        time.sleep(places.uniform(0.05, 0.5))
        server.kill()
        killed += 1
        server.start()
    shown = wait(server, job)
    assert shown["state"] == "done", shown
    assert (shown["created"], shown["failed"], shown["done"]) == (PEOPLE, 0, PEOPLE)
    lines = report(server, job)
    assert [line["line"] for line in lines] == list(range(2, PEOPLE + 2))
    after = total("/users"), total("/events", verb="user.created")
    assert after == (before[0] + PEOPLE, before[1] + PEOPLE)


def test_many_are_imported_planned_disabled_and_undone(make_usher):
    server = make_usher(demo=False)
    # The raw speed: as many people in batches, which hold nothing but the work itself.
    begun = time.monotonic()
    for first in range(0, PEOPLE, 1000):
        items = [
            {"email": f"raw{number}@example.org", "given_name": "Raw", "family_name": f"Number {number}",
             "department": "Raw", "title": "Analyst"}
            for number in range(first, min(first + 1000, PEOPLE))
        ]  # fmt: skip
        server.native.post("/users/batch", {"items": items}, status=201)
    raw = PEOPLE / (time.monotonic() - begun)
    held = resident(server)
    begun = time.monotonic()
    job = begin(server)
    stored = time.monotonic() - begun
    most = held
    while True:
        shown = server.native.get(f"/jobs/{job['id']}")
        most = max(most, resident(server))
        if shown["state"] in ENDED:
            break
        time.sleep(0.05)
    took = time.monotonic() - begun
    assert shown["created"] == PEOPLE, shown
    print(f"\nimport: {PEOPLE} people, stored in {stored:.1f} s, done in {took:.1f} s, "
          f"{PEOPLE / took:.0f}/s ({100 * PEOPLE / took / raw:.0f} % of batches), "
          f"{(most - held) / 1024:.1f} MiB more memory")
    assert most - held < 64 * 1024
    if PEOPLE >= 20_000:
        assert PEOPLE / took >= 0.8 * raw
    api = server.native
    begun = time.monotonic()
    body = {"action": "disable", "filter": "department eq Signals", "expect": PEOPLE, "job": True}
    plan = wait(server, api.call("POST", "/users/actions?dry_run=true", json=body, status=202))
    assert (plan["updated"], plan["failed"]) == (PEOPLE, 0), plan
    assert api.get("/users", filter="status eq inactive", limit=1)["items"] == []
    run = wait(server, api.post(f"/jobs/{plan['id']}/run", status=202))
    assert (run["updated"], run["failed"]) == (PEOPLE, 0), run
    # Somebody is changed meanwhile, and somebody is deleted: these are named, with the reason.
    api.patch("/users/p7@example.org", {"title": "Chief"})
    api.delete("/users/p8@example.org")
    undo = wait(server, api.post(f"/jobs/{run['id']}/undo", status=202))
    assert (undo["updated"], undo["failed"]) == (PEOPLE - 2, 2), undo
    refused = {line["number"]: line for line in report(server, undo, outcome="failed")}
    assert {line["problem"]["code"] for line in refused.values()} == {"stale", "not-found"}
    assert api.get("/users", total="true", limit=1, filter="department eq Signals and status eq inactive")["total"] == 1
    print(f"plan, run and undo of {PEOPLE}: {time.monotonic() - begun:.1f} s, "
          f"{(resident(server) - held) / 1024:.1f} MiB more memory")


def test_an_export_comes_back_unchanged(make_usher):
    server = make_usher(demo=True)
    api = server.native
    export = wait(server, api.post("/exports", {"what": "users", "format": "csv", "filter": "email pr"}))
    answer = requests.get(
        f"{server.url}/api/v1/jobs/{export['id']}/result",
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}"},
        timeout=60,
    )
    assert answer.status_code == 200
    # In two halves, as a client goes on with what broke off.
    middle = len(answer.content) // 2
    halves = b""
    for ranged in (f"bytes=0-{middle - 1}", f"bytes={middle}-"):
        part = requests.get(
            f"{server.url}/api/v1/jobs/{export['id']}/result",
            headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}", "Range": ranged},
            timeout=60,
        )
        assert part.status_code == 206
        halves += part.content
    assert halves == answer.content
    again = requests.post(
        f"{server.url}/api/v1/imports",
        params={"what": "users", "on_conflict": "update"},
        data=answer.content,
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}", "Content-Type": "text/csv"},
        timeout=60,
    ).json()
    shown = wait(server, again)
    assert shown["unchanged"] == shown["done"] > 10, report(server, again)


def test_the_stream_follows_and_ends_with_the_server(make_usher):
    server = make_usher(demo=False)
    answer = requests.get(
        f"{server.url}/api/v1/events/stream",
        params={"follow": "true", "cursor": "now"},
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}"},
        stream=True,
        timeout=60,
    )
    lines = (line for line in answer.iter_lines() if line)
    begun = time.monotonic()
    server.native.post("/users", {"email": "ada@example.org"})
    event = json.loads(next(lines))
    assert (event["verb"], event["entity_name"]) == ("user.created", "ada@example.org")
    assert time.monotonic() - begun < 5
    begun = time.monotonic()
    assert server.stop() == 0
    assert list(lines) == []
    assert time.monotonic() - begun < 9
