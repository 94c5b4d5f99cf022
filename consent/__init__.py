"""May it leave?

The policy as data, the decision as one pure function, and the permits derived from both. Standard library only;
no clock, no file at decision time, no log, no identifier.
"""
