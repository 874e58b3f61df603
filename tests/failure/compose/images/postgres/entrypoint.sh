#!/bin/bash
# As much of the official image's entry point as docker-compose.yml uses: started as the user postgres; an empty data folder is
# initialised with the password of POSTGRES_PASSWORD_FILE and opened to passwords over TCP; then the server takes over.
set -euo pipefail

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086  # several options in one variable, as in the official image
    initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust \
        ${POSTGRES_INITDB_ARGS:-} "$PGDATA"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
fi
exec "$@"
