"""Days of a season."""

from __future__ import annotations

from typing import NewType

Day = NewType("Day", int)  # whole days since 1 January of the season's year; "05-01" in the file
