"""Others are asked for each request of several, while there is time."""

from dataclasses import replace

from kit.eventstore.requests import Preview
from kit.web.beforehand import submit_after, within
from tests.fakes import MemoryStreams
from tests.kit.test_seen import Cut, asked


def test_for_whom_no_time_is_left_ask_again_and_those_before_are_answered() -> None:
    streams, ticks = MemoryStreams(), iter(range(9))
    has_time = within(2.5, lambda: float(next(ticks)))
    requests = [replace(asked(Cut("l-1"), order=f"o-{n}"), key=f"k-{n}") for n in range(4)]
    asked_of = list[Preview]()

    answers = submit_after(asked_of.append, requests, streams, has_time)

    assert [answer.recorded for answer in answers] == [1, 1, 0, 0]
    assert len(asked_of) == 2
    refused = answers[2].refused
    assert refused is not None
    assert (refused.code, refused.more) == ("no-time-left", {"retry_after": 1})
    again = submit_after(asked_of.append, requests, streams)
    assert [answer.repeated for answer in again] == [True, True, False, False]


def test_what_is_asked_of_one_stream_is_judged_on_what_went_before() -> None:
    streams, seen = MemoryStreams(), list[int]()

    answers = submit_after(
        lambda preview: seen.append(preview.version), [asked(Cut("l-1"))] * 3, streams
    )

    assert [answer.version for answer in answers] == [1, 2, 3]
    assert seen == [0, 0, 0, 1, 1, 2]
