package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each method once a seed on 14 x 14 clothes, with a tiny encoder; all clauses read the same runs. */
@Tag("heavy")
class TwoViewClothesTest {
    private static final int SEEDS = 3, WIDTH = 64;
    private static final Dataset TRAIN = pictures(Clothes.small(4096)), TEST = pictures(Clothes.smallTest(2000));
    private static final Byol BYOL = new Byol().withMomentum(0.98);

    /** What is read off a run: points of the probe over that of the encoder before, how projections spread in the end, and the least spread on the way. */
    private record Outcome(double points, TwoViewHistory.Spread spread, double least) {}

    private static final Map<String, Outcome> RUNS = new LinkedHashMap<>();

    /** Values in [0, 1]. */
    private static Dataset pictures(Dataset d) { return d.withX(d.x().mul(0.353).add(0.286).compute()); }

    private static Module encoder(Rng rng) {
        Convolution same = new Convolution().withPadding(1), half = same.withStride(2);
        Layer mean = (x, pass) -> x.mean(new int[] {2, 3}, false);
        return new Sequential(new Conv2d(1, 16, 3, half, rng), new BatchNorm(16), Activation.RELU, new Conv2d(16, 32, 3, half, rng),
                new BatchNorm(32), Activation.RELU, new Conv2d(32, WIDTH, 3, same, rng), new BatchNorm(WIDTH), Activation.RELU, mean);
    }

    /** Percent of test pictures that a probe of ten labels a class tells, the mean over five drawings of the labels. */
    private static double probe(TwoViewLearner learner, int seed) {
        var seen = TRAIN.withX(learner.features(TRAIN.x(), 500));
        var test = TEST.withX(learner.features(TEST.x(), 500));
        Representation known = x -> x;
        return IntStream.range(0, 5).mapToDouble(draw -> 100 * known.probe(Representation.few(seen, 10, Rng.of(5 * seed + draw)), test))
                .average().orElseThrow();
    }

    private static synchronized Outcome run(ViewObjective objective, int seed) {
        return RUNS.computeIfAbsent(objective + " of seed " + seed, key -> {
            var learner = new TwoViewLearner(encoder(Rng.of(100 + seed)), WIDTH, objective, ViewHeads.of(32), Rng.of(seed));
            double random = probe(learner, seed);
            boolean contrastive = objective instanceof SimClr || objective instanceof MoCo;
            var trainer = new Trainer(new Adam(contrastive ? 2e-3 : 5e-3), contrastive ? 10 : objective instanceof Byol ? 20 : 14)
                    .withBatchSize(128);
            var history = learner.fit(TRAIN.x(), Views.simclr(0.4, 1), trainer, Rng.of(10 + seed), Progress.SILENT);
            return new Outcome(probe(learner, seed) - random, history.last(), Arrays.stream(history.unit()).min().orElseThrow());
        });
    }

    private static double meanPoints(ViewObjective objective) {
        return IntStream.range(0, SEEDS).mapToDouble(seed -> run(objective, seed).points).average().orElseThrow();
    }

    @Acceptance(topic = "simclr-moco", clause = 5)
    @Test void contrastBeatsTheRandomEncoder() {
        Evidence.of("SimCLR's points over the random encoder, mean of 3 seeds", meanPoints(new SimClr(0.2)), atLeast(5));
        Evidence.of("MoCo's", meanPoints(new MoCo(512, 0.2, 0.98)), atLeast(5));
    }

    @Acceptance(topic = "byol", clause = 3)
    @Test void byolBeatsTheRandomEncoder() { Evidence.of("points over the random encoder, mean of 3 seeds", meanPoints(BYOL), atLeast(5)); }

    /** The spread is the mean deviation times the root of d: 0.5 is 0.5 / sqrt(d). */
    @Acceptance(topic = "byol", clause = 2)
    @Test void byolCollapsesWithoutPredictorAndStoppedTarget() {
        for (int seed = 0; seed < SEEDS; seed++)
            Evidence.of("deviation of unit projections times sqrt(d), least of all epochs, seed " + seed, run(BYOL, seed).least,
                    atLeast(0.5));
        Evidence.of("without predictor and stopped gradient", run(BYOL.withPredictor(false).withStopGradient(false), 0).spread.unit(),
                below(0.1));
    }

    @Acceptance(topic = "non-contrastive-ssl", clause = 3)
    @Test void allFourStandAndBeatTheRandomEncoder() {
        for (var objective : List.of(BYOL, new SimSiam(), new BarlowTwins(0.03), new VicReg())) {
            var name = objective.getClass().getSimpleName();
            Evidence.of(name + ": deviation of unit projections times sqrt(d)", run(objective, 0).spread.unit(), atLeast(0.3));
            Evidence.of(name + ": points over the random encoder", run(objective, 0).points, atLeast(3));
        }
    }

    @Acceptance(topic = "non-contrastive-ssl", clause = 4)
    @Test void withoutTheirPartsTheyCollapse() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Evidence.of("SimSiam without stopped gradient, deviation of unit projections times sqrt(d), seed " + seed,
                    run(new SimSiam().withStopGradient(false), seed).spread.unit(), below(0.05));
            Evidence.of("VICReg without variance term, raw deviation", run(new VicReg().withVariance(0), seed).spread.raw(), below(0.05));
            Evidence.of("with it", run(new VicReg(), seed).spread.raw(), above(0.5));
        }
    }
}
