# SPDX-License-Identifier: EUPL-1.2
"""A second, plain implementation of docs/matching.md, to compare the engine with.

It is written from that page and the wire contract alone: every question is a full scan, nothing is
indexed, and state lives in dictionaries. `Oracle` takes the request dictionaries that the engine
takes (proto3 JSON) and gives the parts of the answers that are compared.
"""

from .oracle import Oracle

__all__ = ["Oracle"]
