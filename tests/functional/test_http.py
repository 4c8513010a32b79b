#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP gateway on a real engine: resources, decisions, problems, pages, headers, limits, and
what no client of good will sends."""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire
from gateway import BUILD, Gateway

SCHAKEL = os.environ.get("SCHAKEL", str(BUILD / "bindings/cli/schakel"))
CLOCK = "2026-03-02T09:00:00Z"
NEED = {"kind": "NEED", "partyId": "p-anna", "title": "Wie rijdt mij naar het ziekenhuis?",
        "categories": ["vervoer.ziekenhuis"], "point": {"lat": 52.53, "lon": 5.22}}
OFFER = {"kind": "OFFER", "partyId": "p-bas", "title": "Ik rijd graag", "categories": ["vervoer"],
         "point": {"lat": 52.535, "lon": 5.225}, "reachM": 5000}
TAXONOMY = {"categories": [{"code": "vervoer"}, {"code": "vervoer.ziekenhuis"}]}


def fill(gateway, report):
    answer = gateway.call("PUT", "/v1/categorieen", TAXONOMY)
    report.check(answer.status == 200, f"the taxonomy is put: {answer.body}")
    for party in ("p-anna", "p-bas"):
        answer = gateway.call("PUT", f"/v1/deelnemers/{party}", {"kind": "RESIDENT"})
        report.check(answer.status == 201 and answer.headers["Location"] == f"/v1/deelnemers/{party}",
                     "a made party has its place in Location")
    report.check(gateway.call("PUT", "/v1/plaatsingen/n-1", NEED).status == 201, "a need")
    report.check(gateway.call("PUT", "/v1/plaatsingen/o-1", OFFER).status == 201, "an offer")


# ---- Resources ----

def check_listings(gateway, report):
    answer = gateway.call("GET", "/v1/plaatsingen/n-1")
    listing = answer.json()
    report.check(answer.status == 200 and listing["title"] == NEED["title"], "a listing is read")
    report.check(answer.headers["ETag"] == '"1"', "with its version as ETag")
    again = gateway.call("GET", "/v1/plaatsingen/n-1", If_None_Match='"1"')
    report.check(again.status == 304 and not again.body, "an unchanged one is not sent again")
    answer = gateway.call("PUT", "/v1/plaatsingen/n-1", listing)
    report.check(answer.status == 200 and answer.json()["version"] == "2" and
                 not answer.json().get("created"), "what was read can be put back")
    answer = gateway.call("POST", "/v1/plaatsingen", NEED)
    place = answer.headers["Location"] or ""
    report.check(answer.status == 201 and gateway.call("GET", place).json()["kind"] == "NEED",
                 "POST makes an id and says where")
    report.check(gateway.call("PUT", place + "/status", {"status": "PAUSED"}).status == 200 and
                 gateway.call("GET", place).json()["status"] == "PAUSED", "a status is set")
    report.check(gateway.call("POST", place + "/intrekkingen", {"reason": "gevonden"}).status == 200
                 and gateway.call("GET", place).json()["status"] == "WITHDRAWN", "and withdrawn")
    answer = gateway.call("POST", place + "/intrekkingen")
    report.check(answer.status in (200, 409), f"without a body too: {answer.status} {answer.body}")
    other = gateway.call("PUT", "/v1/plaatsingen/n-1", {**NEED, "id": "n-2"})
    report.check(other.status == 400 and other.errors() == {("body", "/id"): "differs"},
                 "an id in the body is that of the path")


def check_matching(gateway, report):
    found = gateway.call("GET", "/v1/plaatsingen/n-1/matches?limit=5").json()
    report.check([m["listingId"] for m in found["matches"]] == ["o-1"], "matches of a listing")
    found = gateway.call("POST", "/v1/matchvragen", {"listing": NEED, "limit": 1}).json()
    report.check(found["matches"][0]["listingId"] == "o-1", "and of one that is only given")
    why = gateway.call("GET", "/v1/plaatsingen/n-1/waarom-niet")
    report.check(why.status == 200 and why.json()["counterparts"] == "1", "why not")
    why = gateway.call("POST", "/v1/waarom-niet-vragen", {"listing": {**NEED, "requires": ["vog"]}})
    report.check(why.json()["groups"][0]["constraints"] == ["traits"], "what stands in the way")
    answer = gateway.call("GET", "/v1/plaatsingen/n-9/matches")
    report.check(answer.status == 404, "matches of no listing")


def check_rules(gateway, report):
    answer = gateway.call("PUT", "/v1/plaatsingen/n-1/verruimingen", {"constraints": ["x"]})
    report.check(answer.status == 400 and ("body", "/constraints/0") in answer.errors(),
                 f"a case is relaxed by what there is: {answer.body}")
    source = 'return ruleset { name = "proef", based_on = "standaard", threshold = 0.9 }'
    run = gateway.call("POST", "/v1/proefdraaiingen", {"source": source})
    report.check(run.status == 200, f"a dry run begins: {run.body}")
    place = "/v1/proefdraaiingen/" + run.json()["id"]
    deadline = time.monotonic() + 60
    while (found := gateway.call("GET", place).json())["state"] == "RUNNING":
        report.check(time.monotonic() < deadline, "and ends")
        time.sleep(0.1)
    report.check(found["state"] == "DONE" and found["report"]["after"]["name"] == "proef",
                 f"with a report: {str(found)[:300]}")
    report.check(gateway.call("DELETE", place).status in (200, 409), "an ended one is not ended")
    pushed = gateway.call("POST", "/v1/regelsets", {"source": source})
    report.check(pushed.status == 201 and
                 gateway.call("GET", pushed.headers["Location"]).json()["state"] == "PUSHED",
                 f"a set is pushed: {pushed.body}")
    place = pushed.headers["Location"]
    report.check(gateway.call("POST", place + "/goedkeuringen").status == 403,
                 "not approved by its author")
    report.check(gateway.call("POST", place + "/activeringen", {"maxChangePercent": 5}).status in
                 (400, 403, 409), "nor activated")


def check_decisions(gateway, report):
    work = gateway.call("GET", "/v1/matchvoorstellen?listingId=n-1").json()["items"]
    place = f"/v1/matchvoorstellen/{work[0]['id']}"
    tag = gateway.call("GET", place).headers["ETag"]
    answer = gateway.call("POST", place + "/beoordelingen", {"decision": "ACCEPT"})
    report.check(answer.status == 428, "a decision without If-Match")
    answer = gateway.call("POST", place + "/beoordelingen", {"decision": "MAYBE"}, If_Match="3")
    report.check(answer.status == 400 and set(answer.errors()) ==
                 {("header", "If-Match"), ("body", "/decision")}, "all faults at once")
    answer = gateway.call("POST", place + "/beoordelingen", {"decision": "ACCEPT"}, If_Match=tag)
    report.check(answer.status == 200 and answer.headers["ETag"] == f'"{int(tag[1:-1]) + 1}"',
                 f"a decision: {answer.body}")
    late = gateway.call("POST", place + "/beoordelingen", {"decision": "REJECT", "reason": "x"},
                        If_Match=tag)
    report.check(late.status == 412 and "somebody was first" in late.body.decode(),
                 "who comes second learns who was first")
    now = answer.headers["ETag"]
    answer = gateway.call("POST", place + "/ongedaanmakingen", If_Match=now)
    report.check(answer.status == 200, "a decision is taken back")
    answer = gateway.call("PUT", place + "/afspraken", {"appointments": []},
                          If_Match=answer.headers["ETag"])
    report.check(answer.status in (400, 409), "appointments need a connection")
    gateway.call("PUT", "/v1/buurtverbinders/anja", {"name": "Anja"})
    report.check(gateway.call("GET", "/v1/buurtverbinders").json()["items"][0]["id"] == "anja",
                 "connectors are listed")
    tag = gateway.call("GET", place).headers["ETag"]
    answer = gateway.call("POST", place + "/overdrachten", {"connectorId": "anja"}, If_Match=tag)
    report.check(answer.status == 200 and gateway.call("GET", place).json()["assignee"] == "anja",
                 "and take over")
    done = gateway.call("GET", "/v1/matchvoorstellen?states=PROPOSED,PARKED&bestFirst=true")
    report.check(done.status == 200 and len(done.json()["items"]) == 1, "several states")


def check_messages(gateway, report):
    page = gateway.call("GET", "/v1/berichten?states=DEAD,SENT&partyId=p-anna")
    report.check(page.status == 200 and "_links" in page.json(), f"messages: {page.body}")
    report.check(gateway.call("POST", "/v1/berichten/m000000000001/herkansingen").status == 404,
                 "no such message")


def check_areas(gateway, report):
    with tempfile.TemporaryDirectory(prefix="schakel-test-") as folder:
        file = pathlib.Path(folder, "areas.geojson")
        ring = [[5.38, 52.15], [5.39, 52.15], [5.39, 52.16], [5.38, 52.15]]
        file.write_text(json.dumps({"type": "FeatureCollection", "features": [{
            "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"code": "BU03070101", "naam": "Hof \"<b>\"", "wijkcode": "WK030701",
                           "gemeentecode": "GM0307"}}]}))
        subprocess.run([SCHAKEL, "--data", str(gateway.folder), "area", "import", str(file)],
                       check=True, capture_output=True, timeout=60)
    page = gateway.call("GET", "/v1/gebieden?withPolygons=true").json()["features"][0]
    report.check(page["id"] == "BU03070101" and page["properties"]["naam"] == 'Hof "<b>"' and
                 page["geometry"]["type"] == "MultiPolygon" and
                 [5.38, 52.15] in page["geometry"]["coordinates"][0][0], f"an area: {page}")
    rd = gateway.call("GET", "/v1/gebieden?withPolygons=true", Accept_Crs="EPSG:28992")
    corner = rd.json()["features"][0]["geometry"]["coordinates"][0][0][0]
    report.check("28992" in rd.headers["Content-Crs"] and abs(corner[0] - 154500) < 700 and
                 abs(corner[1] - 462700) < 700, f"in RD: {corner}")
    report.check(gateway.call("GET", "/v1/gebieden", Accept_Crs="EPSG:4258").status == 406,
                 "not in others")
    plain = gateway.call("GET", "/v1/gebieden").json()["features"][0]
    report.check(plain["geometry"] is None, "without polygons unless asked")


def check_reference(gateway, report):
    areas = gateway.call("GET", "/v1/gebieden?withPolygons=true")
    report.check(areas.status == 200 and areas.json()["type"] == "FeatureCollection" and
                 areas.headers["Content-Type"] == "application/geo+json" and
                 "CRS84" in areas.headers["Content-Crs"], "areas are GeoJSON in CRS84")
    found = gateway.call("POST", "/v1/gebiedsvragen", {"point": {"lat": 52.155172, "lon": 5.387206}})
    report.check(abs(found.json()["rd"]["xM"] - 155000) < 5,
                 f"a point in RD too: {found.body}")
    tree = gateway.call("GET", "/v1/categorieen").json()
    report.check(len(tree["categories"]) == 2, "the taxonomy")
    sets = gateway.call("GET", "/v1/regelsets").json()["items"]
    one = gateway.call("GET", f"/v1/regelsets/{sets[0]['hash']}").json()
    report.check(one["name"] == "standaard" and one["source"], "rule sets")
    answer = gateway.call("POST", "/v1/regelsetproeven", {"source": "return 1"})
    report.check(answer.status == 400, "a faulty rule set is refused")
    made = gateway.call("POST", "/v1/tokens", {"name": "web", "role": "READER"}).json()
    report.check(gateway.call("GET", "/v1/plaatsingen", token=made["token"]).status == 200 and
                 gateway.call("PUT", "/v1/plaatsingen/n-3", NEED, token=made["token"]).status == 403,
                 "a reader reads and does not put")
    report.check(gateway.call("DELETE", f"/v1/tokens/{made['id']}").status == 200, "a token ends")
    answer = gateway.call("GET", "/v1/plaatsingen", token=made["token"])
    report.check(answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer",
                 "and is refused then")
    report.check(gateway.call("PUT", "/v1/lezers/web", {"seq": "2"}).status == 200 and
                 gateway.call("GET", "/v1/gebeurtenissen?consumer=web&limit=1").json()["items"][0]
                 ["seq"] == "3", "a reader goes on behind what it acknowledged")


def check_pages(gateway, report):
    for i in range(5):
        gateway.call("PUT", f"/v1/plaatsingen/page {i}".replace(" ", "-"), OFFER)
    target, seen, pages = "/v1/plaatsingen?kind=OFFER&limit=2", [], 0
    while target:
        answer = gateway.call("GET", target)
        page = answer.json()
        report.check(page["_links"]["self"]["href"] == target, "a page knows itself")
        target = page["_links"].get("next", {}).get("href")
        report.check((target is None) == (answer.headers["Link"] is None), "Link says the same")
        seen += [item["id"] for item in page["items"]]
        pages += 1
    report.check(len(seen) == len(set(seen)) == 6 and pages == 3, f"each once: {pages} {seen}")
    empty = gateway.call("GET", "/v1/plaatsingen?area=BU99999999").json()
    report.check("items" not in empty and "_links" in empty, "an empty page has links too")


def check_idempotency(gateway, report):
    first = gateway.call("POST", "/v1/plaatsingen", NEED, Idempotency_Key="web-1")
    again = gateway.call("POST", "/v1/plaatsingen", NEED, Idempotency_Key="web-1")
    other = gateway.call("POST", "/v1/plaatsingen", OFFER, Idempotency_Key="web-1")
    report.check(first.json()["id"] == again.json()["id"] and again.json()["repeated"],
                 "the same key gives the same answer")
    report.check(other.status == 409 and ("header", "Idempotency-Key") in other.errors(),
                 "another content under it is refused")
    wrong = gateway.call("POST", "/v1/plaatsingen", NEED, Idempotency_Key="a b")
    report.check(wrong.status == 400, "a key has a form")


def check_erasure(gateway, report):
    gateway.call("PUT", "/v1/deelnemers/p-weg", {"kind": "RESIDENT", "contact": {"name": "Wim"}})
    shown = gateway.call("GET", "/v1/deelnemers/p-weg?withContact=true").json()
    report.check(shown["contact"]["name"] == "Wim", "contact details for who may see them")
    report.check("contact" not in gateway.call("GET", "/v1/deelnemers/p-weg").json(), "only asked")
    report.check(gateway.call("GET", "/v1/deelnemers/p-weg/uitvoer").json()["party"]["id"] ==
                 "p-weg", "an export")
    report.check(gateway.call("DELETE", "/v1/deelnemers/p-weg").status == 200 and
                 gateway.call("GET", "/v1/deelnemers/p-weg").status == 404, "erased")


# ---- How it is said ----

def check_problems(gateway, report):
    body = {"kind": "NEEDS", "title": 5, "bogus": 1, "point": {"lat": "x", "lon": 5.2},
            "attributes": {"a/b": {}}}
    answer = gateway.call("POST", "/v1/plaatsingen?x=1", {**body, "id": "own"})
    report.check(answer.status == 400 and
                 answer.headers["Content-Type"] == "application/problem+json" and
                 {("body", "/kind"), ("body", "/title"), ("body", "/bogus"), ("body", "/id"),
                  ("body", "/point/lat"), ("query", "x")} <= set(answer.errors()),
                 f"every fault at once: {answer.body}")
    report.check({"type", "title", "status", "detail"} <= set(answer.json()), "as RFC 9457 says")
    answer = gateway.call("PUT", "/v1/plaatsingen/n-4", {**NEED, "point": {"lat": 95, "lon": 5}})
    report.check(answer.status == 400 and answer.errors() == {("body", "/point/lat"): "invalid"},
                 "the engine's faults point into the body")
    for body in (b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"[" * 60000, b'{"x":1e999}',
                 b'{"title":"\\u0000"}', b'\xff\xfe', b'{"capacity":' + b"9" * 400 + b"}"):
        answer = gateway.call("PUT", "/v1/plaatsingen/n-4", body, Content_Type="application/json")
        report.check(answer.status == 400 and answer.json()["errors"], f"{body[:20]} {answer.body}")
    report.check(gateway.call("GET", "/v1/nergens").status == 404, "no such path")
    answer = gateway.call("DELETE", "/v1/plaatsingen")
    report.check(answer.status == 405 and answer.headers["Allow"] == "OPTIONS, GET, HEAD, POST",
                 "a method that is not there")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json-patch+json",
                 "application/json; charset=latin1"):
        answer = gateway.call("PUT", "/v1/plaatsingen/n-4", b"{}", Content_Type=kind)
        report.check(answer.status == 415, f"{kind} is not taken")
    answer = gateway.call("PUT", "/v1/plaatsingen/n-4", NEED, Content_Encoding="gzip")
    report.check(answer.status == 415, "nor is a compressed one")
    answer = gateway.call("PUT", "/v1/plaatsingen/n-4", NEED, If_Match='"1"')
    report.check(answer.status == 400, "a condition that nobody looks at is refused")


def check_headers(gateway, report):
    answer = gateway.call("GET", "/v1/openapi.json", token=None)
    report.check(answer.status == 200 and answer.json()["openapi"] == "3.1.0",
                 "openapi.json without a token")
    for answer in (answer, gateway.call("GET", "/v1/status"), gateway.call("GET", "/v1/x"),
                   gateway.call("GET", "/v1/status", token=None)):
        report.check(answer.headers["API-Version"] and
                     answer.headers["X-Content-Type-Options"] == "nosniff" and
                     "default-src 'none'" in answer.headers["Content-Security-Policy"],
                     "every answer has its headers")
    for token in ("wrong", "x" * 5000, "a b"):
        report.check(gateway.call("GET", "/v1/status", token=token).status == 401, "a wrong token")
    head = gateway.call("HEAD", "/v1/plaatsingen")
    full = gateway.call("GET", "/v1/plaatsingen")
    report.check(head.status == 200 and not head.body and
                 head.headers["Content-Length"] == full.headers["Content-Length"], "HEAD")
    connection = gateway.connect()
    for _ in range(20):
        gateway.call("GET", "/v1/status", connection=connection)
        port = connection.sock.getsockname()[1]
    report.check(connection.sock.getsockname()[1] == port, "one connection for many requests")
    connection.close()


def check_cors(gateway, report):
    answer = gateway.call("OPTIONS", "/v1/plaatsingen", token=None, Origin="https://buurt.example",
                          Access_Control_Request_Method="POST")
    report.check(answer.status == 204 and "POST" in answer.headers["Access-Control-Allow-Methods"]
                 and answer.headers["Access-Control-Allow-Origin"] == "https://buurt.example",
                 "a configured origin may ask")
    answer = gateway.call("GET", "/v1/status", Origin="https://elders.example")
    report.check(answer.headers["Access-Control-Allow-Origin"] is None, "another may not")


def check_script_is_text(gateway, report):
    nasty = '"><script>alert(1)</script>\u2028'
    answer = gateway.call("PUT", "/v1/plaatsingen/n-5", {**NEED, "title": nasty,
                                                         "description": nasty})
    report.check(answer.status in (200, 201), "text is text")
    shown = gateway.call("GET", "/v1/plaatsingen/n-5")
    report.check(shown.json()["title"] == nasty and
                 shown.headers["Content-Type"] == "application/json", "and comes back as it was")
    answer = gateway.call("GET", "/v1/plaatsingen?category=<script>&%3Cscript%3E=1")
    report.check(answer.status == 400 and b"<script>" not in answer.body, "in a problem too")


# ---- Bytes of ill will ----

def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


GET = b"GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n"
PUT = b"PUT /v1/plaatsingen/n-6 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
INNER = b"GET /gezondheid/leeft HTTP/1.1\r\nHost: a\r\n\r\n"
HOSTILE = [
    (400, PUT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   " + INNER),
    (400, PUT + b"Content-Length: 5, 5\r\n\r\n{}   " + INNER),
    (400, PUT + b"Content-Length: +2\r\n\r\n{}" + INNER),
    (400, PUT + b"Content-Length: 0x2\r\n\r\n{}" + INNER),
    (400, PUT + b"Content-Length: -1\r\n\r\n{}" + INNER),
    (400, PUT + b"Content-Length: 99999999999999999999\r\n\r\n{}" + INNER),
    (400, PUT + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER),
    (400, PUT + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    (400, PUT + b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (400, PUT + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
    (413, PUT + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 300),
    (400, PUT + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 40),
    (413, PUT + b"Content-Length: 999999\r\n\r\n"),
    (400, GET + b"Content-Length: 47\r\n\r\n" + INNER),
    (400, GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    (400, b"GET / HTTP/1.1\nHost: a\n\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n"),
    (400, b"GET http://a/v1/status HTTP/1.1\r\nHost: a\r\n\r\n"),
    (400, b"GET v1/status HTTP/1.1\r\nHost: a\r\n\r\n"),
    (400, b"GET /v1/status\r\nHost: a\r\n\r\n"),
    (400, b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    (400, b"get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    (400, b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    (400, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
    (505, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    (501, b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    (501, b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n"),
    (414, b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
    (431, GET + b"X: " + b"a" * 20000 + b"\r\n\r\n"),
    (431, GET + b"X: y\r\n" * 80 + b"\r\n"),
    (431, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 30000),
    (417, PUT + b"Expect: miracles\r\nContent-Length: 2\r\n\r\n{}"),
    (400, b"GET /v1/../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/%2e%2e/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/a%2fb HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/a%00b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/a%0d%0ab HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1//status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    (400, b"GET /v1/% HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
]


def check_hostile(gateway, report):
    for status, data in HOSTILE:
        answer = gateway.raw(data)
        report.check(status_of(answer) == status and answer.count(b"HTTP/1.1 ") == 1 and
                     b"application/problem+json" in answer,
                     f"{data[:110]!r}...: {answer[:120]!r}")
    faked = gateway.raw(b"GET /gezondheid/leeft HTTP/1.1\r\nHost: a\r\nSchakel-Refused: 500 x\r\n"
                        b"Connection: close\r\n\r\n")
    report.check(status_of(faked) == 200, "our own mark does not come from outside")


def check_gone(gateway, report):
    """Clients that do not wait for their answer, with a reset or without."""
    head = GET.replace(b"/v1/openapi.json", b"/v1/plaatsingen/n-1/matches?limit=100") + \
        b"Authorization: Bearer " + gateway.token().encode() + b"\r\n\r\n"
    for i in range(300):
        connection = socket.create_connection(("127.0.0.1", gateway.port))
        if i % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall((head * (i % 5))[:-(i % 7) or None])
        connection.close()
    time.sleep(0.5)
    text = gateway.call("GET", "/metrics", token=None).body.decode()
    report.check("schakel_http_connections 1\n" in text, "who left is forgotten")


def check_framing(gateway, report):
    """What is right is taken, in whatever pieces it comes."""
    token = gateway.token().encode()
    body = json.dumps(NEED).encode()
    head = PUT + b"Authorization: Bearer " + token + b"\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    for at in range(0, len(body), 100):
        part = body[at:at + 100]
        chunked += b"%x;ext=1\r\n%s\r\n" % (len(part), part)
    chunked += b"0\r\nTrailer-X: y\r\n\r\n"
    report.check(status_of(gateway.raw(chunked)) in (200, 201), "a chunked body")
    pieces = [chunked[at:at + 7] for at in range(0, len(chunked), 7)]
    report.check(status_of(gateway.raw(b"", more=pieces)) == 200, "in pieces")
    last = GET + b"Connection: close\r\n\r\n"
    answer = gateway.raw(INNER * 50 + last)
    report.check(answer.count(b'{"leeft":true}') == 50 and b'"openapi"' in answer,
                 "many requests at once are answered in order")
    two = head + b"Content-Length: %d\r\n\r\n" % len(body) + body + last
    report.check(gateway.raw(two).count(b"HTTP/1.1 200 OK") == 2, "a body ends where it says")
    waits = head + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % \
        len(body)
    answer = gateway.raw(waits, more=[body], pause=0.3)
    report.check(answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
                 "who waits for it is told to go on")
    old = gateway.raw(b"GET /gezondheid/leeft HTTP/1.0\r\n\r\n")
    report.check(b'{"leeft":true}' in old, "HTTP/1.0")


def check_rates(report):
    with Gateway(rate_per_token=5, rate_per_address=20) as gateway:
        answers = [gateway.call("GET", "/v1/status") for _ in range(30)]
        busy = [a for a in answers if a.status == 429]
        report.check(10 <= len(answers) - len(busy) <= 16, f"a token has its pace ({len(busy)})")
        report.check(busy and int(busy[0].headers["Retry-After"]) >= 1, "and hears when to return")
        answers = [gateway.call("GET", "/v1/openapi.json", token=None) for _ in range(60)]
        report.check(any(a.status == 429 for a in answers), "an address has its pace")


def check_slow(report):
    with Gateway(request_seconds=2, idle_seconds=3, max_connections=20) as gateway:
        begin = time.monotonic()
        slow = socket.create_connection(("127.0.0.1", gateway.port))
        ended = None
        slow.settimeout(0.2)
        for byte in (PUT * 10):
            try:
                slow.sendall(bytes([byte]))
                if slow.recv(10) == b"":
                    ended = time.monotonic() - begin
                    break
            except TimeoutError:
                continue
            except OSError:
                ended = time.monotonic() - begin
                break
        report.check(ended and ended < 6, f"a request of single bytes ends ({ended})")
        many = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(60)]
        begin = time.monotonic()
        answer = gateway.call("GET", "/gezondheid/leeft", token=None)
        report.check(answer.status == 200, "who waits behind idle connections is served")
        for connection in many:
            connection.close()
        time.sleep(1)
        text = gateway.call("GET", "/metrics", token=None).body.decode()
        report.check("schakel_http_connections 1\n" in text, "closed connections are forgotten")


# ---- Beside the API ----

def check_health(gateway, report):
    report.check(gateway.call("GET", "/gezondheid", token=None).json() == {"gereed": True}, "ready")
    report.check(gateway.call("GET", "/gezondheid/leeft", token=None).json() == {"leeft": True},
                 "alive")
    gateway.call("GET", "/v1/plaatsingen/n-1")
    text = gateway.call("GET", "/metrics", token=None).body.decode()
    report.check('route="/v1/plaatsingen/{id}",status="200"' in text and "schakel_up 1" in text and
                 "n-1" not in text, "metrics by route, without ids")
    answer = gateway.call("GET", "/metrics", token=None, X_Forwarded_For="10.0.0.1")
    report.check(answer.status == 403, "not for others")
    for line in text.splitlines():
        report.check(line.startswith("#") or len(line.rsplit(" ", 1)) == 2, f"a line: {line}")


def check_files(report):
    with tempfile.TemporaryDirectory(prefix="schakel-test-") as folder:
        root = pathlib.Path(folder, "www")
        (root / "sub").mkdir(parents=True)
        (root / "index.html").write_text("<p>hoi</p>")
        (root / "app.js").write_text("plain")
        (root / "app.js.gz").write_bytes(b"\x1f\x8bzipped")
        (root / "empty.txt").write_text("")
        (root / ".secret").write_text("no")
        pathlib.Path(folder, "outside.txt").write_text("no")
        os.symlink(pathlib.Path(folder, "outside.txt"), root / "link.txt")
        with Gateway(files=str(root)) as gateway:
            page = gateway.call("GET", "/", token=None)
            report.check(page.body == b"<p>hoi</p>" and page.headers["Content-Type"] ==
                         "text/html; charset=utf-8", "the folder's page")
            again = gateway.call("GET", "/", token=None, If_None_Match=page.headers["ETag"])
            report.check(again.status == 304, "an unchanged file is not sent again")
            zipped = gateway.call("GET", "/app.js", token=None, Accept_Encoding="gzip")
            report.check(zipped.headers["Content-Encoding"] == "gzip" and
                         zipped.body.startswith(b"\x1f\x8b"), "what was packed beforehand")
            report.check(gateway.call("GET", "/app.js", token=None).body == b"plain", "or not")
            report.check(gateway.call("GET", "/empty.txt", token=None).status == 200, "an empty one")
            head = gateway.call("HEAD", "/index.html", token=None)
            report.check(head.headers["Content-Length"] == "10" and not head.body, "HEAD of a file")
            for path in ("/.secret", "/link.txt", "/sub", "/sub/", "/outside.txt", "/x%20y",
                         "/index.html/", "/app.js.gz.gz"):
                report.check(gateway.call("GET", path, token=None).status == 404, path)
            report.check(gateway.call("POST", "/index.html", {}, token=None).status == 405, "POST")


# ---- The end ----

def check_stop(gateway, report):
    """What is under way at the stop is answered."""
    statuses = []

    def ask():
        connection = gateway.connect()
        try:
            while True:
                statuses.append(gateway.call("GET", "/v1/plaatsingen/n-1/matches",
                                             connection=connection).status)
        except (OSError, EOFError):
            pass
        except Exception as fault:  # pylint: disable=broad-except
            if type(fault).__name__ not in ("BadStatusLine", "RemoteDisconnected",
                                            "CannotSendRequest", "IncompleteRead"):
                raise

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    begin = time.monotonic()
    report.check(gateway.stop() == 0, "stops in order under load")
    report.check(time.monotonic() - begin < 5, "and soon")
    for thread in threads:
        thread.join()
    report.check(statuses and set(statuses) <= {200, 503}, f"whole answers only: {set(statuses)}")
    gateway.start()
    report.check(gateway.call("GET", "/v1/plaatsingen/n-1").status == 200, "and starts again")


def check_settings(report):
    for setting, words in (("listen=x", "is not HOST:PORT"), ("listen=localhost:80", "no address"),
                           ("max_connections=0", "is outside"), ("bogus=1", "no key")):
        with tempfile.TemporaryDirectory(prefix="schakel-test-") as folder:
            run = subprocess.run(
                [os.environ.get("SCHAKELD", str(wire.ROOT / "build/dev/engine/daemon/schakeld")),
                 "--data", folder, "--plugin-dir", str(BUILD / "plugins"), "--plugin",
                 f"http.{setting}"], capture_output=True, text=True, timeout=30, check=False)
            report.check(run.returncode != 0 and words in run.stderr, f"{setting}: {run.stderr}")


def main():
    report = wire.Report()
    with Gateway(clock=CLOCK, cors_origins="https://buurt.example") as gateway:
        fill(gateway, report)
        for check in (check_listings, check_matching, check_rules,
                      check_decisions, check_reference, check_messages, check_areas, check_pages,
                      check_idempotency, check_erasure, check_problems, check_headers, check_cors,
                      check_script_is_text, check_hostile, check_gone, check_framing, check_health,
                      check_stop):
            check(gateway, report)
    check_rates(report)
    check_slow(report)
    check_files(report)
    check_settings(report)
    report.finish()


if __name__ == "__main__":
    main()
