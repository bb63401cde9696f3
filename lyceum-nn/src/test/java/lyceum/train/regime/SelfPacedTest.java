package lyceum.train.regime;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.linalg.Cholesky;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.MlpFit;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class SelfPacedTest {
    /** The four papers' f, written down anew. */
    private static double f(RowRegularizer r, double v, double age) {
        double z = r.shape(), second = r.shape() * age, q = age * second / (age - second);
        return switch (r.kind()) {
            case HARD -> -age * v;
            case LINEAR -> 0.5 * age * (v * v - 2 * v);
            case LOGARITHMIC -> age / (1 - z) * (z * v - Math.exp(v * Math.log(z)) / Math.log(z));
            case MIXTURE -> -q * Math.log(v + q / age);
        };
    }

    private static double minimiser(DoubleUnaryOperator g) {
        double ratio = (Math.sqrt(5) - 1) / 2, low = 0, high = 1;
        while (high - low > 1e-9) {
            double a = high - ratio * (high - low), b = low + ratio * (high - low);
            if (g.applyAsDouble(a) <= g.applyAsDouble(b)) high = b;
            else low = a;
        }
        return (low + high) / 2;
    }

    private static RowRegularizer draw(int kind, Rng rng) {
        double shape = 0.05 + 0.9 * rng.nextDouble();
        return switch (kind) {
            case 0 -> RowRegularizer.HARD;
            case 1 -> RowRegularizer.LINEAR;
            case 2 -> RowRegularizer.logarithmic(shape);
            default -> RowRegularizer.mixture(shape);
        };
    }

    @Test
    @Acceptance(topic = "self-paced-learning", clause = 1) void closedFormsAreMinimisers() {
        var rng = Rng.of(1);
        for (int kind = 0; kind < 4; kind++) {
            double worst = 0;
            for (int c = 0; c < 500; c++) {
                var r = draw(kind, rng);
                double age = Math.exp(2 * rng.nextGaussian()), loss = 1.5 * age * rng.nextDouble();
                worst = Math.max(worst, Math.abs(r.weight(loss, age) - minimiser(v -> (v * loss + f(r, v, age)) / age)));
                assertThat(r.value(0.3, age)).isCloseTo(f(r, 0.3, age), within(1e-12 * Math.max(1, Math.abs(f(r, 0.3, age)))));
            }
            Evidence.of(draw(kind, rng).kind() + ": largest gap to the numeric minimiser", worst, below(1e-6));
        }
        // With diversity the objective is concave in v, so that the best of all 2^10 corners is the minimum.
        double rise = 0;
        for (int c = 0; c < 20; c++) {
            var losses = IntStream.range(0, 10).mapToDouble(i -> 2 * rng.nextDouble()).toArray();
            var groups = IntStream.range(0, 10).map(i -> i % 3).toArray();
            double age = 0.4 + rng.nextDouble(), gamma = rng.nextDouble();
            var paced = new SelfPaced(RowRegularizer.HARD, Age.fixed(age), 1).withDiversity(gamma);
            double best = Double.POSITIVE_INFINITY;
            for (int corner = 0; corner < 1024; corner++) {
                int bits = corner;
                best = Math.min(best, joint(RowRegularizer.HARD, age, gamma, groups,
                        IntStream.range(0, 10).mapToDouble(i -> bits >> i & 1).toArray(), losses));
            }
            var weights = paced.run(losses, groups, v -> losses, Progress.SILENT).getFirst().weights();
            rise = Math.max(rise, joint(RowRegularizer.HARD, age, gamma, groups, weights, losses) - best);
        }
        Evidence.of("with diversity: objective above the best of all corners", rise, below(1e-12));
    }

    private static double joint(RowRegularizer r, double age, double gamma, int[] groups, double[] v, double[] losses) {
        var squares = new double[Arrays.stream(groups).max().orElseThrow() + 1];
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += v[i] * losses[i] + f(r, v[i], age);
            squares[groups[i]] += v[i] * v[i];
        }
        for (double s : squares) sum -= gamma * Math.sqrt(s);
        return sum;
    }

    /** Weighted least squares with a little ridge, solved exactly; what the ridge costs is part of the objective. */
    private static final class Squares implements UnaryOperator<double[]> {
        static final double RIDGE = 0.1;
        final Tensor x, y;
        final List<Double> costs = new ArrayList<>();
        Tensor w;

        Squares(Rng rng) {
            x = Tensor.randn(rng, DType.F64, 40, 4);
            var noise = Tensor.randn(rng, DType.F64, 40, 1);
            y = x.matmul(Tensor.randn(rng, DType.F64, 4, 1)).add(noise.pow(3)).compute();
        }

        @Override public double[] apply(double[] v) {
            var xv = x.mul(Tensor.of(v, 40, 1)).transpose();
            w = Cholesky.of(xv.matmul(x).add(Tensor.eye(DType.F64, 4).mul(RIDGE))).solve(xv.matmul(y));
            costs.add(RIDGE * w.square().sum().item());
            return x.matmul(w).sub(y).square().flatten().toDoubleArray();
        }
    }

    @Test
    @Acceptance(topic = "self-paced-learning", clause = 2) void jointObjectiveNeverRises() {
        double worst = Double.NEGATIVE_INFINITY, fall = 0;
        int problems = 0;
        for (int c = 0; c < 100; c++) {
            var rng = Rng.of(c);
            var r = draw(c % 4, rng);
            double gamma = c % 8 == 0 ? rng.nextDouble() : 0, age = 0.2 + 2 * rng.nextDouble();
            var fit = new Squares(rng);
            var groups = IntStream.range(0, 40).map(i -> i % 4).toArray();
            double[] start = fit.apply(IntStream.range(0, 40).mapToDouble(i -> 1).toArray());
            var rounds = new SelfPaced(r, Age.fixed(age), 8).withDiversity(gamma).run(start, groups, fit, Progress.SILENT);
            double last = Double.POSITIVE_INFINITY, first = Double.NaN;
            double[] losses = start;
            for (int k = 0; k < rounds.size(); k++) {
                var round = rounds.get(k);
                double before = joint(r, age, gamma, groups, round.weights(), losses) + fit.costs.get(k);
                double after = joint(r, age, gamma, groups, round.weights(), round.losses()) + fit.costs.get(k + 1);
                if (k == 0) first = before;
                worst = Math.max(worst, Math.max(before - last, after - before) / Math.abs(first));
                assertThat(round.before()).isCloseTo(before - fit.costs.get(k), within(1e-9));
                assertThat(round.after()).isCloseTo(after - fit.costs.get(k + 1), within(1e-9));
                last = after;
                losses = round.losses();
            }
            if (last < first - 1e-6) fall++;
            problems++;
        }
        Evidence.of("problems", problems, exactly(100));
        Evidence.of("largest relative rise in half a round", worst, atMost(1e-12));
        assertThat(fall).isGreaterThan(50); // else nothing moved
    }

    @Test
    @Acceptance(topic = "self-paced-learning", clause = 3) void infiniteAgeIsPlainRisk() {
        double exact = 0, network = 0;
        for (int kind = 0; kind < 4; kind++) {
            var rng = Rng.of(kind);
            var paced = new SelfPaced(draw(kind, rng), Age.fixed(Double.POSITIVE_INFINITY), 1);
            var fit = new Squares(rng);
            paced.run(IntStream.range(0, 40).mapToDouble(i -> i).toArray(), null, fit, Progress.SILENT);
            var plain = Cholesky.of(fit.x.transpose().matmul(fit.x).add(Tensor.eye(DType.F64, 4).mul(Squares.RIDGE)))
                    .solve(fit.x.transpose().matmul(fit.y));
            exact = Math.max(exact, fit.w.sub(plain).abs().max().item());

            var data = Dataset.of(Tensor.randn(rng, DType.F64, 50, 3), Tensor.randint(rng, 0, 3, 50));
            var config = MlpConfig.classifier(3, 3, 8).withDtype(DType.F64);
            Mlp self = new Mlp(config, Rng.of(1)), erm = new Mlp(config, Rng.of(1));
            var trainer = new Trainer(new Adam(0.01), 5).withBatchSize(16);
            paced.fit(self, trainer, new CrossEntropy().withReduction(Reduction.NONE), data, null, Rng.of(9), Progress.SILENT);
            trainer.fit(erm, Loss::crossEntropy, data, Rng.of(9).split(0));
            for (var name : erm.parameters().keySet())
                network = Math.max(network,
                        self.parameters().get(name).detach().sub(erm.parameters().get(name).detach()).abs().max().item());
        }
        Evidence.of("least squares: gap to the plain fit, all regularisers", exact, below(1e-8));
        Evidence.of("a network: gap of parameters to plain training, all regularisers", network, below(1e-8));
    }

    /** 300 rows of 10 Gaussian features, a fifth of them scaled by 5; labels by a plane, 30% flipped. */
    private record Flipped(Tensor x, long[] clean, long[] labels) {
        static Flipped draw(int n, double[] plane, double share, Rng rng) {
            var x = new double[n][10];
            long[] clean = new long[n], labels = new long[n];
            var flipped = rng.sample(n, (int) Math.round(share * n));
            for (int i = 0; i < n; i++) {
                double scale = rng.nextDouble() < 0.2 ? 5 : 1, z = 0;
                for (int j = 0; j < 10; j++) {
                    x[i][j] = scale * rng.nextGaussian();
                    z += plane[j] * x[i][j];
                }
                clean[i] = labels[i] = z > 0 ? 1 : 0;
            }
            for (int i : flipped) labels[i] = 1 - labels[i];
            return new Flipped(Tensor.of(x), clean, labels);
        }
    }

    private static Mlp logistic(Tensor x, Tensor y, double[] weights) {
        var model = new Mlp(MlpConfig.classifier(10, 2).withDtype(DType.F64), Rng.of(0));
        new MlpFit().withPenalty(1e-3).minimize(model, x, y, weights == null ? null : Tensor.of(weights),
                new Lbfgs().withGradientTolerance(1e-6), Progress.SILENT);
        return model;
    }

    private static double accuracy(Mlp model, Flipped data) {
        var said = model.classes(data.x).toLongArray();
        return IntStream.range(0, said.length).filter(i -> said[i] == data.clean[i]).count() / (double) said.length;
    }

    @Test
    @Acceptance(topic = "self-paced-learning", clause = 4) void flippedLabelsStayOutside() {
        double gain = 0, caught = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            var plane = IntStream.range(0, 10).mapToDouble(j -> rng.nextGaussian()).toArray();
            Flipped data = Flipped.draw(300, plane, 0.3, rng), test = Flipped.draw(2000, plane, 0, rng);
            var y = Tensor.of(data.labels);
            var groups = Arrays.stream(data.labels).mapToInt(l -> (int) l).toArray();
            var each = new CrossEntropy().withReduction(Reduction.NONE);
            var plain = logistic(data.x, y, null);
            Mlp[] model = {plain};
            var rounds = new SelfPaced(RowRegularizer.HARD, Age.share(0.3, 0.1, 0.7), 8).withBalanced(true)
                    .run(each.of(plain.forward(data.x), y).toDoubleArray(), groups, weights -> {
                        model[0] = logistic(data.x, y, weights);
                        return each.of(model[0].forward(data.x), y).toDoubleArray();
                    }, Progress.SILENT);
            gain += 10 * (accuracy(model[0], test) - accuracy(plain, test));
            var losses = rounds.getLast().losses();
            var order = Tensor.of(losses).argsort(0).toIntArray();
            for (int k = 270; k < 300; k++) if (data.labels[order[k]] != data.clean[order[k]]) caught += 1 / 300.0;
            double admitted = Arrays.stream(rounds.getLast().weights()).sum();
            assertThat(admitted).isBetween(200.0, 215.0);
        }
        Evidence.of("points of clean accuracy gained, mean of 10 seeds", gain, atLeast(4));
        Evidence.of("share of the highest-loss decile that is flipped", caught, atLeast(0.8));
    }

    @Test void agesAndGroups() {
        double[] losses = {0.1, 0.2, 0.3, 0.4, 5, 6, 7, 8};
        var groups = new int[] {0, 0, 0, 0, 1, 1, 1, 1};
        var half = new SelfPaced(RowRegularizer.HARD, Age.share(0.5, 0.25, 1), 3);
        var all = half.run(losses, groups, v -> losses, Progress.SILENT);
        assertThat(all.get(0).weights()).containsExactly(1, 1, 1, 1, 0, 0, 0, 0);
        assertThat(all.get(2).weights()).containsOnly(1);
        assertThat(all.get(2).before()).isNaN();
        assertThat(half.withBalanced(true).run(losses, groups, v -> losses, Progress.SILENT).getFirst().weights()).containsExactly(1, 1, 0,
                0, 1, 1, 0, 0);
        assertThat(Age.growing(1, 2, 5).of(2, losses)).isEqualTo(4);
        assertThat(Age.growing(1, 2, 5).of(9, losses)).isEqualTo(5);
        // Jiang and others: ln(l + zeta) / ln(zeta) with zeta = 1 - lambda
        assertThat(RowRegularizer.logarithmic(0.4).weight(0.25, 0.6)).isCloseTo(Math.log(0.65) / Math.log(0.4), within(1e-12));
    }

    /** A network of which some labels are wrong learns from the others, and its weights say which. */
    @Test void networkIsTrainedOnAdmittedRows() {
        var rng = Rng.of(3);
        var data = Flipped.draw(300, new double[] {1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, 0.3, rng);
        var network = new Mlp(MlpConfig.classifier(10, 2).withDtype(DType.F64), Rng.of(1));
        var each = new CrossEntropy().withReduction(Reduction.NONE);
        var set = Dataset.of(data.x, Tensor.of(data.labels));
        var trainer = new Trainer(new Adam(0.05), 10);
        trainer.fit(network, Loss::crossEntropy, set, Rng.of(2));
        var rounds = new SelfPaced(RowRegularizer.LINEAR, Age.share(0.4, 0.1, 0.6), 4).fit(network, trainer, each, set, null, Rng.of(2),
                Progress.SILENT);
        double flipped = 0, clean = 0;
        for (int i = 0; i < 300; i++) {
            if (data.labels[i] == data.clean[i]) clean += rounds.getLast().weights()[i] / 210;
            else flipped += rounds.getLast().weights()[i] / 90;
        }
        assertThat(clean).isGreaterThan(2 * flipped);
        assertThatThrownBy(() -> new SelfPaced(RowRegularizer.HARD, Age.fixed(1), 1).fit(network, new Trainer(new Adam(0.01), 1),
                Loss::crossEntropy, set, null, Rng.of(1), Progress.SILENT)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("Reduction.NONE");
    }

    @Test void badSettingsAreNamed() {
        assertThatThrownBy(() -> RowRegularizer.mixture(1)).hasMessageContaining("shape is 1.0");
        assertThatThrownBy(() -> Age.fixed(0)).hasMessageContaining("first is 0.0");
        assertThatThrownBy(() -> Age.share(0.5, 0.1, 1.1)).hasMessageContaining("limit 1.1");
        assertThatThrownBy(() -> new SelfPaced(RowRegularizer.LINEAR, Age.fixed(1), 1).withDiversity(1)).hasMessageContaining("LINEAR");
        var paced = new SelfPaced(RowRegularizer.LINEAR, Age.fixed(1), 1);
        assertThatThrownBy(() -> paced.run(new double[] {1, Double.NaN}, null, v -> v, Progress.SILENT))
                .hasMessageContaining("row 1 is NaN");
        assertThatThrownBy(() -> paced.run(new double[] {1}, new int[2], v -> v, Progress.SILENT)).hasMessageContaining("2 groups");
        assertThatThrownBy(() -> paced.run(new double[] {1, 2}, null, v -> new double[1], Progress.SILENT))
                .hasMessageContaining("1 losses");
    }
}
