"""Where is it kept, and who may read it?

Two engines, one schema, two ways in: the office writes and reads everything on the controller's own side; the door
reads the visible views alone, and the database refuses it anything else.
"""

from adapter.database.door import OURS, Ask, Door, Program, Select, TookTooLongError
from adapter.database.engine import Engine, connect
from adapter.database.office import Office, Transaction

__all__ = [
    "OURS",
    "Ask",
    "Door",
    "Engine",
    "Office",
    "Program",
    "Select",
    "TookTooLongError",
    "Transaction",
    "connect",
]
