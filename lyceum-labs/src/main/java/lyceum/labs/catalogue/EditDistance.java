package lyceum.labs.catalogue;

/** Insertions, deletions, substitutions and swaps of neighbours that turn one text into another (optimal string alignment). */
public final class EditDistance {

    private EditDistance() {}

    /** The whole distance. */
    public static int between(CharSequence a, CharSequence b) { return within(a, b, Math.max(a.length(), b.length())); }

    /** The distance if it is at most {@code limit}, else {@code limit + 1}; O(limit * length). */
    public static int within(CharSequence a, CharSequence b, int limit) {
        int n = a.length();
        int m = b.length();
        int beyond = limit + 1;
        if (Math.abs(n - m) > limit) return beyond;
        char[] first = a.toString().toCharArray();
        char[] second = b.toString().toCharArray();
        int[] before = new int[m + 1];
        int[] above = new int[m + 1];
        int[] row = new int[m + 1];
        for (int j = 0; j <= m; j++) {
            above[j] = j;
        }
        for (int i = 1; i <= n; i++) {
            int from = Math.max(1, i - limit);
            int to = Math.min(m, i + limit);
            row[0] = i;
            if (from > 1) {
                row[from - 1] = beyond;
            }
            int least = row[from - 1];
            for (int j = from; j <= to; j++) {
                boolean same = first[i - 1] == second[j - 1];
                int up = j < i + limit ? above[j] : beyond;
                int best = Math.min(Math.min(up, row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1]) {
                    best = Math.min(best, before[j - 2] + 1);
                }
                row[j] = Math.min(best, beyond);
                least = Math.min(least, row[j]);
            }
            if (least > limit) return beyond;
            var spare = before;
            before = above;
            above = row;
            row = spare;
        }
        return Math.min(above[m], beyond);
    }
}
