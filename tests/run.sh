#!/bin/bash
# Installs what is missing, builds, runs every test.
#   tests/run.sh            everything
#   tests/run.sh --fast     unit tests and the rules of the tree only
#   tests/run.sh --nightly  everything, with longer fuzzing and more power cuts
# The last line says how many passed and failed; the exit code is 0 only when none failed.
set -uo pipefail
cd "$(dirname "$0")/.."
mode=${1:-all}
case $mode in all|--fast|--nightly) ;; *) sed -n '2,6p' "$0" >&2; exit 2 ;; esac
fuzz_seconds=5
if [ "$mode" = --nightly ]; then
  export POSTERN_ROUNDS=200  # power cuts
  fuzz_seconds=300
fi
jobs=$(nproc)

. tests/packages.sh
passed=0
failed=0
broken=()
times=()

phase() {  # phase NAME COMMAND...: runs it and tells its seconds; false when it failed
  local name=$1 began=$SECONDS code
  shift
  echo "== $name"
  "$@"
  code=$?
  times+=("$(printf '%6d s  %s' $((SECONDS - began)) "$name")")
  echo "== $name: $((SECONDS - began)) s$([ $code -eq 0 ] || echo ', FAILED')"
  [ $code -eq 0 ] || broken+=("$name")
  return $code
}

build() {  # build PRESET [TARGET]
  local preset=$1 log=build/$1.log
  if ! cmake --preset "$preset" -DPOSTERN_TESTS=ON > "$log" 2>&1; then
    tail -40 "$log"
  elif cmake --build --preset "$preset" ${2:+--target "$2"} >> "$log" 2>&1; then
    return 0
  else
    grep -aE 'error|FAILED|undefined|ninja:' -A5 "$log" | head -80
  fi
  add 0 1  # the tests it was for
  return 1
}

add() {  # add PASSED FAILED
  passed=$((passed + $1))
  failed=$((failed + $2))
}

run_ctest() {  # run_ctest PRESET ARGUMENT...: shows what failed, counts
  local preset=$1 log=build/$1-tests.log code bad total
  shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" > "$log" 2>&1
  code=$?
  grep -aE '^ *[0-9]+/[0-9]+ Test .*(\*\*\*|Not Run|Disabled)' "$log"
  [ $code -eq 0 ] || grep -avE '^ *(Start +[0-9]+|[0-9]+/[0-9]+ Test .* Passed)' "$log" | tail -300
  read -r bad total < <(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests\{0,1\} failed out of \([0-9]*\).*/\1 \2/p' "$log")
  if [ -z "${total:-}" ]; then
    add 0 1
    return 1
  fi
  add $((total - bad)) "$bad"
  echo "$((total - bad)) of $total passed"
  return $code
}

run_fuzz() {
  local log=build/fuzz-tests.log code good bad
  python3 -B tests/fuzz/run.py --build build/fuzz --seconds "$fuzz_seconds" --jobs "$jobs" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  read -r good bad < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log")
  add "${good:-0}" "${bad:-1}"
  return "$code"
}

finish() {
  echo '== seconds'
  printf '%s\n' "${times[@]}"
  if [ ${#broken[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${broken[@]}"
    [ $failed -gt 0 ] || failed=${#broken[@]}
  fi
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
}

export QT_QPA_PLATFORM=offscreen
mkdir -p build
phase 'packages' install_missing $BUILD_PACKAGES $TEST_PACKAGES || finish
phase 'build dev' build dev || finish
if [ "$mode" = --fast ]; then
  phase 'unit tests, rules' run_ctest dev -LE 'live|slow|mingw'
  finish
fi
phase 'unit tests, rules' run_ctest dev -LE 'live|mingw'
phase 'syntax for Windows' run_ctest dev -L mingw
phase 'build release' build release postern && phase 'live tests' run_ctest release -L 'live|links'
phase 'build tsan' build tsan thread_tests && phase 'thread tests' run_ctest tsan -L threads
phase 'build fuzz' build fuzz && phase 'fuzz' run_fuzz
finish
