#!/usr/bin/env bash
# The kernel of vm/machine.sh: the distribution's package, unpacked and not installed, so that nothing of this
# machine's own start changes. It is the generic one: kernels for clouds lack drivers, 9p among them.
set -euo pipefail

usage() {
  cat <<'END'
usage: kernel.sh            fetch the kernel package and unpack it into /var/lib/ustack/machine, if it is not there
       kernel.sh --there    exit code 0 if it is there, 1 if not
       kernel.sh --package  what the package is called here
       kernel.sh --undo     remove it

Needs root, apt-get, dpkg-deb and depmod; dpdk-setup/install.sh vm calls it.
END
}

readonly MACHINE=${USTACK_MACHINE:-/var/lib/ustack/machine}
PATH=$PATH:${USTACK_SBIN-/usr/sbin:/sbin}

# Large, and nothing that a machine with a few NICs has.
readonly UNWANTED=('*/drivers/gpu' '*/drivers/media' '*/drivers/infiniband' '*/drivers/scsi' '*/drivers/staging'
  '*/drivers/iio' '*/drivers/usb' '*/wireless' '*/sound')

say() { echo "kernel: $*"; }
die() {
  echo "kernel: $*" >&2
  exit 1
}

there() { compgen -G "$MACHINE/lib/modules/*/modules.dep" >/dev/null && compgen -G "$MACHINE/boot/vmlinuz-*" >/dev/null; }

# The package that depends on the newest kernel.
package() {
  local name
  for name in linux-image-amd64 linux-image-generic; do
    if [ -n "$(apt-cache show --no-all-versions "$name" 2>/dev/null)" ]; then
      echo "$name"
      return
    fi
  done
  echo linux-image-amd64
}

# The packages with the files: one on Debian, on Ubuntu the modules are apart.
parts() {
  local image
  image=$(apt-cache depends "$1" | sed -n 's/^ *Depends: \(linux-image-[^ ]*[0-9][^ ]*\)$/\1/p' | head -n 1)
  [ -n "$image" ] || die "apt-cache knows no kernel of $1; try: apt-get update"
  echo "$image"
  case $1 in *generic) printf '%s\n' "${image/image/modules}" "${image/image/modules-extra}" ;; esac
}

fetch() {
  there && return
  [ "$(id -u)" = 0 ] || die "this needs root: sudo $0"
  [ "$(uname -m)" = x86_64 ] || die "the machine has this one's programs and an x86-64 processor; this is $(uname -m)"
  local names package file
  names=$(parts "$(package)")
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  mkdir "$fresh/packages" "$fresh/root"
  say "apt-get download $(tr '\n' ' ' <<<"$names")"
  # shellcheck disable=SC2086 # one word a package
  (cd "$fresh/packages" && apt-get -qq -o APT::Sandbox::User=root download $names)
  for file in "$fresh"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$file" | tar -x -C "$fresh/root" "${UNWANTED[@]/#/--exclude=}"
  done
  # Where / has only /usr/lib.
  if [ -d "$fresh/root/usr/lib/modules" ]; then
    mkdir -p "$fresh/root/lib"
    mv "$fresh/root/usr/lib/modules" "$fresh/root/lib/modules"
  fi
  for package in "$fresh"/root/lib/modules/*; do depmod -b "$fresh/root" "${package##*/}"; done
  say "unpacked into $MACHINE"
  rm -rf "$MACHINE"
  mkdir -p "$MACHINE"
  mv "$fresh/root/boot" "$fresh/root/lib" "$MACHINE/"
  there || die "the packages hold no kernel with modules: $names"
}

case ${1:-} in
  '') fetch ;;
  --there) there ;;
  --package) package ;;
  --undo) rm -rf "$MACHINE" ;;
  -h | --help) usage ;;
  *)
    echo "kernel: unknown argument '$1'; see $0 --help" >&2
    exit 2
    ;;
esac
