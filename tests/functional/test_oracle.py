#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Random worlds: the engine against the oracle, a second implementation of docs/matching.md.

SCHAKEL_DRIVER names the program that runs the engine (tests/support). `--self` needs none: it runs
the worlds on the oracle alone and looks for crashes and broken invariants.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from oracle import driver, runner, selfcheck  # noqa: E402

PROGRESS_EVERY_S = 15
MOST_REPORTS = 10

_engine = None
_alone = False


def start_worker(alone):
    global _alone
    _alone = alone


def engine():
    """This worker's driver; a new one when the last one failed."""
    global _engine
    if _alone:
        return None
    if _engine is None:
        _engine = driver.Driver(driver.program())
    return _engine


def drop_engine():
    global _engine
    if _engine is not None:
        _engine.stop()
        _engine = None


def run_one(seed):
    """(seed, None) or (seed, what went wrong, the world or None)."""
    try:
        failure = runner.run_world(seed, engine())
    except Exception:
        drop_engine()
        return seed, traceback.format_exc(), None
    if failure is None:
        return seed, None, None
    mismatch, world = failure
    drop_engine()
    return seed, f"step {mismatch.number}: {mismatch.step}\n{mismatch}", world


def report(seed, words, world, folder):
    print(f"seed {seed}, {words}")
    if world is not None:
        path = runner.write_world(world, folder)
        print(f"the world is in {path}; make it smaller with\n"
              f"  PYTHONPATH=tests/support python3 -m oracle.shrink {path}")
    print(flush=True)


def run_all(seeds, jobs, alone):
    """(passed, failed) over all seeds."""
    passed = failed = 0
    folder = None
    shown = time.monotonic()
    with multiprocessing.Pool(jobs, start_worker, (alone,)) as pool:
        for seed, words, world in pool.imap_unordered(run_one, seeds, chunksize=4):
            passed += words is None
            failed += words is not None
            if words is not None and failed <= MOST_REPORTS:
                folder = folder or tempfile.mkdtemp(prefix="schakel-oracle-")
                report(seed, words, world, folder)
            if time.monotonic() - shown > PROGRESS_EVERY_S:
                shown = time.monotonic()
                print(f"{passed + failed} of {len(seeds)} worlds, {failed} failed", flush=True)
    return passed, failed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--self", action="store_true", dest="alone", help="the oracle alone")
    return parser.parse_args()


def main():
    options = arguments()
    broken = selfcheck.run()
    for words in broken:
        print(f"self check: {words}")
    if not options.alone and driver.program() is None:
        print("SCHAKEL_DRIVER is not set: name the engine driver, or use --self", file=sys.stderr)
        return 2
    seeds = range(options.seed, options.seed + options.worlds)
    passed, failed = run_all(seeds, options.jobs, options.alone)
    failed += len(broken)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
