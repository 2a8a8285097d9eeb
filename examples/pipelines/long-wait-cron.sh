#!/bin/sh
# One run of a long wait, for cron; a line of its table, which holds the settings too:
#
#   */15 * * * * JOB_ID=... /srv/deploy/long-wait-cron.sh >> /srv/deploy/long-wait.log 2>&1
set -u
cd "$(dirname "$0")" || exit 2

: "${JOB_ID:?the DevServer job to wait for}"
: "${TIMEOUT:=40h}" "${HOLD:=10m}"
ended="long-wait-$JOB_ID.ended"

# The wait is over: there is nothing to do until JOB_ID is another.
[ -e "$ended" ] && exit 0

code=0
nbcloud wait "job=modelarts:DevServerJob/$JOB_ID" --timeout "$TIMEOUT" --hold "$HOLD" \
  --resume "long-wait-$JOB_ID.json" --resume-key "$JOB_ID" --quiet || code=$?
# 75: nothing is decided yet. `ended` stands for every end of the wait; what fails otherwise is tried again.
case "$code" in
  75) exit 0 ;;
  0) ./deploy.sh || exit ;;
  1 | 3 | 4 | 5 | 6 | 124) ;;
  *) exit "$code" ;;
esac
echo "$code" > "$ended"
exit "$code"
