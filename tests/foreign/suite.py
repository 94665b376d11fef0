"""What runs of other people's suites share: the real binary, and the list of failures that are expected."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def usher(**options):
    """A fresh server; it ends with the process that asked for it."""
    spec = importlib.util.spec_from_file_location("usher_conftest", ROOT / "tests" / "clients" / "conftest.py")
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    return conftest.Usher(Path(tempfile.mkdtemp()) / "usher-data", **options)


def source_of(package: str, version: str) -> Path:
    """The source of a package from PyPI, unpacked in the working folder."""
    folder = Path(f"{package}-{version}")
    if not folder.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
        command += ["--no-binary", ":all:", f"{package}=={version}"]
        subprocess.run(command, check=True)
        with tarfile.open(f"{package}-{version}.tar.gz") as archive:
            archive.extractall(filter="data")
    return folder


def clone_of(repository: str, commit: str, name: str) -> Path:
    """A commit of a repository, or of a copy of it, below the working folder."""
    folder = Path(name).resolve()
    if not folder.is_dir():
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", repository, str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", commit], check=True)
    return folder


def built_by_go(module: Path, package: str) -> Path:
    """A program of a Go module."""
    if shutil.which("go") is None:
        sys.exit("there is no Go here; Debian's package `golang-go` brings one, from Debian 13 on a new enough one")
    environment = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", **os.environ}
    subprocess.run(["go", "build", "-o", "driven.bin", package], cwd=module, check=True, env=environment)
    return module / "driven.bin"


def drive(command: list[str], expected: dict[str, str], **environment: str) -> int:
    """Runs a program that calls a client, a line for each call, against a fresh server; the exit code."""
    server = usher(demo=False)
    try:
        variables = {**os.environ, **server.env, **environment}
        done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    finally:
        server.stop()
    return verdict(outcomes_of(done.stdout), expected)


def expected_failures(folder: Path) -> dict[str, str]:
    """Tests that fail, with the reason of each."""
    expected = {}
    for line in (folder / "expected-failures.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            assert reason.strip(), f"{name} has no reason"
            expected[name] = reason.strip()
    return expected


def outcomes_of(lines: str) -> dict[str, bool]:
    """What a program says of its calls: `ok NAME` or `failed NAME WHY`, a line each; failures are printed."""
    outcomes = {}
    for line in lines.splitlines():
        word, _, rest = line.partition(" ")
        outcomes[rest.split()[0]] = word == "ok"
        if word != "ok":
            print(line)
    return outcomes


def verdict(outcomes: dict[str, bool], expected: dict[str, str]) -> int:
    """Prints what came out, and gives the exit code: 0 when just the expected tests fail."""
    failed = {name for name, passed in outcomes.items() if not passed}
    surprises = sorted(failed - expected.keys()) + sorted(expected.keys() & outcomes.keys() - failed)
    unknown = sorted(expected.keys() - outcomes.keys())
    print(f"{len(outcomes)} tests: {len(outcomes) - len(failed)} pass, {len(failed)} fail, {len(expected)} expected to")
    for name in surprises:
        print(f"unexpected: {name} {'failed' if name in failed else 'passed'}")
    for name in unknown:
        print(f"expected to fail, and not there: {name}")
    return 1 if surprises or unknown else 0
