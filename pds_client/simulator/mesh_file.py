"""What travels over MESH, and under which headers?

Rules it keeps:
- A file never shows what is in it.
- A report of what could not be delivered has no body and names the message it is about.

https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-api
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class File:
    """A file on its way; `report` is the id of the message that could not be delivered, for an NDR."""

    sender: str
    recipient: str
    workflow_id: str
    local_id: str
    subject: str
    filename: str
    body: bytes
    report: str = ""

    def __repr__(self) -> str:
        return f"File({self.workflow_id}, {len(self.body)} bytes)"


def undelivered(message_id: str, file: File) -> File:
    """The report of a message that nobody collected."""
    return File(
        sender="",
        recipient=file.sender,
        workflow_id=file.workflow_id,
        local_id=file.local_id,
        subject=f"NDR: {file.subject}",
        filename=file.filename,
        body=b"",
        report=message_id,
    )


def headers_of(message_id: str, file: File) -> dict[str, str]:
    """The headers under which a message is retrieved; what is empty is left out."""
    said = {
        "Mex-MessageID": message_id,
        "Mex-MessageType": "REPORT" if file.report else "DATA",
        "Mex-From": file.sender,
        "Mex-To": file.recipient,
        "Mex-WorkflowID": file.workflow_id,
        "Mex-LocalID": file.local_id,
        "Mex-Subject": file.subject,
        "Mex-FileName": file.filename,
        "Mex-LinkedMsgID": file.report,
        "Mex-StatusCode": "14" if file.report else "",
        "Mex-StatusDescription": "Message not collected by recipient after 5 days" if file.report else "",
    }
    return {name: value for name, value in said.items() if value}
