"""What every suite of clients shares: the real binary, served with sample data.

`usher` is one demo server for all tests of a session; `make_usher` starts fresh ones. Tests of one
dialect make what they need through `native`, the native API, and then speak to Usher with nothing
but the vendor's own client.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 30.0
STOPPED_WITHIN = 20.0
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
BAD_LINE = re.compile(r'^\S*\s*ERROR\b|"level":\s*"ERROR"|\bpanicked\b')

_started: list["Usher"] = []

# Suites lie in folders of their dialects' names, and some clients' packages have the same names.
# Pytest would take the folder for the package; it leaves alone what is imported already.
for suite in Path(__file__).parent.iterdir():
    if suite.is_dir():
        with contextlib.suppress(ImportError):
            importlib.import_module(suite.name)


def binary() -> Path:
    """The binary under test: built by `cargo xtask clients`, or named by USHER_BINARY."""
    path = Path(os.environ.get("USHER_BINARY", ROOT / "target" / "debug" / "usher"))
    if not path.is_file():
        pytest.exit(f"{path} is missing: run `cargo xtask clients`", returncode=1)
    return path


class Usher:
    """A running server: its address, its data folder, and what it wrote to first-run.env."""

    def __init__(self, data: Path, args=(), env=None, demo: bool = True):
        self.data = data
        self.log = data.parent / f"{data.name}.stderr"
        self.allowed: list[re.Pattern] = []
        self._args = ["--demo"] if demo else []
        self._args += [str(arg) for arg in args]
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
        self._env.update(env or {})
        _started.append(self)
        self.start()

    def start(self) -> "Usher":
        """Starts it, on the data it left behind if it ran before."""
        command = [binary(), "serve", "--data", self.data, "--listen", "127.0.0.1:0", *self._args]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self._env,
                cwd=self.data.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        lines: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        self.ready_line = self._wait_for_ready(lines)
        self.url = self.ready_line.removeprefix("usher ready on ").split()[0]
        self.env = self._first_run()
        return self

    @staticmethod
    def _read(stdout, lines) -> None:
        for line in stdout:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    def _wait_for_ready(self, lines) -> str:
        end = time.monotonic() + READY_WITHIN
        while True:
            try:
                line = lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is not None and line.startswith("usher ready on "):
                return line
            if line is None:
                self.kill()
                raise RuntimeError(f"usher was not ready; its log ends:\n{self.stderr()[-4000:]}")

    def _first_run(self) -> dict[str, str]:
        """The variables of first-run.env, which is written on the first start only."""
        path = self.data / "first-run.env"
        found = {}
        if path.is_file():
            for line in path.read_text().splitlines():
                if line.startswith("export "):
                    name, _, value = line.removeprefix("export ").partition("=")
                    found[name] = "".join(shlex.split(value))
        return found

    def stderr(self) -> str:
        """Everything it has logged so far."""
        return ESCAPES.sub("", self.log.read_text(errors="replace")) if self.log.exists() else ""

    def allow(self, pattern: str) -> None:
        """Expects errors in the log that match this: for tests that provoke them."""
        self.allowed.append(re.compile(pattern))

    def bad_lines(self) -> list[str]:
        """Errors and panics in the log that no test has expected."""
        lines = [line for line in self.stderr().splitlines() if BAD_LINE.search(line)]
        return [line for line in lines if not any(it.search(line) for it in self.allowed)]

    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> int:
        """Asks it to end, and returns its exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("usher did not stop when asked to") from None

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()

    @property
    def native(self) -> "Native":
        """The native API with the owner's token."""
        return Native(self.url, self.env["USHER_TOKEN"])


class Native:
    """The native API, thin: a refused call raises, unless its status is what the test awaits."""

    def __init__(self, url: str, token: str | None):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, json=None, status: int | None = None, **options):
        """The answer's JSON, or its text if it is none. `path` starts after /api/v1."""
        answer = self.session.request(
            method, f"{self.url}/api/v1{path}", json=json, timeout=30, **options
        )
        wanted = answer.ok if status is None else answer.status_code == status
        assert wanted, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if is_json else answer.text

    def get(self, path: str, status: int | None = None, **params):
        return self.call("GET", path, status=status, params=params)

    def all(self, path: str, **params) -> list[dict]:
        """Every row of a list, page after page."""
        rows, cursor = [], {}
        while True:
            page = self.get(path, **params, **cursor)
            rows += page["items"]
            if page["next"] is None:
                return rows
            cursor = {"cursor": page["next"]}

    def person(self, email: str, **fields) -> tuple[dict, "Native"]:
        """Makes a user, and opens the API with a key of theirs."""
        user = self.post("/users", {"email": email, **fields})
        key = self.post(f"/users/{user['id']}/keys", {"name": "test"})
        return user, Native(self.url, key["secret"])

    def post(self, path: str, json=None, status: int | None = None):
        return self.call("POST", path, json=json, status=status)

    def patch(self, path: str, json=None, status: int | None = None):
        return self.call("PATCH", path, json=json, status=status)

    def put(self, path: str, json=None, status: int | None = None):
        return self.call("PUT", path, json=json, status=status)

    def delete(self, path: str, status: int | None = None):
        return self.call("DELETE", path, status=status)


@pytest.fixture(scope="session")
def usher(tmp_path_factory):
    """One server with sample data, shared by all tests of the session."""
    server = Usher(tmp_path_factory.mktemp("demo") / "usher-data")
    yield server
    assert server.stop() == 0, server.stderr()[-4000:]


@pytest.fixture
def make_usher(tmp_path):
    """Starts fresh servers: `make_usher(args=["--flag"], env={"USHER_…": "…"}, demo=True)`."""
    made = []

    def make(args=(), env=None, demo=True, data=None) -> Usher:
        server = Usher(data or tmp_path / f"usher-data-{len(made)}", args, env, demo)
        made.append(server)
        return server

    yield make
    for server in made:
        if server.running():
            server.stop()


@pytest.fixture(scope="session")
def native(usher) -> Native:
    """The native API of the shared server, as the owner."""
    return usher.native


@pytest.fixture(scope="session")
def make_native(usher):
    """The native API of the shared server with another token."""
    return lambda token: Native(usher.url, token)


_skipped: list[str] = []


def pytest_runtest_logreport(report):
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session, exitstatus):
    """No run is good that skipped a test, or whose servers logged an error that nobody expected."""
    complaints = [f"{node} was skipped" for node in _skipped]
    for server in _started:
        if server.running():
            server.kill()
            complaints.append(f"{server.data} was still running")
        complaints += [f"{server.log}: {line}" for line in server.bad_lines()]
    if complaints:
        session.config.complaints = complaints
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    for complaint in getattr(config, "complaints", []):
        terminalreporter.write_line(f"FAILED: {complaint}", red=True)
