"""What pip and venv print when they fail becomes one sentence and one thing to do."""

import pytest

from launcher.problems import explain

CASES = {
    "disk": (
        "  Downloading av.whl (35 MB)\nERROR: Could not install packages due to an OSError: [Errno 28] "
        "No space left on device",
        "The disk is full.",
        "CHATTERBOX_VENV",
    ),
    "name resolution before its consequence": (
        "WARNING: Retrying after connection broken by 'NewConnectionError(... Temporary failure in name "
        "resolution)'\nERROR: Could not find a version that satisfies the requirement av==18.1.0\n"
        "ERROR: No matching distribution found for av==18.1.0",
        "could not be reached",
        "later runs do not",
    ),
    "time-out": ("ReadTimeoutError: HTTPSConnectionPool: Read timed out.", "could not be reached", "connection"),
    "certificate": (
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self signed certificate"
        " Failed to establish a new connection",
        "certificate",
        "PIP_CERT",
    ),
    "proxy": ("ProxyError('Cannot connect to proxy.', NewConnectionError())", "proxy refused", "HTTPS_PROXY"),
    "hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "checksum differs",
        "altered",
    ),
    "permission": ("ERROR: [Errno 13] Permission denied: '.venv/lib'", "cannot be written", "CHATTERBOX_VENV"),
    "read-only": ("OSError: [Errno 30] Read-only file system", "cannot be written", "CHATTERBOX_VENV"),
    "no venv": (
        "The virtual environment was not created successfully because ensurepip is not available.",
        "venv module is missing",
        "python3-venv",
    ),
    "no build": ("ERROR: No matching distribution found for av==18.1.0", "no build for this", "64-bit"),
    "nothing listed": (
        "ERROR: Could not find a version that satisfies the requirement av==18.1.0 (from versions: none)",
        "was not reached, or has no build",
        "Check the connection",
    ),
    "compiler": ("error: subprocess-exited-with-error\n× Building wheel", "compiled here", "ready-made"),
    "memory": ("MemoryError", "not enough memory", "Close"),
}


@pytest.mark.parametrize("name", CASES)
def test_known_failures_are_explained(name: str) -> None:
    output, sentence, remedy = CASES[name]
    error = explain(output, "Installing")
    assert sentence in error.message
    assert remedy in error.hint


def test_unknown_failure_shows_the_last_error_line() -> None:
    error = explain("Collecting av\nERROR: something new\nnotice: a new pip exists\n", "Installing av")
    assert error.message == "Installing av failed: ERROR: something new"
    assert error.hint


def test_silent_failure_is_still_a_sentence() -> None:
    assert explain("", "Making it").message == "Making it failed: no output"


def test_addresses_are_not_repeated() -> None:
    error = explain("Could not fetch https://example.test/simple/av/: Read timed out", "Installing")
    assert "https://" not in error.message
    assert "Could not fetch" in error.message
