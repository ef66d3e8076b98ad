#!/bin/bash
# Describes a USB webcam in configfs and binds it to dummy_hcd: `uvc-gadget.sh SERIAL`, in the guest, as root. Prints the
# video node on which uvc-gadget must answer; until that runs, the webcam is not plugged in.
set -euo pipefail
serial=$1
modprobe -a dummy_hcd libcomposite usb_f_uvc uvcvideo
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config

gadget=/sys/kernel/config/usb_gadget/webcam
mkdir "$gadget"
cd "$gadget"
echo 0x1d6b > idVendor
echo 0x0102 > idProduct
mkdir -p strings/0x409 configs/c.1/strings/0x409
echo "$serial" > strings/0x409/serialnumber
echo Sightline > strings/0x409/manufacturer
echo "Test Webcam" > strings/0x409/product

function=functions/uvc.0
mkdir "$function"
echo 512 > "$function/streaming_maxpacket"

frame() { # FOLDER WIDTH HEIGHT
  local bytes=$(($2 * $3 * 2))
  mkdir -p "$1"
  echo "$2" > "$1/wWidth"
  echo "$3" > "$1/wHeight"
  echo "$bytes" > "$1/dwMaxVideoFrameBufferSize"
  echo $((bytes * 8 * 5)) > "$1/dwMinBitRate"
  echo $((bytes * 8 * 30)) > "$1/dwMaxBitRate"
  echo 333333 > "$1/dwDefaultFrameInterval"
  printf '%s\n' 333333 666666 2000000 > "$1/dwFrameInterval"
}

# the order is that of the indices in uvc-gadget.c: MJPEG before YUYV, the small frame first
mkdir -p "$function/streaming/header/h"
for format in mjpeg/m uncompressed/u; do
  frame "$function/streaming/$format/a" 640 480
  frame "$function/streaming/$format/b" 1280 720
  ln -s "$function/streaming/$format" "$function/streaming/header/h/"
done
mkdir -p "$function/control/header/h"
for speed in fs hs; do ln -s "$function/streaming/header/h" "$function/streaming/class/$speed/"; done
for speed in fs ss; do ln -s "$function/control/header/h" "$function/control/class/$speed/"; done

ln -s "$function" configs/c.1/
ls /sys/class/udc | head -1 > UDC
for node in /sys/class/video4linux/*; do
  if [ -e "$node/function_name" ]; then echo "/dev/$(basename "$node")"; fi
done
