# Four load cells on a Phidget bridge over USB/IP: told what to measure, read, a cable and the plug pulled.
source /share/scenarios/lib.bash
"$share/tree/usr/local/bin/vigild" sensors --markdown | grep -q '`phidget_bridge`' || left_out 'this build has no driver for it'
start_usb
bridge=phidget_bridge:141414
install_vigil << 'TOML'
[[bed]]
name = "bed-1"

[[device]]
driver = "phidget_bridge"
bed = "bed-1"
capacity = "200"
sensitivity = "2"
zero = "0"
TOML
start_vigil
usb plug one bridge 0
wait_for 'it is found by its serial number and read' live "$bridge"
is 'its node is of the group vigil' "$(stat -c '%G %a' "$(node_of "$(port 0)")")" 'vigil 660'
usb asked one
check 'it was told what to measure' test "$(cut -d' ' -f4 <<< "$answer")" -ge 1
flows 'samples arrive' "$bridge"
is 'at its nominal rate' "$(device "$bridge" .nominal_hz)" 125
usb weight one 80
about_80() { [ "$(reading bed-1 '.load_kg.v > 79 and .load_kg.v < 81')" = true ]; }
wait_for 'a load is the sum of its cells' about_80
usb cell one 2 off
noted() { [ -n "$(device "$bridge" .note)" ]; }
wait_for 'a cell without its cable is told' noted
usb cell one 2 on
wait_for 'until it is back' device_is "$bridge" .note ''
usb tear one
wait_for 'pulled in the middle of a transfer, it is lost' happened '.kind == "device.lost"'
usb plug one bridge 0
wait_for 'put back, it is told again and recovered' happened '.kind == "device.recovered"'
flows 'samples arrive again' "$bridge"
systemctl stop vigil
is 'the service stops' "$(systemctl show -P Result vigil)" success
finish
