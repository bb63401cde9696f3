package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LinearChainCrfTest {
    private static final int T = 6, K = 4;

    private static LinearChainCrf random(TagConstraints rules, Rng rng) {
        int k = rules.tags();
        return new LinearChainCrf(Tensor.randn(rng, DType.F64, k, k), Tensor.randn(rng, DType.F64, k), Tensor.randn(rng, DType.F64, k),
                rules);
    }

    /** Every sequence of tags with its score by the definition. */
    private static List<LinearChainCrf.Path> all(LinearChainCrf crf, double[][] emissions) {
        double[][] a = crf.transitions().detach().toRows();
        double[] start = crf.state().get("start").detach().toDoubleArray(), end = crf.state().get("end").detach().toDoubleArray();
        var paths = new ArrayList<LinearChainCrf.Path>();
        int n = emissions.length, k = start.length;
        for (int code = 0; code < Math.pow(k, n); code++) {
            var tags = new int[n];
            for (int t = 0, rest = code; t < n; t++, rest /= k) tags[t] = rest % k;
            double score = start[tags[0]] + end[tags[n - 1]];
            boolean allowed = crf.constraints().start()[tags[0]] && crf.constraints().end()[tags[n - 1]];
            for (int t = 0; t < n; t++) score += emissions[t][tags[t]];
            for (int t = 1; t < n; t++) {
                score += a[tags[t - 1]][tags[t]];
                allowed &= crf.constraints().transitions()[tags[t - 1]][tags[t]];
            }
            if (allowed) paths.add(new LinearChainCrf.Path(tags, score));
        }
        return paths;
    }

    @Test
    @Acceptance(topic = "crf", clause = 1) void equalsEnumeration() {
        double partition = 0, marginal = 0, score = 0;
        int otherPaths = 0;
        for (int run = 0; run < 200; run++) {
            var rng = Rng.of(run);
            var crf = random(TagConstraints.none(K), rng);
            var emissions = Tensor.randn(rng, DType.F64, T, K).mul(2).compute();
            var paths = all(crf, emissions.toRows());
            double top = paths.stream().mapToDouble(LinearChainCrf.Path::score).max().orElseThrow(), z = 0;
            var p = new double[T][K];
            for (var path : paths) z += Math.exp(path.score() - top);
            for (var path : paths) for (int t = 0; t < T; t++) p[t][path.tags()[t]] += Math.exp(path.score() - top) / z;
            var batch = emissions.unsqueeze(0);
            partition = Math.max(partition, Math.abs(crf.logPartition(batch, null).item() - top - Math.log(z)));
            marginal = Math.max(marginal, crf.marginals(batch, null).get(0).sub(Tensor.of(p)).abs().max().item());
            var best = paths.stream().max(Comparator.comparingDouble(LinearChainCrf.Path::score)).orElseThrow();
            if (!Arrays.equals(best.tags(), crf.decode(batch, null)[0])) otherPaths++;
            score = Math.max(score, Math.abs(crf.best(emissions, 1).getFirst().score() - best.score()));
        }
        Evidence.of("log Z", partition, atMost(1e-10));
        Evidence.of("marginals", marginal, atMost(1e-10));
        Evidence.of("best paths that differ, of 200", otherPaths, exactly(0));
        Evidence.of("their scores", score, atMost(1e-10));
    }

    @Test
    @Acceptance(topic = "crf", clause = 2) void marginalsAreTheGradientOfLogZ() {
        double worst = 0;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            int[] lengths = {T, 1 + rng.nextInt(T), 1};
            var crf = random(run % 2 == 0 ? TagConstraints.none(K) : TagConstraints.bio("O", "B-X", "I-X", "B-Y"), rng);
            var emissions = Tensor.randn(rng, DType.F64, 3, T, K).mul(2).compute();
            var mask = mask(lengths, T);
            var gradient = Autograd.grad(e -> crf.logPartition(e, mask).sum()).apply(emissions);
            worst = Math.max(worst, gradient.sub(crf.marginals(emissions, mask)).abs().max().item());
        }
        Evidence.of("gradient of log Z less the marginals", worst, atMost(1e-10));
    }

    private static Tensor mask(int[] lengths, int time) {
        var real = new boolean[lengths.length * time];
        for (int b = 0; b < lengths.length; b++) Arrays.fill(real, b * time, b * time + lengths[b], true);
        return Tensor.of(real, lengths.length, time);
    }

    @Test
    @Acceptance(topic = "crf", clause = 3) void paddingChangesNothing() {
        double worst = 0;
        int otherPaths = 0;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            var crf = random(TagConstraints.none(K), rng);
            int[] lengths = {1 + rng.nextInt(T), 1 + rng.nextInt(T), T};
            Tensor emissions = Tensor.randn(rng, DType.F64, 3, T, K).compute(), tags = Tensor.randint(rng, 0, K, 3, T).compute(),
                    mask = mask(lengths, T);
            // What the padding holds: large numbers, or none; and tags that do not exist.
            var junk = Tensor.full(DType.F64, run % 2 == 0 ? 1e6 : Double.NaN, 3, T, K);
            var padded = Tensor.where(mask.unsqueeze(2), emissions, junk).compute();
            var paddedTags = Tensor.where(mask, tags, Tensor.full(DType.I64, 99L, 3, T)).compute();
            double[] z = crf.logPartition(padded, mask).toDoubleArray(),
                    loss = crf.negativeLogLikelihood(padded, paddedTags, mask).toDoubleArray();
            var gradient = Autograd.grad(e -> crf.negativeLogLikelihood(e, paddedTags, mask).sum()).apply(padded);
            var p = crf.marginals(padded, mask);
            int[][] decoded = crf.decode(padded, mask);
            for (int b = 0; b < 3; b++) {
                Tensor alone = emissions.narrow(0, b, 1).narrow(1, 0, lengths[b]), own = tags.narrow(0, b, 1).narrow(1, 0, lengths[b]);
                worst = Math.max(worst, Math.abs(z[b] - crf.logPartition(alone, null).item()));
                worst = Math.max(worst, Math.abs(loss[b] - crf.negativeLogLikelihood(alone, own, null).item()));
                worst = Math.max(worst, far(p.get(b).narrow(0, 0, lengths[b]), crf.marginals(alone, null).get(0)));
                worst = Math.max(worst, far(gradient.get(b).narrow(0, 0, lengths[b]),
                        Autograd.grad(e -> crf.negativeLogLikelihood(e, own, null).sum()).apply(alone).get(0)));
                if (lengths[b] < T) worst = Math.max(worst, gradient.get(b).narrow(0, lengths[b], T - lengths[b]).abs().max().item());
                if (!Arrays.equals(decoded[b], crf.decode(alone, null)[0])) otherPaths++;
            }
        }
        Evidence.of("log Z, likelihood, marginals and gradients, with padding less without", worst, atMost(1e-12));
        Evidence.of("best paths that differ", otherPaths, exactly(0));
    }

    private static double far(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Test
    @Acceptance(topic = "crf", clause = 4) void aForbiddenTransitionNeverAppears() {
        int forbidden = 0, tempted = 0;
        String[] names = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};
        var rules = TagConstraints.bio(names);
        for (int run = 0; run < 1000; run++) {
            var rng = Rng.of(run);
            // Emissions and transitions that love the inside tags.
            var crf = new LinearChainCrf(Tensor.randn(rng, DType.F64, 5, 5).mul(3), Tensor.randn(rng, DType.F64, 5),
                    Tensor.randn(rng, DType.F64, 5), rules);
            var emissions = Tensor.randn(rng, DType.F64, 1, 12, 5).add(Tensor.of(0.0, 0, 2, 0, 2)).mul(3).compute();
            if (broken(names, emissions.get(0).argmax(1).toIntArray())) tempted++;
            if (broken(names, crf.decode(emissions, null)[0])) forbidden++;
            for (var path : crf.best(emissions.get(0), 3)) if (broken(names, path.tags())) forbidden++;
        }
        Evidence.of("of 1,000, where the best tag at each place breaks the rules", tempted, above(900));
        Evidence.of("decodes that break them", forbidden, exactly(0));
    }

    /** By the names alone. */
    private static boolean broken(String[] names, int[] tags) {
        for (int t = 0; t < tags.length; t++) {
            var name = names[tags[t]];
            if (!name.startsWith("I-")) continue;
            var before = t == 0 ? "O" : names[tags[t - 1]];
            if (before.equals("O") || !before.substring(1).equals(name.substring(1))) return true;
        }
        return false;
    }

    @Test void topPathsAreTheBestOfAll() {
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            var crf = random(run % 2 == 0 ? TagConstraints.none(3) : TagConstraints.bio("O", "B-X", "I-X"), rng);
            var emissions = Tensor.randn(rng, DType.F64, 4, 3).compute();
            var expected = all(crf, emissions.toRows()).stream().sorted(Comparator.comparingDouble(p -> -p.score())).toList();
            for (int k : new int[] {1, 5, 200}) {
                var found = crf.best(emissions, k);
                assertThat(found).hasSize(Math.min(k, expected.size()));
                for (int i = 0; i < found.size(); i++) {
                    assertThat(found.get(i).tags()).isEqualTo(expected.get(i).tags());
                    assertThat(found.get(i).score()).isCloseTo(expected.get(i).score(), within(1e-12));
                }
            }
        }
    }

    @Test void likelihoodIsTheShareOfItsPath() {
        var rng = Rng.of(3);
        var crf = random(TagConstraints.bio("O", "B-X", "I-X"), rng);
        var emissions = Tensor.randn(rng, DType.F64, 4, 3).compute();
        double z = all(crf, emissions.toRows()).stream().mapToDouble(p -> Math.exp(p.score())).sum();
        for (var path : all(crf, emissions.toRows())) {
            var tags = Tensor.of(Arrays.stream(path.tags()).asLongStream().toArray(), 1, 4);
            assertThat(crf.negativeLogLikelihood(emissions.unsqueeze(0), tags, null).item()).isCloseTo(Math.log(z) - path.score(),
                    within(1e-12));
        }
        assertThat(crf.score(emissions.unsqueeze(0), Tensor.of(new long[] {0, 2, 0, 0}, 1, 4), null).item())
                .isEqualTo(Double.NEGATIVE_INFINITY);
        // A gradient step makes the path likelier; constrained places do not poison it.
        var tags = Tensor.of(new long[] {1, 2, 0, 1}, 1, 4);
        crf.negativeLogLikelihood(emissions.unsqueeze(0), tags, null).sum().backward();
        crf.parameters().values().forEach(p -> assertThat(p.grad().isFinite().all().item()).isEqualTo(1));
        assertThat(crf.forward(emissions.unsqueeze(0)).toIntArray()).isEqualTo(crf.decode(emissions.unsqueeze(0), null)[0]);
        assertThat(crf.parameters().keySet()).containsExactly("transitions", "start", "end");
    }

    @Test void refusesWhatDoesNotFit() {
        var crf = new LinearChainCrf(3, Rng.of(1));
        var e = Tensor.zeros(1, 4, 3);
        assertThatThrownBy(() -> crf.decode(Tensor.zeros(1, 4, 2), null)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(1, 4, 2)");
        assertThatThrownBy(() -> crf.logPartition(e, Tensor.of(new boolean[] {true, false, true, false}, 1, 4)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("row 0 of the mask has a gap");
        assertThatThrownBy(() -> crf.logPartition(e, mask(new int[] {0}, 4))).hasMessageContaining("gap before 0");
        assertThatThrownBy(() -> crf.score(e, Tensor.of(new long[] {0, 1, 3, 0}, 1, 4), null)).hasMessageContaining("tag 3 at (0, 2)");
        assertThatThrownBy(() -> crf.decode(e.mul(Double.NaN), null)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> TagConstraints.bio("O", "PER")).hasMessageContaining("\"PER\"");
        var closed = new LinearChainCrf(new TagConstraints(new boolean[1][1], new boolean[] {true}, new boolean[] {true}), DType.F32,
                Rng.of(1));
        assertThatThrownBy(() -> closed.decode(Tensor.zeros(1, 2, 1), null)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("no sequence");
    }
}
