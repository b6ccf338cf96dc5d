"""A listing's points, and what is missing; held to the formula of performance."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given as whenever, strategies as st

from services.catalog.model.completeness import Completeness, Missing, completeness
from services.catalog.model.listing import Description
from services.performance.model.completeness import PARTS, TWELFTHS

WHOLE = Description(
    title="Mug",
    image_count=3,
    description_chars=300,
    weight_g=350,
    length_mm=120,
    width_mm=90,
    height_mm=100,
)


def test_a_listing_that_says_everything_lacks_nothing() -> None:
    assert completeness(WHOLE) == Completeness(100.0, ())


def test_what_is_missing_is_named_with_what_it_is_worth() -> None:
    said = replace(WHOLE, image_count=1, description_chars=240, weight_g=0, width_mm=None)

    assert completeness(said) == Completeness(
        30.0,
        (
            Missing(("width_mm",), "its width: sizes count when all three are given", 25),
            Missing(("images",), "2 more of 3 images", 20),
            Missing(("weight_g",), "its weight", 20),
            Missing(("description",), "60 more of 300 characters of description", 5),
        ),
    )


@pytest.mark.parametrize("more", [4, 100])
def test_more_than_enough_counts_as_enough(more: int) -> None:
    assert (
        completeness(replace(WHOLE, image_count=more, description_chars=9_999)).points
        == 100
    )


counts = st.integers(0, 400)
sizes = st.none() | st.integers(0, 3)
descriptions = st.builds(
    Description,
    title=st.just("Mug"),
    image_count=st.integers(0, 5),
    description_chars=counts,
    weight_g=sizes,
    length_mm=sizes,
    width_mm=sizes,
    height_mm=sizes,
)


@whenever(descriptions)
def test_points_are_those_of_the_scorecard(said: Description) -> None:
    columns = {name: [getattr(said, name)] for name in Description.__slots__}
    frame = pl.DataFrame(
        columns, {n: pl.String if n == "title" else pl.Int64 for n in columns}
    )
    twelfths = frame.select(pl.sum_horizontal(part.twelfths for part in PARTS)).item()

    found = completeness(said)

    assert found.points == pytest.approx(twelfths / TWELFTHS, abs=0.011)
    assert found.points + sum(one.points for one in found.missing) == pytest.approx(100)
