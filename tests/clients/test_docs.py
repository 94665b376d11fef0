"""The guides' commands, run as they stand.

A page's blocks below `<!-- test: NAME -->` run in one folder, in the page's order, with a server in `usher-data` and its owner's
variables. `systemctl` is a stand-in that starts, stops and reloads that one server.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from conftest import binary

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
BLOCK = re.compile(r"^<!-- test: (?P<name>[\w-]+) -->\n+```bash\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^<!-- test:", re.MULTILINE)
PAGES = sorted(page for page in GUIDES.glob("*.md") if page.name != "README.md")

SYSTEMCTL = """#!/bin/bash
# The service manager of one server.
cd {folder}
case "$1" in
  start)
    usher serve --data usher-data --listen 127.0.0.1:{port} > ready 2>> log &
    echo $! > pid
    for try in $(seq 300); do grep -q '^usher ready' ready && exit 0; sleep 0.1; done
    cat log >&2; exit 1 ;;
  stop) kill -TERM $(cat pid); while kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done ;;
  reload) kill -HUP $(cat pid); sleep 0.3 ;;
esac
"""


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_every_page_has_commands_and_the_index_names_it():
    index = (GUIDES / "README.md").read_text()
    for page in PAGES:
        text = page.read_text()
        assert len(BLOCK.findall(text)) == len(MARK.findall(text)) > 0, page.name
        assert f"({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_commands_work_as_written(page, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "usher").symlink_to(Path(binary()).resolve())
    service = tools / "systemctl"
    folder = tmp_path / "work"
    folder.mkdir()
    service.write_text(SYSTEMCTL.format(folder=folder, port=free_port()))
    service.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    for tool in ["curl", "jq", "openssl"]:
        assert shutil.which(tool), f"the guides' commands need {tool}"

    def run(commands: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    started = run("systemctl start usher")
    assert started.returncode == 0, started.stderr
    try:
        owner = (folder / "usher-data" / "first-run.env").read_text()
        (tmp_path / "owner.env").write_text(owner)
        for block in BLOCK.finditer(page.read_text()):
            done = run(f". {tmp_path}/owner.env\n{block['text']}")
            assert done.returncode == 0, f"{page.name}: {block['name']}\n{done.stdout}\n{done.stderr}"
    finally:
        run("systemctl stop usher")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not (folder / "log").exists():
            time.sleep(0.05)
    log = (folder / "log").read_text()
    assert " ERROR " not in log, log
