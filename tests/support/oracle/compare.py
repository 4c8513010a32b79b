# SPDX-License-Identifier: EUPL-1.2
"""Compares the engine's answer with the oracle's: only what docs/matching.md settles.

Every function gives a list of differences in words; an empty list is agreement.
"""

from . import times

_TEXT, _INT, _FLOAT, _TIME, _BOOL = "text", "int", "float", "time", "bool"

_LISTING = {"id": _TEXT, "kind": _TEXT, "partyId": _TEXT, "status": _TEXT, "version": _INT,
            "title": _TEXT, "capacity": _INT, "createdAt": _TIME, "validFrom": _TIME,
            "validUntil": _TIME, "updatedAt": _TIME, "relaxedUntil": _TIME, "buurt": _TEXT, "wijk": _TEXT,
            "gemeente": _TEXT}
_SUGGESTION = {"id": _TEXT, "demandId": _TEXT, "supplyId": _TEXT, "demandPartyId": _TEXT,
               "supplyPartyId": _TEXT, "state": _TEXT, "version": _INT, "score": _INT,
               "assignee": _TEXT, "area": _TEXT, "createdAt": _TIME, "updatedAt": _TIME,
               "expiresAt": _TIME, "demandYes": _BOOL, "supplyYes": _BOOL, "outcome": _TEXT}
_VALUES = {"overlapMin": _FLOAT, "longestMin": _FLOAT, "closeness": _FLOAT, "needLoad30d": _FLOAT,
           "offerLoad30d": _FLOAT, "needOpenSuggestions": _FLOAT, "offerOpenSuggestions": _FLOAT,
           "needAgeDays": _FLOAT, "offerAgeDays": _FLOAT, "needRoom": _FLOAT, "offerRoom": _FLOAT}
_OPTIONAL_VALUES = ("distanceM", "needDaysSinceAsked", "offerDaysSinceAsked")
_MATCH_ITEM = {"listingId": _TEXT, "score": _INT, "overlapMin": _FLOAT, "title": _TEXT,
               "buurt": _TEXT, "kind": _TEXT}
_REASON_STATES = ("REJECTED", "WITHDRAWN", "DECLINED")
_STATUS = {"now": _TIME, "demandListings": _INT, "supplyListings": _INT, "parties": _INT,
           "suggestionsOpen": _INT, "suggestions": _INT, "lastEvent": _INT, "connectors": _INT}
_EVENT_IDS = {"listing.": "listingId", "party.": "partyId", "suggestion.": "suggestionId"}


def _read(value, kind):
    if kind == _INT:
        return int(value or 0)
    if kind == _FLOAT:
        return float(value or 0)
    if kind == _TIME:
        return times.parse(value) if value else None
    if kind == _BOOL:
        return bool(value)
    return value or ""


def _fields(where, expected, actual, kinds):
    found = []
    for name, kind in kinds.items():
        want, got = _read(expected.get(name), kind), _read(actual.get(name), kind)
        if want != got:
            found.append(f"{where}.{name}: expected {expected.get(name)!r}, "
                         f"got {actual.get(name)!r}")
    return found


def _optional(where, expected, actual, names):
    found = []
    for name in names:
        want, got = expected.get(name), actual.get(name)
        if (want is None) != (got is None) or (want is not None and float(want) != float(got)):
            found.append(f"{where}.{name}: expected {want!r}, got {got!r}")
    return found


def _lists(where, expected, actual, compare_item):
    found = []
    if len(expected) != len(actual):
        found.append(f"{where}: expected {len(expected)} items, got {len(actual)}")
    for i, (want, got) in enumerate(zip(expected, actual)):
        found.extend(compare_item(f"{where}[{i}]", want, got))
    return found


def _terms(where, expected, actual):
    by_name = {term.get("name"): term for term in actual}
    found = []
    for want in expected:
        got = by_name.pop(want["name"], {})
        name = f"{where}.{want['name']}"
        if bool(got.get("applies")) != want["applies"]:
            found.append(f"{name}: applies expected {want['applies']}, got {got}")
        elif want["applies"]:
            found.extend(_fields(name, want, got, {"value": _FLOAT, "weight": _FLOAT}))
    return found + [f"{where}.{name}: unknown term" for name in by_name]


def _spans(where, expected, actual):
    def pairs(items):
        return [(times.parse(i["start"]), times.parse(i["end"])) for i in items]
    want, got = pairs(expected), pairs(actual)
    return [] if want == got else [f"{where}: expected {expected[:8]}, got {actual[:8]}"]


def _common(where, expected, actual):
    """The engine may cut the list of common times; what it gives must be the first ones."""
    if expected and not actual:
        return [f"{where}: expected {expected[:3]}, got none"]
    return _spans(where, expected[:len(actual)], actual)


def _status_of(answer):
    return answer.get("status", "OK")


def _same_status(where, want, got):
    if want == got or (want == "!" and got != "OK"):
        return []
    return [f"{where}: expected status {want}, got {got}"]


# Commands

_RECEIPT = {"id": _TEXT, "version": _INT, "created": _BOOL, "suggestionsCreated": _INT,
            "eventSeq": _INT}


def _receipt(where, expected, actual, again):
    want, got = _status_of(expected), _status_of(actual)
    found = _same_status(where, want, got)
    if found or want != "OK":
        return found
    return _fields(where, expected, actual, {"id": _TEXT} if again else _RECEIPT)


def _receipts(expected, actual, again=False):
    wanted = expected["receipts"]["items"]
    items = actual.get("receipts", {}).get("items", [])
    if _status_of(actual) != "OK" and not items:
        items = [{"status": _status_of(actual)}] * len(wanted)
    found = _lists("receipt", wanted, items, lambda w, a, b: _receipt(w, a, b, again))
    if again and not found:
        found = [f"receipt {i} does not say that it is repeated" for i, item in enumerate(items)
                 if _status_of(item) == "OK" and not item.get("repeated")]
    return found


def _statuses_only(expected, actual):
    wanted = expected["receipts"]["items"]
    items = actual.get("receipts", {}).get("items", [])
    got = _status_of(actual)
    if got == "OK" and items:
        got = _status_of(items[0])
    return _same_status("status", _status_of(wanted[0]), got)


# Questions

def _relaxed(where, expected, actual):
    """The words; what is said about each is the engine's own."""
    got = [item.get("constraint") for item in actual.get("relaxed", [])]
    found = [] if got == expected["relaxed"] else [f"{where}.relaxed: expected "
                                                   f"{expected['relaxed']}, got {got}"]
    return found + [f"{where}.relaxed: no words" for item in actual.get("relaxed", [])
                    if not item.get("why")]


def _opening(where, expected, actual):
    found = _fields(where, expected, actual, {"count": _INT, "from": _TIME, "afterMs": _INT,
                                              "relaxCase": _BOOL})
    if expected["constraints"] != actual.get("constraints", []) or not actual.get("change"):
        found.append(f"{where}: expected {expected}, got {actual}")
    return found


def _match_item(where, expected, actual):
    return (_relaxed(where, expected, actual) + _fields(where, expected, actual, _MATCH_ITEM)
            + _optional(where, expected, actual, ("distanceM",))
            + _terms(where + ".terms", expected["terms"], actual.get("terms", []))
            + _common(where + ".common", expected["common"], actual.get("common", [])))


def _match_result(where, expected, actual):
    found = _same_status(where, _status_of(expected), _status_of(actual))
    if found or _status_of(expected) != "OK":
        return found
    found = _fields(where, expected, actual, {"reason": _TEXT})
    return found + _lists(where, expected.get("matches", []), actual.get("matches", []),
                          _match_item)


def _match(expected, actual):
    wanted = expected["matches"]["results"]
    got = actual.get("matches", {}).get("results", [])
    if _status_of(actual) != "OK":
        got = [{"status": _status_of(actual)}] * len(wanted)
    return _lists("result", wanted, got, _match_result)


def _near_miss(where, expected, actual):
    return _fields(where, expected, actual, {"listingId": _TEXT, "score": _INT})


def _groups(where, expected, actual):
    """(differences, groups that were not given), by set of constraints; their order is free."""
    wanted = {tuple(sorted(g["constraints"])): g for g in expected}
    found = []
    for group in actual:
        key = tuple(sorted(group.get("constraints", [])))
        want = wanted.pop(key, None)
        if want is None:
            found.append(f"{where}: unexpected group {group}")
            continue
        found += _fields(f"{where}{key}", want, group, {"count": _INT})
        for name in ("best", "related"):
            found += _lists(f"{where}{key}.{name}", want[name], group.get(name, []), _near_miss)
    return found, wanted


def _why_not(expected, actual):
    found = _same_status("status", _status_of(expected), _status_of(actual))
    if found or _status_of(expected) != "OK":
        return found
    want, got = expected["whyNot"], actual.get("whyNot", {})
    if "reason" in want:
        return _fields("whyNot", want, got, {"reason": _TEXT})
    found = _fields("whyNot", want, got, {"counterparts": _INT, "possible": _INT})
    found += _lists("whyNot.opens", want["opens"], got.get("opens", []), _opening)
    groups = got.get("groups", [])
    if "oneOf" in want:
        more, _ = _groups("oneOf", want["oneOf"], groups)
        needed = want["oneOf"] and not int(want["possible"])
        return found + more + (["whyNot: no group given"] if needed and not groups else [])
    more, missing = _groups("groups", want["groups"], groups)
    return found + more + [f"groups: missing {group}" for group in missing.values()]


def _suggestion(where, expected, actual):
    found = _fields(where, expected, actual, _SUGGESTION) + _relaxed(where, expected, actual)
    found += _fields(where + ".values", expected["values"], actual.get("values", {}), _VALUES)
    found += _optional(where + ".values", expected["values"], actual.get("values", {}),
                       _OPTIONAL_VALUES)
    found += _terms(where + ".terms", expected["terms"], actual.get("terms", []))
    sometimes = {"until": _TIME, "connectedAt": _TIME}
    found += _fields(where, expected, actual, {n: k for n, k in sometimes.items() if n in expected})
    if expected["state"] in _REASON_STATES or expected["reason"] == "block":
        found += _fields(where, expected, actual, {"reason": _TEXT})
    if "appointments" in expected:
        found += _spans(where + ".appointments", expected["appointments"],
                        actual.get("appointments", []))
    return found


def _listing(where, expected, actual):
    found = _fields(where, expected, actual, _LISTING)
    if expected["relaxed"] != actual.get("relaxed", []):
        found.append(f"{where}.relaxed: got {actual.get('relaxed')}")
    if expected["categories"] != actual.get("categories", []):
        found.append(f"{where}.categories: got {actual.get('categories')}")
    return found


def _event(where, expected, actual):
    kinds = {"seq": _INT, "at": _TIME, "type": _TEXT}
    for start, name in _EVENT_IDS.items():
        if expected["type"].startswith(start):
            kinds[name] = _TEXT
    if expected["type"] in ("suggestion.withdrawn", "listing.relaxed", "rules.term_off",
                            "rules.hard_failing"):
        kinds["detail"] = _TEXT
    return _fields(where, expected, actual, kinds)


def _connectors(expected, actual):
    want, got = expected["connectors"], actual.get("connectors", {})
    found = _lists("connectors", want["items"], got.get("items", []),
                   lambda w, a, b: _fields(w, a, b, {"id": _TEXT}))
    if want["cases"] != got.get("cases", []):
        found.append(f"cases: expected {want['cases']}, got {got.get('cases')}")
    return found


def _page(result, compare_item):
    def compare(expected, actual):
        found = _same_status("status", _status_of(expected), _status_of(actual))
        if found or _status_of(expected) != "OK":
            return found
        return _lists(result, expected[result]["items"], actual.get(result, {}).get("items", []),
                      compare_item)
    return compare


def _one(result, compare_item):
    def compare(expected, actual):
        found = _same_status("status", _status_of(expected), _status_of(actual))
        if found or _status_of(expected) != "OK":
            return found
        return compare_item(result, expected[result], actual.get(result, {}))
    return compare


def _status(expected, actual):
    return _fields("engineStatus", expected["engineStatus"], actual.get("engineStatus", {}),
                   _STATUS)


def _token(expected, actual):
    return [] if actual.get("newToken", {}).get("token") else [f"no token in {actual}"]


_BY_REQUEST = {
    "match": _match, "whyNot": _why_not, "listConnectors": _connectors, "getStatus": _status,
    "listSuggestions": _page("suggestions", _suggestion),
    "getSuggestion": _one("suggestion", _suggestion),
    "listListings": _page("listings", _listing), "getListing": _one("listing", _listing),
    "readEvents": _page("events", _event), "createToken": _token,
    "putAreas": _statuses_only, "putTaxonomy": _statuses_only, "pushRules": _statuses_only,
    "approveRules": _statuses_only, "activateRules": _statuses_only,
    "rollbackRules": _statuses_only}


def differences(name, expected, actual):
    """In words, what differs between the answers to a request of this name."""
    if "error" in actual and "id" not in actual and "status" not in actual:
        return [f"the driver says: {actual['error']}"]
    if "repeated" in expected:
        stored = expected["repeated"]
        if _BY_REQUEST.get(name) is _statuses_only:
            return _statuses_only(stored, actual)
        return _receipts(stored, actual, again=True) if "receipts" in stored else []
    if set(expected) == {"status"}:
        return _same_status("status", expected["status"], _status_of(actual))
    return _BY_REQUEST.get(name, _receipts)(expected, actual)
