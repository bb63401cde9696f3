package lyceum.serve.constrain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * A grammar as nodes that read bytes: one of a set and on, nothing and on to several, a production and on behind it, or the end of a production. Productions that do not
 * come back to themselves and are small are written out in place, so that most of a text is read without a stack.
 */
final class Pushdown {
    static final int END = 0, NEVER = 1 << 28;
    private static final int MOST_NODES = 400_000, INLINED = 300, COPIED = 2000;
    private static final byte BYTES = 0, SPLIT = 1, CALL = 2;

    private final Map<String, Expression> rules;
    private final Map<String, Integer> numbers = new LinkedHashMap<>(), sizes = new HashMap<>();
    private final Set<String> recursive = new HashSet<>();
    private final List<Expression> bodies = new ArrayList<>();
    private final Map<List<Integer>, Integer> shared = new HashMap<>(); // bytes and what follows them
    private byte[] kind = new byte[64];
    private int[] next = new int[64], called = new int[64], least, possible;
    private long[] bits = new long[256];
    private int[][] to = new int[64][];
    private int nodes = 1;
    private int[] starts = new int[16];

    /**
     * @param single bytes that may be written one by one; a text is finished with such
     * @param occurring bytes that may be written at all
     */
    Pushdown(Grammar grammar, long[] single, long[] occurring) {
        rules = grammar.rules();
        for (var rule : rules.keySet()) if (reaches(rule, rule, new HashSet<>())) recursive.add(rule);
        number(grammar.root());
        for (int r = 0; r < bodies.size(); r++) {
            if (r == starts.length) starts = Arrays.copyOf(starts, 2 * r);
            starts[r] = node(bodies.get(r), END);
        }
        shared.clear();
        possible = weighed(occurring);
        least = weighed(single);
        if (least[start()] >= NEVER) throw new IllegalArgumentException(
                "Grammar: no text fits it that these tokens can write: a production that never ends, or characters whose bytes are not tokens");
        refuseLeftRecursion();
    }

    int start() { return starts[0]; }

    /** Bytes at least from there to the end of its production. */
    int least(int node) { return least[node]; }

    /** Whether a production can end from there, with tokens of any length. */
    boolean isPossible(int node) { return possible[node] < NEVER; }

    boolean isReading(int node) { return node != END && kind[node] == BYTES; }

    boolean isCall(int node) { return node != END && kind[node] == CALL; }

    boolean reads(int node, int b) { return (bits[4 * node + (b >> 6)] >>> b & 1) != 0; }

    int next(int node) { return next[node]; }

    int[] options(int node) { return to[node]; }

    int called(int node) { return starts[called[node]]; }

    int size() { return nodes; }

    private boolean reaches(String from, String to, Set<String> seen) {
        var calls = new HashSet<String>();
        Grammar.calls(rules.get(from), calls);
        for (var call : calls) if (call.equals(to) || seen.add(call) && reaches(call, to, seen)) return true;
        return false;
    }

    private int number(String rule) {
        var known = numbers.get(rule);
        if (known != null) return known;
        numbers.put(rule, bodies.size());
        bodies.add(rules.get(rule));
        return bodies.size() - 1;
    }

    private int size(Expression e) {
        return switch (e) {
            case Expression.Text t -> t.text().length();
            case Expression.Chars c -> 1 + c.ranges().length / 2;
            case Expression.Sequence s -> sum(s.parts());
            case Expression.Choice c -> 1 + sum(c.options());
            case Expression.Repeat r -> (int) Math.min(NEVER, 1 + (long) size(r.body()) * Math.max(r.max(), r.min() + 1));
            case Expression.Call c -> isCalled(c.rule()) ? 1 : sizes.get(c.rule());
        };
    }

    private int sum(List<Expression> parts) {
        long sum = 0;
        for (var part : parts) sum += size(part);
        return (int) Math.min(NEVER, sum);
    }

    private boolean isCalled(String rule) {
        if (recursive.contains(rule)) return true;
        if (!sizes.containsKey(rule)) sizes.put(rule, size(rules.get(rule)));
        return sizes.get(rule) > INLINED;
    }

    private int add(byte what, int follows) {
        if (nodes == MOST_NODES)
            throw new IllegalArgumentException("Grammar: more than " + MOST_NODES + " places of an automaton; bound repetitions lower");
        if (nodes == kind.length) {
            kind = Arrays.copyOf(kind, 2 * nodes);
            next = Arrays.copyOf(next, 2 * nodes);
            called = Arrays.copyOf(called, 2 * nodes);
            bits = Arrays.copyOf(bits, 8 * nodes);
            to = Arrays.copyOf(to, 2 * nodes);
        }
        kind[nodes] = what;
        next[nodes] = follows;
        return nodes++;
    }

    /** The node at which an expression begins, behind which another follows. */
    private int node(Expression e, int follows) {
        switch (e) {
            case Expression.Text t -> {
                byte[] bytes = t.text().getBytes(StandardCharsets.UTF_8);
                int at = follows;
                for (int i = bytes.length - 1; i >= 0; i--) at = reading(bytes[i] & 255, bytes[i] & 255, at);
                return at;
            }
            case Expression.Chars c -> { return characters(c, follows); }
            case Expression.Sequence s -> {
                int at = follows;
                for (int i = s.parts().size() - 1; i >= 0; i--) at = node(s.parts().get(i), at);
                return at;
            }
            case Expression.Choice c -> {
                var options = new int[c.options().size()];
                for (int i = 0; i < options.length; i++) options[i] = node(c.options().get(i), follows);
                return split(options);
            }
            case Expression.Repeat r -> { return repeated(r, follows); }
            case Expression.Call c -> {
                if (!isCalled(c.rule())) return node(rules.get(c.rule()), follows);
                int at = add(CALL, follows);
                called[at] = number(c.rule());
                return at;
            }
        }
    }

    private int split(int... options) {
        int at = add(SPLIT, END);
        to[at] = options;
        return at;
    }

    private int repeated(Expression.Repeat r, int follows) {
        var body = r.body();
        int copies = Math.max(r.max(), r.min());
        if (copies > 1 && (long) copies * size(body) > COPIED && !(body instanceof Expression.Call)) {
            int rule = bodies.size();
            bodies.add(body);
            numbers.put("repeated " + rule, rule);
            return times(r, follows, behind -> {
                int at = add(CALL, behind);
                called[at] = rule;
                return at;
            });
        }
        return times(r, follows, behind -> node(body, behind));
    }

    private int times(Expression.Repeat r, int follows, IntUnaryOperator body) {
        int at = follows;
        if (r.max() < 0) {
            at = split();
            int again = body.applyAsInt(at); // before "to" is read: it may grow
            to[at] = new int[] {again, follows};
        } else for (int i = r.min(); i < r.max(); i++) at = split(body.applyAsInt(at), follows);
        for (int i = 0; i < r.min(); i++) at = body.applyAsInt(at);
        return at;
    }

    private int reading(int first, int last, int follows) {
        return shared.computeIfAbsent(List.of(first, last, follows), _ -> {
            int at = add(BYTES, follows);
            for (int b = first; b <= last; b++) bits[4 * at + (b >> 6)] |= 1L << b;
            return at;
        });
    }

    /** One character as its bytes in UTF-8. */
    private int characters(Expression.Chars set, int follows) {
        var byNext = new LinkedHashMap<Integer, Integer>();
        int[] borders = {0, 0x80, 0x800, 0x10000, 0x110000}, ranges = set.ranges();
        for (int i = 0; i < ranges.length; i += 2) for (int n = 1; n < borders.length; n++) {
            int from = Math.max(ranges[i], borders[n - 1]), until = Math.min(ranges[i + 1], borders[n] - 1);
            if (from <= until) spelled(from, until, n, follows, byNext);
        }
        int[] options = byNext.values().stream().mapToInt(Integer::intValue).toArray();
        return options.length == 1 ? options[0] : split(options);
    }

    /** Ranges of n bytes each: cut until what differs is whole blocks of last bytes. */
    private void spelled(int from, int until, int n, int follows, Map<Integer, Integer> byNext) {
        for (int i = 1; i < n; i++) {
            int mask = (1 << 6 * i) - 1;
            if ((from & ~mask) == (until & ~mask)) continue;
            if ((from & mask) != 0) {
                spelled(from, from | mask, n, follows, byNext);
                spelled((from | mask) + 1, until, n, follows, byNext);
                return;
            }
            if ((until & mask) != mask) {
                spelled(from, (until & ~mask) - 1, n, follows, byNext);
                spelled(until & ~mask, until, n, follows, byNext);
                return;
            }
        }
        int at = follows;
        for (int i = n - 1; i > 0; i--) at = reading(spelling(from, n, i), spelling(until, n, i), at);
        int behind = at, first = byNext.computeIfAbsent(behind, _ -> add(BYTES, behind));
        for (int b = spelling(from, n, 0); b <= spelling(until, n, 0); b++) bits[4 * first + (b >> 6)] |= 1L << b;
    }

    /** The i-th of n bytes. */
    private static int spelling(int c, int n, int i) {
        if (n == 1) return c;
        int low = c >> 6 * (n - 1 - i);
        return i > 0 ? 0x80 | low & 0x3F : 0xF00 >> n & 0xFF | low;
    }

    /** Bytes at least from each node to the end of its production. */
    private int[] weighed(long[] available) {
        var least = new int[nodes];
        Arrays.fill(least, NEVER);
        least[END] = 0;
        for (boolean changed = true; changed;) {
            changed = false;
            for (int i = 1; i < nodes; i++) {
                int now = Math.min(least[i], leastNow(i, least, available));
                changed |= now < least[i];
                least[i] = now;
            }
        }
        return least;
    }

    private int leastNow(int i, int[] least, long[] available) {
        if (kind[i] == CALL) return Math.min(NEVER, least[starts[called[i]]] + least[next[i]]);
        if (kind[i] == SPLIT) {
            int best = NEVER;
            for (int option : to[i]) best = Math.min(best, least[option]);
            return best;
        }
        boolean can = false;
        for (int w = 0; w < 4; w++) can |= (bits[4 * i + w] & available[w]) != 0;
        return can ? Math.min(NEVER, 1 + least[next[i]]) : NEVER;
    }

    private void refuseLeftRecursion() {
        var names = new ArrayList<>(numbers.keySet());
        var first = new ArrayList<Set<Integer>>();
        for (int r = 0; r < bodies.size(); r++) first.add(begins(starts[r], new HashSet<>(), new HashSet<>()));
        for (int r = 0; r < bodies.size(); r++) {
            var all = new HashSet<>(first.get(r));
            var todo = new ArrayList<>(all);
            while (!todo.isEmpty()) for (int b : first.get(todo.removeLast())) if (all.add(b)) todo.add(b);
            if (all.contains(r)) throw new IllegalArgumentException("Grammar: \"" + names.get(r)
                    + "\" begins with itself; write what it begins with first and repeat the rest, as item (\",\" item)*");
        }
    }

    /** Productions that may be called before a byte is read. */
    private Set<Integer> begins(int node, Set<Integer> seen, Set<Integer> out) {
        var todo = new ArrayList<>(List.of(node));
        while (!todo.isEmpty()) {
            int at = todo.removeLast();
            if (at == END || !seen.add(at) || kind[at] == BYTES) continue;
            if (kind[at] == SPLIT) for (int option : to[at]) todo.add(option);
            else {
                out.add(called[at]);
                if (least[called(at)] == 0) todo.add(next[at]);
            }
        }
        return out;
    }
}
