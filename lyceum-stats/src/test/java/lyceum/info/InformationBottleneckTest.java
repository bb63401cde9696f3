package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InformationBottleneckTest {

    /** Sizes from 2 x 2 to 6 x 5, some with zeros. */
    private static double[][] joint(int seed) {
        var rng = Rng.of(900 + seed);
        int n = 2 + seed % 5, m = 2 + seed / 5 % 4;
        var p = new double[n][m];
        double sum = 0;
        for (double[] row : p)
            for (int y = 0; y < m; y++)
                sum += row[y] = Math.pow(rng.nextDouble(), 1 + seed % 3) * (seed % 4 == 0 && rng.nextInt(5) == 0 ? 0 : 1);
        for (double[] row : p) for (int y = 0; y < m; y++) row[y] /= sum;
        return p;
    }

    private static double information(double[][] table) {
        double[] rows = new double[table.length], columns = new double[table[0].length];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < columns.length; j++) {
            rows[i] += table[i][j];
            columns[j] += table[i][j];
        }
        double sum = 0;
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < columns.length; j++)
                if (table[i][j] > 0) sum += table[i][j] * Math.log(table[i][j] / (rows[i] * columns[j]));
        return sum;
    }

    /** I(X;Z) and I(Z;Y) of an encoder, by tables. */
    private static double[] informations(double[][] p, double[][] q) {
        double[][] xz = new double[p.length][q[0].length], zy = new double[q[0].length][p[0].length];
        for (int x = 0; x < p.length; x++) for (int z = 0; z < q[0].length; z++) for (int y = 0; y < p[0].length; y++) {
            xz[x][z] += p[x][y] * q[x][z];
            zy[z][y] += p[x][y] * q[x][z];
        }
        return new double[] {information(xz), information(zy)};
    }

    @Test
    @Acceptance(topic = "information-bottleneck", clause = 1) void theLagrangianNeverRises() {
        double rise = Double.NEGATIVE_INFINITY, told = 0, fall = 0;
        for (int seed = 0; seed < 100; seed++) for (boolean hard : new boolean[] {false, true}) {
            double[][] p = joint(seed);
            double beta = Math.exp(4 * Rng.of(seed).nextDouble());
            var found = new InformationBottleneck(beta).withDeterministic(hard).withTolerance(-0.0).withMaxIterations(300).fit(p, p.length,
                    Rng.of(50 + seed));
            double[] l = found.objectives();
            for (int t = 1; t < l.length; t++) rise = Math.max(rise, l[t] - l[t - 1]);
            fall += (l[0] - found.objective()) / 200;
            double[] i = informations(p, found.encoder());
            told = Math.max(told, Math.max(Math.abs(i[0] - found.complexity()), Math.abs(i[1] - found.relevance())));
            if (hard) told = Math.max(told, Math.abs(i[0] - found.entropy())); // of hard clusters H(Z) = I(X;Z)
            told = Math.max(told, Math.abs((hard ? found.entropy() : i[0]) - beta * i[1] - found.objective()) / (1 + beta));
        }
        Evidence.of("largest rise of the objective in a step, 100 joints, soft and hard", rise, atMost(1e-12));
        Evidence.of("informations less those of the tables", told, below(1e-12));
        Evidence.of("mean fall from a random start", fall, above(0.1));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "information-bottleneck", clause = 1) void theCurveIsConcave() {
        var betas = new double[30];
        for (int b = 0; b < 30; b++) betas[b] = Math.pow(1.25, b);
        double[] sag = new double[100], excess = new double[100], apart = new double[100];
        for (int s = 0; s < 100; s++) {
            double[][] p = joint(s);
            double all = information(p);
            var curve = InformationBottleneck.curve(p, p.length, betas, 10, Rng.of(s));
            List<double[]> points = new ArrayList<>(List.of(new double[] {0, 0}));
            for (var at : curve) {
                double[] i = informations(p, at.encoder());
                excess[s] = Math.max(excess[s], i[1] - Math.min(all, i[0]));
                points.add(i);
            }
            points.sort((a, b) -> Double.compare(a[0], b[0]));
            for (int a = 0; a < points.size(); a++) for (int c = a + 2; c < points.size(); c++) for (int b = a + 1; b < c; b++) {
                double[] l = points.get(a), m = points.get(b), r = points.get(c);
                if (r[0] - l[0] < 1e-9) continue;
                sag[s] = Math.max(sag[s], l[1] + (r[1] - l[1]) * (m[0] - l[0]) / (r[0] - l[0]) - m[1]);
            }
            apart[s] = all - curve[29].relevance();
        }
        Evidence.of("largest depth of a point below a chord, nats, 100 curves of 30 betas", Arrays.stream(sag).max().orElseThrow(),
                atMost(1e-4));
        Evidence.of("I(Z,Y) less the smaller of I(X,Y) and I(X,Z)", Arrays.stream(excess).max().orElseThrow(), atMost(1e-10));
        Evidence.of("at the highest beta, what is lost of I(X,Y), median", Arrays.stream(apart).sorted().toArray()[50], below(0.01));
    }

    /** The largest KL(rW | p(y)) / KL(r | p(x)) by climbing from random places with random steps. */
    private static double contraction(double[][] p, Rng rng) {
        int n = p.length, m = p[0].length;
        double[] px = new double[n], py = new double[m], r = new double[n], out = new double[m];
        for (int x = 0; x < n; x++) for (int y = 0; y < m; y++) {
            px[x] += p[x][y];
            py[y] += p[x][y];
        }
        double best = 0;
        for (int start = 0; start < 40; start++) {
            double[] at = px.clone();
            double spread = start % 2 == 0 ? 2 : 0.05, own = 0;
            for (int step = 0; step < 1_500; step++) {
                double sum = 0, above = 0, below = 0;
                for (int x = 0; x < n; x++)
                    sum += r[x] = at[x] * Math.exp((step == 0 ? spread : 0.3 * Math.pow(0.995, step)) * rng.nextGaussian());
                Arrays.fill(out, 0);
                for (int x = 0; x < n; x++) {
                    r[x] /= sum;
                    if (px[x] == 0) continue;
                    if (r[x] > 0) below += r[x] * Math.log(r[x] / px[x]);
                    for (int y = 0; y < m; y++) out[y] += r[x] * p[x][y] / px[x];
                }
                for (int y = 0; y < m; y++) if (out[y] > 0) above += out[y] * Math.log(out[y] / py[y]);
                if (below < 1e-5 || step > 0 && above / below <= own) continue;
                own = above / below;
                at = r.clone();
            }
            best = Math.max(best, own);
        }
        return best;
    }

    @Test
    @Acceptance(topic = "information-bottleneck", clause = 2) void belowTheCriticalBetaNothingIsSaid() {
        int joints = 40;
        double[] said = new double[joints], above = new double[joints], gap = new double[joints];
        Parallel.range(joints, 1, (from, to) -> {
            for (int s = (int) from; s < to; s++) {
                double[][] p = joint(2 * s + 1); // those without zeros: a sure outcome has eta 1
                double eta = contraction(p, Rng.of(s));
                for (int run = 0; run < 5; run++)
                    said[s] = Math.max(said[s], new InformationBottleneck(0.9 / eta).withTolerance(0).withMaxIterations(2_000)
                            .fit(p, p.length + run % 2, Rng.of(60 + run)).complexity());
                gap[s] = InformationBottleneck.criticalBeta(p) * eta - 1;
                above[s] = new InformationBottleneck(1.5 * InformationBottleneck.criticalBeta(p)).fit(p, p.length, Rng.of(3)).complexity();
            }
        });
        Evidence.of("largest I(Z,X) at 0.9 of the critical beta, 40 joints, five starts", Arrays.stream(said).max().orElseThrow(),
                below(1e-6));
        Evidence.of("median at 1.5 of it", Arrays.stream(above).sorted().toArray()[joints / 2], above(0.01));
        // The unit's own critical beta is no higher than climbing finds it, and seldom lower.
        assertThat(Arrays.stream(gap).max().orElseThrow()).isLessThan(1e-3);
        assertThat(Arrays.stream(gap).sorted().toArray()[3]).isGreaterThan(-0.01);
    }

    @Test
    @Acceptance(topic = "information-bottleneck", clause = 3) void theGaussianCurveIsTheBestOfAllLinearMaps() {
        double worst = 0, lambdas = 0;
        int wrong = 0, checked = 0;
        for (int seed = 0; seed < 4; seed++) {
            var rng = Rng.of(30 + seed);
            int d = 2 + seed % 2, e = 2 + seed / 2;
            Tensor root = Tensor.randn(rng, DType.F64, d + e, d + e),
                    all = root.matmul(root.transpose()).add(Tensor.eye(DType.F64, d + e).mul(0.3)).compute();
            Tensor xx = all.narrow(0, 0, d).narrow(1, 0, d), yy = all.narrow(0, d, e).narrow(1, d, e),
                    xy = all.narrow(0, 0, d).narrow(1, d, e);
            var found = GaussianBottleneck.of(xx, yy, xy);
            Tensor given = xx.sub(xy.matmul(Linalg.inverse(yy)).matmul(xy.transpose())).compute();
            for (double l : found.eigenvalues())
                lambdas = Math.max(lambdas, Math.abs(Linalg.det(given.sub(xx.mul(l))).item()) / Math.abs(Linalg.det(xx).item()));
            for (double b : found.bifurcations()) for (double share : new double[] {0.5, 0.97, 1.03, 1.6, 6}) {
                double beta = b * share;
                if (beta > 60) continue;
                double[] best = numeric(xx, given, beta, d, rng);
                worst = Math.max(worst, Math.max(Math.abs(best[0] - found.complexity(beta)), Math.abs(best[1] - found.relevance(beta))));
                int told = (int) Arrays.stream(found.bifurcations()).filter(v -> v < beta).count();
                if (told != (int) best[2]) wrong++;
                checked++;
                // A describes as much as the formulas say.
                var signal = found.projection(beta).matmul(xx).matmul(found.projection(beta).transpose()).add(Tensor.eye(DType.F64, d));
                assertThat(Linalg.logDet(signal).item() / 2).isCloseTo(found.complexity(beta), within(1e-10));
            }
        }
        Evidence.of("largest distance of both informations from those of a numeric optimum, %d betas".formatted(checked), worst,
                atMost(1e-4));
        Evidence.of("betas at which another number of directions is described than the bifurcations 1/(1 - lambda) say", wrong, atMost(0));
        Evidence.of("lambdas in the characteristic polynomial", lambdas, below(1e-9));
    }

    /** Over all A with unit noise: I(X;T), I(T;Y) and how many directions are described, at the best of six starts. */
    private static double[] numeric(Tensor xx, Tensor given, double beta, int d, Rng rng) {
        var eye = Tensor.eye(DType.F64, d);
        Objective objective = Objective.of(a -> Linalg.logDet(a.matmul(xx).matmul(a.transpose()).add(eye)).mul(1 - beta)
                .add(Linalg.logDet(a.matmul(given).matmul(a.transpose()).add(eye)).mul(beta)).div(2), d, d);
        double least = Double.POSITIVE_INFINITY;
        Tensor best = null;
        for (int start = 0; start < 6; start++) {
            var at = new Lbfgs().withGradientTolerance(1e-10).withMaxIterations(2_000).minimize(objective,
                    Tensor.randn(rng, DType.F64, d * d).toDoubleArray());
            if (at.value() < least) {
                least = at.value();
                best = Tensor.of(at.x()).reshape(d, d).compute();
            }
        }
        Tensor signal = best.matmul(xx).matmul(best.transpose()), rest = best.matmul(given).matmul(best.transpose());
        double complexity = Linalg.logDet(signal.add(eye)).item() / 2, relevance = complexity - Linalg.logDet(rest.add(eye)).item() / 2;
        double[] values = Eigen.symmetricValues(signal).toDoubleArray();
        return new double[] {complexity, relevance, Arrays.stream(values).filter(v -> v > 1e-3).count()};
    }

    @Test
    @Acceptance(topic = "information-bottleneck", clause = 4) void theVariationalLossBoundsTheOptimum() {
        double lowest = Double.POSITIVE_INFINITY, furthest = 0, own = 0;
        for (double[] c : new double[][] {{0.8, 5}, {0.9, 3}, {0.7, 20}}) {
            double rho = c[0], beta = c[1];
            var one = Tensor.of(new double[][] {{1}});
            var exact = GaussianBottleneck.of(one, one, one.mul(rho));
            double optimum = exact.complexity(beta) - beta * exact.relevance(beta);
            int n = 4_000;
            var rng = Rng.of(70);
            Tensor x = Tensor.randn(rng, DType.F64, n).compute(),
                    y = x.mul(rho).add(Tensor.randn(rng, DType.F64, n).mul(Math.sqrt(1 - rho * rho))).compute();
            var head = new VariationalBottleneck(1 / beta);
            // t = a x + s noise, y | t normal of mean b t and variance v: the network is linear, the noise the same in every call.
            Objective loss = Objective.of(w -> loss(head, w, x, y, Rng.of(71)));
            double[] w = new Lbfgs().withMaxIterations(300).minimize(loss, new double[] {0.5, -0.5, 0.5, 0}).x();
            // The expectations in closed form: rate, and surprisal of y.
            double a = w[0], s2 = Math.exp(w[1]), b = w[2], v = Math.exp(w[3]);
            double rate = (a * a + s2 - 1 - w[1]) / 2,
                    surprisal = Math.log(2 * Math.PI * v) / 2 + (1 - 2 * b * a * rho + b * b * (a * a + s2)) / (2 * v);
            double bound = rate - beta * (Math.log(2 * Math.PI * Math.E) / 2 - surprisal);
            lowest = Math.min(lowest, bound - optimum);
            furthest = Math.max(furthest, (bound - optimum) / Math.abs(optimum));
            double seen = beta * loss(head, Tensor.of(w), x, y, Rng.of(72)).item() - beta * Math.log(2 * Math.PI * Math.E) / 2;
            own = Math.max(own, Math.abs(seen - bound) / Math.abs(optimum));
        }
        Evidence.of("bound less the exact optimum, least of three cases", lowest, atLeast(0));
        Evidence.of("over the optimum, largest", furthest, atMost(0.05));
        Evidence.of("the loss on other draws less the bound in closed form, over the optimum", own, below(0.3));
    }

    private static Tensor loss(VariationalBottleneck head, Tensor w, Tensor x, Tensor y, Rng rng) {
        Tensor mean = x.mul(w.narrow(0, 0, 1)).unsqueeze(1), logVariance = w.narrow(0, 1, 1).expand(x.count()).unsqueeze(1);
        var t = VariationalBottleneck.draw(mean, logVariance, rng).squeeze(1);
        Tensor log = w.narrow(0, 3, 1), residual = y.sub(t.mul(w.narrow(0, 2, 1)));
        return head.loss(residual.square().div(log.exp()).add(log).add(Math.log(2 * Math.PI)).div(2), mean, logVariance);
    }

    @Test
    @Acceptance(topic = "information-bottleneck", clause = 5) void layersKnowLessAndLess() {
        int layers = 4, samples = 6, n = 700;
        double[][][] seen = new double[2][2][layers * samples]; // [estimate][of input, of target][layer, sample]
        for (int s = 0; s < samples; s++) {
            var rng = Rng.of(500 + s);
            var weights = Rng.of(7);
            Tensor x = Tensor.randn(rng, DType.F64, n, 2).compute(),
                    y = x.select(1, 0).mul(1.5).sin().add(x.select(1, 1)).add(Tensor.randn(rng, DType.F64, n).mul(0.2)).compute();
            int[] labels = y.gt(0).to(DType.I64).toIntArray();
            var t = x;
            for (int l = 0; l < layers; l++) { // each reads the noisy one before it: a Markov chain
                var w = Tensor.randn(weights, DType.F64, 2, 2);
                t = t.matmul(w.add(Tensor.eye(DType.F64, 2))).tanh().add(Tensor.randn(rng, DType.F64, n, 2).mul(0.15)).compute();
                var near = InformationPlane.noisy(x, t, y, 0.01, 3, rng.split(l));
                var bins = InformationPlane.binned(t, labels, 6, -1.2, 1.2);
                seen[0][0][l * samples + s] = near.input();
                seen[0][1][l * samples + s] = near.target();
                seen[1][0][l * samples + s] = bins.input();
                seen[1][1][l * samples + s] = bins.target();
            }
        }
        String[] estimates = {"neighbours", "bins"}, of = {"input", "target"};
        for (int e = 0; e < 2; e++) for (int i = 0; i < 2; i++) {
            double worst = Double.NEGATIVE_INFINITY, drop = 0;
            for (int l = 1; l < layers; l++) {
                double mean = 0, squares = 0;
                for (int s = 0; s < samples; s++) {
                    double rise = seen[e][i][l * samples + s] - seen[e][i][(l - 1) * samples + s];
                    mean += rise / samples;
                    squares += rise * rise / samples;
                }
                double error = Math.sqrt(Math.max(0, squares - mean * mean) / (samples - 1));
                worst = Math.max(worst, mean / Math.max(error, 1e-3));
                drop += mean;
            }
            Evidence.of(estimates[e] + ": largest rise of the information of the " + of[i] + " from layer to layer, in standard errors",
                    worst, atMost(2));
            Evidence.of(estimates[e] + ": fall over all layers, nats", -drop, above(0.02));
        }
    }

    @Test void binsAreCounted() {
        var t = Tensor.of(new double[][] {{-2, 0.1}, {-0.9, 0.3}, {0.2, -0.2}, {0.3, -0.3}});
        var point = InformationPlane.binned(t, new int[] {0, 0, 1, 0}, 2, -1, 1);
        assertThat(point.input()).isCloseTo(Math.log(2), within(1e-12));
        // Codes A, A, B, B with labels 0, 0, 1, 0.
        assertThat(point.target()).isCloseTo(
                0.5 * Math.log(0.5 / (0.5 * 0.75)) + 0.25 * Math.log(0.25 / (0.5 * 0.25)) + 0.25 * Math.log(0.25 / (0.5 * 0.75)),
                within(1e-12));
        assertThatThrownBy(() -> InformationPlane.binned(t, new int[3], 2, -1, 1)).hasMessageContaining("3 labels");
        assertThatThrownBy(() -> new InformationBottleneck(3).fit(new double[][] {{0.5, -0.1}}, 2, Rng.of(1))).hasMessageContaining("-0.1");
        // The article's numbers.
        var one = Tensor.of(new double[][] {{1}});
        var half = GaussianBottleneck.of(one, one, one.mul(0.5));
        assertThat(half.bifurcations()[0]).isCloseTo(4, within(1e-12));
        assertThat(half.complexity(10)).isCloseTo(0.549, within(5e-4));
        assertThat(half.relevance(10)).isCloseTo(0.091, within(5e-4));
        assertThat(half.relevance(1e9)).isCloseTo(0.144, within(5e-4));
    }

    @Test void nothingPaidAndNothingLeftToKnow() {
        // Clusters that rule an outcome out: 0 times infinity.
        double[][] joint = {{0.5, 0}, {0, 0.3}, {0, 0.2}}, hard = {{1, 0}, {0, 1}, {0, 1}};
        for (boolean deterministic : new boolean[] {false, true}) {
            var found = new InformationBottleneck(0).withDeterministic(deterministic).fit(joint, hard);
            assertThat(found.complexity()).isCloseTo(0, within(1e-12));
            assertThat(found.objective()).isBetween(-1e-12, deterministic ? Math.log(2) : 1e-12);
        }
        // Y is X: beyond beta 1 it is described without noise.
        var one = Tensor.of(new double[][] {{1}});
        var known = GaussianBottleneck.of(one, one, one);
        assertThat(known.complexity(1)).isZero();
        assertThat(known.relevance(1)).isZero();
        assertThat(known.projection(0.5).item()).isZero();
        assertThat(known.complexity(2)).isInfinite();
        assertThat(known.relevance(2)).isInfinite();
        assertThatThrownBy(() -> known.projection(2)).hasMessageContaining("Y determines direction 0");
        assertThatThrownBy(() -> known.relevance(Double.NaN)).hasMessageContaining("beta is NaN");
    }
}
