#!/usr/bin/env bash
# Asks GNU as for the bytes of every line "text | bytes" on standard input and prints "text | bytes-of-as", for the golden file of AssemblerTest.
# With --compare it prints the lines whose bytes differ, and what as makes of them.
set -eu -o pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/lines"
{ echo ".intel_syntax noprefix"; sed 's/ | .*//' "$work/lines"; } > "$work/all.s"
as --64 -al="$work/listing" -o "$work/all.o" "$work/all.s" 2> "$work/errors" || true
cat "$work/errors" >&2
python3 - "$work" "${1-}" <<'PY'
import re, sys
work, mode = sys.argv[1], sys.argv[2]
lines = [l.rstrip("\n").split(" | ") for l in open(work + "/lines")]
code = {}
for row in open(work + "/listing"):
    m = re.match(r"\s*(\d+)\s+([0-9a-f]{4,})\s([0-9A-F]+)", row)
    if m: code[int(m[1])] = code.get(int(m[1]), "") + m[3].lower()
    else:
        m = re.match(r"\s*(\d+)\s+([0-9A-F]+)\s*$", row)
        if m and int(m[1]) in code: code[int(m[1])] += m[2].lower()
different = 0
for i, (text, ours) in enumerate(lines):
    theirs = code.get(i + 2, "refused")
    if mode == "--compare":
        if theirs != ours: different += 1; print(f"{text} | {ours} | {theirs}")
    else: print(f"{text} | {theirs}")
if mode == "--compare": print(f"{len(lines)} lines, {different} differ")
PY
