#!/bin/sh
# all.sh NUMBER: makes this machine the NUMBERth node of the lab. A second run changes nothing.
set -eu
here=$(dirname "$(readlink -f "$0")")
for step in packages etcd node pods; do
    echo "== $step"
    "$here/$step.sh" "$1"
done
