# shellcheck shell=bash
# How the scripts beside this one speak, and what they do only if they may: for those that name themselves
# in NAME and source it.

dry=no # yes: nothing is to be changed

say() { echo "$NAME: $*"; }
die() {
  echo "$NAME: $*" >&2
  exit 1
}
wrong() {
  echo "$NAME: $*; see $0 --help" >&2
  exit 2
}
need_root() { [ "$dry" = yes ] || [ "$(id -u)" = 0 ] || die "this needs root: sudo $0 $*"; }
would() { # says the command $@; fails when it is not to be run
  if [ "$dry" = yes ]; then
    say "would do: $*"
    return 1
  fi
  say "$*"
}

# Writes $1 to the kernel's file $2; says why that fails, without a shell's stack of lines.
put() {
  local error
  error=$({ echo "$1" >"$2"; } 2>&1) || {
    echo "$NAME: can't write '$1' to $2:${error##*:}" >&2
    return 1
  }
}
