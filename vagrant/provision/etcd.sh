#!/bin/sh
# etcd on the first machine: on the underlay alone, and only for who has a certificate of this lab.
set -eu
. "$(dirname "$0")/../settings.sh"
[ "$1" -eq 1 ] || exit 0
address=$(address_of 1)

install -d -o etcd -g etcd -m 0700 /etc/etcd
for file in ca.crt etcd.crt etcd.key; do
    install -o etcd -g etcd -m 0600 "$lab_folder/certificates/$file" /etc/etcd/
done
cat >/etc/default/etcd.new <<TEXT
ETCD_NAME=m1
ETCD_DATA_DIR=/var/lib/etcd/default
ETCD_LISTEN_CLIENT_URLS=https://$address:2379,https://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=https://$address:2379
ETCD_LISTEN_PEER_URLS=http://127.0.0.1:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://127.0.0.1:2380
ETCD_INITIAL_CLUSTER=m1=http://127.0.0.1:2380
ETCD_CERT_FILE=/etc/etcd/etcd.crt
ETCD_KEY_FILE=/etc/etcd/etcd.key
ETCD_TRUSTED_CA_FILE=/etc/etcd/ca.crt
ETCD_CLIENT_CERT_AUTH=true
TEXT
# After a boot the address may come later than etcd: it tries again.
mkdir -p /etc/systemd/system/etcd.service.d
printf '[Service]\nRestart=on-failure\nRestartSec=2\nTimeoutStartSec=300\n' >/etc/systemd/system/etcd.service.d/lab.conf
[ ! -L /etc/systemd/system/etcd.service ] || rm /etc/systemd/system/etcd.service
systemctl daemon-reload
if cmp -s /etc/default/etcd.new /etc/default/etcd && systemctl is-active --quiet etcd; then
    rm /etc/default/etcd.new
else
    mv /etc/default/etcd.new /etc/default/etcd
    systemctl enable --quiet etcd
    systemctl restart etcd
fi
