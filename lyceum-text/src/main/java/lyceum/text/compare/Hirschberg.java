package lyceum.text.compare;

import java.util.Arrays;

/** A longest common subsequence in linear memory: a is halved, and b is cut where the two halves find most together. */
final class Hirschberg {
    private final int[] a, b;
    private final int[] inA, inB;
    private int found;
    private long live, most;

    Hirschberg(int[] a, int[] b) {
        this.a = a;
        this.b = b;
        int n = Math.min(a.length, b.length);
        inA = new int[n];
        inB = new int[n];
    }

    CommonSubsequence subsequence() {
        // rows lie along the shorter sequence
        if (a.length < b.length) {
            var turned = new Hirschberg(b, a).subsequence();
            return new CommonSubsequence(turned.inB(), turned.inA(), turned.cells());
        }
        solve(0, a.length, 0, b.length);
        return new CommonSubsequence(Arrays.copyOf(inA, found), Arrays.copyOf(inB, found), most);
    }

    private void solve(int fromA, int toA, int fromB, int toB) {
        if (fromA == toA || fromB == toB) return;
        if (toA - fromA == 1) {
            for (int j = fromB; j < toB; j++) {
                if (a[fromA] != b[j]) continue;
                inA[found] = fromA;
                inB[found++] = j;
                return;
            }
            return;
        }
        int middle = (fromA + toA) >>> 1, split = split(fromA, middle, toA, fromB, toB);
        solve(fromA, middle, fromB, split);
        solve(middle, toA, split, toB);
    }

    /** Where b is cut; the two rows are gone when it is known. */
    private int split(int fromA, int middle, int toA, int fromB, int toB) {
        int n = toB - fromB;
        int[] forward = new int[n + 1], backward = new int[n + 1];
        live += 2L * (n + 1);
        most = Math.max(most, live);
        for (int i = fromA; i < middle; i++) step(forward, a[i], b, fromB, toB, false);
        for (int i = toA - 1; i >= middle; i--) step(backward, a[i], b, fromB, toB, true);
        int best = 0;
        for (int j = 1; j <= n; j++) if (forward[j] + backward[n - j] > forward[best] + backward[n - best]) best = j;
        live -= 2L * (n + 1);
        return fromB + best;
    }

    /** The next row of the table, in the place of the last: one more symbol of a against b, from its end if backwards. */
    static void step(int[] row, int symbol, int[] b, int fromB, int toB, boolean backwards) {
        int corner = 0;
        for (int j = 1; j < row.length; j++) {
            int above = row[j];
            row[j] = symbol == b[backwards ? toB - j : fromB + j - 1] ? corner + 1 : Math.max(above, row[j - 1]);
            corner = above;
        }
    }
}
