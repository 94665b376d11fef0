"""The vendors' own clients and the Rust library, side by side on Usher's own dialects: what they read is one thing."""

from __future__ import annotations

import pytest

from library import Drive
from test_requests import rows

RESULTS = getattr(rows, "RESULTS", [])


# Platforms that Usher does not serve have none, and a test without rows would count as skipped.
if RESULTS:

    @pytest.mark.parametrize(("name", "theirs", "method", "args"), RESULTS, ids=[row[0] for row in RESULTS])
    def test_results_are_equal(usher, name, theirs, method, args):
        url, credential = (usher.env[variable] for variable in rows.VARIABLES)
        drive = Drive(rows.PLATFORM)
        answer = drive(url, credential, method, **args)
        drive.close()
        assert answer["ok"] == theirs(rows.served(url, credential))
