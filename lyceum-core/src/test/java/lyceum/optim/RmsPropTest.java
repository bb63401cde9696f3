package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;

import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class RmsPropTest {

    @Test
    @Acceptance(topic = "rmsprop", clause = 1) void twoHundredStepsEqualTorchPlainCentredAndWithMomentum() {
        Evidence.of("largest gap to torch", OptimiserRuns.gap(16, "RmsProp", in -> true), below(1e-6));
    }

    @Test
    @Acceptance(topic = "rmsprop", clause = 2) void aHundredfoldFallOfTheGradientIsForgottenInTheTimeOfTheFormula() {
        for (double alpha : new double[] {0.9, 0.99}) {
            double expected = Math.log(1e4 / 0.2346) / -Math.log(alpha);
            Evidence.of("steps until 90% again, alpha " + alpha, recovery(new RmsProp(0.01).withAlpha(alpha), 3_000),
                    equalTo(expected, 0.01 * expected));
        }
        var x = Tensor.of(0.0).requiresGrad();
        var optimizer = new AdaGrad(0.01).over(x);
        double former = 0, later = 0;
        for (int t = 0; t < 3_000 + 1_061; t++) {
            double before = x.item();
            optimizer.step(Tensor.of(t < 3_000 ? 1 : 0.01));
            if (t == 2_999) former = before - x.item();
            later = before - x.item();
        }
        Evidence.of("AdaGrad's step then, over its former one", later / former, below(0.05));
    }

    /** Steps after the fall from 1 to 0.01 until a step is 90% of the last one before it, the long run being over. */
    private static int recovery(UpdateRule rule, int before) {
        var x = Tensor.zeros(DType.F64, 1).copy().requiresGrad();
        var optimizer = rule.over(x);
        double former = 0;
        for (int t = 1;; t++) {
            double last = x.item();
            optimizer.step(Tensor.of(new double[] {t <= before ? 1 : 0.01}));
            double length = last - x.item();
            if (t == before) former = length;
            if (t > before && length >= 0.9 * former) return t - before;
            if (t > before + 100_000) throw new AssertionError("no recovery in 100,000 steps");
        }
    }

    @Test
    @Acceptance(topic = "rmsprop", clause = 3) void theSteadyStepUnderAConstantGradientIsTheLearningRate() {
        var worst = Gap.relative();
        double[] gradients = {0.01, -3, 1e4};
        for (var rule : new RmsProp[] {new RmsProp(0.02), new RmsProp(0.02).withAlpha(0.9)}) {
            var way = OptimiserRuns.underConstantGradient(rule, gradients, 2_000);
            for (int i = 0; i < gradients.length; i++)
                worst.see("gradient " + gradients[i], way.get(1_999)[i] - way.get(2_000)[i], 0.02 * Math.signum(gradients[i]));
        }
        Evidence.of("largest relative gap", worst, below(1e-4));
    }
}
