#!/usr/bin/env bash
# Installs what ustack needs and this machine lacks, from the distribution's packages (apt).
set -euo pipefail

usage() {
  cat <<'END'
usage: install.sh [--dry-run | --missing | --undo] [GROUP...]

Installs what is missing of the groups named, or of all but vm:
  java   JDK 17 or newer, Maven
  dpdk   DPDK 22.11 or newer with headers, C compiler, make, pkg-config
  net    ip, ethtool, curl, ping: what the demo uses to be the other side
  test   what the live tests and checks use besides: clients, load generators, testpmd, and three servers (redis-server,
         nginx-light, openssh-server) that the tests start themselves: the packages' own services are neither started
         nor enabled
  vm     the virtual machine of vm/machine.sh: QEMU, busybox, and a kernel that is unpacked and not installed

What the distributions have (seen on Debian 12; nobody has run it on the others yet):
  Debian 12      DPDK 22.11, JDK 17       Debian 13      DPDK 24.11, JDK 21
  Ubuntu 24.04   DPDK 23.11, JDK 17       Ubuntu 22.04   DPDK 21.11: too old, build a newer one from source

  --dry-run   say what would be installed, change nothing
  --missing   print the missing packages on one line; exit 1 when there are any
  --undo      remove the packages that this script has installed (not what came along with them:
              apt-get autoremove does that)

Exit code: 0 all there, 1 something is missing and could not be installed, 2 wrong usage.
END
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The tests point these elsewhere.
readonly HERE RECORD=${USTACK_RECORD:-/var/lib/ustack/installed-packages}
readonly OLDEST_DPDK=22.11
readonly KERNEL=$HERE/../vm/kernel.sh
readonly POLICY=${USTACK_POLICY:-/usr/sbin/policy-rc.d}

PATH=$PATH:${USTACK_SBIN-/usr/sbin:/sbin} # where ethtool lives, and a person's PATH ends before

say() { echo "install: $*"; }
die() {
  echo "install: $*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
has_library() { has pkg-config && pkg-config --exists "$1" 2>/dev/null; }

# A DPDK that the shim compiles with.
has_dpdk() { has_library libdpdk && pkg-config --atleast-version="$OLDEST_DPDK" libdpdk 2>/dev/null; }

missing=()
need() { missing+=("$@"); }

# What is needed is a working command or library; a package's name is only the way to get it. Who
# has built DPDK or unpacked a JDK by hand keeps it.
look_for_java() {
  "$HERE/find-jdk.sh" >/dev/null || need "$(jdk_package)"
  has mvn || need maven
}
look_for_dpdk() {
  has cc || need gcc
  [ -e /usr/include/stdlib.h ] || need libc6-dev
  has make || need make
  has pkg-config || need pkg-config
  has_dpdk || need libdpdk-dev # brings the drivers along
}
look_for_net() {
  has ip || need iproute2
  has ethtool || need ethtool
  has curl || need curl
  has ping || need iputils-ping
}
look_for_test() {
  nc_is_openbsd || need netcat-openbsd
  has python3 || need python3
  has tcpdump || need tcpdump
  has tshark || need tshark
  has iperf3 || need iperf3
  has shellcheck || need shellcheck
  has ruby || need ruby
  has systemd-analyze || need systemd
  has dpdk-testpmd || need dpdk-dev # what `bench` measures the forwarder beside
  has redis-benchmark || need redis-tools
  has redis-server || need redis-server
  has wrk || need wrk
  has ab || need apache2-utils
  has nginx || need nginx-light
  has ssh || need openssh-client
  has sshd || need openssh-server
}
look_for_vm() {
  has qemu-system-x86_64 || need qemu-system-x86
  busybox_is_static || need busybox-static
  has cpio || need cpio
  has depmod || need kmod
  "$KERNEL" --there || need "$("$KERNEL" --package)" # the last: packages() and kernel_is_missing count on it
}
busybox_is_static() { has busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1; }
nc_is_openbsd() { has nc && case $(readlink -f "$(command -v nc)") in *openbsd) true ;; *) false ;; esac; }

# Debian 12 and Ubuntu 22.04 have 17; their successors have dropped it.
jdk_package() {
  local version
  for version in 17 21 25; do
    if has apt-cache && [ -n "$(apt-cache show --no-all-versions "openjdk-$version-jdk-headless" 2>/dev/null)" ]; then
      echo "openjdk-$version-jdk-headless"
      return
    fi
  done
  echo openjdk-17-jdk-headless
}

look() {
  local group
  missing=()
  for group in "$@"; do "look_for_$group"; done
}

refresh_lists() {
  say "apt-get update"
  apt-get -qq update </dev/null || say "apt-get update has complained; trying with the lists that are there"
}

lists_are_missing() {
  local package
  for package in "${missing[@]}"; do
    [ -n "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ] || return 0
  done
  return 1
}

# Better said before anything is installed than by a compiler afterwards.
refuse_old_dpdk() {
  local version
  [[ " ${missing[*]} " == *" libdpdk-dev "* ]] || return 0
  version=$(apt-cache show --no-all-versions libdpdk-dev 2>/dev/null | sed -n 's/^Version: //p' | head -n 1)
  [ -n "$version" ] || return 0
  if [ "$(printf '%s\n' "$OLDEST_DPDK" "$version" | sort -V | head -n 1)" != "$OLDEST_DPDK" ]; then
    die "refused: this distribution's DPDK is $version, and ustack wants $OLDEST_DPDK or newer: build that from source (https://core.dpdk.org/download/), then this again; or take a newer distribution"
  fi
}

# A kernel among the missing is the virtual machine's: installed, this machine would start with it.
is_kernel() { case $1 in linux-image-*) true ;; *) false ;; esac; }
# What is missing and apt-get installs.
packages() {
  local package
  for package in "${missing[@]}"; do is_kernel "$package" || echo "$package"; done
}
missing_kernel() { # says which; fails when none is
  local package
  for package in "${missing[@]}"; do
    ! is_kernel "$package" || { echo "$package" && return; }
  done
  return 1
}

install_missing() {
  local packages
  mapfile -t packages < <(packages)
  if [ ${#packages[@]} -gt 0 ]; then
    say "apt-get install ${packages[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
      -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install "${packages[@]}" </dev/null >"$log" 2>&1 || return
  fi
  if missing_kernel >/dev/null; then
    say "vm/kernel.sh"
    "$KERNEL" >"$log" 2>&1
  fi
}

# The service that a package brings along, which nobody has asked for.
service_of() {
  case $1 in
    redis-server) echo redis-server ;;
    nginx-light) echo nginx ;;
    openssh-server) echo ssh ;;
    *) return 1 ;;
  esac
}

# Debian starts a service as soon as it is installed, unless policy-rc.d forbids it.
forbid_start() {
  local package
  [ ! -e "$POLICY" ] || return 0
  for package in "${added[@]}"; do
    if service_of "$package" >/dev/null; then
      policy_is_ours=yes
      printf '#!/bin/sh\nexit 101\n' >"$POLICY"
      chmod 755 "$POLICY"
      return
    fi
  done
}

# ... and starts it at each boot.
disable_services() {
  local package service
  has update-rc.d || return 0
  for package in "${added[@]}"; do
    if service=$(service_of "$package"); then
      say "update-rc.d $service disable"
      update-rc.d "$service" disable >>"$log" 2>&1 || say "$service may start at the next boot"
    fi
  done
}

clean_up() {
  rm -f "$log"
  [ -z "$policy_is_ours" ] || rm -f "$POLICY"
}

undo() {
  if [ ! -s "$RECORD" ] && ! "$KERNEL" --there; then
    say "nothing to undo: $RECORD does not exist or is empty"
    return
  fi
  local packages=()
  [ ! -s "$RECORD" ] || mapfile -t packages < <(sort -u "$RECORD")
  if [ "$dry" = yes ]; then
    ! "$KERNEL" --there || say "would run: vm/kernel.sh --undo"
    [ ${#packages[@]} = 0 ] || say "would run: apt-get remove ${packages[*]}"
    return
  fi
  [ "$(id -u)" = 0 ] || die "removing packages needs root: sudo $0 --undo"
  "$KERNEL" --undo
  [ ${#packages[@]} -gt 0 ] || return 0
  say "apt-get remove ${packages[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Use-Pty=0 remove "${packages[@]}" </dev/null
  rm -f "$RECORD"
}

wrong() {
  echo "install: $*; see $0 --help" >&2
  exit 2
}

mode=install
dry=no
groups=()
for argument in "$@"; do
  case $argument in
    --dry-run) dry=yes ;;
    --missing | --undo)
      [ "$mode" = install ] || [ "$mode" = "${argument#--}" ] || wrong "either --missing or --undo"
      mode=${argument#--}
      ;;
    java | dpdk | net | test | vm) groups+=("$argument") ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      wrong "unknown argument '$argument'"
      ;;
  esac
done
if [ "$mode" = undo ]; then
  [ ${#groups[@]} = 0 ] || wrong "--undo removes all that this script has installed, and takes no names"
  undo
  exit 0
fi

[ ${#groups[@]} -gt 0 ] || groups=(java dpdk net test)
look "${groups[@]}"
if [ ${#missing[@]} = 0 ]; then
  [ "$mode" = missing ] || say "all there: ${groups[*]}"
  exit 0
fi
if [ "$mode" = missing ]; then
  echo "${missing[*]}"
  exit 1
fi
if ! has apt-get; then
  say "this machine has no apt-get. Install these by its own means (the names are Debian's):" >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi
refuse_old_dpdk
if [ "$dry" = yes ]; then
  mapfile -t packages < <(packages)
  [ ${#packages[@]} = 0 ] || say "would run: apt-get install ${packages[*]}"
  ! kernel=$(missing_kernel) || say "would run: vm/kernel.sh, which unpacks $kernel and does not install it"
  exit 0
fi
[ "$(id -u)" = 0 ] || die "missing: ${missing[*]}; installing needs root: sudo $0"

if lists_are_missing; then
  refresh_lists
  look "${groups[@]}" # the lists may offer another JDK than the guess without them
fi
refuse_old_dpdk # the lists may be new
added=()
for package in $(packages); do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || added+=("$package")
done
policy_is_ours=
log=$(mktemp)
trap clean_up EXIT
forbid_start
if ! install_missing; then
  # Lists grow old: the version they name may have left the mirror.
  refresh_lists
  install_missing || {
    tail -n 40 "$log" >&2
    die "apt-get has failed (above: the end of what it said)"
  }
fi
if [ ${#added[@]} -gt 0 ]; then
  mkdir -p "$(dirname "$RECORD")"
  printf '%s\n' "${added[@]}" >>"$RECORD"
  disable_services
fi

hash -r
wanted=${missing[*]}
look "${groups[@]}"
[ ${#missing[@]} = 0 ] || die "still missing after the installation: ${missing[*]}"
say "installed: $wanted"
