# SPDX-License-Identifier: EUPL-1.2
"""Chance that gives the same outcome everywhere.

Only random.Random.random() is used: it is the one method whose sequence Python promises to keep.
Every part of the example has its own stream, so that a change in one leaves the others alone.
"""
import random
import zlib


class Dice:
    def __init__(self, stream):
        self._random = random.Random(zlib.crc32(stream.encode())).random

    def real(self, low, high):
        return low + (high - low) * self._random()

    def whole(self, low, high):
        """A whole number from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, p):
        return self._random() < p

    def pick(self, items):
        return items[int(self._random() * len(items))]

    def weighted(self, items, weights):
        left = self._random() * sum(weights)
        for item, weight in zip(items, weights):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items):
        rest, out = list(items), []
        while rest:
            out.append(rest.pop(int(self._random() * len(rest))))
        return out

    def some(self, items, count):
        """count different items, in their own order."""
        chosen = set(self.shuffled(range(len(items)))[:count])
        return [item for i, item in enumerate(items) if i in chosen]
