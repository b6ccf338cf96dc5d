"""What differs between two scorecards of a seller: metrics, and the obligations behind."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

KEY: Final = ("metric", "subject_id")
"""What tells one obligation of a seller from another."""


def changed_metrics(before: pl.DataFrame, after: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the metrics that differ: metric, before?, after?.

    Shape: in, as of `scorecard.scorecards`, of one seller.
    """
    return _changed(before, after, ("metric",))


def changed_obligations(before: pl.DataFrame, after: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the obligations that differ: metric, subject_id, before?, after?.

    Shape: in, as of `evidence.explain` and `voided.voided`, of one seller. That another
        window counts is no difference of an obligation.
    """
    return _changed(before.drop("window_days"), after.drop("window_days"), KEY)


def _changed(
    before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str]
) -> list[dict[str, Any]]:
    was, is_now = (_by(key, rows) for rows in (before, after))
    return [
        dict(zip(key, at, strict=True)) | {"before": was.get(at), "after": is_now.get(at)}
        for at in sorted(was.keys() | is_now.keys())
        if was.get(at) != is_now.get(at)
    ]


def _by(key: Sequence[str], rows: pl.DataFrame) -> Mapping[tuple[str, ...], dict[str, Any]]:
    return {tuple(str(row[name]) for name in key): row for row in rows.to_dicts()}
