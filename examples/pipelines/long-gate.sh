#!/bin/sh
# A stack with a gate that has `hold`: exit code 10 of `pulumi up` says that it is awaiting, and the next update goes on.
#
#   STACK=prod ./long-gate.sh
set -u

: "${STACK:?the stack to update}"
: "${PAUSE:=600}"

while :; do
  code=0
  pulumi up --yes --skip-preview --stack "$STACK" || code=$?
  [ "$code" -eq 10 ] || exit "$code"
  sleep "$PAUSE"
done
