#!/bin/bash
# Installs what is missing, builds, runs every test.
#   tests/run.sh            everything
#   tests/run.sh --fast     unit tests and architecture only
#   tests/run.sh --nightly  everything, with longer fuzzing and more power cuts
# The last line says how many passed and failed; the exit code is 0 only when none failed.
set -uo pipefail
cd "$(dirname "$0")/.."
mode=${1:-all}
case $mode in all|--fast|--nightly) ;; *) sed -n '2,6p' "$0" >&2; exit 2 ;; esac
[ "$mode" = --nightly ] && export POSTERN_ROUNDS=200
fuzz_seconds=5
[ "$mode" = --nightly ] && fuzz_seconds=300

. tests/packages.sh
passed=0
failed=0
broken=

phase() {  # phase NAME COMMAND...: runs it, prints its seconds
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@"
  local code=$?
  echo "== $name: $((SECONDS - began)) s$([ $code -ne 0 ] && echo ', FAILED')"
  [ $code -eq 0 ] || broken="$broken $name"
  return $code
}

build() {  # build PRESET [TARGET...]
  local preset=$1
  shift
  cmake --preset "$preset" -DPOSTERN_TESTS=ON > "build/$preset.log" 2>&1 || { tail -40 "build/$preset.log"; return 1; }
  cmake --build --preset "$preset" ${1:+--target} "$@" >> "build/$preset.log" 2>&1 || { grep -E 'error|Error|FAILED' -A5 "build/$preset.log" | head -60; return 1; }
}

count() {  # adds a ctest log's result
  local total bad
  read -r bad total < <(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests\{0,1\} failed out of \([0-9]*\).*/\1 \2/p' "$1" | tail -1)
  failed=$((failed + ${bad:-0}))
  passed=$((passed + ${total:-0} - ${bad:-0}))
}

run_ctest() {  # run_ctest PRESET ARGS...
  local log="build/$1-tests.log" preset=$1
  shift
  (cd "build/$preset" && QT_QPA_PLATFORM=offscreen ctest --output-on-failure --no-tests=error -j2 "$@") 2>&1 | tee "$log" | grep -vE '^ *(Start|[0-9]+/[0-9]+ Test .* Passed)'
  local code=${PIPESTATUS[0]}
  count "$log"
  return "$code"
}

run_fuzz() {
  local target name code=0
  for target in build/fuzz/tests/fuzz/*_fuzz; do
    [ -x "$target" ] || continue
    name=$(basename "$target")
    local seeds="tests/fuzz/seeds/$name" corpus="build/fuzz/corpus/$name"
    mkdir -p "$corpus"
    if "$target" "$corpus" $([ -d "$seeds" ] && echo "$seeds") -max_total_time=$fuzz_seconds -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 > "build/fuzz/$name.log" 2>&1; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1)); code=1
      echo "$name:"; tail -25 "build/fuzz/$name.log"
    fi
  done
  return $code
}

mkdir -p build
phase packages install_missing $BUILD_PACKAGES $TEST_PACKAGES || { echo "$passed passed, 1 failed"; exit 1; }
if phase 'build dev' build dev; then
  phase 'unit tests' run_ctest dev -LE 'live|slow'
  if [ "$mode" != --fast ]; then
    phase 'build release' build release postern && phase 'live tests' run_ctest release -L live
    phase 'build tsan' build tsan && phase 'thread tests' run_ctest tsan -L threads
    phase 'build fuzz' build fuzz && phase 'fuzz' run_fuzz
  fi
fi
for name in $broken; do :; done
[ -z "$broken" ] || echo "failed phases:$broken"
[ -n "$broken" ] && [ $failed -eq 0 ] && failed=1
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
