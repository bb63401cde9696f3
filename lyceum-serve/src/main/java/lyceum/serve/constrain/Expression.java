package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The right side of a production. */
sealed interface Expression {
    /** Nothing. */
    Expression EMPTY = new Sequence(List.of());
    /** No text at all, not even the empty one. */
    Expression NEVER = new Choice(List.of());

    /** These characters. */
    record Text(String text) implements Expression {}

    /** One character out of ascending ranges: first, last, first, last; never half of a surrogate pair. */
    record Chars(int... ranges) implements Expression {
        private static final int LAST = 0x10FFFF;
        static final Chars ANY = new Chars(0, 0xD7FF, 0xE000, LAST);

        static Chars of(int first, int last) { return union(new int[][] {{first, last}}); }

        boolean contains(int c) {
            for (int i = 0; i < ranges.length; i += 2) if (c >= ranges[i] && c <= ranges[i + 1]) return true;
            return false;
        }

        /** Of ranges in any order, surrogates left out. */
        static Chars union(int[][] ranges) {
            var sorted = ranges.clone();
            Arrays.sort(sorted, (a, b) -> Integer.compare(a[0], b[0]));
            var out = new ArrayList<int[]>();
            for (var range : sorted) {
                if (!out.isEmpty() && range[0] <= out.getLast()[1] + 1) out.getLast()[1] = Math.max(out.getLast()[1], range[1]);
                else out.add(range.clone());
            }
            var flat = new ArrayList<Integer>();
            for (var range : out) {
                part(range[0], Math.min(range[1], 0xD7FF), flat);
                part(Math.max(range[0], 0xE000), Math.min(range[1], LAST), flat);
            }
            return new Chars(flat.stream().mapToInt(Integer::intValue).toArray());
        }

        private static void part(int first, int last, List<Integer> flat) { if (first <= last) flat.addAll(List.of(first, last)); }

        Chars not() {
            var out = new ArrayList<int[]>();
            int from = 0;
            for (int i = 0; i < ranges.length; i += 2) {
                if (ranges[i] > from) out.add(new int[] {from, ranges[i] - 1});
                from = ranges[i + 1] + 1;
            }
            if (from <= LAST) out.add(new int[] {from, LAST});
            return union(out.toArray(int[][]::new));
        }

        Chars without(Chars other) { return not().or(other).not(); }

        Chars or(Chars other) {
            var all = new ArrayList<int[]>();
            for (var one : List.of(this, other))
                for (int i = 0; i < one.ranges.length; i += 2) all.add(new int[] {one.ranges[i], one.ranges[i + 1]});
            return union(all.toArray(int[][]::new));
        }
    }

    /** One after the other. */
    record Sequence(List<Expression> parts) implements Expression {}

    /** One of them. */
    record Choice(List<Expression> options) implements Expression {}

    /** Between {@code min} and {@code max} times; -1 for any number. */
    record Repeat(Expression body, int min, int max) implements Expression {}

    /** Another production. */
    record Call(String rule) implements Expression {}

    static Expression text(String text) { return new Text(text); }

    static Expression sequence(Expression... parts) { return parts.length == 1 ? parts[0] : new Sequence(List.of(parts)); }

    static Expression choice(Expression... options) { return options.length == 1 ? options[0] : new Choice(List.of(options)); }

    static Expression optional(Expression body) { return new Repeat(body, 0, 1); }

    static Expression any(Expression body) { return new Repeat(body, 0, -1); }
}
