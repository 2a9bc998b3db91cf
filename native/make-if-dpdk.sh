#!/bin/sh
# Called by Maven. Builds target/native/libustack.so where DPDK's headers are installed, and says so
# in one line where they are not: everything but the DPDK link works without it.
set -eu
cd "$(dirname "$0")"
if [ ! -f Makefile ]; then
  echo "native: no Makefile, nothing to build"
elif ! command -v make >/dev/null || ! command -v cc >/dev/null || ! pkg-config --exists libdpdk 2>/dev/null; then
  echo "native: make, cc or libdpdk (pkg-config) is missing, the DPDK shim is NOT built; dpdk-setup/install.sh installs them"
else
  exec make --no-print-directory -s
fi
