# The unit on a disk that fills up, and under a clock that is set: entries are refused while they cannot be kept, the
# watchdog sees no hang, nothing that was answered is lost.
source /share/scenarios/lib.bash
mkdir -p /var/lib/vigil
mount -t tmpfs -o size=4m tmpfs /var/lib/vigil
start_usb
install_vigil << 'TOML'
[[bed]]
name = "bed-1"

[[device]]
driver = "hid_scale"
bed = "bed-1"
TOML
mkdir -p /run/systemd/system/vigil.service.d
printf '[Service]\nWatchdogSec=5\n' > /run/systemd/system/vigil.service.d/fuse.conf
systemctl daemon-reload
start_vigil
pid=$(pid_of_vigil)
usb plug one scale 0
wait_for 'the scale is read' live "hid_scale:usb-$(port 0)"
checkin() { # checkin LAST-DIGIT STATUS
  request POST /api/v1/beds/bed-1/entries "{\"id\":\"0b9ce6f8-4f5e-4d3c-9d4e-1f2a3b4c5d6$1\",\"kind\":\"pain.checkin\",
    \"data\":{\"score\":4,\"regions\":[],\"qualities\":[],\"note\":\"\"}}" > /run/answer
  [ "$(cat /run/api-status)" = "$2" ]
}
check 'a check-in is taken' checkin 1 201

filled_and_refused() {
  dd if=/dev/zero of=/var/lib/vigil/ballast bs=64k oflag=append conv=notrunc status=none 2> /dev/null || :
  checkin 2 507
}
wait_for 'on a full disk a check-in is refused' filled_and_refused
is 'and the daemon says so' "$(api /api/v1/health | jq -c '[.status, .log.writing]')" '["degraded",false]'
wait_for 'the sensor is still read' live "hid_scale:usb-$(port 0)"
sleep 7
is 'the watchdog takes it for no hang' "$(pid_of_vigil)" "$pid"

rm /var/lib/vigil/ballast
wait_for 'with room again the same check-in is taken' checkin 2 201
wait_for 'and the gap is in the log' happened '.kind == "recording.gap" and .data.cause == "disk refused"'
is 'each check-in is there once' "$(events '.kind == "pain.checkin"')" 2

date -s '+1 hour' > /dev/null
wait_for 'a clock that is set is in the log' happened '.kind == "clock.stepped" and .data.step_s > 3590 and .data.step_s < 3610'
wait_for 'the sensor is still live' live "hid_scale:usb-$(port 0)"
is 'in the same process' "$(pid_of_vigil)" "$pid"
systemctl stop vigil
is 'a stop is clean' "$(systemctl show -P Result vigil)" success
check 'the log is whole' /usr/local/bin/vigild verify --data /var/lib/vigil
finish
