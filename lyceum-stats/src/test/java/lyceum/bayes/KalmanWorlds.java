package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Random linear systems, and the joint normal distribution of all their states and measurements, by plain loops. */
final class KalmanWorlds {
    private KalmanWorlds() {}

    static double[][] bells(Rng rng, int m, int n, double scale) {
        var a = new double[m][n];
        for (var row : a) for (int j = 0; j < n; j++) row[j] = scale * rng.nextGaussian();
        return a;
    }

    static double[][] product(double[][] a, double[][] b) {
        var c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++)
            for (int k = 0; k < b.length; k++) for (int j = 0; j < b[0].length; j++) c[i][j] += a[i][k] * b[k][j];
        return c;
    }

    static double[][] transposed(double[][] a) {
        var t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) for (int j = 0; j < a[0].length; j++) t[j][i] = a[i][j];
        return t;
    }

    /** A A', singular where {@code rank} is below n. */
    static double[][] covariance(Rng rng, int n, int rank) {
        double[][] a = bells(rng, n, rank, 1), c = product(a, transposed(a));
        if (rank >= n) for (int i = 0; i < n; i++) c[i][i] += 0.1;
        return c;
    }

    record World(GaussianBelief start, LinearGaussian[] steps, double[][] y, double[][] controls) {
        KalmanFilter filter() { return new KalmanFilter(start, t -> steps[t]); }
    }

    static World world(Rng rng, int number, int length) {
        int d = 1 + number % 3, p = 1 + number / 3 % 2, c = 2;
        var steps = new LinearGaussian[length];
        for (int t = 0; t < length; t++)
            steps[t] = t > 0 && number % 2 == 0 ? steps[0]
                    : new LinearGaussian(bells(rng, d, d, 0.8), covariance(rng, d, number % 5 == 0 && d > 1 ? d - 1 : d),
                            bells(rng, p, d, 1), covariance(rng, p, p), bells(rng, d, c, 1));
        double[][] y = bells(rng, length, p, 3), controls = bells(rng, length, c, 1);
        for (int t = 0; t < length; t++) {
            if (rng.nextDouble() < 0.2) y[t][rng.nextInt(p)] = Double.NaN;
            if (t == 1 + number % 4) Arrays.fill(y[t], Double.NaN);
        }
        return new World(GaussianBelief.of(bells(rng, 1, d, 2)[0], covariance(rng, d, d)), steps, y, number % 4 < 2 ? null : controls);
    }

    /** Mean and covariance of all states, then all measurements, in one normal distribution. */
    static final class Joint {
        final double[] mean;
        final double[][] covariance;
        final int d, p, length;

        Joint(World w) {
            length = w.y.length;
            d = w.start.dimensions();
            p = w.y[0].length;
            int n = length * (d + p), base = length * d, noise = d * length + p * length;
            mean = new double[n];
            // every entry as a linear function of independent noises: the start's, then the steps', then the measurements'
            var rows = new double[n][noise];
            double[][] root = lower(w.start.covariance());
            double[] m = w.start.mean();
            for (int t = 0; t < length; t++) {
                double[][] now;
                if (t == 0) {
                    now = new double[d][noise];
                    for (int i = 0; i < d; i++) System.arraycopy(root[i], 0, now[i], 0, d);
                } else {
                    var step = w.steps[t - 1];
                    now = product(step.transition(), Arrays.copyOfRange(rows, (t - 1) * d, t * d));
                    var q = symmetricRoot(step.transitionNoise());
                    for (int i = 0; i < d; i++) System.arraycopy(q[i], 0, now[i], t * d, d);
                    double[] next = new double[d];
                    for (int i = 0; i < d; i++) {
                        for (int j = 0; j < d; j++) next[i] += step.transition()[i][j] * m[j];
                        if (w.controls != null) for (int j = 0; j < 2; j++) next[i] += step.b[i][j] * w.controls[t - 1][j];
                    }
                    m = next;
                }
                System.arraycopy(now, 0, rows, t * d, d);
                System.arraycopy(m, 0, mean, t * d, d);
                double[][] seen = product(w.steps[t].observation(), now), r = lower(w.steps[t].observationNoise());
                for (int i = 0; i < p; i++) {
                    System.arraycopy(r[i], 0, seen[i], base + t * p, p);
                    rows[base + t * p + i] = seen[i];
                    for (int j = 0; j < d; j++) mean[base + t * p + i] += w.steps[t].observation()[i][j] * m[j];
                }
            }
            covariance = product(rows, transposed(rows));
        }

        static double[][] lower(double[][] a) { return Cholesky.of(Tensor.of(a)).lower().toRows(); }

        static double[][] symmetricRoot(double[][] a) {
            var eigen = Eigen.symmetric(Tensor.of(a));
            double[][] v = eigen.vectors().toRows();
            for (var row : v) for (int j = 0; j < row.length; j++) row[j] *= Math.sqrt(Math.max(0, eigen.values().toDoubleArray()[j]));
            return v;
        }

        /** Mean and covariance of entries {@code a} given the measured values of steps up to {@code upTo}; first row is the mean. */
        double[][] given(int[] a, double[][] y, int upTo) {
            int[] b = seen(y, upTo);
            double[][] left = pick(a, b), p = pick(a, a);
            double[] mean = Arrays.stream(a).mapToDouble(i -> this.mean[i]).toArray();
            if (b.length > 0) {
                var factor = Cholesky.of(Tensor.of(pick(b, b)));
                double[] v = Arrays.stream(b).mapToDouble(i -> y[(i - length * d) / this.p][(i - length * d) % this.p] - this.mean[i])
                        .toArray();
                double[] w = factor.solve(Tensor.of(v)).toDoubleArray();
                double[][] k = transposed(factor.solve(Tensor.of(transposed(left))).toRows()), less = product(k, transposed(left));
                for (int i = 0; i < a.length; i++) {
                    for (int j = 0; j < b.length; j++) mean[i] += left[i][j] * w[j];
                    for (int j = 0; j < a.length; j++) p[i][j] -= less[i][j];
                }
            }
            var all = new double[a.length + 1][];
            all[0] = mean;
            System.arraycopy(p, 0, all, 1, a.length);
            return all;
        }

        int[] seen(double[][] y, int upTo) {
            var list = new ArrayList<Integer>();
            for (int t = 0; t < upTo; t++) for (int i = 0; i < p; i++) if (!Double.isNaN(y[t][i])) list.add(length * d + t * p + i);
            return list.stream().mapToInt(Integer::intValue).toArray();
        }

        double[][] pick(int[] rows, int[] columns) {
            var m = new double[rows.length][columns.length];
            for (int i = 0; i < rows.length; i++) for (int j = 0; j < columns.length; j++) m[i][j] = covariance[rows[i]][columns[j]];
            return m;
        }

        int[] states(int from, int to) {
            var s = new int[(to - from) * d];
            for (int i = 0; i < s.length; i++) s[i] = from * d + i;
            return s;
        }
    }
}
