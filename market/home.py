"""The folder that a platform lives in: its data, its logs, and what is known of it.

Shape: `version` says how the rest is laid out; `lock` is held while a platform runs, and
`owner` has its pid; `platform.json` is where its parts are; `token-key.json` signs tokens,
`token-<service>` is what a service shows others; `kafka/`, `postgres/`, `logs/`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from pydantic import ValidationError

from market.embedded.failures import no_space_left
from market.errors import HomeError
from market.state import State

VERSION: Final = "1"


@dataclass(frozen=True)
class Home:
    """A MARKET_HOME, whether or not there is one yet."""

    path: Path

    @classmethod
    def of_environment(cls) -> "Home":
        """Return the home that MARKET_HOME names: `.market` here, if it says nothing."""
        return cls(Path(os.environ.get("MARKET_HOME") or ".market").expanduser().absolute())

    @property
    def logs(self) -> Path:
        """Where each process of the platform writes its log, `<name>.log`."""
        return self.path / "logs"

    def log(self, name: str) -> Path:
        """Return the log of the process `name`."""
        return self.logs / f"{name}.log"

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Make the home if there is none, and hold it against every other platform.

        Raises:
            HomeError: It is in use, of another version, no home, or cannot be written;
                nothing in it was changed.
        """
        self.check_version()
        with _clearly(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / "lock", timeout=0)
            try:
                lock.acquire()
            except Timeout as why:
                raise HomeError(self._in_use()) from why
        try:
            with _clearly(self.path):
                write_whole(self.path / "version", VERSION)
                write_whole(self.path / "owner", str(os.getpid()))
                self.logs.mkdir(exist_ok=True)
            yield
        finally:
            lock.release()

    def check_version(self) -> None:
        """Refuse a folder that this version of `market` must not touch.

        Raises:
            HomeError: It is of another version, holds something else, or cannot be read.
        """
        with _clearly(self.path):
            found, used = self._found_version(), self._used()
        if found not in {None, VERSION}:
            raise HomeError(
                f"{self.path} is of version {found!r}, this `market` keeps version "
                f"{VERSION}: use the `market` that made it, or set MARKET_HOME to a "
                "new folder"
            )
        if found is None and used:
            raise HomeError(
                f"{self.path} holds something else than a platform: set MARKET_HOME to a "
                "new folder"
            )

    def write_state(self, state: State) -> None:
        """Replace what is known of the platform, as a whole or not at all.

        Raises:
            OSError: It could not be written.
        """
        write_whole(self.path / "platform.json", state.model_dump_json(indent=2))

    def read_state(self) -> State | None:
        """Return what is known of the platform, if one runs or has been left.

        Raises:
            HomeError: The home is of another version, or what it says cannot be read.
        """
        self.check_version()
        file = self.path / "platform.json"
        try:
            with _clearly(self.path), suppress(FileNotFoundError):
                return State.model_validate_json(file.read_bytes())
        except ValidationError as why:
            raise HomeError(
                f"{file} cannot be understood: remove it once no process of this home "
                "runs any more"
            ) from why
        return None

    def forget_state(self) -> None:
        """Say that no platform runs here.

        Raises:
            HomeError: Nothing may be written there.
        """
        with _clearly(self.path):
            (self.path / "platform.json").unlink(missing_ok=True)

    def _found_version(self) -> str | None:
        version = self.path / "version"
        if not version.is_file():
            return None
        return version.read_text(errors="replace").strip()[:40]

    def _used(self) -> bool:
        if not self.path.is_dir():
            return self.path.exists()
        return any(file.name != "lock" for file in self.path.iterdir())

    def _in_use(self) -> str:
        pid = "unknown"
        with suppress(OSError):
            pid = (self.path / "owner").read_text()
        return (
            f"{self.path} is in use by process {pid}: stop that platform with `market "
            "down`, or set MARKET_HOME to another folder"
        )


def write_whole(file: Path, text: str) -> None:
    """Write `file` so that nobody ever sees half of it, and only we can read it.

    Raises:
        OSError: It could not be written; what was there is there still.
    """
    coming = file.with_name(f"{file.name}.coming")
    try:
        coming.touch(mode=0o600)
        with coming.open("w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        coming.replace(file)
    except OSError:
        coming.unlink(missing_ok=True)
        raise


@contextmanager
def _clearly(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as why:
        remedy = "free some space" if no_space_left(why) else "see who may use it"
        raise HomeError(
            f"{folder} cannot be used ({why.strerror or why}): {remedy}, or set "
            "MARKET_HOME to another folder"
        ) from why
