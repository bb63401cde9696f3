package lyceum.text.compare;

/** Unit costs within a band around the diagonal: (2 most + 1) cells a row, and no further than the first row that is beyond all of it. */
final class BandedDistance {
    private BandedDistance() {}

    static int of(CharSequence a, CharSequence b, int most, boolean swaps) {
        if (most < 0) throw new IllegalArgumentException("atMost: " + most + "; it is 0 or more");
        int[] p = points(a), q = points(b);
        int m = p.length, n = q.length, limit = Math.min(most, Math.max(m, n)), beyond = limit + 1; // no distance is greater
        if (Math.abs(m - n) > limit) return beyond;
        int[] before = new int[n + 1], above = new int[n + 1], row = new int[n + 1];
        for (int j = 0; j <= n; j++) above[j] = j;
        for (int i = 1; i <= m; i++) {
            int from = Math.max(1, i - limit), to = Math.min(n, i + limit);
            row[0] = i;
            if (from > 1) row[from - 1] = beyond;
            int least = row[from - 1];
            for (int j = from; j <= to; j++) {
                int up = j < i + limit ? above[j] : beyond;
                int best = Math.min(Math.min(up, row[j - 1]) + 1, above[j - 1] + (p[i - 1] == q[j - 1] ? 0 : 1));
                if (swaps && i > 1 && j > 1 && p[i - 1] == q[j - 2] && p[i - 2] == q[j - 1]) best = Math.min(best, before[j - 2] + 1);
                row[j] = Math.min(best, beyond);
                least = Math.min(least, row[j]);
            }
            if (least > limit) return beyond;
            var spare = before;
            before = above;
            above = row;
            row = spare;
        }
        return Math.min(above[n], beyond);
    }

    private static int[] points(CharSequence text) {
        var points = new int[text.length()];
        for (int i = 0; i < points.length; i++) {
            points[i] = text.charAt(i);
            if (Character.isSurrogate(text.charAt(i))) return text.codePoints().toArray();
        }
        return points;
    }
}
