#!/bin/sh
# Build or complete .venv, needing only Python 3.11+ (and an index of packages).
#
#   sh deploy/bootstrap.sh            what the product runs on: requirements.txt
#   sh deploy/bootstrap.sh dev        the same, and tests/requirements.txt
#   sh deploy/bootstrap.sh bench      the same, and bench/requirements.txt if there is one
#
# PYTHON names the interpreter for a new .venv. Pip's settings (PIP_INDEX_URL, pip.conf) are honoured.
# Safe to repeat and to interrupt: a set's stamp .venv/.installed-SET is written only after all of it is in, and
# a .venv with the mark of a killed install is thrown away, since a half-copied package looks installed.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
log=$venv/bootstrap.log
killed_mark=$venv/.installing
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf '%s\n' "$*" >&2; }
fail() { say "bootstrap: $*"; exit 1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c "$new_enough" 2>/dev/null || fail "PYTHON=$PYTHON is not a working Python 3.11 or newer."
        printf '%s' "$PYTHON"
        return
    fi
    for name in python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c "$new_enough" 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null || echo "no python3")
    fail "Python 3.11 or newer is needed, found $found. Install it (for example \`apt install python3.11
  python3.11-venv\`, \`brew install python@3.12\`) or name one: PYTHON=/path/to/python3.12 make ..."
}

venv_works() {
    [ -x $venv/bin/python ] && [ ! -e $killed_mark ] && $venv/bin/python -c "$new_enough; import pip" 2>/dev/null &&
        $venv/bin/python -m pip --version >/dev/null 2>&1
}

make_venv() {
    venv_works && return
    python=$(find_python)
    say "bootstrap: creating $venv with $("$python" --version)"
    rm -rf $venv # what an interrupted run or a removed interpreter left
    "$python" -m venv $venv >/dev/null 2>&1 && venv_works && return
    rm -rf $venv
    if command -v uv >/dev/null 2>&1 && uv venv -q --seed --python "$python" $venv && venv_works; then return; fi
    rm -rf $venv
    fail "$python has no working venv module. On Debian and Ubuntu: apt install python3-venv; elsewhere
  install a complete Python, or uv (https://docs.astral.sh/uv/), and repeat."
}

find_uv() { # uv installs in seconds what takes pip a minute; without it everything works as well
    if command -v uv >/dev/null 2>&1; then
        uv=uv
    elif [ -x $venv/bin/uv ] || $venv/bin/python -m pip install -q --disable-pip-version-check uv >>$log 2>&1; then
        uv=$venv/bin/uv
    else
        uv=
    fi
    # uv does not read pip's settings; where only pip.conf names the index, uv fails and pip follows.
    if [ -n "${PIP_INDEX_URL:-}" ]; then
        UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}
        export UV_DEFAULT_INDEX
    fi
}

install_set() { # name, requirements file
    stamp=$venv/.installed-$1
    [ -f "$stamp" ] && [ -z "$(find "$2" -newer "$stamp")" ] && return
    say "bootstrap: installing $2"
    find_uv
    touch $killed_mark
    if [ -n "$uv" ] && "$uv" pip install -q --python $venv/bin/python --require-hashes -r "$2" >>$log 2>&1; then
        :
    elif $venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$2" >>$log 2>&1; then
        :
    else
        rm -f $killed_mark
        tail -n 15 $log >&2
        fail "could not install $2 (see $log). Is the package index reachable? A mirror: PIP_INDEX_URL=..."
    fi
    touch "$stamp"
    rm -f $killed_mark
}

make_venv
install_set runtime requirements.txt
case ${1:-runtime} in
    runtime) ;;
    dev) install_set dev tests/requirements.txt ;;
    bench)
        if [ -f bench/requirements.txt ]; then
            install_set bench bench/requirements.txt
        else
            touch $venv/.installed-bench
        fi
        ;;
    *) fail "unknown set '$1': runtime, dev or bench" ;;
esac
