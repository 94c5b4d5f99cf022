"""Who saw what, and who was refused?

A record is durable before the answer that it speaks of leaves. Where it cannot be written, nothing is released.
"""

from adapter.trail.segment import Segment, TrailError
from adapter.trail.trail import Trail
from adapter.trail.verify import Finding, read, verify

__all__ = ["Finding", "Segment", "Trail", "TrailError", "read", "verify"]
