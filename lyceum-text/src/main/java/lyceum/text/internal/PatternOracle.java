package lyceum.text.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Knows for every place of a text from which instructions a match can still be reached (Frisch and Cardelli 2004: the text is read once backwards). With it the
 * preferred way is followed without a wrong turn, so that all matches of a text together take time linear in its length, whatever the pattern.
 */
final class PatternOracle {
    private static final long MOST_BITS = 1L << 29;

    private final PatternProgram program;
    private final byte[] b;
    private final int from, to;
    private final byte[] bits;
    private final int[] reachable;
    private final List<BitSet> sets = new ArrayList<>();
    private final Map<BitSet, Integer> ids = new HashMap<>();
    private final Map<Long, Integer> steps = new HashMap<>();

    PatternOracle(PatternProgram program, byte[] b, int from, int to, byte[] bits) {
        this.program = program;
        this.b = b;
        this.from = from;
        this.to = to;
        this.bits = bits;
        reachable = new int[to - from + 1];
        int after = intern(new BitSet());
        for (int at = to; at >= from; at--) {
            if (at < to && Utf8.isContinuation(b[at])) continue;
            long key = (long) after << 32 | symbol(at);
            Integer now = steps.get(key);
            if (now == null) steps.put(key, now = intern(before(sets.get(after), symbol(at))));
            reachable[at - from] = after = now;
        }
    }

    private int symbol(int at) {
        return (at == to ? program.end : program.classAt(b, at)) + (program.classes + 1) * (bits == null ? 0 : bits[at - from]);
    }

    private int intern(BitSet set) {
        var known = ids.get(set);
        if (known != null) return known;
        if ((long) sets.size() * (program.size() + 512) > MOST_BITS)
            throw new IllegalArgumentException("pattern: it is too ambiguous for a text of " + (to - from) + " bytes; simplify it");
        sets.add(set);
        ids.put(set, sets.size() - 1);
        return sets.size() - 1;
    }

    private BitSet before(BitSet after, int symbol) {
        var now = new BitSet(program.size());
        int cls = symbol % (program.classes + 1), look = symbol / (program.classes + 1);
        for (boolean more = true; more;) {
            more = false;
            for (int pc = program.size() - 1; pc >= 0; pc--) {
                if (now.get(pc)) continue;
                int next = program.next[pc];
                boolean reaches = switch (program.kind[pc]) {
                    case PatternProgram.MATCH -> true;
                    case PatternProgram.CHAR -> cls != program.end && program.fits[pc][cls] && after.get(next);
                    case PatternProgram.NEXT -> program.fits[pc][cls] && now.get(next);
                    case PatternProgram.LOOK -> PatternAutomaton.look(program, pc, look) && now.get(next);
                    default -> now.get(next) || now.get(program.other[pc]);
                };
                if (!reaches) continue;
                now.set(pc);
                more = true;
            }
        }
        return now;
    }

    /** Whether a match begins here. */
    boolean begins(int at) { return sets.get(reachable[at - from]).get(0); }

    /** Where the match that begins here ends. */
    int end(int at) {
        var todo = new int[2 * program.size() + 2];
        var seen = new boolean[program.size()];
        for (int pc = 0;;) {
            Arrays.fill(seen, false);
            int depth = 0, taken = -1;
            todo[depth++] = pc;
            var here = sets.get(reachable[at - from]);
            while (depth > 0 && taken < 0) {
                pc = todo[--depth];
                if (seen[pc] || !here.get(pc)) continue;
                seen[pc] = true;
                switch (program.kind[pc]) {
                    case PatternProgram.MATCH -> { return at; }
                    case PatternProgram.CHAR -> taken = program.next[pc];
                    case PatternProgram.NEXT, PatternProgram.LOOK -> todo[depth++] = program.next[pc];
                    default -> {
                        todo[depth++] = program.other[pc];
                        todo[depth++] = program.next[pc];
                    }
                }
            }
            pc = taken;
            at += Utf8.length(b[at]);
        }
    }
}
