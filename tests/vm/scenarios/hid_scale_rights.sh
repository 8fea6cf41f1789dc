# Without the udev rule the service may not open a scale: it says so and what to do, and reads it once it may.
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
mv /usr/local/lib/udev/rules.d/60-vigil.rules /run/
udevadm control --reload
usb plug one scale 0
start_vigil
wait_for 'it is refused' device_is "$scale" .state refused
check 'the mend names the udev rule' grep -q 'udev rule' <<< "$(device "$scale" .mend)"
mv /run/60-vigil.rules /usr/local/lib/udev/rules.d/
udevadm control --reload
usb unplug one
usb plug one scale 0
wait_for 'with the rule it is read' live "$scale"
finish
