# SPDX-License-Identifier: EUPL-1.2
"""Closeness of categories."""

_LEVELS = {0: 1.0, 1: 0.7, 2: 0.49, 3: 0.343, 4: 0.2401}


def is_under(code, root):
    """Whether a code is the root or below it."""
    return code == root or code.startswith(root + ".")


def _ancestry(a, b):
    if not (is_under(a, b) or is_under(b, a)):
        return 0.0
    return _LEVELS.get(abs(a.count(".") - b.count(".")), 0.0)


class Taxonomy:
    """The known codes and the related entries; closeness is remembered per pair of codes."""

    def __init__(self, message=None):
        message = message or {}
        self.codes = {category["code"] for category in message.get("categories", [])}
        self._related = [(r["a"], r["b"], r["closeness"]) for r in message.get("related", [])]
        self._known = {}

    def _of_codes(self, a, b):
        found = self._known.get((a, b))
        if found is None:
            found = _ancestry(a, b)
            for x, y, value in self._related:
                if (is_under(a, x) and is_under(b, y)) or (is_under(a, y) and is_under(b, x)):
                    found = max(found, value)
            self._known[(a, b)] = found
        return found

    def closeness(self, some, others):
        """The largest closeness over two lists of codes."""
        return max(self._of_codes(a, b) for a in some for b in others)
