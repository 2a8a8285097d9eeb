#!/bin/sh
# Waits until a training job has finished: exit code 0 if it has, 1 where asking again cannot help, 2 after the last try.
# Needs SERVICE, TOKEN, JOB_ID; TRIES of half a minute each, 240 if not given. The token stays off the command line.
set -eu
tries=${TRIES:-240}
url="$SERVICE/v1/gates/training-done/wait?seconds=30&job_id=$JOB_ID"
while [ "$tries" -gt 0 ]; do
  response=$(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl -sS --config - --max-time 60 --retry 5 --retry-connrefused --fail-with-body "$url") || {
    echo "$response" >&2
    exit 1
  }
  case $response in
    *'"outcome": "met"'*) exit 0 ;;
    *'"outcome": "failed"'* | *'"outcome": "never_appeared"'* | *'"outcome": "bad_condition"'* | *'"outcome": "unauthorized"'*)
      echo "$response" >&2
      exit 1
      ;;
  esac
  tries=$((tries - 1))
done
echo "$response" >&2
exit 2
