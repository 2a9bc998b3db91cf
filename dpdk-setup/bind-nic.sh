#!/usr/bin/env bash
# Takes a NIC from the kernel and hands it to vfio-pci, for DPDK; and gives it back.
set -euo pipefail

usage() {
  cat <<'END'
usage: bind-nic.sh NIC               hand NIC (an interface name or a PCI address) to vfio-pci
       bind-nic.sh --noiommu NIC     the same on a machine without IOMMU: the NIC can then write to
                                     any memory, and the kernel is marked as tainted
       bind-nic.sh --undo NIC        give NIC (a PCI address) back to the driver it had
       bind-nic.sh --status          the network devices and their drivers

Refuses the interface of the default route, and one that carries an address: a machine one has logged
in to over that NIC would be gone.
Exit code: 0 done, 1 refused or failed, 2 wrong usage.
END
}

# The tests point these elsewhere.
readonly SYS=${USTACK_SYS:-/sys} RECORD=${USTACK_RUN:-/run/ustack}/bind-nic
PATH=$PATH:${USTACK_SBIN-/usr/sbin:/sbin}

say() { echo "bind-nic: $*"; }
die() {
  echo "bind-nic: $*" >&2
  exit 1
}
wrong() {
  echo "bind-nic: $*; see $0 --help" >&2
  exit 2
}
need_root() { [ "$(id -u)" = 0 ] || die "this needs root: sudo $0 $*"; }

driver_of() { # of a PCI address; "none" without one
  if [ -L "$SYS/bus/pci/devices/$1/driver" ]; then
    basename "$(readlink "$SYS/bus/pci/devices/$1/driver")"
  else
    echo none
  fi
}

interfaces_of() { # of a PCI address: the kernel's names for it, virtio's one level deeper
  local path
  for path in "$SYS/bus/pci/devices/$1"/net/* "$SYS/bus/pci/devices/$1"/virtio*/net/*; do
    [ -e "$path" ] && basename "$path"
  done
  return 0
}

pci_of() { # of an interface name or a PCI address
  case $1 in
    ????:??:??.?) ;;
    ??:??.?) set -- "0000:$1" ;;
    *)
      local path
      [ -e "$SYS/class/net/$1" ] || die "no interface '$1' here; $0 --status lists them"
      [ -e "$SYS/class/net/$1/device" ] || die "$1 is a virtual interface, not a PCI device: DPDK reaches it with --vdev=net_af_packet0,iface=$1 and no binding"
      path=$(readlink -f "$SYS/class/net/$1/device")
      while [ ! -e "$SYS/bus/pci/devices/$(basename "$path")" ]; do
        path=$(dirname "$path")
        [ "$path" != / ] || die "$1 is not a PCI device: vfio can't take it"
      done
      basename "$path"
      return
      ;;
  esac
  [ -d "$SYS/bus/pci/devices/$1" ] || die "no PCI device $1 here; $0 --status lists them"
  echo "$1"
}

# $1 and every interface on top of it: a bond's, bridge's or VLAN's address is its NICs' too.
with_uppers() {
  local upper
  echo "$1"
  for upper in "$SYS/class/net/$1"/upper_*; do
    [ -e "$upper" ] && with_uppers "${upper##*/upper_}"
  done
  return 0
}

refuse_if_used() {
  command -v ip >/dev/null || die "without iproute2 (ip) nobody can tell whether $1 is in use"
  local name routes
  routes=$(ip -4 route show default)
  routes+=$'\n'$(ip -6 route show default 2>/dev/null || true) # a kernel may have no IPv6
  for name in $(with_uppers "$1"); do
    if grep -qE " dev $name( |\$)" <<<"$routes"; then
      die "refused: $1 carries the default route (of $name); without it this machine is off the network"
    fi
    if [ -n "$(ip -o address show dev "$name" scope global 2>/dev/null)" ]; then
      die "refused: $name has an address; if nobody needs it: ip address flush dev $name"
    fi
  done
}

prepare_vfio() {
  say "modprobe vfio-pci"
  modprobe vfio-pci || die "this kernel has no vfio-pci"
  [ -z "$(ls -A "$SYS/kernel/iommu_groups" 2>/dev/null)" ] || return 0
  local switch=$SYS/module/vfio/parameters/enable_unsafe_noiommu_mode
  [ "$noiommu" = yes ] || die "no IOMMU: switch it on (BIOS: VT-d or AMD-Vi; kernel: intel_iommu=on), or say --noiommu if this is a virtual machine for tests"
  [ -e "$switch" ] || die "this kernel has no no-IOMMU mode (CONFIG_VFIO_NOIOMMU)"
  say "echo 1 > $switch"
  echo 1 >"$switch"
}

hand_over() { # PCI address $1 to driver $2; an empty $2 lets the kernel choose
  local device=$SYS/bus/pci/devices/$1
  say "$1: $(driver_of "$1") -> ${2:-the choice of the kernel}"
  if [ -L "$device/driver" ]; then echo "$1" >"$device/driver/unbind"; fi
  echo "$2" >"$device/driver_override"
  echo "$1" >"$SYS/bus/pci/drivers_probe"
}

bind() {
  local pci driver name
  pci=$(pci_of "$1")
  driver=$(driver_of "$pci")
  if [ "$driver" = vfio-pci ]; then
    say "$pci is at vfio-pci already"
    return
  fi
  case $(cat "$SYS/bus/pci/devices/$pci/class") in
    0x02*) ;;
    *) die "refused: $pci is not a network device" ;;
  esac
  for name in $(interfaces_of "$pci"); do refuse_if_used "$name"; done
  need_root "$1"
  prepare_vfio
  mkdir -p "$RECORD"
  echo "$driver" >"$RECORD/$pci"
  for name in $(interfaces_of "$pci"); do
    say "ip link set $name down"
    ip link set "$name" down
  done
  hand_over "$pci" vfio-pci
  [ "$(driver_of "$pci")" = vfio-pci ] || die "$pci did not go to vfio-pci (it has: $(driver_of "$pci")); dmesg tells why. '$0 --undo $pci' gives it back"
  say "$pci is DPDK's now: -a $pci; '$0 --undo $pci' gives it back"
}

undo() {
  local pci
  pci=$(pci_of "$1")
  [ -e "$RECORD/$pci" ] || die "nothing to undo: $RECORD does not know $pci"
  need_root --undo "$1"
  hand_over "$pci" ""
  local before
  before=$(cat "$RECORD/$pci")
  [ "$(driver_of "$pci")" = "$before" ] || die "$pci had $before and has $(driver_of "$pci") now"
  rm "$RECORD/$pci"
  say "$pci is back at $before: $(interfaces_of "$pci" | tr '\n' ' ')"
}

status() {
  local device pci
  for device in "$SYS"/bus/pci/devices/*; do
    [ -e "$device/class" ] || continue
    case $(cat "$device/class") in 0x02*) ;; *) continue ;; esac
    pci=${device##*/}
    say "$pci driver=$(driver_of "$pci") interface=$(interfaces_of "$pci" | tr '\n' ' ')"
  done
}

noiommu=no
action=bind
nic=
for argument in "$@"; do
  case $argument in
    -h | --help)
      usage
      exit 0
      ;;
    --status)
      status
      exit 0
      ;;
    --noiommu) noiommu=yes ;;
    --undo) action=undo ;;
    -*) wrong "unknown option '$argument'" ;;
    *)
      [ -z "$nic" ] || wrong "one NIC at a time"
      nic=$argument
      ;;
  esac
done
[ -n "$nic" ] || wrong "which NIC?"
"$action" "$nic"
