#!/usr/bin/env bash
# Takes a NIC from the kernel and hands it to vfio-pci, for DPDK; and gives it back.
set -euo pipefail

usage() {
  cat <<'END'
usage: bind-nic.sh [OPTIONS] NIC         hand NIC (an interface name or a PCI address) to vfio-pci
       bind-nic.sh [OPTIONS] --undo NIC  give NIC (a PCI address) back to the driver it had
       bind-nic.sh --status              the network devices, their drivers and IOMMU groups

  --dry-run     say what would be done, or why it is refused; change nothing
  --persistent  do it again at each boot (services.sh nic); --undo ends that, too
  --force       even if the NIC is in use. With --undo: even if somebody else has bound it
  --noiommu     on a machine without IOMMU: the NIC can then write to any memory, and the kernel is
                marked as tainted. Kernels have this mode only if built so; Debian's are not
  --uio         on a machine without IOMMU: uio_pci_generic in place of vfio-pci; the NIC can write
                to any memory here, too. Wants root, and a kernel that is not locked down
                (secure boot)

Refuses the interface of the default route or of the ssh session, one that carries an address, one that
is part of a bond or bridge, and one that is in another network namespace, where nobody can tell: a machine
one has logged in to over that NIC would be gone. What fails half-way is taken back.
Exit code: 0 done (or there was nothing to do), 1 refused or failed, 2 wrong usage.
END
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tests point these elsewhere.
readonly HERE NAME=bind-nic SYS=${USTACK_SYS:-/sys} PROC=${USTACK_PROC:-/proc} RECORD=${USTACK_RUN:-/run/ustack}/bind-nic
readonly REMEMBERED=${USTACK_ETC:-/etc/ustack}
readonly UNSAFE=$SYS/module/vfio/parameters/enable_unsafe_noiommu_mode
PATH=$PATH:${USTACK_SBIN-/usr/sbin:/sbin}

# shellcheck source-path=SCRIPTDIR source=speech.sh
. "$HERE/speech.sh"

device() { echo "$SYS/bus/pci/devices/$1"; }

driver_of() { # of a PCI address; "none" without one
  local link
  link=$(readlink "$(device "$1")/driver") || link=none
  echo "${link##*/}"
}

group_of() { # the IOMMU group of a PCI address; fails without one
  local link
  link=$(readlink "$(device "$1")/iommu_group") || return 1
  echo "${link##*/}"
}

interfaces_of() { # of a PCI address: the kernel's names for it, virtio's one level deeper
  local path
  for path in "$(device "$1")"/net/* "$(device "$1")"/virtio*/net/*; do
    [ -e "$path" ] && echo "${path##*/}"
  done
  return 0
}

pci_of() { # of an interface name or a PCI address
  local pci=${1,,} path
  local digits='[0-9a-f][0-9a-f]'
  # shellcheck disable=SC2254 # the patterns are patterns
  case $pci in
    $digits$digits:$digits:$digits.[0-7]) ;;
    $digits:$digits.[0-7]) pci=0000:$pci ;;
    *:*) die "'$1' is no PCI address; one looks like 0000:03:00.0, and $0 --status lists them" ;;
    */* | . | ..) die "no interface '$1' here; $0 --status lists them" ;;
    *)
      [ -e "$SYS/class/net/$1" ] || die "no interface '$1' here; $0 --status lists them"
      [ -e "$SYS/class/net/$1/device" ] || die "$1 is a virtual interface, not a PCI device: DPDK reaches it with --vdev=net_af_packet0,iface=$1 and no binding"
      path=$(readlink -f "$SYS/class/net/$1/device")
      while [ ! -e "$(device "${path##*/}")" ]; do
        path=$(dirname "$path")
        [ "$path" != / ] || die "$1 is not a PCI device: vfio can't take it"
      done
      pci=${path##*/}
      ;;
  esac
  [ -d "$(device "$pci")" ] || die "no PCI device $pci here; $0 --status lists them"
  echo "$pci"
}

# ---- Who uses it

refuse() {
  if [ "$force" = yes ]; then
    say "forced, although $*"
  else
    die "refused: $*"
  fi
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

# "CLIENT PORT SERVER PORT" of the session that this runs in. sudo hides it, so the ancestors are asked.
ssh_connection() {
  local pid=$$ found=${SSH_CONNECTION:-}
  while [ -z "$found" ] && [ -n "$pid" ] && [ "$pid" -gt 1 ]; do
    found=$(tr '\0' '\n' 2>/dev/null <"$PROC/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p') || found=
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "$PROC/$pid/status" 2>/dev/null) || pid=
  done
  echo "$found"
}

# The interfaces that the ssh session goes over; a link-local client names it itself.
ssh_interfaces() {
  local client server _
  read -r client _ server _ <<<"$(ssh_connection)"
  [ -n "$client" ] || return 0
  case $client in
    *%*) echo "${client#*%}" ;;
    *) ip route get "$client" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' ;;
  esac
  ip -o address show to "${server%%%*}" 2>/dev/null | sed -n 's/^[0-9]*: *\([^ ]*\).*/\1/p'
}

refuse_if_used() { # the interface $1
  command -v ip >/dev/null || die "without iproute2 (ip) nobody can tell whether $1 is in use: sudo $HERE/install.sh net"
  local name routes sessions
  routes=$(ip -4 route show table all default)
  routes+=$'\n'$(ip -6 route show table all default 2>/dev/null || true) # a kernel may have no IPv6
  sessions=$(ssh_interfaces)
  for name in $(with_uppers "$1"); do
    if grep -qE " dev $name( |\$)" <<<"$routes"; then
      refuse "$1 carries the default route (of $name); without it this machine is off the network"
    fi
    if grep -qxF "$name" <<<"$sessions"; then
      refuse "$1 carries the ssh session that this runs in (over $name)"
    fi
    if [ -n "$(ip -o address show dev "$name" scope global 2>/dev/null)" ]; then
      refuse "$name has an address; if nobody needs it: ip address flush dev $name"
    fi
  done
  name=$(with_uppers "$1" | sed -n 2p)
  [ -z "$name" ] || refuse "$1 is part of $name; to take it out: ip link set $1 nomaster (a VLAN: ip link delete $name)"
}

is_for_programs() { case $1 in vfio-pci | uio_pci_generic | igb_uio) true ;; *) false ;; esac; } # the driver $1

# All that speaks against taking the PCI address $1 from the kernel's driver $2.
refuse_if_kernel_needs() {
  local name names
  [ "$2" != none ] && ! is_for_programs "$2" || return 0
  names=$(interfaces_of "$1")
  [ -n "$names" ] || refuse "$1 is at $2, and no interface of it is in this network namespace: it may be in another one's, a container's (lsns -t net)"
  for name in $names; do refuse_if_used "$name"; done
}

# A driver whose device is open does not let go before it is closed: the shell would hang.
refuse_if_open() { # the PCI address $1
  local file group path pids
  local files=()
  if group=$(group_of "$1"); then files+=("/dev/vfio/$group" "/dev/vfio/noiommu-$group"); fi
  for path in "$(device "$1")"/uio/uio* "$(device "$1")"/vfio-dev/vfio*; do
    [ -e "$path" ] || continue
    case $path in */uio/*) files+=("/dev/${path##*/}") ;; *) files+=("/dev/vfio/devices/${path##*/}") ;; esac
  done
  for file in ${files[@]+"${files[@]}"}; do
    pids=$(find "$PROC"/[0-9]*/fd -maxdepth 1 -lname "$file" 2>/dev/null | sed "s|^$PROC/\\([0-9]*\\)/.*|\\1|" | sort -u | tr '\n' ' ') || true
    [ -z "$pids" ] || die "refused: process ${pids% } has $1 open ($file); stop it first"
  done
}

# ---- Handing over

module() {
  if ! modprobe "$1" 2>/dev/null; then
    die "the kernel $(uname -r) has no $1: boot one that has (Debian: linux-image-amd64; the cloud kernels lack drivers)"
  fi
}

prepare_driver() { # for the PCI address $1
  [ -e "$(device "$1")/driver_override" ] || die "the kernel $(uname -r) is too old: it has no driver_override (Linux 3.16), and DPDK wants 4.14 or newer"
  if [ "$driver" != vfio-pci ]; then
    ! would modprobe "$driver" || module "$driver"
    return
  fi
  ! would modprobe vfio-pci || module vfio-pci
  group_of "$1" >/dev/null && return
  [ "$noiommu" = yes ] || die "no IOMMU for $1: switch it on (BIOS: VT-d or AMD-Vi; kernel: intel_iommu=on), or, in a virtual machine for tests, say --uio or --noiommu; README.md says what that means"
  [ "$dry" = no ] || return 0
  [ -e "$UNSAFE" ] || die "the kernel $(uname -r) has no no-IOMMU mode (CONFIG_VFIO_NOIOMMU); say --uio"
  case $(cat "$UNSAFE") in Y*) return ;; esac
  say "echo 1 > $UNSAFE"
  put 1 "$UNSAFE"
  mkdir -p "$RECORD"
  touch "$RECORD/noiommu"
}

safe_again() { # the switch that prepare_driver has turned, once nobody is left who needs it
  if [ ! -e "$RECORD/noiommu" ] || [ -n "$(find "$RECORD" -name '*:*')" ]; then
    return 0 # in a trap a return without a number is a failure
  fi
  say "echo 0 > $UNSAFE"
  put 0 "$UNSAFE" || return 0
  rm -f "$RECORD/noiommu"
}

hand_over() { # PCI address $1 to driver $2; an empty $2 lets the kernel choose, "none" leaves it without
  local place now
  place=$(device "$1")
  now=$(driver_of "$1")
  put "${2#none}" "$place/driver_override" || return 1
  if [ "$now" != none ]; then put "$1" "$SYS/bus/pci/drivers/$now/unbind" || return 1; fi
  [ "$2" = none ] || put "$1" "$SYS/bus/pci/drivers_probe"
}

# Where bind has failed or was interrupted: all as it was.
take_back() {
  trap - EXIT
  local target name now
  target=
  [ "$before" != none ] || target=none
  if [ "$(driver_of "$pci")" = "$before" ]; then
    put "" "$(device "$pci")/driver_override" || true
  else
    say "$pci: $(driver_of "$pci") -> $before"
    hand_over "$pci" "$target" || true
  fi
  for name in $were_up; do ip link set "$name" up || true; done
  now=$(driver_of "$pci")
  if [ "$now" = "$before" ]; then
    [ "$known" = yes ] || rm -f "$RECORD/$pci"
    safe_again
    say "taken back: $pci is at $now, as before" >&2
  else
    say "$pci had $before and has $now now; dmesg tells why. '$0 --undo $pci' tries again" >&2
  fi
}

note_company() { # others in the IOMMU group of $1 must leave the kernel's drivers, too
  local other path
  for path in "$(device "$1")"/iommu_group/devices/*; do
    other=${path##*/}
    if [ ! -e "$path/class" ] || [ "$other" = "$1" ]; then continue; fi
    case $(cat "$path/class"):$(driver_of "$other") in
      0x0604*:* | *:none | *:vfio-pci | *:pcieport) ;;
      *) say "note: $other ($(driver_of "$other")) is in the same IOMMU group; DPDK can't open $1 before that leaves its driver, too" ;;
    esac
  done
}

bind() {
  local name
  pci=$(pci_of "$1")
  before=$(driver_of "$pci")
  known=no
  were_up=
  [ -e "$RECORD/$pci" ] && known=yes
  case $(cat "$(device "$pci")/class") in
    0x02*) ;;
    *) die "refused: $pci is not a network device" ;;
  esac
  if [ "$before" = "$driver" ]; then
    say "$pci is at $driver already"
    remember
    return
  fi
  refuse_if_kernel_needs "$pci" "$before"
  refuse_if_open "$pci"
  need_root "$1"
  [ "$persistent" = no ] || command -v systemctl >/dev/null || die "--persistent wants systemd; without it, call this at each boot by this system's own means"
  prepare_driver "$pci"
  if ! would "$pci: $before -> $driver"; then
    remember
    return
  fi
  mkdir -p "$RECORD"
  trap take_back EXIT
  [ "$known" = yes ] || echo "$before" >"$RECORD/$pci"
  for name in $(interfaces_of "$pci"); do
    [ -z "$(ip -o link show dev "$name" up 2>/dev/null)" ] || were_up+=" $name"
    say "ip link set $name down"
    ip link set "$name" down
  done
  hand_over "$pci" "$driver" || die "$pci did not go to $driver (above)"
  # A driver that does not want a device says so in the kernel's log only.
  [ "$(driver_of "$pci")" = "$driver" ] || die "$pci did not go to $driver; dmesg tells why"
  trap - EXIT
  [ "$driver" != vfio-pci ] || note_company "$pci"
  remember
  say "$pci is DPDK's now: -a $pci; '$0 --undo $pci' gives it back"
}

remember() { # for the next boot
  [ "$persistent" = yes ] || return 0
  need_root "$pci"
  arrange nic ${options[@]+"${options[@]}"} "$pci"
}

arrange() {
  if [ "$dry" = yes ]; then set -- --dry-run "$@"; fi
  "$HERE/services.sh" "$@"
}

undo() {
  local now before=
  pci=$(pci_of "$1")
  now=$(driver_of "$pci")
  [ ! -e "$RECORD/$pci" ] || before=$(cat "$RECORD/$pci")
  if [ -z "$before" ] && is_for_programs "$now" && [ "$force" = no ]; then
    die "refused: $0 has not given $pci to $now; say --force to give it to the kernel's driver"
  fi
  [ "${before:-$now}" = "$now" ] || refuse_if_kernel_needs "$pci" "$now"
  refuse_if_open "$pci"
  if [ -e "$REMEMBERED/nic-$pci.conf" ]; then
    need_root --undo "$1"
    arrange --undo nic "$pci"
  fi
  if [ "$before" = "$now" ] || { [ -z "$before" ] && ! is_for_programs "$now"; }; then
    if [ -n "$before" ]; then
      need_root --undo "$1"
      if [ "$dry" = no ]; then
        rm -f "$RECORD/$pci"
        safe_again
      fi
    fi
    say "nothing to undo: $pci is at $now"
    return
  fi
  need_root --undo "$1"
  if ! would "$pci: $now -> ${before:-the choice of the kernel}"; then return; fi
  if [ "$before" = none ]; then
    hand_over "$pci" none || die "$pci is still at $now"
  else
    hand_over "$pci" "" || die "$pci did not go back to ${before:-the driver of the kernel}"
  fi
  now=$(driver_of "$pci")
  [ "$now" = "${before:-$now}" ] || die "$pci had $before and has $now now; is the module loaded? (modprobe $before, then this again)"
  rm -f "$RECORD/$pci"
  safe_again
  say "$pci is back at $now: $(interfaces_of "$pci" | tr '\n' ' ')"
}

status() {
  local path pci
  for path in "$SYS"/bus/pci/devices/*; do
    [ -e "$path/class" ] || continue
    case $(cat "$path/class") in 0x02*) ;; *) continue ;; esac
    pci=${path##*/}
    say "$pci driver=$(driver_of "$pci") iommu_group=$(group_of "$pci" || echo none) node=$(cat "$path/numa_node" 2>/dev/null || echo none) interface=$(interfaces_of "$pci" | tr '\n' ' ')"
  done
}

force=no
noiommu=no
persistent=no
driver=vfio-pci
action=bind
nic=
options=()
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
    --dry-run) dry=yes ;;
    --force) force=yes ;;
    --persistent) persistent=yes ;;
    --noiommu)
      noiommu=yes
      options+=("$argument")
      ;;
    --uio)
      driver=uio_pci_generic
      options+=("$argument")
      ;;
    --undo) action=undo ;;
    -*) wrong "unknown option '$argument'" ;;
    *)
      [ -z "$nic" ] || wrong "one NIC at a time"
      nic=$argument
      ;;
  esac
done
[ -n "$nic" ] || wrong "which NIC?"
[ ${#options[@]} -le 1 ] || wrong "either --noiommu or --uio"
"$action" "$nic"
