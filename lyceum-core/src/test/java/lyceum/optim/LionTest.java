package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LionTest {

    @Test
    @Acceptance(topic = "lion", clause = 1) void stepsEqualFifteenLinesOfTorch() {
        Evidence.of("largest gap to torch over 200 steps", OptimiserRuns.gap(2, "Lion", in -> true), below(1e-7));
    }

    @Test
    @Acceptance(topic = "lion", clause = 2) void everyCoordinateMovesByTheRateOrNotAtAllBitForBit() {
        int n = 400, steps = 60, moved = 0, stood = 0, wrong = 0;
        float rate = 3e-3f;
        var rng = Rng.of(599);
        var x = Tensor.randn(rng, DType.F32, n).copy().requiresGrad();
        var optimizer = new Lion(rate).over(x);
        var m = new double[n];
        for (int t = 0; t < steps; t++) {
            float[] before = x.toFloatArray(), g = Tensor.randn(rng, DType.F32, n).toFloatArray();
            for (int i = 0; i < n / 8; i++) g[i] = 0; // these never have a momentum
            optimizer.step(Tensor.of(g));
            float[] after = x.toFloatArray();
            for (int i = 0; i < n; i++) {
                double direction = 0.9 * m[i] + 0.1 * g[i];
                m[i] = 0.99 * m[i] + 0.01 * g[i];
                // Nearer to zero than F32 resolves, the sign of a sum is a matter of rounding.
                if (direction != 0 && Math.abs(direction) < 1e-7) continue;
                float expected = direction > 0 ? before[i] - rate : direction < 0 ? before[i] + rate : before[i];
                if (after[i] != expected) wrong++;
                if (direction == 0) stood++;
                else moved++;
            }
        }
        Evidence.of("coordinates that differ", wrong, exactly(0));
        Evidence.that("thousands moved and some stood: " + moved + " and " + stood, moved > 20_000 && stood == steps * (n / 8));
    }

    @Test
    @Acceptance(topic = "lion", clause = 3) void withoutMemoryItIsSignSgdBitForBit() {
        var rng = Rng.of(600);
        Tensor x = Tensor.randn(rng, DType.F32, 300).copy().requiresGrad();
        float[] w = x.toFloatArray();
        float rate = 1e-2f;
        var optimizer = new Lion(rate).withBeta1(0).withBeta2(0).over(x);
        int wrong = 0;
        for (int t = 0; t < 100; t++) {
            float[] g = Tensor.randn(rng, DType.F32, 300).mul(1e-3).toFloatArray();
            optimizer.step(Tensor.of(g));
            float[] now = x.toFloatArray();
            for (int i = 0; i < w.length; i++) {
                w[i] -= Math.signum(g[i]) * rate;
                if (w[i] != now[i]) wrong++;
            }
        }
        Evidence.of("coordinates that differ", wrong, exactly(0));
    }

    @Test
    @Acceptance(topic = "lion", clause = 4) void itRemembersHalfOfWhatAdamWDoes() {
        Evidence.of("bytes of Lion over AdamW's", (double) bytes(new Lion(1e-3)) / bytes(new AdamW(1e-3)), exactly(0.5));
    }

    private static long bytes(UpdateRule rule) {
        Tensor a = Tensor.zeros(20, 30).requiresGrad(), b = Tensor.zeros(30).requiresGrad();
        var optimizer = rule.over(a, b);
        optimizer.step(Tensor.ones(20, 30), Tensor.ones(30));
        return optimizer.state().tensors().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
    }
}
