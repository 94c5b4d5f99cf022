"""Narratives: XHTML that may be shown to anybody."""

from __future__ import annotations

import pytest

from tests.conformance.validator.profiles import errors, patient

OPEN = '<div xmlns="http://www.w3.org/1999/xhtml"'


def narrated(div: str) -> list[tuple[str, str]]:
    return errors(patient(text={"status": "generated", "div": div}))


@pytest.mark.parametrize(
    "inside",
    [
        ">A",
        "><p>A <b>b</b><br/></p><table><tr><td colspan='2'>c</td></tr></table>",
        " lang='en' class='a' style='color: red'><a href='https://anytown.example'>A</a> &amp; &#160;",
        "><a href='#part'>A</a><a name='part'/>",
        "><img src='data:image/png;base64,YQ==' alt='A'/>",
    ],
)
def test_a_narrative_of_what_is_allowed_is_clean(inside: str) -> None:
    assert narrated(f"{OPEN}{inside}</div>") == []


@pytest.mark.parametrize(
    "inside",
    [
        "><script>alert(1)</script>A",
        "><SCRIPT>alert(1)</SCRIPT>A",
        "><form>A</form>",
        "><iframe>A</iframe>",
        "><style>a {}</style>A",
        "><object>A</object>",
        " onclick='alert(1)'>A",
        "><a href='javascript:alert(1)'>A</a>",
        "><a href=' JavaScript:alert(1)'>A</a>",
        "><a href='data:text/html,A'>A</a>",
        "><img src='x' onerror='alert(1)'/>",
        " style='background: url(http://anytown.example)'>A",
        "><svg xmlns='http://www.w3.org/2000/svg'/>A",
        "><?php echo 1 ?>A",
        "><p>A</div>",
        ">   ",
        ">&nbsp;A",
        ">&xxe;",
    ],
)
def test_a_narrative_of_anything_else_is_an_error(inside: str) -> None:
    assert set(narrated(f"{OPEN}{inside}</div>")) == {("Patient.text.div", "invariant")}


@pytest.mark.parametrize(
    "whole",
    [
        "A",
        "<div>A</div>",
        '<p xmlns="http://www.w3.org/1999/xhtml">A</p>',
        f"{OPEN}>A</div>{OPEN}>B</div>",
        f'<!DOCTYPE div [<!ENTITY a "b">]>{OPEN}>&a;</div>',
        f'<!DOCTYPE div SYSTEM "file:///etc/passwd">{OPEN}>A</div>',
        f"{OPEN}>" + "<p>" * 400 + "A" + "</p>" * 400 + "</div>",
    ],
)
def test_what_is_not_one_harmless_div_is_an_error(whole: str) -> None:
    assert narrated(whole) == [("Patient.text.div", "invariant")]
