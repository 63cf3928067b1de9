# The machines of the lab from the host's side; sourced by prove and the scenarios. Who reaches the machines is a
# driver: drivers/vagrant.sh (the usual one), or drivers/namespaces.sh, where they are the nodes of a lab of flatlan.
. "$here/settings.sh"
. "$here/drivers/machines.sh"
. "${FLATLAN_DRIVER:-$here/drivers/vagrant.sh}"

failures=0
all_machines() { seq 1 "$machines"; }

# judge: reads "FROM TO VERDICT", and which pairs are to be apart: those with a pod of machine $apart.
judge() {
    awk -v apart="$apart" -v pods="$(echo "$pods" | wc -w)" '
        { split($1, from, "/"); split($2, to, "/")
          cut = apart != "" && from[1] != to[1] && (from[1] == apart || to[1] == apart)
          expected = cut ? "lost" : "delivered"
          ++pairs; if ($3 == expected) ++fit; else print "    " $1 " -> " $2 ": " $3 ", expected " expected }
        END { printf "    %d of %d pairs as expected\n", fit, pairs
              exit !(pairs > 0 && pairs == pods * pods && fit == pairs) }'
}

# expect WHAT [APART]: the matrix is as it should be, within a time; the last look is shown.
expect() {
    what=$1 apart=${2:-}
    left=${FLATLAN_PATIENCE:-10}
    while :; do
        if seen=$(matrix | judge); then
            echo "PASS  $what"
            echo "$seen" | tail -n 1
            return
        fi
        left=$((left - 1))
        [ "$left" -gt 0 ] || break
        sleep 2
    done
    echo "FAIL  $what"
    echo "$seen"
    failures=$((failures + 1))
}

# verdict WHAT COMMAND...: the command says whether it is so.
verdict() {
    what=$1
    shift
    if "$@"; then echo "PASS  $what"; else echo "FAIL  $what"; failures=$((failures + 1)); fi
}

# eventually COMMAND...: within a time the command says yes.
eventually() {
    left=${FLATLAN_PATIENCE:-10}
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 2
    done
}

pod_address() { echo "$pods" | tr ' ' '\n' | sed -n "s#^$1=##p"; }
first_pod() { echo "$pods" | tr ' ' '\n' | sed -n "s#^\\(m$1/[^=]*\\)=.*#\\1#p" | head -n 1; }  # MACHINE

# needs_machines COUNT: whether the lab is large enough for a scenario is said before anything happens.
needs_machines() {
    [ "$machines" -ge "$1" ] && return
    echo "${0##*/} needs $1 machines, and FLATLAN_MACHINES is $machines" >&2
    exit 2
}

# A flow between the first pods of two machines, in the background: "SENT RECEIVED" is in $flow_file at its end.
begin_flow() {  # FROM-MACHINE TO-MACHINE SECONDS
    flow_file=$(mktemp)
    address=$(echo "$pods" | tr ' ' '\n' | sed -n "s#^m$2/[^=]*=##p" | head -n 1)
    flow_between "$1" "$address" "$3" </dev/null >"$flow_file" &
    flow=$!
}
no_loss() {
    wait "$flow" || true
    read -r sent received <"$flow_file" || return 1
    echo "    $received of $sent packets arrived"
    [ "$sent" -gt 0 ] && [ "$sent" -eq "$received" ]
}

conclude() { [ "$failures" -eq 0 ]; }
# find_pods: of all machines, since without any there would be nothing to prove.
find_pods() {
    pods=$(list_pods | tr '\n' ' ')
    for m in $(all_machines); do
        case " $pods" in *" m$m/"*) ;; *) echo "m$m tells of no pod" >&2; exit 1 ;; esac
    done
}
find_pods
