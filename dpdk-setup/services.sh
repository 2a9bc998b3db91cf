#!/usr/bin/env bash
# Has systemd do at each boot what the other scripts do until the next one, and run a ustack command.
set -euo pipefail

usage() {
  cat <<'END'
usage: services.sh [--dry-run] hugepages [--size 2M|1G] [--node N] MEMORY
       services.sh [--dry-run] nic [--noiommu | --uio] PCI-ADDRESS
       services.sh [--dry-run] run NAME COMMAND [OPTIONS] [-- EAL ARGUMENTS]
       services.sh [--dry-run] --undo hugepages | nic PCI-ADDRESS | run NAME
       services.sh --status

  hugepages   ustack-hugepages.service: reserve them at each boot. Called again with another size or
              node it adds to them, with the same it replaces
  nic         ustack-nic@PCI-ADDRESS.service: bind it at each boot, before the network is set up
  run         ustack@NAME.service: run that ustack command at each boot, with no more rights than DPDK
              needs, and again when it fails. Builds first

hugepages and nic only arrange it: 'hugepages.sh --persistent' and 'bind-nic.sh --persistent' do it
now, too. run starts at once when the machine runs systemd. What is to be done stands in /etc/ustack;
'journalctl -u NAME' has what was said.
Exit code: 0 done (or there was nothing to do), 1 refused or failed, 2 wrong usage.
END
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tests point these elsewhere.
readonly HERE NAME=services ETC=${USTACK_ETC:-/etc/ustack} UNITS=${USTACK_UNITS:-/etc/systemd/system}
readonly RUNNING=${USTACK_SYSTEMD:-/run/systemd/system}

# shellcheck source-path=SCRIPTDIR source=speech.sh
. "$HERE/speech.sh"

need() {
  command -v systemctl >/dev/null || die "no systemd here: call $HERE/hugepages.sh and $HERE/bind-nic.sh at each boot by this system's own means"
  need_root "$@"
}
systemctl_if_it_runs() { # without a running systemd a unit can be enabled, not started
  [ -d "$RUNNING" ] || return 0
  if would "systemctl $*"; then systemctl -q "$@" || die "systemctl $* has failed; systemctl status ${*: -1} tells why"; fi
}

# ---- Files

keep() { # the text $2 is what the file $1 says from now on
  if [ "$dry" = yes ]; then
    say "would write $1"
    return
  fi
  say "$1"
  mkdir -p "${1%/*}"
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

unit() { # the unit file $1, which knows where this checkout lies
  case $HERE in *[!A-Za-z0-9_./+-]*) die "refused: a unit can't name $HERE; move the checkout to a path of letters, digits and . _ + -" ;; esac
  unit_is_new=yes
  [ ! -e "$UNITS/$1" ] || unit_is_new=no # others may be instances of it
  keep "$UNITS/$1" "$(sed "s|@USTACK@|${HERE%/*}|g" "$HERE/systemd/$1")"
  systemctl_if_it_runs daemon-reload
}

enable() { # the unit $1, whose file is $2
  if would "systemctl enable $1"; then
    systemctl -q enable "$1" || {
      [ "$unit_is_new" = no ] || rm -f "$UNITS/$2"
      die "systemctl enable $1 has failed (above)"
    }
  fi
}

drop() { # the file $1
  if would "rm $1"; then rm -f "$1"; fi
}

disable() { # the unit $1; its file $2 goes when no other instance has a configuration like $3
  if would "systemctl disable $1"; then systemctl -q disable "$1" || true; fi
  if [ "$dry" = yes ] || [ -z "$(find "$ETC" -maxdepth 1 -name "$3" 2>/dev/null)" ]; then drop "$UNITS/$2"; fi
  systemctl_if_it_runs daemon-reload
}

pci() {
  case $1 in
    [0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f].[0-7]) ;;
    *) wrong "a PCI address looks like 0000:03:00.0, not '$1'; $HERE/bind-nic.sh --status lists them" ;;
  esac
}

name() {
  case $1 in '' | *[!a-z0-9-]* | -*) wrong "a NAME has small letters, digits and -, not '$1'" ;; esac
}

# ---- What there is to arrange

hugepages() {
  local key='' line rest=''
  while [ $# -gt 1 ]; do
    case $1 in --size | --node) key+="$1 $2 " ;; *) wrong "unknown option '$1'" ;; esac
    shift 2
  done
  case ${1:-} in '' | -*) wrong "how much MEMORY?" ;; esac
  case $key in --size*) ;; *) key="--size 2M $key" ;; esac
  [[ $1 =~ ^[1-9][0-9]{0,7}[MG]$ ]] || wrong "MEMORY is a number with M or G, as 512M or 2G, not '$1'"
  [[ $key =~ ^--size\ (2M|1G)\ (--node\ [0-9]+\ )?$ ]] || wrong "the options are --size 2M or 1G, then --node NUMBER"
  need hugepages "$@"
  if [ -e "$ETC/hugepages" ]; then
    while read -r line; do
      case $line in "$key"[0-9]*) ;; *) rest+=$line$'\n' ;; esac
    done <"$ETC/hugepages"
  fi
  unit ustack-hugepages.service
  enable ustack-hugepages.service ustack-hugepages.service
  keep "$ETC/hugepages" "$rest$key$1"
}

nic() {
  local how=
  case ${1:-} in
    --noiommu | --uio)
      how=$1
      shift
      ;;
  esac
  [ $# = 1 ] || wrong "which NIC?"
  pci "$1"
  need nic "$@"
  unit ustack-nic@.service
  enable "ustack-nic@$1.service" ustack-nic@.service
  keep "$ETC/nic-$1.conf" "BIND=$how"
}

run() {
  local argument name=${1:-}
  name "$name"
  shift
  [ $# -gt 0 ] || wrong "which COMMAND?"
  case $1 in
    http | echo | proxy | redis | iperf3) ;;
    *) wrong "'$1' is not a command that serves: http, echo, proxy, redis or iperf3" ;;
  esac
  for argument in "$@"; do
    case $argument in '' | *[!A-Za-z0-9_./:,=@+-]*) wrong "an argument can't have spaces, quotes and the like here: '$argument'" ;; esac
  done
  need run "$name" "$@"
  if would "${HERE%/*}/ustack build"; then "${HERE%/*}/ustack" build; fi
  unit ustack@.service
  enable "ustack@$name.service" ustack@.service
  keep "$ETC/run-$name.conf" "COMMAND=$*"
  systemctl_if_it_runs restart "ustack@$name.service"
}

undo() {
  local what=${1:-}
  [ $# -gt 0 ] || wrong "undo what?"
  shift
  case $what:$# in
    hugepages:0)
      nothing hugepages && return
      need --undo hugepages
      drop "$ETC/hugepages"
      disable ustack-hugepages.service ustack-hugepages.service hugepages
      ;;
    nic:1)
      pci "$1"
      nothing "nic-$1.conf" && return
      need --undo nic "$1"
      drop "$ETC/nic-$1.conf"
      disable "ustack-nic@$1.service" ustack-nic@.service 'nic-*.conf'
      ;;
    run:1)
      name "$1"
      nothing "run-$1.conf" && return
      need --undo run "$1"
      systemctl_if_it_runs stop "ustack@$1.service"
      drop "$ETC/run-$1.conf"
      disable "ustack@$1.service" ustack@.service 'run-*.conf'
      ;;
    *) wrong "undo hugepages, nic PCI-ADDRESS or run NAME" ;;
  esac
}

nothing() { # whether the file $1 of /etc/ustack is not there
  [ ! -e "$ETC/$1" ] || return 1
  say "nothing to undo: $ETC/$1 does not exist"
}

status() {
  local file
  for file in "$ETC"/hugepages "$ETC"/nic-*.conf "$ETC"/run-*.conf; do
    [ ! -e "$file" ] || say "$file: $(tr '\n' ';' <"$file")"
  done
}

if [ "${1:-}" = --dry-run ]; then
  dry=yes
  shift
fi
case ${1:-} in
  -h | --help) usage ;;
  --status) status ;;
  --undo)
    shift
    undo "$@"
    ;;
  hugepages | nic | run)
    what=$1
    shift
    "$what" "$@"
    ;;
  '') wrong "what?" ;;
  *) wrong "unknown argument '$1'" ;;
esac
