# What the scripts share: where the project is, and a Python that is new enough.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found; set PYTHON to it." >&2
    return 1
}

# make_venv FOLDER: a virtual environment, made once.
make_venv() {
    if [ ! -x "$1/bin/python" ]; then
        local python
        python=$(find_python) || exit 1
        "$python" -m venv "$1" || exit 1
    fi
}
