#!/usr/bin/env bash
# Both machines, from the host: the demo on one, then a page from the stack to the peer, also after a reboot.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

page_reaches_peer() {
  local nic page
  nic=$(vagrant ssh stack -c '/ustack/dpdk-setup/bind-nic.sh --status' | sed -n 's/.*\(0000:[0-9a-f:.]*\) driver=\(vfio-pci\|uio_pci_generic\) .*/\1/p')
  vagrant ssh stack -c "sudo /ustack/dpdk-setup/services.sh run web http --ip 10.99.0.2/24 --root /ustack/docs -- -a $nic"
  # All of it, before anybody looks: grep -q leaves as soon as it knows, and curl would fail.
  page=$(vagrant ssh peer -c 'curl -sS --retry 30 --retry-connrefused --retry-all-errors --max-time 10 http://10.99.0.2/operations.md')
  grep -q '^# Running it' <<<"$page"
  vagrant ssh peer -c 'ping -c 3 10.99.0.2'
}

vagrant ssh stack -c 'ustack demo'
page_reaches_peer
vagrant reload stack
page_reaches_peer
vagrant ssh stack -c 'sudo /ustack/dpdk-setup/services.sh --undo run web'
echo "smoke: all well"
