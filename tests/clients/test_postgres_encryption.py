"""PostgreSQL over TLS: what `sslmode` and `sslrootcert` of the address ask for is what happens.

One server talks encrypted only and asks for a password (so the handshake is also bound to the
sign-in); its certificate is for `localhost` and no other name. The other talks in the clear only.
"""

import base64
import os
import subprocess

import pytest
import trustme
from conftest import binary

ENCRYPTED = os.environ.get("USHER_TEST_ENCRYPTED_POSTGRES", "")
AUTHORITY = os.environ.get("USHER_TEST_ENCRYPTED_POSTGRES_AUTHORITY", "")
PLAIN = os.environ.get("USHER_TEST_POSTGRES", "")
BY_ADDRESS = ENCRYPTED.replace("localhost", "127.0.0.1")
# All tests find the same tables, so only the first of them finds no directory there.
INSTALLATION = {
    "USHER_BOOTSTRAP_KEY": "EncryptedPostgres" + "0" * 23,
    "USHER_SECRET_KEY": base64.b64encode(bytes(32)).decode(),
}


@pytest.fixture(scope="module", autouse=True)
def servers():
    if not (ENCRYPTED and AUTHORITY and PLAIN):
        pytest.fail("run these tests by `cargo xtask clients server`, which starts the servers")


@pytest.mark.parametrize(
    "address",
    [
        ENCRYPTED,
        f"{BY_ADDRESS}?sslmode=prefer",
        f"{BY_ADDRESS}?sslmode=require",
        f"{BY_ADDRESS}?sslmode=require&channel_binding=require",
        f"{BY_ADDRESS}?sslmode=verify-ca&sslrootcert={AUTHORITY}",
        f"{ENCRYPTED}?sslmode=verify-full&sslrootcert={AUTHORITY}",
    ],
    ids=["nothing said", "prefer", "require", "bound", "verify-ca", "verify-full"],
)
def test_an_encrypted_server_is_spoken_to(make_usher, address):
    server = make_usher(args=["--database", address], env=INSTALLATION, demo=False)
    server.env["USHER_TOKEN"] = INSTALLATION["USHER_BOOTSTRAP_KEY"]
    assert server.native.get("/me")["number"] == 1
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"{BY_ADDRESS}?sslmode=disable", "sslmode=require"),
        (f"{BY_ADDRESS}?sslmode=verify-full&sslrootcert={AUTHORITY}", "connect by a name that"),
        (f"{ENCRYPTED}?sslmode=verify-full&sslrootcert=STRANGER", "did not sign the server's certificate"),
        (f"{BY_ADDRESS}?sslmode=verify-ca&sslrootcert=STRANGER", "did not sign the server's certificate"),
        (f"{BY_ADDRESS}?sslmode=require&sslrootcert=STRANGER", "did not sign the server's certificate"),
        (f"{ENCRYPTED}?sslrootcert=system", "did not sign the server's certificate"),
        (f"{ENCRYPTED}?sslmode=verify-full", "add sslrootcert="),
        (f"{ENCRYPTED}?sslmode=verify-full&sslrootcert=/none.pem", "/none.pem: No such file"),
        (f"{PLAIN}?sslmode=require", "say sslmode=disable"),
        (f"{PLAIN}?sslmode=verify-full&sslrootcert={AUTHORITY}", "say sslmode=disable"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_to_do(tmp_path, address, told):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    command = [binary(), "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"]
    command += ["--database", address.replace("STRANGER", str(stranger))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    # A mistake in the address is one of the configuration; what the server refuses is not.
    assert ended.returncode in (1, 2), ended
    assert told in ended.stderr, ended.stderr
    assert "panicked" not in ended.stderr and "throw-away" not in ended.stderr.replace("throw-away authority", "")
    assert ended.stdout == ""
