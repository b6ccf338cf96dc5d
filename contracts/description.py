"""What others read of our facts: a JSON Schema per type, an AsyncAPI document per topic.

All of it is made from the classes of this package; nothing is written by hand twice.
"""

import inspect
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from contracts.envelope import ACTOR, Envelope
from contracts.fact import Fact
from contracts.topics import Topic

Document: TypeAlias = dict[str, Any]

SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_BINDING: Final = {"bindingVersion": "0.5.0"}
_POSITION: Final = r"^[1-9][0-9]*$"
_HEADERS: Final[dict[str, Document]] = {
    "specversion": {"const": "1.0"},
    "id": {"format": "uuid", "description": "The fact's own; a repeat has the same."},
    "type": {"description": "What happened, and in which version of its schema."},
    "source": {"description": "The service that recorded it."},
    "time": {"format": "date-time", "description": "When it happened, UTC."},
    "recordedtime": {
        "format": "date-time",
        "description": "When its service learnt of it, UTC.",
    },
    "subject": {"description": "The stream that it belongs to, as `order-<order_id>`."},
    "sequence": {"pattern": _POSITION, "description": "Its place in its stream."},
    "pos": {
        "pattern": _POSITION,
        "description": "Its place in all that its service recorded, without holes: "
        "what is not above the last one seen is a repeat.",
    },
    "partitionkey": {"description": "The seller's id, also the record's key."},
    ACTOR: {
        "description": "Who asked for it, as `seller:s-1`: a seller, buyer, operator or "
        "service and its id. Left out where nobody did, or nobody said."
    },
}


def json_schema(name: str, kind: type[Fact]) -> Document:
    """Return the JSON Schema of what is published under the type `name`.

    Fields that it does not name may be added, and are ignored.

    Shape: draft 2020-12; `x-moment` names the field that says when it happened.
    """
    schema = kind.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{name}.json",
        "title": schema.pop("title"),
        "description": schema.pop("description", None) or _sentence(kind),
        "x-moment": kind.moment,
        **schema,
    }


def _sentence(kind: type[Fact]) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__)
    return f"{words.capitalize()}."


def asyncapi(topic: Topic, kinds: Iterable[tuple[str, type[Fact]]]) -> Document:
    """Return the AsyncAPI 3.0 document of `topic`, on which facts of `kinds` are sent.

    Shape: payloads refer to the schemas beside it, `../schemas/<type name>.json`.
    """
    service = topic.name.partition(".")[0]
    mine = {name: kind for name, kind in kinds if name.startswith(f"{service}.")}
    channel = f"#/channels/{topic.name}"
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Facts of {service}",
            "version": "1.0.0",
            "description": f"{_about(mine.values())}\n\n"
            "Generated from the code of contracts/ by `just contracts`; do not edit.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, mine)},
        "operations": {
            f"publish-{service}": {
                "action": "send",
                "summary": f"{service} publishes each fact that it recorded, in order.",
                "channel": {"$ref": channel},
                "messages": [{"$ref": f"{channel}/messages/{name}"} for name in mine],
            }
        },
        "components": {
            "messages": {name: _message(name, kind) for name, kind in mine.items()},
            "schemas": {"headers": _headers()},
        },
    }


def _about(kinds: Iterable[type[Fact]]) -> str:
    modules = {inspect.getmodule(kind): None for kind in kinds}
    return "\n\n".join(inspect.getdoc(module) or "" for module in modules)


def _channel(topic: Topic, names: Iterable[str]) -> Document:
    kept = {name: topic.settings[name] for name in ("retention.ms", "retention.bytes")}
    return {
        "address": topic.name,
        "description": "In the order of each stream, at least once, kept for ever.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.settings["cleanup.policy"]],
                    **{name: int(value) for name, value in kept.items()},
                    "max.message.bytes": int(topic.settings["max.message.bytes"]),
                },
                **_BINDING,
            }
        },
    }


def _message(name: str, kind: type[Fact]) -> Document:
    key = {"type": "string", "description": "The seller's id."}
    only = {"type": "object", "properties": {"ce_type": {"const": name}}}
    return {
        "name": name,
        "title": kind.__name__,
        "summary": inspect.cleandoc(kind.__doc__ or _sentence(kind)).partition("\n")[0],
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": "#/components/schemas/headers"}, only]},
        "payload": {
            "schemaFormat": SCHEMA_FORMAT,
            "schema": {"$ref": f"../schemas/{name}.json"},
        },
        "bindings": {"kafka": {"key": key, **_BINDING}},
    }


def _headers() -> Document:
    """Return the schema of the headers: CloudEvents in binary mode, all of them text."""
    ours = {
        f"ce_{name}": {"type": "string", **_HEADERS[name]} for name in Envelope.model_fields
    }
    return {
        "type": "object",
        "required": [*(name for name in ours if name != f"ce_{ACTOR}"), "content-type"],
        "properties": {
            **ours,
            "content-type": {"type": "string", "const": "application/json"},
            "traceparent": {"type": "string", "description": "W3C trace context, if any."},
        },
    }
