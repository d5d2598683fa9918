"""API keys: made once and shown once, kept as digests, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from exceptions import ConfigurationError, InvalidRequestError, ResourceNotFoundError
from guard.scopes import SCOPES
from speech.atomic_file import replacing
from utils import utc_timestamp

PREFIX = "cx"
SECRET_BYTES = 32
_NAME = re.compile(r"[\w .@-]{1,64}")


@dataclass(frozen=True)
class Key:
    """What is kept of a key.

    Attributes:
        id: public part, by which it is named in lists and logs.
        name: for people.
        scopes: what it opens; ``admin`` opens everything.
        digest: hex SHA-256 of the secret part, which is long and random, so that no slow hash is needed.
        created: ISO time.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    digest: str
    created: str

    def opens(self, scope: str) -> bool:
        """Whether it may do what needs `scope`."""
        return scope in self.scopes or "admin" in self.scopes


class KeyStore:
    """The file of keys; changes to it, by another process too, count at once. Methods may be called from any thread.

    Args:
        file: made with the first key, readable by its owner alone.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, Key] = {}

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys, in the order in which they were made.

        Raises:
            ConfigurationError: the file is damaged.
        """
        with self._lock:
            self._refresh()
            return tuple(self._keys.values())

    def add(self, name: str, scopes: Iterable[str]) -> str:
        """Make a key and return it; this is the only time it is seen.

        Raises:
            InvalidRequestError: no fit name, or a scope that does not exist.
        """
        chosen = tuple(scope for scope in SCOPES if scope in set(scopes))
        if not chosen or set(scopes) - set(SCOPES):
            raise InvalidRequestError(f"A key needs one or more of the scopes {', '.join(SCOPES)}.", field="scopes")
        if not _NAME.fullmatch(name):
            raise InvalidRequestError(
                "A key's name has 1 to 64 letters, digits, spaces or any of . _ @ -.", field="name"
            )
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(SECRET_BYTES)
        with self._lock:
            self._refresh()
            self._save([*self._keys.values(), Key(number, name, chosen, _digest(secret), utc_timestamp())])
        return f"{PREFIX}_{number}_{secret}"

    def remove(self, words: str) -> Key:
        """Forget a key.

        Args:
            words: its id or its name.

        Raises:
            ResourceNotFoundError: no key has it.
        """
        with self._lock:
            self._refresh()
            found = [key for key in self._keys.values() if words in (key.id, key.name)]
            if len(found) != 1:
                raise ResourceNotFoundError(f"{len(found) or 'No'} keys are called {words!r}; name one by its id.")
            self._save([key for key in self._keys.values() if key is not found[0]])
        return found[0]

    def find(self, text: str) -> Key | None:
        """The key that `text` is, or ``None``."""
        prefix, _, rest = text.partition("_")
        number, _, secret = rest.partition("_")
        with self._lock:
            self._refresh()
            key = self._keys.get(number)
        expected = key.digest if key is not None else _digest("")
        # The comparison is made in any case, so that its time does not tell whether there is such a key.
        same = hmac.compare_digest(_digest(secret), expected)
        return key if same and prefix == PREFIX and secret else None

    def _refresh(self) -> None:
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return
        if (seen := (stat.st_mtime_ns, stat.st_size)) == self._seen:
            return
        try:
            entries = json.loads(self._file.read_text("utf-8"))["keys"]
            keys = [Key(**{**entry, "scopes": tuple(entry["scopes"])}) for entry in entries]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"The file of keys {self._file.name} cannot be read.") from error
        self._seen, self._keys = seen, {key.id: key for key in keys}

    def _save(self, keys: list[Key]) -> None:
        with replacing(self._file) as partial:
            partial.touch(mode=0o600)
            partial.chmod(0o600)
            partial.write_text(json.dumps({"keys": [asdict(key) for key in keys]}, indent=1), "utf-8")
        self._seen = None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
