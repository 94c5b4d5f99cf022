"""Is it true?

Black box over HTTP: imports nothing of the adapter, and speaks to any target.
"""
