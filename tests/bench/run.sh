#!/bin/bash
# The bench: tests/bench/run.sh [P1 P2 ...] [--root FOLDER] [--json FILE]
# Installs and builds what is needed (release preset), starts private peers (needs root, postfix and dovecot-pop3d; without them the row says so) and the
# server in turn, prints one table and writes the figures as JSON (default build/bench.json). Nothing is judged by time here:
# the exit status is 1 only when a row could not be measured.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${POSTERN_BUILD:-$root/build/release}

if [ -z "${POSTERN_BINARY:-}" ]; then
  . "$root/tests/packages.sh"
  install_missing $BUILD_PACKAGES $TEST_PACKAGES postfix dovecot-pop3d >&2 || true
  (cd "$root" && cmake --preset release -DPOSTERN_TESTS=ON > /dev/null && cmake --build --preset release --target postern postern_load >&2)
fi
export POSTERN_BINARY=${POSTERN_BINARY:-$build/app/postern}
export POSTERN_LOAD=${POSTERN_LOAD:-$build/tests/bench/postern_load}
export PYTHONPATH=$root/tests/support/py:$root/tests/bench PYTHONDONTWRITEBYTECODE=1
case " $* " in
  *" --json "*) json=() ;;
  *) mkdir -p "$root/build"; json=(--json "$root/build/bench.json") ;;
esac
# The load generator and the server each hold 10,000 connections in P6.
ulimit -n "$(ulimit -Hn)"
exec python3 "$root/tests/bench/bench.py" "${json[@]}" "$@"
