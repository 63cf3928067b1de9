# The same scenarios without virtual machines: the nodes of a lab of flatlan whose daemons are real ones
# (drivers/lab.yaml). `flatlan up drivers/lab.yaml`, then FLATLAN_DRIVER=drivers/namespaces.sh in front of a scenario.
# Node nN is called mN here, so that the verdicts read the same.
lab=${FLATLAN_LAB:-machines}
on() { node=node/n$1; shift; flatlan exec --lab "$lab" "$node" -- sh -c "$*"; }
reboot_machine() { flatlan node stop "n$1" --lab "$lab" >/dev/null && flatlan node start "n$1" --lab "$lab" >/dev/null; }

# ps_json EXPRESSION: of `answer`, what `flatlan ps` says.
ps_json() {
    flatlan ps "$lab" --output json | python3 -c '
import json, sys
answer = json.load(sys.stdin)
name = lambda pod: "m" + pod["node"][1:] + "/" + pod["name"]
exec(sys.argv[1])' "$1"
}
list_pods() { ps_json 'for pod in sorted(answer["pods"], key=name): print(name(pod) + "=" + pod["ips"][0])'; }

# A pair is delivered when a short word over TCP arrived unchanged, as with the machines' own probe, and large packets too.
matrix() {
    flatlan ps "$lab" --output json >"$namespaces_state/ps"
    flatlan reach "$lab" --pods-only --family 4 --protocol tcp --output json >"$namespaces_state/reach" || true
    python3 - "$namespaces_state" <<'TEXT'
import json, sys
ps, reach = (json.load(open(f"{sys.argv[1]}/{name}")) for name in ("ps", "reach"))
pods = {f"{pod['namespace']}/{pod['name']}": f"m{pod['node'][1:]}/{pod['name']}" for pod in ps["pods"]}
failed = {}
for failure in reach["failures"]:
    rewritten = "rewritten" in failure["verdict"]
    failed[failure["from"], failure["to"]] = failure["verdict"] if rewritten else "lost"
for source, source_name in sorted(pods.items(), key=lambda item: item[1]):
    for target, target_name in sorted(pods.items(), key=lambda item: item[1]):
        print(source_name, target_name, failed.get((source, target), "delivered"))
TEXT
}
namespaces_state=$(mktemp -d)
trap 'rm -rf "$namespaces_state"' EXIT

first_pod_of() { list_pods | sed -n "s#^m$1/\\(.*\\)=.*#\\1#p" | head -n 1; }
flow_between() {
    flatlan exec --lab "$lab" "$(first_pod_of "$1")" -- ping -q -i 0.2 -W 2 -w "$3" "$2" |
        awk '/packets transmitted/ { print $1, $4 }'
}
trace_way() {
    source_machine=${1%%/*}
    flatlan exec --lab "$lab" "node/n${source_machine#m}" -- \
        "$(command -v flatlan)" trace --cluster "$(pod_address "$1")" "$(pod_address "$2")"
}
cut_off() {
    on "$1" "nft 'add table inet flatlan_lab_cut
        add chain inet flatlan_lab_cut in { type filter hook input priority -300; policy accept; }
        add rule inet flatlan_lab_cut in iifname eth0 drop
        add chain inet flatlan_lab_cut out { type filter hook output priority -300; policy accept; }
        add rule inet flatlan_lab_cut out oifname eth0 drop'"
}
join_again() { on "$1" nft delete table inet flatlan_lab_cut; }
stop_etcd() { flatlan node stop etcd --lab "$lab" >/dev/null; }
start_etcd() { flatlan node start etcd --lab "$lab" >/dev/null; }
# One pod more, and gone again.
add_a_pod() {
    sed 's/count: 6/count: 7/' "$here/drivers/lab.yaml" >"$namespaces_state/more.yaml"
    flatlan apply "$namespaces_state/more.yaml" >/dev/null && flatlan apply "$here/drivers/lab.yaml" >/dev/null
}
set_underlay_mtu() { on "$1" ip link set eth0 mtu "$2"; }
test_cluster() { flatlan exec --lab "$lab" "node/n$1" -- "$(command -v flatlan-reach)" --cluster; }
node_doctor() { flatlan exec --lab "$lab" "node/n$1" -- "$(command -v flatlan)" doctor --node; }
daemon_of() { on "$1" cat /run/flatland.pid; }
# A daemon that is about to end still runs, so that the lab would start no other.
start_daemon_after() {  # NUMBER SIGNAL
    on "$1" "pkill $2 -F /run/flatland.pid; while pgrep -F /run/flatland.pid >/dev/null; do sleep 0.1; done"
    flatlan node start "n$1" --lab "$lab" >/dev/null
}
exchange_daemon() { start_daemon_after "$1" -KILL; }
daemon_log() { on "$1" tail -n 50 /run/flatland.log; }
# A node has one interface, so it is given another, with the address that all first ones have.
use_first_interface() {
    on "$1" "ip link add nat0 type veth peer name nat1 && ip link set nat1 up && ip link set nat0 up &&
        ip address add 10.0.2.15/24 dev nat0 && sed -i 's/underlay: {/&interface: nat0, /' /run/flatlan/flatland.yaml"
    start_daemon_after "$1" -TERM || true
}
use_underlay_again() {
    on "$1" "ip link delete nat0; sed -i 's/interface: nat0, //' /run/flatlan/flatland.yaml"
    start_daemon_after "$1" -TERM
}
set_up_again() { :; }
