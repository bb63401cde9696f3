package lyceum.text.internal;

import java.util.BitSet;

/**
 * Finds all matches of a pattern in UTF-8, leftmost first, in time linear in the text. Most patterns run on a {@link PatternAutomaton}; one that reads far ahead in vain
 * again and again, such as {@code (a+)+b}, goes on with a {@link PatternOracle}. Safe to share between threads.
 */
public final class PatternMatcher {
    private static final int PATIENCE = 4;

    private final PatternProgram program;
    private volatile PatternAutomaton automaton;

    /** @throws lyceum.FormatException if this is no pattern, or one that no automaton can run: names what */
    public PatternMatcher(String source) {
        program = PatternProgram.of(source);
        automaton = new PatternAutomaton(program);
    }

    /**
     * Appends start and end of every match.
     *
     * @return the end of the last match that no text behind {@code to} can change, {@code from} if there is none
     */
    public int find(byte[] b, int from, int to, IntList out) {
        byte[] bits = program.looks.isEmpty() ? null : looks(program, b, from, to);
        var automaton = this.automaton;
        if (automaton.isFull()) this.automaton = automaton = new PatternAutomaton(program);
        int[] table = automaton.table();
        int symbols = program.symbols, settled = from, last = -1;
        long patience = PATIENCE * (long) (to - from) + 4096;
        boolean sure = bits == null;
        for (int at = from; at <= to;) {
            int state = PatternAutomaton.START, end = -1, i = at;
            while (true) {
                int symbol = i == to ? program.end : program.classAt(b, i);
                if (bits != null) symbol += (program.classes + 1) * bits[i - from];
                int step = table[state * symbols + symbol];
                if (step < 0) {
                    if (automaton.isFull()) {
                        // begin this match anew with an empty automaton
                        this.automaton = automaton = new PatternAutomaton(program);
                        patience -= i - at + 1;
                        if (patience < 0) {
                            followed(b, from, to, at, last, bits, out);
                            return settled;
                        }
                        table = automaton.table();
                        state = PatternAutomaton.START;
                        end = -1;
                        i = at;
                        continue;
                    }
                    step = automaton.step(state, symbol);
                    table = automaton.table();
                }
                if ((step & 1) != 0) end = i;
                state = step >> 1;
                if (state == PatternAutomaton.DEAD) break;
                i += Utf8.length(b[i]);
            }
            patience -= i - Math.max(end, at);
            if (i == to) sure = false;
            if (end > at || end == at && at != last) {
                out.add(at);
                out.add(last = end);
                if (sure) settled = end;
            }
            if (patience < 0) {
                followed(b, from, to, Math.max(end, at), last, bits, out);
                return settled;
            }
            at = end > at ? end : at == to ? to + 1 : at + Utf8.length(b[at]);
        }
        return settled;
    }

    /** How many states the automaton has now. */
    int states() { return automaton.size(); }

    private void followed(byte[] b, int from, int to, int at, int last, byte[] bits, IntList out) {
        var oracle = new PatternOracle(program, b, from, to, bits);
        while (at <= to) {
            int end = oracle.begins(at) ? oracle.end(at) : -1;
            if (end > at || end == at && at != last) {
                out.add(at);
                out.add(last = end);
            }
            at = end > at ? end : at == to ? to + 1 : at + Utf8.length(b[at]);
        }
    }

    /** For each place of a text the answers of a program's looks around, a bit each. */
    private static byte[] looks(PatternProgram program, byte[] b, int from, int to) {
        var bits = new byte[to - from + 1];
        for (int k = 0; k < program.looks.size(); k++) {
            var look = program.looks.get(k);
            byte[] inner = look.looks.isEmpty() ? null : looks(look, b, from, to);
            if (program.looksAhead[k]) {
                var oracle = new PatternOracle(look, b, from, to, inner);
                for (int at = from; at <= to; at += at == to ? 1 : Utf8.length(b[at]))
                    if (oracle.begins(at)) bits[at - from] |= (byte) (1 << k);
            } else behind(look, b, from, to, inner, (byte) (1 << k), bits);
        }
        return bits;
    }

    /** Marks the places before which a match ends, by all places of the automaton at once. */
    private static void behind(PatternProgram look, byte[] b, int from, int to, byte[] inner, byte mark, byte[] bits) {
        if (look.size() == 2 && look.kind[0] == PatternProgram.CHAR) { // one character, as \A and \b look at it
            for (int at = from; at < to;) {
                boolean fits = look.fits[0][look.classAt(b, at)];
                at += Utf8.length(b[at]);
                if (fits) bits[at - from] |= mark;
            }
            return;
        }
        var now = new BitSet(look.size());
        var todo = new int[2 * look.size() + 2];
        for (int at = from; at <= to; at += at == to ? 1 : Utf8.length(b[at])) {
            int cls = at == to ? look.end : look.classAt(b, at), answers = inner == null ? 0 : inner[at - from];
            now.set(0);
            var seen = new BitSet(look.size());
            var then = new BitSet(look.size());
            for (int place = now.nextSetBit(0); place >= 0; place = now.nextSetBit(place + 1)) {
                int depth = 0;
                todo[depth++] = place;
                while (depth > 0) {
                    int pc = todo[--depth];
                    if (seen.get(pc)) continue;
                    seen.set(pc);
                    switch (look.kind[pc]) {
                        case PatternProgram.MATCH -> bits[at - from] |= mark;
                        case PatternProgram.CHAR -> { if (cls != look.end && look.fits[pc][cls]) then.set(look.next[pc]); }
                        case PatternProgram.NEXT -> { if (look.fits[pc][cls]) todo[depth++] = look.next[pc]; }
                        case PatternProgram.LOOK -> { if (PatternAutomaton.look(look, pc, answers)) todo[depth++] = look.next[pc]; }
                        default -> {
                            todo[depth++] = look.other[pc];
                            todo[depth++] = look.next[pc];
                        }
                    }
                }
            }
            now = then;
        }
    }
}
