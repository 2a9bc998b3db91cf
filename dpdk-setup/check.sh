#!/usr/bin/env bash
# Says whether DPDK can work here, line by line; changes nothing. `./ustack doctor` looks deeper: it
# starts DPDK. Exit code: 0 DPDK can run (perhaps only with --no-huge and virtual devices), 1 it can't.
set -euo pipefail

case ${1:-} in
  '') ;;
  -h | --help)
    echo "usage: check.sh      (no options: looks, says, changes nothing; exit code 1 when DPDK can't run)"
    exit 0
    ;;
  *)
    echo "check: unknown argument '$1'; see $0 --help" >&2
    exit 2
    ;;
esac

readonly SYS=${USTACK_SYS:-/sys}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:${USTACK_SBIN-/usr/sbin:/sbin}
code=0

ok() { printf 'ok       %s\n' "$*"; }
note() { printf 'note     %s\n' "$*"; }
bad() {
  printf 'MISSING  %s\n' "$*"
  code=1
}

software() {
  local home missing
  if home=$("$HERE/find-jdk.sh"); then ok "JDK: $home"; else bad "JDK 17 or newer: sudo $HERE/install.sh java"; fi
  if missing=$("$HERE/install.sh" --missing java dpdk); then
    ok "Maven, C compiler, DPDK $(pkg-config --modversion libdpdk)"
  else
    bad "packages: $missing: sudo $HERE/install.sh"
  fi
}

# Debian's DPDK is built for this; an older CPU dies of an illegal instruction.
processor() {
  [ "$(uname -m)" = x86_64 ] || return 0
  if grep -qw sse4_2 /proc/cpuinfo; then ok "CPU: SSE4.2"; else bad "CPU without SSE4.2: DPDK won't start"; fi
}

# The oldest that DPDK 22.11 and later run on.
kernel() {
  local release
  release=$(uname -r)
  if [ "$(printf '%s\n' 4.14 "$release" | sort -V | head -n 1)" = 4.14 ]; then ok "Linux $release"; else bad "Linux $release is too old: DPDK wants 4.14 or newer"; fi
}

hugepages() {
  local directory reserved=0
  for directory in "$SYS"/kernel/mm/hugepages/hugepages-*; do
    [ -r "$directory/nr_hugepages" ] && reserved=$((reserved + $(cat "$directory/nr_hugepages")))
  done
  if [ "$reserved" -gt 0 ]; then
    ok "hugepages: $reserved reserved"
  else
    note "no hugepages: fine with --no-huge; for a NIC: sudo $HERE/hugepages.sh 512M"
  fi
}

vfio() {
  if [ -n "$(ls -A "$SYS/kernel/iommu_groups" 2>/dev/null)" ]; then ok "IOMMU is on"; else note "no IOMMU: a NIC needs it (or, in a VM for tests, $HERE/bind-nic.sh --uio)"; fi
  if [ -d "$SYS/bus/pci/drivers/vfio-pci" ]; then ok "vfio-pci is loaded"; else note "vfio-pci is not loaded: needed for a NIC only; $HERE/bind-nic.sh loads it"; fi
}

rights() {
  if [ "$(id -u)" = 0 ]; then ok "root"; else note "not root: virtual devices need CAP_NET_ADMIN and CAP_NET_RAW, so use sudo"; fi
  if [ -c /dev/net/tun ]; then ok "/dev/net/tun: net_tap works"; else note "no /dev/net/tun: use net_af_packet instead of net_tap"; fi
}

software
processor
kernel
hugepages
vfio
rights
exit "$code"
