"""What if there were a PDS on this machine?

It imitates, as far as the documentation and the mocks of the service show it:
- the token endpoint with every check in the service's order, the jti burnt first;
- read by number, with ETag, superseded, invalidated, unknown and bad numbers, and restricted people;
- the search of application-restricted access: parameters and their smallest sets, wildcards, history,
  fuzzy and exact search, one unique match or 200 TOO_MANY_MATCHES, restricted people not found by place;
- related persons, the rules of the headers, a rate limit, and any fault that a test asks for.

It does not imitate:
- the amounts of the scores (only their order is known) and the matching inside the service;
- other access modes, updates, Coverage, notifications, the limits of the gateway over a minute;
- 202 and polling, gateway pages in HTML, and delays, unless a fault asks for one.
All people in it must be invented.
"""

from pds_client.simulator.app import BASE_PATH, TOKEN_PATH, Call, Simulator
from pds_client.simulator.people import person
from pds_client.simulator.server import Served, serve, simulated

__all__ = ["BASE_PATH", "TOKEN_PATH", "Call", "Served", "Simulator", "person", "serve", "simulated"]
