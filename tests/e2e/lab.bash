# What the end-to-end tests share: the program as a person has it, run as root or as an ordinary user.
# Sourced with the test's arguments: FLATLAN root|user. Sets $work, a folder that both can read.
set -euo pipefail

if [[ $# -lt 2 || ! -x "$1" || ! "$2" =~ ^(root|user)$ ]]; then
    echo "usage: ${0##*/} FLATLAN root|user   (user: uid 12345, or whoever calls it)" >&2
    exit 2
fi
readonly who=$2 uid=12345
readonly root_of_sources=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
if [[ $who == root && $EUID -ne 0 ]]; then
    echo "skipped: only root starts labs as root"
    exit 77
fi

# The checkout may stand where only its owner can read: what is needed of it is copied.
work=$(mktemp -d /tmp/flatlan-e2e.XXXXXX)
readonly work
mkdir -p "$work/bin" "$work/run" "$work/home"
cp "$1" "$work/bin/${1##*/}"
# With these, labs of real daemons are run.
for program in flatland flatlan-cni; do
    [[ ! -x "${1%/*}/$program" ]] || cp "${1%/*}/$program" "$work/bin/"
done
cp -r "$root_of_sources/overlay/examples" "$work/examples"
chmod -R a+rX "$work"
chmod 700 "$work/run"

# In front of a command: as a person has it. LeakSanitizer would spin for ever once `exec` has joined
# another PID namespace.
as=(env -C "$work" HOME="$work/home" XDG_RUNTIME_DIR="$work/run" ASAN_OPTIONS=detect_leaks=0
    PATH="$work/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
[[ $who == root || $EUID -ne 0 ]] || as=(setpriv --reuid $uid --regid $uid --clear-groups "${as[@]}")
as_who() { "${as[@]}" "$@"; }
[[ $who == root || $EUID -ne 0 ]] || chown "$uid:$uid" "$work/run" "$work/home"

# No lab outlives its test, however the test ends.
finish() {
    local lab
    for lab in $(labs); do as_who flatlan down "$lab" || true; done
    rm -rf "$work"
}
trap finish EXIT

labs() { as_who flatlan ls --output json | json '" ".join(lab["name"] for lab in answer["labs"])'; }

# Evaluates a Python expression on the JSON that comes in, as `answer`.
json() { python3 -c 'import json, sys; answer = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# in_background FILE COMMAND...: its output goes to the file; $! is the command itself.
in_background() {
    local output=$1
    shift
    : >"$output"
    "${as[@]}" "$@" >"$output" 2>&1 </dev/null &
}

failures=0
fail() {
    echo "FAILED: $1"
    failures=$((failures + 1))
}

# expect STATUS WHAT COMMAND...: its output stays in $work/out and $work/err, and is shown when it fails.
expect() {
    local wanted=$1 what=$2 status=0
    shift 2
    as_who "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    if [[ $status -eq $wanted ]]; then
        echo "ok: $what"
    else
        fail "$what: '$*' gave $status, expected $wanted"
        sed 's/^/    /' "$work/out" "$work/err" | tail -n 40
    fi
}

# expect_words [-i] PATTERN WHAT: the last command said so, on either output; -i: in either case.
expect_words() {
    local flags=(-q)
    [[ $1 != -i ]] || { flags+=(-i); shift; }
    grep "${flags[@]}" -e "$1" "$work/out" "$work/err" || {
        fail "$2: nothing of '$1' in"
        sed 's/^/    /' "$work/out" "$work/err" | tail -n 20
    }
}

# wait_for WHAT COMMAND...: until the command says yes, or three minutes have gone (or $patience seconds).
wait_for() {
    local what=$1 deadline=$((SECONDS + ${patience:-180}))
    shift
    until "$@"; do
        [[ $SECONDS -lt $deadline ]] || { fail "not within ${patience:-180} s: $what"; return 1; }
        sleep 0.05
    done
}

# Of labs that have ended nothing is left but the folder of all labs, and the lock in it.
left_files() {
    local left
    left=$(find "$work/run/flatlan" -mindepth 1 ! -name .lock 2>/dev/null)
    [[ -z "$left" ]] || fail "files are left: $left"
}

# Nor control groups of the lab of this name; those of other users are not this test's.
left_control_groups() {
    local left
    left=$(find /sys/fs/cgroup -maxdepth 3 -path "*/flatlan/$1-*" -uid "$(as_who id -u)" 2>/dev/null)
    [[ -z "$left" ]] || fail "control groups are left: $left"
}

# At the end of a test.
conclude() { [[ $failures -eq 0 ]]; }
