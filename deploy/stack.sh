# stack.sh: sourced by the scripts that try the compose stack. It gives each a stack of its own, beside one that runs here already,
# and takes it away at the end. They set $me (their name) first.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C

say() { echo "  $*"; }
no() { echo "$me: $*" >&2; exit 1; }
step() { echo "$*"; }
need_docker() {
  docker version >/dev/null 2>&1 || { echo "$me: no Docker engine answers here, and without one nothing of this can be tried" >&2; exit 3; }
  docker compose version >/dev/null 2>&1 || { echo "$me: docker has no compose v2 here (2.24 or newer is needed)" >&2; exit 3; }
}

project=${VIW_TRY_PROJECT:-viworks-try-$$}
version=${VIW_VERSION:-0.1.0}
export VIW_VERSION=$version
# The first of some subnets and pairs of ports that nobody has yet, unless the caller says which.
pick_place() {
  local number taken
  taken=$(docker network ls -q | xargs -r docker network inspect -f '{{range .IPAM.Config}}{{.Subnet}} {{end}}' | tr '\n' ' ')
  for number in $(seq 83 120); do
    case " $taken" in *" 172.31.$number."*) continue ;; esac
    ! (exec 3<>"/dev/tcp/127.0.0.1/$((18000 + number))") 2>/dev/null && ! (exec 3<>"/dev/tcp/127.0.0.1/$((18400 + number))") 2>/dev/null || continue
    export VIW_EDGE_PORT=$((18400 + number)) VIW_ADMIN_PORT=$((18000 + number))
    export VIW_DOORS_SUBNET=172.31.$number.0/24 VIW_DOORS_RANGE=172.31.$number.128/25 VIW_EDGE_ADDRESS=172.31.$number.10
    return
  done
  no "no subnet of 172.31.83.0 to 172.31.120.0 is free"
}
keep=no
files=(-f docker-compose.agent.yml)
compose() { docker compose -p "$project" --env-file "$secrets/compose.env" "${files[@]}" --profile demo "$@"; }

# Fresh secrets, and the end of all of it when the script ends; or, where another of these scripts calls, that one's stack.
open_stack() {
  need_docker
  [ -n "${VIW_DOORS_SUBNET:-}" ] || pick_place
  api="http://127.0.0.1:${VIW_ADMIN_PORT:=18081}/admin/api"
  if [ -n "${VIW_TRY_SECRETS:-}" ]; then secrets=$VIW_TRY_SECRETS; return; fi
  secrets=$(mktemp -d)
  trap close_stack EXIT
  deploy/make-secrets --dir "$secrets" localhost,127.0.0.1,edge >"$secrets/said" 2>&1 || { cat "$secrets/said" >&2; no "no secrets were made"; }
}
close_stack() {
  local status=$?
  [ $status -eq 0 ] || compose logs --no-color --tail 60 2>/dev/null | grep -v -i '"level":"info"\|LOG:\|org.flywaydb' | tail -n 30 | cut -c1-220 || true
  if [ "$keep" = no ]; then
    docker ps -aq --filter "label=io.viworks.try=$project" | xargs -r docker rm -f >/dev/null 2>&1 || true
    compose down -v --remove-orphans --timeout 5 >/dev/null 2>&1 || true
    rm -rf "$secrets"
  else
    echo "$me: kept as compose project $project, with the secrets in $secrets"
  fi
  [ $status -eq 0 ] || echo "$me: FAILED after $SECONDS s"
}
# compose, quietly; what it said when it fails.
quietly() { # WHAT ARGUMENTS…
  local what=$1
  shift
  compose "$@" >"$secrets/said" 2>&1 || { tail -20 "$secrets/said" >&2; no "$what"; }
}
within() { # SECONDS WHAT COMMAND…
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $until ] || no "$what: not within its time"; sleep 1; done
}

# ---- the API ----------------------------------------------------------------------------------------------------------------
call() { curl -sf -m 20 -H "@$secrets/admin.header" -H 'Content-Type: application/json' "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
connected() { call "$api/gateways/$1" | grep '"status":"connected"' >/dev/null; }
ask_echo() { # GATEWAY: the correlation id of an echo that was accepted
  call -d '{"command":"echo","parameters":{"message":"hi"}}' "$api/gateways/$1/commands" | field correlation_id
}
end_of() { # GATEWAY ID: the state in which a command ends, within a minute
  local state
  for _ in $(seq 60); do
    state=$(call "$api/gateways/$1/commands/$2" | field state)
    case "$state" in QUEUED | DISPATCHED | ACKED | "") sleep 1 ;; *) echo "$state"; return ;; esac
  done
  echo "none (${state:-no answer})"
}
echo_ends() { end_of "$1" "$(ask_echo "$1")"; }

# ---- what stands behind -------------------------------------------------------------------------------------------------------
sql() { compose exec -T postgres psql -U viworks -d viworks -v ON_ERROR_STOP=1 -Atc "$1" </dev/null; }
containers() { compose ps -q "$1"; }
address() { # CONTAINER NETWORK
  docker inspect -f "{{(index .NetworkSettings.Networks \"${project}_$2\").IPAddress}}" "$1"
}
# Many agents in one container, connected through the edge like everybody; killed with the stack.
simulate() { # NAME COUNT MORE…
  local name=$1 count=$2
  shift 2
  docker run -d --name "$project-$name" --label "io.viworks.try=$project" --network "${project}_outside" --user "$(stat -c %u:%g "$secrets/shared_secret")" \
    --read-only --tmpfs /tmp --cap-drop ALL -v "$secrets/shared_secret:/shared_secret:ro" -v "$secrets/server/ca.crt:/ca.crt:ro" \
    -e VIW_AGENT_BACKEND_URL=wss://edge:8443/agent/ws -e VIW_AGENT_AGENT_ID="$name" -e VIW_AGENT_TRUST_BUNDLE=/ca.crt -e VIW_AGENT_DATA_DIR=/tmp/data \
    -e VIW_AGENT_SHARED_SECRET_FILE=/shared_secret -e VIW_AGENT_SITE=simulated -e VIW_AGENT_COLLECT_INTERVAL=30 \
    --entrypoint java "viworks/agent:$version" -Xmx512m -XX:+UseSerialGC -XX:+UseCompactObjectHeaders -jar /app/agent.jar simulate --count "$count" "$@" >/dev/null
}
# The newest line of a simulation: a number of it.
simulated() { docker logs --tail 3 "$project-$1" 2>/dev/null | grep '"event":"simulation"' | tail -1 | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"; }
all_simulated() { [ "$(sql "select count(*) from os_gateways where agent_id like '$1-%' and status = 'connected'")" = "$2" ]; }
bridges_known() { [ "$(docker exec "$(containers edge)" grep -c 'server ' /run/edge/bridges.servers)" = "$1" ]; }

# Networks that lead nowhere can still be reached by this machine itself.
ready() { curl -sf -o /dev/null -m 2 "http://$(address "$1" monitoring):$2/actuator/health/readiness"; }
metric() { # CONTAINER PORT NAME: sum over its tags
  curl -sf -m 5 "http://$(address "$1" monitoring):$2/actuator/prometheus" | awk -v name="$3" '$1 == name || index($1, name "{") == 1 { sum += $NF } END { printf "%.0f\n", sum }'
}
