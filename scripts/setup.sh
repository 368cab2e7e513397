#!/usr/bin/env bash
# Installs what apt-packages.txt lists and is missing (as root or with sudo), then builds the release preset.
# Sourced by run.sh and test.sh; leaves $root and $build set.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/release"

install_missing() {
  local missing=() package
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done < <(grep -vE '^[[:space:]]*(#|$)' "$root/apt-packages.txt")
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing: ${missing[*]}. Install them as root, then run this again." >&2; exit 2; }
    sudo=sudo
  fi
  echo "installing: ${missing[*]}" >&2
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build_release() {
  # The system's own compiler and python: a version manager on PATH must not slip in.
  (cd "$root" && cmake --preset release "$@" >/dev/null && cmake --build --preset release --parallel "$(nproc)")
}

install_missing
