#!/bin/sh
# all.sh NUMBER: makes this machine the NUMBERth node of the lab. A second run changes nothing.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/../settings.sh"

# What is run here later, after a boot for instance, has not the environment of the first time.
for setting in "MACHINES:=$machines" "UNDERLAY:=$underlay" "POD_CIDRS:=$pod_cidrs" "PODS_EACH:=$pods_each"; do
    echo ": \"\${FLATLAN_$setting}\""
done >"$here/../made-with.sh"
for step in packages etcd node pods; do
    echo "== $step"
    "$here/$step.sh" "$1"
done
