#!/usr/bin/env bash
# Prints the home of a JDK (with javac) of version 17 or newer; exit 1 when there is none.
#
#   find-jdk.sh            JAVA_HOME, else the javac on the PATH, else the oldest under /usr/lib/jvm
#   find-jdk.sh --second   the newest under /usr/lib/jvm that is newer than that; exit 1 when none is
#   find-jdk.sh --options  the JVM options that suit the first, a line each
#
# Reads the JDK's `release` file and starts no Java: it runs before every command.
set -euo pipefail

readonly OLDEST=17
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
readonly OPTIONS=$HERE/../apps/src/main/resources/io/ustack/apps/jvm-options
readonly JVMS=${USTACK_JVMS:-/usr/lib/jvm} # the tests point it elsewhere

# Feature version of the JDK in $1; fails when that is no JDK.
version() {
  local line
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  line=$(grep '^JAVA_VERSION=' "$1/release") || return 1
  line=${line#*\"}
  line=${line%%[.\"+-]*}
  case $line in *[!0-9]* | '') return 1 ;; esac
  echo "$line"
}

# Lines "VERSION HOME" of what is under /usr/lib/jvm, oldest first.
installed() {
  local home number
  for home in "$JVMS"/*; do
    [ -L "$home" ] && continue
    number=$(version "$home") || continue
    [ "$number" -ge "$OLDEST" ] && echo "$number $home"
  done | sort -n -k1,1
}

first() {
  local home number
  local candidates=()
  [ -n "${JAVA_HOME:-}" ] && candidates+=("$JAVA_HOME")
  home=$(command -v javac) && candidates+=("$(dirname "$(dirname "$(readlink -f "$home")")")")
  for home in ${candidates[@]+"${candidates[@]}"}; do
    if number=$(version "$home") && [ "$number" -ge "$OLDEST" ]; then
      echo "$home"
      return
    fi
  done
  home=$(installed | head -n 1)
  [ -n "$home" ] || return 1
  echo "${home#* }"
}

options() {
  local number from to option
  number=$(version "$(first)")
  while read -r from to option _; do
    if [[ $from != '#'* ]] && [ "$number" -ge "$from" ] && { [ "$to" = - ] || [ "$number" -le "$to" ]; }; then
      echo "$option"
    fi
  done <"$OPTIONS"
}

case ${1:-} in
  '')
    first
    ;;
  --second)
    this=$(version "$(first)")
    newest=$(installed | tail -n 1)
    [ -n "$newest" ] && [ "${newest%% *}" -gt "$this" ] || exit 1
    echo "${newest#* }"
    ;;
  --options)
    options
    ;;
  *)
    echo "usage: find-jdk.sh [--second | --options]" >&2
    exit 2
    ;;
esac
