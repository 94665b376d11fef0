"""Long work: an import that is killed again and again, one that is measured, and an action on everybody that is
undone.

Small by default; USHER_FULL_SIZE=1 makes it the sizes that are promised, and prints what it measured.
"""

import json
import os
import random
import time
from pathlib import Path

import requests

FULL = os.environ.get("USHER_FULL_SIZE") == "1"
PEOPLE = 100_000 if FULL else 3_000
KILLS = 20 if FULL else 3
MEBIBYTE = 1 << 20
# What an import may take beside what the server takes anyway.
MORE_MEMORY = 64 * MEBIBYTE
ENDED = ("done", "failed", "cancelled")


def table(people: int) -> bytes:
    lines = ["email,given_name,family_name,title,department"]
    lines += [f"p{number}@example.org,Person,Number {number},Analyst,Engines" for number in range(people)]
    return ("\n".join(lines) + "\n").encode()


def resident(process) -> int:
    """Bytes that the process has in memory."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process is gone")


def cpu(process) -> float:
    """Seconds of CPU time that the process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def begin_import(server, body: bytes) -> str:
    answer = requests.post(
        f"{server.url}/api/v1/imports?what=users",
        data=body,
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}", "Content-Type": "text/csv"},
        timeout=120,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def ended(server, job: str, watch=lambda found: None) -> dict:
    """The job once it has ended; what is shown of it on the way never goes back."""
    done = 0
    end = time.monotonic() + 1_800
    while time.monotonic() < end:
        found = server.native.get(f"/jobs/{job}")
        assert found["done"] >= done
        done = found["done"]
        watch(found)
        if found["state"] in ENDED:
            return found
        time.sleep(0.1)
    raise AssertionError(f"the job does not end: {found}")


def report(server, job: str) -> list[dict]:
    answer = requests.get(
        f"{server.url}/api/v1/jobs/{job}/report",
        headers={"Authorization": f"Bearer {server.env['USHER_TOKEN']}"},
        timeout=300,
    )
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def people(server) -> int:
    return server.native.get("/users", filter='email sw "p" and email ew "@example.org"', limit=1, total="true")["total"]


def tell(text: str) -> None:
    if FULL:
        print(f"\n{text}", flush=True)


def test_an_import_is_steady_and_small(make_usher):
    server = make_usher(demo=False)
    body = table(PEOPLE)
    before = resident(server.process)
    begun = time.monotonic()
    job = begin_import(server, body)
    stored, spent = time.monotonic(), cpu(server.process)
    most, seen = before, set()

    def watch(found):
        nonlocal most
        most = max(most, resident(server.process))
        seen.add(found["done"])

    found = ended(server, job, watch)
    took, spent = time.monotonic() - stored, cpu(server.process) - spent
    assert (found["state"], found["created"], found["failed"]) == ("done", PEOPLE, 0), found
    assert people(server) == PEOPLE
    assert most - before <= MORE_MEMORY, f"{(most - before) / MEBIBYTE:.0f} MiB more"
    if FULL:
        assert len(seen) > 10, "no progress was shown"
    tell(
        f"import of {PEOPLE} people: stored in {stored - begun:.1f} s, done in {took:.1f} s, "
        f"{PEOPLE / took:.0f} people/s, {PEOPLE / spent:.0f} people per second of CPU time, {(most - before) / MEBIBYTE:.0f} MiB more, progress seen {len(seen)} times"
    )


def test_an_import_survives_kills(make_usher):
    server = make_usher(demo=False)
    job = begin_import(server, table(PEOPLE))
    draw = random.Random(20260101)
    kills = 0
    while kills < KILLS:
        time.sleep(draw.uniform(0.05, 0.6))
        if server.native.get(f"/jobs/{job}")["state"] in ENDED:
            break
        server.kill()
        kills += 1
        server.start()
    found = ended(server, job)
    assert (found["state"], found["created"], found["failed"]) == ("done", PEOPLE, 0), found
    lines = report(server, job)
    # Every line once, in order: none twice, none left out.
    assert [line["line"] for line in lines] == list(range(2, PEOPLE + 2))
    assert people(server) == PEOPLE
    assert kills > 0, "the import was over before the first kill"
    tell(f"import of {PEOPLE} people through {kills} kills: each line once")


def test_an_action_on_everybody_is_planned_run_and_undone(make_usher):
    server = make_usher(demo=False)
    assert ended(server, begin_import(server, table(PEOPLE)))["created"] == PEOPLE
    native = server.native
    asked = {
        "action": "disable",
        "filter": 'department eq "Engines"',
        "expect": PEOPLE,
        "mode": "each",
        "job": True,
    }
    figures = []
    begun = time.monotonic()
    plan = native.call("POST", "/users/actions", json=asked, params={"dry_run": "true"}, status=202)
    plan = ended(server, plan["id"])
    figures.append(f"planned in {time.monotonic() - begun:.1f} s")
    assert (plan["state"], plan["updated"], plan["failed"]) == ("done", PEOPLE, 0), plan
    active = 'department eq "Engines" and status eq active'
    assert native.get("/users", filter=active, limit=1, total="true")["total"] == PEOPLE
    begun = time.monotonic()
    run = ended(server, native.post(f"/jobs/{plan['id']}/run", status=202)["id"])
    figures.append(f"disabled in {time.monotonic() - begun:.1f} s")
    assert (run["state"], run["updated"], run["failed"]) == ("done", PEOPLE, 0), run
    assert native.get("/users", filter=active, limit=1, total="true")["total"] == 0
    # Who was changed since is not changed back, and the report says so.
    native.patch("/users/p7@example.org", {"status": "suspended"})
    begun = time.monotonic()
    undo = ended(server, native.post(f"/jobs/{run['id']}/undo", status=202)["id"])
    figures.append(f"undone in {time.monotonic() - begun:.1f} s")
    assert (undo["state"], undo["updated"], undo["failed"]) == ("done", PEOPLE - 1, 1), undo
    refused = [line for line in report(server, undo["id"]) if line["outcome"] == "failed"]
    assert len(refused) == 1 and refused[0]["problem"]["detail"], refused
    assert native.get("/users", filter=active, limit=1, total="true")["total"] == PEOPLE - 1
    tell(f"{PEOPLE} people by a filter: " + ", ".join(figures))
