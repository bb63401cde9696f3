package lyceum.labs.models;

import static lyceum.testing.Bound.atLeast;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.models.ssl.EmbeddingSearch;
import lyceum.models.ssl.MetricLearner;
import lyceum.models.ssl.MetricObjective;
import lyceum.models.ssl.MetricTraining;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.loss.PairDistance;
import lyceum.nn.loss.Reduction;
import lyceum.nn.loss.TripletLoss;
import lyceum.nn.loss.TripletMining;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Fifty coarse kinds of ten fine classes each: what tells the ten apart is small beside what tells the fifty apart, and beside noise that says nothing. */
class MetricLearningTest {
    private static final int KINDS = 50, CLASSES = 500, TRAIN = 8, TEST = 4, COARSE = 8, FINE = 8, NOISE = 16,
            INPUTS = COARSE + FINE + NOISE;

    private static Dataset items(Rng world, Rng draws, int each) {
        double[][] coarse = Tensor.randn(world.split(1), KINDS, COARSE).toRows(),
                fine = Tensor.randn(world.split(2), CLASSES, FINE).toRows(),
                mix = Tensor.randn(world.split(3), INPUTS, INPUTS).div(Math.sqrt(INPUTS)).toRows();
        var x = new float[CLASSES * each * INPUTS];
        var y = new int[CLASSES * each];
        var z = new double[INPUTS];
        for (int i = 0; i < y.length; i++) {
            y[i] = i % CLASSES;
            for (int k = 0; k < COARSE; k++) z[k] = 2 * coarse[y[i] / 10][k] + 0.1 * draws.nextGaussian();
            for (int k = 0; k < FINE; k++) z[COARSE + k] = 0.5 * fine[y[i]][k] + 0.1 * draws.nextGaussian();
            for (int k = COARSE + FINE; k < INPUTS; k++) z[k] = draws.nextGaussian();
            for (int out = 0; out < INPUTS; out++)
                for (int in = 0; in < INPUTS; in++) x[i * INPUTS + out] += (float) (mix[out][in] * z[in]);
        }
        return Dataset.of(Tensor.of(x, y.length, INPUTS), Tensor.of(y));
    }

    @Tag("heavy")
    @Acceptance(topic = "metric-learning-at-scale", clause = 5)
    @Test void minedNegativesRetrieveFineClassesBetterThanRandomOnes() {
        var loss = new TripletLoss(0.2, PairDistance.SQUARED, false, false, TripletMining.SEMI_HARD, Reduction.MEAN);
        double least = 100;
        for (int seed = 0; seed < 3; seed++) {
            Dataset train = items(Rng.of(seed), Rng.of(seed).split(8), TRAIN), test = items(Rng.of(seed), Rng.of(seed).split(9), TEST);
            var recall = new double[2];
            for (int mined = 0; mined < 2; mined++) {
                var objective = mined == 0 ? new MetricObjective.RandomNegatives(loss)
                        : new MetricObjective.MinedNegatives(loss, MetricLearningLab.hnsw()).withRefresh(100).withNeighbours(30);
                var rng = Rng.of(seed).split(4);
                var learner = new MetricLearner(new Linear(INPUTS, 64, rng).then(Activation.RELU).then(new Linear(64, 24, rng)), 24,
                        objective, rng);
                MetricTraining training = learner.training(train);
                var run = new Trainer(new Adam(2e-3), 100).withBatchSize(64).start(learner, train.size(), training, null, rng);
                for (int step = 0; step < 400; step++) run.step();
                assertThat(run.steps()).isEqualTo(400);
                assertThat(training.refreshes()).isEqualTo(mined == 0 ? 0 : 4);
                recall[mined] = learner.score(test, EmbeddingSearch.exact(), 1).recallAt(1);
            }
            least = Math.min(least, 100 * (recall[1] - recall[0]));
        }
        Evidence.of("points of Recall@1 that HNSW-mined negatives are ahead, worst of 3 seeds", least, atLeast(3));
    }

    /** What the index misses is little: the negatives are near indeed. */
    @Test void hnswFindsMostOfTheExactNeighbours() {
        var rows = Tensor.randn(Rng.of(1), 600, 12).compute();
        EmbeddingSearch.Found exact = EmbeddingSearch.exact().over(rows).nearest(rows, 10),
                found = MetricLearningLab.hnsw().over(rows).nearest(rows, 10);
        int shared = 0;
        for (int i = 0; i < 600; i++) for (int row : found.rows()[i]) if (IntStream.of(exact.rows()[i]).anyMatch(r -> r == row)) shared++;
        assertThat(shared / 6000.0).isGreaterThan(0.95);
        assertThat(found.distances()[5][3]).isBetween(exact.distances()[5][3] - 1e-4, exact.distances()[5][9] + 1);
        assertThat(found.compared()).isPositive();
    }
}
