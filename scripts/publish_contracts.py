"""Write or check what contracts/ publishes: schemas and AsyncAPI documents.

What is committed is what is published: `write` refuses to change it in a way that its
readers could not follow, and `check` fails where it is not what the code says.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.compatibility import incompatibilities
from contracts.description import asyncapi, json_schema
from contracts.fact import Fact
from contracts.registry import REGISTRY, Registry
from contracts.topics import FACTS


def generated(registry: Registry) -> Mapping[str, Mapping[str, Any]]:
    """Return every document that the code describes, by its path."""
    kinds = registry.classes.items()
    schemas = {f"schemas/{name}.json": json_schema(name, kind) for name, kind in kinds}
    sent = [*kinds, *_retired(registry)]
    topics = {f"asyncapi/{topic.name}.json": asyncapi(topic, sent) for topic in FACTS}
    return {**schemas, **topics}


def _retired(registry: Registry) -> Iterator[tuple[str, type[Fact]]]:
    """Yield the older names, whose messages stay on their topics, by their newest class."""
    for name in registry.upcasters:
        newest = name
        while newest in registry.upcasters:
            newest, _ = registry.upcasters[newest]
        yield name, registry.classes[newest]


def broken(root: Path, registry: Registry) -> Iterator[str]:
    """Yield what readers of the published schemas under `root` could not follow."""
    new = generated(registry)
    for path in sorted((root / "schemas").glob("*.json")):
        name = path.name.removesuffix(".json")
        if name in registry.classes:
            old = json.loads(path.read_text())
            for why in incompatibilities(old, new[f"schemas/{path.name}"]):
                yield f"{name}: {why}; leave it, and publish the change as a new version"
        elif name not in registry.upcasters:
            yield f"{name}: published, but gone; keep it, or give it an upcaster"


def drifted(root: Path, registry: Registry) -> Iterator[str]:
    """Yield the files under `root` that are not what the code says, and missing samples."""
    for path, document in generated(registry).items():
        published = root / path
        if not published.exists() or published.read_text() != _text(document):
            yield f"{published}: not what the code says; run `just contracts`"
    for name in registry.classes:
        sample = root / "samples" / f"{name}.json"
        if not sample.exists():
            yield f"{sample}: missing; keep there what `encode` gives for a fact"


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(root: Path, registry: Registry) -> list[str]:
    """Write all documents under `root`, or nothing if that breaks a published one."""
    problems = list(broken(root, registry))
    if not problems:
        for path, document in generated(registry).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(_text(document))
    return problems


def check(root: Path, registry: Registry) -> list[str]:
    """Return all that is wrong with what is committed under `root`."""
    return [*broken(root, registry), *drifted(root, registry)]


def main(arguments: list[str]) -> int:
    """Do what the first argument says; exit status 1 if anything is wrong."""
    actions = {"write": write, "check": check}
    if len(arguments) != 1 or arguments[0] not in actions:
        sys.stderr.write("usage: publish_contracts.py write|check\n")
        return 2
    problems = actions[arguments[0]](Path("contracts"), REGISTRY)
    sys.stdout.writelines(f"{line}\n" for line in problems)
    return min(len(problems), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
