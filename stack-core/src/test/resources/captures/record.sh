#!/usr/bin/env bash
# Records the captures beside this script anew: ustack on one end of a veth, a Linux peer (peers.py) on the other, each in a
# network namespace of its own. Needs root. Afterwards write the answers anew too; README.md says how.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE USTACK=$HERE/../../../../../ustack
readonly STACK=us-record-$$-stack LINUX=us-record-$$-linux
ustack=
dump=

clean_up() {
  [ -z "$dump" ] || kill "$dump" 2>/dev/null || true
  [ -z "$ustack" ] || kill "$ustack" 2>/dev/null || true
  wait
  ip netns delete "$STACK" 2>/dev/null || true
  ip netns delete "$LINUX" 2>/dev/null || true
}
trap clean_up EXIT

plug_in() {
  ip netns add "$STACK"
  ip netns add "$LINUX"
  ip -n "$STACK" link add stack0 address 02:00:00:00:00:02 type veth peer name linux0 address 02:00:00:00:00:01 netns "$LINUX"
  local end
  for end in "$STACK stack0" "$LINUX linux0"; do
    # shellcheck disable=SC2086 # two words
    set -- $end
    ip -n "$1" link set "$2" addrgenmode none
    ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
    ip -n "$1" link set "$2" up
  done
  ip -n "$LINUX" address add 10.99.0.1/24 dev linux0
}

# record NAME SIDE COMMAND [OPTIONS]: what peers.py does in scenario NAME, seen by tcpdump on the Linux side, or by ustack itself.
record() {
  local name=$1 side=$2
  shift 2
  plug_in
  local capture=()
  if [ "$side" = stack ]; then capture=(--capture "$HERE/$name.pcapng"); fi
  ip netns exec "$STACK" "$USTACK" "$@" ${capture[@]+"${capture[@]}"} --ip 10.99.0.2/24 -- \
    --no-huge --no-pci -m 256 --vdev=net_af_packet0,iface=stack0 >/dev/null &
  ustack=$!
  until ip netns exec "$LINUX" ping -q -c 1 -W 1 10.99.0.2 >/dev/null; do :; done
  # The peer shall ask for the MAC address once more, in the capture.
  ip -n "$LINUX" neighbour flush dev linux0
  if [ "$side" = linux ]; then
    ip netns exec "$LINUX" tcpdump -Z root -q -i linux0 -U --immediate-mode --nano -w "$HERE/$name.pcap" 2>"$HERE/$name.log" &
    dump=$!
    until grep -q listening "$HERE/$name.log"; do sleep 0.05; done
  fi
  ip netns exec "$LINUX" python3 "$HERE/peers.py" "$name" 10.99.0.2
  sleep 1 # what the kernels still have to say
  clean_up
  ustack=
  dump=
  rm -f "$HERE/$name.log"
  echo "$name: done"
}

record data-and-close linux echo
record simultaneous-close linux http --delay 50
record loss stack echo --loss 10 --fault-seed 5
record zero-window linux echo
record reset linux echo
record datagrams linux echo
