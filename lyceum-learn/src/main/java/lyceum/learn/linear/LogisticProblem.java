package lyceum.learn.linear;

import lyceum.backend.Parallel;

/**
 * The objective {@code sum_i w_i loss_i + l2 |b|^2 / 2 + l1 |b|_1} over {@code outputs * width} coefficients: one output for two classes, one a class for more.
 * The last column of each output is the free intercept, where there is one.
 */
final class LogisticProblem {
    /** Multiplications from which the Hessian of all coefficients is worth a product of large matrices. */
    private static final double LARGE = 2e6;
    final FeatureRows x;
    final int[] codes;
    final double[] weights;
    final int classes, outputs, width;
    final boolean intercept;
    final double l1, l2, totalWeight;

    LogisticProblem(FeatureRows x, int[] codes, double[] weights, int classes, boolean intercept, double l1, double l2) {
        this.x = x;
        this.codes = codes;
        this.weights = weights;
        this.classes = classes;
        this.intercept = intercept;
        this.l1 = l1;
        this.l2 = l2;
        outputs = classes == 2 ? 1 : classes;
        width = x.width();
        double total = 0;
        for (double w : weights) total += w;
        totalWeight = total;
    }

    LogisticProblem penalised(double l1, double l2) { return new LogisticProblem(x, codes, weights, classes, intercept, l1, l2); }

    boolean isUnpenalised() { return l1 == 0 && l2 == 0; }

    int size() { return outputs * width; }

    boolean isFree(int at) { return intercept && at % width == width - 1; }

    /** Where the loss was evaluated: its value with the l2 part, gradient likewise, probabilities (rows x outputs) and the least margin of a weighted row. */
    record Point(double value, double[] gradient, double[] probabilities, double leastMargin) {}

    Point at(double[] b) {
        double[] z = x.scores(b, outputs);
        int n = codes.length, grain = 4096, pieces = (n + grain - 1) / grain;
        double[] losses = new double[pieces], margins = new double[pieces], residuals = new double[z.length];
        Parallel.range(n, grain, (from, to) -> {
            int piece = (int) (from / grain);
            if (outputs == 1) binary(z, residuals, (int) from, (int) to, losses, margins, piece);
            else softmax(z, residuals, (int) from, (int) to, losses, margins, piece);
        });
        double value = 0, margin = Double.POSITIVE_INFINITY;
        for (int p = 0; p < pieces; p++) {
            value += losses[p];
            margin = Math.min(margin, margins[p]);
        }
        double[] gradient = x.gradient(residuals, outputs);
        for (int at = 0; at < b.length; at++) {
            if (isFree(at)) continue;
            value += l2 / 2 * b[at] * b[at];
            gradient[at] += l2 * b[at];
        }
        return new Point(value, gradient, z, margin);
    }

    /** Turns scores into probabilities in place. */
    private void binary(double[] z, double[] residuals, int from, int to, double[] losses, double[] margins, int piece) {
        double loss = 0, least = Double.POSITIVE_INFINITY;
        for (int i = from; i < to; i++) {
            double score = z[i], small = Math.exp(-Math.abs(score)), w = weights[i];
            double margin = codes[i] == 1 ? score : -score, inverse = 1 / (1 + small);
            loss += w * (Math.log1p(small) + Math.max(-margin, 0));
            double p = score >= 0 ? inverse : small * inverse;
            // 1 - p by the small side: no cancellation.
            residuals[i] = codes[i] == 1 ? w * -(score >= 0 ? small * inverse : inverse) : w * p;
            z[i] = p;
            if (w > 0 && margin < least) least = margin;
        }
        losses[piece] = loss;
        margins[piece] = least;
    }

    private void softmax(double[] z, double[] residuals, int from, int to, double[] losses, double[] margins, int piece) {
        double loss = 0, least = Double.POSITIVE_INFINITY;
        int k = outputs;
        for (int i = from; i < to; i++) {
            int base = i * k, code = codes[i];
            double own = z[base + code], top = own, rival = Double.NEGATIVE_INFINITY, w = weights[i], sum = 0;
            for (int c = 0; c < k; c++) {
                if (z[base + c] > top) top = z[base + c];
                if (c != code && z[base + c] > rival) rival = z[base + c];
            }
            for (int c = 0; c < k; c++) {
                double e = Math.exp(z[base + c] - top);
                z[base + c] = e;
                sum += e;
            }
            loss += w * (Math.log(sum) + top - own);
            double others = 0;
            for (int c = 0; c < k; c++) {
                z[base + c] /= sum;
                residuals[base + c] = w * z[base + c];
                if (c != code) others += z[base + c];
            }
            residuals[base + code] = -w * others;
            if (w > 0) least = Math.min(least, own - rival);
        }
        losses[piece] = loss;
        margins[piece] = least;
    }

    double absolute(double[] b) {
        if (l1 == 0) return 0;
        double sum = 0;
        for (int at = 0; at < b.length; at++) if (!isFree(at)) sum += Math.abs(b[at]);
        return l1 * sum;
    }

    /** The largest violation of the optimality conditions. */
    double violation(double[] b, double[] gradient) {
        double worst = 0;
        for (int at = 0; at < b.length; at++) {
            double g = gradient[at], l = isFree(at) ? 0 : l1;
            worst = Math.max(worst, b[at] != 0 || l == 0 ? Math.abs(g + l * Math.signum(b[at])) : Math.abs(g) - l);
        }
        return worst;
    }

    /**
     * The Hessian over these coefficients, ascending. Of several outputs, adding one vector to all changes no probability; a multiple of that direction's
     * projection on unpenalised coefficients is added, which fixes it without moving a minimum that is reached from 0.
     */
    double[][] hessian(Point point, int[] set) {
        // Near separation 1 - p is all that counts, which p - p p of the large products rounds away.
        boolean large = (double) codes.length * set.length * set.length >= LARGE && (outputs == 1 || !isUnpenalised());
        double[][] hessian = large && set.length == size() && x instanceof FeatureRows.DenseRows dense
                ? dense.curvature(point.probabilities, weights, outputs) : byPairs(point, set);
        double mean = 0;
        for (int r = 0; r < set.length; r++) mean += hessian[r][r] / set.length;
        for (int r = 0; r < set.length; r++) {
            boolean unpenalised = isFree(set[r]) || l2 == 0 && l1 == 0;
            if (!isFree(set[r])) hessian[r][r] += l2;
            if (outputs == 1 || !unpenalised) continue;
            for (int c = 0; c < set.length; c++) if (set[c] % width == set[r] % width) hessian[r][c] += mean / outputs;
        }
        return hessian;
    }

    /** Without penalties, a pair of outputs at a time. */
    private double[][] byPairs(Point point, int[] set) {
        var hessian = new double[set.length][set.length];
        int[] columns = columns(set);
        var place = new int[width];
        for (int c = 0; c < columns.length; c++) place[columns[c]] = c;
        int n = codes.length;
        var v = new double[n];
        for (int k = 0; k < outputs; k++) {
            for (int other = k; other < outputs; other++) {
                for (int i = 0; i < n; i++) {
                    double p = point.probabilities[i * outputs + k];
                    v[i] = weights[i] * (k == other ? p * (1 - p) : -p * point.probabilities[i * outputs + other]);
                }
                double[][] gram = x.gram(v, columns);
                for (int r = 0; r < set.length; r++) {
                    if (set[r] / width != k) continue;
                    for (int c = 0; c < set.length; c++) {
                        if (set[c] / width == other) hessian[r][c] = hessian[c][r] = gram[place[set[r] % width]][place[set[c] % width]];
                    }
                }
            }
        }
        return hessian;
    }

    private int[] columns(int[] set) {
        var used = new boolean[width];
        for (int at : set) used[at % width] = true;
        int count = 0;
        for (boolean u : used) if (u) count++;
        var columns = new int[count];
        int next = 0;
        for (int j = 0; j < width; j++) if (used[j]) columns[next++] = j;
        return columns;
    }

    /** How the direction {@code d} changes the margin of each weighted row: the least and the largest. */
    double[] marginRange(double[] d) {
        double[] z = x.scores(d, outputs);
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < codes.length; i++) {
            if (weights[i] == 0) continue;
            if (outputs == 1) {
                double m = codes[i] == 1 ? z[i] : -z[i];
                least = Math.min(least, m);
                most = Math.max(most, m);
                continue;
            }
            for (int k = 0; k < outputs; k++) {
                if (k == codes[i]) continue;
                double m = z[i * outputs + codes[i]] - z[i * outputs + k];
                least = Math.min(least, m);
                most = Math.max(most, m);
            }
        }
        return new double[] {least, most};
    }
}
