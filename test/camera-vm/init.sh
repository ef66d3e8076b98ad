#!/bin/sh
# The camera VM's first process: puts the host's files under a layer that forgets, then starts udevd and the agent.
# The kernel command line tells camera_vm_out (the shared folder, the same path in guest and host), camera_vm_modules
# (the prepared module tree) and camera_vm_agent (the script that Node runs).
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
for word in $($B cat /proc/cmdline); do
  case $word in camera_vm_*=*) export "$word" ;; esac
done
while read -r module; do $B insmod "/modules/$module"; done < /modules/order

nine=trans=virtio,version=9p2000.L,msize=1048576
$B mount -t 9p -o $nine,cache=loose,ro host /host
$B mount -t 9p -o $nine out /out
$B mount -t tmpfs tmpfs /layer
$B mkdir /layer/upper /layer/work
$B mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /newroot
for d in proc sys dev; do $B mount --move /$d /newroot/$d; done
$B mkdir -p /newroot/dev/shm /newroot/dev/pts "/newroot$camera_vm_out" /newroot/lib/modules
$B mount --move /out "/newroot$camera_vm_out"
$B mount -t devpts devpts /newroot/dev/pts
for d in dev/shm run; do $B mount -t tmpfs tmpfs /newroot/$d; done
# the host may have headers (and nothing else) in /lib/modules
$B mount --bind "/host$camera_vm_modules" /newroot/lib/modules

$B hostname camera-vm
$B ip link set lo up
$B ip link set eth0 up
$B ip addr add 10.0.2.15/24 dev eth0
$B ip route add default via 10.0.2.2

$B chroot /newroot /lib/systemd/systemd-udevd --daemon
# the one virtio serial port there is; it appears a moment after its driver
until [ -e /newroot/dev/vport*p1 ]; do $B usleep 10000; done
port=$(echo /newroot/dev/vport*p1)
# when the host's side goes away the agent ends and so does the machine
$B chroot /newroot /usr/bin/env -i HOME=/tmp LANG=C.UTF-8 PATH="$camera_vm_path" \
  "$camera_vm_node" "$camera_vm_agent" "${port#/newroot}" >/newroot/dev/console 2>&1
$B poweroff -f
