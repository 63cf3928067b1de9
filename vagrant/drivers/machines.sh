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
# trace_way FROM TO: "m1/pod-1" and the like. On both machines each device that packets pass notes them; the way holds
# when all of them saw as many as were sent, and as many answers.
trace_way() {
    packets=5
    source_machine=${1%%/*} target_machine=${2%%/*}
    source=$(pod_address "$1") target=$(pod_address "$2")
    for m in "${source_machine#m}" "${target_machine#m}"; do machine "$m" watch "$source" "$target" </dev/null; done
    sent=$(machine "${source_machine#m}" send "${1#*/}" "$target" "$packets" </dev/null)
    for m in "${source_machine#m}" "${target_machine#m}"; do
        machine "$m" watched "$packets" </dev/null | sed "s/ / m$m /"
    done | awk -v from="$source_machine" -v sent="${sent% *}" -v answered="${sent#* }" '
        { place = $3 == "host" ? $2 : $2 "/" $3
          line = sprintf("    %-8s %-9s %-16s %-4s%3d of %d", $1, place, $4, $5, $7, sent) ($6 == "-" ? "" : "  in VXLAN " $6)
          # Requests pass the pod, then its machine, then the other one; answers the other way round.
          near = $2 == from; pod = $3 != "host"; answer = $1 == "answer"
          rank = answer * 10 + (near == answer) * 5 + (near == answer ? pod : !pod)
          lines[rank] = lines[rank] line "\n"; whole[$1] += $7 == sent }
        END { for (rank = 0; rank < 20; ++rank) printf "%s", lines[rank]
              printf "    %d answers to %d packets\n", answered, sent
              # A pod, its end of the cable, the tunnel and the underlay, on two machines.
              exit !(sent > 0 && answered == sent && whole["request"] == 8 && whole["answer"] == 8) }'
}
pod_address() { echo "$pods" | tr ' ' '\n' | sed -n "s#^$1=##p"; }

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
