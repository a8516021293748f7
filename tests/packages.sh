# Installs what is missing of the packages named; sourced by run.sh here and in app. Needs root for that, else says what
# to install.
install_missing() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "Please install: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}"
  # Mail servers among them are for tests only: they are not to start by themselves.
  local policy=/usr/sbin/policy-rc.d made='' log code
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy && chmod +x $policy && made=1
  fi
  log=$(mktemp)
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null
  code=$?
  [ $code -eq 0 ] || tail -30 "$log" >&2
  rm -f "$log"
  [ -z "$made" ] || rm -f $policy
  return $code
}

BUILD_PACKAGES="g++ cmake ninja-build pkg-config libasio-dev libssl-dev libsqlite3-dev nlohmann-json3-dev libcli11-dev
  libspdlog-dev libfmt-dev libexpected-dev libargon2-dev"
TEST_PACKAGES="qt6-base-dev libgl-dev libbenchmark-dev python3 openssl curl swaks libnet-ssleay-perl fetchmail mpop postfix
  strace procps clang-14 libclang-rt-14-dev g++-mingw-w64-x86-64-posix git"
