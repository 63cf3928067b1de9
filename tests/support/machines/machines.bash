# Small machines under qemu, for tests: boot, log in, switch off. Sourced; needs $machines, a folder with what
# make_image made, and $state, an empty folder of the test's own.
#
# Each machine m1, m2, ... has two interfaces: eth0, on which all have the address 10.0.2.15 and which leads nowhere
# but to this test, and eth1, 192.168.56.1N, on an Ethernet between the machines that is a multicast group of
# this host's loopback.

memory_mib=${FLATLAN_MACHINE_MEMORY_MIB:-512}
readonly ssh_port_base=${FLATLAN_SSH_PORT_BASE:-22200}
readonly link_group=230.56.0.1:${FLATLAN_LINK_PORT:-15600}

# boot NUMBER: begins; `await_login` waits until it is up.
boot() {
    local disk="$state/m$1.qcow2" options=()
    [[ -e $disk ]] || qemu-img create -q -f qcow2 -b "$(readlink -f "$machines/disk.ext4")" -F raw "$disk"
    # Where this host is busy, an emulated machine's timer comes too late for the kernel's check of it, which panics.
    local patient="no_timer_check panic=-1"
    [[ ! -w /dev/kvm ]] || options+=(-enable-kvm -cpu host)
    nice -n "${FLATLAN_MACHINE_NICE:-0}" qemu-system-x86_64 -machine q35 "${options[@]}" -m "$memory_mib" -smp 1 \
        -nodefaults -no-user-config -display none -serial "file:$state/m$1.console" \
        -monitor "unix:$state/m$1.monitor,server=on,wait=off" -kernel "$machines/kernel" -initrd "$machines/initrd" \
        -append "root=/dev/vda rw console=ttyS0 net.ifnames=0 systemd.hostname=m$1 mitigations=off quiet $patient" \
        -drive "file=$disk,if=virtio,cache=unsafe" -device virtio-rng-pci \
        -netdev "user,id=nat,restrict=on,hostfwd=tcp:127.0.0.1:$((ssh_port_base + $1))-:22" \
        -device virtio-net-pci,netdev=nat,mac=52:54:00:12:34:56 \
        -netdev "socket,id=link,mcast=$link_group,localaddr=127.0.0.1" \
        -device "virtio-net-pci,netdev=link,mac=52:54:00:56:00:1$1" </dev/null >"$state/m$1.qemu" 2>&1 &
    echo $! >"$state/m$1.pid"
}

# on NUMBER COMMAND...: as root on that machine; the words are joined by the shell there.
on() {
    local number=$1
    shift
    ssh -q -F none -i "$machines/key" -p $((ssh_port_base + number)) -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o ConnectTimeout=90 -o ServerAliveInterval=30 root@127.0.0.1 "$@"
}

# put NUMBER SOURCE TARGET: a file or folder onto that machine.
put() { tar -C "$(dirname "$2")" -cf - "$(basename "$2")" | on "$1" "mkdir -p '$3' && tar -C '$3' -xf -"; }

await_login() {  # NUMBER [SECONDS]
    local deadline=$((SECONDS + ${2:-600}))
    until on "$1" true </dev/null 2>/dev/null; do
        kill -0 "$(<"$state/m$1.pid")" 2>/dev/null || { echo "machine m$1 ended: $(<"$state/m$1.qemu")" >&2; return 1; }
        if [[ $SECONDS -ge $deadline ]]; then
            echo "machine m$1 gave no login; its console:" >&2
            tail -n 30 "$state/m$1.console" >&2
            return 1
        fi
        sleep 1
    done
}

switch_off() {  # at the test's end: the machines are the test's own
    local pid
    for pid in "$state"/m*.pid; do
        # Not asked to end: one whose kernel panicked does not, and its disk goes as well.
        [[ ! -e $pid ]] || kill -KILL "$(<"$pid")" 2>/dev/null || true
    done
}
