"""Where a page ended, as text: what was written is read, and nothing else."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from contracts.fact import GivenMoment, Id
from kit.web.pages import page_of, place_of, read, written
from tests.samples import FRIDAY

ROW = {"at": FRIDAY, "id": "o|1é"}


@pytest.mark.parametrize(
    "at", [FRIDAY, FRIDAY.replace(microsecond=7), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_the_next_of_a_page_is_the_place_of_its_last_row(at: datetime) -> None:
    page = page_of([ROW, {**ROW, "at": at}], 2, "at", "id")

    assert place_of(page.next) == (at, "o|1é")


def test_what_ends_before_its_limit_goes_on_nowhere() -> None:
    assert place_of(page_of([ROW], 2, "at", "id").next) is None


@pytest.mark.parametrize(
    "after",
    [
        "",
        "nowhere",
        "é",
        "2026-03-06T18:00:00Z|o-1",
        written(()),
        written((1_772_820_000, "o-1")),
        written(("2026-03-06T18:00:00", "o-1")),
        written((FRIDAY, "")),
        written((FRIDAY, "o-1", "o-2")),
        urlsafe_b64encode(b"\xff").decode(),
    ],
)
def test_what_no_page_wrote_is_refused_in_words(after: str) -> None:
    with pytest.raises(ValueError, match="no page ended there"):
        read(after, TypeAdapter(tuple[GivenMoment, Id]))
