# SPDX-License-Identifier: EUPL-1.2
"""The routes of the gateway, once. generate.py makes of this table and of proto/schakel/v1 what the
gateway routes and checks by (routes.inc) and what it publishes (openapi.json), so that the two
cannot differ.

A route names an operation of `Request`. What is in the path, the query and If-Match are fields of
that operation's message, called by their JSON names; their types and words come from the .proto.
`within` names the list of the operation that holds the one item of this route. `result` is the
field of `Response` that holds the answer, `unwrap` the only item or member inside it."""
from dataclasses import dataclass, field


@dataclass
class Route:
    method: str
    path: str
    operation: str
    result: str
    tag: str
    summary: str
    within: str = ""
    query: list = field(default_factory=list)
    path_fields: dict = field(default_factory=dict)  # {id}: the field, when it is not called id
    body: str = ""  # "", "required" or "optional"
    body_without: list = field(default_factory=list)  # fields that the path or a header gives
    unwrap: str = ""
    command: bool = False
    creates: str = ""  # a path: 201 with Location when the receipt says created
    if_match: bool = False
    shape: str = "json"  # or "geojson"
    paged: bool = False
    stream: bool = False  # also as text/event-stream


TAGS = {
    "plaatsingen": "Hulpvragen, initiatieven, aanbod, talenten, ontmoetingsplekken en activiteiten.",
    "deelnemers": "Bewoners, organisaties en professionals die iets vragen of bieden.",
    "matches": "Wie bij wie past, en waarom niet. Dit verandert niets.",
    "matchvoorstellen": "Wat de engine voorstelt, en wat mensen daarover besluiten.",
    "buurtverbinders": "Wie de voorstellen behandelen.",
    "gebeurtenissen": "Het logboek van alles wat er gebeurt: alleen nummers, niets over mensen.",
    "gebieden": "Buurten, wijken en gemeenten, als GeoJSON.",
    "categorieen": "De indeling van vragen en aanbod.",
    "regelsets": "De regels van de gemeente.",
    "berichten": "Wat aan wie verteld wordt, en of het aankwam.",
    "beheer": "Tokens en de toestand van de engine.",
}


def receipt(method, path, operation, tag, summary, **more):
    return Route(method, path, operation, "receipts", tag, summary, unwrap="items", command=True,
                 **more)


def decision(method, path, operation, summary, without):
    return receipt(method, "/matchvoorstellen/{id}" + path, operation, "matchvoorstellen", summary,
                   path_fields={"id": "suggestionId"}, if_match=True,
                   body="required" if without else "optional",
                   body_without=["suggestionId", "version"])


PAGE = ["after", "limit"]
ROUTES = [
    Route("GET", "/plaatsingen", "listListings", "listings", "plaatsingen",
          "Plaatsingen, op volgorde van nummer",
          query=["kind", "status", "partyId", "category", "area", *PAGE], paged=True),
    receipt("POST", "/plaatsingen", "putListings", "plaatsingen",
            "Een nieuwe plaatsing; de engine geeft het nummer", within="listings", body="required",
            body_without=["id"], creates="/v1/plaatsingen/"),
    Route("GET", "/plaatsingen/{id}", "getListing", "listing", "plaatsingen", "Een plaatsing"),
    receipt("PUT", "/plaatsingen/{id}", "putListings", "plaatsingen",
            "Een plaatsing maken of vervangen", within="listings", body="required",
            creates="/v1/plaatsingen/"),
    receipt("POST", "/plaatsingen/{id}/intrekkingen", "withdrawListing", "plaatsingen",
            "Een plaatsing intrekken", body="optional", body_without=["id"]),
    receipt("PUT", "/plaatsingen/{id}/status", "setListingStatus", "plaatsingen",
            "De status van een plaatsing zetten", body="required", body_without=["id"]),
    Route("GET", "/plaatsingen/{id}/matches", "match", "matches", "matches",
          "Wie er bij een plaatsing passen, de besten eerst", within="queries",
          path_fields={"id": "listingId"}, query=["limit"], unwrap="results"),
    Route("GET", "/plaatsingen/{id}/waarom-niet", "whyNot", "whyNot", "matches",
          "Wat er bij een plaatsing in de weg staat", path_fields={"id": "listingId"}),
    receipt("PUT", "/plaatsingen/{id}/verruimingen", "relaxCase", "matches",
            "Een hulpvraag nu al geven wat de regels pas geven aan wie lang wacht; zonder "
            "constraints eindigt dat", path_fields={"id": "listingId"}, body="required",
            body_without=["listingId"]),
    Route("POST", "/matchvragen", "match", "matches", "matches",
          "Wie er passen bij een plaatsing die niet bewaard wordt", within="queries",
          body="required", unwrap="results"),
    Route("POST", "/waarom-niet-vragen", "whyNot", "whyNot", "matches",
          "Wat er in de weg staat bij een plaatsing die niet bewaard wordt", body="required"),
    receipt("POST", "/deelnemers", "putParties", "deelnemers", "Een nieuwe deelnemer",
            within="parties", body="required", creates="/v1/deelnemers/"),
    Route("GET", "/deelnemers/{id}", "getParty", "party", "deelnemers",
          "Een deelnemer; met withContact ook de contactgegevens, voor wie die mag zien",
          query=["withContact"], unwrap="party"),
    receipt("PUT", "/deelnemers/{id}", "putParties", "deelnemers",
            "Een deelnemer maken of vervangen", within="parties", body="required",
            creates="/v1/deelnemers/"),
    receipt("DELETE", "/deelnemers/{id}", "eraseParty", "deelnemers",
            "Een deelnemer wissen, met alles wat erbij hoort; dit kan niet terug"),
    Route("GET", "/deelnemers/{id}/uitvoer", "exportParty", "partyExport", "deelnemers",
          "Alles wat over een deelnemer bewaard is"),
    Route("GET", "/matchvoorstellen", "listSuggestions", "suggestions", "matchvoorstellen",
          "Matchvoorstellen; zonder states die nog open staan",
          query=["states", "listingId", "partyId", "assignee", "area", "bestFirst", *PAGE],
          paged=True),
    Route("GET", "/matchvoorstellen/{id}", "getSuggestion", "suggestion", "matchvoorstellen",
          "Een matchvoorstel, met zijn stappen"),
    decision("POST", "/beoordelingen", "decide", "Over een matchvoorstel besluiten", True),
    decision("POST", "/overdrachten", "handOver", "Een matchvoorstel aan een ander geven", True),
    decision("POST", "/ongedaanmakingen", "undo", "Het laatste besluit terugnemen", False),
    decision("PUT", "/afspraken", "setAppointments", "De afspraken van een koppeling", True),
    Route("GET", "/buurtverbinders", "listConnectors", "connectors", "buurtverbinders",
          "Alle buurtverbinders, met hun aantal zaken"),
    receipt("PUT", "/buurtverbinders/{id}", "putConnectors", "buurtverbinders",
            "Een buurtverbinder maken of vervangen", within="connectors", body="required",
            creates="/v1/buurtverbinders/"),
    Route("GET", "/gebeurtenissen", "readEvents", "events", "gebeurtenissen",
          "Gebeurtenissen na een nummer, of achter wat een lezer bevestigde; als "
          "text/event-stream komen ze vanzelf", query=["after", "consumer", "limit"], stream=True),
    receipt("PUT", "/lezers/{consumer}", "ackEvents", "gebeurtenissen",
            "Bevestigen tot welke gebeurtenis een lezer alles heeft verwerkt", body="required",
            path_fields={"consumer": "consumer"}, body_without=["consumer"]),
    Route("GET", "/gebieden", "listAreas", "areas", "gebieden",
          "Buurten als GeoJSON FeatureCollection, in CRS84 of RD", query=["withPolygons", *PAGE],
          shape="geojson", paged=True),
    Route("POST", "/gebiedsvragen", "findArea", "foundArea", "gebieden",
          "In welke buurt een punt ligt; het punt in graden of in RD", body="required"),
    Route("GET", "/categorieen", "getTaxonomy", "taxonomy", "categorieen",
          "De indeling: categorieen en wat met elkaar te maken heeft"),
    receipt("PUT", "/categorieen", "putTaxonomy", "categorieen", "De indeling vervangen",
            within="taxonomy", body="required"),
    Route("GET", "/regelsets", "listRules", "rules", "regelsets", "Alle regelsets, zonder tekst"),
    receipt("POST", "/regelsets", "pushRules", "regelsets", "Een regelset aanbieden",
            body="required", creates="/v1/regelsets/"),
    Route("GET", "/regelsets/{hash}", "getRules", "rulesRecord", "regelsets",
          "Een regelset met tekst en beleid"),
    receipt("POST", "/regelsets/{hash}/goedkeuringen", "approveRules", "regelsets",
            "Een regelset goedkeuren, als tweede persoon"),
    receipt("POST", "/regelsets/{hash}/activeringen", "activateRules", "regelsets",
            "Een regelset laten gelden", body="optional", body_without=["hash"]),
    receipt("POST", "/terugdraaiingen", "rollbackRules", "regelsets",
            "Terug naar de regelset die daarvoor gold"),
    Route("POST", "/regelsetproeven", "testRules", "rulesTest", "regelsets",
          "De voorbeelden van een regelset uitvoeren", body="required"),
    Route("POST", "/proefdraaiingen", "dryRunRules", "dryRun", "regelsets",
          "Beginnen met proefdraaien: wat andere regels zouden voorstellen", body="required"),
    Route("GET", "/proefdraaiingen/{id}", "getDryRun", "dryRun", "regelsets",
          "Hoe ver het proefdraaien is, en wat eruit komt"),
    Route("DELETE", "/proefdraaiingen/{id}", "cancelDryRun", "dryRun", "regelsets",
          "Ophouden met proefdraaien"),
    Route("GET", "/berichten", "listMessages", "messages", "berichten", "Berichten, de nieuwste "
          "het laatst", query=["partyId", "connectorId", "suggestionId", "rule", "states", *PAGE],
          paged=True),
    receipt("POST", "/berichten/{id}/herkansingen", "retryMessage", "berichten",
            "Een bericht dat niet aankwam opnieuw sturen"),
    Route("GET", "/tokens", "listTokens", "tokens", "beheer", "Alle tokens, zonder hun geheim"),
    Route("POST", "/tokens", "createToken", "newToken", "beheer",
          "Een token maken; het geheim staat alleen in dit antwoord", body="required",
          command=True),
    receipt("DELETE", "/tokens/{id}", "revokeToken", "beheer", "Een token intrekken"),
    Route("GET", "/status", "getStatus", "engineStatus", "beheer", "De toestand van de engine"),
]
