package lyceum.text.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * What leads from one sequence to another: runs to keep, to delete and to insert. It holds the items, so that it is applied without the other sequence.
 *
 * {@snippet :
 * var diff = Diff.of(List.of("one", "two", "three"), List.of("one", "three", "four"));
 * diff.apply(List.of("one", "two", "three"));               // [one, three, four]
 * System.out.println(diff);                                 // "  one", "- two", "  three", "+ four"
 * }
 */
public record Diff<T>(List<Step<T>> steps) {
    /** What happens to a run of items. */
    public enum Kind {
        KEEP, DELETE, INSERT
    }

    /** A run of items. */
    public record Step<T>(Kind kind, List<T> items) {
        public Step { items = List.copyOf(items); }
    }

    public Diff { steps = List.copyOf(steps); }

    /** The fewest deletions and insertions, by Myers' algorithm; deletions stand before insertions. */
    public static <T> Diff<T> of(List<T> a, List<T> b) {
        var common = CommonSubsequence.of(a, b, CommonSubsequence.Method.MYERS);
        var steps = new ArrayList<Step<T>>();
        int i = 0, j = 0;
        for (int k = 0; k <= common.length(); k++) {
            int toA = k < common.length() ? common.inA()[k] : a.size(), toB = k < common.length() ? common.inB()[k] : b.size();
            if (toA > i) steps.add(new Step<>(Kind.DELETE, a.subList(i, toA)));
            if (toB > j) steps.add(new Step<>(Kind.INSERT, b.subList(j, toB)));
            i = toA;
            j = toB;
            int run = k;
            while (k < common.length() && common.inA()[k] == i + k - run && common.inB()[k] == j + k - run) k++;
            if (k > run) {
                steps.add(new Step<>(Kind.KEEP, a.subList(i, i + k - run)));
                i += k - run;
                j += k - run;
                k--;
            }
        }
        return new Diff<>(steps);
    }

    /** @throws IllegalArgumentException if the items are not those that it was made from */
    public List<T> apply(List<T> a) {
        var out = new ArrayList<T>();
        int at = 0;
        for (var step : steps) {
            if (step.kind == Kind.INSERT) {
                out.addAll(step.items);
                continue;
            }
            int to = at + step.items.size();
            if (to > a.size() || !a.subList(at, to).equals(step.items))
                throw new IllegalArgumentException("apply: from item " + at + " it expects " + step.items);
            if (step.kind == Kind.KEEP) out.addAll(step.items);
            at = to;
        }
        if (at != a.size()) throw new IllegalArgumentException("apply: " + (a.size() - at) + " items are left over");
        return out;
    }

    /** What leads back. */
    public Diff<T> inverse() {
        return new Diff<>(steps.stream()
                .map(s -> new Step<>(s.kind == Kind.KEEP ? Kind.KEEP : s.kind == Kind.DELETE ? Kind.INSERT : Kind.DELETE, s.items))
                .toList());
    }

    /** Items that are deleted or inserted. */
    public int size() { return steps.stream().filter(s -> s.kind != Kind.KEEP).mapToInt(s -> s.items.size()).sum(); }

    /** A line an item, with its sign before it. */
    @Override public String toString() {
        var text = new StringBuilder();
        for (var step : steps) {
            var sign = step.kind == Kind.KEEP ? "  " : step.kind == Kind.DELETE ? "- " : "+ ";
            for (var item : step.items) text.append(sign).append(item).append('\n');
        }
        return text.toString();
    }
}
