#!/usr/bin/env bash
# test_consumer.sh BUILD [COMPILER]: installs that build into a scratch folder and uses nothing else of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1
compiler=${2:-c++}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "test_consumer.sh: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/a moved prefix" # an installation may be moved, also to where there are spaces
prefix="$scratch/a moved prefix"
if grep -rIlF -e "$build" -e "$(cd "$here/../.." && pwd)" "$prefix/lib"*/cmake "$prefix/include"; then
  fail "the files above point into the build or the source tree"
fi
if objdump -p "$prefix"/lib*/libdriftwell.so | grep -E 'R(UN)?PATH'; then fail "the installed library has a run path"; fi

# Every public header stands alone.
while read -r header; do echo "#include <${header#"$prefix/include/"}>"; done < <(find "$prefix/include" -name '*.hpp' | sort) >"$scratch/all.hpp"
[ "$(wc -l <"$scratch/all.hpp")" -gt 10 ] || fail "hardly any headers were installed"

unset LD_LIBRARY_PATH CMAKE_PREFIX_PATH
cp "$here/CMakeLists.txt" "$here/main.cpp" "$scratch"
cmake -G Ninja -S "$scratch" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-O1 -Wall -Wextra" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "configuring failed"; }
grep -q "^driftwell_DIR:PATH=$prefix/" "$scratch/build/CMakeCache.txt" || fail "found another driftwell: $(grep ^driftwell_DIR "$scratch/build/CMakeCache.txt")"
cmake --build "$scratch/build" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "building failed"; }
if grep -i 'warning' "$scratch/log"; then cat "$scratch/log" >&2; fail "the public headers give warnings"; fi
"$scratch/build/consumer" || fail "the consumer's KL is off (exit code $?)"
while read -r line; do
  echo "$line" >"$scratch/one.cpp"
  "$compiler" -std=c++20 -fsyntax-only -I "$prefix/include" -isystem /usr/include/eigen3 "$scratch/one.cpp" || fail "$line does not stand alone"
done <"$scratch/all.hpp"

# The installed program, from somewhere else, by name.
cd /
PATH="$prefix/bin:$PATH"
[ "$(command -v driftwell)" = "$prefix/bin/driftwell" ] || fail "another driftwell is first on PATH"
driftwell --version | grep -E '^driftwell [0-9]+\.[0-9]+\.[0-9]+' || fail "no version"
[ "$(ldd "$prefix/bin/driftwell" | grep -c 'not found')" -eq 0 ] || fail "libraries are missing: $(ldd "$prefix/bin/driftwell")"
driftwell list models --json | /usr/bin/python3 -c '
import json, os, sys
paths = [os.path.realpath(path) for path in json.load(sys.stdin)]
prefix = os.path.realpath(sys.argv[1]) + "/"
sys.exit(not (len(paths) > 1 and all(path.startswith(prefix) for path in paths)))' "$prefix" ||
  fail "list models does not show the models of this installation: $(driftwell list models)"
driftwell run "$prefix/share/driftwell/models/double_well_1d.toml" -q -o "$scratch/out.h5" --set fokker_planck.cells=100
driftwell info "$scratch/out.h5" --json >/dev/null
echo "installed driftwell is complete"
