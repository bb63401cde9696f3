package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class BoundedHessianTest {

    /** {@code B = theta I}, then a BFGS update a pair; the path that bounds bend, piece by piece; the minimum over what is free. */
    private record Dense(double[][] b, Box box, double[] x, double[] g) {
        static Dense of(List<double[]> s, List<double[]> y, Box box, double[] x, double[] g) {
            int n = x.length;
            var b = new double[n][n];
            double theta = s.isEmpty() ? 1 : Vectors.dot(y.getLast(), y.getLast()) / Vectors.dot(s.getLast(), y.getLast());
            for (int i = 0; i < n; i++) b[i][i] = theta;
            for (int k = 0; k < s.size(); k++) {
                double[] bs = times(b, s.get(k)), yk = y.get(k);
                double sbs = Vectors.dot(s.get(k), bs), sy = Vectors.dot(s.get(k), yk);
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) b[i][j] += yk[i] * yk[j] / sy - bs[i] * bs[j] / sbs;
            }
            return new Dense(b, box, x, g);
        }

        private static double[] times(double[][] b, double[] v) {
            return Arrays.stream(b).mapToDouble(row -> Vectors.dot(row, v)).toArray();
        }

        /** When each coordinate meets its bound along {@code -g}; 0 if it is there. */
        private double[] meetings() {
            var t = new double[x.length];
            for (int i = 0; i < t.length; i++)
                t[i] = g[i] == 0 ? Double.POSITIVE_INFINITY : (x[i] - (g[i] < 0 ? box.upper()[i] : box.lower()[i])) / g[i];
            return t;
        }

        private double[] along(double t) {
            var p = x.clone();
            Vectors.addScaled(p, -t, g);
            return box.project(p);
        }

        /** The first minimum of the parabola along the bent path. */
        double[] cauchy() {
            double[] meetings = meetings(), ends = Arrays.stream(meetings).filter(t -> t > 0).sorted().toArray();
            double from = 0;
            for (double to : ends) {
                var d = new double[x.length];
                for (int i = 0; i < d.length; i++) d[i] = meetings[i] > from ? -g[i] : 0;
                var z = along(from);
                Vectors.addScaled(z, -1, x);
                double slope = Vectors.dot(g, d) + Vectors.dot(z, times(b, d)), bend = Vectors.dot(d, times(b, d));
                if (slope >= 0) return along(from);
                if (from - slope / bend < to) return along(from - slope / bend);
                from = to;
            }
            return along(from);
        }

        double[] direction() {
            double[] cauchy = cauchy(), z = cauchy.clone();
            Vectors.addScaled(z, -1, x);
            var r = times(b, z);
            Vectors.addScaled(r, 1, g);
            var free = new ArrayList<Integer>();
            for (int i = 0; i < x.length; i++) if (cauchy[i] > box.lower()[i] && cauchy[i] < box.upper()[i]) free.add(i);
            if (free.isEmpty()) return z;
            int k = free.size();
            var part = new double[k][k];
            var right = new double[k];
            for (int i = 0; i < k; i++) {
                right[i] = -r[free.get(i)];
                for (int j = 0; j < k; j++) part[i][j] = b[free.get(i)][free.get(j)];
            }
            double[] step = Linalg.solve(Tensor.of(part), Tensor.of(right)).toDoubleArray();
            double reach = 1;
            for (int i = 0; i < k; i++) {
                double at = cauchy[free.get(i)], bound = step[i] > 0 ? box.upper()[free.get(i)] : box.lower()[free.get(i)];
                if (step[i] != 0) reach = Math.min(reach, (bound - at) / step[i]);
            }
            for (int i = 0; i < k; i++) z[free.get(i)] += reach * step[i];
            return z;
        }
    }

    @Test void directionsAreThoseOfADenseMatrix() {
        var gap = Gap.absolute();
        int bent = 0, cut = 0;
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(51_060 + seed);
            int n = 2 + seed % 7, pairs = seed % 6, history = 3;
            double[] lower = new double[n], upper = new double[n], x = new double[n], g = new double[n];
            for (int i = 0; i < n; i++) {
                lower[i] = rng.nextDouble() < 0.2 ? Double.NEGATIVE_INFINITY : -2 * rng.nextDouble();
                upper[i] = rng.nextDouble() < 0.2 ? Double.POSITIVE_INFINITY : 2 * rng.nextDouble();
                double place = rng.nextDouble(); // some begin on a bound
                x[i] = place < 0.1 ? Math.max(lower[i], -3) : place > 0.9 ? Math.min(upper[i], 3) : 0;
                g[i] = 3 * rng.nextGaussian();
                x[i] = Math.clamp(x[i], lower[i], upper[i]);
            }
            var quadratic = TestProblems.Quadratic.of(curvatures(rng, n), new double[n], rng);
            var box = new Box(lower, upper);
            var unit = new BoundedHessian(box, history);
            List<double[]> s = new ArrayList<>(), y = new ArrayList<>();
            for (int k = 0; k < pairs; k++) {
                double[] step = new double[n], change = new double[n];
                for (int i = 0; i < n; i++) step[i] = rng.nextGaussian();
                quadratic.at(step, change); // of a quadratic about 0: the gradient's change along the step
                unit.learn(new double[n], new double[n], step, change);
                s.add(step);
                y.add(change);
            }
            int kept = Math.min(pairs, history);
            var dense = Dense.of(s.subList(pairs - kept, pairs), y.subList(pairs - kept, pairs), box, x, g);
            var out = new double[n];
            unit.direction(x, g, out);
            double[] expected = dense.direction(), cauchy = dense.cauchy();
            gap.see("seed " + seed, out, expected);
            for (int i = 0; i < n; i++) if (cauchy[i] == lower[i] || cauchy[i] == upper[i]) bent++;
            for (int i = 0; i < n; i++)
                if (cauchy[i] > lower[i] && cauchy[i] < upper[i]
                        && Math.min(x[i] + expected[i] - lower[i], upper[i] - x[i] - expected[i]) < 1e-12)
                    cut++;
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-9);
        assertThat(bent).isGreaterThan(300);
        assertThat(cut).isGreaterThan(20);
    }

    private static double[] curvatures(Rng rng, int n) {
        var curvature = new double[n];
        for (int i = 0; i < n; i++) curvature[i] = Math.pow(100, rng.nextDouble());
        return curvature;
    }

    /** A linear function falls along the whole ray: the search ends where the box does, and does not look beyond. */
    @Test void aSearchEndsAtTheBoundThatItReaches() {
        int[] calls = {0};
        var found = new Lbfgs().minimize((x, g) -> {
            calls[0]++;
            g[0] = -1;
            g[1] = -0.5;
            return -x[0] - 0.5 * x[1];
        }, new double[2], Box.of(2, -1, 3));
        assertThat(found.x()).containsExactly(3, 3);
        assertThat(found.stop()).isEqualTo(StopReason.GRADIENT);
        assertThat(calls[0]).isLessThan(8);
    }
}
