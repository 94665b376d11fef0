"""The binary itself: its first start, its address, its end."""

import os
import stat

import requests

VARIABLES = {
    "OPENCTI_URL", "OPENCTI_TOKEN",
    "MISP_URL", "MISP_KEY",
    "TIE_URL", "TIE_API_KEY",
    "FALCON_BASE_URL", "FALCON_CLIENT_ID", "FALCON_CLIENT_SECRET",
    "USHER_URL", "USHER_TOKEN", "USHER_EMAIL", "USHER_PASSWORD",
}  # fmt: skip


def test_it_says_where_it_listens_and_answers_there(usher):
    assert usher.url.startswith("http://127.0.0.1:")
    assert str(usher.data) in usher.ready_line
    for path in ("/healthz", "/readyz"):
        assert requests.get(usher.url + path, timeout=10).status_code == 200, path


def test_the_first_start_tells_the_owner_how_to_come_in(usher):
    assert VARIABLES <= usher.env.keys(), VARIABLES - usher.env.keys()
    assert usher.env["USHER_URL"] == usher.url
    for name in ("OPENCTI_URL", "MISP_URL", "TIE_URL", "FALCON_BASE_URL"):
        assert usher.env[name].startswith(usher.url + "/"), name
    mode = stat.S_IMODE(os.stat(usher.data / "first-run.env").st_mode)
    assert mode == 0o600, oct(mode)


def test_the_sample_data_have_people_in_several_organisations(usher, native):
    people = native.get("/users", limit=100)["items"]
    organisations = native.get("/organisations", limit=100)["items"]
    assert len(people) >= 30
    assert len(organisations) >= 3


def test_a_second_start_keeps_the_data_and_the_owners_key(make_usher):
    server = make_usher()
    first = dict(server.env)
    made = server.native.post("/organisations", {"name": "Kept over a restart"})
    assert server.stop() == 0
    server.start()
    assert server.env["USHER_TOKEN"] == first["USHER_TOKEN"]
    assert server.native.get(f"/organisations/{made['id']}")["name"] == "Kept over a restart"


def test_an_unknown_token_is_refused(usher, make_native):
    make_native("0" * 40).get("/me", status=401)
    make_native(None).get("/me", status=401)
