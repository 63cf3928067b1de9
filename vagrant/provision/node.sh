#!/bin/sh
# flatland on each machine. It finds the underlay by the route to etcd; the first interface of all of them has the
# same address and would not do.
set -eu
. "$(dirname "$0")/../settings.sh"

install -d -m 0700 /etc/flatlan/certificates
for file in ca.crt node.crt node.key; do
    install -m 0600 "$lab_folder/certificates/$file" /etc/flatlan/certificates/
done
cat >/etc/flatlan/flatland.yaml.new <<TEXT
apiVersion: flatlan/v1
kind: Daemon
spec:
  registry:
    etcd:
      endpoints: https://$(address_of 1):2379
      ca: /etc/flatlan/certificates/ca.crt
      cert: /etc/flatlan/certificates/node.crt
      key: /etc/flatlan/certificates/node.key
  podCIDRs: [$pod_cidrs]
  cni:
    conflist: /etc/cni/net.d/10-flatlan.conflist
TEXT
if cmp -s /etc/flatlan/flatland.yaml.new /etc/flatlan/flatland.yaml && systemctl is-active --quiet flatland; then
    rm /etc/flatlan/flatland.yaml.new
else
    mv /etc/flatlan/flatland.yaml.new /etc/flatlan/flatland.yaml
    systemctl enable --quiet flatland
    systemctl restart flatland
fi

# Pods can be added once the daemon has written this.
left=120
until [ -e /etc/cni/net.d/10-flatlan.conflist ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { systemctl status flatland --no-pager -n 20; exit 1; }
    sleep 1
done
