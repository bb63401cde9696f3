package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class MomentumTest {

    @Test
    @Acceptance(topic = "momentum", clause = 1) void twoHundredStepsEqualTorchWithDampeningAndNesterov() {
        Evidence.of("largest gap to torch", OptimiserRuns.gap(3, "Sgd", in -> true), below(1e-6));
    }

    @Test
    @Acceptance(topic = "momentum", clause = 2) void underAConstantGradientTheStepTendsToTheRateOverOneMinusMomentum() {
        var worst = Gap.relative();
        for (double mu : new double[] {0.5, 0.9, 0.99}) for (boolean nesterov : new boolean[] {false, true}) {
            double rate = 0.02;
            double[] g = {3, -0.1};
            var way = OptimiserRuns.underConstantGradient(new Sgd(rate).withMomentum(mu).withNesterov(nesterov), g, 3_000);
            for (int i = 0; i < 2; i++) worst.see("momentum " + mu, way.get(2_999)[i] - way.get(3_000)[i], rate * g[i] / (1 - mu));
        }
        Evidence.of("largest relative gap", worst, below(1e-6));
    }

    /** Polyak (1964): step {@code (2 / (sqrt L + sqrt m))^2} and momentum {@code ((sqrt K - 1) / (sqrt K + 1))^2} on eigenvalues in [m, L]. */
    @Test
    @Acceptance(topic = "momentum", clause = 3) void theAsymptoticRateAtConditionOneHundredIsThatOfTheTheory() {
        Gap heavyGap = Gap.relative(), plainGap = Gap.relative();
        for (int problem = 0; problem < 10; problem++) {
            var rng = Rng.of(322 + problem);
            double least = Math.exp(rng.nextGaussian()), most = 100 * least;
            var curvature = IntStream.range(0, 10).mapToDouble(i -> least * Math.pow(100, i < 2 ? i : rng.nextDouble())).toArray();
            var f = TestProblems.Quadratic.of(curvature, new double[10], rng);
            double root = Math.sqrt(most / least);
            var heavy = new Sgd(Math.pow(2 / (Math.sqrt(most) + Math.sqrt(least)), 2)).withMomentum(Math.pow((root - 1) / (root + 1), 2));
            heavyGap.see("problem " + problem, rate(heavy, f, 600), 9.0 / 11);
            plainGap.see("problem " + problem, rate(new Sgd(2 / (least + most)), f, 600), 99.0 / 101);
        }
        Evidence.of("quadratics", heavyGap.seen(), exactly(10));
        Evidence.of("rate of the heavy ball, largest relative gap to 9/11", heavyGap, below(0.02));
        Evidence.of("rate of plain descent, largest relative gap to 99/101", plainGap, below(0.01));
    }

    /** The mean factor a step of the distance to the minimum at 0,
     * over the last three quarters. With the best parameters a double root adds a factor t to the power. */
    private static double rate(Sgd rule, TestProblems.Quadratic f, int steps) {
        var x = Tensor.randn(Rng.of(323), DType.F64, 10).copy().requiresGrad();
        var optimizer = rule.over(x);
        double early = 0;
        int from = steps / 4;
        for (int t = 1; t <= steps; t++) {
            var gradient = new double[10];
            f.at(x.toDoubleArray(), gradient);
            optimizer.step(Tensor.of(gradient));
            if (t == from) early = Vectors.norm(x.toDoubleArray());
        }
        return Math.pow(Vectors.norm(x.toDoubleArray()) / early, 1.0 / (steps - from));
    }
}
