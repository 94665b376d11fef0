"""What the library sends, held against what the vendor's own package says of its API: a table of operations, a specification, schemas.

A client that carries none (PyMISP, pycti) has its requests compared alone. A row that the vendor's specification does not know is named
in `UNSPECIFIED` with the reason.
"""

from __future__ import annotations

import pytest

from capture import Capture
from library import Drive
from test_requests import rows

FAULT = getattr(rows, "specification_fault", None)

# A test without rows would count as skipped.
if FAULT:

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

    @pytest.mark.parametrize(("name", "method", "args"), [(row[0], *row[2:]) for row in rows.ROWS], ids=[row[0] for row in rows.ROWS])
    def test_requests_keep_to_the_vendors_specification(capture, drive, name, method, args):
        drive(capture.url, rows.CREDENTIAL, method, **args)
        faults = [fault for fault in map(FAULT, capture.take()) if fault]
        if name in rows.UNSPECIFIED:
            assert faults, f"{name} is specified by now: take it out of the table ({rows.UNSPECIFIED[name]})"
        else:
            assert not faults

    @pytest.mark.parametrize(("request_", "word"), rows.FAULTY, ids=[word for _, word in rows.FAULTY])
    def test_what_breaks_the_specification_is_found(request_, word):
        request = {"query": "", "body": None, "headers": {}, **request_}
        assert word in (FAULT(request) or "")
