# SPDX-License-Identifier: EUPL-1.2
"""A small taxonomy and simple records for tests that talk over the wire."""

CODES = ["hulp", "hulp.klus", "hulp.klus.fiets", "vervoer", "vervoer.arts"]


def taxonomy(service, records):
    put = service.PutTaxonomy()
    for code in CODES:
        put.taxonomy.categories.append(records.Category(
            code=code, label=records.Label(nl=code, en=code)))
    return put


def party(service, records, name, **fields):
    return service.PutParties(parties=[records.Party(id=name, kind=records.PARTY_KIND_RESIDENT,
                                                     **fields)])


def listing(records, name, owner, kind="NEED", lat=52.1, lon=5.1, **fields):
    values = {"title": f"listing {name}", "categories": ["hulp.klus.fiets"], "reach_m": 5000}
    values.update(fields)
    return records.Listing(id=name, party_id=owner, kind=getattr(records, f"KIND_{kind}"),
                           point=records.Point(lat=lat, lon=lon), **values)
