#!/bin/sh
# in_own_network.sh COMMAND...: runs it in a network namespace of its own, where loopback is up and nobody else talks.
# Exit code 77 where none can be made.
unshare --net true 2>/dev/null || { echo "skipped: no network namespace can be made here"; exit 77; }
exec unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"
