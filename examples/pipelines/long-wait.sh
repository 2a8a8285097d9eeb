#!/bin/sh
# A long wait in a shell: each run of the command waits for HOLD, and whatever ends it or this machine, the next goes on.
#
#   JOB_ID=... ./long-wait.sh && ./deploy.sh
set -u

: "${JOB_ID:?the DevServer job to wait for}"
: "${TIMEOUT:=40h}" "${HOLD:=50m}" "${PAUSE:=60}"
record="${RECORD:-long-wait-$JOB_ID.json}"

while :; do
  code=0
  nbcloud wait "job=modelarts:DevServerJob/$JOB_ID" --timeout "$TIMEOUT" --hold "$HOLD" \
    --resume "$record" --resume-key "$JOB_ID" || code=$?
  # 75: nothing is decided yet.
  [ "$code" -eq 75 ] || exit "$code"
  sleep "$PAUSE"
done
