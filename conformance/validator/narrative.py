"""Is a narrative harmless and readable?

Well-formed XHTML in one div, only the elements and attributes that FHIR allows, no script, no address that runs
something, and something to read. What the narrative says is never shown.
https://hl7.org/fhir/R4/narrative.html#xhtml
"""

from __future__ import annotations

import re

from lxml import etree

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TAGS = frozenset(
    """a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img
    li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var""".split()  # noqa: SIM905
)
_EVERYWHERE = frozenset(
    "title style class id lang dir accesskey tabindex span width align valign char charoff".split()  # noqa: SIM905
)
_CELL = frozenset({"abbr", "axis", "headers", "scope", "rowspan", "colspan", "nowrap", "bgcolor"})
_OF = {
    "a": frozenset({"href", "name"}),
    "img": frozenset({"src", "alt", "height", "width", "longdesc", "usemap", "ismap"}),
    "table": frozenset({"summary", "width", "border", "frame", "rules", "cellspacing", "cellpadding"}),
    "td": _CELL,
    "th": _CELL,
    "q": frozenset({"cite"}),
    "blockquote": frozenset({"cite"}),
}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SAFE = re.compile(r"\s*(https?:|mailto:|tel:|#|data:image/(png|jpeg|gif);|[^:]*$)", re.IGNORECASE)
_RUNS = re.compile(r"expression\s*\(|javascript:|@import|url\s*\(", re.IGNORECASE)
_LONGEST = 2**20


def faults(div: str) -> list[str]:
    """What is wrong with a narrative."""
    if len(div) > _LONGEST:
        return ["is longer than 1 MB"]
    if "<!DOCTYPE" in div or "<!ENTITY" in div:
        return ["declares a document type"]
    # Each parser is one thread's; making one costs little.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(div.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ["is not well-formed XHTML"]
    if root.tag != f"{_XHTML}div":
        return ["is not one div of XHTML"]
    found = [said for each in root.iter() for said in _element(each)]
    has_image = any(each.tag == f"{_XHTML}img" for each in root.iter())
    if not has_image and not "".join(str(text) for text in root.itertext()).strip():
        found.append("says nothing")
    return list(dict.fromkeys(found))


def _element(element: etree._Element) -> list[str]:
    tag = element.tag
    if not isinstance(tag, str) or not tag.startswith(_XHTML):
        return ["has what is no XHTML element"]
    name = tag.removeprefix(_XHTML)
    if name not in _TAGS:
        return ["has an element that a narrative may not have"]
    found = []
    for key, value in element.attrib.items():
        if str(key) not in _EVERYWHERE and str(key) != _LANG and str(key) not in _OF.get(name, frozenset()):
            found.append("has an attribute that a narrative may not have")
        elif (key in ("href", "src", "cite") and not _SAFE.match(str(value))) or (
            key == "style" and _RUNS.search(str(value))
        ):
            found.append("has an address that may run something")
    return found
