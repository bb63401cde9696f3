package lyceum.text.lm;

import java.util.Arrays;

/** Leaves out runs and makes the weights fit again. */
final class NGramPruning {
    private final NGramLanguageModel model;
    private final NGramTable table;
    private final boolean[][] kept;

    NGramPruning(NGramLanguageModel model) {
        this.model = model;
        table = model.table();
        kept = new boolean[table.order()][];
        for (int n = 0; n < kept.length; n++) {
            kept[n] = new boolean[table.size(n)];
            Arrays.fill(kept[n], true);
        }
    }

    NGramLanguageModel pruned(double threshold) {
        for (int n = table.order() - 1; n > 0; n--) walk(0, n, 0, new int[n], 0, threshold);
        return rebuilt();
    }

    /** All contexts of n ids. */
    private void walk(int k, int n, int place, int[] gram, double log, double threshold) {
        if (k == n) {
            context(n, place, gram, log, threshold);
            return;
        }
        for (int i = table.from(k, place), to = table.to(k, place); i < to; i++) {
            gram[k] = table.id(k, i);
            // a start mark is as frequent as the end of a text
            double own = k > 0 || gram[k] != model.startMark() ? table.log(k, i)
                    : model.endMark() < 0 ? 0 : model.after().logProbability(model.endMark());
            walk(k + 1, n, i, gram, log + own, threshold);
        }
    }

    private void context(int n, int place, int[] gram, double log, double threshold) {
        var shorter = model.after(Arrays.copyOfRange(gram, 1, n));
        int from = table.from(n, place), to = table.to(n, place);
        double left = 1, below = 1;
        var lower = new double[to - from];
        for (int i = from; i < to; i++) {
            lower[i - from] = shorter.logProbability(table.id(n, i));
            left -= Math.exp(table.log(n, i));
            below -= Math.exp(lower[i - from]);
        }
        left = Math.max(left, 0);
        below = Math.max(below, 1e-300);
        for (int i = from; i < to; i++) {
            if (n + 1 < table.order() && continued(n, i)) continue;
            double p = Math.exp(table.log(n, i)), q = Math.exp(lower[i - from]);
            double weight = Math.log((left + p) / (below + q));
            double change = p > 0 ? p * (table.log(n, i) - lower[i - from] - weight) : 0;
            if (left > 0) change += left * (table.weight(n - 1, place) - weight);
            if (Math.expm1(Math.exp(log) * change) < threshold) kept[n][i] = false;
        }
    }

    private boolean continued(int n, int run) {
        for (int i = table.from(n + 1, run), to = table.to(n + 1, run); i < to; i++) if (kept[n + 1][i]) return true;
        return false;
    }

    private NGramLanguageModel rebuilt() {
        int order = table.order();
        int[][] ids = new int[order][], starts = new int[order][];
        double[][] logs = new double[order][], weights = new double[order][];
        var places = new int[0]; // of the contexts that stay, in the table
        for (int n = 0; n < order; n++) {
            int size = 0, at = 0;
            for (boolean stays : kept[n]) if (stays) size++;
            ids[n] = new int[size];
            logs[n] = new double[size];
            weights[n] = new double[n + 1 < order ? size : 0];
            var next = new int[size];
            if (n > 0) starts[n - 1] = new int[places.length + 1];
            for (int c = 0; c < (n == 0 ? 1 : places.length); c++) {
                int context = n == 0 ? 0 : places[c];
                for (int i = table.from(n, context), to = table.to(n, context); i < to; i++) {
                    if (!kept[n][i]) continue;
                    next[at] = i;
                    ids[n][at] = table.id(n, i);
                    logs[n][at] = table.log(n, i);
                    if (n + 1 < order) weights[n][at] = table.weight(n, i);
                    at++;
                }
                if (n > 0) starts[n - 1][c + 1] = at;
            }
            places = next;
        }
        starts[order - 1] = new int[0];
        var smaller = new NGramLanguageModel(NGramTable.of(ids, starts, logs, weights), model.form());
        for (int n = 1; n < order; n++) reweigh(smaller, 0, n, 0, new int[n], weights[n - 1]);
        return smaller;
    }

    /** From short contexts to long: the arrays are those that the smaller model reads. */
    private static void reweigh(NGramLanguageModel smaller, int k, int n, int place, int[] gram, double[] weights) {
        var t = smaller.table();
        if (k < n) {
            for (int i = t.from(k, place), to = t.to(k, place); i < to; i++) {
                gram[k] = t.id(k, i);
                reweigh(smaller, k + 1, n, i, gram, weights);
            }
            return;
        }
        var shorter = smaller.after(Arrays.copyOfRange(gram, 1, n));
        double left = 1, below = 1;
        for (int i = t.from(n, place), to = t.to(n, place); i < to; i++) {
            left -= Math.exp(t.log(n, i));
            below -= Math.exp(shorter.logProbability(t.id(n, i)));
        }
        if (below > 1e-12) weights[place] = Math.log(Math.max(0, left) / below);
    }
}
