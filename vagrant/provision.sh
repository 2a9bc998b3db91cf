#!/usr/bin/env bash
# Runs inside the machines, as root: provision.sh stack|peer. Safe to run again.
set -euo pipefail

provision_stack() {
  local setup=/ustack/dpdk-setup nic
  "$setup/install.sh" java dpdk net
  "$setup/hugepages.sh" 512M
  nic=$(second_nic)
  if [ -n "$nic" ]; then
    # A guest without an IOMMU is what VirtualBox gives; this is a machine for tests.
    "$setup/bind-nic.sh" --noiommu "$nic"
  fi
  "$setup/check.sh"
  echo "now: vagrant ssh stack; cd /ustack; sudo ./ustack http --ip 10.99.0.2/24 -- -a PCI-ADDRESS (above)"
}

# The Ethernet interface that is not the default route's; empty when DPDK has it already.
second_nic() {
  local path name uplink
  uplink=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  for path in /sys/class/net/*; do
    name=${path##*/}
    if [ -e "$path/device" ] && [ "$name" != "$uplink" ]; then
      echo "$name"
      return
    fi
  done
}

provision_peer() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq -y install curl iperf3 iputils-ping netcat-openbsd tcpdump
  echo "now: vagrant ssh peer; curl http://10.99.0.2/"
}

case ${1:-} in
  stack | peer) "provision_$1" ;;
  *)
    echo "usage: provision.sh stack|peer" >&2
    exit 2
    ;;
esac
