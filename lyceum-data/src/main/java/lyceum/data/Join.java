package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/** How {@link Frame#join} pairs rows of two frames. A null key pairs with nothing, as in SQL. */
public enum Join {
    /** Pairs only. */
    INNER,
    /** Pairs, and left rows without one. */
    LEFT,
    /** Pairs, and right rows without one. */
    RIGHT,
    /** Pairs, and the rows of both sides without one. */
    FULL,
    /** Left rows that have a partner, once; no right columns. */
    SEMI,
    /** Left rows that have no partner; no right columns. */
    ANTI;

    private static final String OPERATION = "join";

    /** Left rows in order, partners in order, then right rows without partner. */
    static Frame of(Frame left, Frame right, Join kind, List<String> keys) {
        if (keys.isEmpty()) throw new FrameException(OPERATION + ": name at least one key column");
        var both = new ArrayList<Column>();
        for (var key : keys) {
            Column a = left.column(key), b = right.column(key);
            if (a.type() != b.type() && !(a.type().isText() && b.type().isText())) throw new FrameException(
                    OPERATION + ": key '" + key + "' is " + a.type() + " on the left and " + b.type() + " on the right; convert one");
            both.add(Frame.stacked(key, List.of(a, b)));
        }
        int n = left.size(), m = right.size();
        var coded = KeyCodes.of(both, n + m);
        var partners = Strata.of(Arrays.copyOfRange(coded.codes(), n, n + m));
        var group = groupOfCode(coded, partners, n, m);
        if (kind == SEMI || kind == ANTI) return half(left, coded, group, kind);
        return whole(left, right, kind, keys, both, pairs(coded, partners, group, kind, n, m));
    }

    /** For each code the group of right rows with it, or -1. */
    private static int[] groupOfCode(KeyCodes.Coded coded, Strata partners, int n, int m) {
        var group = new int[coded.count()];
        Arrays.fill(group, -1);
        for (int g = 0; g < partners.size(); g++) {
            int row = n + partners.rows(g)[0];
            if (!coded.hasNull()[row]) group[coded.codes()[row]] = g;
        }
        return group;
    }

    private static Frame half(Frame left, KeyCodes.Coded coded, int[] group, Join kind) {
        var mask = new boolean[left.size()];
        for (int row = 0; row < mask.length; row++) mask[row] = (!coded.hasNull()[row] && group[coded.codes()[row]] >= 0) == (kind == SEMI);
        return left.filter(mask);
    }

    private record Pairs(int[] left, int[] right) {}

    private static Pairs pairs(KeyCodes.Coded coded, Strata partners, int[] group, Join kind, int n, int m) {
        var counts = partners.counts();
        boolean keepLeft = kind == LEFT || kind == FULL, keepRight = kind == RIGHT || kind == FULL;
        long total = 0;
        var found = new boolean[m];
        for (int row = 0; row < n; row++) {
            int g = coded.hasNull()[row] ? -1 : group[coded.codes()[row]];
            total += g >= 0 ? counts[g] : keepLeft ? 1 : 0;
        }
        if (total + m > Integer.MAX_VALUE - 16) throw new FrameException(
                OPERATION + ": " + total + " rows would result; a frame has at most 2^31; are the keys what you meant?");
        int[] lefts = new int[(int) total + (keepRight ? m : 0)], rights = new int[lefts.length];
        int at = 0;
        for (int row = 0; row < n; row++) {
            int g = coded.hasNull()[row] ? -1 : group[coded.codes()[row]];
            if (g < 0 && keepLeft) {
                lefts[at] = row;
                rights[at++] = -1;
            }
            if (g < 0) continue;
            for (int partner : partners.rows(g)) {
                found[partner] = true;
                lefts[at] = row;
                rights[at++] = partner;
            }
        }
        for (int row = 0; keepRight && row < m; row++) {
            if (found[row]) continue;
            lefts[at] = -1;
            rights[at++] = row;
        }
        return new Pairs(Arrays.copyOf(lefts, at), Arrays.copyOf(rights, at));
    }

    private static Frame whole(Frame left, Frame right, Join kind, List<String> keys, List<Column> both, Pairs pairs) {
        var columns = new ArrayList<Column>();
        var names = new HashSet<>(left.names());
        var keyRows = pairs.left.clone();
        for (int i = 0; i < keyRows.length; i++) if (keyRows[i] < 0) keyRows[i] = left.size() + pairs.right[i];
        for (var column : left.columns()) {
            int key = keys.indexOf(column.name());
            columns.add(key >= 0 ? both.get(key).take(keyRows) : column.take(pairs.left));
        }
        for (var column : right.columns()) {
            if (keys.contains(column.name())) continue;
            var name = column.name();
            while (!names.add(name)) name += "_right";
            columns.add(column.take(pairs.right).named(name));
        }
        return Frame.of(columns);
    }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
