"""Who works for and with the invented council?

Teams, workers, providers and practices; none exists, and the codes only look like ODS codes.
"""

from __future__ import annotations

from adapter.demo.invented import Practice, Provider, Team, Worker

_WEEKDAYS = "Monday to Friday 09:00-17:00"

_NORTH = Team("T01", "North Locality Team", "020 7946 0101", "north.locality@council.example.org", _WEEKDAYS)
_SOUTH = Team("T02", "South Locality Team", "020 7946 0102", "south.locality@council.example.org", _WEEKDAYS)
_DISCHARGE = Team(
    "T03", "Hospital Discharge Team", "020 7946 0103", "discharge@council.example.org", "daily 08:00-20:00"
)
_LEARNING = Team("T04", "Learning Disability Team", "020 7946 0104", "learning@council.example.org", _WEEKDAYS)
_SENSORY = Team("T05", "Sensory Support Team", "020 7946 0105", "sensory@council.example.org", _WEEKDAYS)
_MENTAL = Team("T06", "Community Mental Health Team", "020 7946 0106", "mental.health@council.example.org", _WEEKDAYS)

MENTAL_HEALTH = "Mental Health Support"
# Which teams look after whom, by the primary support reason.
TEAMS_FOR = {
    "Physical Support: Personal care support": (_NORTH, _SOUTH, _DISCHARGE),
    "Physical Support: Access and mobility only": (_NORTH, _SOUTH),
    "Support with Memory and Cognition": (_NORTH, _SOUTH),
    "Learning Disability Support": (_LEARNING,),
    "Sensory Support: Support for visual impairment": (_SENSORY,),
    MENTAL_HEALTH: (_MENTAL,),
}

WORKERS = {
    "T01": (
        Worker("W011", "Adaeze Holloway", "Social worker"),
        Worker("W012", "Rhys Penhale", "Senior practitioner"),
    ),
    "T02": (Worker("W021", "Farah Ockenden", "Social worker"), Worker("W022", "Tom Brisley", "Care coordinator")),
    "T03": (
        Worker("W031", "Ioana Marchbanks", "Discharge social worker"),
        Worker("W032", "Samir Dunmore", "Assessor"),
    ),
    "T04": (
        Worker("W041", "Bronwen Achterberg", "Social worker"),
        Worker("W042", "Kofi Lambourn", "Care manager"),
    ),
    "T05": (
        Worker("W051", "Eilidh Farrant", "Occupational therapist"),
        Worker("W052", "Jay Costin", "Social worker"),
    ),
    "T06": (
        Worker("W061", "Mei Tregear", "Mental health social worker"),
        Worker("W062", "Owen Sayle", "Care manager"),
    ),
}

AT_HOME = (
    Provider("A1B2C", "Lantern Home Support", "Home support"),
    Provider("B5F6G", "Orchard Day Centre", "Day support"),
    Provider("E2M3N", "Wheelhouse Meals", "Meals"),
    Provider("A3D4E", "Threeways Homecare", "Home support"),
    Provider("F4P5Q", "Stepping Stones Reablement", "Reablement"),
)
HOMES = (
    Provider("C7H8J", "Copperbeech House", "Long term residential care"),
    Provider("D9K1L", "Fennel Court Nursing Home", "Long term nursing care"),
)

PRACTICES = (
    Practice("E87991", "Lychgate Surgery"),
    Practice("E87992", "Canalside Medical Centre"),
    Practice("E87993", "The Mulberry Practice"),
    Practice("E87994", "Quarter Street Health Centre"),
    Practice("E87995", "Saffron Hall Surgery"),
    Practice("E87999", "Westway Family Practice"),
)
