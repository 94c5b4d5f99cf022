"""Has PDS said that it does not accept who we are?

Then nothing is asked with these settings, by any worker, until an officer asks anew or the settings change: to knock
again and again with a key that PDS does not know locks the key out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from adapter.database import Transaction
from adapter.deployment import Deployment
from adapter.instant import millis


@dataclass(frozen=True, slots=True)
class Stopped:
    """Since when tracing has stopped, and what PDS said: a status and a code."""

    at: int
    reason: str


def fingerprint(deployment: Deployment) -> str:
    """Tell settings by which PDS knows us from others, without holding a secret."""
    settings = deployment.settings
    file = settings.pds_key_file
    # A key that is not there is refused where the client is made.
    key = file.read_bytes() if file is not None and file.is_file() else b""
    digest = hashlib.blake2b(key=deployment.keys.seal, digest_size=16)
    for word in (settings.pds_base_url, settings.pds_token_url, settings.pds_api_key, settings.pds_key_id):
        digest.update(word.encode() + b"\0")
    digest.update(settings.pds_ods.encode() + b"\0" + key)
    return digest.hexdigest()


def stop(transaction: Transaction, settings: str, reason: str, now: datetime) -> None:
    """Write down that PDS is not asked with these settings."""
    transaction.execute(
        "INSERT INTO pds_stop (settings, at, reason) VALUES (:settings, :now, :reason)"
        " ON CONFLICT (settings) DO UPDATE SET at = excluded.at, reason = excluded.reason",
        settings=settings,
        now=millis(now),
        reason=reason,
    )


def stopped(transaction: Transaction, settings: str) -> Stopped | None:
    """Say whether PDS is not asked with these settings."""
    row = transaction.one("SELECT at, reason FROM pds_stop WHERE settings = :settings", settings=settings)
    return Stopped(*row) if row else None


def resume(transaction: Transaction) -> None:
    """Let PDS be asked again: an officer says so."""
    transaction.execute("DELETE FROM pds_stop")
