"""Days of examples: a week in March, beginning with a Friday evening."""

from datetime import UTC, datetime, timedelta

FRIDAY = datetime(2026, 3, 6, 18, tzinfo=UTC)
SATURDAY = FRIDAY + timedelta(days=1)
MONDAY = FRIDAY + timedelta(days=3)
TUESDAY = FRIDAY + timedelta(days=4)
NEXT_FRIDAY = FRIDAY + timedelta(days=7)
