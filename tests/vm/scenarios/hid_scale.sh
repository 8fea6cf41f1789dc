# A HID scale, enumerated by this kernel over USB/IP: found, opened as the service's user, read through its faults,
# given back.
source /share/scenarios/lib.bash
start_usb
at=$(port 0)
scale=hid_scale:usb-$at
install_vigil << 'TOML'
[[bed]]
name = "bed-1"

[[device]]
driver = "hid_scale"
bed = "bed-1"
TOML

usb plug one scale 0
wait_for 'the kernel enumerates it and its HID driver takes it' bound "$at" usbhid
udevadm settle
is 'the rule gives the node to the group vigil' "$(stat -c '%G %a' "$(node_of "$at")")" 'vigil 660'

start_vigil
wait_for 'the daemon finds and reads it' live "$scale"
is 'it runs as vigil' "$(stat -c %U "/proc/$(pid_of_vigil)")" vigil
check 'the HID driver is detached' bound "$at" usbfs
usb asked one
check 'it was told to report on change only' test "$(cut -d' ' -f2 <<< "$answer")" -ge 1
is 'the weighing before is not believed' "$(device "$scale" .rejects.stale_first)" 1

usb weight one 0
wait_for 'the empty bed weighs nothing' reading_is bed-1 '.load_kg.v' 0
usb weight one 64.5
wait_for 'a load is read' reading_is bed-1 '.load_kg.v' 64.5

# Overflow: more bytes than the endpoint's packets have; one that is lost is no reason to let go.
before=$(device "$scale" .samples)
usb err one 75
usb hex one 0304030085020102030405
usb err one 71
wait_for 'overflows and a protocol error are got over' more_samples "$scale" $((before + 4))
refute 'without losing it' happened '.kind == "device.lost"'

usb stall one
cleared() { usb asked one && [ "$(cut -d' ' -f3 <<< "$answer")" = "$1" ]; }
wait_for 'a stall is cleared' cleared 1
flows 'and reports arrive again' "$scale"
check 'it was cleared once' cleared 1
refute 'without losing it either' happened '.kind == "device.lost"'

usb hex one 030403
usb hex one 0904030000
wait_for 'short and foreign reports are counted' device_is "$scale" '.rejects | (.length // 0) + (.framing // 0)' 2

# The cable is pulled in the middle of a reply.
usb tear one
wait_for 'an unplug in the middle of a transfer is a loss' happened '.kind == "device.lost"'
wait_for 'the kernel has seen it go' test ! -e "/sys/bus/usb/devices/$at"
usb plug one scale 0
usb weight one 64.5
wait_for 'and back again is a recovery' happened '.kind == "device.recovered"'
wait_for 'the load is read again' reading_is bed-1 '.load_kg.v' 64.5

systemctl stop vigil
is 'the service stops' "$(systemctl show -P Result vigil)" success
wait_for 'the HID driver has it back' bound "$at" usbhid
usb unplug one
finish
