package lyceum.text.lm;

import java.util.Arrays;
import java.util.List;
import lyceum.text.count.NGramTrie;
import lyceum.text.lm.NGramSmoothing.AddK;
import lyceum.text.lm.NGramSmoothing.JelinekMercer;
import lyceum.text.lm.NGramSmoothing.Katz;
import lyceum.text.lm.NGramSmoothing.KneserNey;
import lyceum.text.lm.NGramSmoothing.Mle;
import lyceum.text.lm.NGramSmoothing.StupidBackoff;
import lyceum.text.lm.NGramSmoothing.WittenBell;

/**
 * From counts to a table. Every smoothing is one form: a seen run gets {@code (c - d) / (N + x)} and the rest of its context's mass is
 * {@code (sum d + x) / (N + x)}, {@code d} being a discount and {@code x} a pseudo-count; interpolated models give the rest to all words by the shorter
 * context, others to the unseen alone.
 */
final class NGramBuilder {
    private final NGramEstimator by;
    private final int order, outcomes;
    private final int[][] ids, starts, counts, suffixes;
    private final boolean direct;
    private NGramDiscounts discounts;

    NGramBuilder(NGramEstimator by, NGramTrie trie) {
        this.by = by;
        order = by.order();
        outcomes = by.vocabulary() - (by.startMark() >= 0 ? 1 : 0);
        direct = by.smoothing() instanceof Mle || by.smoothing() instanceof AddK;
        ids = new int[order][];
        counts = new int[order][];
        starts = new int[order][];
        for (int n = 0; n < order; n++) {
            var level = trie.level(n + 1);
            ids[n] = level.ids();
            counts[n] = level.counts();
            starts[n] = level.starts();
        }
        suffixes = suffixes();
        if (by.smoothing() instanceof KneserNey) countContinuations();
        int start = by.startMark() < 0 ? -1 : Arrays.binarySearch(ids[0], by.startMark());
        if (start >= 0) counts[0][start] = 0; // it stands before texts and is no outcome
    }

    /** For each run its place, one order lower, without the oldest token. */
    private int[][] suffixes() {
        var found = new int[order][];
        for (int n = 1; n < order; n++) {
            found[n] = new int[ids[n].length];
            for (int i = 0; i < ids[n - 1].length; i++) {
                int from = n == 1 ? 0 : starts[n - 2][found[n - 1][i]], to = n == 1 ? ids[0].length : starts[n - 2][found[n - 1][i] + 1];
                for (int e = starts[n - 1][i]; e < starts[n - 1][i + 1]; e++)
                    found[n][e] = from = Arrays.binarySearch(ids[n - 1], from, to, ids[n][e]);
            }
        }
        return found;
    }

    /** Below the longest runs: in how many different places. Nothing stands before a start mark, so that runs from one keep their counts. */
    private void countContinuations() {
        int from = by.startMark() < 0 ? 0 : Arrays.binarySearch(ids[0], by.startMark()), to = from + 1;
        boolean marked = by.startMark() >= 0 && from >= 0;
        for (int n = 0; n + 1 < order; n++) {
            var seen = new int[ids[n].length];
            if (marked) System.arraycopy(counts[n], from, seen, from, to - from);
            for (int suffix : suffixes[n + 1]) seen[suffix]++;
            counts[n] = seen;
            if (marked) {
                from = starts[n][from];
                to = starts[n][to];
            }
        }
    }

    NGramLanguageModel build(List<int[]> heldOut) {
        discounts = new NGramDiscounts(by, counts);
        if (by.smoothing() instanceof JelinekMercer j && !heldOut.isEmpty() && j.iterations() > 0)
            new HeldOutWeights(j, ids, starts, counts, by.uniformBase() ? outcomes : 0).learn(heldOut, by.startMark() >= 0 ? 1 : 0,
                    discounts.weights());
        var shares = new double[order][];
        var weights = new double[order][];
        double root = 0;
        for (int n = 0; n < order; n++) {
            shares[n] = new double[ids[n].length];
            if (n > 0) weights[n - 1] = new double[ids[n - 1].length];
            double[] shorter = n == 0 || direct ? null : shares[n - 1];
            if (n == 0) root = context(0, 0, ids[0].length, shorter, shares[0]);
            else for (int i = 0; i < ids[n - 1].length; i++)
                weights[n - 1][i] = context(n, starts[n - 1][i], starts[n - 1][i + 1], shorter, shares[n]);
        }
        weights[order - 1] = new double[0];
        if (by.startMark() >= 0) {
            int start = Arrays.binarySearch(ids[0], by.startMark());
            if (start >= 0) shares[0][start] = 0;
        }
        for (int n = 0; n < order; n++) {
            logs(shares[n]);
            logs(weights[n]);
        }
        boolean stupid = by.smoothing() instanceof StupidBackoff;
        var table = NGramTable.of(ids, starts, shares, weights);
        return new NGramLanguageModel(table, new NGramLanguageModel.Form(by.vocabulary(), by.startMark(), by.endMark(), by.unknown(),
                Math.log(root), Math.log(unseenContext()), direct, !stupid));
    }

    private static void logs(double[] values) { for (int i = 0; i < values.length; i++) values[i] = Math.log(values[i]); }

    /** The weight of the shorter context where the longer was never seen. */
    private double unseenContext() {
        return switch (by.smoothing()) {
            case Mle _ -> 0;
            case StupidBackoff s -> s.alpha();
            default -> 1;
        };
    }

    private double lower(double[] shorter, int n, int run) {
        return shorter == null ? n == 0 && !direct && !by.uniformBase() ? 0 : 1.0 / outcomes : shorter[suffixes[n][run]];
    }

    /** Fills in the shares of the runs of one context and gives the weight of the shorter one. */
    private double context(int n, int from, int to, double[] shorter, double[] shares) {
        long total = 0;
        int kinds = 0;
        for (int i = from; i < to; i++) {
            total += counts[n][i];
            if (counts[n][i] > 0) kinds++;
        }
        if (total == 0) {
            for (int i = from; i < to; i++) shares[i] = unseenContext() * lower(shorter, n, i);
            return unseenContext();
        }
        boolean plain = n == 0 && !direct && (!by.uniformBase() || by.smoothing() instanceof StupidBackoff);
        double freed = 0;
        if (!plain) for (int i = from; i < to; i++) if (counts[n][i] > 0) freed += discounts.off(n, counts[n][i], total);
        double extra = plain ? 0 : switch (by.smoothing()) {
            case WittenBell _ -> kinds;
            case AddK a -> a.k() * outcomes;
            case Katz k -> freed == 0 ? k.pseudoCount() : 0;
            default -> 0;
        };
        double whole = total + extra, rest = (freed + extra) / whole;
        for (int i = from; i < to; i++)
            if (counts[n][i] > 0) shares[i] = (counts[n][i] - (plain ? 0 : discounts.off(n, counts[n][i], total))) / whole;
        if (by.smoothing() instanceof StupidBackoff s) return n == 0 ? 0 : s.alpha();
        if (discounts.interpolated()) {
            for (int i = from; i < to; i++) shares[i] += rest * lower(shorter, n, i);
            return rest;
        }
        return backOff(n, from, to, kinds, rest, shorter, shares);
    }

    private double backOff(int n, int from, int to, int kinds, double rest, double[] shorter, double[] shares) {
        double unseen = 1;
        for (int i = from; i < to; i++) if (counts[n][i] > 0) unseen -= lower(shorter, n, i);
        boolean all = kinds == outcomes || !(unseen > 1e-12); // nobody is left to back off to
        double weight = all ? 0 : rest / unseen;
        long total = 0;
        for (int i = from; i < to; i++) total += counts[n][i];
        for (int i = from; i < to; i++) {
            if (counts[n][i] == 0) shares[i] = weight * lower(shorter, n, i);
            else if (all) shares[i] = rest < 1 ? shares[i] / (1 - rest) : (double) counts[n][i] / total; // a discount of 1 left nothing
        }
        return weight;
    }
}
