package lyceum.text.compare;

import java.util.Arrays;

/** The furthest point on each diagonal with d insertions and deletions, for d = 0, 1, ... until the end is met; then back. */
final class MyersPath {
    private final int[] a, b;

    MyersPath(int[] a, int[] b) {
        this.a = a;
        this.b = b;
    }

    CommonSubsequence subsequence() {
        int m = a.length, n = b.length;
        var furthest = new int[2 * (m + n) + 3];
        int zero = m + n + 1;
        var trace = new int[m + n + 1][];
        long cells = furthest.length;
        for (int d = 0; d <= m + n; d++) {
            for (int k = -d; k <= d; k += 2) {
                int x = k == -d || k != d && furthest[zero + k - 1] < furthest[zero + k + 1] ? furthest[zero + k + 1]
                        : furthest[zero + k - 1] + 1, y = x - k;
                while (x < m && y < n && a[x] == b[y]) {
                    x++;
                    y++;
                }
                furthest[zero + k] = x;
                if (x >= m && y >= n) return back(trace, d, k, cells);
            }
            trace[d] = Arrays.copyOfRange(furthest, zero - d, zero + d + 1);
            cells += trace[d].length;
        }
        throw new AssertionError("the end is at most m + n differences away");
    }

    private CommonSubsequence back(int[][] trace, int d, int k, long cells) {
        int x = a.length, y = b.length, at = (x + y - d) / 2;
        int[] inA = new int[at], inB = new int[at];
        for (; d > 0; d--) {
            var last = trace[d - 1];
            // diagonals of the last round lie from -(d - 1) to d - 1
            int left = k - 1 + d - 1 >= 0 && k - 1 <= d - 1 ? last[k - 1 + d - 1] : -1,
                    right = k + 1 + d - 1 >= 0 && k + 1 <= d - 1 ? last[k + 1 + d - 1] : -1;
            boolean down = k == -d || k != d && left < right;
            int startX = down ? right : left + 1, startY = startX - k;
            while (x > startX && y > startY) {
                inA[--at] = --x;
                inB[at] = --y;
            }
            k = down ? k + 1 : k - 1;
            x = down ? right : left;
            y = x - k;
        }
        while (x > 0 && y > 0) {
            inA[--at] = --x;
            inB[at] = --y;
        }
        return new CommonSubsequence(inA, inB, cells);
    }
}
