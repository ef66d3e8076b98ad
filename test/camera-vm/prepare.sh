#!/bin/bash
# Prepares what the camera VM boots: Debian's stock kernel, the modules that make cameras, a small initrd.
#
#   prepare.sh      prints the prepared folder on stdout, progress on stderr
#
# Done once per kernel version and per version of the files next to this script. The cache is CAMERA_VM_CACHE, else
# $XDG_CACHE_HOME/sightline-camera-vm, else /var/cache/sightline-camera-vm (root) or ~/.cache/sightline-camera-vm. A run
# that was cut short leaves nothing that a later one would take for finished; two runs at once wait for each other.
#
# Debian packages needed: qemu-system-x86 linux-headers-amd64 busybox-static cpio kmod udev gcc libc6-dev make
# and a package index that is fresh enough to download the kernel (apt-get update).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

say() { printf 'camera-vm: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

if [ -n "${CAMERA_VM_CACHE:-}" ]; then cache=$CAMERA_VM_CACHE
elif [ -n "${XDG_CACHE_HOME:-}" ]; then cache=$XDG_CACHE_HOME/sightline-camera-vm
elif [ "$(id -u)" = 0 ]; then cache=/var/cache/sightline-camera-vm
else cache=$HOME/.cache/sightline-camera-vm; fi

# needed before anything else is loaded: the host's files, the network, the agent's line
boot_modules=(virtio_pci 9p 9pnet_virtio overlay virtio_net virtio_console)
# the cameras; loaded in the guest by modprobe
camera_modules=(vivid uvcvideo vhci_hcd)

newest_headers() {
  local build
  for build in /lib/modules/*-amd64/build; do
    if [ -e "$build/Makefile" ]; then basename "$(dirname "$build")"; fi
  done | sort -V | tail -1
}

[ "$(uname -m)" = x86_64 ] || fail "only x86_64 machines can run the camera VM"
for tool in qemu-system-x86_64 busybox cpio modprobe depmod gcc make flock apt-get dpkg-deb; do
  PATH=$PATH:/sbin:/usr/sbin command -v "$tool" >/dev/null || fail "$tool is missing: install the packages named in $0"
done
export PATH=$PATH:/sbin:/usr/sbin
version=$(newest_headers)
[ -n "$version" ] || fail "no kernel headers: apt-get install linux-headers-amd64"

files=("$here"/prepare.sh "$here"/init.sh "$here"/*.c "$here"/*.h)
key=$version-$(cat "${files[@]}" | sha256sum | cut -c1-12)
target=$cache/$key
if [ -e "$target/complete" ]; then echo "$target"; exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ -e "$target/complete" ]; then echo "$target"; exit 0; fi
rm -rf "$target" "$cache"/.work.*
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

download() {
  ( cd "$work" && apt-get download -qq "$@" >/dev/null 2>"$work/apt.log" )
}

fetch() {
  say "downloading the kernel $version and v4l2loopback's source"
  download "linux-image-$version" v4l2loopback-dkms && return
  if [ "$(id -u)" = 0 ] && [ -z "${CAMERA_VM_REFRESHED:-}" ]; then
    # the mirror keeps the newest kernel only, and the headers here may be of an older one
    say "refreshing the package index and the kernel headers"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq linux-headers-amd64 >&2
    CAMERA_VM_REFRESHED=1 exec "$here/prepare.sh"
  fi
  cat "$work/apt.log" >&2
  fail "apt-get cannot download linux-image-$version: apt-get update && apt-get install linux-headers-amd64"
}

build_loopback() {
  say "building v4l2loopback"
  dpkg-deb -x "$work"/v4l2loopback-dkms_*.deb "$work/loopback"
  local source
  source=$(echo "$work"/loopback/usr/src/v4l2loopback-*)
  make -s -C "$source" KERNELRELEASE="$version" KERNEL_DIR="/lib/modules/$version/build" v4l2loopback.ko \
    >"$work/make.log" 2>&1 || { cat "$work/make.log" >&2; fail "v4l2loopback does not build"; }
  cp "$source/v4l2loopback.ko" "$1/"
}

# the .ko files of a module and of what it needs, in loading order
closure() {
  local module
  for module in "$@"; do
    modprobe -d "$work/image" -S "$version" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

collect_modules() {
  local tree=$work/result/modules/$version file
  mkdir -p "$tree/kernel"
  closure "${boot_modules[@]}" "${camera_modules[@]}" videodev > "$work/closure"
  while read -r file; do cp "$file" "$tree/kernel/"; done < "$work/closure"
  cp "$work/image/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$tree/"
  build_loopback "$tree/kernel"
  mkdir -p "$work/tree/lib" && ln -s "$work/result/modules" "$work/tree/lib/modules"
  depmod -b "$work/tree" "$version"
}

pack_initrd() {
  local root=$work/initrd file
  mkdir -p "$root"/{bin,dev,proc,sys,modules,host,out,layer,newroot}
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  install -m 755 "$here/init.sh" "$root/init"
  closure "${boot_modules[@]}" | while read -r file; do
    cp "$file" "$root/modules/"
    basename "$file" >> "$root/modules/order"
  done
  ( cd "$root" && find . | cpio -o -H newc --quiet | gzip -1 ) > "$work/result/initrd.gz"
}

fetch
say "unpacking the kernel"
dpkg-deb -x "$work"/linux-image-*.deb "$work/image"
depmod -b "$work/image" "$version"
mkdir "$work/result"
cp "$work/image/boot/vmlinuz-$version" "$work/result/vmlinuz"
collect_modules
say "packing the initrd"
pack_initrd
for source in "$here"/*.c; do
  gcc -O2 -Wall -Wextra -Werror -o "$work/result/$(basename "$source" .c)" "$source"
done
# other versions' folders that nobody asked for in a week
find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +7 ! -name '.work.*' -exec rm -rf {} +
touch "$work/result/complete"
chmod 755 "$work/result"
mv -T "$work/result" "$target"
say "ready in $target"
echo "$target"
