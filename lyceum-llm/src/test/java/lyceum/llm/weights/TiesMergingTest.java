package lyceum.llm.weights;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TiesMergingTest {
    private static final Golden GOLDEN = Golden.load("golden/ties.json");

    private static SequencedMap<String, Tensor> one(Tensor tensor) {
        var map = new LinkedHashMap<String, Tensor>();
        map.put("w", tensor.compute());
        return map;
    }

    /** The merged change of a base of given numbers by changes of it. */
    private static double[] merged(TiesMerging ties, double[] base, double[]... changes) {
        var models = Arrays.stream(changes).map(c -> one(Tensor.of(base).add(Tensor.of(c)))).toList();
        return new ModelMerger(ties).merge(one(Tensor.of(base)), models).get("w").sub(Tensor.of(base)).toDoubleArray();
    }

    @Test
    @Acceptance(topic = "ties-merging", clause = 1) void theHandWorkedExampleAndNumPysRandomOnes() {
        var ties = new TiesMerging().withDensity(0.5);
        double[] zero = new double[6];
        double[][] changes = {{4, -1, 0.2, 3, -2, 0.1}, {3, 2, -0.3, -5, -1, 0.4}, {-2, -4, 0.1, 1, -3, 0.2}};
        double[] hand = {3.5, -4, 0, -5, -2.5, 0}, ours = merged(ties, zero, changes);
        int same = 0;
        for (int j = 0; j < 6; j++) if (ours[j] == hand[j]) same++;
        Evidence.of("entries of the hand-worked example, exactly", same, exactly(6));
        assertThat(GOLDEN.named("hand").doubles("expected.merged")).containsExactly(hand);

        var gap = Gap.absolute();
        var cases = GOLDEN.cases("random");
        for (var c : cases) {
            int tasks = c.integer("input.tasks"), n = c.integer("input.n");
            var u = new Recipe(c.integer("input.seed")).uniforms(tasks * n);
            var deltas = new double[tasks][n];
            for (int i = 0; i < u.length; i++) deltas[i / n][i % n] = Math.abs(2 * u[i] - 1) < 0.15 ? 0 : 2 * u[i] - 1;
            var weights = Arrays.stream(c.doubles("input.weights")).boxed().toList();
            var base = new double[n];
            for (int j = 0; j < n; j++) base[j] = 0.25 * (j % 5); // exact sums are not needed at 1e-7
            gap.see(c, "expected.merged",
                    merged(new TiesMerging(c.number("input.density"), c.number("input.scale"), weights), base, deltas));
        }
        Evidence.of("random cases", cases.size(), exactly(200));
        Evidence.of("from NumPy", gap, atMost(1e-7));
    }

    @Test
    @Acceptance(topic = "ties-merging", clause = 2) void plantedChangesAreFoundInConflictingNoise() {
        double worst = 0;
        int worlds = 20, conflicts = 0, elected = 0;
        for (int w = 0; w < worlds; w++) {
            var rng = Rng.of(100 + w);
            int tasks = 2 + w % 4, n = 2000, each = n / 10;
            var order = rng.permutation(n);
            var changes = new double[tasks][n];
            var planted = new double[n];
            for (int t = 0; t < tasks; t++) {
                for (int j = 0; j < n; j++) changes[t][j] = 0.05 * rng.nextGaussian(); // of either sign, in every task
                int shared = t == 0 ? 0 : each / 25; // with the task before: signs are elected there
                for (int i = t * each - shared; i < (t + 1) * each - shared; i++) {
                    double d = (rng.nextDouble() < 0.5 ? -1 : 1) * (0.5 + rng.nextDouble());
                    planted[order[i]] += d;
                    changes[t][order[i]] += d;
                }
            }
            var ties = merged(new TiesMerging().withDensity(0.1), new double[n], changes);
            for (int j = 0; j < n; j++) {
                double up = 0, down = 0; // planted changes are larger than any noise
                for (var change : changes) {
                    if (change[j] > 0.3) up += change[j];
                    if (change[j] < -0.3) down -= change[j];
                }
                if (up == 0 || down == 0) continue;
                conflicts++;
                if (Math.abs(ties[j] - (up > down ? up : -down)) < 1e-9) elected++;
            }
            double ours = 0, plain = 0;
            for (int j = 0; j < n; j++) {
                double mean = 0;
                for (var change : changes) mean += change[j] / tasks;
                ours += (ties[j] - planted[j]) * (ties[j] - planted[j]);
                plain += (mean - planted[j]) * (mean - planted[j]);
            }
            worst = Math.max(worst, Math.sqrt(ours / plain));
        }
        Evidence.of("entries that two tasks changed to different sides", conflicts, above(20));
        Evidence.of("of them those at which the heavier side's change is left", elected, exactly(conflicts));
        Evidence.of("error over that of the plain mean, largest of 20 worlds", worst, atMost(0.5));
    }

    @Test
    @Acceptance(topic = "ties-merging", clause = 3) void oneTaskAtFullDensityIsTheFineTune() {
        double gap = 0;
        int compared = 0;
        for (int i = 0; i < 20; i++) {
            Tensor base = Tensor.randn(Rng.of(i), DType.F32, 30, 7),
                    tuned = base.add(Tensor.randn(Rng.of(100 + i), DType.F32, 30, 7).mul(0.1)).compute();
            var merged = new ModelMerger(new TiesMerging().withDensity(1)).merge(one(base), List.of(one(tuned))).get("w");
            gap = Math.max(gap, FashionTasks.gap(merged, tuned));
            if (FashionTasks.gap(base, tuned) > 0.05) compared++;
        }
        Evidence.of("fine-tunes that differ from their base", compared, exactly(20));
        Evidence.of("from the fine-tune", gap, atMost(1e-7));
    }

    @Test void votesThatCancelLeaveTheBaseAndSharesAreChecked() {
        assertThat(merged(new TiesMerging().withDensity(1), new double[] {1, 1}, new double[] {2, 3}, new double[] {-2, 0}))
                .containsExactly(0, 3);
        assertThat(new TiesMerging().withDensity(0.01).trimmed(Tensor.of(1.0, -3, 2)).toDoubleArray()).containsExactly(0, -3, 0);
        assertThatThrownBy(() -> new TiesMerging().withDensity(0)).hasMessageContaining("density is 0.0");
        assertThatThrownBy(() -> new TiesMerging(0.2, 1, List.of(1.0, -1.0))).hasMessageContaining("positive");
        assertThatThrownBy(() -> merged(new TiesMerging(0.2, 1, List.of(1.0)), new double[2], new double[2], new double[2]))
                .hasMessageContaining("1 weights for 2 models");
        assertThatThrownBy(() -> new ModelMerger(new TiesMerging()).merge(null, List.of(one(Tensor.of(1.0)))))
                .hasMessageContaining("needs the base");
    }
}
