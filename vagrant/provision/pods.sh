#!/bin/sh
# Two pods a machine: containers of podman on the network flatlan, each with a web server that answers with the
# address it sees. The image is busybox and nothing else, made here, so nothing is pulled.
set -eu
. "$(dirname "$0")/../settings.sh"
readonly image=localhost/flatlan-pod

if ! podman image exists "$image"; then
    root=$(mktemp -d)
    mkdir -p "$root/bin" "$root/www/cgi-bin"
    cp "$(command -v busybox)" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n%%s\\n" "$REMOTE_ADDR"\n' >"$root/www/cgi-bin/who"
    chmod 755 "$root/www/cgi-bin/who"
    tar -C "$root" -cf - . | podman import --quiet - "$image" >/dev/null
    rm -rf "$root"
fi

for number in $(seq 1 "$pods_each"); do
    name=pod-$number
    [ "$(podman container inspect -f '{{.State.Running}}' "$name" 2>/dev/null)" != true ] || continue
    podman rm --force --ignore "$name" >/dev/null
    podman run --detach --quiet --name "$name" --network flatlan "$image" \
        /bin/busybox httpd -f -p 0.0.0.0:8080 -h /www >/dev/null
done
