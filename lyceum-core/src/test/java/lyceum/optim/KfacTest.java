package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class KfacTest {
    /** {@code y = W x + noise}, 12 examples of 4 inputs and 3 outputs. */
    private static final Tensor X = Tensor.randn(Rng.of(90), DType.F64, 12, 4).compute(),
            Y = Tensor.randn(Rng.of(91), DType.F64, 12, 3).compute();

    /** A root of the noise's covariance, which is not diagonal: each output's noise depends on the others'. */
    private static final Tensor MIX = Tensor.of(new double[][] {{0.9, 0, 0}, {0.4, 0.7, 0}, {-0.3, 0.2, 0.6}});
    private static final Tensor PRECISION = Cholesky.of(MIX.matmul(MIX.transpose())).inverse();

    /** Six noises a point, +- sqrt(3) times a column of the root: their second moments are the model's own exactly. */
    private static double[][] noises() {
        var noises = new double[6][3];
        for (int i = 0; i < 6; i++) for (int j = 0; j < 3; j++) noises[i][j] = (i % 2 == 0 ? 1 : -1) * Math.sqrt(3) * MIX.item(j, i / 2);
        return noises;
    }

    /** Lets the layer observe every input with labels of each noise; the gradient at the output is {@code -precision noise}. */
    private static void observeModelsLabels(KfacLayer layer, long[] input, long[] output) {
        double[][] inputs = new double[12 * 6][], gradients = new double[12 * 6][];
        for (int n = 0; n < 12; n++) for (int i = 0; i < 6; i++) {
            inputs[6 * n + i] = X.toRows()[n];
            gradients[6 * n + i] = PRECISION.matmul(Tensor.of(noises()[i])).neg().toDoubleArray();
        }
        layer.observe(Tensor.of(inputs).reshape(input), Tensor.of(gradients).reshape(output), 0);
    }

    /** The negative log likelihood's mean, but for a constant. */
    private static Tensor loss(Tensor residuals) { return residuals.matmul(PRECISION).mul(residuals).sum().div(2 * 12); }

    @Test
    @Acceptance(topic = "shampoo-kfac", clause = 2) void ofALinearGaussianModelTheProductIsTheFisherAndTheStepLandsOnLeastSquares() {
        var w = Tensor.randn(Rng.of(92), DType.F64, 3, 4).requiresGrad();
        var layer = KfacLayer.linear(w, null);
        var fisher = new double[12][12];
        for (double[] point : X.toRows()) for (double[] noise : noises()) {
            // The score by autograd of the model's own log density, at labels W x + noise.
            var x = Tensor.of(point);
            var label = w.detach().matmul(x).add(Tensor.of(noise));
            double[] score = Autograd.grad(v -> {
                var r = label.sub(v.matmul(x));
                return PRECISION.matmul(r).mul(r).sum().div(-2);
            }).apply(w.detach()).transpose().flatten().toDoubleArray();
            for (int a = 0; a < 12; a++) for (int b = 0; b < 12; b++) fisher[a][b] += score[a] * score[b] / (12 * 6);
        }
        observeModelsLabels(layer, new long[] {72, 4}, new long[] {72, 3});
        var product = Linalg.kron(layer.inputMoment(), layer.outputMoment());
        var gap = Gap.absolute();
        for (int a = 0; a < 12; a++) gap.see("row " + a, product.toRows()[a], fisher[a]);
        Evidence.of("largest gap of A (x) S to the exact Fisher matrix", gap, below(1e-8));

        loss(X.matmul(w.transpose()).sub(Y)).backward();
        var kfac = new Kfac().withDamping(0).withKlClip(0).over(layer);
        new Sgd(1).over(w).step(kfac.directions(List.of(w), 1));
        var normal = Linalg.solve(X.transpose().matmul(X), X.transpose().matmul(Y)).transpose();
        Evidence.of("largest gap of the undamped step to the least-squares solution", w.detach().sub(normal).abs().max().item(),
                below(1e-8));
    }

    /** The same with a bias, and for filters as large as their images. */
    @Test void biasesAndFiltersLandOnLeastSquares() {
        var ones = Tensor.concat(1, X, Tensor.ones(DType.F64, 12, 1));
        var normal = Linalg.solve(ones.transpose().matmul(ones), ones.transpose().matmul(Y)).transpose();
        for (boolean image : new boolean[] {false, true}) {
            var w = Tensor.randn(Rng.of(96), DType.F64, image ? new long[] {3, 1, 2, 2} : new long[] {3, 4}).requiresGrad();
            var b = Tensor.randn(Rng.of(97), DType.F64, 3).requiresGrad();
            var layer = image ? KfacLayer.conv2d(w, b, 1, 0) : KfacLayer.linear(w, b);
            observeModelsLabels(layer, image ? new long[] {72, 1, 2, 2} : new long[] {72, 4},
                    image ? new long[] {72, 3, 1, 1} : new long[] {72, 3});
            var y = image ? X.reshape(12, 1, 2, 2).conv2d(w, b, 1, 0).reshape(12, 3) : X.affine(w, b);
            loss(y.sub(Y)).backward();
            new Sgd(1).over(w, b).step(new Kfac().withDamping(0).withKlClip(0).over(layer).directions(List.of(w, b), 1));
            var found = Tensor.concat(1, w.detach().reshape(3, 4), b.detach().reshape(3, 1));
            assertThat(found.sub(normal).abs().max().item()).isLessThan(1e-8);
        }
    }

    /** {@code (S + sqrt(damping) / pi I)^-1 G (A + pi sqrt(damping) I)^-1}, by solving. */
    @Test void dampingIsSharedByBothFactors() {
        Tensor w = Tensor.zeros(DType.F64, 3, 4).copy().requiresGrad(), g = Tensor.randn(Rng.of(98), DType.F64, 3, 4).compute();
        var layer = KfacLayer.linear(w, null);
        layer.observe(X, Y.mul(5), 0);
        w.mul(g).sum().backward();
        var direction = new Kfac().withDamping(0.3).withKlClip(0).over(layer).directions(List.of(w), 1)[0];
        Tensor a = X.transpose().matmul(X).div(12), s = Y.transpose().matmul(Y).mul(25.0 / 12);
        double pi = Math.sqrt(a.diagonal().sum().item() / 4 / (s.diagonal().sum().item() / 3));
        Tensor left = s.add(Tensor.eye(DType.F64, 3).mul(Math.sqrt(0.3) / pi)),
                right = a.add(Tensor.eye(DType.F64, 4).mul(pi * Math.sqrt(0.3)));
        assertThat(left.matmul(direction).matmul(right).sub(g).abs().max().item()).isLessThan(1e-12);
    }

    @Test
    @Acceptance(topic = "shampoo-kfac", clause = 3) void reachesTheLossInAFifthOfSgdsStepsAndBeforeAdam() {
        for (long seed : MatrixRegression.SEEDS) {
            var problem = MatrixRegression.of(seed);
            int best = 100_000;
            for (double rate : new double[] {1, 0.5, 0.3, 0.1, 1.5}) {
                var w = MatrixRegression.start();
                var layer = KfacLayer.linear(w, null);
                var kfac = new Kfac().withDamping(1e-8).withKlClip(0).withRefreshEvery(1).over(layer);
                var rng = Rng.of(100 + seed);
                best = Math.min(best, problem.steps(new Sgd(rate).over(w), w, at -> {
                    // Labels drawn from the model, of unit variance, for the true Fisher matrix.
                    layer.observe(problem.inputs(), Tensor.randn(rng, DType.F64, MatrixRegression.EXAMPLES, MatrixRegression.SIZE), 0.95);
                    w.zeroGrad();
                    problem.residuals(w).square().sum().div(2L * MatrixRegression.EXAMPLES).backward();
                    return kfac.directions(List.of(w), rate)[0];
                }, best));
            }
            MatrixRegression.compare("K-FAC, seed " + seed, best, problem);
        }
    }

    /** Two layers and a convolution, stepped together: biases are a column of A, and the step is as long as the bound allows. */
    @Test void theStepIsShortenedToItsBoundInKlDivergence() {
        var rng = Rng.of(93);
        Tensor filter = Tensor.randn(rng, DType.F64, 3, 2, 2, 2).requiresGrad(), shift = Tensor.randn(rng, DType.F64, 3).requiresGrad(),
                w = Tensor.randn(rng, DType.F64, 2, 27).requiresGrad(), b = Tensor.randn(rng, DType.F64, 2).requiresGrad();
        var conv = KfacLayer.conv2d(filter, shift, 2, 1);
        var linear = KfacLayer.linear(w, b);
        var parameters = List.of(filter, shift, w, b);
        var free = new Kfac().withKlClip(0).over(conv, linear);
        var bound = new Kfac().withKlClip(1e-3).over(conv, linear);
        var x = Tensor.randn(rng, DType.F64, 6, 2, 4, 4).compute();
        linear.forward(conv.forward(x).relu().reshape(6, 27)).square().sum().div(12).backward();
        var directions = free.directions(parameters, 0.5);
        double kl = 0;
        for (int i = 0; i < 4; i++) kl += 0.25 * parameters.get(i).grad().mul(directions[i]).sum().item() / 2;
        assertThat(kl).isGreaterThan(1e-3);
        var shortened = bound.directions(parameters, 0.5);
        for (int i = 0; i < 4; i++)
            assertThat(shortened[i].sub(directions[i].mul(Math.sqrt(1e-3 / kl))).abs().max().item()).isLessThan(1e-12);
    }

    /** The moments of a convolution are those of the linear layer that it is over its patches; checked against loops. */
    @Test void aConvolutionsInputsAreItsPatches() {
        var rng = Rng.of(94);
        var conv = KfacLayer.conv2d(Tensor.randn(rng, DType.F64, 3, 2, 2, 3), Tensor.zeros(DType.F64, 3), 2, 1);
        Tensor x = Tensor.randn(rng, DType.F64, 2, 2, 5, 6).compute(), s = Tensor.randn(rng, DType.F64, 2, 3, 3, 3).compute();
        conv.observe(x, s, 0);
        double[][] a = new double[13][13], outer = new double[3][3];
        for (int n = 0; n < 2; n++) for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
            var patch = new double[13];
            patch[12] = 1;
            for (int c = 0; c < 2; c++) for (int u = 0; u < 2; u++) for (int v = 0; v < 3; v++) {
                int row = 2 * i + u - 1, column = 2 * j + v - 1;
                if (row >= 0 && row < 5 && column >= 0 && column < 6) patch[6 * c + 3 * u + v] = x.item(n, c, row, column);
            }
            for (int p = 0; p < 13; p++) for (int q = 0; q < 13; q++) a[p][q] += patch[p] * patch[q] / 2;
            for (int p = 0; p < 3; p++) for (int q = 0; q < 3; q++) outer[p][q] += s.item(n, p, i, j) * s.item(n, q, i, j) / 18;
        }
        assertThat(conv.inputMoment().sub(Tensor.of(a)).abs().max().item()).isLessThan(1e-12);
        assertThat(conv.outputMoment().sub(Tensor.of(outer)).abs().max().item()).isLessThan(1e-12);
    }

    @Test void averagesAreCorrectedForTheirStartAndAStateGoesOnBitForBit() {
        Tensor w = Tensor.randn(Rng.of(95), DType.F64, 3, 4).requiresGrad(), b = Tensor.zeros(DType.F64, 3).copy().requiresGrad();
        KfacLayer first = KfacLayer.linear(w, b), second = KfacLayer.linear(w, b);
        first.observe(X, Y, 0.9);
        var once = first.inputMoment().compute();
        first.observe(X, Y, 0.9);
        assertThat(first.inputMoment().sub(once).abs().max().item()).isLessThan(1e-14);
        assertThat(once.item(4, 4)).isCloseTo(1, within(1e-14));
        w.requiresGrad();
        var kfac = new Kfac().withRefreshEvery(2).over(first);
        for (int t = 0; t < 3; t++) step(first, kfac, w, b);
        var resumed = new Kfac().withRefreshEvery(2).over(second);
        resumed.restore(kfac.state());
        assertThat(step(second, resumed, w, b)).isEqualTo(step(first, kfac, w, b));
        var other = new Kfac().over(KfacLayer.linear(w, null));
        assertThatThrownBy(() -> other.restore(kfac.state())).isInstanceOf(FormatException.class)
                .hasMessage("Kfac: 0.input is F64 (5, 5); it is F64 (4, 4)");
        assertThat(other.steps()).isZero();
    }

    private static double[] step(KfacLayer layer, KfacPreconditioner kfac, Tensor w, Tensor b) {
        w.zeroGrad();
        b.zeroGrad();
        layer.forward(X).sub(Y).square().sum().div(24).backward();
        return kfac.directions(List.of(w, b), 0.1)[0].flatten().toDoubleArray();
    }

    @Test void whatIsMissingIsNamed() {
        Tensor w = Tensor.zeros(DType.F64, 3, 4).copy().requiresGrad(), other = Tensor.zeros(DType.F64, 2).copy().requiresGrad();
        var layer = KfacLayer.linear(w, null);
        var kfac = new Kfac().withDamping(0).over(layer);
        assertThatThrownBy(() -> kfac.directions(List.of(w), 1)).isInstanceOf(LyceumException.class)
                .hasMessage("KfacLayer: the layer with weight (3, 4) has observed nothing yet");
        layer.forward(X);
        assertThatThrownBy(() -> kfac.directions(List.of(w), 1)).hasMessageContaining("call backward() on its loss first");
        layer.forward(X.narrow(0, 0, 2)).sum().backward();
        assertThatThrownBy(() -> kfac.directions(List.of(w), 1)).hasMessage(
                "Kfac: the input factor of the layer with weight (3, 4) is singular; give it damping, or more examples than its 4 rows");
        assertThatThrownBy(() -> new Kfac().over(layer).directions(List.of(other), 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Kfac: a layer's parameter of shape (3, 4) is not among those of the step");
    }
}
