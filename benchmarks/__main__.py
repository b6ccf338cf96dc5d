"""Run benchmarks: `python -m benchmarks [NAME ...] [--strict]`; all, if none is named.

Each runs in a process of its own. What they found goes to stdout, a line of JSON each;
what they say on the way goes to stderr.
"""

import ast
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from subprocess import run


def names() -> list[str]:
    """Return the benchmarks there are: the modules here that are programs."""
    here = Path(__file__).parent
    return sorted(file.stem for file in here.glob("[!_]*.py") if _is_program(file))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 1 if one failed, or missed its goal if `--strict`."""
    parser = ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", help=", ".join(names()))
    parser.add_argument("--strict", action="store_true", help="fail below a goal")
    asked = parser.parse_args(arguments)
    chosen = [name.replace("-", "_") for name in asked.name] or names()
    if unknown := sorted({*chosen} - {*names()}):
        parser.error(f"no benchmark {', '.join(unknown)}: there are {', '.join(names())}")
    ended = [_run(name, strict=asked.strict) for name in chosen]
    return int(any(ended))


def _run(name: str, *, strict: bool) -> int:
    command = [sys.executable, "-m", f"benchmarks.{name}", *["--strict"][: int(strict)]]
    return run(command, check=False).returncode  # noqa: S603 - a module of ours


def _is_program(file: Path) -> bool:
    body = ast.parse(file.read_text()).body
    tests = [ast.unparse(node.test) for node in body if isinstance(node, ast.If)]
    return "__name__ == '__main__'" in tests


if __name__ == "__main__":
    sys.exit(main())
