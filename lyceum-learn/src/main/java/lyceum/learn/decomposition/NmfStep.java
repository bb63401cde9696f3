package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.backend.Parallel;

/**
 * Half an iteration of {@link Nmf}: better rows of W while H is fixed. The other half is the same one for {@code X^T} and {@code H^T}. A row depends
 * on no other, so that rows are done in parallel.
 */
final class NmfStep {
    /** What a cell of {@code W H} is at least where it divides, over the mean of the data. */
    private static final double LEAST = 1e-12;

    private final NonnegativeRows x;
    private final double[] ht;
    private final int k;
    private final Nmf.Solver solver;
    private final Nmf.Loss loss;
    private final double l1, l2, least;
    /** {@code H H^T} (k x k). */
    private final double[] gram;
    /** {@code sum_j H_cj} (k). */
    private final double[] sums;

    /** @param ht {@code H^T} (columns of x, k) */
    NmfStep(NonnegativeRows x, double[] ht, int k, Nmf.Solver solver, Nmf.Loss loss, double l1, double l2, double mean) {
        this.x = x;
        this.ht = ht;
        this.k = k;
        this.solver = solver;
        this.loss = loss;
        this.l1 = l1;
        this.l2 = l2;
        this.least = LEAST * mean;
        this.gram = gram(ht, k);
        this.sums = sums(ht, k);
    }

    static double[] gram(double[] rows, int k) {
        var gram = new double[k * k];
        for (int at = 0; at < rows.length; at += k)
            for (int a = 0; a < k; a++) for (int b = 0; b <= a; b++) gram[a * k + b] += rows[at + a] * rows[at + b];
        for (int a = 0; a < k; a++) for (int b = 0; b < a; b++) gram[b * k + a] = gram[a * k + b];
        return gram;
    }

    static double[] sums(double[] rows, int k) {
        var sums = new double[k];
        for (int at = 0; at < rows.length; at += k) for (int c = 0; c < k; c++) sums[c] += rows[at + c];
        return sums;
    }

    /** Improves all rows; returns how far from an optimum they were. */
    double all(double[] w) {
        var violations = new double[x.rows()];
        Parallel.range(x.rows(), 16, (from, to) -> {
            double[] above = new double[k], below = new double[k];
            for (int i = (int) from; i < to; i++) violations[i] = row(i, w, above, below);
        });
        return Arrays.stream(violations).sum();
    }

    /** Improves row i until it is an optimum or {@code most} steps are done. */
    void solve(int i, double[] w, int most, double tolerance) {
        double[] above = new double[k], below = new double[k];
        double first = row(i, w, above, below), last = first;
        for (int s = 1; s < most && last > tolerance * first; s++) last = row(i, w, above, below);
    }

    private double row(int i, double[] w, double[] above, double[] below) {
        return solver == Nmf.Solver.COORDINATE_DESCENT ? descend(i, w, above) : multiply(i, w, above, below);
    }

    /** One minimisation along each coordinate (Cichocki and Phan 2009); returns the sum of projected gradients met. */
    private double descend(int i, double[] w, double[] xh) {
        products(i, xh);
        double violation = 0;
        for (int a = 0, at = i * k; a < k; a++) {
            double gradient = l1 - xh[a] + l2 * w[at + a], curvature = gram[a * k + a] + l2;
            for (int b = 0; b < k; b++) gradient += gram[a * k + b] * w[at + b];
            violation += Math.abs(w[at + a] == 0 ? Math.min(0, gradient) : gradient);
            if (curvature > 0) w[at + a] = Math.max(0, w[at + a] - gradient / curvature);
        }
        return violation;
    }

    private void products(int i, double[] xh) {
        Arrays.fill(xh, 0);
        for (int e = x.start()[i]; e < x.start()[i + 1]; e++) {
            double v = x.value()[e];
            for (int c = 0, h = x.column()[e] * k; c < k; c++) xh[c] += v * ht[h + c];
        }
    }

    /** {@code w <- w above / below} (Lee and Seung 2001; Fevotte and Idier 2011), or the minimum of the same bound with the penalties in it. */
    private double multiply(int i, double[] w, double[] above, double[] below) {
        int at = i * k;
        if (loss == Nmf.Loss.FROBENIUS) {
            products(i, above);
            for (int a = 0; a < k; a++) {
                below[a] = 0;
                for (int b = 0; b < k; b++) below[a] += gram[a * k + b] * w[at + b];
            }
        } else quotients(i, w, above, below);
        double change = 0;
        for (int c = 0; c < k; c++) {
            double before = w[at + c];
            if (before == 0) continue;
            w[at + c] = switch (loss) {
                case FROBENIUS -> ratio(before * above[c], below[c] + l1 + l2 * before);
                // The minimum over w of -a log w + b w + l2 w^2 / 2.
                case KULLBACK_LEIBLER -> {
                    double a = before * above[c], b = below[c] + l1;
                    yield ratio(2 * a, b + Math.sqrt(b * b + 4 * l2 * a));
                }
                case ITAKURA_SAITO -> itakuraSaito(before * before * above[c], below[c] + l1);
            };
            change += Math.abs(w[at + c] - before);
        }
        return change;
    }

    private void quotients(int i, double[] w, double[] above, double[] below) {
        boolean itakuraSaito = loss == Nmf.Loss.ITAKURA_SAITO;
        Arrays.fill(above, 0);
        if (itakuraSaito) Arrays.fill(below, 0);
        else System.arraycopy(sums, 0, below, 0, k);
        for (int e = x.start()[i]; e < x.start()[i + 1]; e++) {
            int h = x.column()[e] * k;
            double wh = Math.max(least, cell(w, i * k, h)), q = x.value()[e] / wh;
            if (itakuraSaito) q /= wh;
            for (int c = 0; c < k; c++) above[c] += q * ht[h + c];
            if (itakuraSaito) for (int c = 0; c < k; c++) below[c] += ht[h + c] / wh;
        }
    }

    private double cell(double[] w, int at, int h) {
        double sum = 0;
        for (int c = 0; c < k; c++) sum += w[at + c] * ht[h + c];
        return sum;
    }

    private static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

    /** The minimum over w of {@code a / w + b w + l2 w^2 / 2}: the root of {@code l2 w^3 + b w^2 - a}, by Newton from above. */
    private double itakuraSaito(double a, double b) {
        double w = Math.sqrt(ratio(a, b));
        if (l2 == 0 || w == 0) return w;
        for (int t = 0; t < 100; t++) {
            double step = (l2 * w * w * w + b * w * w - a) / (3 * l2 * w * w + 2 * b * w);
            w -= step;
            if (!(step > 1e-15 * w)) break;
        }
        return w;
    }

    /** The divergence of X from {@code W H}: half the squared distance for Frobenius. */
    double divergence(double[] w) {
        // All cells where x is 0 together: what W H holds in all, less what the others have.
        boolean full = loss == Nmf.Loss.ITAKURA_SAITO || x.isFull();
        var parts = new double[x.rows()];
        Parallel.range(x.rows(), 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) parts[i] = divergence(i, w, full ? 0 : 1);
        });
        double sum = Arrays.stream(parts).sum(), rest = 0;
        if (full) return sum;
        double[] other = loss == Nmf.Loss.FROBENIUS ? gram(w, k) : sums(w, k), mine = loss == Nmf.Loss.FROBENIUS ? gram : sums;
        for (int c = 0; c < mine.length; c++) rest += mine[c] * other[c];
        return Math.max(0, sum + (loss == Nmf.Loss.FROBENIUS ? rest / 2 : rest));
    }

    private double divergence(int i, double[] w, int less) {
        double sum = 0;
        for (int e = x.start()[i]; e < x.start()[i + 1]; e++) {
            double v = x.value()[e], wh = cell(w, i * k, x.column()[e] * k);
            if (loss == Nmf.Loss.FROBENIUS) {
                sum += ((v - wh) * (v - wh) - less * wh * wh) / 2;
                continue;
            }
            sum += (1 - less) * wh;
            if (v == 0) continue;
            double r = v / Math.max(least, wh);
            sum += loss == Nmf.Loss.KULLBACK_LEIBLER ? v * Math.log(r) - v : r - Math.log(r) - 1 - wh;
        }
        return sum;
    }
}
