#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# ./dev bench: every measurement as TSV, behind a line about the machine. Arguments in any order:
# names (rules, sandbox, match, engine, dry_run, notify, socket; default all) and numbers of listings (default 10000 100000);
# "all" adds 1000000. Usage: run.sh BUILD-FOLDER [name ...] [listings ...] [all]
set -euo pipefail
build=$1
shift
names=()
sizes=()
default_sizes=(10000 100000)
for argument in "$@"; do
  case $argument in
    rules|sandbox|match|engine|dry_run|notify|socket) names+=("$argument") ;;
    all) default_sizes+=(1000000) ;;
    *[!0-9]*|'') echo "bench: '$argument' is no measurement: rules, sandbox, match, engine, dry_run, notify, socket, a number or all" >&2
       exit 2 ;;
    *) sizes+=("$argument") ;;
  esac
done
[ ${#names[@]} -gt 0 ] || names=(rules sandbox match engine dry_run notify socket)
[ ${#sizes[@]} -gt 0 ] || sizes=("${default_sizes[@]}")

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
memory=$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$build/CMakeCache.txt")
printf '# machine: %s, %s cores, %s, Linux %s, %s\n' "${cpu:-$(uname -m)}" "$(nproc)" "$memory" \
  "$(uname -r)" "$("$compiler" --version | head -1)"
printf '# load before: %s; data on %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$(stat -f -c %T /tmp)"
printf 'name\tn\tvalue\tunit\n'
for name in "${names[@]}"; do
  case $name in rules|sandbox) "$build/tests/bench/bench_$name" | grep -v '^name' ;; esac
done
for size in "${sizes[@]}"; do
  for name in "${names[@]}"; do
    case $name in rules|sandbox) continue ;; esac
    arguments=("$size")
    [ "$name" = socket ] && arguments=("$build/engine/daemon/schakeld" "$size")
    "$build/tests/bench/bench_$name" "${arguments[@]}" | grep -v '^name'
  done
done
