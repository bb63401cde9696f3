package lyceum.train.regime;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurriculumTest {
    private static final int BUDGET = 400, SEEDS = 5;
    private static final Parity TEST = Parity.of(40, 40, 1000, Rng.of(77)), DIRECT = Parity.of(40, 40, 3900, Rng.of(6)),
            ALL = Parity.of(2, 40, 100, Rng.of(5));

    private static double learned(Parity data, Curriculum curriculum, int seed) {
        var reader = new Parity.Reader(16, Rng.of(seed));
        var run = curriculum.start(new Trainer(new Adam(0.01), 1000).withBatchSize(64).withClip(Clip.norm(1)), reader, data.loss(reader),
                null, Rng.of(50 + seed));
        while (run.steps() < BUDGET) run.step();
        return TEST.accuracy(reader);
    }

    private static int reaching(Curriculum curriculum) {
        return (int) IntStream.rangeClosed(1, SEEDS).filter(seed -> learned(ALL, curriculum, seed) >= 0.95).count();
    }

    /** 400 steps of 64 strings; lengths open from 2 to 40 within 280. */
    @Tag("slow")
    @Test
    @Acceptance(topic = "curriculum-learning", clause = 1)
    @Acceptance(topic = "curriculum-learning", clause = 2) void parityOfFortyBitsIsLearnedFromShortStringsOn() {
        var schedule = new Curriculum(Pacing.linear(0.03), 7 * BUDGET / 10, Difficulty.length(ALL.lengths));
        var direct = new Curriculum(Pacing.all(), 1, Difficulty.length(DIRECT.lengths));
        double cold = 0;
        for (int seed = 1; seed <= SEEDS; seed++) cold = Math.max(cold, learned(DIRECT, direct, seed));
        Evidence.of("trained at length 40 only: accuracy, best of 5 seeds", cold, atMost(0.60));
        Evidence.of("lengths 2 to 40: seeds of 5 with at least 95%", reaching(schedule), atLeast(4));
        int uniform = reaching(new Curriculum(Pacing.all(), 1, Difficulty.length(ALL.lengths)));
        Evidence.of("seeds in reverse order less those under uniform sampling", reaching(schedule.reversed()) - uniform, atMost(0));
    }

    /** 100,000 rows of which the ranks are known, 100,000 draws at each of 20 times. */
    @Test
    @Acceptance(topic = "curriculum-learning", clause = 3) void drawsAreUniformOverTheOpenShare() {
        int n = 100_000, steps = 1000;
        var difficulty = new double[n];
        var ranks = Rng.of(1).permutation(n);
        for (int i = 0; i < n; i++) difficulty[i] = Math.exp(3.0 * ranks[i] / n) - 7;
        List<Pacing> pacings = List.of(Pacing.linear(0.1), Pacing.root(0.05, 3), Pacing.competence(0.01), Pacing.steps(0.2, 4));
        List<DoubleUnaryOperator> shares = List.of(t -> 0.1 + 0.9 * t, t -> Math.cbrt(0.05 * 0.05 * 0.05 * (1 - t) + t),
                t -> Math.sqrt(0.0001 * (1 - t) + t),
                t -> t < 0.2 ? 0.2 : t < 0.4 ? 0.36 : t < 0.6 ? 0.52 : t < 0.8 ? 0.68 : t < 1 ? 0.84 : 1);
        double largest = 0, quartiles = 0;
        for (int p = 0; p < pacings.size(); p++) {
            var curriculum = new Curriculum(pacings.get(p), steps, difficulty);
            for (int k = 0; k < 20; k++) {
                int step = k * 53; // the last is beyond the end
                var drawn = curriculum.sampler(step).order(n, Rng.of(100 * p + k));
                var seen = Arrays.stream(drawn).map(i -> ranks[i]).sorted().toArray();
                double share = shares.get(p).applyAsDouble(Math.min(1, step / 1000.0));
                largest = Math.max(largest, Math.abs((seen[n - 1] + 1.0) / n - share));
                for (int q = 1; q <= 3; q++) quartiles = Math.max(quartiles, Math.abs((double) seen[q * n / 4] / n - share * q / 4));
            }
        }
        Evidence.of("largest rank drawn against the pacing fraction, share of the data", largest, atMost(0.01));
        Evidence.of("25, 50 and 75% ranks against those fractions of it, share of the data", quartiles, atMost(0.01));
    }

    private static final List<Dataset> DIGITS = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16).flat(), Rng.of(1), 0.7,
            0.3);

    private static Mlp network(long seed) { return new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(seed)); }

    private static double accuracy(Mlp network) {
        return network.classes(DIGITS.get(1).x()).eq(DIGITS.get(1).y()).to(DType.F64).mean().item();
    }

    /** 400 steps of 32 rows; the control opens all rows within 200. The difficulty is a teacher's loss. */
    @Tag("slow")
    @Test
    @Acceptance(topic = "curriculum-learning", clause = 4) void randomOrderControlIsAsGoodAsUniform() {
        var data = DIGITS.get(0);
        var trainer = new Trainer(new Adam(3e-3), 10);
        var teacher = network(99);
        trainer.fit(teacher, Loss::crossEntropy, data, Rng.of(99));
        var curriculum = new Curriculum(Pacing.linear(0.1), 200,
                Difficulty.teacherLoss(teacher, new CrossEntropy().withReduction(Reduction.NONE), data));
        double uniform = 0, control = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var plain = network(seed);
            trainer.fit(plain, Loss::crossEntropy, data, Rng.of(100 + seed));
            uniform += 10 * accuracy(plain);
            var paced = network(seed);
            curriculum.inRandomOrder(Rng.of(200 + seed)).fit(trainer, paced, Loss::crossEntropy, data, Rng.of(100 + seed));
            control += 10 * accuracy(paced);
        }
        Evidence.of("points between the random-order control and uniform sampling", Math.abs(control - uniform), atMost(2));
        assertThat(uniform).isGreaterThan(90);
    }

    @Test void ordersAndPools() {
        var c = new Curriculum(Pacing.linear(0.5), 10, 3, 1, 2, 0);
        assertThat(c.order()).containsExactly(3, 1, 2, 0);
        assertThat(c.reversed().order()).containsExactly(0, 2, 1, 3);
        assertThat(c.inRandomOrder(Rng.of(1)).order()).containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(c.open(0)).isEqualTo(2);
        assertThat(c.open(5)).isEqualTo(3);
        assertThat(c.open(50)).isEqualTo(4);
        assertThat(c.rows(0, 0, 1, 2, 3)).containsExactly(3, 3, 1, 1);
        assertThat(c.rows(10, 0, 1, 2, 3)).containsExactly(3, 1, 2, 0);
        assertThat(DataLoader.of(4, 2, Rng.of(1)).withSampler(c.sampler(0)).pass(0).get(0)).doesNotContain(0, 2);
    }

    /** A stopped run goes on with the same batches. */
    @Test void runsResumeBitForBit(@TempDir Path folder) throws Exception {
        var data = DIGITS.get(0).head(200);
        var c = new Curriculum(Pacing.competence(0.1), 12, Arrays.stream(Rng.of(1).permutation(200)).asDoubleStream().toArray());
        var trainer = new Trainer(new Adam(0.01), 3).withBatchSize(50);
        Mlp whole = network(1), first = network(1), second = network(2);
        c.start(trainer, whole, BatchLoss.of(whole, Loss::crossEntropy, data), null, Rng.of(3)).finish(Progress.SILENT);
        var run = c.start(trainer, first, BatchLoss.of(first, Loss::crossEntropy, data), null, Rng.of(3));
        for (int i = 0; i < 5; i++) run.step();
        run.save(folder.resolve("run"));
        assertThat(Files.size(folder.resolve("run"))).isPositive();
        var again = c.start(trainer, second, BatchLoss.of(second, Loss::crossEntropy, data), null, Rng.of(3));
        again.resume(folder.resolve("run"));
        again.finish(Progress.SILENT);
        whole.state().forEach((name, value) -> assertThat(second.state().get(name).toDoubleArray()).isEqualTo(value.toDoubleArray()));
    }

    @Test void difficulties() {
        var network = network(1);
        var part = DIGITS.get(1).head(300); // more than one chunk
        var p = network.probabilities(part.x()).toRows();
        var labels = part.labels();
        double[] wanted = IntStream.range(0, 300).mapToDouble(i -> 1 - p[i][labels[i]]).toArray();
        assertThat(Difficulty.confidence(network, part)).containsExactly(wanted, within(1e-6));
        double[] losses = IntStream.range(0, 300).mapToDouble(i -> -Math.log(p[i][labels[i]])).toArray();
        assertThat(Difficulty.teacherLoss(network, new CrossEntropy().withReduction(Reduction.NONE), part)).containsExactly(losses,
                within(1e-5));
        assertThatThrownBy(() -> Difficulty.teacherLoss(network, Loss::crossEntropy, part)).isInstanceOf(ShapeException.class);
        assertThat(Difficulty.length(3, 1)).containsExactly(3, 1);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> Pacing.linear(0)).hasMessageContaining("first share is 0.0");
        assertThatThrownBy(() -> Pacing.root(0.1, 0)).hasMessageContaining("power is 0.0");
        assertThatThrownBy(() -> Pacing.steps(0.1, 0)).hasMessageContaining("jumps is 0");
        assertThatThrownBy(() -> new Curriculum(Pacing.all(), 1, 1, Double.NaN)).hasMessageContaining("row 1 is NaN");
        assertThatThrownBy(() -> new Curriculum(Pacing.all(), 0, 1)).hasMessageContaining("steps is 0");
        assertThatThrownBy(() -> new Curriculum(Pacing.all(), 1, 1).sampler(0).order(2, Rng.of(1)))
                .hasMessageContaining("1 difficulties for 2");
        assertThatThrownBy(() -> new Curriculum(t -> 2, 1, 1).open(0)).hasMessageContaining("share of 2.0");
    }
}
