#!/usr/bin/env bash
# Runs inside the machines, as root: provision.sh stack|peer. Safe to run again.
set -euo pipefail

# The tests point these elsewhere.
readonly SYS=${USTACK_SYS:-/sys} HOME_OF_USTACK=${USTACK_HOME:-/ustack} BIN=${USTACK_BIN:-/usr/local/bin}
readonly SETUP=$HOME_OF_USTACK/dpdk-setup

provision_stack() {
  local nic how=()
  "$SETUP/install.sh" java dpdk net
  "$SETUP/hugepages.sh" --persistent 512M
  nic=$(second_nic)
  [ -n "$nic" ] || {
    echo "provision: no second NIC; vagrant reload stack" >&2
    exit 1
  }
  # A guest without an IOMMU is what VirtualBox gives; this is a machine for tests.
  [ -e "$SYS/bus/pci/devices/$nic/iommu_group" ] || how=(--uio)
  "$SETUP/bind-nic.sh" --persistent ${how[@]+"${how[@]}"} "$nic"
  "$HOME_OF_USTACK/ustack" build
  command_for_everybody
  "$SETUP/check.sh"
  echo "now: vagrant ssh stack -c 'ustack demo'"
  echo "or:  vagrant ssh stack -c 'ustack http --ip 10.99.0.2/24 --root /ustack/docs -- -a $nic'"
}

# The PCI address of the network device that does not carry the default route, whoever drives it.
second_nic() {
  local path uplink pci
  uplink=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  for path in "$SYS"/bus/pci/devices/*; do
    case $(cat "$path/class") in 0x02*) ;; *) continue ;; esac
    pci=${path##*/}
    case $(readlink -f "$SYS/class/net/$uplink/device")/ in */"$pci"/*) continue ;; esac
    echo "$pci"
    return
  done
}

# DPDK wants root, which a person has by sudo.
command_for_everybody() {
  printf '#!/bin/sh\nexec sudo %s/ustack "$@"\n' "$HOME_OF_USTACK" >"$BIN/ustack"
  chmod 755 "$BIN/ustack"
}

provision_peer() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq -y install curl iperf3 iputils-ping netcat-openbsd tcpdump
  echo "now: vagrant ssh peer -c 'curl http://10.99.0.2/'"
}

case ${1:-} in
  stack | peer) "provision_$1" ;;
  *)
    echo "usage: provision.sh stack|peer" >&2
    exit 2
    ;;
esac
