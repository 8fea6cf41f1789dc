# An Axivity as the kernel's own CDC-ACM gadget: found by its serial number, kept from ModemManager, followed when its
# node gets another number.
source /share/scenarios/lib.bash
gadget=/sys/kernel/config/usb_gadget/axivity
mkdir "$gadget" "$gadget/strings/0x409" "$gadget/configs/c.1" "$gadget/functions/acm.0"
echo 0x04d8 > "$gadget/idVendor"
echo 0x0057 > "$gadget/idProduct"
echo 'Newcastle University' > "$gadget/strings/0x409/manufacturer"
echo 'AX3 Composite Device' > "$gadget/strings/0x409/product"
echo CWA17_00123 > "$gadget/strings/0x409/serialnumber"
ln -s "$gadget/functions/acm.0" "$gadget/configs/c.1"
plug() { echo dummy_udc.0 > "$gadget/UDC"; }
unplug() { echo > "$gadget/UDC"; }

"$share/programs/vm_axivity" --link /run/sensor < <(sleep infinity) > /run/sensor.log &
wait_for 'the sensor is there' test -e /run/sensor
"$share/programs/tty_bridge" /run/sensor /dev/ttyGS0 &
install_vigil << 'TOML'
[[bed]]
name = "bed-1"

[[device]]
driver = "axivity"
bed = "bed-1"
TOML
start_vigil
axivity=axivity:CWA17_00123

plug
wait_for 'the kernel makes a tty of it' test -e /dev/ttyACM0
wait_for 'it is found by its serial number' live "$axivity"
is 'where it is' "$(device "$axivity" .where)" /dev/ttyACM0
is 'its node belongs to the group vigil' "$(stat -c '%G %a' /dev/ttyACM0)" 'vigil 660'
properties=$(udevadm info --query=property /dev/ttyACM0)
check 'ModemManager is told to leave the device alone' grep -qx ID_MM_DEVICE_IGNORE=1 <<< "$properties"
check 'and its port' grep -qx ID_MM_PORT_IGNORE=1 <<< "$properties"
flows 'samples arrive' "$axivity"

# Another program keeps the old node open, so that its number stays taken.
exec 6<> /dev/ttyACM0
unplug
wait_for 'pulled, it is lost' happened '.kind == "device.lost"'
plug
wait_for 'it comes back as another tty' test -e /dev/ttyACM1
wait_for 'and is followed there' device_is "$axivity" .where /dev/ttyACM1
wait_for 'as the same device' happened '.kind == "device.recovered" and .data.device == "axivity:CWA17_00123"'
flows 'samples arrive again' "$axivity"
exec 6>&-

# Not every gadget with Microchip's demonstration id is an Axivity.
unplug
wait_for 'pulled again, it is lost' happened '.kind == "device.lost"' 2
echo 0001 > "$gadget/strings/0x409/serialnumber"
plug
wait_for 'a gadget with the same numbers is there' test -e /dev/ttyACM0
udevadm settle
refute 'the group vigil does not get it' test "$(stat -c %G /dev/ttyACM0)" = vigil
is 'and it is nobody the daemon knows' "$(api /api/v1/devices | jq -c '[.devices[] | select(.state == "live").device]')" '[]'
finish
