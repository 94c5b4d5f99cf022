"""What does one row of the matrix let a recipient see?

A row is refused where it shows what is for nobody, names a purpose that is refused, or gives direct care without a
relationship.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consent.model import Category, Channel, Group
from consent.section import Section

# Nobody sees these, whoever writes the matrix.
_NEVER = frozenset({Category.FINANCIAL, Category.IMAGES, Category.BIOMETRICS, Category.APPEARANCE})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix: what a recipient in these roles sees for these purposes."""

    recipient: str
    roles: tuple[str, ...]
    purposes: tuple[str, ...]
    channel: Channel
    categories: frozenset[Category]
    own: frozenset[Category]
    needs_relationship: bool
    named_user: bool
    inside: bool
    because: str
    notice: str

    @property
    def reach(self) -> frozenset[Category]:
        """Every category that the row may show, of anybody's service or of the recipient's own."""
        return self.categories | self.own

    @property
    def identifiable(self) -> bool:
        """Whether the row shows anything that could name a person."""
        return bool(self.reach - {Category.DEPERSONALISED})


def read_row(row: Section, purposes: Mapping[str, Group]) -> Row:
    """Read one row of the file and refuse it where it says more than any row may."""
    row.only(*_ROW_WORDS)
    made = Row(
        recipient=row.text("recipient"),
        roles=row.words("roles"),
        purposes=row.words("purposes"),
        channel=_channel(row),
        categories=_categories(row, "categories"),
        own=_categories(row, "own") if "own" in row.entries else frozenset(),
        needs_relationship=row.flag("relationship", True),
        named_user=row.flag("named_user", True),
        inside=row.flag("inside", False),
        because=row.text("because"),
        notice=row.text("notice"),
    )
    _check_row(f"{row.where} ({made.recipient})", made, purposes)
    return made


_ROW_WORDS = (
    "recipient",
    "roles",
    "purposes",
    "channel",
    "categories",
    "own",
    "relationship",
    "named_user",
    "inside",
    "because",
    "notice",
)


def _channel(row: Section) -> Channel:
    said = row.text("channel") if "channel" in row.entries else Channel.POINT_TO_POINT
    if said not in list(Channel):
        raise ValueError(f"{row.where}: channel `{said}` is not known; known are {', '.join(Channel)}")
    return Channel(said)


def _categories(row: Section, name: str) -> frozenset[Category]:
    said = row.words(name)
    for word in said:
        if word not in list(Category):
            raise ValueError(f"{row.where}: {name} holds `{word}`, which is not a category")
    return frozenset(Category(word) for word in said)


def _check_row(where: str, row: Row, purposes: Mapping[str, Group]) -> None:
    if row.reach & _NEVER:
        raise ValueError(f"{where}: {', '.join(sorted(row.reach & _NEVER))} is for nobody, ever")
    if row.categories & row.own:
        both = ", ".join(sorted(row.categories & row.own))
        raise ValueError(f"{where}: {both} stands under categories and under own; write it once")
    for purpose in row.purposes:
        if purposes.get(purpose, Group.REFUSED) is Group.REFUSED:
            raise ValueError(f"{where}: purpose {purpose} is refused or not listed under [purposes]")
        direct = purposes[purpose] is Group.DIRECT and row.channel is Channel.POINT_TO_POINT
        if direct and not row.needs_relationship:
            raise ValueError(f"{where}: direct care needs a relationship")
