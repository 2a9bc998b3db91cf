#!/usr/bin/env bash
# The machine's first process once / is there: mounts the rest, then is the shell.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

setting() { tr ' ' '\n' </proc/cmdline | sed -n "s/^ustack.$1=//p"; }

# Starts a command beside the shell: begin NAME COMMAND...
# shellcheck disable=SC2317 # called by lines that are answered
begin() {
  local name=$1 code=0
  shift
  rm -f "/run/$name".*
  {
    # shellcheck disable=SC2016 # the inner shell's
    bash -c 'echo $$ >"$0"; exec "$@"' "/run/$name.pid" "$@" >"/run/$name.log" 2>&1 || code=$?
    echo "$code" >"/run/$name.code"
  } &
}

# Waits for the end of one that was begun; prints what it has said, and returns its exit code: await NAME
# shellcheck disable=SC2317
await() {
  until [ -e "/run/$1.code" ]; do sleep 0.1; done
  cat "/run/$1.log"
  return "$(cat "/run/$1.code")"
}

# Answers commands, a line each, to whoever holds the other end of the serial line.
answer_lines() {
  local line code
  stty raw -echo
  echo "@@ ready"
  while IFS= read -r line; do
    code=0
    (eval "$line") </dev/null 2>&1 || code=$?
    echo "@@ $code"
  done
}

# Nobody else does: there is no udev here. A virtio device shows itself once its PCI driver is there.
load_drivers() {
  local bus alias
  for bus in pci virtio; do
    for alias in "/sys/bus/$bus/devices"/*/modalias; do
      modprobe --quiet "$(cat "$alias")" || true
    done
  done
}

# What lies on the host's own mounts there is none of ours.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 run /run
ln -s /proc/self/fd /dev/fd
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mkdir -p /lib/modules
mount --bind "$(setting machine)/lib/modules" /lib/modules
ip link set lo up
load_drivers
hostname machine
cd "$(setting home)"
exec </dev/ttyS1 >/dev/ttyS1 2>&1
if [ "$(setting lines)" = yes ]; then
  answer_lines
else
  echo "The machine is up. dpdk-setup/bind-nic.sh --status shows the NICs; Ctrl-A X ends it."
  setsid --ctty bash -i || true
fi
poweroff -f || busybox poweroff -f
