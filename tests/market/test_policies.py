"""Policies and what they would change, by command, of a real service."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from contracts.performance import METRICS
from kit.serving import build
from market.app import build as market
from market.asking import AnsweredError
from market.commands.scorecards import PlotError
from market.home import Home
from market.policy_files import PolicyFileError
from market.ports import free_port
from market.programs import Identity
from market.state import State
from services.performance.app import blueprint
from tests.infrastructure import drop_database, new_database
from tests.market.test_parked import served, told_of_tokens
from tests.performance.arrivals import Arrivals
from tests.performance.policy_files import SHIPPED, as_toml, with_standard
from tests.performance.test_api_policies import CHANGE, NEWER, SHADOW
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF
from tests.tokens import settings

MOMENT = AS_OF.isoformat()
PROPOSED = with_standard("acceptance.timely", NEWER, star=0.95, warn=0.5, limit=0.1)
SINCE = CHANGE.isoformat().replace("+00:00", "Z")
PNG, DAYS = b"\x89PNG", ("--from", "2026-03-01", "--until", "2026-03-31")


@pytest.fixture(scope="module")
def home(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that names a performance service with something to judge, and its policies."""
    found, port, url = (
        tmp_path_factory.mktemp("home"),
        free_port(),
        new_database(postgres_url),
    )
    place, ourselves = Home(found / "home"), Identity.of(os.getpid())
    assert ourselves
    state = State(
        supervisor=ourselves,
        ready=True,
        kafka_bootstrap_servers="127.0.0.1:1",
        database_url=url,
        service_urls={"performance": f"http://127.0.0.1:{port}"},
        service_database_urls={"performance": url},
    )
    with place.occupied():
        told = settings(url, **told_of_tokens(place))
        app = build(blueprint([SHIPPED, NEWER, SHADOW]), told)
        with served(uvicorn.Config(app, port=port, log_config=None)):
            place.write_state(state)
            facts = [*month("s-1", late=0), *month("s-2", late=1), *month("s-3", late=5)]
            Arrivals(app.state.engine).hear(*facts)
            yield place.path
    drop_database(postgres_url, url)


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_HOME", str(home))


def run(*words: str) -> Result:
    return CliRunner().invoke(market(), words, catch_exceptions=False)


def lines(*words: str) -> list[str]:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def rows(*words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(*words, "--format", "ndjson")]


def row_of(printed: list[str], name: str) -> list[str]:
    """The cells of the line that begins with `name`."""
    (found,) = [line for line in printed if line.startswith(f"│ {name} ")]
    return [cell.strip() for cell in found.strip("│").split("│")]


@pytest.fixture
def proposed(tmp_path: Path) -> str:
    file = tmp_path / "proposed.toml"
    file.write_text(as_toml(PROPOSED, version="2026-07", holidays=[AS_OF.date()]))
    return str(file)


class TestList:
    def test_all_are_listed_with_the_time_in_which_each_applies(self) -> None:
        printed = lines("policies", "list")

        assert row_of(printed, "2026-01")[1:4] == ["ever", SINCE, "over"]
        assert row_of(printed, "2026-05")[1:4] == [SINCE, "", "applies"]
        assert row_of(printed, "trial")[1:] == ["", "", "shadow", SHADOW.digest[:12]]

    def test_for_a_program_with_their_whole_digests(self) -> None:
        assert [row["digest"] for row in rows("policies", "list")] == [
            each.digest for each in (SHIPPED, NEWER, SHADOW)
        ]


class TestShow:
    def test_a_version_is_shown_with_its_standards(self) -> None:
        printed = lines("policies", "show", "2026-01")

        assert printed[:3] == [
            f"policy 2026-01 applies from ever; digest {SHIPPED.digest}",
            "due in 30 days, or 90 with fewer than 10; z 1.6449",
            "holidays: none",
        ]
        assert row_of(printed, "acceptance.timely")[1:] == [
            "0.98",
            "0.97",
            "0.95",
            "24",
            "",
        ]
        assert row_of(printed, "inventory.confirmed")[-1] == "14"

    def test_a_file_is_shown_as_the_service_understands_it(self, proposed: str) -> None:
        (said,) = rows("policies", "show", proposed)

        assert (said["version"], said["holidays"]) == ("2026-07", ["2026-04-01"])

    def test_a_version_that_is_not_there_is_told(self) -> None:
        with pytest.raises(
            AnsweredError, match="policy: there is none of version 'x'; there"
        ):
            run("policies", "show", "x")

    def test_a_file_that_is_no_policy_is_told_by_its_field(self, tmp_path: Path) -> None:
        file = tmp_path / "wrong.toml"
        file.write_text(as_toml(SHIPPED).replace("star = 0.98", "star = 0.9", 1))
        with pytest.raises(
            PolicyFileError, match=r"wrong\.toml: .*acceptance\.timely: star"
        ):
            run("policies", "show", str(file))

        file.write_text("version = \nz = 1")
        with pytest.raises(
            PolicyFileError, match=r"wrong\.toml: it is no TOML: .*at line 1"
        ):
            run("policies", "show", str(file))
        file.write_bytes(b"\xff")
        with pytest.raises(PolicyFileError, match=r"wrong\.toml: it is no text"):
            run("policies", "show", str(file))
        with pytest.raises(
            PolicyFileError, match=r"none\.toml: it cannot be read \(No such"
        ):
            run("policies", "show", "none.toml")


class TestDiff:
    def test_each_threshold_that_differs_is_told_of_versions_and_files(
        self, proposed: str
    ) -> None:
        assert rows("policies", "diff", "2026-05", proposed) == [
            {"what": "acceptance.timely star", "before": 1.0, "after": 0.95},
            {"what": "acceptance.timely warn", "before": 1.0, "after": 0.5},
            {"what": "acceptance.timely limit", "before": 1.0, "after": 0.1},
            {"what": "holiday 2026-04-01", "before": None, "after": "2026-04-01"},
        ]
        printed = lines("policies", "diff", "2026-01", "2026-05")
        assert row_of(printed, "applies_from") == ["applies_from", "", SINCE]
        assert row_of(printed, "acceptance.timely star")[1:] == ["0.98", "1.0"]

    def test_what_says_the_same_is_said_to(self) -> None:
        assert lines("policies", "diff", "trial", "trial") == ["they say the same"]


class TestWhatIf:
    def test_who_would_change_level_is_told_and_why(self, proposed: str) -> None:
        printed = lines("what-if", "--policy", proposed, "--as-of", MOMENT)

        assert printed[0] == (
            "2 of 3 sellers would change level at 2026-04-01T00:00:00Z if 2026-07 applied "
            "instead of 2026-05"
        )
        assert row_of(printed, "s-2") == [
            "s-2", "limit", "good", "acceptance.timely", "90.00% (9/10) limit",
            "90.00% (9/10) good", "better",
        ]  # fmt: skip
        assert row_of(printed, "acceptance.timely")[1:] == ["2", "0", "0", "1"]
        assert not any(line.startswith("│ s-1 ") for line in printed)

    def test_a_shadow_is_named_by_its_version_and_all_sellers_can_be_told(self) -> None:
        found = rows("what-if", "--policy", "trial", "--as-of", MOMENT, "--all")

        assert [(row["seller_id"], row["proposed"]) for row in found] == [
            ("s-1", "star"),
            ("s-2", "star"),
            ("s-3", "star"),
        ]

    def test_one_seller_is_shown_whether_or_not_it_changes(self, proposed: str) -> None:
        asked = ("what-if", "--policy", proposed, "--as-of", MOMENT, "--seller")

        assert lines(*asked, "s-2")[0].startswith("1 of 1 seller would change level")
        assert [row["seller_id"] for row in rows(*asked, "s-2")] == ["s-2"]
        assert row_of(lines(*asked, "s-1"), "s-1")[-1] == "same"
        with pytest.raises(AnsweredError, match="s-9"):
            run(*asked, "s-9")

    def test_nobody_changes_by_what_was_not_known(self) -> None:
        early = ("--known-at", "2020-01-01T00:00:00Z")
        (printed,) = lines("what-if", "--policy", "trial", "--as-of", MOMENT, *early)

        assert printed.startswith("0 of 0 sellers would change level")

    def test_a_moment_to_come_is_refused(self, proposed: str) -> None:
        with pytest.raises(AnsweredError, match=r"as_of: 9000-.* has not come"):
            run("what-if", "--policy", proposed, "--as-of", "9000-01-01T00:00:00Z")


class TestPlot:
    def test_a_trend_is_drawn_as_png_or_svg(self, tmp_path: Path) -> None:
        asked = ("scorecards", "--seller", "s-2", *DAYS, "--metric", "acceptance.timely")
        png, svg = tmp_path / "trend.png", tmp_path / "trend.svg"

        lines(*asked, "--plot", str(png))
        lines(*asked, "--plot", str(svg), "--by", "week")

        assert png.read_bytes()[:4] == PNG
        text = svg.read_text()
        for said in ("acceptance.timely  ·  s-2", "2026-01, 2026-05 from 2026-03-29"):
            assert said in text, said

    def test_metrics_are_listed_in_the_help_and_to_who_names_none_of_them(self) -> None:
        unknown = run(
            "scorecards", "--seller", "s-2", "--plot", "x.svg", "--metric", "charm"
        )

        helped = "".join(run("scorecards", "--help").stdout.split())  # as wide as it may be
        said = unknown.stderr
        assert unknown.exit_code == 2
        assert "--metric': there is none named 'charm'; there are: overall" in said
        for name in METRICS:
            assert name in said
            assert name in helped

    def test_the_same_trend_is_the_same_picture_to_the_byte(self, tmp_path: Path) -> None:
        asked = ("scorecards", "--seller", "s-2", *DAYS, "--metric", "shipping.on_time")
        one, other = tmp_path / "one.svg", tmp_path / "other.svg"
        for file in (one, other):
            lines(*asked, "--plot", str(file))

        assert one.read_bytes() == other.read_bytes()

    def test_the_level_of_all_together_is_drawn_if_no_metric_is_named(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "all.svg"
        lines("scorecards", "--seller", "s-2", *DAYS, "--plot", str(file))

        assert "overall  ·  s-2" in file.read_text()

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("--plot", "x.png"), "say whose: --seller ID"),
            (("--plot", "x.gif", "--seller", "s-2"), "must end in .png or .svg"),
            (("--plot", "x.png", "--as-of", MOMENT, "--all"), "--as-of, --all not with"),
            (("--as-of", MOMENT, "--by", "day"), "--by only with --plot FILE"),
            ((), "say the moment: --as-of 2018-03-01T00:00:00Z"),
        ],
    )
    def test_options_that_do_not_go_together_are_told(
        self, words: tuple[str, ...], why: str
    ) -> None:
        done = run("scorecards", *words)

        assert (done.exit_code, why in done.output) == (2, True), done.output

    def test_what_cannot_be_drawn_is_told(self, tmp_path: Path) -> None:
        asked = (
            "scorecards",
            "--seller",
            "s-2",
            "--plot",
            str(tmp_path / "none" / "x.png"),
        )
        with pytest.raises(PlotError, match=r"x\.png: it cannot be written \(No such file"):
            run(*asked, *DAYS)
        with pytest.raises(PlotError, match="no week ends in that range: let it begin"):
            run(*asked, "--from", "2026-03-31", "--until", "2026-03-31", "--by", "week")
        with pytest.raises(AnsweredError, match=r"are 4475 days, and 1100 can be answered"):
            run(*asked, "--from", "2014-01-01", "--until", "2026-04-02")


def test_scorecards_are_asked_for_by_a_policy() -> None:
    asked = ("scorecards", "--as-of", MOMENT, "--seller", "s-2")
    levels = [
        [row["level"] for row in rows(*asked, *policy) if row["metric"] == "overall"]
        for policy in ((), ("--policy", "2026-01"), ("--policy", "trial"))
    ]

    assert levels == [["limit"], ["warn"], ["star"]]


def test_a_review_of_a_past_day_says_whom_it_passed_over_and_why() -> None:
    run("review", "--as-of", "2026-04-01")
    done = run("review", "--as-of", "2026-03-31")

    assert row_of(done.stdout.splitlines(), "2026-03-31")[2:] == ["0", "3", "0", "0"]
    assert "3 sellers passed over: the review of a later day knew of them" in done.stderr
    assert "Review the oldest day first" in done.stderr


def test_reviews_that_were_done_are_shown_with_what_shadows_would_have_found() -> None:
    run("review", "--as-of", "2026-04-01")

    assert row_of(lines("reviews"), "2026-04-01")[1:] == ["2026-05", "3", "0", "0"]
    assert [row["failures"] for row in rows("reviews")][:1] == [[]]
    printed = lines("policies", "shadow", "trial")
    assert row_of(printed, "2026-04-01")[1:] == [
        "2026-05", "3", "2", "0", "0", "1", "2 limit to star",
    ]  # fmt: skip
    assert row_of(printed, "acceptance.timely")[1] == "2"
    assert rows("policies", "shadow", "trial")[0]["sellers"] == 3
    assert "beside no review" in run("policies", "shadow", "2026-01").stderr
    with pytest.raises(AnsweredError, match="policy: there is none of version 'x'"):
        run("policies", "shadow", "x")
