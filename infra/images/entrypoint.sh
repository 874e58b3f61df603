#!/bin/sh
# Take the settings of this one container from its secrets volume, then become the command.
# Passwords stay out of `docker inspect`, of docker-compose.yml and of the environment of other containers.
set -eu
for file in /run/koki/*.env; do
    [ -r "$file" ] || continue
    set -a
    . "$file"
    set +a
done
exec "$@"
