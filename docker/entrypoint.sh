#!/bin/sh
# Runs a command, by default JupyterLab, in the mounted workspace with the image's packages, as the workspace's owner: what
# it writes is the owner's.
set -eu

workspace=/workspace
packages=/opt/tslake/node_modules
cd "$workspace"

if [ ! -f package.json ]; then
  echo "No workspace is mounted at $workspace. Start it by: docker compose -f docker/compose.yaml up" >&2
  exit 2
fi
[ $# -gt 0 ] || set -- node bin/tslake.js lab --no-browser --ip 0.0.0.0 --published-on "${LAB_ADDRESS:-127.0.0.1}"

export HOME=/tmp/home
if [ "$(id -u)" != 0 ]; then
  mkdir -p "$HOME"
  exec "$@"
fi

# The image's packages, under the names where the workspace looks for them; the library is the workspace's own.
find node_modules -mindepth 1 -maxdepth 1 -type l -delete
ln -s "$packages"/* "$packages/.bin" node_modules/
ln -sfn "$workspace/lib" node_modules/tslake
ln -sfn "$workspace/bin" node_modules/tslake-cli

uid=$(stat -c %u .)
gid=$(stat -c %g .)
mkdir -p "$HOME"
chown "$uid:$gid" node_modules "$HOME"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
