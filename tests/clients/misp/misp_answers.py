"""What the tests expect of answers, and a password that every policy takes."""

GOOD = "Quiet-Harbour-Lantern-42"
# The methods and properties of the client that were used; see test_zz_whole_client.py.
USED: set[str] = set()


def ok(answer):
    """A dictionary's answer that is no error."""
    assert not isinstance(answer, dict) or "errors" not in answer, answer
    return answer


def refused(answer, status):
    """The body of an error with this status."""
    assert isinstance(answer, dict) and "errors" in answer, answer
    found, body = answer["errors"]
    assert found == status, answer
    return body
