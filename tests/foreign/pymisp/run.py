"""PyMISP's own live tests, from its source package, against a fresh server."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import pytest  # noqa: E402
import suite  # noqa: E402

VERSION = "2.5.34.4"


class Outcomes:
    """Which tests passed."""

    def __init__(self):
        self.passed: dict[str, bool] = {}

    def pytest_runtest_call(self, item):
        # A test that needs events turns this on and fails before it turns it off again.
        item.cls.admin_misp_connector.global_pythonify = False

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.rpartition("::")[2]
        if report.failed or (report.when == "call" and not report.skipped):
            self.passed[name] = report.passed and self.passed.get(name, True)


def main() -> int:
    expected = suite.expected_failures(HERE)
    # The tests look for these names.
    server = suite.usher(demo=False, env={"USHER_PASSWORDS_POLICY": "vendor", "USHER_BOOTSTRAP_EMAIL": "admin@admin.test"})
    try:
        root = server.native.get("/organisations")["items"][0]["id"]
        server.native.patch(f"/organisations/{root}", {"name": "ORGNAME"})
        os.chdir(suite.source_of("pymisp", VERSION))
        # A folder that is there is not fetched.
        Path("tests/viper-test-files").mkdir(exist_ok=True)
        Path("keys.py").write_text(f"url = {server.env['MISP_URL']!r}\nkey = {server.env['MISP_KEY']!r}\n")
        tests = Path("tests/testlive_comprehensive.py")
        # Without this the tests update the server's own software first.
        tests.write_text(tests.read_text().replace("fast_mode = False", "fast_mode = True"))
        outcomes = Outcomes()
        sys.path.insert(0, os.getcwd())
        pytest.main(["-q", "-p", "no:cacheprovider", "--tb=line", str(tests)], plugins=[outcomes])
    finally:
        server.stop()
    return suite.verdict(outcomes.passed, expected)


if __name__ == "__main__":
    sys.exit(main())
