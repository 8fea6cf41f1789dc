# Plugging as people do it: twenty times in a row, and two scales that nothing but their ports tells apart.
source /share/scenarios/lib.bash
start_usb
left=$(port 0) right=$(port 1)
install_vigil << TOML
[[bed]]
name = "bed-1"

[[bed]]
name = "bed-2"

[[device]]
driver = "hid_scale"
bed = "bed-1"
port = "$left"

[[device]]
driver = "hid_scale"
bed = "bed-2"
device = "hid_scale:usb-$right"
TOML
start_vigil
# What each scale says: a load that was there from the start and never stirs is not yet anybody's.
first=hid_scale:$left second=hid_scale:usb-$right
loads_are() { device_is "$first" .newest.v "$1" && device_is "$second" .newest.v "$2"; }
files() { find "/proc/$(pid_of_vigil)/fd" -mindepth 1 | wc -l; }

usb plug one scale 0
usb weight one 31.5
usb plug two scale 1
usb weight two 72
wait_for 'each bed has the scale of its port' loads_are 31.5 72

usb unplug one
usb unplug two
wait_for 'both are lost' happened '.kind == "device.lost"' 2
wait_for 'the kernel has seen them go' test ! -e "/sys/bus/usb/devices/$right"
usb plug two scale 1
usb weight two 72
wait_for 'the second comes first' device_is "$second" .newest.v 72
usb plug one scale 0
usb weight one 31.5
wait_for 'and each bed still has its own' loads_are 31.5 72

pid=$(pid_of_vigil) open=$(files)
usb unplug one
for _ in {1..20}; do
  usb plug one scale 0
  sleep 0.15
  usb unplug one
done
usb plug one scale 0
usb weight one 33
wait_for 'after twenty plugs it is read' loads_are 33 72
is 'by the same process' "$(pid_of_vigil)" "$pid"
wait_for 'which has kept no node of the old ones open' test "$(files)" -le "$((open + 2))"
refute 'the other one was never disturbed' happened ".kind == \"device.lost\" and .data.device == \"hid_scale:usb-$right\"" 2
finish
