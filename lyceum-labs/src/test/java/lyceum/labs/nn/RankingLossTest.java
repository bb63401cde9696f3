package lyceum.labs.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.between;

import lyceum.DType;
import lyceum.learn.metrics.RankedQuery;
import lyceum.learn.metrics.Ranking;
import lyceum.nn.loss.MetricChange;
import lyceum.nn.loss.PairwiseRankingLoss;
import lyceum.nn.loss.PairwiseRankingLoss.Form;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RankingLossTest {
    private static final int ITEMS = 40, FEATURES = 6;

    /** Queries of items graded 0 to 4 by the larger of two linear terms: many middling items follow the first, the few best ones the second. */
    private record World(Tensor first, Tensor second) {
        Tensor items(Rng rng, int queries) { return Tensor.randn(rng, DType.F64, queries, ITEMS, FEATURES).compute(); }

        Tensor grades(Tensor x) { return x.matmul(first).maximum(x.matmul(second).mul(3).sub(3)).floor().clamp(0, 4).compute(); }
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "pairwise-ranking", clause = 4) void lambdaRankOrdersTheTopBetterThanRankNet() {
        double lambda = 0, plain = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            Tensor a = Tensor.randn(rng, DType.F64, FEATURES), b = Tensor.randn(rng, DType.F64, FEATURES);
            var world = new World(a.div(a.norm()).compute(), b.div(b.norm()).compute());
            Tensor train = world.items(rng, 40), test = world.items(rng, 200);
            var rankNet = new PairwiseRankingLoss(Form.LOGISTIC);
            plain += ndcg(fit(rankNet, train, world.grades(train)), test, world.grades(test)) / 10;
            lambda += ndcg(fit(rankNet.withChange(MetricChange.ndcg(5)), train, world.grades(train)), test, world.grades(test)) / 10;
        }
        Evidence.of("RankNet's mean NDCG@5", plain, between(0.3, 0.98));
        Evidence.of("LambdaRank's less RankNet's", lambda - plain, atLeast(0.01));
    }

    private static Tensor fit(PairwiseRankingLoss loss, Tensor x, Tensor grades) {
        var w = Tensor.zeros(DType.F64, FEATURES).requiresGrad();
        var optimizer = new Adam(0.1).over(w);
        for (int step = 0; step < 60; step++) {
            optimizer.zeroGrad();
            loss.of(x.matmul(w), grades).backward();
            optimizer.step();
        }
        return w.detach();
    }

    private static double ndcg(Tensor w, Tensor x, Tensor grades) {
        var query = new int[(int) grades.count()];
        for (int i = 0; i < query.length; i++) query[i] = i / ITEMS;
        return Ranking.of(grades.flatten(), x.matmul(w).flatten(), query).mean(q -> q.ndcg(5, RankedQuery.Gain.EXPONENTIAL));
    }
}
