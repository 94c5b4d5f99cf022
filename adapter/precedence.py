"""Whose word counts, the council's or PDS's?

Where PDS has confirmed a number or a practice, the council's own is not kept; of who objects to the use of the number
no number is kept at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapter.facets import PDS, Kept
from adapter.forms import Form


def without_pds(kept: Kept, forms: Iterable[Form], *, objects: bool) -> list[Form]:
    """The forms without what PDS says better, and without the number of who objects."""
    parts = {"untraced"} if objects or kept.has("nhs-number", PDS) else set()
    parts |= {"gp"} if kept.has("gp", PDS) else set()
    return [_without(form, parts) if form.type == "Patient" else form for form in forms]


def _without(form: Form, parts: set[str]) -> Form:
    return form._replace(fragments=tuple(fragment for fragment in form.fragments if fragment.part not in parts))
