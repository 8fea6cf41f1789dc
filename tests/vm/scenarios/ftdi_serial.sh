# A sensor behind an FTDI adapter (the emulator's, on its USB 3 controller): named by its by-id link, pulled and put back.
source /share/scenarios/lib.bash
start_monitor
link=/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_BED1-if00-port0
"$share/programs/vm_axivity" --link /run/sensor < <(sleep infinity) > /run/sensor.log &
wait_for 'the sensor is there' test -e /run/sensor
install_vigil << TOML
[[bed]]
name = "bed-1"

[[device]]
driver = "axivity"
bed = "bed-1"
port = "$link"
TOML
start_vigil
identity=$(api /api/v1/devices | jq -r '.devices[0].device')

# The sensor's wires come off before the adapter goes and on after it is there: what it said to no adapter would wait in
# the emulator, and its burst, echoed by a tty that nobody has set up yet, stops the emulator for ever.
plug() {
  emulator device_add usb-serial,chardev=line,serial=BED1,id=adapter
  wait_for 'the adapter has its by-id link' test -e "$link"
  "$share/programs/tty_bridge" /run/sensor /dev/virtio-ports/line &
  wires=$!
}
unplug() {
  kill "$wires"
  wait "$wires" || :
  emulator device_del adapter
}
plug
is 'the adapter is FTDI'"'"'s' "$(basename "$(readlink /sys/class/tty/ttyUSB0/device/driver)")" ftdi_sio
is 'its node is of the group that the unit adds' "$(stat -L -c %G "$link")" dialout
wait_for 'the daemon finds it by its link' live "$identity"
check 'and asked who it is' grep -q '^AX3' <<< "$(device "$identity" .what)"
flows 'samples arrive' "$identity"

unplug
wait_for 'pulled, it is lost' happened '.kind == "device.lost"'
wait_for 'and its link is gone' test ! -e "$link"
refute 'and its bed says nothing any more' reading_is bed-1 '.activity_mg | type' object
plug
wait_for 'put back, it is recovered' happened '.kind == "device.recovered"'
flows 'samples arrive again' "$identity"
finish
