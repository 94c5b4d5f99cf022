"""A record comes in; a record goes out; nothing goes out except through one door.

Read `intake.py`, then `release.py`, then `consent/decide.py` and the policy file.
"""
