"""The command line against the real server: every block of docs/cli.md, completion in a real shell, and what
only a process shows.

A fenced block of bash below a line `<!-- test: NAME -->` is run as it stands, on one demo server, in the order of
the page, with `usher` on the path and the variables of `first-run.env`.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT, binary

PAGE = ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"^<!-- test: (?P<name>[\w-]+) -->\n+```bash\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# What may stand on standard error of a block that works: hints, and the refusals that it provokes with `!` or `||`.
HINT = re.compile(
    r"there are more|nothing to do|nothing was changed|pages in man1| in (users|groups|grants)\.csv$"
    r"|usher explain (stale|not-found)|\"code\":\"not-found\""
)
MARK = re.compile(r"^<!-- test:", re.MULTILINE)


@pytest.fixture(scope="session")
def shell(usher, tmp_path_factory):
    """Runs bash with the binary on the path, in a folder of its own; the variables are the owner's."""
    folder = tmp_path_factory.mktemp("cli")
    home = folder / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    environment.update({name: value for name, value in usher.env.items() if name.startswith("USHER_")})
    environment.update({
        "PATH": f"{binary().parent.resolve()}:{environment['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(folder / "config"),
    })  # fmt: skip

    def run(commands: str, status: int | None = 0, env=None, **options) -> subprocess.CompletedProcess:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=folder, env=environment | (env or {}), capture_output=True, text=True, timeout=120, **options,
        )  # fmt: skip
        assert status is None or done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    run.folder = folder
    run.environment = environment
    return run


def blocks() -> list:
    return [pytest.param(found["name"], found["text"], id=found["name"]) for found in BLOCK.finditer(PAGE.read_text())]


def confirms_dry_runs(native) -> bool:
    """A server that confirms no dry run makes nothing of this request either."""
    answer = native.session.post(
        f"{native.url}/api/v1/users", params={"dry_run": "true"}, json={"email": "probe@example.org"}
    )
    return "Usher-Dry-Run" in answer.headers


def test_every_marked_block_is_found():
    assert len(blocks()) == len(MARK.findall(PAGE.read_text())) > 10


@pytest.mark.parametrize(("name", "block"), blocks())
def test_a_block_works_as_written(name, block, shell, native):
    if name == "repeats" and not confirms_dry_runs(native):
        # The command goes no further than the first one that must change nothing.
        done = shell(block, status=1)
        assert "does not confirm that this was a dry run" in done.stderr
        return
    done = shell(block)
    unexpected = [line for line in done.stderr.splitlines() if not HINT.search(line)]
    assert unexpected == []


def test_every_command_stands_in_a_block(shell):
    """Nouns and verbs come from the help itself, so a new command without an example fails."""
    text = "\n".join(found["text"] for found in BLOCK.finditer(PAGE.read_text()))
    commands = [line.split("`")[1] for line in PAGE.read_text().split("## Reference")[1].splitlines() if line.startswith("| `")]
    commands = [" ".join(word for word in command.split() if re.fullmatch(r"[a-z-]+", word)) for command in commands]
    nouns = {"user", "org", "group", "role", "grant", "key", "session", "event", "setting", "job", "mail", "profile"}
    missing = []
    for command in commands:
        words = command.split()[:2] if command.split()[0] in nouns else command.split()[:1]
        if words[0] not in nouns | {"me", "import", "export", "explain", "completions", "man"}:
            continue  # a row of the table of codes
        if not re.search(rf"\busher {' '.join(words)}\b", text):
            missing.append(" ".join(words))
    assert missing == []


def complete(shell, line: str, **env) -> list[str]:
    """What bash offers for the last word of a line, by the script that `usher completions bash` prints."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    done = shell(
        f"""
        source <(usher completions bash)
        COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_TYPE=9; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
        set +eu
        _clap_complete_usher usher '{words[-1]}' '{words[-2]}' 2> /dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """,
        env=env,
    )
    return sorted(line for line in done.stdout.splitlines() if line)


def test_a_real_shell_completes_nouns_verbs_flags_and_names(shell):
    assert complete(shell, "usher us") == ["user"]
    assert complete(shell, "usher user dis") == ["disable"]
    assert complete(shell, "usher user list --fil") == ["--filter"]
    assert complete(shell, "usher user show ada.o") == ["ada.okafor@usher.example"]
    assert complete(shell, "usher org show North") == [r"Northwind\ Clinic"]
    assert complete(shell, "usher group show Serv") == [r"Service\ desk"]
    assert "usher:helpdesk" in complete(shell, "usher role show usher:h")
    assert complete(shell, "usher setting show lock") == ["lockout"]
    assert complete(shell, "usher user why ada.okafor users.re") != []


def test_completion_is_silent_where_no_server_answers(shell):
    for url in ["http://127.0.0.1:9", ""]:
        started = time.monotonic()
        assert complete(shell, "usher user show ada", USHER_URL=url) == []
        assert time.monotonic() - started < 10


def test_an_interrupted_command_ends_with_130(shell):
    # A server that never answers: the command waits until it is interrupted.
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        process = subprocess.Popen(
            [binary(), "me"], env=shell.environment | {"USHER_URL": url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        deaf.accept()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
        assert process.stderr.read() == b"usher: interrupted\n"


def test_a_reader_that_has_seen_enough_is_no_failure(shell):
    done = shell("usher user list --all | head -n 1")
    assert done.stdout.startswith("number")
    assert done.stderr == ""


def test_the_first_page_of_the_help_fits_a_screen(shell):
    page = shell("usher --help").stdout.rstrip("\n").split("\n")
    assert len(page) <= 24
    assert max(len(line) for line in page) <= 80


def test_nothing_but_data_goes_to_standard_output(shell):
    done = shell("usher user list --all -o json")
    assert len(json.loads(done.stdout)) > 30
    assert done.stderr == ""


def test_what_the_table_of_commands_says_is_shown_is_served(shell, native):
    """The members that --columns knows without looking are those that the server shows."""
    for noun in ["user", "org", "group", "role", "key"]:
        shown = shell(f"usher {noun} list --limit 1 -o json").stdout
        members = list(json.loads(shown)[0])
        shell(f"usher {noun} list --search nothing-is-called-so --columns {','.join(members)}")


def on_a_terminal(shell, arguments: list, typed: str = "", stdin=subprocess.DEVNULL) -> tuple[int, str]:
    """Runs the command with standard output and error on a terminal of its own, which is its controlling one."""
    import pty

    main, side = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", binary(), *arguments] if stdin is None else [binary(), *arguments],
        env=shell.environment, cwd=shell.folder, stdin=side if stdin is None else stdin, stdout=side, stderr=side,
    )  # fmt: skip
    os.close(side)
    os.write(main, typed.encode())
    shown = b""
    try:
        while chunk := os.read(main, 65536):
            shown += chunk
    except OSError:
        pass  # The other side is closed: the command has ended.
    os.close(main)
    return process.wait(timeout=20), shown.decode()


def test_a_terminal_shows_progress_a_frame_and_a_question(shell, native):
    for number in [1, 2]:
        native.post("/users", {"email": f"asked-{number}@example.org"})
    code, shown = on_a_terminal(shell, ["user", "list", "--all"])
    assert code == 0 and "reading" in shown and "│" in shown
    code, shown = on_a_terminal(shell, ["user", "list", "--all", "-q", "-o", "jsonl"])
    assert code == 0 and "reading" not in shown and shown.startswith('{"id"')
    two = ["user", "delete", "asked-1@example.org", "asked-2@example.org"]
    code, shown = on_a_terminal(shell, two, "n\n", stdin=None)
    assert code == 1 and "Really delete 2 users? [y/N]" in shown and "Nothing was done." in shown
    code, shown = on_a_terminal(shell, two, "y\n", stdin=None)
    assert code == 0 and "deleted 2" in shown
    assert native.get("/users", q="asked")["items"] == []
