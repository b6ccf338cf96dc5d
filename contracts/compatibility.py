"""What a reader of published data would miss or refuse after a change of its schema."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_EXACTLY: Final = ("pattern", "format", "multipleOf")


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Return why data and readers of `old` do not go with `new`: none if they do.

    A field may be added, and a bound loosened. A field may not go, come to be required
    or left out, change its type, or allow less than it did.

    Shape: JSON Schemas of one type, as `contracts.description` makes them; a sentence for
        each reason, which starts with the path of the field.
    """
    return list(_compare("", _inlined(old, old), _inlined(new, new)))


def _inlined(schema: Schema, root: Schema) -> Schema:
    """Return `schema` with what its references point to in their places."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _inlined(root["$defs"][name], root)
    whole = {key: value for key, value in schema.items() if key != "$defs"}
    if "properties" in whole:
        fields = whole["properties"].items()
        whole["properties"] = {name: _inlined(field, root) for name, field in fields}
    if "items" in whole:
        whole["items"] = _inlined(whole["items"], root)
    if "anyOf" in whole:
        whole["anyOf"] = [_inlined(one, root) for one in whole["anyOf"]]
    return whole


def _compare(path: str, old: Schema, new: Schema) -> Iterator[str]:
    """Compare each of the ways that `old` allows with the nearest one of `new`."""
    ways: Sequence[Schema] = new.get("anyOf", [new])
    for one in old.get("anyOf", [old]):
        near = [way for way in ways if way.get("type") == one.get("type")]
        if not near:
            was, now = one.get("type"), [way.get("type") for way in ways]
            yield f"{path or 'the whole'}: type {was} became {' or '.join(map(str, now))}"
        else:
            yield from min((list(_narrowed(path, one, way)) for way in near), key=len)


def _narrowed(path: str, old: Schema, new: Schema) -> Iterator[str]:
    yield from _values(path, old, new)
    yield from _bounds(path, old, new)
    yield from _fields(path, old, new)
    if "items" in new:
        yield from _compare(f"{path}[]", old.get("items", {}), new["items"])


def _values(path: str, old: Schema, new: Schema) -> Iterator[str]:
    allowed = _enumerated(new)
    if allowed is None:
        return
    before = _enumerated(old)
    if before is None:
        yield f"{path}: came to allow only {allowed}"
        return
    for value in before:
        if value not in allowed:
            yield f"{path}: no longer allows {value!r}"


def _enumerated(schema: Schema) -> Sequence[object] | None:
    if "const" in schema:
        return [schema["const"]]
    values: Sequence[object] | None = schema.get("enum")
    return values


def _bounds(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for keyword in (*_AT_LEAST, *_AT_MOST, *_EXACTLY):
        was, now = old.get(keyword), new.get(keyword)
        if now is None or now == was:
            continue
        looser = was is not None and (
            (keyword in _AT_LEAST and now < was) or (keyword in _AT_MOST and now > was)
        )
        if not looser:
            yield f"{path}: {keyword} {was} became {now}"


def _fields(path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, field in before.items():
        if name in after:
            yield from _compare(f"{path}.{name}", field, after[name])
        else:
            yield f"{path}.{name}: removed"
    required, now_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(now_required - required):
        yield f"{path}.{name}: newly required"
    for name in sorted((required - now_required) & after.keys()):
        yield f"{path}.{name}: no longer required"
    if new.get("additionalProperties") is False:
        yield f"{path or 'the whole'}: came to refuse added fields"
