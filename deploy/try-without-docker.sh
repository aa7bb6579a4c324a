#!/usr/bin/env bash
# The Dockerfile's steps in plain folders, where there is no container engine: the files that .dockerignore lets
# through, a new virtual environment, a user who is not root and may write in one folder only. Prints `works`.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
service=""
trap 'test -z "$service" || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$work/src/deploy" "$work/etc" "$work/state/var"
cp -R adapter booking_rules nomis_client notifier pyproject.toml requirements.lock README.md LICENSE "$work/src"
cp deploy/build.sh "$work/src/deploy"
cp config.toml "$work/etc"
(cd "$work/src" && sh deploy/build.sh "$work/venv")
chmod 755 "$work"
chmod -R a+rX,go-w "$work/venv" "$work/etc"
as_nobody=()
if [ "$(id -u)" = 0 ]; then
    chown -R 65534:65534 "$work/state"
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
cd "$work/state"
export ADAPTER__API__PORT=0 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
"${as_nobody[@]}" "$work/venv/bin/visits-adapter" serve --config "$work/etc/config.toml" >"$work/out" 2>"$work/err" &
service=$!
for _ in $(seq 600); do
    grep -q '^ready: ' "$work/out" && break
    kill -0 "$service" || { cat "$work/err"; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/^ready: //p' "$work/out")
"$work/venv/bin/python" "$OLDPWD/deploy/healthcheck.py" "$url/health/liveness"
kill -TERM "$service"
wait "$service"
service=""
echo works
