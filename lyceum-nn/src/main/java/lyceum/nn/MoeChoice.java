package lyceum.nn;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/** Pairs of token and expert by scores (T x E), grouped by expert. */
record MoeChoice(int[] tokens, int[] counts, int[][] chosen) {

    int[] experts() {
        var experts = new int[tokens.length];
        for (int e = 0, at = 0; e < counts.length; at += counts[e++]) Arrays.fill(experts, at, at + counts[e], e);
        return experts;
    }

    static MoeChoice byTokens(double[] scores, int tokens, int experts, MoeRouterConfig config, int capacity) {
        int k = config.k();
        var taken = new boolean[scores.length];
        var chosen = new int[tokens][k];
        for (int t = 0; t < tokens; t++) for (int j = 0; j < k; j++) {
            int best = best(scores, taken, t, experts, null, 0);
            taken[t * experts + best] = true;
            chosen[t][j] = best;
        }
        var counts = new int[experts];
        for (var row : chosen) for (int e : row) counts[e]++;
        boolean full = false;
        for (int count : counts) full |= count > capacity;
        if (full) limit(scores, taken, chosen, counts, config, capacity);
        return grouped(taken, tokens, counts, chosen);
    }

    /** Scores of experts in groups that a token does not keep become those that nobody chooses. Of equal groups the first are kept. */
    static void limitGroups(double[] scores, int tokens, int experts, MoeRouterConfig config) {
        int groups = config.groups(), each = experts / groups;
        boolean pairs = config.kind() == MoeRouterConfig.Kind.SIGMOID;
        var sums = new double[groups];
        for (int t = 0; t < tokens; t++) {
            for (int g = 0; g < groups; g++) {
                double best = Double.NEGATIVE_INFINITY, second = best;
                for (int i = t * experts + g * each; i < t * experts + (g + 1) * each; i++) {
                    second = Math.max(second, Math.min(best, scores[i]));
                    best = Math.max(best, scores[i]);
                }
                sums[g] = pairs && each > 1 ? best + second : best;
            }
            for (int kept = 0; kept < config.keptGroups(); kept++) {
                int best = 0;
                for (int g = 1; g < groups; g++) if (sums[g] > sums[best]) best = g;
                sums[best] = Double.NEGATIVE_INFINITY;
            }
            for (int g = 0; g < groups; g++)
                if (sums[g] != Double.NEGATIVE_INFINITY)
                    Arrays.fill(scores, t * experts + g * each, t * experts + (g + 1) * each, Double.NEGATIVE_INFINITY);
        }
    }

    /**
     * The best expert that a token does not have and that has room, the first of equals; -1 if there is none. Where room is asked for, scores of negative infinity
     * stay out: those of groups that the token does not keep.
     */
    private static int best(double[] scores, boolean[] taken, int token, int experts, int[] counts, int capacity) {
        int best = -1, row = token * experts;
        for (int e = 0; e < experts; e++) {
            boolean open = counts == null || counts[e] < capacity && scores[row + e] != Double.NEGATIVE_INFINITY;
            if (open && !taken[row + e] && (best < 0 || scores[row + e] > scores[row + best])) best = e;
        }
        return best;
    }

    /** Seats pairs in their order of precedence until an expert is full. */
    private static void limit(double[] scores, boolean[] taken, int[][] chosen, int[] counts, MoeRouterConfig config, int capacity) {
        int tokens = chosen.length, k = config.k(), experts = counts.length;
        var order = new int[tokens * k]; // rank by rank, within it by position
        for (int i = 0; i < order.length; i++) order[i] = i;
        if (config.bestFirst()) order = byScore(scores, chosen, experts, k);
        Arrays.fill(counts, 0);
        var away = new int[order.length];
        int left = 0;
        for (int pair : order) {
            int token = pair % tokens, expert = chosen[token][pair / tokens];
            if (counts[expert] < capacity) counts[expert]++;
            else {
                taken[token * experts + expert] = false;
                away[left++] = pair;
            }
        }
        if (config.overflow() != MoeRouterConfig.Overflow.REROUTE) return;
        for (int i = 0; i < left; i++) {
            int token = away[i] % tokens, expert = best(scores, taken, token, experts, counts, capacity);
            if (expert < 0) continue;
            taken[token * experts + expert] = true;
            counts[expert]++;
        }
    }

    private static int[] byScore(double[] scores, int[][] chosen, int experts, int k) {
        int tokens = chosen.length;
        var keys = new double[tokens * k];
        for (int i = 0; i < keys.length; i++) keys[i] = -scores[i % tokens * experts + chosen[i % tokens][i / tokens]];
        return Tensor.of(keys).argsort(0).toIntArray(); // stable: equal ones keep their order
    }

    /** Each expert takes its best tokens, the first of equals. */
    static MoeChoice byExperts(double[] scores, int tokens, int experts, int capacity) {
        var taken = new boolean[scores.length];
        var counts = new int[experts];
        var best = Tensor.of(scores, tokens, experts).argsort(0, true).toLongArray();
        for (int r = 0; r < capacity; r++) for (int e = 0; e < experts; e++) taken[(int) best[r * experts + e] * experts + e] = true;
        Arrays.fill(counts, capacity);
        var chosen = new int[tokens][];
        for (int t = 0; t < tokens; t++) {
            var own = new int[experts];
            int n = 0;
            for (int e = 0; e < experts; e++) if (taken[t * experts + e]) own[n++] = e;
            chosen[t] = Arrays.copyOf(own, n);
        }
        return grouped(taken, tokens, counts, chosen);
    }

    private static MoeChoice grouped(boolean[] taken, int tokens, int[] counts, int[][] chosen) {
        int experts = counts.length, pairs = 0;
        for (int count : counts) pairs += count;
        var grouped = new int[pairs];
        for (int e = 0, at = 0; e < experts; e++) for (int t = 0; t < tokens; t++) if (taken[t * experts + e]) grouped[at++] = t;
        return new MoeChoice(grouped, counts, chosen);
    }
}
