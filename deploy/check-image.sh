#!/usr/bin/env bash
# Builds the image without a container engine and proves what it promises: it runs as its own user on a read-only root, and
# is healthy. Needs Debian as root: apt-get install buildah mmdebstrap
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
work=$(mktemp -d)
containers=()
finish() {
    if [ -n "${server:-}" ]; then kill "$server" && wait "$server" || true; fi
    if mountpoint -q "$work/root"; then umount "$work/root"; fi
    for container in "${containers[@]}"; do buildah rm "$container" >/dev/null; done
    rm -rf "$work"
}
trap finish EXIT

echo "== a base of Debian's own packages"
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base.tar"
base=$(buildah from scratch)
containers+=("$base")
buildah add --quiet "$base" "$work/base.tar" / >/dev/null
buildah commit --quiet "$base" localhost/python-base >/dev/null

echo "== the image"
# The build installs with the same configuration of pip as this machine.
volumes=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
for path in /etc/pip.conf /opt; do [ ! -e "$path" ] || volumes+=(--volume "$path:$path:ro"); done
buildah bud --quiet --format docker --build-arg BASE=localhost/python-base --tag kratom-api "${volumes[@]}" . >/dev/null
image=$(buildah from kratom-api)
containers+=("$image")
root=$(buildah mount "$image")
user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' kratom-api)
echo "user $user"
echo "size $(du --summarize --block-size=1M "$root" | cut -f1) MB, of which the service $(du --summarize --block-size=1M --total "$root/serve" "$root/srv" | tail -1 | cut -f1) MB"
[ "$user" != 0 ] && [ "$user" != root ]

echo "== on a read-only root, as that user"
mkdir "$work/root"
mount --bind "$root" "$work/root"
mount -o remount,ro,bind "$work/root"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
chroot --userspec="$user:$user" "$work/root" /usr/bin/env -i PATH=/serve/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 \
    API_HOST=127.0.0.1 API_PORT="$port" sh -c 'cd /srv && exec python -m app' &
server=$!
for _ in $(seq 100); do curl --silent --fail "http://127.0.0.1:$port/health/ready" >/dev/null && break; sleep 0.1; done
curl --silent --fail "http://127.0.0.1:$port/health/ready"; echo
curl --silent --fail "http://127.0.0.1:$port/v1/strains" | python3 -c 'import json, sys; print(json.load(sys.stdin)["meta"]["total"], "strains")'
buildah inspect --type image kratom-api | python3 -c '
import json, shlex, sys
_, *command = json.load(sys.stdin)["Docker"]["config"]["Healthcheck"]["Test"]
print(shlex.join(command))' >"$work/health"
chroot --userspec="$user:$user" "$work/root" /usr/bin/env PATH=/serve/bin:/usr/bin:/bin API_PORT="$port" sh -c "$(cat "$work/health")"
echo "the image's own health check passes"
chroot --userspec="$user:$user" "$work/root" sh -c '! touch /srv/x 2>/dev/null'
echo "resident $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$server/status") MB"
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
echo "SIGTERM: exit status $status"
[ "$status" = 0 ] || [ "$status" = 143 ]
