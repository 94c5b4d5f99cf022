"""Which invariants of the specification are held to without FHIRPath?

Those that every resource meets again and again, and those that the FHIRPath engine cannot run. A row stands for exactly
one expression: where a profile writes the same key with other words, its words are run.
https://hl7.org/fhir/R4/domainresource.html#invs
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.validator.run import Run

# Whether a value keeps an invariant; None where that cannot be told.
Keeps = Callable[[Any, Run], bool | None]


def _extension(value: Any, _run: Run) -> bool:
    return ("extension" in value) != any(key.lstrip("_").startswith("value") for key in value)


def _period(value: Any, _run: Run) -> bool | None:
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    shorter = min(len(start), len(end), len("2000-01-01"))
    if start[:shorter] != end[:shorter]:
        return start[:shorter] < end[:shorter]
    # The same day, month or year: the rest decides, if both have one in the same zone.
    if start[:10] == start or end[:10] == end:
        return True
    return start[10:] <= end[10:] if start[19:] == end[19:] else None


def _always(_value: Any, _run: Run) -> bool:
    """Held to elsewhere: by the walk, the references or the narrative."""
    return True


def _no_nesting(value: Any, _run: Run) -> bool:
    return not any(each.get("contained") for each in _contained(value))


def _no_version(value: Any, _run: Run) -> bool:
    return not any({"versionId", "lastUpdated"} & _meta(each).keys() for each in _contained(value))


def _no_label(value: Any, _run: Run) -> bool:
    return not any("security" in _meta(each) for each in _contained(value))


def _narrative(value: Any, run: Run) -> bool:
    # What is contained is told by the narrative of what contains it.
    return run.scope.outer is not None or (isinstance(value.get("text"), dict) and "div" in value["text"])


def _referred(value: Any, _run: Run) -> bool:
    """Whether each contained resource is referred to, or refers to what contains it."""
    contained = list(_contained(value))
    if not contained:
        return True
    inside = {id(each): set(_references(each)) for each in contained}
    outside = {text for key, inner in value.items() if key != "contained" for text in _references(inner)}
    for each in contained:
        name = f"#{each.get('id')}"
        others = (found for of, found in inside.items() if of != id(each))
        if name not in outside.union(*others) and "#" not in inside[id(each)]:
            return False
    return True


def _references(value: Any) -> Iterator[str]:
    """Every text that could refer to something contained."""
    if isinstance(value, str):
        if value.startswith("#"):
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references(inner)


def _contained(value: Any) -> Iterator[dict[str, Any]]:
    return _listed(value, "contained")


def _listed(value: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    listed = value.get(name)
    return (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def _meta(value: dict[str, Any]) -> dict[str, Any]:
    meta = value.get("meta")
    return meta if isinstance(meta, dict) else {}


def _distinct(value: Any, _run: Run) -> bool:
    """A full URL with a version stands once in a bundle; a history says the same one for many."""
    if value.get("type") == "history":
        return True
    seen = set()
    for each in _listed(value, "entry"):
        if "fullUrl" not in each:
            continue
        resource = each.get("resource")
        told = (str(each["fullUrl"]), str(_meta(resource if isinstance(resource, dict) else {}).get("versionId")))
        if told in seen:
            return False
        seen.add(told)
    return True


def _one_of(*names: str) -> Keeps:
    return lambda value, _run: any(name in value for name in names)


def _with(kind: str, *types: str) -> Keeps:
    """A bundle's entries all have a part, or none has, as the bundle's type says."""

    def keeps(value: Any, _run: Run) -> bool:
        return all((kind in each) is (value.get("type") in types) for each in _listed(value, "entry"))

    return keeps


def _first_is(kind: str, type_name: str) -> Keeps:
    def keeps(value: Any, _run: Run) -> bool:
        resource = next(_listed(value, "entry"), {}).get("resource")
        found = resource.get("resourceType") if isinstance(resource, dict) else None
        return value.get("type") != kind or found == type_name

    return keeps


def _member(value: Any, run: Run) -> bool | None:
    """On whose behalf a member of a team acts is said only of a practitioner."""
    member = value.get("member")
    if "onBehalfOf" not in value or not isinstance(member, dict):
        return "onBehalfOf" not in value or None
    text = str(member.get("reference", ""))
    told = text.split("/")[-2] if text.count("/") else str(member.get("type", ""))
    return told == "Practitioner" if told and not text.startswith(("#", "urn:")) else None


# Key and expression, white space aside, against what holds it.
NATIVE: dict[tuple[str, str], Keeps] = {
    ("ext-1", "extension.exists() != value.exists()"): _extension,
    ("per-1", "start.hasValue().not() or end.hasValue().not() or (start <= end)"): _period,
    ("txt-1", "htmlChecks()"): _always,
    ("txt-2", "htmlChecks()"): _always,
    ("dom-2", "contained.contained.empty()"): _no_nesting,
    ("dom-4", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()"): _no_version,
    ("dom-5", "contained.meta.security.empty()"): _no_label,
    ("dom-6", "text.`div`.exists()"): _narrative,
    ("bdl-3", "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or "
     "%resource.type = 'history'))"): _with("request", "batch", "transaction", "history"),
    ("bdl-4", "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = "
     "'transaction-response' or %resource.type = 'history'))"):
        _with("response", "batch-response", "transaction-response", "history"),
    ("bdl-7", "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId)"
     ".isDistinct()"): _distinct,
    ("bdl-8", "fullUrl.contains('/_history/').not()"):
        lambda value, _run: "/_history/" not in str(value.get("fullUrl", "")),
    ("bdl-11", "type = 'document' implies entry.first().resource.is(Composition)"):
        _first_is("document", "Composition"),
    ("bdl-12", "type = 'message' implies entry.first().resource.is(MessageHeader)"):
        _first_is("message", "MessageHeader"),
    ("pat-1", "name.exists() or telecom.exists() or address.exists() or organization.exists()"):
        _one_of("name", "telecom", "address", "organization"),
    ("ctm-1", "onBehalfOf.exists() implies (member.resolve().iif(empty(), true, ofType(Practitioner).exists()))"):
        _member,
}  # fmt: skip
# Their expressions differ between publications of the same specification; what they mean does not.
BY_KEY: dict[str, tuple[str, Keeps]] = {
    "dom-3": ("contained.where(", _referred),
    "ref-1": ("reference.startsWith('#').not()", _always),
}


def native(key: str, expression: str) -> Keeps | None:
    """What holds an invariant without FHIRPath, if something does."""
    plain = " ".join(expression.split())
    beginning, held = BY_KEY.get(key, ("", None))
    if held and plain.startswith(beginning):
        return held
    return NATIVE.get((key, plain))
