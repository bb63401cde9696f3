package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.learn.linear.LinearRegression;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.loss.ListwiseLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.ListwiseFit;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static final String TOPIC = "ranking";
    private static final Golden GOLDEN = Golden.load("golden/ranking.json");
    private static final RankedQuery ARTICLE = new RankedQuery(new double[] {3, 0, 2, 0, 1}, new double[] {5, 4, 3, 2, 1});

    private record Drawn(RankedQuery query, int k, Recipe rest) {
        static Drawn of(int i) {
            var r = new Recipe(26600 + i);
            int n = 3 + r.below(30), grades = 2 + r.below(4), levels = 2 + r.below(40);
            var relevance = new double[n];
            for (int j = 0; j < n; j++) relevance[j] = r.below(grades);
            relevance[0] = grades - 1;
            relevance[1] = 0;
            int[] s = r.belows(levels, n);
            int lift = r.below(2);
            var scores = new double[n];
            for (int j = 0; j < n; j++) scores[j] = (s[j] + relevance[j] * lift) / 4;
            return new Drawn(new RankedQuery(relevance, scores), 1 + r.below(n), r);
        }

        double[] measures() {
            double tau = query.kendall(), rho = query.spearman();
            return new double[] {query.ndcg(), query.ndcg(k, RankedQuery.Gain.LINEAR), query.averagePrecision(),
                    Double.isNaN(tau) ? 0 : tau, Double.isNaN(rho) ? 0 : rho};
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void ndcgAndAveragePrecisionEqualScikitLearnOnFiveHundredQueries() {
        Gap prints = Gap.absolute(), measures = Gap.absolute();
        double[] expected = GOLDEN.named("random").doubles("expected.prints");
        for (int i = 0; i < expected.length; i++) {
            var q = Drawn.of(i);
            double print = 0;
            for (double m : q.measures()) print += m * q.rest.uniform();
            prints.see("query " + i, print, expected[i]);
            if (i < 30) measures.see(GOLDEN.named("query-" + i), "expected.measures", q.measures());
        }
        Evidence.of("queries with ties", expected.length, exactly(500));
        Evidence.of("random sums over NDCG, NDCG at k, AP, tau and rho, less the references'", prints, atMost(1e-13));
        Evidence.of("the measures of 30 queries likewise", measures, atMost(1e-14));
    }

    /** SciPy's by the golden file (ties included), and pair by pair on these same queries. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void kendallsTauEqualsScipyAndThePairs() {
        Gap scipy = Gap.absolute(), pairs = Gap.absolute();
        for (int i = 0; i < 500; i++) {
            var q = Drawn.of(i);
            if (i < 30) scipy.see(GOLDEN.named("query-" + i), "expected.measures.3", q.measures()[3]);
            double same = 0, tiedScores = 0, tiedRelevance = 0, all = 0;
            double[] r = q.query.relevance(), s = q.query.scores();
            for (int a = 0; a < r.length; a++) {
                for (int b = 0; b < a; b++, all++) {
                    same += Math.signum(r[a] - r[b]) * Math.signum(s[a] - s[b]);
                    if (r[a] == r[b]) tiedRelevance++;
                    if (s[a] == s[b]) tiedScores++;
                }
            }
            if (tiedScores < all) pairs.see("query " + i, q.query.kendall(), same / Math.sqrt((all - tiedScores) * (all - tiedRelevance)));
        }
        Evidence.of("tau-b of 30 queries less scipy's", scipy, atMost(1e-14));
        Evidence.of("tau-b of 500 queries less the count of pairs", pairs, atMost(1e-14));
        Evidence.of("queries compared", pairs.seen(), above(480));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void swappingTwoMisorderedNeighboursNeverLowersNdcg() {
        var rng = Rng.of(266);
        int trials = 0, lowered = 0, raised = 0, notRaised = 0;
        while (trials < 10_000) {
            int n = 2 + rng.nextInt(12);
            double[] relevance = new double[n], scores = new double[n];
            for (int i = 0; i < n; i++) {
                relevance[i] = rng.nextInt(4);
                scores[i] = n - i;
            }
            int at = rng.nextInt(n - 1), k = 1 + rng.nextInt(n);
            if (relevance[at] >= relevance[at + 1]) continue;
            for (var gain : RankedQuery.Gain.values()) {
                var before = new RankedQuery(relevance, scores.clone());
                double[] swapped = scores.clone();
                swapped[at] = scores[at + 1];
                swapped[at + 1] = scores[at];
                double change = new RankedQuery(relevance, swapped).ndcg(k, gain) - before.ndcg(k, gain);
                if (change < 0) lowered++;
                // Both behind the first k: nothing changes; else it rises.
                if (at < k ? change > 1e-6 : change == 0) raised++;
                else notRaised++;
            }
            trials++;
        }
        Evidence.of("swaps, each with both gains", trials, exactly(10_000));
        Evidence.of("swaps that lowered NDCG at k", lowered, exactly(0));
        Evidence.of("swaps within reach of k that did not raise it", notRaised, exactly(0));
        assertThat(raised).isEqualTo(20_000);
    }

    private static double mle(double[] s, double[] relevance) {
        Integer[] order = new Integer[s.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(relevance[b], relevance[a]));
        double sum = 0;
        for (int i = 0; i < s.length; i++) {
            double most = Double.NEGATIVE_INFINITY, rest = 0;
            for (int j = i; j < s.length; j++) most = Math.max(most, s[order[j]]);
            for (int j = i; j < s.length; j++) rest += Math.exp(s[order[j]] - most);
            sum += most + Math.log(rest) - s[order[i]];
        }
        return sum;
    }

    private static double net(double[] s, double[] relevance) {
        double[] p = softmax(relevance), q = softmax(s);
        double sum = 0;
        for (int i = 0; i < s.length; i++) sum -= p[i] * Math.log(q[i]);
        return sum;
    }

    private static double[] softmax(double[] v) {
        double most = Arrays.stream(v).max().orElseThrow(), all = Arrays.stream(v).map(a -> Math.exp(a - most)).sum();
        return Arrays.stream(v).map(a -> Math.exp(a - most) / all).toArray();
    }

    /**
     * Items have a signal u and a query its shift b; relevance is u + b. One feature is u with noise, the other b - u / 2: across queries it goes with relevance, within
     * one against it. Regression on single items is exact, by least squares; both scorers are linear.
     */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void listMleDifferentiatesAndBeatsPointwiseRegression() {
        Gap gradient = Gap.absolute(), values = Gap.relativeBeyondOne();
        var rng = Rng.of(4);
        for (int run = 0; run < 40; run++) {
            int n = 1 + rng.nextInt(9);
            double[] s = new double[n], y = new double[n];
            for (int i = 0; i < n; i++) {
                s[i] = (run % 4 == 0 ? 30 : 1) * rng.nextGaussian();
                y[i] = rng.nextInt(4);
            }
            for (var loss : ListwiseLoss.values()) {
                boolean isMle = loss == ListwiseLoss.MLE;
                values.see(loss + ", run " + run, loss.of(Tensor.of(s), Tensor.of(y)).item(), isMle ? mle(s, y) : net(s, y));
                double[] g = Autograd.grad(x -> loss.of(x, Tensor.of(y))).apply(Tensor.of(s)).toDoubleArray();
                for (int i = 0; i < n; i++) {
                    double[] up = s.clone(), down = s.clone();
                    up[i] += 1e-5;
                    down[i] -= 1e-5;
                    double slope = isMle ? mle(up, y) - mle(down, y) : net(up, y) - net(down, y);
                    gradient.see(loss + ", run " + run + ", item " + i, g[i], slope / 2e-5);
                }
            }
        }
        Evidence.of("gradients of ListMLE and ListNet less finite differences of the formulas", gradient, atMost(1e-7));
        Evidence.of("values less the formulas", values, atMost(1e-12));
        int won = 0;
        double least = 1;
        for (int seed = 0; seed < 5; seed++) {
            var world = Rng.of(1000 + seed);
            Shifted train = Shifted.draw(world, 60), test = Shifted.draw(world, 200);
            var scorer = new Linear(2, 1, true, DType.F64, Init.torchLinear(2), world);
            new ListwiseFit(ListwiseLoss.MLE).withRule(new Adam(0.05)).withEpochs(30).fit(scorer, train.features, train.relevance,
                    train.rows, world);
            var pointwise = new LinearRegression().fit(train.features, train.relevance);
            double listwise = test.ndcgAt5(scorer.forward(test.features).reshape(-1)),
                    regression = test.ndcgAt5(pointwise.predict(test.features));
            least = Math.min(least, listwise - regression);
            if (listwise > regression) won++;
        }
        Evidence.of("seeds, of 5, where ListMLE has the higher NDCG@5", won, exactly(5));
        Evidence.of("by how much at least", least, above(0.1));
    }

    private record Shifted(Tensor features, Tensor relevance, double[] grades, int[] query, int[][] rows) {
        static Shifted draw(Rng rng, int queries) {
            int items = 12, n = queries * items;
            double[][] x = new double[n][2];
            double[] y = new double[n], grades = new double[n];
            int[] query = new int[n];
            int[][] rows = new int[queries][items];
            for (int q = 0; q < queries; q++) {
                double shift = 4 * rng.nextGaussian();
                var u = new double[items];
                for (int i = 0; i < items; i++) u[i] = rng.nextGaussian();
                for (int i = 0; i < items; i++) {
                    int row = q * items + i;
                    x[row][0] = u[i] + rng.nextGaussian();
                    x[row][1] = shift - u[i] / 2 + 0.3 * rng.nextGaussian();
                    y[row] = u[i] + shift;
                    // Five grades by place within the query.
                    int below = 0;
                    for (double v : u) if (v < u[i]) below++;
                    grades[row] = below * 5 / items;
                    query[row] = q;
                    rows[q][i] = row;
                }
            }
            return new Shifted(Tensor.of(x), Tensor.of(y), grades, query, rows);
        }

        double ndcgAt5(Tensor scores) { return Ranking.of(Tensor.of(grades), scores, query).ndcg(5); }
    }

    @Test void numbersOfTheArticle() {
        double[] discount = new double[5];
        for (int i = 0; i < 5; i++) discount[i] = Math.log(2) / Math.log(i + 2);
        assertThat(ARTICLE.dcg(5, RankedQuery.Gain.LINEAR)).isCloseTo(3 + 2 * discount[2] + discount[4], within(1e-14));
        assertThat(ARTICLE.ndcg()).isCloseTo(0.921, within(5e-4));
        assertThat(ARTICLE.ndcg(5, RankedQuery.Gain.EXPONENTIAL)).isCloseTo(0.946, within(5e-4));
        var other = new RankedQuery(new double[] {2, 3, 1, 0, 0}, ARTICLE.scores());
        assertThat(other.ndcg()).isCloseTo(0.922, within(5e-4));
        assertThat(other.ndcg(9, RankedQuery.Gain.EXPONENTIAL)).isCloseTo(0.843, within(5e-4));
        assertThat(ARTICLE.averagePrecision()).isCloseTo((1 + 2 / 3.0 + 3 / 5.0) / 3, within(1e-15));
        assertThat(ARTICLE.reciprocalRank()).isEqualTo(1);
        assertThat(ARTICLE.precisionAt(3)).isCloseTo(2 / 3.0, within(1e-15));
        assertThat(ARTICLE.recallAt(3)).isCloseTo(2 / 3.0, within(1e-15));
        // Pairs in order 1-2, 1-3, 1-4, 1-5, 3-4, 3-5 less reversed 2-3, 2-5, 4-5; one pair is tied.
        assertThat(ARTICLE.kendall()).isCloseTo(3 / Math.sqrt(9 * 10), within(1e-15));
        assertThatThrownBy(() -> ARTICLE.ndcg(0, RankedQuery.Gain.LINEAR)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> new RankedQuery(new double[] {-1}, new double[] {1})).hasMessageContaining("relevance 0 is -1.0");
    }

    /** Against the mean over all orders of the tied items. */
    @Test void measuresAreMeansOverOrdersOfTiedItems() {
        var rng = Rng.of(9);
        for (int run = 0; run < 60; run++) {
            int n = 2 + rng.nextInt(4);
            double[] relevance = new double[n], scores = new double[n];
            for (int i = 0; i < n; i++) {
                relevance[i] = rng.nextInt(3);
                scores[i] = rng.nextInt(3);
            }
            relevance[0] = 2;
            int k = 1 + rng.nextInt(n);
            var sums = new double[4];
            int[] count = {0};
            permute(new int[n], 0, new boolean[n], order -> {
                for (int i = 1; i < n; i++) if (scores[order[i]] > scores[order[i - 1]]) return;
                count[0]++;
                double dcg = 0, hits = 0, all = 0;
                boolean first = true;
                for (int i = 0; i < n; i++) {
                    double r = relevance[order[i]];
                    if (r > 0) all++;
                    if (i < k) dcg += r * Math.log(2) / Math.log(i + 2);
                    if (i < k && r > 0) hits++;
                    if (r > 0 && first) {
                        sums[1] += 1.0 / (i + 1);
                        first = false;
                    }
                }
                sums[0] += dcg;
                sums[2] += hits / k;
                sums[3] += hits / all;
            });
            var q = new RankedQuery(relevance, scores);
            double[] found = {q.dcg(k, RankedQuery.Gain.LINEAR), q.reciprocalRank(), q.precisionAt(k), q.recallAt(k)};
            for (int m = 0; m < 4; m++)
                assertThat(found[m]).as("run " + run + ", measure " + m).isCloseTo(sums[m] / count[0], within(1e-13));
        }
    }

    private interface Visit {
        void order(int[] order);
    }

    private static void permute(int[] order, int at, boolean[] used, Visit visit) {
        if (at == order.length) {
            visit.order(order);
            return;
        }
        for (int i = 0; i < order.length; i++) {
            if (used[i]) continue;
            used[i] = true;
            order[at] = i;
            permute(order, at + 1, used, visit);
            used[i] = false;
        }
    }

    @Test void queriesAreAveragedNotPooledAndEmptyOnesAreAPolicy() {
        // Query 7 perfect with two items, query 9 upside down with four, query 8 without relevant items.
        var relevance = Tensor.of(0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        var scores = Tensor.of(1.0, 2.0, 9.0, 8.0, 7.0, 6.0, 3.0, 4.0);
        int[] query = {7, 7, 9, 9, 9, 9, 8, 8};
        var ranking = Ranking.of(relevance, scores, query);
        assertThat(ranking.queries()).hasSize(3);
        assertThat(ranking.reciprocalRank()).isCloseTo((1 + 0.25) / 2, within(1e-15));
        assertThat(ranking.countingUndefinedAs(0).reciprocalRank()).isCloseTo(1.25 / 3, within(1e-15));
        assertThat(ranking.countingUndefinedAs(1).ndcg(10)).isCloseTo((1 + Math.log(2) / Math.log(5) + 1) / 3, within(1e-15));
        assertThat(ranking.averagePrecision()).isCloseTo((1 + 0.25) / 2, within(1e-15));
        assertThat(ranking.precisionAt(2)).isCloseTo((0.5 + 0 + 0) / 3, within(1e-15));
        assertThat(ranking.recallAt(2)).isCloseTo(0.5, within(1e-15));
        assertThat(ranking.each(RankedQuery::reciprocalRank)).containsExactly(1, 0.25, Double.NaN);
        assertThat(ranking.kendall()).isCloseTo(-Math.sqrt(0.5), within(1e-15));
        assertThat(ranking.spearman()).isNegative();
        assertThatThrownBy(() -> Ranking.of(relevance, scores, new int[] {1})).hasMessageContaining("1 query numbers");
        assertThatThrownBy(() -> new ListwiseFit(ListwiseLoss.NET).fit(new Linear(1, 1, Rng.of(1)), scores.reshape(-1, 1), relevance,
                new int[][] {{}}, Rng.of(1))).hasMessageContaining("query 0 has no rows");
    }
}
