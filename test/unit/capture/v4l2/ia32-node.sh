#!/bin/bash
# Makes a 32-bit Node with koffi's own ia32 build in the folder DIRECTORY, for tests that ask a real 32-bit ABI:
#
#   ia32-node.sh DIRECTORY KOFFI_VERSION
#   chroot DIRECTORY /usr/bin/node SCRIPT          (or, where user namespaces are allowed: unshare -r -R DIRECTORY …)
#
# Debian's i386 packages are unpacked there with an apt of its own: nothing on this machine is installed or configured.
# Needs: apt, dpkg, npm and Debian's archive keyring. Does nothing when it was done before.
set -euo pipefail
directory=$(realpath -m "$1") version=$2
[ -e "$directory/.ready-$version" ] && exit 0
work=$(mktemp -d "${TMPDIR:-/tmp}/ia32-node-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,archives/partial,dpkg,root}
: > "$work/dpkg/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] http://deb.debian.org/debian bookworm main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
APT::Architecture "i386";
APT::Architectures { "i386"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Debug::NoLocking "true";
Acquire::Retries "3";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/dpkg/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
CONF
export APT_CONFIG="$work/apt.conf"
apt-get update -qq
apt-get install -y -qq --download-only nodejs >/dev/null
for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$work/root"; done
module="$work/root/node_modules/@koromix/koffi-linux-ia32"
mkdir -p "$module"
(cd "$work" && npm pack --silent "@koromix/koffi-linux-ia32@$version" >/dev/null)
tar -xzf "$work"/koromix-koffi-linux-ia32-*.tgz -C "$module" --strip-components=1
cp -r node_modules/koffi "$work/root/node_modules/"
rm -rf "$work"/root/node_modules/koffi/{doc,vendor} "$work"/root/usr/share/{doc,man}
touch "$work/root/.ready-$version"
mkdir -p "$(dirname "$directory")"
rm -rf "$directory"
mv "$work/root" "$directory"
