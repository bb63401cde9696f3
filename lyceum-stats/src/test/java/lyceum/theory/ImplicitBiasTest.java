package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ImplicitBiasTest {

    @Test
    @Acceptance(topic = "implicit-regularization", clause = 1) void descentEndsInTheSolutionNearestToItsStart() {
        var rng = Rng.of(1);
        Tensor x = Tensor.randn(rng, DType.F64, 50, 200).compute(), y = Tensor.randn(rng, DType.F64, 50).compute(),
                start = Tensor.randn(rng, DType.F64, 200).compute();
        // X^+ = X' (X X')^-1 for rows that are independent, another way than the unit's.
        var kernel = x.matmul(x.transpose());
        Tensor shortest = x.transpose().matmul(Linalg.solve(kernel, y)),
                nearest = start.add(x.transpose().matmul(Linalg.solve(kernel, y.sub(x.matmul(start)))));
        Tensor fromZero = ImplicitBias.gradientDescent(x, y, Tensor.zeros(DType.F64, 200), 3_000),
                fromStart = ImplicitBias.gradientDescent(x, y, start, 3_000);
        Evidence.of("from zero, largest distance from X^+ y", fromZero.sub(shortest).abs().max().item(), below(1e-8));
        Evidence.of("from w0, largest distance from its projection", fromStart.sub(nearest).abs().max().item(), below(1e-8));
        Evidence.of("the two solutions are this far apart", fromStart.sub(fromZero).norm().item(), above(1));
        assertThat(ImplicitBias.nearestSolution(x, y, start).sub(nearest).abs().max().item()).isLessThan(1e-10);
    }

    /** Two clouds apart along a direction, with a margin of at least 0.5. */
    private static Tensor[] separable(Rng rng, int n, int d) {
        var truth = Tensor.randn(rng, DType.F64, d).compute();
        truth = truth.div(truth.norm()).compute();
        double[][] x = new double[n][];
        var labels = new double[n];
        for (int i = 0; i < n;) {
            var point = Tensor.randn(rng, DType.F64, d).mul(2).compute();
            double margin = point.dot(truth).item();
            if (Math.abs(margin) < 0.5) continue;
            x[i] = point.toDoubleArray();
            labels[i++] = Math.signum(margin);
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }

    @Test
    @Acceptance(topic = "implicit-regularization", clause = 2) void onSeparableDataTheDirectionIsTheHardMargins() {
        double least = 1, early = 1, margins = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            Tensor[] data = separable(Rng.of(20 + seed), 40, 5);
            var margin = ImplicitBias.hardMargin(data[0], data[1]);
            least = Math.min(least, ImplicitBias.normalisedDescent(data[0], data[1], 20_000).dot(margin).item());
            early = Math.min(early, ImplicitBias.normalisedDescent(data[0], data[1], 1).dot(margin).item());
            // The hard margin is the largest: no direction tried has a larger least margin.
            var worst = data[0].matmul(margin).mul(data[1]).min().item();
            for (int t = 0; t < 200; t++) {
                var other = margin.add(Tensor.randn(Rng.of(1_000 + t), DType.F64, 5).mul(0.05));
                margins = Math.min(margins, worst - data[0].matmul(other.div(other.norm())).mul(data[1]).min().item());
            }
        }
        Evidence.of("least cosine with the hard margin's direction, five data sets", least, atLeast(0.999));
        Evidence.of("after one step it was as low as", early, below(0.98));
        Evidence.of("least lead of the hard margin over 1,000 directions near it", margins, atLeast(-1e-9));
    }

    @Test
    @Acceptance(topic = "implicit-regularization", clause = 3) void aSmallStartRecoversALowRankAndALargeOneDoesNot() {
        int n = 12, m = 50; // of 78 unknowns; a matrix of rank 2 has 23
        double small = 0, large = Double.POSITIVE_INFINITY, fit = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(30 + seed);
            var factor = Tensor.randn(rng, DType.F64, n, 2).div(Math.sqrt(n));
            var planted = factor.matmul(factor.transpose()).compute();
            var raw = Tensor.randn(rng, DType.F64, m, n, n);
            var measurements = raw.add(raw.transpose(1, 2)).div(2).compute();
            var values = measurements.mul(planted).sum(1, 2).compute();
            var near = ImplicitBias.matrixSensing(measurements, values, 1e-3, 0.03, 8_000, rng.split(1));
            var far = ImplicitBias.matrixSensing(measurements, values, 1, 0.03, 8_000, rng.split(1));
            small = Math.max(small, near.sub(planted).norm().item() / planted.norm().item());
            large = Math.min(large, far.sub(planted).norm().item() / planted.norm().item());
            for (var found : new Tensor[] {near, far})
                fit = Math.max(fit, measurements.mul(found).sum(1, 2).sub(values).norm().item() / values.norm().item());
        }
        Evidence.of("from 1e-3: largest relative error of the planted matrix, three draws", small, atMost(0.05));
        Evidence.of("from 1: least relative error", large, above(0.3));
        Evidence.of("both fit the measurements: largest residual over their norm", fit, below(0.05));
    }

    @Test
    @Acceptance(topic = "implicit-regularization", clause = 4) void entropicDescentEndsInTheLeastDivergence() {
        double worst = 0, conditions = 0, other = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(40 + seed);
            Tensor a = Tensor.rand(rng, DType.F64, 5, 12).compute(), b = a.matmul(Tensor.rand(rng, DType.F64, 12).add(0.1)).compute(),
                    start = Tensor.rand(rng, DType.F64, 12).add(0.2).compute();
            Tensor told = ImplicitBias.minimumKl(a, b, start), found = ImplicitBias.entropicDescent(a, b, start, 0.05, 60_000);
            worst = Math.max(worst, found.sub(told).abs().max().item());
            // What makes it the minimum: Aw = b, and log(w / start) is a combination of A's rows.
            var rest = told.div(start).log();
            var multipliers = Linalg.solve(a.matmul(a.transpose()), a.matmul(rest));
            conditions = Math.max(conditions,
                    Math.max(a.matmul(told).sub(b).abs().max().item(), rest.sub(a.transpose().matmul(multipliers)).abs().max().item()));
            other = Math.min(other, ImplicitBias.nearestSolution(a, b, start).sub(told).abs().max().item());
        }
        Evidence.of("largest distance from the least divergence, five problems", worst, atMost(1e-6));
        Evidence.of("conditions of the minimum", conditions, below(1e-9));
        Evidence.of("the Euclidean projection is at least this far", other, above(1e-3));
    }

    @Test
    @Acceptance(topic = "implicit-regularization", clause = 5) void labelNoiseFlattensAtTheSameLoss() {
        var rng = Rng.of(50);
        int n = 30, d = 3;
        var x = Tensor.randn(rng, DType.F64, n, d).compute();
        var y = x.matmul(Tensor.of(1.0, -2, 0.5)).compute();
        // Two layers: weights u * v; the products are fixed by the data, the split is not.
        ImplicitBias.Model model = w -> x.matmul(w.narrow(0, 0, d).mul(w.narrow(0, d, d)));
        var start = Tensor.of(4.0, 4, 4, 0.25, -0.5, 0.125);
        var sharp = ImplicitBias.labelNoise(model, y, start, 0.02, 0, 3_000, rng);
        var flat = ImplicitBias.labelNoise(model, y, ImplicitBias.labelNoise(model, y, sharp, 0.02, 2, 20_000, rng), 0.02, 0, 3_000, rng);
        double before = ImplicitBias.sharpness(model, sharp, y), after = ImplicitBias.sharpness(model, flat, y);
        Evidence.of("trace of the Hessian after label noise over that before", after / before, atMost(0.7));
        Evidence.of("loss before", ImplicitBias.error(model, sharp, y), below(1e-12));
        Evidence.of("loss after", ImplicitBias.error(model, flat, y), below(1e-12));
        // At zero loss the Hessian is J'J / n: here mean x_i^2 (u_i^2 + v_i^2), summed.
        double byHand = 0;
        for (int i = 0; i < d; i++)
            byHand += x.select(1, i).square().mean().item() * (Math.pow(sharp.item(i), 2) + Math.pow(sharp.item(d + i), 2));
        Evidence.of("trace less the one by hand, relative", Math.abs(before / byHand - 1), below(1e-6));
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> ImplicitBias.gradientDescent(Tensor.zeros(3, 2), Tensor.zeros(2), Tensor.zeros(2), 1))
                .isInstanceOf(ShapeException.class).hasMessage("ImplicitBias: inputs (3, 2) and targets (2,); they are (n, d) and (n)");
        var x = Tensor.of(new double[][] {{1, 0}, {2, 0}});
        assertThatThrownBy(() -> ImplicitBias.hardMargin(x, Tensor.of(1.0, -1))).hasMessageContaining("not separable");
        assertThatThrownBy(() -> ImplicitBias.entropicDescent(x, Tensor.of(1.0, 1), Tensor.of(0.0, 1), 0.1, 1))
                .hasMessageContaining("above 0");
    }
}
