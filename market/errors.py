"""What goes wrong on one machine and its user can put right, and the exit code of each."""

from typing import ClassVar, Final

EXIT_CODES: Final = """
Exit codes: 0 done; 1 something was found wrong; 2 the command line is wrong; 3 no platform
is running here (`market up` starts one); 4 this MARKET_HOME cannot be used; 5 the platform
could not be started or stopped.
"""


class MarketError(Exception):
    """One clear sentence with its remedy, for people: printed, never a traceback."""

    exit_code: ClassVar[int] = 1


class NotRunningError(MarketError):
    exit_code = 3


class HomeError(MarketError):
    exit_code = 4


class StartError(MarketError):
    exit_code = 5
