"""Policies out of files that an operator names, and kept in the service's database."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from services.performance.model.keeping_policies import Kept, keep
from services.performance.model.policy import PolicyWrong
from services.performance.model.policy_files import read_policies
from services.performance.model.policy_terms import Policy
from services.performance.tables import policy_versions

_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('performance.policies'))"


def policies_in(where: Path) -> Sequence[Policy]:
    """Return the policies of a TOML file, or of all those of a folder.

    Raises:
        PolicyWrong: One is none, they contradict each other, or there is none to be read.
    """
    place = where.expanduser()
    try:
        found = sorted(place.glob("*.toml")) if place.is_dir() else [place]
        texts = {str(file): file.read_text("utf-8") for file in found}
    except (OSError, UnicodeDecodeError) as why:
        reason = (isinstance(why, OSError) and why.strerror) or "it is no text"
        raise PolicyWrong(f"{where}: no policy can be read there ({reason})") from None
    if not texts:
        raise PolicyWrong(f"{where}: there is no *.toml in it: put the policies there")
    return read_policies(texts)


def keep_policies(policies: Sequence[Policy], db: Connection, now: datetime) -> None:
    """Keep `policies` as they are first seen, by one process at a time.

    Safe to repeat.

    Raises:
        PastRewritten: By them the past would be judged anew. Nothing is kept.
    """
    db.execute(text(_ONE_AT_A_TIME))
    rows = db.execute(select(policy_versions)).mappings()
    kept = [
        Kept(row["version"], row["digest"], row["content"], row["withdrawn"])
        for row in rows
    ]
    for each in keep(kept, policies, now):
        row = {
            "version": each.version,
            "digest": each.digest,
            "content": dict(each.content),
            "first_seen_at": now,
            "withdrawn": each.withdrawn,
        }
        changed = {"withdrawn": each.withdrawn}
        adding = insert(policy_versions).values(row)
        db.execute(adding.on_conflict_do_update(index_elements=["version"], set_=changed))
