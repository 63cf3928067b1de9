# What the scenarios do with machines that have kernels of their own. A driver says how to reach one:
# `on NUMBER COMMAND...`, as root, and `reboot_machine NUMBER`.
machine() { number=$1; shift; on "$number" "$lab_folder/provision/machine" "$@"; }

# Every pod of the lab: "m1/pod-1=10.244.0.2", one a line.
list_pods() { for m in $(all_machines); do machine "$m" pods </dev/null; done | sed 's/ /=/'; }

# matrix: "FROM TO VERDICT" for each ordered pair of $pods.
matrix() {
    for m in $(all_machines); do
        # shellcheck disable=SC2086
        machine "$m" probe $pods </dev/null &
    done | sort
    wait
}

flow_between() { machine "$1" flow pod-1 "$2" "$3"; }  # FROM-MACHINE ADDRESS SECONDS
# trace_way FROM TO: "m1/pod-1" and the like. The flatland of both machines follow packets, and say where one is lost.
trace_way() {
    source_machine=${1%%/*}
    on "${source_machine#m}" flatlan trace --cluster "$(pod_address "$1")" "$(pod_address "$2")" </dev/null
}

cut_off() { machine "$1" cut </dev/null; }
join_again() { machine "$1" heal </dev/null; }
stop_etcd() { on 1 systemctl stop etcd </dev/null; }
start_etcd() { on 1 systemctl start etcd </dev/null; }
add_a_pod() { on "$1" podman run --rm --quiet --network flatlan localhost/flatlan-pod /bin/busybox true </dev/null; }
set_underlay_mtu() { on "$1" "ip link set \$($lab_folder/provision/machine underlay) mtu $2" </dev/null; }
test_cluster() { on "$1" flatlan-reach --cluster </dev/null; }
node_doctor() { on "$1" flatlan doctor --node </dev/null; }
daemon_of() { on "$1" systemctl show -P MainPID flatland </dev/null; }
exchange_daemon() { on "$1" "dpkg -i $lab_folder/packages/*.deb" </dev/null >/dev/null; }
daemon_log() { on "$1" journalctl -u flatland -n 50 --no-pager </dev/null; }
# The first interface is eth0, with the same address on all of them. What the daemon then says is in its log.
use_first_interface() {
    on "$1" "sed -i 's/^spec:/spec:\n  underlay: {interface: eth0}/' /etc/flatlan/flatland.yaml" </dev/null
    on "$1" timeout 60 systemctl restart flatland </dev/null || true
}
use_underlay_again() {
    on "$1" "sed -i '/underlay: {interface: eth0}/d' /etc/flatlan/flatland.yaml
        systemctl reset-failed flatland; systemctl restart flatland" </dev/null
}
# After a boot: pods are started again, nothing else is to do.
set_up_again() { on "$1" "$lab_folder/provision/all.sh" "$1" </dev/null; }
