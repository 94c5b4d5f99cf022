"""The sum of a file is that of the bytes before its trailer, however the bytes arrive."""

from hashlib import sha256

from mappings.readers.seal import Seal

BODY = b'<CaseExtract><!-- no <Trailer yet --><Person localId="1"/>'
WHOLE = BODY + b'<Trailer persons="1"/></CaseExtract>'


def sealed(size: int) -> str | None:
    seal = Seal()
    for start in range(0, len(WHOLE), size):
        seal.add(WHOLE[start : start + size])
    return seal.before_trailer


def test_the_sum_does_not_depend_on_how_the_bytes_arrive():
    assert {sealed(size) for size in range(1, len(WHOLE) + 1)} == {sha256(BODY).hexdigest()}


def test_a_file_without_a_trailer_has_no_sum():
    seal = Seal()
    seal.add(b"<CaseExtract/>")
    assert seal.before_trailer is None
