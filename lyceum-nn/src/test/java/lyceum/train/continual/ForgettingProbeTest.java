package lyceum.train.continual;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.ParameterSpace;
import org.junit.jupiter.api.Test;

class ForgettingProbeTest {
    private static final AdditionFacts FACTS = new AdditionFacts(3);
    private static final Dataset ONES = FACTS.of(1), TWOS = FACTS.of(2);

    /** The network of 1989: 28 inputs, 50 sigmoid units, 24 outputs. */
    private static Mlp network(AdditionFacts facts, long seed) {
        return new Mlp(MlpConfig.regressor(facts.inputs(), facts.outputs(), 50).withActivation(Activation.SIGMOID).withDtype(DType.F64),
                Rng.of(seed));
    }

    /** The share of facts of which every unit is on the right side, counted by hand. */
    private static double right(Mlp network, Dataset facts) {
        double[][] said = network.forward(facts.x()).toRows(), meant = facts.y().toRows();
        int right = 0;
        for (int i = 0; i < said.length; i++) {
            boolean all = true;
            for (int j = 0; j < said[i].length; j++) all &= said[i][j] > 0 == meant[i][j] > 0.5;
            if (all) right++;
        }
        return (double) right / said.length;
    }

    @Test
    @Acceptance(topic = "catastrophic-forgetting", clause = 1)
    @Acceptance(topic = "catastrophic-forgetting", clause = 2) void onesFactsGoWhenTwosFactsCome() {
        double ones = 1, twos = 1, left = 0, mixedOnes = 1, mixedTwos = 1;
        for (int seed = 1; seed <= 5; seed++) {
            var network = network(FACTS, seed);
            var probe = new ForgettingProbe();
            probe.measure(network, List.of(ONES), Rng.of(10 + seed), Progress.SILENT);
            ones = Math.min(ones, right(network, ONES));
            var mixed = Module.copy(network);
            probe.measure(network, List.of(TWOS), Rng.of(20 + seed), Progress.SILENT);
            twos = Math.min(twos, right(network, TWOS));
            left = Math.max(left, right(network, ONES));
            probe.withRehearsal(1).measure(mixed, List.of(ONES, TWOS), Rng.of(20 + seed), Progress.SILENT);
            mixedOnes = Math.min(mixedOnes, right(mixed, ONES));
            mixedTwos = Math.min(mixedTwos, right(mixed, TWOS));
        }
        Evidence.of("ones facts right after learning them, least of 5 seeds", ones, atLeast(0.99));
        Evidence.of("twos facts right after learning them, least of 5 seeds", twos, atLeast(0.99));
        Evidence.of("ones facts right after the twos, most of 5 seeds", left, atMost(0.30));
        Evidence.of("ones facts right after interleaved training, least of 5 seeds", mixedOnes, atLeast(0.95));
        Evidence.of("twos facts right after interleaved training, least of 5 seeds", mixedTwos, atLeast(0.95));
    }

    /** Four tasks by hand: the best before the end less the end; a task that is best at the end is negative. */
    @Test
    @Acceptance(topic = "catastrophic-forgetting", clause = 3) void forgettingByHand() {
        var matrix = new AccuracyMatrix(
                new double[][] {{0.90, 0.10, 0.15, 0.30}, {0.95, 0.80, 0.20, 0.25}, {0.60, 0.85, 0.70, 0.20}, {0.40, 0.65, 0.75, 0.90}},
                new double[] {0.1, 0.2, 0.1, 0.2});
        double[] byHand = {0.95 - 0.40, 0.85 - 0.65, 0.70 - 0.75, 0.30 - 0.90};
        double gap = 0;
        for (int j = 0; j < 4; j++) gap = Math.max(gap, Math.abs(matrix.forgetting(j) - byHand[j]));
        Evidence.of("largest gap to the forgetting by hand", gap, below(1e-15));
        Evidence.of("gap of the mean over the three earlier tasks", Math.abs(matrix.averageForgetting() - (0.55 + 0.20 - 0.05) / 3),
                below(1e-15));
        assertThat(matrix.averageAccuracy()).isCloseTo(0.675, within(1e-15));
        assertThat(matrix.backwardTransfer()).isCloseTo((0.40 - 0.90 + 0.65 - 0.80 + 0.75 - 0.70) / 3, within(1e-15));
        assertThat(matrix.forwardTransfer()).isCloseTo((0.10 - 0.2 + 0.20 - 0.1 + 0.20 - 0.2) / 3, within(1e-15));
    }

    /** The step is taken by the optimiser, and A's loss measured before and after. */
    @Test
    @Acceptance(topic = "catastrophic-forgetting", clause = 4) void oneStepOnBChangesAByTheProductOfGradients() {
        double worst = 0, rate = 1e-4;
        int points = 0;
        for (int draw = 0; points < 20 && draw < 1000; draw++) {
            var network = network(FACTS, 100 + draw);
            var random = Tensor.randn(Rng.of(draw), DType.F64, network.parameterCount()).mul(0.3);
            network.load(ParameterSpace.of(network).split(random));
            var between = Interference.of(network, m -> Loss.bce(m.forward(ONES.x()), ONES.y()),
                    m -> Loss.bce(m.forward(TWOS.x()), TWOS.y()));
            if (!(Math.abs(between.cosine()) >= 0.1)) continue;
            points++;
            double before = Loss.bce(network.forward(ONES.x()), ONES.y()).item();
            var optimizer = new Sgd(rate).over(network.parameters());
            Loss.bce(network.forward(TWOS.x()), TWOS.y()).backward();
            optimizer.step();
            double change = Loss.bce(network.forward(ONES.x()), ONES.y()).item() - before;
            worst = Math.max(worst, Math.abs(change - between.predictedChange(rate)) / Math.abs(between.predictedChange(rate)));
        }
        Evidence.of("points", points, exactly(20));
        Evidence.of("largest relative gap between predicted and measured change", worst, below(0.05));
    }

    /** Half of the old facts kept in training save most of them; codes that share nothing are forgotten too, but later. */
    @Test void rehearsalAndOverlapControlForgetting() {
        var probe = new ForgettingProbe();
        var apart = new AdditionFacts(1);
        double none = 0, half = 0, shared = 0, local = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var plain = probe.measure(network(FACTS, seed), List.of(ONES, TWOS), Rng.of(seed), Progress.SILENT);
            none += plain.matrix().forgetting(0) / 3;
            half += probe.withRehearsal(0.5).measure(network(FACTS, seed), List.of(ONES, TWOS), Rng.of(seed), Progress.SILENT).matrix()
                    .forgetting(0) / 3;
            shared += halfLife(plain) / 3.0;
            local += halfLife(probe.measure(network(apart, seed), List.of(apart.of(1), apart.of(2)), Rng.of(seed), Progress.SILENT)) / 3.0;
            assertThat(plain.epochs()).isSorted();
            assertThat(plain.scores(0)).hasSameSizeAs(plain.epochs());
        }
        assertThat(half).isLessThan(none - 0.2);
        assertThat(local).isGreaterThan(2 * shared);
    }

    /** Epochs of the second task until half of the first is gone. */
    private static int halfLife(ForgettingProbe.Report report) {
        return report.curve().stream().filter(p -> p.task() == 1 && p.scores()[0] <= 0.5).mapToInt(ForgettingProbe.Point::epoch).findFirst()
                .orElseThrow();
    }

    @Test void factsAreThoseOfThePaper() {
        assertThat(ONES.x().shape().toArray()).containsExactly(17, 28);
        assertThat(ONES.y().shape().toArray()).containsExactly(17, 24);
        // 9 + 1 = 10, the last: 9 and 1 of the addends, 1 and 0 of the answer
        double[] x = ONES.x().toRows()[16], y = ONES.y().toRows()[16];
        assertThat(x).startsWith(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1);
        assertThat(y).containsExactly(0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> new AdditionFacts(0)).hasMessageContaining("width is 0");
        assertThatThrownBy(() -> FACTS.of(10)).hasMessageContaining("addend is 10");
        assertThatThrownBy(() -> new ForgettingProbe().withRehearsal(1.5)).hasMessageContaining("rehearsal is 1.5");
        assertThatThrownBy(() -> new ForgettingProbe().measure(network(FACTS, 1), List.of(), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("no task");
        assertThatThrownBy(() -> new AccuracyMatrix(new double[][] {{1, 0}})).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new AccuracyMatrix(new double[][] {{1.1}})).hasMessageContaining("1.1");
        assertThatThrownBy(() -> new AccuracyMatrix(new double[][] {{1}}).forgetting(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new AccuracyMatrix(new double[][] {{1, 0}, {0, 1}}).forwardTransfer()).hasMessageContaining("untrained");
    }
}
