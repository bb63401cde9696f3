#!/usr/bin/env bash
# Asks GNU as for the bytes of every line "text | bytes" on standard input and prints "text | bytes-of-as", for the golden file of AssemblerTest.
# With --compare it prints the lines whose bytes differ, and what as makes of them; with --objdump those that objdump reads otherwise from our bytes.
set -eu -o pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/lines"
if [ "${1-}" = --objdump ]; then
  sed 's/.* | //; s/../0x&,/g; s/,$//; s/^/.byte /' "$work/lines" > "$work/bytes.s"
  as --64 -o "$work/bytes.o" "$work/bytes.s"
  objdump -d -w -M intel --insn-width=16 "$work/bytes.o" > "$work/read"
  python3 - "$work" <<'PY'
import re, sys
names = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"]
def plain(text):
    text = re.sub(r"\b([xyz]mmword|qword|dword|word|byte)( ptr| bcst) ?", "", text.split("#")[0].lower())
    text = re.sub(r"0x[0-9a-f]+", lambda m: str((int(m[0], 16) + (1 << 63)) % (1 << 64) - (1 << 63)), text)
    text = re.sub(r"\{1to\d+\}|\*1(?=[+\-\]])|\+0(?=\])", "", text)
    return re.sub(r"\s+", " ", text).replace(", ", ",").strip()
def named(text):  # objdump names the relation of a comparison
    return re.sub(r"^(vp?cmp)(p[sd]|u?[bwdq]) (.*),(\d)$", lambda m: m[0] if m[1] == "vpcmp" and m[4] in "37" else m[1] + names[int(m[4])] + m[2] + " " + m[3], text)
lines = [l.rstrip("\n").split(" | ") for l in open(sys.argv[1] + "/lines")]
read = [m.groups() for m in (re.match(r"\s*[0-9a-f]+:\t([0-9a-f ]+)\t(.*)$", l) for l in open(sys.argv[1] + "/read")) if m]
different = [f"{t} | {b} | {d}" for (t, b), (c, d) in zip(lines, read) if b != c.replace(" ", "") or named(plain(t)) != plain(d)]
print("\n".join(different + [f"{len(lines)} lines, {len(read)} read, {len(different)} differ"]))
PY
  exit
fi
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
