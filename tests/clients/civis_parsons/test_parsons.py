"""Parsons hands the client through."""

from __future__ import annotations

from parsons import CivisClient


def test_parsons_speaks_to_usher(usher, monkeypatch):
    monkeypatch.setenv("CIVIS_API_ENDPOINT", usher.env["CIVIS_API_ENDPOINT"])
    client = CivisClient(api_key=usher.env["CIVIS_API_KEY"], db="1").client
    assert client.users.list_me().username == usher.env["USHER_EMAIL"]
    assert client.users.list(limit=2)[0].id
