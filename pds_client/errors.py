"""What should never happen when asking PDS, and whose fault is it?

Rules it keeps:
- An answer PDS documents is an outcome, not an exception; these are mistakes in the caller or its set-up.
- No message holds anything about a person, a token or a key.

https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/application-restricted-restful-apis-signed-jwt-authentication
"""


class BadQuery(ValueError):  # noqa: N818
    """A search that PDS would refuse; it was not sent."""


class Misconfigured(ValueError):  # noqa: N818
    """The client was set up with something that cannot work."""


class FullStop(Exception):  # noqa: N818
    """PDS does not accept who we are; the client asks nothing more until it is made anew."""

    def __init__(self, where: str, status: int, code: str | None) -> None:
        super().__init__(f"{where} answered {status} {code or 'without a code'}; check api key, key id and key")
        self.where = where
        self.status = status
        self.code = code

    def again(self) -> "FullStop":
        return FullStop(self.where, self.status, self.code)
