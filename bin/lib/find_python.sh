# Sets $python to a Python that Studyhall runs on, or ends with one sentence. Sourced by the commands in bin/.
python=
for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do
    # Asked by running it: a name on the PATH may be a shim that leads nowhere.
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Studyhall needs Python 3.11, 3.12, 3.13 or 3.14, and none of them is on the PATH: install one first." >&2
    exit 1
fi
