package lyceum.learn.selection;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.linalg.ChebyshevBasis;
import lyceum.linalg.LeastSquares;
import lyceum.random.Rng;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class BiasVarianceTest {
    private static final String TOPIC = "bias-variance";
    private static final double SIGMA = 0.3;
    private static final Tensor X = Tensor.linspace(0, 1, 50).to(DType.F64).reshape(-1, 1);
    private static final NoisyTarget SINE = NoisyTarget.fixed(X, x -> x.select(1, 0).mul(2 * Math.PI).sin(), SIGMA);

    /** Least squares in Chebyshev polynomials up to a degree. */
    private record Polynomial(int degree) implements Regressor {
        private static Tensor basis(Tensor x, int degree) { return ChebyshevBasis.of(x.reshape(-1), 0, 1, degree); }

        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            return new Fitted(degree, LeastSquares.solve(basis(x, degree), y).coefficients());
        }

        private record Fitted(int degree, Tensor coefficients) implements RegressionModel {
            @Override public int nFeatures() { return 1; }

            @Override public Tensor predict(Tensor x) { return basis(x, degree).matmul(coefficients.reshape(-1, 1)).reshape(-1); }
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void neighboursHaveTheVarianceOfAMeanAndThePartsSumToTheTestError() {
        for (int k : new int[] {1, 5, 15}) {
            var parts = new BiasVariance(2000, 11).decompose(new KNeighborsRegressor(k), SINE, X);
            Evidence.of("k = " + k + ": variance k / sigma^2", parts.meanVariance() * k / (SIGMA * SIGMA), equalTo(1, 0.05));
            Evidence.of("k = " + k + ": sum over test error", parts.expectedError() / parts.meanTestError(), equalTo(1, 0.02));
        }
        // One neighbour at the points themselves has no bias. Of four redraws the plain estimate of bias^2 would be sigma^2 / 4 too high.
        double bias = 0, variance = 0;
        for (int seed = 0; seed < 60; seed++) {
            var parts = new BiasVariance(4, seed).decompose(new KNeighborsRegressor(1), SINE, X);
            bias += parts.meanBiasSquared() / 60;
            variance += parts.meanVariance() / 60;
        }
        Evidence.of("bias^2 of one neighbour from 4 redraws, over sigma^2 / 4", 4 * bias / (SIGMA * SIGMA), equalTo(0, 0.15));
        Evidence.of("variance of one neighbour from 4 redraws, over sigma^2", variance / (SIGMA * SIGMA), equalTo(1, 0.06));
    }

    /** Parabolas whose predictions are put down. */
    private static Regressor recorded(List<double[]> predictions) {
        return (x, y, weights) -> {
            var fitted = new Polynomial(2).fit(x, y, weights);
            return new RegressionModel() {
                @Override public int nFeatures() { return 1; }

                @Override public Tensor predict(Tensor at) {
                    var p = fitted.predict(at).compute();
                    predictions.add(p.toDoubleArray());
                    return p;
                }
            };
        };
    }

    /** Without noise, on inputs that are drawn, every part follows from the predictions. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void thePartsAreThoseOfThePredictions() {
        int redraws = 6;
        var predictions = Collections.synchronizedList(new ArrayList<double[]>());
        var world = new NoisyTarget(rng -> Tensor.rand(rng, DType.F64, 12, 1), SINE.target(), 0);
        var parts = new BiasVariance(redraws, 3).decompose(recorded(predictions), world, X);
        double[] truth = SINE.target().apply(X).toDoubleArray();
        var gap = Gap.absolute();
        double bias = 0, variance = 0, error = 0;
        for (int i = 0; i < truth.length; i++) {
            double mean = 0, spread = 0, missed = 0;
            for (var p : predictions) mean += p[i] / redraws;
            for (var p : predictions) {
                spread += (p[i] - mean) * (p[i] - mean) / (redraws - 1);
                missed += (p[i] - truth[i]) * (p[i] - truth[i]) / redraws;
            }
            double off = (mean - truth[i]) * (mean - truth[i]) - spread / redraws;
            gap.see("mean prediction", parts.meanPrediction()[i], mean).see("variance", parts.variance()[i], spread)
                    .see("bias^2", parts.biasSquared()[i], off).see("test error", parts.testError()[i], missed);
            bias += off / truth.length;
            variance += spread / truth.length;
            error += missed / truth.length;
        }
        gap.see("mean bias^2", parts.meanBiasSquared(), bias).see("mean variance", parts.meanVariance(), variance)
                .see("sum", parts.expectedError(), bias + variance).see("mean test error", parts.meanTestError(), error);
        Evidence.of("fits", predictions.size(), exactly(redraws));
        Evidence.of("parts against those of the predictions", gap, below(1e-12));
    }

    /** The middle of a pair with opposite noise is a linear learner's fit without noise: what pairs add up to follows from them. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void oppositeNoiseCancelsInTheMiddleOfAPair() {
        var predictions = new ArrayList<double[]>();
        var learner = new BiasVariance(8, 3).withAntitheticNoise();
        var parts = new Decomposition[1];
        Parallel.sequentially(() -> parts[0] = learner.decompose(recorded(predictions),
                new NoisyTarget(rng -> Tensor.rand(rng, DType.F64, 12, 1), SINE.target(), SIGMA), X));
        var fixed = learner.decompose(new Polynomial(2), SINE, X);
        double[] truth = SINE.target().apply(X).toDoubleArray(),
                noiseless = new Polynomial(2).fit(X, SINE.target().apply(X), null).predict(X).toDoubleArray();
        var gap = Gap.absolute();
        for (int i = 0; i < truth.length; i++) {
            var middle = new double[4];
            double mean = 0, within = 0, between = 0;
            for (int b = 0; b < 4; b++) {
                double first = predictions.get(2 * b)[i], second = predictions.get(2 * b + 1)[i];
                middle[b] = (first + second) / 2;
                within += Math.pow(first - middle[b], 2) / 4;
                mean += middle[b] / 4;
            }
            for (double m : middle) between += (m - mean) * (m - mean) / 3;
            gap.see("variance", parts[0].variance()[i], within + between)
                    .see("bias^2", parts[0].biasSquared()[i], (mean - truth[i]) * (mean - truth[i]) - between / 4)
                    .see("mean", parts[0].meanPrediction()[i], mean);
            gap.see("bias^2 on fixed inputs", fixed.biasSquared()[i], Math.pow(noiseless[i] - truth[i], 2));
        }
        Evidence.of("parts against those of the pairs", gap, below(1e-12));
    }

    /** By antithetic noise bias^2 is exact, so that "never rises" can be asked of it to rounding; between some degrees it is level, for the sine is odd. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void polynomialsTradeBiasForVarianceInKnownShares() {
        var sweep = new BiasVariance(4000, 12).withAntitheticNoise().sweep(Polynomial::new, IntStream.rangeClosed(1, 9).toArray(), SINE, X);
        double last = Double.POSITIVE_INFINITY, worst = 0;
        for (int d = 1; d <= 9; d++) {
            var parts = sweep.decompositions().get(d - 1);
            worst = Math.max(worst, Math.abs(parts.meanVariance() * 50 / ((d + 1) * SIGMA * SIGMA) - 1));
            assertThat(parts.meanBiasSquared()).as("bias^2 of degree " + d).isLessThanOrEqualTo(last + 1e-12);
            last = parts.meanBiasSquared();
        }
        Evidence.of("largest relative error of the variance", worst, below(0.05));
        assertThat(sweep.best()).isBetween(1, 6);
        assertThat(sweep.figure("Polynomials", "degree").description()).contains("least at");
    }

    @Test void correctedBiasIsZeroOnAverageWhereThereIsNone() {
        // degree 9 leaves no visible bias; the plain estimate would be variance / redraws
        double sum = 0, plain = 0;
        for (int seed = 0; seed < 60; seed++) {
            var parts = new BiasVariance(20, seed).decompose(new Polynomial(9), SINE, X);
            sum += parts.meanBiasSquared() / 60;
            plain += (parts.meanBiasSquared() + parts.meanVariance() / 20) / 60;
        }
        assertThat(Math.abs(sum)).isLessThan(plain / 5);
    }

    @Test void antitheticAndPlainNoiseAgreeForALearnerThatIsNotLinear() {
        // the sign of a fit of degree 3 is not linear in y
        Regressor sign = (x, y, weights) -> {
            var inner = new Polynomial(3).fit(x, y, null);
            return new RegressionModel() {
                @Override public int nFeatures() { return 1; }

                @Override public Tensor predict(Tensor at) { return inner.predict(at).sign(); }
            };
        };
        var plain = new BiasVariance(8000, 3).decompose(sign, SINE, X);
        var paired = new BiasVariance(8000, 4).withAntitheticNoise().decompose(sign, SINE, X);
        assertThat(paired.meanVariance()).isCloseTo(plain.meanVariance(), within(0.05 * plain.meanVariance()));
        assertThat(paired.meanBiasSquared()).isCloseTo(plain.meanBiasSquared(), within(0.02 * plain.meanBiasSquared()));
    }

    @Test void zeroOneLossIsBiasAndNetVarianceAndNoise() {
        // class 1 has probability 0.8 right of the middle and 0.2 left of it; a mean of neighbours decides
        var world = LabelledWorld.fixed(X, x -> {
            var right = x.gt(0.5).to(DType.F64).mul(0.6).add(0.2);
            return Tensor.concat(1, right.neg().add(1), right);
        });
        var parts = new BiasVariance(1500, 5).decompose(new NearestMean(0, 1), world, X);
        for (int i = 0; i < 50; i++) {
            double share = parts.bias()[i] == 0 ? 1 - parts.variance()[i] : parts.variance()[i];
            assertThat(parts.varianceEffect()[i]).isCloseTo(parts.bias()[i] == 0 ? parts.variance()[i] : -parts.variance()[i],
                    within(1e-12));
            assertThat(parts.noiseEffect()[i]).isCloseTo(parts.noise()[i] * (2 * share - 1), within(1e-12));
            assertThat(parts.loss()[i]).isCloseTo(parts.bias()[i] + parts.varianceEffect()[i] + parts.noiseEffect()[i], within(1e-12));
        }
        assertThat(parts.meanNoise()).isCloseTo(0.2, within(1e-12));
        assertThat(parts.meanLoss()).isBetween(0.2, 0.3);
    }

    @Test void bootstrapSeesTheVarianceOfASmoothLearner() {
        var y = SINE.target().apply(X).add(Tensor.randn(Rng.of(6), DType.F64, 50).mul(SIGMA));
        var parts = new BiasVariance(500, 7).bootstrap(new Polynomial(3), X, y);
        double known = 4 * SIGMA * SIGMA / 50;
        assertThat(parts.meanVariance()).isBetween(known / 2, known * 3);
        assertThat(parts.meanBiasSquaredPlusNoise()).isBetween(0.3 * SIGMA * SIGMA, 2.5 * SIGMA * SIGMA);
        for (int i = 0; i < 50; i++) assertThat(parts.predictions()[i] / 500.0).isBetween(0.25, 0.5);
        for (int i = 0; i < 50; i++) {
            double n = parts.predictions()[i];
            assertThat(parts.biasSquaredPlusNoise()[i] + parts.variance()[i]).isCloseTo(parts.error()[i], within(1e-9));
            assertThat(n).isPositive();
        }
    }

    @Test void resultsDoNotDependOnThreads() {
        var whole = new BiasVariance(50, 8).decompose(new Polynomial(2), SINE, X);
        var alone = new Decomposition[1];
        Parallel.sequentially(() -> alone[0] = new BiasVariance(50, 8).decompose(new Polynomial(2), SINE, X));
        assertThat(alone[0].variance()).isEqualTo(whole.variance());
        assertThatThrownBy(() -> new BiasVariance(1, 0)).hasMessageContaining("1 redraws");
        assertThatThrownBy(() -> new BiasVariance(5, 0).withAntitheticNoise()).hasMessageContaining("two pairs");
    }
}
