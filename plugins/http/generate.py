#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Makes routes.inc (the table that the gateway routes by) and openapi.json of routes.py and the
compiled proto files. Usage: generate.py DESCRIPTOR-SET VERSION ROUTES.INC OPENAPI.JSON"""
import json
import pathlib
import re
import sys

from google.protobuf import descriptor_pb2

import openapi
from routes import ROUTES

F = descriptor_pb2.FieldDescriptorProto
KINDS = {F.TYPE_STRING: "TEXT", F.TYPE_UINT32: "NUMBER", F.TYPE_UINT64: "NUMBER",
         F.TYPE_BOOL: "TRUTH", F.TYPE_ENUM: "WORD"}


class Contract:
    """The messages and enumerations by their short names, with the comments of the .proto files."""

    def __init__(self, descriptor_set):
        self.messages, self.enums, self.comments = {}, {}, {}
        for file in descriptor_set.file:
            for location in file.source_code_info.location:
                path = tuple(location.path)
                text = (location.leading_comments + " " + location.trailing_comments).strip()
                if text:
                    self.comments[file.name, path] = " ".join(text.split())
            for at, message in enumerate(file.message_type):
                self.messages[message.name] = (message, file.name, (4, at))
            for enum in file.enum_type:
                self.enums[enum.name] = enum

    def message(self, name):
        return self.messages[name][0]

    def comment(self, name, field_at=None):
        _, file, path = self.messages[name]
        return self.comments.get((file, path if field_at is None else (*path, 2, field_at)), "")

    def words(self, name):
        """The enumerators as JSON has them: without their type's prefix and without the zero."""
        enum = self.enums[name]
        prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum.name).upper() + "_"
        return [v.name.removeprefix(prefix) for v in enum.value
                if not v.name.endswith("_UNSPECIFIED")]

    def field(self, message, json_name):
        for item in self.message(message).field:
            if item.json_name == json_name:
                return item
        raise SystemExit(f"{message} has no field {json_name}")

    def type_of(self, message, json_name):
        return self.field(message, json_name).type_name.rpartition(".")[2]


class Resolved:
    """A route with what the contract says about its fields."""

    def __init__(self, route, contract):
        self.route, self.contract = route, contract
        self.path = "/v1" + route.path
        self.message = contract.type_of("Request", route.operation)
        self.item, self.many = self.message, False
        if route.within:
            self.item = contract.type_of(self.message, route.within)
            self.many = contract.field(self.message, route.within).label == F.LABEL_REPEATED
        self.answer = contract.type_of("Response", route.result)
        self.result_number = contract.field("Response", route.result).number
        self.unwrap_number = 0
        if route.unwrap:
            self.unwrap_number = contract.field(self.answer, route.unwrap).number
            self.answer = contract.type_of(self.answer, route.unwrap)
        self.params = [self.param(name, route.path_fields.get(name, name), "PATH")
                       for name in re.findall(r"{(\w+)}", route.path)]
        self.params += [self.param(name, name, "QUERY") for name in route.query]
        if route.if_match:
            self.params.append(self.param("If-Match", "version", "IF_MATCH"))
        self.given = set(route.body_without) | {p["field"] for p in self.params}

    def param(self, name, field, where):
        found = self.contract.field(self.item, field)
        return {"name": name, "field": field, "in": where, "kind": KINDS[found.type],
                "wide": found.type == F.TYPE_UINT64,
                "many": found.label == F.LABEL_REPEATED,
                "words": self.contract.words(found.type_name.rpartition(".")[2])
                if found.type == F.TYPE_ENUM else [],
                "comment": self.contract.comment(
                    self.item, list(self.contract.message(self.item).field).index(found))}

    def number_in_answer(self, json_name):
        """The field number of `version` or `next` in the answer, 0 without one."""
        for item in self.contract.message(self.answer).field:
            if item.json_name == json_name:
                return item.number
        return 0


def c_text(text):
    return json.dumps(text)


def c_param(param):
    words = f"words_{'_'.join(param['words']).lower()}" if param["words"] else "NULL"
    return (f"{{{c_text(param['name'])}, {c_text(param['field'])}, HTTP_IN_{param['in']}, "
            f"HTTP_{param['kind']}, {str(param['wide']).lower()}, {str(param['many']).lower()}, "
            f"{words}}}")


def c_route(at, r):
    route = r.route
    body = {"": "NONE", "required": "REQUIRED", "optional": "OPTIONAL"}[route.body]
    truths = {"command": route.command, "paged": route.paged, "geojson": route.shape == "geojson",
              "stream": route.stream, "within_many": r.many,
              "forbids_id": "id" in route.body_without and "{id}" not in route.path}
    lines = [f".method = HTTP_{route.method}", f".path = {c_text(r.path)}",
             f".operation = {c_text(route.operation)}", f".body = HTTP_BODY_{body}",
             f".answer = {c_text(r.answer)}", f".result = {r.result_number}"]
    if route.within:
        lines.append(f".within = {c_text(route.within)}")
    if r.unwrap_number:
        lines.append(f".unwrap = {r.unwrap_number}")
    if route.creates:
        lines.append(f".creates = {c_text(route.creates)}")
    if r.number_in_answer("version"):
        lines.append(f".version = {r.number_in_answer('version')}")
    if r.number_in_answer("next"):
        lines.append(f".next = {r.number_in_answer('next')}")
    lines += [f".{name} = true" for name, truth in truths.items() if truth]
    if r.params:
        lines += [f".params = params_{at}", f".param_count = {len(r.params)}"]
    return "    {" + ", ".join(lines) + "},\n"


def write_table(resolved):
    out = ["/* Made by plugins/http/generate.py of routes.py and the proto files. */\n"]
    words = {tuple(p["words"]) for r in resolved for p in r.params if p["words"]}
    for some in sorted(words):
        listed = ", ".join(c_text(word) for word in some)
        out.append(f"static const char *const words_{'_'.join(some).lower()}[] = "
                   f"{{{listed}, NULL}};\n")
    for at, r in enumerate(resolved):
        if r.params:
            listed = ",\n    ".join(c_param(p) for p in r.params)
            out.append(f"static const http_param params_{at}[] = {{\n    {listed}}};\n")
    out.append("static const http_route routes[] = {\n")
    out += [c_route(at, r) for at, r in enumerate(resolved)]
    out.append("};\n")
    return "".join(out)


def c_bytes(text):
    """Lines of a string literal, so that no line is endless."""
    pieces = [text[at:at + 90] for at in range(0, len(text), 90)]
    return "\n".join('    "' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"'
                     for piece in pieces)


def main(descriptors, version, table, document):
    files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(descriptors).read_bytes())
    contract = Contract(files)
    resolved = [Resolved(route, contract) for route in ROUTES]
    text = json.dumps(openapi.document(resolved, contract, version), ensure_ascii=True,
                      separators=(",", ":"))
    pathlib.Path(document).write_text(text + "\n", encoding="utf-8")
    pathlib.Path(table).write_text(
        write_table(resolved) + "static const char openapi_json[] =\n" + c_bytes(text) + ";\n",
        encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
