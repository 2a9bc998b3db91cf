#!/usr/bin/env bash
# A virtual machine with what DPDK wants of a real one: an IOMMU, hugepages, and three NICs for vfio-pci.
set -euo pipefail

usage() {
  cat <<'END'
usage: vm/machine.sh [OPTIONS] [-- QEMU ARGUMENTS]

Boots a QEMU machine (no KVM needed) with an Intel IOMMU, two processors, 1.5 GB and three NICs, and gives a
shell in it. Its files are those of this machine: / is mounted read-only, and what it writes goes to its memory.
Each NIC's cable ends in a tap interface of this network namespace:

  0000:01:00.0  e1000e      tap vm1
  0000:02:00.0  virtio-net  tap vm2, with two queue pairs and receive-side scaling
  0000:03:00.0  vmxnet3     tap vm3

  --alone          in a network namespace of its own, where the taps have 10.98.1.1/24, 10.98.2.1/24, 10.98.3.1/24
  --lines          the shell reads and writes plain lines and ends each answer with one line: '@@' and the exit code
  --log FILE       the kernel's messages go there
  --monitor FILE   QEMU's monitor listens at this socket

Needs root and 'dpdk-setup/install.sh vm'. 'poweroff -f' or Ctrl-A X ends it.
END
}

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# Where dpdk-setup/install.sh puts kernel and modules.
readonly HERE MACHINE=${USTACK_MACHINE:-/var/lib/ustack/machine}
PATH=$PATH:/usr/sbin:/sbin

# What it takes to mount / over 9p with a layer of memory on top.
readonly BOOT_MODULES=(virtio_pci 9pnet_virtio 9p overlay)

die() {
  echo "machine: $*" >&2
  exit 1
}
wrong() {
  echo "machine: $*; see $0 --help" >&2
  exit 2
}

# The first file system: busybox, a few modules, and the script that leaves it.
initrd() {
  local modules=$1 release=$2 file
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  mkdir -p "$root"/{bin,dev,proc,sys,host,memory,root}
  cp "$(busybox_binary)" "$root/bin/busybox"
  cp "$HERE/init" "$root/init"
  chmod 755 "$root/init"
  while read -r file; do
    unpacked "$modules/$file" >"$root/$(basename "$file")"
    basename "$file"
  done < <(in_order "$modules" "$release") >"$root/modules"
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1)
}

# A module as busybox's insmod wants it.
unpacked() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dcq "$1" ;;
    *) cat "$1" ;;
  esac
}

# The files of the boot modules, each after those it needs.
in_order() {
  local name
  for name in "${BOOT_MODULES[@]}"; do
    modprobe -d "$MACHINE" -S "$2" --show-depends "$name" || die "$1 lacks the module $name"
  done | sed -n "s|^insmod $1/\([^ ]*\).*|\1|p" | awk '!seen[$0]++'
}

busybox_binary() { command -v busybox || die "no busybox: sudo dpdk-setup/install.sh vm"; }

alone=no
lines=no
log=/dev/null
monitor=
more=()
arguments=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --alone) alone=yes ;;
    --lines) lines=yes ;;
    --log | --monitor)
      [ -n "${2:-}" ] || wrong "$1 wants a file"
      if [ "$1" = --log ]; then log=$2; else monitor=$2; fi
      shift
      ;;
    --)
      shift
      more=("$@")
      break
      ;;
    *) wrong "unknown argument '$1'" ;;
  esac
  shift
done

case $HERE$MACHINE in *[[:space:]]*) die "the kernel's command line can't name a directory with spaces: $(dirname "$HERE")" ;; esac
[ "$(id -u)" = 0 ] || die "this needs root: sudo $0"
if [ "$alone" = yes ] && [ -z "${USTACK_ALONE:-}" ]; then
  USTACK_ALONE=yes exec unshare --net -- "$0" "${arguments[@]}"
fi
command -v qemu-system-x86_64 >/dev/null || die "no qemu-system-x86_64: sudo dpdk-setup/install.sh vm"
modules=$(echo "$MACHINE"/lib/modules/*)
release=${modules##*/}
[ -e "$MACHINE/boot/vmlinuz-$release" ] || die "no kernel in $MACHINE: sudo dpdk-setup/install.sh vm"

nics=()
number=0
for model in e1000e virtio-net-pci,iommu_platform=on,disable-legacy=on,mq=on,rss=on,hash=on,vectors=6 vmxnet3; do
  number=$((number + 1))
  queues=1
  case $model in *mq=on*) queues=2 ;; esac
  # Behind a port of its own, so that it is alone in its IOMMU group and can be unplugged.
  nics+=(-device "pcie-root-port,id=port$number,chassis=$number,addr=$((number + 3))"
    -netdev "tap,id=cable$number,ifname=vm$number,queues=$queues,script=no,downscript=no,vhost=off"
    -device "$model,netdev=cable$number,bus=port$number,id=nic$number,mac=52:54:00:98:0$number:02")
done

# QEMU opens the descriptor; the file has no name by then, so nothing stays behind.
file=$(mktemp)
exec 9<>"$file"
rm "$file"
(initrd "$modules" "$release") >&9 # a shell of its own: exec would leave its files behind

if [ "$alone" = yes ]; then
  echo "machine: the taps are in the network namespace of process $$: nsenter --net --target $$" >&2
fi
# shellcheck disable=SC2054 # the commas are QEMU's
command=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot
  -accel tcg,thread=multi -cpu max -smp 2 -m 1536
  -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on
  -virtfs local,path=/,mount_tag=hostroot,security_model=none,readonly=on,multidevs=remap
  -chardev "file,id=log,path=$log" -serial chardev:log
  -chardev stdio,id=shell,signal=off,mux=on -serial chardev:shell
  "${nics[@]}"
  -kernel "$MACHINE/boot/vmlinuz-$release" -initrd /dev/fd/9
  -append "console=ttyS0 panic=-1 intel_iommu=on default_hugepagesz=2M ustack.lines=$lines ustack.machine=$MACHINE ustack.home=$(dirname "$HERE")")
if [ -n "$monitor" ]; then
  # shellcheck disable=SC2054
  command+=(-chardev "socket,id=monitor,path=$monitor,server=on,wait=off" -mon chardev=monitor,mode=readline)
fi
exec "${command[@]}" ${more[@]+"${more[@]}"}
