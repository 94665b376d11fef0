"""What the lists of a large directory cost: the server's own processor time of one request, from the scheduler's figures.

    python3 bench/lists.py --binary target/release/usher --data FOLDER --token TOKEN [--rounds 5]

FOLDER is a data folder on SQLite with as many people as wanted, of which a copy is best: the server migrates it. TOKEN is a key of
an owner there (first-run.env of a new folder has one); USHER_SECRET_KEY is set as for that folder. Prints a table in Markdown.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse


def processor_time(process):
    """Nanoseconds that each thread of a process has run."""
    spent = {}
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            with open(f"/proc/{process}/task/{thread}/schedstat") as figures:
                spent[thread] = int(figures.read().split()[0])
        except OSError:
            pass
    return spent


def requests(first):
    """Names and paths of what is measured; `first` answers a path with what the server says."""
    sorts = (
        "name login email given_name family_name kind status home department title created_at updated_at"
        " last_seen_at signed_in_at"
    ).split()
    for sort in sorts:
        for sign in ("", "-"):
            path = f"/users?sort={sign}{sort}"
            yield f"people sorted by {sign}{sort}", path
            page = first(path)
            for _ in range(3):
                page = first(f"{path}&cursor={page['next']}")
            yield f"people sorted by {sign}{sort}, further on", f"{path}&cursor={page['next']}"
    # The first people are those of the installation.
    role = first("/grants?limit=100")["items"][-1]["role"]
    role = urllib.parse.quote(role if isinstance(role, str) else str(role["number"]))
    for sort in ("", "&sort=name", "&sort=-last_seen_at", "&sort=status"):
        yield f"people by a role that all hold {sort}", f"/users?role={role}{sort}"
    filters = {
        "status of few": "status=suspended",
        "kind of few": "kind=service",
        "locked": "locked=true",
        "department": "department=Department%2003",
        "a department that nobody has": "department=none",
        "seen in the last 18 days": "last_seen_after=-18d",
        "not seen for 350 days": "last_seen_before=-350d",
        "never signed in since a year": "signed_in_before=-365d",
        "changed in the last hour": "updated_after=-1h",
        "search for a name": "q=greta",
        "search for an address": "q=greta.wagwalsen",
        "search for what nobody has": "q=nobodyhasthis",
        "search for two letters": "q=an",
        "search for two letters that nobody has": "q=qz",
    }
    for name, text in filters.items():
        yield f"people: {name}", f"/users?{text}"
        yield f"people: {name}, by name", f"/users?{text}&sort=name"
        yield f"count up to 10,000: {name}", f"/users?{text}&limit=1&total=bounded"
        yield f"count of all: {name}", f"/users?{text}&limit=1&total=true"
    yield "count of everybody", "/users?limit=1&total=true"
    facets = "kind,status,standing,second_factor,home,organisation,group,role"
    for name, text in (("everybody", ""), ("a search", "&q=greta"), ("a rare search", "&q=greta.wagwalsen")):
        yield f"eight facets of {name}", f"/users?limit=1&facets={facets}{text}"
    yield "all grants", "/grants"
    page = first("/grants")
    yield "all grants, second page", f"/grants?cursor={page['next']}"
    yield "all grants of a role", f"/grants?role={role}"
    yield "all grants counted up to 10,000", "/grants?limit=1&total=bounded"
    yield "facets of grants", "/grants?limit=1&facets=platform,role"
    yield "who may read people", "/access?permission=users.read"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", default="target/release/usher")
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    server = subprocess.Popen(
        [given.binary, "serve", "--data", given.data, "--listen", "127.0.0.1:0", "--rate-limits", "off"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "USHER_LOG_FILTER": "error"},
    )
    try:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline()).group(1))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": f"Bearer {given.token}"}

        def ask(path):
            connection.request("GET", f"/api/v1{path}", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

        def first(path):
            status, body = ask(path)
            if status != 200:
                sys.exit(f"{path}: {status} {body[:300]!r}")
            return json.loads(body)

        print("| what | ms |\n|---|---|")
        for name, path in requests(first):
            if not re.search(given.only, name):
                continue
            first(path)
            before = processor_time(server.pid)
            for _ in range(given.rounds):
                first(path)
            after = processor_time(server.pid)
            # What a thread that has ended meanwhile has run is lost.
            spent = sum(spent - before.get(thread, 0) for thread, spent in after.items()) / given.rounds / 1e6
            print(f"| {urllib.parse.unquote(name)} | {spent:.1f}{' missed' if spent > 50 else ''} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
