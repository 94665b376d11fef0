"""The vendors' own clients and the Rust library, side by side: one call each, and the requests compared.

A row is a name, what the vendor's client is made to do, and the library's method with its arguments. This folder has an environment
for each client; the rows are those of the client that is installed.
"""

from __future__ import annotations

import contextlib
import importlib

import pytest

from capture import Capture
from library import Drive
from equal import plain

PLATFORMS = ["civis", "falcon", "misp", "opencti", "tenable"]


def installed():
    """The rows of the client that this environment has."""
    for platform in PLATFORMS:
        with contextlib.suppress(ImportError):
            return importlib.import_module(f"{platform}_rows")
    raise ImportError(f"no client of {PLATFORMS} is installed")


rows = installed()


@pytest.fixture(scope="module")
def capture():
    server = Capture(rows.answer)
    yield server
    server.close()


@pytest.fixture(scope="module")
def drive():
    process = Drive(rows.PLATFORM)
    yield process
    process.close()


@pytest.fixture(scope="module")
def client(capture):
    return rows.client(capture.url)


@pytest.mark.parametrize(("name", "theirs", "method", "args"), rows.ROWS, ids=[row[0] for row in rows.ROWS])
def test_requests_are_equal(capture, drive, client, name, theirs, method, args):
    capture.take()
    with contextlib.suppress(*rows.FAILURES):
        theirs(client)
    wanted = [plain(rows.PLATFORM, request) for request in capture.take()]
    drive(capture.url, rows.CREDENTIAL, method, **args)
    sent = [plain(rows.PLATFORM, request) for request in capture.take()]
    # Requests that only one of the two needs, such as a look at one's own role.
    needless = rows.NEEDLESS.get(name, []) + getattr(rows, "ALWAYS_NEEDLESS", [])
    sent = [request for request in sent if "/".join(request["path"]) not in needless]
    wanted = [request for request in wanted if "/".join(request["path"]) not in needless]
    assert sent, "nothing was sent"
    if name in rows.MEANT:
        assert sent != wanted, f"{name} differs no longer: take it out of the table ({rows.MEANT[name]})"
    else:
        assert sent == wanted


def test_every_operation_has_a_row():
    """As many as the vendor's client has, by the library's names."""
    assert rows.OPERATIONS <= {row[2] for row in rows.ROWS}
