#!/bin/bash
# Installs what is missing, builds, and tries the mail core on a throw-away folder.
#   app/run.sh               until Ctrl-C: two gates on loopback, and what to type
#   app/run.sh --build-only  only builds: build/release/app/postern
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/packages.sh
install_missing $BUILD_PACKAGES
[ "${1:-}" = --build-only ] || install_missing swaks libnet-ssleay-perl curl
cmake --preset release -DPOSTERN_TESTS=OFF > /dev/null
cmake --build --preset release --target postern
[ "${1:-}" = --build-only ] && exit 0

postern=build/release/app/postern
trial=$(mktemp -d "${TMPDIR:-/tmp}/postern-trial.XXXXXX")
export XDG_CONFIG_HOME=$trial/configuration
server=
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$trial"
}
trap finish EXIT
trap 'exit 0' INT TERM HUP
printf 'trial-password\n' | $postern init --data "$trial/data" --domain example.org --admin admin --password-stdin > /dev/null
printf 'trial-password\n' | $postern user add --data "$trial/data" alice@example.org --password-stdin > /dev/null

free_port() {  # the first free port from $1 on
  local port=$1
  while (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}
mkfifo "$trial/ready"
# In a session of its own: Ctrl-C reaches this script alone, which stops the server in peace.
setsid $postern serve --data "$trial/data" --smtp "127.0.0.1:$(free_port 2525)" --pop3 "127.0.0.1:$(free_port 2110)" > "$trial/ready" &
server=$!
read -r ready < "$trial/ready" || { wait "$server"; exit 1; }
smtp=$(sed -n 's/.*smtp=\([^ ]*\).*/\1/p' <<< "$ready")
pop3=$(sed -n 's/.*pop3=\([^ ]*\).*/\1/p' <<< "$ready")
cat <<TEXT
Postern runs on a throw-away folder; it is removed when you press Ctrl-C.

Send a message:
  swaks --server ${smtp%:*} --port ${smtp##*:} --tls --from bob@example.com --to alice@example.org
Fetch it (the password is trial-password):
  curl --ssl-reqd --insecure --user alice@example.org:trial-password pop3://$pop3/1
Look at what happened:
  $postern session list --data $trial/data
  $postern user list --data $trial/data
Change something and take it back:
  $postern document set smtp/limits message_size=10M --data $trial/data
  $postern change list --data $trial/data
  $postern change undo 3 --data $trial/data
TEXT
wait "$server"
