#!/usr/bin/env bash
# Reserves hugepages for DPDK, and gives them back.
set -euo pipefail

usage() {
  cat <<'END'
usage: hugepages.sh [OPTIONS] MEMORY       see to it that MEMORY (e.g. 512M, 2G) is reserved in hugepages
       hugepages.sh [--dry-run] --undo     put the numbers back that the first call found
       hugepages.sh --status               what is reserved and free now, by NUMA node

  --size 2M|1G   how large a page is; 2M when not said
  --node N       on NUMA node N: the one that the NIC is at, which bind-nic.sh --status tells.
                 Without it MEMORY is that of all nodes together, and the kernel spreads it
  --persistent   again at each boot (services.sh hugepages); --undo ends that, too
  --from FILE    a call for each line of FILE, which has the options and MEMORY
  --dry-run      say what would be done, or why it is refused; change nothing

Where as much is reserved already, by whomever, it stays as it is: only --undo takes pages away.
What the kernel does not grant in full is given back at once. 1G pages can rarely be had on a machine
that has run for a while; ask for them on the kernel's command line
(default_hugepagesz=1G hugepagesz=1G hugepages=N).
Exit code: 0 done (or there was nothing to do), 1 refused or failed, 2 wrong usage.
END
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tests point these elsewhere.
readonly HERE NAME=hugepages SYS=${USTACK_SYS:-/sys} PROC=${USTACK_PROC:-/proc} RECORD=${USTACK_RUN:-/run/ustack}/hugepages
readonly REMEMBERED=${USTACK_ETC:-/etc/ustack}/hugepages
readonly MOUNT=${USTACK_DEV:-/dev}/hugepages
readonly NODES=$SYS/devices/system/node

# shellcheck source-path=SCRIPTDIR source=speech.sh
. "$HERE/speech.sh"

# Kilobytes of a number with K, M or G.
kilobytes() {
  case $1 in
    *[!0-9]*[KMG] | [KMG] | '' | ????????????*) return 1 ;;
    *G) echo $((10#${1%G} * 1024 * 1024)) ;;
    *M) echo $((10#${1%M} * 1024)) ;;
    *K) echo $((10#${1%K})) ;;
    *) return 1 ;;
  esac
}

# The directories of pages of all sizes: the whole machine's, then each node's.
places() {
  local place
  for place in "$SYS"/kernel/mm/hugepages/hugepages-* "$NODES"/node[0-9]*/hugepages/hugepages-*; do
    if [ -d "$place" ]; then echo "$place"; fi
  done
}

# What a place is called in the record: hugepages-2048kB, node0-hugepages-2048kB.
name_of() {
  case $1 in
    "$NODES"/*)
      local node=${1#"$NODES"/}
      echo "${node%%/*}-${1##*/}"
      ;;
    *) echo "${1##*/}" ;;
  esac
}

place_of() { # the other way round
  case $1 in
    node*) echo "$NODES/${1%%-*}/hugepages/${1#*-}" ;;
    *) echo "$SYS/kernel/mm/hugepages/$1" ;;
  esac
}

status() {
  local place name
  [ -n "$(places)" ] || die "this kernel has no hugepages ($SYS/kernel/mm/hugepages)"
  places | while read -r place; do
    name=$(name_of "$place")
    say "${name/hugepages-/}: $(cat "$place/nr_hugepages") reserved, $(cat "$place/free_hugepages") free"
  done
  if mountpoint -q "$MOUNT"; then say "$MOUNT is mounted"; else say "$MOUNT is not mounted"; fi
}

# Files of hugepages that no process has: left by programs that were killed.
left_behind() {
  local file
  for file in "$MOUNT"/*; do
    [ -f "$file" ] && ! grep -qsE " $file( \(deleted\))?$" "$PROC"/[0-9]*/maps && echo "$file"
  done
  return 0
}

# Of the pages of $1, no more than $2 may be in use: the rest could not be given back.
refuse_if_in_use() {
  local used left
  used=$(($(cat "$1/nr_hugepages") - $(cat "$1/free_hugepages" 2>/dev/null || echo 0)))
  [ -e "$1/free_hugepages" ] && [ "$used" -gt "$2" ] || return 0
  left=$(left_behind | tr '\n' ' ')
  die "refused: $((used - $2)) pages are still in use: ${left:+a program that was killed has left ${left}behind (rm them); }end the programs that have them, then: $0 --undo"
}

undo() {
  local saved before place still
  for saved in "$RECORD"/hugepages-* "$RECORD"/node*; do
    [ ! -e "$saved" ] || refuse_if_in_use "$(place_of "${saved##*/}")" "$(cat "$saved")"
  done
  if [ -e "$REMEMBERED" ]; then
    need_root --undo
    if [ "$dry" = yes ]; then "$HERE/services.sh" --dry-run --undo hugepages; else "$HERE/services.sh" --undo hugepages; fi
  fi
  if [ ! -d "$RECORD" ]; then
    say "nothing to undo: $RECORD does not exist"
    return
  fi
  need_root --undo
  # The nodes' numbers come after the machine's, which the kernel would spread as it likes.
  for saved in "$RECORD"/hugepages-* "$RECORD"/node*; do
    [ -e "$saved" ] || continue
    before=$(cat "$saved")
    place=$(place_of "${saved##*/}")
    if ! would "echo $before > $place/nr_hugepages"; then continue; fi
    put "$before" "$place/nr_hugepages" || exit 1
    still=$(cat "$place/nr_hugepages")
    [ "$still" -le "$before" ] || die "$((still - before)) pages are still in use: end the programs that have them, then: $0 --undo"
    rm "$saved"
  done
  if [ -e "$RECORD/mounted" ] && would "umount $MOUNT"; then
    umount "$MOUNT"
    rm "$RECORD/mounted"
  fi
  [ "$dry" = yes ] || rm -r "$RECORD"
}

# A machine that gives away what it has left kills processes.
refuse_if_too_much() { # kilobytes
  local available
  available=$(sed -n 's/^MemAvailable:  *\([0-9]*\) kB$/\1/p' "$PROC/meminfo" 2>/dev/null) || available=
  [ -z "$available" ] || [ "$1" -lt "$available" ] || die "refused: $(($1 / 1024)) MB more in hugepages, and this machine has $((available / 1024)) MB to give: ask for less, or give it more memory"
}

mount_them() {
  ! mountpoint -q "$MOUNT" || return 0
  if ! would "mount -t hugetlbfs hugetlbfs $MOUNT"; then return; fi
  local error
  error=$({ mkdir -p "$MOUNT" "$RECORD" && mount -t hugetlbfs hugetlbfs "$MOUNT"; } 2>&1) || die "can't mount hugepages at $MOUNT: ${error##*: }"
  touch "$RECORD/mounted"
  mounted_now=yes
}

unmount_again() { # what mount_them has mounted, where nothing came of the rest
  [ "$mounted_now" = yes ] || return 0
  if umount "$MOUNT"; then rm "$RECORD/mounted"; fi
}

# The numbers as they are before the first call: a second one must not take ours for the machine's.
keep_record() { # of the pages of $1, as hugepages-2048kB, everywhere
  local place name
  mkdir -p "$RECORD"
  places | while read -r place; do
    [ "${place##*/}" = "$1" ] || continue
    name=$(name_of "$place")
    [ -e "$RECORD/$name" ] || cat "$place/nr_hugepages" >"$RECORD/$name"
  done
}

# nr_hugepages of the place $1 goes from $2 to $3, or stays.
raise() {
  local granted
  if ! would "echo $3 > $1/nr_hugepages"; then return; fi
  keep_record "${1##*/}"
  put "$3" "$1/nr_hugepages" || {
    unmount_again
    exit 1
  }
  granted=$(cat "$1/nr_hugepages")
  if [ "$granted" -lt "$3" ]; then
    put "$2" "$1/nr_hugepages" || true
    unmount_again
    die "asked for $3 pages of $page, the kernel gave $granted, which it has back: memory is too scattered or too small. Free some, reboot, ask for less$([ "$page" = 2M ] || echo ", or ask on the kernel's command line: hugepagesz=1G hugepages=$3")"
  fi
}

reserve() {
  local page_kb wanted_kb count directory place present
  case $page in 2M | 1G) ;; *) wrong "--size wants 2M or 1G, not '$page'" ;; esac
  page_kb=$(kilobytes "$page")
  wanted_kb=$(kilobytes "$memory") || wrong "MEMORY is a number with M or G, as 512M or 2G, not '$memory'"
  count=$(((wanted_kb + page_kb - 1) / page_kb))
  [ "$count" -gt 0 ] || wrong "MEMORY is 0; '$0 --undo' gives pages back"
  case $node in *[!0-9]*) wrong "--node wants a number, not '$node'" ;; esac
  directory=hugepages-${page_kb}kB
  [ -d "$SYS/kernel/mm/hugepages/$directory" ] || die "no $page hugepages here: the CPU (1G: flag pdpe1gb) or the kernel $(uname -r) does not know them"
  place=$SYS/kernel/mm/hugepages/$directory
  if [ -n "$node" ]; then
    place=$NODES/node$node/hugepages/$directory
    [ -d "$place" ] || die "no NUMA node $node here; $0 --status lists them"
  fi
  need_root "$memory"
  [ "$persistent" = no ] || command -v systemctl >/dev/null || die "--persistent wants systemd; without it, call this at each boot by this system's own means"
  present=$(cat "$place/nr_hugepages")
  if [ "$present" -ge "$count" ]; then
    mount_them
    say "nothing to raise: $present pages of $page are reserved already, $count were asked for"
  else
    refuse_if_too_much $(((count - present) * page_kb))
    mount_them
    raise "$place" "$present" "$count"
    [ "$dry" = yes ] || say "reserved: $count pages of $page${node:+ on node $node}; '$0 --undo' gives them back"
  fi
  [ "$persistent" = no ] || remember
}

remember() {
  local call=(hugepages --size "$page")
  [ -z "$node" ] || call+=(--node "$node")
  if [ "$dry" = yes ]; then call=(--dry-run "${call[@]}"); fi
  "$HERE/services.sh" "${call[@]}" "$memory"
}

from() { # a call for each line of the file $1
  if [ ! -r "$1" ] || [ -d "$1" ]; then die "can't read $1"; fi
  local line code=0
  local words=()
  while read -r line; do
    case $line in '' | '#'*) continue ;; esac
    read -r -a words <<<"$line"
    [ "$dry" = no ] || words+=(--dry-run)
    "$0" "${words[@]}" </dev/null || code=$?
  done <"$1"
  exit "$code"
}

mounted_now=no
persistent=no
page=2M
node=
memory=
action=reserve
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --undo) action=undo ;;
    --status) action=status ;;
    --dry-run) dry=yes ;;
    --persistent) persistent=yes ;;
    --size | --node | --from)
      [ $# -gt 1 ] || wrong "$1 wants a value"
      case $1 in
        --size) page=$2 ;;
        --node) node=$2 ;;
        *) action=from file=$2 ;;
      esac
      shift
      ;;
    -*) wrong "unknown option '$1'" ;;
    *)
      [ -z "$memory" ] || wrong "one MEMORY only"
      memory=$1
      ;;
  esac
  shift
done
if [ "$action" = from ]; then from "$file"; fi
"$action"
