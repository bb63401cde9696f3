package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lyceum.info.Divergences;
import lyceum.prob.Gamma;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.JensenGap.Shape;
import org.junit.jupiter.api.Test;

class JensenGapTest {
    private static final int DRAWS = 1_000;

    /** Values above 0 and their probabilities. */
    private record Discrete(double[] x, double[] p) {
        static Discrete draw(Rng rng) {
            int n = 1 + rng.nextInt(8);
            double[] x = new double[n], p = new double[n];
            double sum = 0, scale = Math.exp(2 * rng.nextGaussian());
            for (int i = 0; i < n; i++) {
                x[i] = Math.min(20, scale * rng.nextDoublePositive());
                sum += p[i] = rng.nextDoublePositive();
            }
            for (int i = 0; i < n; i++) p[i] /= sum;
            return new Discrete(x, p);
        }

        /** By the definition, in another order of operations. */
        double expectation(DoubleUnaryOperator f) {
            double sum = 0;
            for (int i = 0; i < x.length; i++) sum += p[i] * f.applyAsDouble(x[i]);
            return sum;
        }
    }

    private static final Map<String, DoubleUnaryOperator> CONVEX = new LinkedHashMap<>();

    static {
        CONVEX.put("exp", Math::exp);
        CONVEX.put("-log", x -> -Math.log(x));
        CONVEX.put("square", x -> x * x);
        CONVEX.put("hinge", x -> Math.max(0, 1 - x));
    }

    private static double logSumExp(double[] x) {
        double most = Arrays.stream(x).max().orElseThrow();
        return most + Math.log(Arrays.stream(x).map(v -> Math.exp(v - most)).sum());
    }

    @Test
    @Acceptance(topic = "jensen", clause = 1) void theGapOfAConvexFunctionIsNotNegative() {
        var rng = Rng.of(1906);
        double least = Double.POSITIVE_INFINITY, definition = 0;
        int positive = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var d = Discrete.draw(rng);
            for (var f : CONVEX.values()) {
                double gap = JensenGap.of(f, d.x, d.p), plain = d.expectation(f) - f.applyAsDouble(d.expectation(x -> x));
                least = Math.min(least, gap);
                definition = Math.max(definition, Math.abs(gap - plain) / Math.max(1, d.expectation(f)));
                if (gap > 1e-6) positive++;
            }
            var points = new double[d.x.length][3];
            for (var point : points) for (int j = 0; j < 3; j++) point[j] = 3 * rng.nextGaussian();
            least = Math.min(least, JensenGap.of(JensenGapTest::logSumExp, points, d.p));
        }
        Evidence.of("least gap of 5 functions over 1,000 distributions", least, atLeast(-1e-12));
        Evidence.of("largest distance from E f(X) - f(E X), over the larger of 1 and E f(X)", definition, below(1e-12));
        Evidence.of("gaps that are clearly positive", positive, above(2_000));
    }

    @Test
    @Acceptance(topic = "jensen", clause = 2) void aConstantOrAnAffineFunctionHasNone() {
        var rng = Rng.of(2);
        double constant = 0, affine = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var d = Discrete.draw(rng);
            var same = new double[d.x.length];
            Arrays.fill(same, d.x[0]);
            for (var f : CONVEX.values()) constant = Math.max(constant, Math.abs(JensenGap.of(f, same, d.p)));
            double slope = rng.nextGaussian(), height = rng.nextGaussian();
            affine = Math.max(affine, Math.abs(JensenGap.of(x -> slope * x + height, d.x, d.p)));
        }
        Evidence.of("largest gap of a constant", constant, atMost(1e-12));
        Evidence.of("largest gap of an affine function", affine, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "jensen", clause = 3) void theSquaresGapIsTheVariance() {
        var rng = Rng.of(3);
        double worst = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var d = Discrete.draw(rng);
            double mean = d.expectation(x -> x), variance = d.expectation(x -> (x - mean) * (x - mean));
            worst = Math.max(worst, Math.abs(JensenGap.of(x -> x * x, d.x, d.p) - variance) / Math.max(1, mean * mean));
        }
        Evidence.of("largest distance from the variance, over the larger of 1 and the squared mean", worst, below(1e-12));
        assertThat(JensenGap.of(x -> x * x, new Gamma(3, 2))).isCloseTo(0.75, within(1e-10));
    }

    private record Curved(DoubleUnaryOperator f, DoubleUnaryOperator second) {}

    @Test
    @Acceptance(topic = "jensen", clause = 4) void theGapLiesWhereTheCurvaturePutsIt() {
        var rng = Rng.of(4);
        double out = Double.NEGATIVE_INFINITY, inside = 0, ends = 0;
        int waves = 0;
        var functions = new Curved[] {new Curved(Math::exp, Math::exp), new Curved(x -> -Math.log(x), x -> 1 / (x * x)),
                new Curved(x -> x * x, x -> 2), new Curved(Math::sin, x -> -Math.sin(x)),
                new Curved(x -> Math.exp(-x * x), x -> (4 * x * x - 2) * Math.exp(-x * x)),
                new Curved(x -> logSumExp(new double[] {x, 0}), x -> Math.exp(-x) / Math.pow(1 + Math.exp(-x), 2))};
        for (int draw = 0; draw < DRAWS; draw++) {
            var d = Discrete.draw(rng);
            double from = Arrays.stream(d.x).min().orElseThrow(), to = Arrays.stream(d.x).max().orElseThrow();
            double m = d.expectation(x -> x), half = d.expectation(x -> (x - m) * (x - m)) / 2;
            for (int k = 0; k < functions.length; k++) {
                var c = functions[k];
                var bracket = JensenGap.bracket(c.second, d.x, d.p);
                if (k < 3 || k == 5) { // monotone above 0: the extremes are at the ends
                    double a = c.second.applyAsDouble(from), b = c.second.applyAsDouble(to), most = Math.max(a, b) * half;
                    ends = Math.max(ends,
                            Math.max(Math.abs(bracket.low() - Math.min(a, b) * half), Math.abs(bracket.high() - most)) / Math.max(1, most));
                } else if (k == 3 && from < Math.PI / 2 && to > 1.5 * Math.PI) {
                    waves++;
                    ends = Math.max(ends, Math.max(Math.abs(bracket.low() + half), Math.abs(bracket.high() - half)) / Math.max(1, half));
                }
                double gap = JensenGap.of(c.f, d.x, d.p), size = Math.max(1, d.expectation(x -> Math.abs(c.f.applyAsDouble(x))));
                out = Math.max(out, Math.max(bracket.low() - gap, gap - bracket.high()) / size);
                if (bracket.low() > 0) inside = Math.max(inside, gap / bracket.low());
            }
        }
        Evidence.of("how far a gap leaves its bracket, over the mean size of f", out, atMost(1e-12));
        Evidence.of("brackets less the known extremes times Var / 2", ends, below(1e-12));
        Evidence.of("of them sines over a whole valley and hill", waves, above(20));
        Evidence.of("largest gap over the bracket's low end: it is not the bracket that was computed", inside, above(2));
    }

    @Test
    @Acceptance(topic = "jensen", clause = 5) void sineIsRefuted() {
        int refuted = 0;
        for (int seed = 0; seed < 100; seed++) {
            var found = JensenGap.refuteConvexity(Math::sin, 0, 2 * Math.PI, DRAWS, Rng.of(seed)).orElseThrow();
            double mean = found.share() * found.a() + (1 - found.share()) * found.b();
            double chord = found.share() * Math.sin(found.a()) + (1 - found.share()) * Math.sin(found.b());
            boolean valid = found.a() >= 0 && found.a() <= 2 * Math.PI && found.b() >= 0 && found.b() <= 2 * Math.PI && found.share() >= 0
                    && found.share() <= 1 && chord < Math.sin(mean);
            if (valid && found.toString().contains("between " + found.a() + " and " + found.b())) refuted++;
        }
        Evidence.of("seeds with a true counterexample, printed", refuted, exactly(100));
        for (var f : CONVEX.values()) assertThat(JensenGap.refuteConvexity(f, 0.01, 9, 10_000, Rng.of(5))).isEmpty();
        assertThat(JensenGap.classify(Math::log, 0.1, 5, DRAWS, Rng.of(6))).isEqualTo(Shape.CONCAVE);
        assertThat(JensenGap.classify(x -> 3 - 2 * x, -5, 5, DRAWS, Rng.of(6))).isEqualTo(Shape.AFFINE);
        assertThat(JensenGap.classify(Math::cosh, -5, 5, DRAWS, Rng.of(6))).isEqualTo(Shape.CONVEX);
        assertThat(JensenGap.classify(Math::sin, 0, 2 * Math.PI, DRAWS, Rng.of(6))).isEqualTo(Shape.NEITHER);
    }

    @Test
    @Acceptance(topic = "jensen", clause = 6) void klIsTheGapOfMinusTheLogarithm() {
        var rng = Rng.of(6);
        double worst = 0, largest = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            int n = 2 + rng.nextInt(10);
            double[] p = distribution(rng, n), q = distribution(rng, n), ratio = new double[n];
            for (int i = 0; i < n; i++) ratio[i] = q[i] / p[i];
            double kl = Divergences.kl(p, q);
            worst = Math.max(worst, Math.abs(JensenGap.of(x -> -Math.log(x), ratio, p) - kl));
            largest = Math.max(largest, kl);
        }
        Evidence.of("largest distance from KL(p || q)", worst, below(1e-12));
        Evidence.of("largest of these divergences", largest, above(1));
    }

    private static double[] distribution(Rng rng, int n) {
        var p = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) sum += p[i] = 1e-3 + rng.nextDouble();
        for (int i = 0; i < n; i++) p[i] /= sum;
        return p;
    }

    @Test void distributionsAndBadInput() {
        assertThat(JensenGap.of(Math::exp, new Normal(0, 1))).isCloseTo(Math.exp(0.5) - 1, within(1e-9));
        assertThat(JensenGap.of(x -> -Math.log(x), new double[] {1, 0}, new double[] {1, 0})).isZero();
        assertThatThrownBy(() -> JensenGap.of(Math::exp, new double[0])).hasMessage("JensenGap: there are no values");
        assertThatThrownBy(() -> JensenGap.of(Math::exp, new double[2], new double[] {1, -1})).hasMessageContaining("weight 1 is -1.0");
        assertThatThrownBy(() -> JensenGap.refuteConvexity(Math::exp, 1, 1, 5, Rng.of(1))).hasMessageContaining("from 1.0 to 1.0");
    }
}
