#!/usr/bin/env bash
# Reserves hugepages for DPDK, and gives them back.
set -euo pipefail

usage() {
  cat <<'END'
usage: hugepages.sh [--size 2M|1G] MEMORY     see to it that MEMORY (e.g. 512M, 2G) is reserved in hugepages
       hugepages.sh --undo                    put the numbers back that the first call found
       hugepages.sh --status                  what is reserved and free now

Where as much is reserved already, by whomever, it stays as it is: only --undo takes pages away. With several
NUMA nodes MEMORY is that of all together, and the kernel spreads it over them.

The reservation lasts until --undo or the next boot. 1G pages can rarely be had on a machine that has
run for a while; ask for them on the kernel's command line (default_hugepagesz=1G hugepages=N).
Exit code: 0 done, 1 the kernel did not give what was asked (or no root), 2 wrong usage.
END
}

# The tests point these elsewhere.
readonly SYS=${USTACK_SYS:-/sys} RECORD=${USTACK_RUN:-/run/ustack}/hugepages
readonly MOUNT=/dev/hugepages

say() { echo "hugepages: $*"; }
die() {
  echo "hugepages: $*" >&2
  exit 1
}
wrong() {
  echo "hugepages: $*; see $0 --help" >&2
  exit 2
}

# Kilobytes of a number with K, M or G.
kilobytes() {
  case $1 in
    *[!0-9]*[KMG] | [KMG] | '') return 1 ;;
    *G) echo $((10#${1%G} * 1024 * 1024)) ;;
    *M) echo $((10#${1%M} * 1024)) ;;
    *K) echo $((10#${1%K})) ;;
    *) return 1 ;;
  esac
}

status() {
  local directory size
  for directory in "$SYS"/kernel/mm/hugepages/hugepages-*; do
    [ -d "$directory" ] || die "this kernel has no hugepages ($SYS/kernel/mm/hugepages)"
    size=${directory##*hugepages-}
    say "$size: $(cat "$directory/nr_hugepages") reserved, $(cat "$directory/free_hugepages") free"
  done
  if mountpoint -q "$MOUNT"; then say "$MOUNT is mounted"; else say "$MOUNT is not mounted"; fi
}

need_root() { [ "$(id -u)" = 0 ] || die "this needs root: sudo $0 $*"; }

# nr_hugepages of $1 becomes $2; says what the kernel has made of it.
reserve() {
  say "echo $2 > $1"
  echo "$2" >"$1"
  local granted
  granted=$(cat "$1")
  [ "$granted" -ge "$2" ] || die "asked for $2 pages, the kernel gave $granted: memory is too scattered or too small. Free some, reboot, or ask for less; '$0 --undo' gives these back"
}

undo() {
  need_root --undo
  [ -d "$RECORD" ] || die "nothing to undo: $RECORD does not exist"
  local saved
  for saved in "$RECORD"/hugepages-*; do
    [ -e "$saved" ] || continue
    say "echo $(cat "$saved") > $SYS/kernel/mm/hugepages/${saved##*/}/nr_hugepages"
    cat "$saved" >"$SYS/kernel/mm/hugepages/${saved##*/}/nr_hugepages"
  done
  if [ -e "$RECORD/mounted" ]; then
    say "umount $MOUNT"
    umount "$MOUNT"
  fi
  rm -r "$RECORD"
}

page=2M
memory=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --undo)
      undo
      exit 0
      ;;
    --status)
      status
      exit 0
      ;;
    --size)
      page=${2:-}
      shift
      ;;
    -*) wrong "unknown option '$1'" ;;
    *)
      [ -z "$memory" ] || wrong "one MEMORY only"
      memory=$1
      ;;
  esac
  shift || wrong "--size wants 2M or 1G"
done
case $page in 2M | 1G) ;; *) wrong "--size wants 2M or 1G, not '$page'" ;; esac
page_kb=$(kilobytes "$page")
wanted_kb=$(kilobytes "$memory") || wrong "MEMORY is a number with M or G, as 512M or 2G, not '$memory'"
count=$(((wanted_kb + page_kb - 1) / page_kb))
[ "$count" -gt 0 ] || wrong "MEMORY is 0; '$0 --undo' gives pages back"

name=hugepages-${page_kb}kB
[ -d "$SYS/kernel/mm/hugepages/$name" ] || die "this kernel has no $page hugepages"
need_root "$memory"
if ! mountpoint -q "$MOUNT"; then
  say "mount -t hugetlbfs hugetlbfs $MOUNT"
  mkdir -p "$MOUNT"
  mount -t hugetlbfs hugetlbfs "$MOUNT"
  mkdir -p "$RECORD"
  touch "$RECORD/mounted"
fi
present=$(cat "$SYS/kernel/mm/hugepages/$name/nr_hugepages")
if [ "$present" -ge "$count" ]; then
  say "nothing to raise: $present pages of $page are reserved already, $count were asked for"
  exit 0
fi
mkdir -p "$RECORD"
# The first call's numbers are the machine's own; a second call must not take ours for them.
[ -e "$RECORD/$name" ] || echo "$present" >"$RECORD/$name"
reserve "$SYS/kernel/mm/hugepages/$name/nr_hugepages" "$count"
say "reserved: $count pages of $page; '$0 --undo' gives them back"
