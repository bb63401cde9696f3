package lyceum.text.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pattern as a deterministic automaton that is built as it is used. A state is the list of places in the program, the preferred one first; a match drops what is
 * behind it, which is what a backtracking matcher would find. Shared between threads: a transition is an int that is there or not yet.
 */
final class PatternAutomaton {
    private static final int MOST_STATES = 2000, UNKNOWN = -1;
    /** The state without a place to go. */
    static final int DEAD = 0;
    static final int START = 1;

    private final PatternProgram program;
    private final List<int[]> states = new ArrayList<>();
    private final Map<List<Integer>, Integer> ids = new HashMap<>();
    private volatile int[] table;

    PatternAutomaton(PatternProgram program) {
        this.program = program;
        table = new int[0];
        intern(new int[0], 0);
        intern(new int[] {0}, 1);
    }

    int[] table() { return table; }

    /** Twice the next state, plus one if a match ends before the symbol; the slow way where the table has no answer yet. */
    synchronized int step(int state, int symbol) {
        int known = table[state * program.symbols + symbol];
        if (known != UNKNOWN) return known;
        var todo = new int[2 * program.size() + 2];
        var seen = new boolean[program.size()];
        var to = new int[program.size()];
        boolean matched = false;
        int n = 0, cls = symbol % (program.classes + 1), bits = symbol / (program.classes + 1);
        places : for (int place : states.get(state)) {
            int depth = 0;
            todo[depth++] = place;
            while (depth > 0) {
                int pc = todo[--depth];
                if (seen[pc]) continue;
                seen[pc] = true;
                switch (program.kind[pc]) {
                    case PatternProgram.MATCH -> {
                        matched = true;
                        break places;
                    }
                    case PatternProgram.CHAR -> { if (cls != program.end && program.fits[pc][cls]) to[n++] = program.next[pc]; }
                    case PatternProgram.NEXT -> { if (program.fits[pc][cls]) todo[depth++] = program.next[pc]; }
                    case PatternProgram.LOOK -> { if (look(program, pc, bits)) todo[depth++] = program.next[pc]; }
                    default -> {
                        if (program.other[pc] != program.next[pc]) todo[depth++] = program.other[pc];
                        todo[depth++] = program.next[pc];
                    }
                }
            }
        }
        int answer = intern(to, n) * 2 + (matched ? 1 : 0);
        table[state * program.symbols + symbol] = answer;
        return answer;
    }

    static boolean look(PatternProgram program, int pc, int bits) {
        return (bits >> (program.other[pc] >> 1) & 1) != (program.other[pc] & 1);
    }

    /** Whether so many states are there that a new automaton should take over. */
    boolean isFull() { return size() > MOST_STATES; }

    synchronized int size() { return states.size(); }

    private int intern(int[] places, int n) {
        var key = new ArrayList<Integer>(n);
        var seen = new boolean[program.size()];
        for (int i = 0; i < n; i++) if (!seen[places[i]]) {
            seen[places[i]] = true;
            key.add(places[i]);
        }
        var known = ids.get(key);
        if (known != null) return known;
        int id = states.size();
        states.add(key.stream().mapToInt(Integer::intValue).toArray());
        ids.put(key, id);
        if ((id + 1) * program.symbols > table.length) {
            var more = Arrays.copyOf(table, Math.max(16, 2 * (id + 1)) * program.symbols);
            Arrays.fill(more, table.length, more.length, UNKNOWN);
            table = more;
        }
        return id;
    }
}
