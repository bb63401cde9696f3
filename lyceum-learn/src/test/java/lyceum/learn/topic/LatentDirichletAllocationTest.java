package lyceum.learn.topic;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.topic.LatentDirichletAllocation.Method;
import lyceum.math.Special;
import lyceum.prob.Dirichlet;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class LatentDirichletAllocationTest {
    private static final String TOPIC = "lda-topic-model";
    private static final Golden GOLDEN = Golden.load("golden/lda-topic-model.json");

    @TestFactory Stream<DynamicTest> itKeepsTheContract() { return LearnerContract.of(new LatentDirichletAllocation(2)).tests(); }

    /** The least cosine of a bar to the topic of its own that is nearest to it; 0 if two bars share one. */
    private static double leastMatch(LdaModel model) {
        double[][] phi = model.topicWords().toRows();
        var used = new boolean[10];
        double least = 1;
        for (var bar : Bars.topics()) {
            int best = -1;
            double most = -1;
            for (int k = 0; k < 10; k++) {
                double dot = 0, a = 0, b = 0;
                for (int w = 0; w < 25; w++) {
                    dot += bar[w] * phi[k][w];
                    a += bar[w] * bar[w];
                    b += phi[k][w] * phi[k][w];
                }
                if (dot / Math.sqrt(a * b) > most) {
                    most = dot / Math.sqrt(a * b);
                    best = k;
                }
            }
            if (used[best]) return 0;
            used[best] = true;
            least = Math.min(least, most);
        }
        return least;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void allTenBarsAreRecovered() {
        var x = Bars.documents(2000, 100, Rng.of(740));
        assertThat(x.values().sum().item()).isEqualTo(200_000);
        var learner = new LatentDirichletAllocation(10).withAlpha(1).withEta(0.1);
        Evidence.of("least cosine of a bar, Gibbs", leastMatch(learner.withMethod(Method.GIBBS).withIterations(120).fit(x)), atLeast(0.95));
        LdaModel best = null;
        for (int start = 0; start < 5; start++) {
            var model = learner.withSeed(start).withIterations(40).withTolerance(1e-4).fit(x);
            if (best == null || model.history()[model.iterations() - 1] > best.history()[best.iterations() - 1]) best = model;
        }
        Evidence.of("least cosine of a bar, variational Bayes, best bound of 5 starts", leastMatch(best), atLeast(0.95));
    }

    /** The recipe of tools/golden/learn_lda.py. */
    private static Csr small(Recipe r, int documents, int words, int topics, int length) {
        var x = new double[documents][words];
        for (var row : x) {
            int[] pair = r.belows(topics, 2), t = r.belows(2, length), w = r.belows(words / topics, length);
            for (int i = 0; i < length; i++) row[w[i] * topics + pair[t[i]]]++;
        }
        return Csr.fromDense(Tensor.of(x));
    }

    /** The bound by its definition: expectations under q(theta) q(phi) q(z), with q(z) the best for these. */
    private static double bound(double[][] x, double[][] lambda, double[][] gamma, double[] alpha, double eta) {
        int topics = lambda.length, v = lambda[0].length;
        double sum = 0;
        for (int k = 0; k < topics; k++) {
            double[] log = meanLogs(lambda[k]), prior = new double[v];
            Arrays.fill(prior, eta);
            sum += minusDivergence(prior, lambda[k], log);
        }
        for (int d = 0; d < x.length; d++) {
            double[] theta = meanLogs(gamma[d]);
            sum += minusDivergence(alpha, gamma[d], theta);
            for (int w = 0; w < v; w++) if (x[d][w] > 0) {
                var phi = new double[topics];
                double norm = 0;
                for (int k = 0; k < topics; k++) norm += phi[k] = Math.exp(theta[k] + meanLogs(lambda[k])[w]);
                for (int k = 0; k < topics; k++) {
                    double q = phi[k] / norm;
                    sum += x[d][w] * q * (Math.log(phi[k]) - Math.log(q));
                }
            }
        }
        return sum;
    }

    private static double[] meanLogs(double[] a) {
        double all = Special.digamma(Arrays.stream(a).sum());
        return Arrays.stream(a).map(v -> Special.digamma(v) - all).toArray();
    }

    /** {@code E log p - E log q} of Dirichlet distributions p and q, log the means under q. */
    private static double minusDivergence(double[] p, double[] q, double[] log) {
        double sum = Special.lgamma(Arrays.stream(p).sum()) - Special.lgamma(Arrays.stream(q).sum());
        for (int i = 0; i < p.length; i++) sum += (p[i] - q[i]) * log[i] - Special.lgamma(p[i]) + Special.lgamma(q[i]);
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void theBoundRisesAndEndsWhereScikitLearnEnds() {
        var recipe = new Recipe(740);
        Csr small = small(recipe, 60, 30, 5, 40), wide = small(recipe, 150, 80, 8, 60), brown = Datasets.brownWords().commonest(1000).csr();
        double fall = Double.NEGATIVE_INFINITY, gap = 0, begun = Double.POSITIVE_INFINITY;
        int rises = 0;
        for (var c : GOLDEN.cases("")) {
            var x = c.text("name").equals("small") ? small : c.text("name").equals("wide") ? wide : brown;
            int k = c.integer("input.topics");
            assertThat(x.values().sum().item()).isEqualTo(c.number("input.tokens"));
            var start = Tensor.of(new Recipe(7400 + k).uniforms(k * (int) x.columns()), k, x.columns()).add(0.5);
            var learner = new LatentDirichletAllocation(k).withAlpha(c.number("input.alpha")).withEta(c.number("input.eta"))
                    .withIterations(c.integer("input.iterations")).withTolerance(0);
            var model = learner.fit(x, start, Progress.SILENT);
            double[] h = model.history();
            assertThat(h).hasSize(60);
            for (int t = 1; t < h.length; t++) {
                fall = Math.max(fall, (h[t - 1] - h[t]) / Math.abs(h[t]));
                if (h[t] > h[t - 1]) rises++;
            }
            begun = Math.min(begun, Math.abs(h[0] / c.number("expected.bound") - 1));
            gap = Math.max(gap, Math.abs(model.bound(x) / c.number("expected.bound") - 1));
        }
        Evidence.of("largest relative fall of the bound", fall, atMost(1e-13));
        Evidence.of("iterations that raise it, before rounding stops it", rises, atLeast(70));
        Evidence.of("least relative gap of the bound after one iteration, which is not there yet", begun, above(0.01));
        Evidence.of("largest relative gap of the last bound to scikit-learn's", gap, atMost(0.01));

        // The bound that is claimed to rise is the bound: by its definition, after every iteration of a small corpus.
        var x = small(new Recipe(1), 8, 12, 3, 15);
        var start = Tensor.of(new Recipe(2).uniforms(36), 3, 12).add(0.5);
        var learner = new LatentDirichletAllocation(3).withTolerance(0).withAlpha(0.3).withEta(0.2);
        double drift = 0, last = Double.NEGATIVE_INFINITY, drop = Double.NEGATIVE_INFINITY;
        for (int t = 1; t <= 25; t++) {
            var model = learner.withIterations(t).fit(x, start, Progress.SILENT);
            double[][] lambda = model.pseudoCounts().toRows(), gamma = model.transform(x).toRows(), rows = x.toDense().toRows();
            for (var g : gamma) for (int k = 0; k < 3; k++) g[k] *= 15 + 0.9;
            double now = bound(rows, lambda, gamma, model.alpha(), 0.2);
            drift = Math.max(drift, Math.abs(now - model.bound(x)));
            drop = Math.max(drop, last - now);
            last = now;
        }
        Evidence.of("gap of the bound to its definition", drift, below(1e-9));
        Evidence.of("largest fall of the bound by its definition", drop, atMost(1e-9));
    }

    private static int[] every(int n, int step, boolean hit) { return IntStream.range(0, n).filter(i -> i % step == 0 == hit).toArray(); }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void brownPerplexityIsAFifthBelowTheUnigrams() {
        var brown = Datasets.brownWords();
        Csr train = brown.rows(every(500, 5, false)).csr(), test = brown.rows(every(500, 5, true)).csr();
        double[] words = train.sum(0).toDoubleArray();
        double all = Arrays.stream(words).sum() + 0.5 * words.length;
        double unigram = Completion.of(test, Rng.of(4)).perplexity((d, w) -> (words[w] + 0.5) / all);
        var learner = new LatentDirichletAllocation(20).withAlpha(0.1).withEta(0.05);
        double perplexity = learner.withIterations(30).withTolerance(0).fit(train).perplexity(test, Rng.of(4));
        Evidence.of("held-out texts", test.rows(), exactly(100));
        Evidence.of("perplexity of the unigram", unigram, above(800));
        Evidence.of("perplexity of 20 topics over it", perplexity / unigram, atMost(0.8));
    }

    @Test void onlineStepsComeNearTheBatchBound() {
        var x = Bars.documents(300, 50, Rng.of(2));
        var learner = new LatentDirichletAllocation(10).withAlpha(1).withEta(0.1).withTolerance(0);
        double batch = learner.withIterations(40).fit(x).bound(x);
        double online = learner.withMethod(Method.ONLINE).withIterations(15).withBatchSize(32).fit(x).bound(x);
        assertThat(online / batch).isBetween(0.97, 1.03);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theOrderOfTopicsDoesNotMatter() {
        var x = Bars.documents(120, 60, Rng.of(3));
        var fresh = Bars.documents(40, 60, Rng.of(4));
        int[] order = Rng.of(8).permutation(10);
        assertThat(order).isNotEqualTo(IntStream.range(0, 10).toArray());
        Gap scores = Gap.relative(), shares = Gap.absolute();
        var start = Tensor.of(new Recipe(5).uniforms(250), 10, 25).add(0.5);
        for (boolean learn : new boolean[] {false, true}) {
            var learner = new LatentDirichletAllocation(10).withLearnAlpha(learn).withIterations(20);
            var model = learner.fit(x, start, Progress.SILENT);
            double spread = Arrays.stream(model.alpha()).max().orElseThrow() - Arrays.stream(model.alpha()).min().orElseThrow();
            assertThat(spread > 0.001).isEqualTo(learn);
            // Reordered afterwards, and fitted from the reordered start.
            for (var other : new LdaModel[] {model.withTopics(order), learner.fit(x, start.rows(order), Progress.SILENT)}) {
                assertThat(other.topicWords().toDoubleArray()).isNotEqualTo(model.topicWords().toDoubleArray());
                scores.see("bound", other.bound(fresh), model.bound(fresh));
                scores.see("perplexity", other.perplexity(fresh, Rng.of(1)), model.perplexity(fresh, Rng.of(1)));
                scores.see("coherence", coherence(other, x), coherence(model, x));
                double[][] a = model.transform(fresh).toRows(), b = other.transform(fresh).toRows();
                for (int d = 0; d < 40; d++) for (int k = 0; k < 10; k++) shares.see("share", b[d][k], a[d][order[k]]);
            }
        }
        Evidence.of("relative change of bound, perplexity and coherence", scores, below(1e-9));
        Evidence.of("change of shares, moved with their topics", shares, below(1e-6));
    }

    private static double coherence(LdaModel model, Csr x) {
        double sum = 0;
        for (int k = 0; k < model.nOutputs(); k++) {
            sum += new TopicCoherence(x).npmi(model.topWords(k, 5)) - 0.01 * new TopicCoherence(x).umass(model.topWords(k, 5));
        }
        return sum;
    }

    @Test void bestAlphaFindsCommonTopics() {
        var rng = Rng.of(6);
        var share = new Dirichlet(4, 0.2, 0.2, 0.2);
        var x = new double[400][20];
        for (var row : x) {
            double[] theta = share.sample(rng, 1).toDoubleArray();
            for (int t = 0; t < 80; t++) {
                double u = rng.nextDouble();
                int k = 0;
                while (k < 3 && (u -= theta[k]) >= 0) k++;
                row[5 * k + rng.nextInt(5)]++;
            }
        }
        var counts = Csr.fromDense(Tensor.of(x));
        for (var method : Method.values()) {
            var model = new LatentDirichletAllocation(4).withMethod(method).withLearnAlpha(true).withEta(0.1).withSeed(3).withTolerance(0)
                    .withIterations(method == Method.ONLINE ? 20 : 100).fit(counts);
            double[] alpha = model.alpha();
            Arrays.sort(alpha);
            // One topic is common, twenty times as heavy as each of the others; mean-field posteriors see less of that.
            assertThat(alpha[3] / alpha[2]).as(method.name()).isGreaterThan(3);
            assertThat(alpha[2]).as(method.name()).isBetween(0.05, 0.4);
        }
    }

    @Test void modelsAreSavedAndBadInputIsRefused(@TempDir Path folder) {
        var x = Bars.documents(30, 20, Rng.of(3));
        var model = new LatentDirichletAllocation(3).withMethod(Method.GIBBS).withIterations(20).fit(x);
        model.save(folder.resolve("lda"));
        assertThat(Model.load(folder.resolve("lda"), LdaModel.class).transform(x).toDoubleArray())
                .isEqualTo(model.transform(x).toDoubleArray());
        assertThatThrownBy(() -> model.transform(Csr.fromDense(Tensor.of(new double[][] {{1, 2}})))).hasMessageContaining("2 words");
        assertThatThrownBy(() -> model.withTopics(0, 0, 1)).hasMessageContaining("not a permutation");
        assertThatThrownBy(() -> new LatentDirichletAllocation(0)).hasMessageContaining("topics is 0");
        assertThatThrownBy(() -> new LatentDirichletAllocation(2).withAlpha(0)).hasMessageContaining("alpha is 0");
        assertThatThrownBy(() -> new LatentDirichletAllocation(2).withDecay(0.5)).hasMessageContaining("decay");
        var half = Csr.fromDense(Tensor.of(new double[][] {{0.5, 2}}));
        assertThatThrownBy(() -> new LatentDirichletAllocation(2).withMethod(Method.GIBBS).fit(half)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> new LatentDirichletAllocation(2).fit(Csr.fromDense(Tensor.of(new double[][] {{-1, 2}}))))
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> new LatentDirichletAllocation(2).fit(half, Tensor.ones(DType.F64, 2, 3), Progress.SILENT))
                .hasMessageContaining("(2, 2)");
        for (var method : Method.values())
            assertThatThrownBy(
                    () -> new LatentDirichletAllocation(2).withMethod(method).fit(x, null, Progress.SILENT.stoppedBy(() -> true)))
                    .isInstanceOf(CancelledException.class);
    }
}
