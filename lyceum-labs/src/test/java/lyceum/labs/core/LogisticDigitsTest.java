package lyceum.labs.core;

import static lyceum.testing.Bound.atMost;

import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class LogisticDigitsTest {

    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 3) void theLogisticObjectiveOnDigitsEqualsScikitLearns() {
        var digits = Datasets.digits().flat();
        var x = digits.x().to(DType.F64).compute();
        int classes = 10, n = (int) x.size(1);
        var f = Objective.of(v -> {
            var w = v.narrow(0, 0, n * classes).reshape(n, classes);
            var scores = x.matmul(w).add(v.narrow(0, n * classes, classes));
            return new CrossEntropy().of(scores, digits.y()).mul(x.size(0)).add(w.square().sum().mul(0.5));
        });
        var minimum = new Lbfgs().withGradientTolerance(1e-5).withMaxIterations(5_000).withMaxEvaluations(20_000).minimize(f,
                new double[(n + 1) * classes]);
        var golden = Golden.load("golden/logistic-digits.json").named("digits");
        Evidence.of("relative gap to scikit-learn's objective", Gap.relative().see(golden, "expected.objective", minimum.value()),
                atMost(1e-6));
    }
}
