package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.text.compare.EditAlignment.Edit;
import lyceum.text.compare.EditAlignment.Kind;
import lyceum.text.compare.EditDistance.Swaps;

/** The costs of all pairs of beginnings, and by which edit each came about. */
record EditTable(Symbols symbols, double[] cost, int[] cameFrom) {
    private static final int MATCH = -1, DELETE = -2, INSERT = -3, SUBSTITUTE = -4;

    /** {@code cameFrom} of a swap is the cell before it. */
    static EditTable of(EditDistance how, Symbols s) {
        int[] a = s.a(), b = s.b();
        int m = a.length, n = b.length, wide = n + 1;
        var cost = new double[Math.multiplyExact(m + 1, wide)];
        var from = new int[cost.length];
        for (int i = 1; i <= m; i++) set(cost, from, i * wide, i * how.deletion(), DELETE);
        for (int j = 1; j <= n; j++) set(cost, from, j, j * how.insertion(), INSERT);
        var lastRow = new int[s.alphabet()]; // of a that holds each symbol, among the rows before
        for (int i = 1; i <= m; i++) {
            int lastColumn = 0; // of b that holds a_i, among those before
            for (int j = 1; j <= n; j++) {
                int at = i * wide + j;
                boolean same = a[i - 1] == b[j - 1];
                set(cost, from, at, cost[at - wide - 1] + (same ? 0 : how.substitution()), same ? MATCH : SUBSTITUTE);
                better(cost, from, at, cost[at - wide] + how.deletion(), DELETE);
                better(cost, from, at, cost[at - 1] + how.insertion(), INSERT);
                if (how.swaps() == Swaps.RESTRICTED && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    better(cost, from, at, cost[at - 2 * wide - 2] + how.swap(), at - 2 * wide - 2);
                int k = lastRow[b[j - 1]], l = lastColumn;
                if (how.swaps() == Swaps.FULL && k > 0 && l > 0) {
                    int before = (k - 1) * wide + l - 1;
                    better(cost, from, at, cost[before] + (i - k - 1) * how.deletion() + how.swap() + (j - l - 1) * how.insertion(),
                            before);
                }
                if (same) lastColumn = j;
            }
            lastRow[a[i - 1]] = i;
        }
        return new EditTable(s, cost, from);
    }

    private static void set(double[] cost, int[] from, int at, double value, int way) {
        cost[at] = value;
        from[at] = way;
    }

    private static void better(double[] cost, int[] from, int at, double value, int way) {
        if (value < cost[at]) set(cost, from, at, value, way);
    }

    double total() { return cost[cost.length - 1]; }

    double[][] rows() {
        int wide = symbols.b().length + 1;
        var rows = new double[symbols.a().length + 1][];
        for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(cost, i * wide, (i + 1) * wide);
        return rows;
    }

    EditAlignment alignment() {
        int wide = symbols.b().length + 1, at = cost.length - 1;
        List<Edit> edits = new ArrayList<>();
        while (at > 0) {
            int i = at / wide, j = at % wide;
            switch (cameFrom[at]) {
                case MATCH -> edits.add(new Edit(Kind.MATCH, i - 1, j - 1));
                case SUBSTITUTE -> edits.add(new Edit(Kind.SUBSTITUTE, i - 1, j - 1));
                case DELETE -> edits.add(new Edit(Kind.DELETE, i - 1, j));
                case INSERT -> edits.add(new Edit(Kind.INSERT, i, j - 1));
                default -> {
                    // a swap with what is deleted or inserted between the pair
                    int k = cameFrom[at] / wide + 1, l = cameFrom[at] % wide + 1;
                    for (int x = i - 1; x > k; x--) edits.add(new Edit(Kind.DELETE, x - 1, j));
                    for (int y = j - 1; y > l; y--) edits.add(new Edit(Kind.INSERT, i, y - 1));
                    edits.add(new Edit(Kind.SWAP, k - 1, l - 1));
                }
            }
            at = switch (cameFrom[at]) {
                case MATCH, SUBSTITUTE -> at - wide - 1;
                case DELETE -> at - wide;
                case INSERT -> at - 1;
                default -> cameFrom[at];
            };
        }
        return new EditAlignment(total(), edits.reversed());
    }
}
