"""When can a team be rung?

    Mon-Fri 09:00-17:00; Sat 10:00-12:30        days and times, parted by a semicolon or a comma
    Monday to Friday 8.45am to 5.15pm           the same in words
    weekdays 17:00-09:00                        over midnight
    24/7                                        always

Whole or not at all: hours of which a part cannot be read are none, for the rest would say that nobody is there.
`9-5` is not read: it does not say in which half of the day it ends.

HealthcareService.availableTime: https://hl7.org/fhir/R4/healthcareservice.html
"""

import re
from typing import Any

from mappings.problems import Unreadable

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEVERAL = {
    "weekdays": DAYS[:5],
    "weekends": DAYS[5:],
    "weekend": DAYS[5:],
    "daily": DAYS,
    "every day": DAYS,
    "seven days": DAYS,
    "7 days": DAYS,
}
_ALWAYS = {"24/7", "24 hours", "24 hours a day", "always", "24 hours, 7 days", "24 hours a day, 7 days a week"}

_DAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?"
_TIME = r"[0-9]{1,2}(?:[:.]?[0-9]{2})?(?: ?[ap]\.?m\.?)?|noon|midday|midnight"
_TO = r" ?(?:-|–|to|until) ?"
_PART = re.compile(
    rf"(?:(?P<first>{_DAY})(?:{_TO}(?P<last>{_DAY}))?|(?P<several>{'|'.join(_SEVERAL)})) ?:? ?"
    rf"(?:from )?(?P<start>{_TIME}){_TO}(?P<end>{_TIME})"
)
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?(?: ?([ap])\.?m\.?)?")
_NAMED = {"noon": 720, "midday": 720, "midnight": 1440}
_MIDNIGHT = 24 * 60

_UNREADABLE = Unreadable("are not hours that can be read; expected like Mon-Fri 09:00-17:00")


def available(raw: str) -> list[dict[str, Any]] | Unreadable:
    low = " ".join(raw.casefold().split()).rstrip(".")
    if low in _ALWAYS:
        return [{"daysOfWeek": list(DAYS), "allDay": True}]
    times: list[dict[str, Any]] = []
    for part in re.split(r" ?[;,] ?(?:and )?", low):
        matched = _PART.fullmatch(part)
        read = None if matched is None else _times(matched)
        if read is None:
            return _UNREADABLE
        times.extend(read)
    return times


def _times(matched: re.Match[str]) -> list[dict[str, Any]] | None:
    start, end = _minute(matched["start"], ends=False), _minute(matched["end"], ends=True)
    if start is None or end is None or start == end:
        return None
    days = _days(matched)
    if start < end:
        return [_open(days, start, end)]
    # A time that tells no half of the day may be meant for the other one.
    if not (_tells(matched["start"]) and _tells(matched["end"])):
        return None
    after = [DAYS[(DAYS.index(day) + 1) % 7] for day in days]
    return [_open(days, start, _MIDNIGHT), _open(after, 0, end)]


def _days(matched: re.Match[str]) -> list[str]:
    if matched["several"]:
        return list(_SEVERAL[matched["several"]])
    first = DAYS.index(matched["first"][:3])
    last = DAYS.index((matched["last"] or matched["first"])[:3])
    return [DAYS[(first + day) % 7] for day in range((last - first) % 7 + 1)]


def _tells(time: str) -> bool:
    """Whether a time is of the one half of the day and not of the other."""
    return time in _NAMED or time[-1] == "m" or time.endswith(".") or time[0] == "0" or int(time[:2].strip(":.")) > 12


def _minute(time: str, *, ends: bool) -> int | None:
    if time in _NAMED:
        return _NAMED[time] % _MIDNIGHT if not ends else _NAMED[time]
    matched = _CLOCK.fullmatch(time)
    if matched is None:
        return None
    hour, minute, half = int(matched[1]), int(matched[2] or 0), matched[3]
    if half is None and matched[2] is None:
        return None
    if minute > 59 or hour > (12 if half else 24) or (half and hour == 0) or hour * 60 + minute > _MIDNIGHT:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute if ends or hour < 24 else None


def _open(days: list[str], start: int, end: int) -> dict[str, Any]:
    """FHIR has no 24 o'clock."""
    last = "23:59:59" if end == _MIDNIGHT else f"{end // 60:02}:{end % 60:02}:00"
    return {"daysOfWeek": days, "availableStartTime": f"{start // 60:02}:{start % 60:02}:00", "availableEndTime": last}
