# What the stand-ins share; read by them, not run. They keep who there is in files, in the folder
# `state` beside them, and never keep a secret.
set -eu
umask 077
state=$(dirname -- "$0")/state
mkdir -p -- "$state"

# fail CODE TEXT...: says why on stderr and ends.
fail() {
    code=$1
    shift
    echo "$*" >&2
    exit "$code"
}

# The same forms the agent has checked: a script that makes users checks them itself as well.
must_be_name() {
    case $1 in
        [a-z_]*) ;;
        *) fail 64 "the user name must begin with a letter or _" ;;
    esac
    case $1 in
        *[!a-z0-9_-]*) fail 64 "the user name must be of a-z, 0-9, _ and -" ;;
    esac
    [ ${#1} -le 32 ] || fail 64 "the user name must have at most 32 characters"
}

# must_hold MEMBER...: reads the line of JSON and looks whether its members are there. A real
# script takes them out with a JSON parser, for example: password=$(printf %s "$line" | jq -r .password)
must_hold() {
    IFS= read -r line || fail 65 "a line of JSON must come on standard input"
    for member in "$@"; do
        case $line in
            *"\"$member\":\""*) ;;
            *) fail 65 "$member is missing on standard input" ;;
        esac
    done
    line=
}

# create KIND NAME TEXT: one at a time; two at once make one user.
create() {
    (set -C && printf '%s\n' "$3" >"$state/$1.$2") 2>/dev/null ||
        fail 17 "user $2 is there already"
    echo "created $1 $2"
}

# delete KIND NAME: no error when there is none, so that it can be repeated.
delete() {
    if rm -- "$state/$1.$2" 2>/dev/null; then
        echo "deleted $1 $2"
    else
        echo "there is no $1 $2"
    fi
}
