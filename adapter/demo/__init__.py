"""What can the adapter show while it has nobody's real data?

An invented council: its people, the extract of their case records, and the same people as PDS holds them.
"""
