"""What a picture of a trend shows: gaps, thresholds and of whom it is."""

from datetime import UTC, datetime, timedelta

from market.answers import Trend, TrendPoint
from market.showing.trend_plot import day_of, gaps, picture, subtitle, title

START = datetime(2026, 1, 2, tzinfo=UTC)


def trend(*rates: float | None, metric: str = "acceptance.timely") -> Trend:
    """A day for each rate; none where there was too little to judge."""
    points = [
        TrendPoint(
            as_of=START + timedelta(days=n),
            policy="2026-01" if n < 2 else "2026-02",
            due=9 if rate is None else 20,
            kept=9,
            rate=0.9 if rate is None else rate,
            level="not_enough_data" if rate is None else "warn",
            star=0.98,
            warn=0.97 if n < 2 else 0.96,
            limit=None,
        )
        for n, rate in enumerate(rates)
    ]
    return Trend(seller_id="s-1", metric=metric, by="day", again=None, points=points)


def test_days_with_too_few_to_judge_are_gaps() -> None:
    points = trend(None, 0.9, None, None, 0.9, None).points

    assert gaps(range(6), points) == [(0, 0), (2, 3), (5, 5)]


def test_the_line_breaks_at_a_gap_and_thresholds_step_with_the_policy() -> None:
    axes, *_ = picture(trend(0.9, None, 0.95)).axes

    star, warn, rates = ([*map(float, line.get_ydata())] for line in axes.get_lines())  # type: ignore[arg-type]  # floats
    assert (star, warn) == ([0.98] * 3, [0.97, 0.97, 0.96])
    assert (rates[0], rates[1] != rates[1], rates[2]) == (0.9, True, 0.95)
    assert [text.get_text() for text in axes.texts] == ["star 98%", "warn 96%"]


def test_where_nothing_can_be_judged_it_says_so() -> None:
    for metric in ("acceptance.timely", "overall"):
        axes, *_ = picture(trend(None, None, metric=metric)).axes

        assert "not enough data to judge" in [text.get_text() for text in axes.texts]


def test_the_title_names_seller_metric_and_policies() -> None:
    drawn = trend(0.9, 0.9, 0.9)

    assert title(drawn) == "acceptance.timely  ·  s-1"
    assert subtitle(drawn) == (
        "at the end of each day, 2026-01-01 to 2026-01-03, by policy 2026-01, 2026-02 "
        "from 2026-01-03"
    )
    assert day_of(drawn.points[0]).isoformat() == "2026-01-01"


def test_an_id_too_long_for_a_title_is_cut() -> None:
    long = trend(0.9).model_copy(update={"seller_id": "s" * 200})

    assert len(title(long)) == 81
    assert title(long).endswith("s…")
