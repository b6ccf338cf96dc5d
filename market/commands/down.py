"""`market down`: stop the platform that runs on this machine, or what is left of it."""

import typer

from market.background import stop_platform
from market.errors import EXIT_CODES
from market.home import Home
from market.output import say

app = typer.Typer()


@app.command(epilog=EXIT_CODES)
def down() -> None:
    """Stop all of it in order: services, Kafka, PostgreSQL.

    What a killed platform has left behind in this MARKET_HOME is stopped too. Data and logs
    are kept: the next `market up` goes on with them. Safe to repeat.
    """
    home = Home.of_environment()
    say("stopped" if stop_platform(home, say) else f"nothing is running in {home.path}")
