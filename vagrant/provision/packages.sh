#!/bin/sh
# Installs what a machine needs: the three packages of flatlan, podman, and on the first machine etcd.
set -eu
. "$(dirname "$0")/../settings.sh"
number=$1

wanted="podman crun containernetworking-plugins busybox-static iputils-ping ca-certificates nftables tcpdump"
[ "$number" -ne 1 ] || wanted="$wanted etcd-server etcd-client"

missing=''
for package in $wanted; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
export DEBIAN_FRONTEND=noninteractive
if [ -n "$missing" ]; then
    # etcd would start at once, and open to everybody.
    mkdir -p /etc/systemd/system
    [ -e /etc/default/etcd ] || ln -sf /dev/null /etc/systemd/system/etcd.service
    apt-get -q update
    # shellcheck disable=SC2086
    apt-get -q -y --no-install-recommends install $missing
fi

# Those that are not there yet in this version; their dependencies come from Debian.
for file in "$lab_folder"/packages/*.deb; do
    package=$(dpkg-deb -f "$file" Package)
    version=$(dpkg-deb -f "$file" Version)
    [ "$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null)" != "installed $version" ] || continue
    set -- "$@" "$file"
done
shift
[ $# -eq 0 ] || apt-get -q -y --no-install-recommends install "$@"
