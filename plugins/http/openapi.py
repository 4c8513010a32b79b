# SPDX-License-Identifier: EUPL-1.2
"""openapi.json of the resolved routes: paths from the table, schemas from the .proto files."""
from google.protobuf import descriptor_pb2

from routes import TAGS

F = descriptor_pb2.FieldDescriptorProto
NUMBERS = {
    F.TYPE_DOUBLE: {"type": "number", "format": "double"},
    F.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0, "maximum": 4294967295},
    F.TYPE_UINT64: {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"},
    F.TYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"},
    F.TYPE_STRING: {"type": "string"},
    F.TYPE_BOOL: {"type": "boolean"},
    F.TYPE_BYTES: {"type": "string", "format": "byte"},
}
INTRODUCTION = (
    "Schakel brengt vragen en aanbod in de buurt bij elkaar, volgens de regels van de gemeente. "
    "Namen van velden zijn die van het contract (proto/schakel/v1): 64-bits getallen zijn tekst, "
    "tijden RFC 3339 in UTC. Een weggelaten veld heeft zijn standaardwaarde.")
ERRORS = {
    "400": "De aanvraag klopt niet", "401": "Er is geen geldig token", "403": "Dit token mag dit niet",
    "404": "Dit bestaat niet", "406": "Dit coordinatenstelsel is er niet", "409": "Een ander was eerder, of de sleutel is al gebruikt",
    "412": "Dit is intussen veranderd", "413": "De aanvraag is te groot",
    "415": "De inhoud is geen JSON", "422": "Te groot of te veel", "428": "If-Match ontbreekt",
    "429": "Te veel aanvragen", "500": "Er ging iets mis", "503": "Even niet bereikbaar",
}


# ---- Schemas ----

def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


class Schemas:
    def __init__(self, contract):
        self.contract, self.made = contract, {}

    def of_field(self, item):
        name = item.type_name.rpartition(".")[2]
        if item.type == F.TYPE_ENUM:
            schema = {"type": "string", "enum": self.contract.words(name)}
        elif item.type != F.TYPE_MESSAGE:
            schema = dict(NUMBERS[item.type])
        elif name == "Timestamp":
            schema = {"type": "string", "format": "date-time"}
        elif name == "AttributesEntry":
            return {"type": "object", "additionalProperties": {
                "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}}
        else:
            schema = self.of_message(name)
        if item.label == F.LABEL_REPEATED:
            return {"type": "array", "items": schema}
        return schema

    def properties(self, message, without=()):
        found = {}
        for at, item in enumerate(self.contract.message(message).field):
            if item.json_name in without:
                continue
            schema, comment = self.of_field(item), self.contract.comment(message, at)
            if comment:
                schema = {**schema, "description": comment}
            found[item.json_name] = schema
        return found

    def of_message(self, name):
        if name not in self.made:
            self.made[name] = {}
            self.made[name] = self.build(name)
        return reference(name)

    def build(self, name, without=()):
        schema = {"type": "object", "properties": self.properties(name, without)}
        if self.contract.comment(name):
            schema["description"] = self.contract.comment(name)
        return schema

    def without(self, name, fields):
        """A body lacks what the path or a header gives."""
        own = {item.json_name for item in self.contract.message(name).field}
        if not own & set(fields):
            return self.of_message(name)
        return {**self.build(name, fields), "additionalProperties": False}

    def page(self, name):
        self.of_message(name)
        return {"allOf": [reference(name), {"type": "object",
                                            "properties": {"_links": reference("Links")}}]}


OWN_SCHEMAS = {
    "Links": {"type": "object", "properties": {
        "self": {"$ref": "#/components/schemas/Link"},
        "next": {"$ref": "#/components/schemas/Link"}}},
    "Link": {"type": "object", "properties": {"href": {"type": "string"}}},
    "Problem": {
        "type": "object", "description": "Een fout (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"},
            "status": {"type": "integer"}, "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}}}},
    "Fault": {
        "type": "object", "description": "Een fout in een veld van de aanvraag.",
        "properties": {
            "in": {"type": "string", "enum": ["body", "path", "query", "header"]},
            "location": {"type": "object", "properties": {
                "pointer": {"type": "string", "description": "JSON Pointer, in de inhoud"},
                "name": {"type": "string", "description": "van het veld in pad, query of kop"}}},
            "code": {"type": "string"}, "detail": {"type": "string"}}},
    "Gebieden": {
        "type": "object", "description": "Een GeoJSON FeatureCollection in CRS84 (RFC 7946), of in RD.",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Gebied"}},
            "_links": {"$ref": "#/components/schemas/Links"}}},
    "Gebied": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]}, "id": {"type": "string"},
            "geometry": {"type": ["object", "null"], "description": "Een MultiPolygon, of niets.",
                         "properties": {"type": {"type": "string"},
                                        "coordinates": {"type": "array", "items": {}}}},
            "properties": {"type": "object", "properties": {
                name: {"type": "string"} for name in ("code", "naam", "wijkcode", "wijknaam",
                                                      "gemeentecode", "gemeentenaam")}
                | {"jaar": {"type": "integer"}}}}},
}


# ---- Paths ----

def header(name, **schema):
    return {name: {"$ref": f"#/components/headers/{schema['of']}"}}


def parameter(param):
    schema = {"TEXT": {"type": "string"}, "TRUTH": {"type": "boolean"},
              "NUMBER": {"type": "integer", "minimum": 0},
              "WORD": {"type": "string", "enum": param["words"]}}[param["kind"]]
    if param["many"]:
        schema = {"type": "array", "items": schema}
    if param["in"] == "IF_MATCH":
        return {"name": "If-Match", "in": "header", "required": True,
                "description": "De ETag van het voorstel dat u zag.",
                "schema": {"type": "string", "pattern": '^"[0-9]+"$'}}
    made = {"name": param["name"], "in": param["in"].lower(), "schema": schema}
    if made["in"] == "path":
        made["required"] = True
    if param["many"]:
        made["explode"] = False
        made["style"] = "form"
    if param["comment"]:
        made["description"] = param["comment"]
    return made


def statuses(route, params):
    codes = {"401", "403", "429", "500", "503"}
    if params or route.body or route.command:
        codes.add("400")
    if "{" in route.path:
        codes.add("404")
    if route.body:
        codes |= {"413", "415", "422"}
    if route.command:
        codes |= {"409", "422"}
    if route.shape == "geojson":
        codes.add("406")
    if route.if_match:
        codes |= {"412", "428"}
    return sorted(codes)


def answers(r, schemas):
    route = r.route
    if route.shape == "geojson":
        kind, schema = "application/geo+json", reference("Gebieden")
    else:
        kind = "application/json"
        schema = schemas.page(r.answer) if route.paged else schemas.of_message(r.answer)
    good = {"description": route.summary, "headers": {
        "API-Version": {"$ref": "#/components/headers/ApiVersion"}},
        "content": {kind: {"schema": schema}}}
    if r.number_in_answer("version"):
        good["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
    if route.paged:
        good["headers"]["Link"] = {"$ref": "#/components/headers/Link"}
    if route.shape == "geojson":
        good["headers"]["Content-Crs"] = {"$ref": "#/components/headers/ContentCrs"}
    if route.stream:
        good["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    found = {"200": good}
    if route.creates:
        made = {**good, "headers": {**good["headers"],
                                    "Location": {"$ref": "#/components/headers/Location"}}}
        found["201"] = made
    for code in statuses(route, r.params):
        found[code] = {"$ref": f"#/components/responses/Fout{code}"}
    return found


def operation_id(route):
    words = [w.strip("{}") for w in route.path.replace("-", "/").split("/") if w]
    return route.method.lower() + "".join(w[0].upper() + w[1:] for w in words)


def path_item(r, schemas):
    route = r.route
    made = {"operationId": operation_id(route), "tags": [route.tag], "summary": route.summary}
    params = [parameter(p) for p in r.params]
    if route.command:
        params.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if route.shape == "geojson":
        params.append({"$ref": "#/components/parameters/AcceptCrs"})
    if route.stream:
        params.append({"$ref": "#/components/parameters/LastEventId"})
    if params:
        made["parameters"] = params
    if route.body:
        made["requestBody"] = {"required": route.body == "required", "content": {
            "application/json": {"schema": schemas.without(
                r.item, r.given if route.method != "PUT" or r.item == r.message
                else set(route.body_without))}}}
    made["responses"] = answers(r, schemas)
    return made


def components(schemas):
    problem = {"application/problem+json": {"schema": reference("Problem")}}
    version = {"API-Version": {"$ref": "#/components/headers/ApiVersion"}}
    return {
        "schemas": dict(sorted({**schemas.made, **OWN_SCHEMAS}.items())),
        "responses": {f"Fout{code}": {"description": text, "headers": version, "content": problem}
                      for code, text in ERRORS.items()},
        "headers": {
            "ApiVersion": {"description": "De volledige versie van deze API.",
                           "schema": {"type": "string"}},
            "ETag": {"description": "De versie van dit gegeven.", "schema": {"type": "string"}},
            "Link": {"description": "De volgende bladzijde (RFC 8288).",
                     "schema": {"type": "string"}},
            "Location": {"description": "Waar het nieuwe gegeven staat.",
                         "schema": {"type": "string"}},
            "ContentCrs": {"description": "Het coordinatenstelsel van de inhoud.",
                           "schema": {"type": "string"}}},
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key", "in": "header",
                "description": "Een eigen sleutel van 1-64 tekens (A-Z a-z 0-9 . _ : -). Dezelfde "
                               "aanvraag met dezelfde sleutel gebeurt binnen 24 uur niet opnieuw.",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}},
            "AcceptCrs": {
                "name": "Accept-Crs", "in": "header",
                "description": "Het gewenste stelsel: CRS84 (graden) of RD.",
                "schema": {"type": "string", "default": "CRS84",
                           "examples": ["CRS84", "EPSG:28992"]}},
            "LastEventId": {
                "name": "Last-Event-ID", "in": "header",
                "description": "Bij text/event-stream: het nummer van de laatste gebeurtenis die u "
                               "heeft.",
                "schema": {"type": "string", "pattern": "^[0-9]+$"}}},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer",
                                      "description": "Een token van `schakel token create`."}},
    }


def document(resolved, contract, version):
    schemas, paths = Schemas(contract), {}
    for r in resolved:
        paths.setdefault(r.route.path, {})[r.route.method.lower()] = path_item(r, schemas)
    paths["/openapi.json"] = {"get": {
        "operationId": "getOpenapi", "tags": ["beheer"], "summary": "Deze beschrijving",
        "security": [],
        "responses": {"200": {
            "description": "Deze beschrijving",
            "headers": {"API-Version": {"$ref": "#/components/headers/ApiVersion"}},
            "content": {"application/json": {"schema": {"type": "object"}}}}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Schakel", "version": version, "description": INTRODUCTION,
                 "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/nl/"},
                 "contact": CONTACT},
        "servers": [{"url": "/v1", "description": "Deze engine"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": components(schemas),
    }


CONTACT = {"name": "De beheerder van deze Schakel", "url": "https://example.nl/",
           "email": "beheer@example.nl"}
