#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# ./dev lint: what a machine can check of the house style. Usage: run.sh BUILD-FOLDER
set -uo pipefail
build=$1
failed=0
report() { [ "$1" -eq 0 ] || { failed=1; echo "lint: $2 found faults" >&2; }; }

mapfile -t sources < <(git ls-files 'engine/*.c' 'engine/*.h' 'bindings/*.c' 'bindings/*.h' \
  'plugins/*.c' 'plugins/*.h' 'tests/*.c' 'tests/*.h')
[ ${#sources[@]} -gt 0 ] || { echo "lint: no sources; this needs a git checkout" >&2; exit 1; }
clang-format --dry-run -Werror "${sources[@]}"
report $? clang-format

mapfile -t units < <(git ls-files 'engine/*.c' 'bindings/*.c' 'plugins/*.c')
printf '%s\n' "${units[@]}" | xargs -P 2 -n 8 clang-tidy -p "$build" --quiet \
  2> >(grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?generated' >&2)
report $? clang-tidy

for check in layers headers sizes; do
  python3 "tests/lint/$check.py" . "$build"
  report $? "$check"
done
mapfile -t scripts < <(git ls-files '*.sh' dev .ci/run)
shellcheck "${scripts[@]}"
report $? shellcheck
exit $failed
