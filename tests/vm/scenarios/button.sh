# Two boot keyboards. The one that a person assigned is a pain button and types nowhere; the other is somebody's
# keyboard and goes on typing.
source /share/scenarios/lib.bash
gadget=/sys/kernel/config/usb_gadget/button
mkdir "$gadget" "$gadget/strings/0x409" "$gadget/configs/c.1" "$gadget/functions/hid.0"
echo 0x0c45 > "$gadget/idVendor"
echo 0x7403 > "$gadget/idProduct"
echo 'Big red button' > "$gadget/strings/0x409/product"
echo RED1 > "$gadget/strings/0x409/serialnumber"
echo 1 > "$gadget/functions/hid.0/protocol"
echo 1 > "$gadget/functions/hid.0/subclass"
echo 8 > "$gadget/functions/hid.0/report_length"
# HID 1.11, appendix B.1, without the lamps.
printf '\x05\x01\x09\x06\xa1\x01\x05\x07\x19\xe0\x29\xe7\x15\x00\x25\x01\x75\x01\x95\x08\x81\x02\x95\x01\x75\x08\x81\x01\x95\x06\x75\x08\x15\x00\x25\x65\x05\x07\x19\x00\x29\x65\x81\x00\xc0' > "$gadget/functions/hid.0/report_desc"
ln -s "$gadget/functions/hid.0" "$gadget/configs/c.1"
echo dummy_udc.0 > "$gadget/UDC"
serial_there() { grep -qsx RED1 /sys/bus/usb/devices/*/serial; }
wait_for 'the button is there' serial_there
udevadm settle
place=$(basename "$(dirname "$(grep -lx RED1 /sys/bus/usb/devices/*/serial)")")
start_usb
usb plug keys keyboard 0
keys=$(port 0)
wait_for 'the kernel has the keyboard' bound "$keys" usbhid
wait_for 'and the button' bound "$place" usbhid

# types NODE COMMAND...: what it sends comes out of that input device.
input_of() { find "/sys/bus/usb/devices/$1:1.0/" -name 'event[0-9]*' -printf '/dev/input/%f\n' | head -n 1; }
types() {
  local node=$1
  shift
  exec 6< "$node"
  "$@"
  timeout 10 head -c 24 <&6 > /run/typed || :
  exec 6<&-
  [ -s /run/typed ]
}
press() {
  printf '\x00\x00\x28\x00\x00\x00\x00\x00' > /dev/hidg0
  printf '\x00\x00\x00\x00\x00\x00\x00\x00' > /dev/hidg0
}
type_a() {
  usb hex keys 0000040000000000
  usb hex keys 0000000000000000
}
wait_for 'both have an input device' test -n "$(input_of "$keys")" -a -n "$(input_of "$place")"
check 'the keyboard types' types "$(input_of "$keys")" type_a
check 'and before it is assigned the button does, too' types "$(input_of "$place")" press

configured() { # configured DEVICE
  printf '[[bed]]\nname = "bed-1"\n'
  if [ -n "$1" ]; then printf '\n[[device]]\ndriver = "button"\nbed = "bed-1"\ndevice = "%s"\n' "$1"; fi
}
configured '' | install_vigil
# The person who assigns a button also lets the daemon open it: no rule may give it every keyboard.
echo 'SUBSYSTEM=="usb", ATTR{idVendor}=="0c45", ATTR{idProduct}=="7403", GROUP="vigil", MODE="0660"' \
  > /etc/udev/rules.d/61-button.rules
udevadm control --reload
udevadm trigger --settle --action=change "/sys/bus/usb/devices/$place"
start_vigil
wait_for 'a button that nobody assigned is seen' test -n "$(device button:RED1 .device)"
is 'and not opened' "$(device button:RED1 .samples)" 0
check 'it still types' types "$(input_of "$place")" press
check 'the kernel has it' bound "$place" usbhid
check 'and the keyboard' bound "$keys" usbhid

configured button:RED1 > /usr/local/etc/vigil/vigil.toml
systemctl restart vigil
wait_for 'assigned, it is taken from the kernel' bound "$place" usbfs
refute 'it has no input device any more' test -n "$(input_of "$place")"
before=$(device button:RED1 .samples)
press
wait_for 'a press arrives' more_samples button:RED1 "$before"
check 'the keyboard beside it is the kernel'"'"'s' bound "$keys" usbhid
check 'and types' types "$(input_of "$keys")" type_a

systemctl stop vigil
wait_for 'the button is given back' bound "$place" usbhid
finish
