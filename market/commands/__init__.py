"""The commands of `market`, a module each or some together: what `--help` lists of them.

A module is imported when a command of it is used: nobody waits for what others need.
"""

from typing import Final, NamedTuple


class Listed(NamedTuple):
    """A command, the module here that has it, and the first sentence of its help."""

    name: str
    module: str
    summary: str


COMMANDS: Final = (
    Listed("up", "up", "Start Kafka, PostgreSQL and the services; keep them up."),
    Listed("down", "down", "Stop all of it in order: services, Kafka, PostgreSQL."),
    Listed("status", "status", "Show how each process is doing."),
    Listed("env", "status", "Print all addresses as shell lines, for any client."),
    Listed(
        "token", "token", "Print a token for the services: who asks them, for how long."
    ),
    Listed("demo", "demo", "Show the main job from end to end, in a minute or so."),
    Listed(
        "fees", "fees", "Show a month's store fees, line by line, by what is known now."
    ),
    Listed(
        "charge",
        "fees",
        "Charge the store fees of a month that is over, and adjust months before it.",
    ),
    Listed(
        "history",
        "history",
        "Show the facts that the services have published, in order, each once.",
    ),
    Listed("import", "imports", "Bring history from files into the running platform."),
    Listed(
        "parked",
        "parked",
        "See to streams that wait because one of their facts could not be applied.",
    ),
    Listed("policies", "policies", "Show by which policies sellers are judged, and when."),
    Listed(
        "replay",
        "replay",
        "Count a metric of all sellers from the topics alone, and compare what tables say.",
    ),
    Listed(
        "review",
        "review",
        "Review all sellers, of each day since the last review: warnings, sanctions,"
        " cures.",
    ),
    Listed(
        "reviews",
        "review",
        "Show which days were reviewed, and which sellers could not be, and why.",
    ),
    Listed(
        "scorecards",
        "scorecards",
        "Show scorecards: per seller and metric what was due, what was kept, and the"
        " level.",
    ),
    Listed(
        "due",
        "sellers",
        "Show what a seller owes soon, soonest first, and which facts close it.",
    ),
    Listed(
        "evidence",
        "sellers",
        "Write what a seller's scorecard follows from to a file that proves itself.",
    ),
    Listed(
        "projection",
        "sellers",
        "Show where a seller is heading: in 7, 14 and 30 days, and what leads out of"
        " trouble.",
    ),
    Listed(
        "what-if",
        "what_if",
        "Show who would change level if another policy applied. Nothing is recorded.",
    ),
    Listed("verify", "verify", "Prove on the running platform that its history is whole."),
)
"""In the order of the help: what a newcomer needs first, then by name."""
