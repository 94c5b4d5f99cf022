"""Where a resource comes from, and who may know."""

import json

from tests.mappings.extracts import (
    SERVICE,
    TEAM,
    facet,
    mapped,
    of_type,
    relative,
)


def test_every_resource_has_a_provenance_that_is_visible_where_it_is():
    inner = "<Addresses><Address><Line>1 Row</Line></Address></Addresses>"
    found = mapped(inner + relative() + TEAM + SERVICE.format(status="open"))
    made = [resource for resource in found.resources if resource.type != "Provenance"]
    provenances = {resource.key: resource for resource in of_type(found, "Provenance")}
    assert len(provenances) == len(made)
    for resource in made:
        target, carrier = (
            facet(resource, "carrier"),
            facet(provenances[f"provenance:{resource.type}:{resource.key}"], "carrier"),
        )
        assert carrier.body["target"] == [{"reference": f"key:{resource.type}:{resource.key}"}]
        seen = [(each.category, each.locates, each.mentions, each.provider) for each in (target, carrier)]
        assert seen[0] == seen[1]


def test_where_a_record_stood_is_for_the_officers_alone():
    found = mapped()
    (provenance,) = of_type(found, "Provenance")
    place = facet(provenance, "place")
    assert (place.category, place.locates, place.mentions, place.provider) == ("audit", False, (), None)
    assert place.body["entity"][0]["what"]["identifier"]["value"] == f"case.xml:1 sha256:{found.digest}"
    assert found.digest not in json.dumps(facet(provenance, "carrier").body)
