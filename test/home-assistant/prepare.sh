#!/bin/bash
# Prepares a real Home Assistant for tests: a small Debian root with its Python, and Home Assistant in it.
#
#   prepare.sh      prints the prepared folder on stdout, progress on stderr; Home Assistant lives in its folder root/
#
# Done once per version of this script and of requirements.txt. The cache is HOME_ASSISTANT_CACHE, else
# $XDG_CACHE_HOME/sightline-home-assistant, else /var/cache/sightline-home-assistant (root) or
# ~/.cache/sightline-home-assistant. A run that was cut short leaves nothing that a later one would take for finished; two
# runs at once wait for each other. Needs no root: unpacking Debian packages and Python wheels does not.
#
# Home Assistant asks for a newer Python than Debian stable has, so Python comes from a newer Debian, fetched by this
# machine's apt from this machine's mirror into lists and caches of its own: nothing of it reaches the machine. Wheels come
# through this machine's pip configuration.
#
# requirements.txt pins every package and says how to make it anew for another Home Assistant.
#
# Debian packages needed: python3-pip (and apt, dpkg and util-linux, which every Debian has)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=forky
python=python3.14
uv_version=0.13.6

say() { printf 'home-assistant: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

if [ -n "${HOME_ASSISTANT_CACHE:-}" ]; then cache=$HOME_ASSISTANT_CACHE
elif [ -n "${XDG_CACHE_HOME:-}" ]; then cache=$XDG_CACHE_HOME/sightline-home-assistant
elif [ "$(id -u)" = 0 ]; then cache=/var/cache/sightline-home-assistant
else cache=$HOME/.cache/sightline-home-assistant; fi

for tool in apt-get dpkg-deb flock python3; do
  command -v "$tool" >/dev/null || fail "$tool is missing: install the packages named in $0"
done
python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing: apt-get install python3-pip"
version=$(sed -n 's/^homeassistant==//p' "$here/requirements.txt")
[ -n "$version" ] || fail "requirements.txt names no version of homeassistant"

key=$version-$(cat "$here/prepare.sh" "$here/requirements.txt" | sha256sum | cut -c1-12)
target=$cache/$key
if [ -e "$target/complete" ]; then echo "$target"; exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ -e "$target/complete" ]; then echo "$target"; exit 0; fi
rm -rf "$target" "$cache"/.work.*
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/result/root
mkdir -p "$root"

# the archive that this machine installs Debian from
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }'
}

# apt with the machine's settings and credentials, and lists, status and packages of its own
apt_apart() {
  apt-get -qq -o Dir::State="$work/apt/state" -o Dir::State::status="$work/apt/status" \
    -o Dir::Cache="$work/apt/cache" -o Dir::Log="$work/apt/log" \
    -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o APT::Sandbox::User= -o APT::Default-Release= -o Acquire::Languages=none "$@" >"$work/apt.log" 2>&1 && return
  cat "$work/apt.log" >&2
  fail "apt-get cannot fetch Debian $suite's packages"
}

unpack_python() {
  local uri package
  uri=$(mirror)
  [ -n "$uri" ] || fail "apt's sources name no archive of this Debian"
  say "downloading $python of Debian $suite"
  mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial,log}
  : > "$work/apt/status"
  echo "deb [target=Packages signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" \
    > "$work/apt/sources.list"
  apt_apart update
  # libturbojpeg0: pictures are scaled with it; libstdc++6: numpy
  apt_apart install -y --no-install-recommends --download-only base-files dash "$python" libturbojpeg0 libstdc++6
  say "unpacking it"
  # the package that has the links /bin, /lib and /sbin comes first
  for package in "$work"/apt/cache/archives/{base-files_*,*}.deb; do dpkg-deb -x "$package" "$root"; done
}

# what the packages' scripts would have made. No resolv.conf: nothing that runs in there finds its way to the internet.
finish_root() {
  echo '127.0.0.1 localhost' > "$root/etc/hosts"
  echo 'root:x:0:0:root:/config:/bin/sh' > "$root/etc/passwd"
  # Home Assistant insists on a virtual environment
  mkdir -p "$root/config" "$root/venv/bin" "$site"
  ln -s "/usr/bin/$python" "$root/venv/bin/python3"
  printf 'home = /usr/bin\ninclude-system-site-packages = false\n' > "$root/venv/pyvenv.cfg"
}

# a setting of pip's configuration (files and environment)
pip_setting() {
  python3 -m pip config list 2>/dev/null | sed -nE "s/^(global|install|:env:)\.$1='(.*)'\$/\2/p" | tail -1
}

install_wheels() {
  say "downloading Home Assistant $version and its $(grep -c == "$here/requirements.txt") Python packages"
  python3 -m pip install -q --disable-pip-version-check --root-user-action ignore --target "$work/uv" \
    "uv==$uv_version" >&2
  local index certificates python_version
  python_version=$(dpkg-deb -f "$work"/apt/cache/archives/"$python"_*.deb Version)
  index=$(pip_setting index-url)
  certificates=$(pip_setting cert)
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX=$index; fi
  if [ -n "$certificates" ]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$certificates}; fi
  UV_CACHE_DIR=$work/uv-cache UV_SYSTEM_CERTS=true "$work/uv/bin/uv" pip install -q --no-config --no-deps \
    --python-version "${python_version%%-*}" --python-platform "$(uname -m)-manylinux_2_39" --target "$site" \
    --requirements "$here/requirements.txt" >&2
}

# Voice assistants' sound filters are sources in C++ only, and Home Assistant does not start cleanly without them.
stub_sound_filters() {
  echo 'class MicroVad: pass' > "$site/pymicro_vad.py"
  echo 'class AudioProcessor: pass' > "$site/pyspeex_noise.py"
}

site=$root/venv/lib/$python/site-packages
unpack_python
finish_root
install_wheels
stub_sound_filters
ffmpeg=$(echo "$site"/imageio_ffmpeg/binaries/ffmpeg-*)
ln -s "${ffmpeg#"$root"}" "$root/usr/bin/ffmpeg"
# other versions' folders that nobody asked for in a week
find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +7 ! -name '.work.*' -exec rm -rf {} +
touch "$work/result/complete"
chmod 755 "$work/result"
mv -T "$work/result" "$target"
say "ready in $target"
echo "$target"
