package lyceum.stats;

import java.util.ArrayList;

/** Whether everybody can be reached from everybody by wins: Ford's (1957) condition for finite strengths. */
final class Strongly {
    private Strongly() {}

    static void requireConnected(double[][] wins) {
        var below = reached(wins, false);
        var above = reached(wins, true);
        report(below, "lost to none of the items outside it");
        report(above, "beaten none of the items outside it");
    }

    /** Items that item 0 has beaten, through others; backwards: those that have beaten it. */
    private static boolean[] reached(double[][] wins, boolean backwards) {
        int n = wins.length;
        var seen = new boolean[n];
        var stack = new int[n];
        int top = 1;
        seen[0] = true;
        while (top > 0) {
            int i = stack[--top];
            for (int j = 0; j < n; j++) if (!seen[j] && (backwards ? wins[j][i] : wins[i][j]) > 0) {
                seen[j] = true;
                stack[top++] = j;
            }
        }
        return seen;
    }

    /** {@code reached} by wins of item 0: those outside have never lost to one inside. */
    private static void report(boolean[] reached, String fault) {
        var outside = new ArrayList<Integer>();
        for (int i = 0; i < reached.length; i++) if (!reached[i]) outside.add(i);
        if (outside.isEmpty()) return;
        throw new IllegalArgumentException("BradleyTerry: there is no finite maximum: the group of items " + outside + " has " + fault
                + "; compare more, leave items out, or take a prior (withPrior)");
    }
}
