"""A mail server for tests, and what they read in its mails."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import time

import pytest
from aiosmtpd.controller import Controller

NO_SERVER = {
    "server": None, "port": None, "account": None, "password": None,
    "start_tls": True, "tls": False, "sender": "usher@localhost",
}  # fmt: skip
WITHIN = 30.0


class Postbox:
    """A mail server that keeps what it gets."""

    def __init__(self, **options):
        self.mails = []
        self.connections = []
        self.cut_off = []
        self.refusals = {}
        self.refusal = "451 4.3.0 not now"
        self.hang_ups = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if self.refusals.get(to, 0) > 0:
            self.refusals[to] -= 1
            return self.refusal
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if self.hang_ups > 0:
            self.hang_ups -= 1
            self.cut_off.append(message)
            server.transport.abort()
            return "250 never said"
        self.connections.append({"tls": session.ssl is not None, "login": session.authenticated})
        self.mails.append((envelope.rcpt_tos, message))
        return "250 kept"

    def all_to(self, address: str, subject: str) -> list:
        """The mails to an address whose subjects hold these words, so far."""
        return [mail for to, mail in self.mails if to == [address] and subject in mail["subject"]]

    def to(self, address: str, subject: str, beside: int = 0):
        """The newest mail to an address whose subject holds these words, once it is there beside so many earlier ones."""

        def found():
            fitting = self.all_to(address, subject)
            return fitting[-1] if len(fitting) > beside else None

        return wait_for(found, f"mail to {address}: {subject}; there are {[to for to, _ in self.mails]}")

    def settings(self, **more) -> dict:
        plain = {"server": "127.0.0.1", "port": self.port, "start_tls": False, "sender": "door@example.org"}
        return {**NO_SERVER, **plain, **more}


def wait_for(question, what: str):
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        found = question()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def link_in(mail) -> str:
    return re.search(r"\S+\?token=[\w-]+", text_of(mail)).group()


def token_in(mail) -> str:
    return link_in(mail).partition("token=")[2]
