# What the scenarios are made of; each sources this. Runs in the guest, as root. A check that fails ends the scenario.
# shellcheck shell=bash
set -euo pipefail
share=/share
boot_lines=$(dmesg | wc -l)
patience=60 # s; says that something hangs, not how fast it is

ok() { printf 'ok: %s\n' "$*"; }
fail() {
  printf 'FAILED: %s\n' "$*"
  trap - EXIT
  set +e
  echo '-- the daemon'
  journalctl -b --no-pager -o short-monotonic -u vigil | tail -n 60
  echo '-- its devices'
  api /api/v1/devices | jq -c '.devices[]'
  api /api/v1/beds | jq -c '.beds[]'
  api '/api/v1/events?limit=500' | jq -c '.events[] | [.seq, .kind, .data]' | tail -n 30
  echo '-- the kernel'
  dmesg | tail -n "+$boot_lines" | tail -n 40
  exit 1
}
trap 'fail "line ${BASH_LINENO[0]}: a command ended with $?"' EXIT
finish() {
  trap - EXIT
  exit 0
}
# left_out WHY: nothing here that this scenario could look at.
left_out() {
  trap - EXIT
  echo "LEFT OUT: $*"
  exit 77
}

# check WHAT COMMAND...: holds now.
check() {
  local what=$1
  shift
  if "$@"; then ok "$what"; else fail "$what ($*)"; fi
}
refute() {
  local what=$1
  shift
  if "$@"; then fail "$what (not: $*)"; else ok "$what"; fi
}
# is WHAT FOUND EXPECTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: expected '$3', found '$2'"; fi; }
# wait_for WHAT COMMAND...: holds before long.
wait_for() {
  local what=$1 until=$((SECONDS + patience))
  shift
  until "$@"; do
    ((SECONDS < until)) || fail "$what: not within $patience s ($*)"
    sleep 0.2
  done
  ok "$what"
}

# ---- the daemon as it is installed ------------------------------------------------------------------------------------
# install_vigil: unit, user and rules; the configuration from standard input.
install_vigil() {
  cp -r "$share/tree/usr/local/." /usr/local/
  cat > /usr/local/etc/vigil/vigil.toml
  systemd-sysusers /usr/local/lib/sysusers.d/vigil.conf
  udevadm control --reload
  systemctl daemon-reload
}
start_vigil() {
  systemctl start vigil || fail 'the service starts'
  ok 'the service starts'
}
pid_of_vigil() { systemctl show -P MainPID vigil; }

# request METHOD PATH [BODY]: the answer's status in `status`, its body on standard output.
request() {
  local line status_file=/run/api-status
  exec 4<> /dev/tcp/127.0.0.1/8580 || return 1
  printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1:8580\r\nConnection: close\r\n' "$1" "$2" >&4
  if [ -n "${3:-}" ]; then printf 'Content-Type: application/json\r\nContent-Length: %s\r\n' "${#3}" >&4; fi
  printf '\r\n%s' "${3:-}" >&4
  IFS=' ' read -r line line _ <&4
  echo "$line" > "$status_file"
  while IFS= read -r line <&4 && [ "$line" != $'\r' ]; do :; done
  cat <&4
  exec 4>&-
}
api() { request GET "$1" 2> /dev/null; }

# device IDENTITY FILTER: of what the daemon says of it.
device() { api /api/v1/devices | jq -r --arg it "$1" ".devices[] | select(.device == \$it) | $2"; }
device_is() { [ "$(device "$1" "$2")" = "$3" ]; }
live() { device_is "$1" .state live; }
# reading BED FILTER
reading() { api /api/v1/beds | jq -r --arg bed "$1" ".beds[] | select(.bed == \$bed) | .reading | $2"; }
reading_is() { [ "$(reading "$1" "$2")" = "$3" ]; }
# events FILTER: how many in the log match.
events() {
  local since=0 page count=0
  while page=$(api "/api/v1/events?since=$since&limit=500") && [ "$(jq '.events | length' <<< "$page")" -gt 0 ]; do
    count=$((count + $(jq "[.events[] | select($1)] | length" <<< "$page")))
    since=$(jq '.events[-1].seq' <<< "$page")
  done
  echo "$count"
}
happened() { [ "$(events "$1")" -ge "${2:-1}" ]; }
# more_samples IDENTITY THAN
more_samples() { (($(device "$1" .samples || echo 0) > $2)); }
flows() { # flows WHAT IDENTITY: another five samples arrive
  local before
  before=$(device "$2" .samples)
  wait_for "$1" more_samples "$2" $((before + 5))
}

# ---- devices over USB/IP ------------------------------------------------------------------------------------------------
start_usb() {
  coproc USB { "$share/programs/usb_devices" "$share/scale_report_descriptor.bin"; }
  local root
  for root in /sys/devices/platform/vhci_hcd.0/usb*/; do
    if [ "$(cat "$root/speed")" = 480 ]; then bus=$(cat "$root/busnum"); fi
  done
}
# usb COMMAND...: of usb_devices; what it answers after `ok` is in `answer`.
usb() {
  local said
  printf '%s\n' "$*" >&"${USB[1]}"
  IFS= read -r -t "$patience" said <&"${USB[0]}" || fail "usb_devices says nothing to '$*'"
  [[ $said == ok* ]] || fail "usb_devices: $said"
  # shellcheck disable=SC2034  # for the scenarios
  answer=${said#ok}
}
# port PATH: where port N of vhci_hcd is, as the kernel calls it.
port() { echo "$bus-$(($1 + 1))"; }
# bound PORT DRIVER: that kernel driver has its first interface.
bound() { [ "$(basename "$(readlink "/sys/bus/usb/devices/$1:1.0/driver" || echo /none)")" = "$2" ]; }
plugged() { [ -e "/sys/bus/usb/devices/$1:1.0" ]; }
node_of() { sed -nE 's/^DEVNAME=(.*)$/\/dev\/\1/p' "/sys/bus/usb/devices/$1/uevent"; }

# ---- the emulator's own devices -----------------------------------------------------------------------------------------
start_monitor() {
  exec 9<> /dev/virtio-ports/monitor
  cat <&9 > /run/monitor &
}
emulator() { printf '%s\n' "$*" >&9; }
