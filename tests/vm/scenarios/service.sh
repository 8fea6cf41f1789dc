# The unit as it is installed: its sandbox lets hot-plug through, a hang and a kill are got over, the night goes on, a
# stop is clean.
source /share/scenarios/lib.bash
start_usb
scale=hid_scale:usb-$(port 0)
install_vigil << 'TOML'
[[bed]]
name = "bed-1"

[[device]]
driver = "hid_scale"
bed = "bed-1"
TOML
check 'systemd takes the unit' systemd-analyze verify /usr/local/lib/systemd/system/vigil.service
start_vigil
status=$(cat "/proc/$(pid_of_vigil)/status")
check 'it holds no capability' grep -Eq '^CapBnd:\s0+$' <<< "$status"
check 'system calls are filtered' grep -Eq '^Seccomp:\s2$' <<< "$status"
is 'its data is its own' "$(stat -c '%U %a' /var/lib/vigil)" 'vigil 700'

usb plug one scale 0
wait_for 'a scale plugged in after the start is found' live "$scale"
usb weight one 0.2
wait_for 'the empty bed is known' reading_is bed-1 .state out_of_bed
# Who lies down settles; a load that never stirs is nobody yet.
for kg in 73 69.8 72.6 70.1 72.9 70.4 72.1 70.6 71.9 70.8 71.6 71.2; do
  usb weight one "$kg"
  sleep 1
done
wait_for 'somebody goes to bed' happened '.kind == "bed.entered"'
request POST /api/v1/beds/bed-1/entries \
  '{"id":"0b9ce6f8-4f5e-4d3c-9d4e-1f2a3b4c5d6e","kind":"lights.out","data":{}}' > /dev/null
is 'lights out is taken' "$(cat /run/api-status)" 201
wait_for 'a night is opened' happened '.kind == "night.opened"'
night=$(api /api/v1/beds | jq -c '.beds[0].night.night')
# The scale said 0 until it was told 0.2: which of the two, or what between them, became the tare is as it came.
tare=$(api '/api/v1/events?limit=500' | jq '.events[] | select(.kind == "bed.entered") | .data.tare_kg')
tare_is_kept() { [ "$(reading bed-1 "(.load_kg.v + $tare - 71.2 | fabs) < 0.01")" = true ]; }

first=$(pid_of_vigil)
kill -KILL "$first"
restarted() { [ "$(systemctl show -P ActiveState vigil)" = active ] && [ "$(pid_of_vigil)" != "$1" ]; }
wait_for 'killed, it is started again' restarted "$first"
wait_for 'it reads the scale again' live "$scale"
wait_for 'the log says that it did not stop' happened '.kind == "daemon.started" and .data.clean == false'
is 'it is the same night' "$(api /api/v1/beds | jq -c '.beds[0].night.night')" "$night"
is 'which was opened once' "$(events '.kind == "night.opened"')" 1
wait_for 'the gap is in the log' happened '.kind == "recording.gap"'
wait_for 'the tare is as before' tare_is_kept
is 'and nobody has left' "$(events '.kind == "bed.left"')" 0

# A process that does not turn its loops: the watchdog of the unit, with a shorter fuse.
mkdir -p /run/systemd/system/vigil.service.d
printf '[Service]\nWatchdogSec=4\n' > /run/systemd/system/vigil.service.d/fuse.conf
systemctl daemon-reload
systemctl restart vigil
second=$(pid_of_vigil)
wait_for 'it reads the scale with a short fuse' live "$scale"
sleep 6
is 'a daemon that works feeds its watchdog' "$(pid_of_vigil)" "$second"
kill -STOP "$second"
wait_for 'hung, it is ended and started again' restarted "$second"
check 'by the watchdog' grep -q 'Watchdog timeout' <<< "$(journalctl -b -u vigil --no-pager)"
wait_for 'it reads the scale once more' live "$scale"
is 'it is still the same night' "$(api /api/v1/beds | jq -c '.beds[0].night.night')" "$night"
usb weight one 0
wait_for 'it has known all the time who is in bed' happened '.kind == "bed.left"'

systemctl stop vigil
is 'a stop is clean' "$(systemctl show -P Result vigil) $(systemctl show -P ExecMainStatus vigil)" 'success 0'
check 'the log is whole' /usr/local/bin/vigild verify --data /var/lib/vigil
systemctl start vigil
is 'and ends with the stop' "$(events '.kind == "daemon.started" and .data.clean == true')" 3
finish
