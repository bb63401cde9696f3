package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class AttentionScoreTest {
    private static final Golden GOLDEN = Golden.load("golden/attention-score.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** The score of a form for these sizes: batch, queries, keys, d, e, hidden. */
    private static AttentionScore form(String name, int[] n) {
        var rng = Rng.of(0);
        return switch (name) {
            case "dot" -> AttentionScore.dot();
            case "scaled" -> AttentionScore.scaledDot();
            case "distance" -> AttentionScore.negativeSquaredDistance(0.5);
            case "bilinear" -> new AttentionScore.Bilinear(n[3], n[4], DType.F64, rng);
            case "additive" -> new AttentionScore.Additive(n[3], n[4], n[5], DType.F64, rng);
            case "cosine" -> new AttentionScore.Cosine(1, DType.F64);
            case "location" -> new AttentionScore.Location(n[3], n[2] + 2, DType.F64, rng);
            default -> throw new AssertionError(name);
        };
    }

    @Acceptance(topic = "attention-score", clause = 1)
    @Test void everyFormAndItsGradientsEqualPyTorchOnFiftyShapes() {
        for (var name : List.of("dot", "scaled", "bilinear", "additive", "cosine", "distance", "location")) {
            var gap = Gap.relativeBeyondOne();
            var cases = GOLDEN.cases(name);
            for (var c : cases) {
                int[] n = c.ints("input.sizes");
                var twin = new Twin((long) c.number("input.seed"));
                var score = form(name, n);
                if (score instanceof Module module) twin.fill(module);
                Tensor q = twin.draw(n[0], n[1], n[3]).requiresGrad(), k = twin.draw(n[0], n[2], n[4]).requiresGrad();
                twin.compare(gap, c, score instanceof Module module ? module.parameters() : Map.of(), List.of(q, k),
                        List.of(score.of(q, k)));
            }
            Evidence.of(name + ": shapes", cases.size(), exactly(50));
            Evidence.of(name + ": largest gap of scores and gradients", gap, below(1e-6));
        }
    }

    @Acceptance(topic = "attention-score", clause = 2)
    @Test void bilinearWithTheIdentityIsTheDotProduct() {
        Tensor q = normal(1, 3, 5, 7), k = normal(2, 3, 9, 7);
        var expected = explicitDots(q, k);
        Evidence.of("bilinear with the identity from the dots of rows",
                distance(new AttentionScore.Bilinear(Tensor.eye(DType.F64, 7)).of(q, k), expected), atMost(1e-14));
        Evidence.of("dot from the dots of rows", distance(AttentionScore.dot().of(q, k), expected), atMost(1e-14));
    }

    private static Tensor explicitDots(Tensor q, Tensor k) {
        int batch = (int) q.size(0), n = (int) q.size(1), m = (int) k.size(1), d = (int) q.size(2);
        double[] a = q.toDoubleArray(), b = k.toDoubleArray(), out = new double[batch * n * m];
        for (int s = 0; s < batch; s++)
            for (int i = 0; i < n; i++)
                for (int j = 0; j < m; j++)
                    for (int c = 0; c < d; c++) out[(s * n + i) * m + j] += a[(s * n + i) * d + c] * b[(s * m + j) * d + c];
        return Tensor.of(out).reshape(batch, n, m);
    }

    @Acceptance(topic = "attention-score", clause = 3)
    @Test void distancesToKeysOfOneNormWeighAsDotProducts() {
        Tensor q = normal(3, 4, 6, 8), k = normal(4, 4, 10, 8);
        var unit = k.div(k.square().sum(-1, true).sqrt()).mul(1.7);
        var difference = AttentionScore.negativeSquaredDistance(0.5).of(q, unit).sub(explicitDots(q, unit));
        Evidence.of("spread of the difference over keys", difference.max(-1, true).sub(difference.min(-1, true)).max().item(), below(1e-6));
        Evidence.of("distance of the weights",
                distance(AttentionScore.negativeSquaredDistance(0.5).of(q, unit).softmax(-1), explicitDots(q, unit).softmax(-1)),
                below(1e-6));
        var other = AttentionScore.negativeSquaredDistance(0.5).of(q, k).softmax(-1);
        Evidence.of("where norms differ the weights do", distance(other, explicitDots(q, k).softmax(-1)), above(0.1));
    }

    @Acceptance(topic = "attention-score", clause = 4)
    @Test void theCosineDoesNotSeeTheScaleOfKeys() {
        Tensor q = normal(5, 5, 8), k = normal(6, 9, 8);
        var scales = Tensor.of(0.01, 0.1, 0.5, 1, 2, 3, 10, 100, 1000).reshape(9, 1);
        var cosine = new AttentionScore.Cosine(10, DType.F64);
        Evidence.of("cosine scores move", distance(cosine.of(q, k), cosine.of(q, k.mul(scales))), below(1e-12));
        Evidence.of("dot scores move", distance(AttentionScore.dot().of(q, k), AttentionScore.dot().of(q, k.mul(scales))), above(1));
    }

    @Acceptance(topic = "attention-score", clause = 5)
    @Test void raisingOneScoreRaisesItsWeightAndLowersAllOthers() {
        var k = normal(8, 10, 6);
        int positive = 0, negative = 0, moved = 0;
        for (int seed = 0; seed < 50; seed++) {
            var q = normal(100 + seed, 1, 6);
            var lifted = Tensor.zeros(DType.F64, 10);
            double[] jacobian = Autograd.jacobian(lift -> weights(q, k, lift), lifted).toDoubleArray();
            for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) {
                double slope = jacobian[10 * i + j];
                if (i == j && slope > 0) positive++;
                if (i != j && slope < 0) negative++;
            }
            // The reference: raise one score by 0.3 and look.
            var raise = new double[10];
            raise[seed % 10] = 0.3;
            double[] before = weights(q, k, lifted).toDoubleArray(), after = weights(q, k, Tensor.of(raise)).toDoubleArray();
            for (int i = 0; i < 10; i++) if (after[i] > before[i] == (i == seed % 10)) moved++;
        }
        Evidence.of("weights that moved as they should when one score was raised", moved, exactly(500));
        Evidence.of("positive slopes on the diagonal", positive, exactly(500));
        Evidence.of("negative slopes beside it", negative, exactly(50 * 90));
    }

    /** The weights of one query when the bias {@code lift} is added to its scores. */
    private static Tensor weights(Tensor q, Tensor k, Tensor lift) {
        return new AttentionMechanism(AttentionScore.scaledDot().plus(lift)).weights(q, k, null).values().flatten();
    }

    @Acceptance(topic = "attention-score", clause = 6)
    @Test void aPermutationOfKeysPermutesTheScoresOfEveryForm() {
        var order = Tensor.of(3, 0, 4, 1, 2);
        int[] n = {2, 4, 5, 6, 6, 7};
        double worst = 0;
        int seen = 0;
        for (var name : List.of("dot", "scaled", "bilinear", "additive", "cosine", "distance")) {
            Tensor q = normal(9, 2, 4, 6), k = normal(10, 2, 5, 6);
            var score = form(name, n);
            worst = Math.max(worst, distance(score.of(q, k.indexSelect(1, order)), score.of(q, k).indexSelect(2, order)));
            seen++;
        }
        Evidence.of("forms that look at keys", seen, exactly(6));
        Evidence.of("largest distance", worst, below(1e-13));
        // Location looks at places, not at keys.
        var location = form("location", n);
        assertThat(distance(location.of(normal(9, 2, 4, 6), normal(10, 2, 5, 6)), location.of(normal(9, 2, 4, 6), normal(11, 2, 5, 6))))
                .isZero();
    }

    @Acceptance(topic = "scaled-attention-score", clause = 1)
    @Test void theVarianceOfAScoreIsTheWidthAndOneWhenScaled() {
        for (int d = 4; d <= 1024; d *= 2) {
            // many small tables of 8 queries and 8 keys: norms of the same few vectors would err by more than 3% at d = 4
            int tables = Math.max(500, 16_000 / d);
            Tensor q = normal(d, tables, 8, d), k = normal(d + 1, tables, 8, d);
            Evidence.of("d " + d + ": variance over d, unscaled", variance(AttentionScore.dot().of(q, k)) / d, between(0.97, 1.03));
            Evidence.of("d " + d + ": variance, scaled", variance(AttentionScore.scaledDot().of(q, k)), between(0.97, 1.03));
        }
    }

    private static double variance(Tensor x) { return x.sub(x.mean()).square().mean().item(); }

    /** Of 200 queries over 64 keys of that width. */
    private static ScoreReport report(int d, AttentionScore score) {
        return ScoreReport.of(score, Tensor.randn(Rng.of(7).split(d), DType.F64, 200, d),
                Tensor.randn(Rng.of(8).split(d), DType.F64, 64, d));
    }

    @Acceptance(topic = "scaled-attention-score", clause = 2)
    @Test void withoutTheRootTheSoftmaxSaturates() {
        ScoreReport raw = report(1024, AttentionScore.dot()), scaled = report(1024, AttentionScore.scaledDot());
        Evidence.of("mean top weight, unscaled", raw.topWeight(), atLeast(0.85));
        Evidence.of("mean top weight, scaled", scaled.topWeight(), below(0.2));
        Evidence.of("Jacobian, unscaled over scaled", raw.jacobian() / scaled.jacobian(), below(0.02));
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int d = 4; d <= 1024; d *= 2) {
            double size = report(d, AttentionScore.scaledDot()).jacobian();
            least = Math.min(least, size);
            most = Math.max(most, size);
        }
        Evidence.of("scaled Jacobian over all d, most over least", most / least, atMost(1.15));
    }

    @Test void theReportIsWhatItsDefinitionsSay() {
        Tensor q = normal(20, 7, 5), k = normal(21, 6, 5);
        var report = ScoreReport.of(AttentionScore.scaledDot(), q, k);
        double top = 0, entropy = 0;
        var sizes = new double[7];
        for (int i = 0; i < 7; i++) {
            var scores = AttentionScore.scaledDot().of(q.narrow(0, i, 1), k).flatten();
            double[] w = scores.softmax(-1).toDoubleArray(), jacobian = Autograd.jacobian(s -> s.softmax(-1), scores).toDoubleArray();
            top += Arrays.stream(w).max().orElseThrow() / 7;
            entropy -= Arrays.stream(w).map(p -> p * Math.log(p)).sum() / 7;
            sizes[i] = Math.sqrt(Arrays.stream(jacobian).map(x -> x * x).sum());
        }
        Arrays.sort(sizes);
        assertThat(report.topWeight()).isCloseTo(top, within(1e-14));
        assertThat(report.entropy()).isCloseTo(entropy, within(1e-13));
        assertThat(report.jacobian()).isCloseTo(sizes[3], within(1e-14));
        assertThat(report.variance()).isCloseTo(variance(AttentionScore.scaledDot().of(q, k)), within(1e-14));
    }

    @Acceptance(topic = "scaled-attention-score", clause = 3)
    @Test void aChosenScaleEqualsPyTorchsInValuesAndGradients() {
        var gap = Gap.relativeBeyondOne();
        var cases = GOLDEN.cases("factor");
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            double scale = c.number("input.scale");
            for (int way = 0; way < 2; way++) {
                var twin = new Twin((long) c.number("input.seed"));
                Tensor q = twin.draw(n[0], n[1], n[2], n[4]).requiresGrad(), k = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad(),
                        v = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad();
                var y = way == 0 ? new AttentionMechanism(AttentionScore.scaledDot(scale)).of(q, k, v)
                        : new Attention().withScale(scale).of(q, k, v);
                twin.compare(gap, c, Map.of(), List.of(q, k, v), List.of(y));
            }
        }
        Evidence.of("cases", cases.size(), exactly(20));
        Evidence.of("largest gap", gap, below(1e-6));
    }

    @Test void otherScalesAreTheirFormulas() {
        Tensor q = normal(12, 3, 8), k = normal(13, 50, 8);
        var dots = explicitDots(q.unsqueeze(0), k.unsqueeze(0)).squeeze(0);
        assertThat(distance(AttentionScore.widthScaled().of(q, k), dots.div(8))).isLessThan(1e-14);
        assertThat(distance(AttentionScore.lengthScaled(50).of(q, k), dots.div(Math.sqrt(8)))).isLessThan(1e-14);
        assertThat(distance(AttentionScore.lengthScaled(512).of(q, k), dots.mul(Math.log(50) / Math.log(512) / Math.sqrt(8))))
                .isLessThan(1e-14);
        assertThat(distance(new AttentionScore.Scaled(8, DType.F64).of(q, k), dots.div(Math.sqrt(8)))).isLessThan(1e-14);
        assertThat(AttentionScore.dot().softCapped(2).of(q, k).abs().max().item()).isLessThan(2);
        assertThat(distance(AttentionScore.dot().softCapped(1e9).of(q, k), dots)).isLessThan(1e-6);
        var bias = normal(14, 3, 50);
        assertThat(distance(AttentionScore.dot().plus(bias).of(q, k), dots.add(bias))).isLessThan(1e-14);
        assertThatThrownBy(() -> AttentionScore.dot().of(q, normal(1, 4, 7))).hasMessageContaining("q (3, 8) and k (4, 7)");
        assertThatThrownBy(() -> AttentionScore.scaledDot(Double.NaN)).hasMessageContaining("scale is NaN");
        assertThatThrownBy(() -> AttentionScore.dot().softCapped(0)).hasMessageContaining("cap is 0.0");
    }
}
