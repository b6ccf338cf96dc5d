"""What is committed beside the code: schemas, samples, AsyncAPI documents."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from contracts import topics
from contracts.envelope import Envelope
from contracts.registry import CLASSES
from tests.samples import PLACED, received

CONTRACTS = Path("contracts")
SCRIPT = Path("scripts/publish_contracts.py").resolve()
DOCUMENTS = [topic.name for topic in topics.FACTS]


def read(path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((CONTRACTS / path).read_text())
    return document


@pytest.mark.parametrize("name", CLASSES)
def test_a_sample_is_what_its_schema_says(name: str) -> None:
    schema = read(f"schemas/{name}.json")
    Draft202012Validator.check_schema(schema)

    faults = Draft202012Validator(schema).iter_errors(read(f"samples/{name}.json"))

    assert list(faults) == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_schema_names_its_type_and_tells_what_it_means(name: str) -> None:
    schema = read(f"schemas/{name}.json")

    assert schema["$id"] == f"{name}.json"
    assert schema["title"] == CLASSES[name].__name__
    assert schema["description"].endswith(".")
    assert schema["x-moment"] in schema["required"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_schema_lets_fields_be_added(name: str) -> None:
    sample = read(f"samples/{name}.json") | {"mood": "fine"}

    assert Draft202012Validator(read(f"schemas/{name}.json")).is_valid(sample)


def references(part: object) -> Iterator[str]:
    """Every `$ref` in a document, however deep."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    if isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.parametrize("topic", DOCUMENTS)
def test_every_reference_of_a_topic_document_leads_somewhere(topic: str) -> None:
    document = read(f"asyncapi/{topic}.json")

    for reference in references(document):
        file, _, pointer = reference.partition("#")
        found: Any = read(f"asyncapi/{file}") if file else document
        for step in filter(None, pointer.split("/")):
            found = found[step]
        assert found


@pytest.mark.parametrize("topic", DOCUMENTS)
def test_a_topic_document_has_the_parts_of_asyncapi_3(topic: str) -> None:
    document = read(f"asyncapi/{topic}.json")
    (operation,) = document["operations"].values()
    names = re.compile(r"^[\w.\-]+$")

    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert document["channels"][topic]["address"] == topic
    assert operation["action"] == "send"
    assert operation["channel"] == {"$ref": f"#/channels/{topic}"}
    for message in operation["messages"]:
        assert message["$ref"].startswith(f"#/channels/{topic}/messages/")
    for kind in document["components"].values():
        assert all(names.match(name) for name in kind)


@pytest.mark.parametrize("topic", DOCUMENTS)
def test_another_reader_of_asyncapi_3_takes_a_topic_document(topic: str) -> None:
    read_by_it = ApplicationSchema.model_validate(read(f"asyncapi/{topic}.json"))

    assert [*read_by_it.channels] == [topic]


def test_the_topic_documents_together_tell_every_type() -> None:
    told = [
        name
        for t in DOCUMENTS
        for name in read(f"asyncapi/{t}.json")["channels"][t]["messages"]
    ]

    assert sorted(told) == sorted(CLASSES)


def test_the_headers_of_a_record_are_what_its_topic_document_says() -> None:
    document = read(f"asyncapi/{topics.ORDERS}.json")
    schema = document["components"]["schemas"]["headers"]
    headers = received(PLACED).envelope.headers()

    assert list(Draft202012Validator(schema).iter_errors(headers)) == []
    every = {f"ce_{name}" for name in Envelope.model_fields} | {"content-type"}
    assert set(schema["required"]) == every - {"ce_actor"}
    assert every <= set(schema["properties"])
    for name in headers:
        short = {key: value for key, value in headers.items() if key != name}
        assert not Draft202012Validator(schema).is_valid(short)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of what is committed, to spoil."""
    for part in ("schemas", "samples", "asyncapi"):
        shutil.copytree(CONTRACTS / part, tmp_path / "contracts" / part)
    return tmp_path


def publish(action: str, where: Path) -> tuple[int, str]:
    """The exit status and the output of the script, run in `where`."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPT), action],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def spoil(path: Path, was: str, became: str) -> str:
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, became, 1))
    return path.read_text()


PLACED_SCHEMA = "contracts/schemas/orders.order-placed.v1.json"


def test_what_is_committed_is_what_the_code_says() -> None:
    assert publish("check", Path.cwd()) == (0, "")


def test_a_drift_is_named_and_written_anew(elsewhere: Path) -> None:
    spoil(elsewhere / PLACED_SCHEMA, "clock", "watch")

    assert publish("check", elsewhere) == (
        1,
        f"{PLACED_SCHEMA}: not what the code says; run `just contracts`\n",
    )
    assert publish("write", elsewhere) == (0, "")
    assert publish("check", elsewhere) == (0, "")


def test_a_change_that_readers_cannot_follow_is_never_written(elsewhere: Path) -> None:
    published = spoil(elsewhere / PLACED_SCHEMA, '"maxLength": 200', '"maxLength": 300')

    status, why = publish("write", elsewhere)

    assert status == 1
    assert "orders.order-placed.v1: .ordered[].line_id: maxLength 300 became 200" in why
    assert "new version" in why
    assert (elsewhere / PLACED_SCHEMA).read_text() == published
    assert publish("check", elsewhere)[0] == 1


def test_a_published_type_never_goes(elsewhere: Path) -> None:
    gone = elsewhere / "contracts/schemas/orders.order-eaten.v1.json"
    shutil.copy(elsewhere / PLACED_SCHEMA, gone)

    assert publish("check", elsewhere) == (
        1,
        "orders.order-eaten.v1: published, but gone; keep it, or give it an upcaster\n",
    )


def test_a_type_without_a_sample_is_named(elsewhere: Path) -> None:
    (elsewhere / "contracts/samples/orders.order-placed.v1.json").unlink()

    status, why = publish("check", elsewhere)

    assert (status, why.count("\n")) == (1, 1)
    assert "orders.order-placed.v1.json: missing" in why
