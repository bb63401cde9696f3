package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.linalg.Qr;
import lyceum.optim.Convexity.Verdict;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ConvexityTest {
    private static final Expression X = Expression.variable(0), Y = Expression.variable(1);

    /** A function over a box, with its least value where it is smooth, convex and has one. */
    record Convex(String name, int n, Expression f, double low, double high, double least) {}

    /** A function over a box, and the same written for decimals. */
    record Bent(String name, int n, Expression f, double low, double high, Function<DecimalInterval[], DecimalInterval> decimal) {}

    private static final double NONE = Double.NaN;

    static final List<Convex> CONVEX = List.of(new Convex("x^2", 1, X.square(), -2, 2, 0), new Convex("exp x", 1, X.exp(), -2, 2, NONE),
            new Convex("x - log x", 1, X.minus(X.log()), 0.1, 4, 1), new Convex("exp x - x", 1, X.exp().minus(X), -2, 2, 1),
            new Convex("softplus x - x/2", 1, X.softplus().minus(X.times(0.5)), -3, 3, Math.log(2)),
            new Convex("exp x + exp -x", 1, X.exp().plus(X.times(-1).exp()), -2, 2, 2), new Convex("x^4", 1, X.square().square(), -2, 2, 0),
            new Convex("(x-y)^2 + (x+y-2)^2", 2, X.minus(Y).square().plus(X.plus(Y).minus(2).square()), -2, 2, 0),
            new Convex("x^2 + xy + y^2", 2, X.square().plus(X.times(Y)).plus(Y.square()), -2, 2, 0),
            new Convex("x + exp(-log x)", 1, X.plus(X.log().times(-1).exp()), 0.2, 5, 2),
            new Convex("exp(x+y) + exp(x-y) + exp -x", 2, X.plus(Y).exp().plus(X.minus(Y).exp()).plus(X.times(-1).exp()), -1, 1,
                    2 * Math.sqrt(2)),
            new Convex("sqrt(1 + x^2)", 1, X.square().plus(1).sqrt(), -3, 3, 1),
            new Convex("x log x", 1, X.times(X.log()), 0.01, 3, -1 / Math.E),
            new Convex("log(exp x + exp y)", 2, X.minus(Y).softplus().plus(Y), -2, 2, NONE),
            new Convex("1/x + max(x, 1 - 2x)", 1, X.reciprocal().plus(X.max(X.times(-2).plus(1))), 0.2, 2, NONE),
            new Convex("(|x| + 1)^2", 1, X.abs().plus(1).square(), -2, 2, NONE),
            new Convex("-sqrt x", 1, X.sqrt().times(-1), 0.01, 4, NONE),
            new Convex("-log x - log(1-x)", 1, X.log().times(-1).minus(X.times(-1).plus(1).log()), 0.05, 0.95, 2 * Math.log(2)),
            new Convex("(x-1)^2 + exp(x-1) - x", 1, X.minus(1).square().plus(X.minus(1).exp()).minus(X), -2, 3, 0),
            new Convex("exp(x^2)", 1, X.square().exp(), -1.5, 1.5, 1));

    private static DecimalInterval d(double value) { return DecimalInterval.of(value); }

    private static DecimalInterval times(double c, DecimalInterval u) { return d(c).times(u); }

    static final List<Bent> BENT = List.of(new Bent("xy", 2, X.times(Y), -1, 1, p -> p[0].times(p[1])),
            new Bent("(x^2-1)^2", 1, X.square().minus(1).square(), -2, 2,
                    p -> p[0].times(p[0]).minus(d(1)).times(p[0].times(p[0]).minus(d(1)))),
            new Bent("sin x", 1, X.sin(), 0, 6, p -> p[0].sin()), new Bent("x^3", 1, X.cube(), -2, 2, p -> p[0].times(p[0]).times(p[0])),
            new Bent("log x", 1, X.log(), 0.1, 4, p -> p[0].log()), new Bent("sqrt x", 1, X.sqrt(), 0.1, 4, p -> p[0].sqrt()),
            new Bent("-x^2", 1, X.square().times(-1), -2, 2, p -> times(-1, p[0].times(p[0]))),
            new Bent("x^4 - 2x^2 + x/4", 1, X.square().square().minus(X.square().times(2)).plus(X.times(0.25)), -2, 2,
                    p -> p[0].times(p[0]).times(p[0].times(p[0]).minus(d(2))).plus(times(0.25, p[0]))),
            new Bent("exp(-x^2)", 1, X.square().times(-1).exp(), -2, 2, p -> times(-1, p[0].times(p[0])).exp()),
            new Bent("exp(x) - x^4", 1, X.exp().minus(X.square().square()), -2, 2,
                    p -> p[0].exp().minus(p[0].times(p[0]).times(p[0]).times(p[0]))),
            new Bent("x^2 + sin 3x", 1, X.square().plus(X.times(3).sin()), -2, 2, p -> p[0].times(p[0]).plus(times(3, p[0]).sin())),
            new Bent("x^2 - y^2", 2, X.square().minus(Y.square()), -1, 1, p -> p[0].plus(p[1]).times(p[0].minus(p[1]))),
            new Bent("x^2 y^2", 2, X.square().times(Y.square()), -1, 1, p -> p[0].times(p[1]).times(p[0].times(p[1]))),
            new Bent("x exp -x", 1, X.times(X.times(-1).exp()), 0, 4, p -> p[0].times(times(-1, p[0]).exp())),
            new Bent("sqrt |x|", 1, X.abs().sqrt(), -2, 2, p -> p[0].abs().sqrt()),
            new Bent("min(x^2, (x-1)^2)", 1, X.square().times(-1).max(X.minus(1).square().times(-1)).times(-1), -1, 2,
                    p -> times(-1, times(-1, p[0].times(p[0])).max(times(-1, p[0].minus(d(1)).times(p[0].minus(d(1))))))),
            new Bent("sin x + sin y", 2, X.sin().plus(Y.sin()), 0, 3, p -> p[0].sin().plus(p[1].sin())),
            new Bent("y exp x", 2, Y.times(X.exp()), -1, 1, p -> p[1].times(p[0].exp())),
            new Bent("-softplus x", 1, X.softplus().times(-1), -3, 3, p -> times(-1, d(1).plus(p[0].exp()).log())),
            new Bent("x^2 y", 2, X.square().times(Y), -1, 1, p -> p[0].times(p[1]).times(p[0])));

    private static double[] filled(int n, double value) {
        var a = new double[n];
        Arrays.fill(a, value);
        return a;
    }

    @Test
    @Acceptance(topic = "convex-function", clause = 1) void noCertificateIsWrongAndEveryChordHolds() {
        int certified = 0, wrong = 0, refuted = 0;
        double least = Double.POSITIVE_INFINITY;
        for (var c : CONVEX) {
            var judged = Convexity.judge(c.f, filled(c.n, c.low), filled(c.n, c.high), Rng.of(1));
            assertThat(judged.verdict()).as(c.name).isIn(Verdict.CERTIFIED, Verdict.SUPPORTED);
            if (judged.verdict() == Verdict.CERTIFIED) certified++;
            if (judged.verdict() == Verdict.REFUTED) wrong++;
        }
        for (var b : BENT) {
            var judged = Convexity.judge(b.f, filled(b.n, b.low), filled(b.n, b.high), Rng.of(1));
            if (judged.verdict() == Verdict.CERTIFIED) wrong++;
            assertThat(judged.verdict()).as(b.name).isEqualTo(Verdict.REFUTED);
            var chord = judged.chord();
            BigDecimal theta = new BigDecimal(chord.theta()), rest = BigDecimal.ONE.subtract(theta);
            var from = new DecimalInterval[b.n];
            var to = new DecimalInterval[b.n];
            var between = new DecimalInterval[b.n];
            for (int i = 0; i < b.n; i++) {
                from[i] = d(chord.x()[i]);
                to[i] = d(chord.y()[i]);
                between[i] = DecimalInterval
                        .of(theta.multiply(new BigDecimal(chord.x()[i])).add(rest.multiply(new BigDecimal(chord.y()[i]))));
            }
            DecimalInterval f = b.decimal.apply(from), g = b.decimal.apply(to), m = b.decimal.apply(between);
            var dip = m.low().subtract(theta.multiply(f.high())).subtract(rest.multiply(g.high()));
            least = Math.min(least, dip.doubleValue());
            assertThat(dip.doubleValue()).as(b.name + " " + chord).isCloseTo(chord.violation(), within(1e-12));
            refuted++;
        }
        Evidence.of("convex functions", CONVEX.size(), exactly(20));
        Evidence.of("others", BENT.size(), exactly(20));
        Evidence.of("wrong certificates", wrong, exactly(0));
        Evidence.of("convex ones certified", certified, atLeast(15));
        Evidence.of("others refuted", refuted, exactly(20));
        Evidence.of("least violation of a chord, in decimals", least, above(0));
    }

    @Test void decimalsEncloseTheElementaryFunctions() {
        int compared = 0;
        for (var c : Golden.load("golden/convex.json").cases("decimal")) {
            var u = d(c.number("input.x"));
            var found = switch (c.text("input.function")) {
                case "exp" -> u.exp();
                case "log" -> u.log();
                case "sin" -> u.sin();
                case "sqrt" -> u.sqrt();
                default -> u.reciprocal();
            };
            var exact = new BigDecimal(c.text("expected.value"));
            assertThat(found.low()).as(c.text("name")).isLessThanOrEqualTo(exact);
            assertThat(found.high()).as(c.text("name")).isGreaterThanOrEqualTo(exact);
            assertThat(found.high().subtract(found.low()).doubleValue()).isLessThan(1e-48 * Math.max(1, Math.abs(exact.doubleValue())));
            compared++;
        }
        assertThat(compared).isEqualTo(25);
    }

    @Test
    @Acceptance(topic = "convex-function", clause = 2) void everyStartFindsTheMinimumOfAConvexFunction() {
        double worst = 0;
        int functions = 0, starts = 0;
        var rng = Rng.of(51);
        for (var c : CONVEX) {
            if (Double.isNaN(c.least)) continue;
            functions++;
            for (int start = 0; start < 100; start++) {
                var from = IntStream.range(0, c.n).mapToDouble(i -> c.low + (c.high - c.low) * rng.nextDouble()).toArray();
                worst = Math.max(worst, Math.abs(Convexity.minima(c.f, List.of(from), 1e-4).getFirst().value() - c.least));
                starts++;
            }
        }
        Evidence.of("smooth convex functions with a minimum", functions, atLeast(12));
        Evidence.of("starts", starts, exactly(100 * functions));
        Evidence.of("largest distance of an end from the least value", worst, below(1e-6));
        var wells = Convexity.minima(X.square().minus(1).square(),
                IntStream.range(0, 100).mapToObj(i -> new double[] {4 * rng.nextDouble() - 2}).toList(), 1e-4);
        Evidence.of("minimisers of the double well", wells.size(), exactly(2));
        double[] ends = wells.stream().mapToDouble(m -> m.x()[0]).sorted().toArray();
        Evidence.of("their distance from -1 and 1", Math.max(Math.abs(ends[0] + 1), Math.abs(ends[1] - 1)), below(1e-6));
    }

    @Test
    @Acceptance(topic = "convex-function", clause = 3) void theBiconjugateIsTheLowerConvexHull() {
        double kept = 0, over = Double.NEGATIVE_INFINITY, hull = 0, least = Double.POSITIVE_INFINITY;
        int convex = 0, bent = 0;
        double[] t = IntStream.rangeClosed(0, 400).mapToDouble(i -> i / 400.0).toArray();
        for (var c : CONVEX) {
            double[] f = along(c.f, filled(c.n, c.low), filled(c.n, c.high), t), envelope = Convexity.biconjugate(t, f),
                    chain = lowerHull(t, f);
            for (int i = 0; i < t.length; i++) {
                kept = Math.max(kept, Math.abs(envelope[i] - f[i]));
                over = Math.max(over, envelope[i] - f[i]);
                hull = Math.max(hull, Math.abs(envelope[i] - chain[i]));
            }
            convex++;
        }
        for (var b : BENT) {
            // Over the box in one dimension, along the refuting chord in two.
            double[] from = filled(b.n, b.low), to = filled(b.n, b.high);
            if (b.n == 2) {
                var chord = Convexity.judge(b.f, from, to, Rng.of(1)).chord();
                from = chord.x();
                to = chord.y();
            }
            double[] f = along(b.f, from, to, t), envelope = Convexity.biconjugate(t, f), chain = lowerHull(t, f);
            double below = 0;
            for (int i = 0; i < t.length; i++) {
                below = Math.max(below, f[i] - envelope[i]);
                over = Math.max(over, envelope[i] - f[i]);
                hull = Math.max(hull, Math.abs(envelope[i] - chain[i]));
            }
            least = Math.min(least, below);
            bent++;
        }
        Evidence.of("convex functions", convex, exactly(20));
        Evidence.of("others", bent, exactly(20));
        Evidence.of("largest gap of f** to a convex f", kept, below(1e-4));
        Evidence.of("f** exceeds f by at most", over, atMost(1e-9));
        Evidence.of("largest gap of f** to the monotone chain", hull, below(1e-4));
        Evidence.of("every other f lies above f** somewhere by at least", least, atLeast(1e-3));
    }

    private static double[] along(Expression f, double[] from, double[] to, double[] t) {
        return Arrays.stream(t).map(s -> f.at(IntStream.range(0, from.length).mapToDouble(i -> from[i] + s * (to[i] - from[i])).toArray()))
                .toArray();
    }

    /** Andrew's monotone chain, read off at every x. */
    private static double[] lowerHull(double[] x, double[] f) {
        var chain = new ArrayList<Integer>();
        for (int i = 0; i < x.length; i++) {
            while (chain.size() > 1) {
                int a = chain.get(chain.size() - 2), b = chain.getLast();
                if ((f[b] - f[a]) * (x[i] - x[a]) < (f[i] - f[a]) * (x[b] - x[a])) break;
                chain.removeLast();
            }
            chain.add(i);
        }
        var hull = new double[x.length];
        for (int k = 1; k < chain.size(); k++) {
            int a = chain.get(k - 1), b = chain.get(k);
            for (int i = a; i <= b; i++) hull[i] = f[a] + (f[b] - f[a]) * (x[i] - x[a]) / (x[b] - x[a]);
        }
        return hull;
    }

    @Test
    @Acceptance(topic = "convex-function", clause = 3) void theConjugateOfSamplesIsItsFormula() {
        double[] x = IntStream.rangeClosed(-4_000, 4_000).mapToDouble(i -> i / 1_000.0).toArray(), slopes = {-2, -1, 0, 0.5, 1, 2};
        var square = Arrays.stream(x).map(v -> v * v / 2).toArray();
        var exp = Arrays.stream(x).map(Math::exp).toArray();
        var gap = Gap.absolute();
        gap.see("x^2 / 2", Convexity.conjugate(x, square, slopes), Arrays.stream(slopes).map(s -> s * s / 2).toArray());
        gap.see("exp", Convexity.conjugate(x, exp, 0.5, 1, 2), new double[] {0.5 * Math.log(0.5) - 0.5, -1, 2 * Math.log(2) - 2});
        Evidence.of("largest gap of f* to s^2 / 2 and s log s - s", gap, below(1e-4));
    }

    @Test
    @Acceptance(topic = "convex-function", clause = 4) void constantsOfQuadraticsAreExtremeEigenvalues() {
        var gap = Gap.absolute();
        int quadratics = 0;
        for (int draw = 0; draw < 20; draw++) {
            var r = new Recipe(9950 + draw);
            int n = 2 + draw % 7;
            double least = draw % 3 == 0 ? -1 : 0.1;
            // Q D Q' with D at hand; every third is not convex.
            var q = Qr.of(Tensor.of(r.matrix(n, n))).q();
            double[] values = IntStream.range(0, n).mapToDouble(i -> least + 5 * r.uniform()).toArray(), linear = r.bells(n);
            double[][] p = q.mul(Tensor.of(values)).matmul(q.transpose()).toRows();
            Objective f = (x, g) -> {
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    g[i] = linear[i];
                    for (int j = 0; j < n; j++) g[i] += p[i][j] * x[j];
                    sum += x[i] * (g[i] + linear[i]) / 2;
                }
                return sum;
            };
            var constants = Convexity.constants(f, filled(n, -2), filled(n, 2), Rng.of(draw));
            gap.see("mu of " + draw, constants.mu(), Arrays.stream(values).min().orElseThrow());
            gap.see("L of " + draw, constants.l(), Arrays.stream(values).max().orElseThrow());
            quadratics++;
        }
        Evidence.of("quadratics", quadratics, exactly(20));
        Evidence.of("largest gap to an extreme eigenvalue", gap, below(1e-6));
    }

    @Test void gradientsAreThoseOfDifferences() {
        for (var c : CONVEX) {
            double[] x = filled(c.n, 0.3 * c.low + 0.7 * c.high), g = new double[c.n];
            c.f.at(x, g);
            for (int i = 0; i < c.n; i++) {
                double[] up = x.clone(), down = x.clone();
                up[i] += 1e-6;
                down[i] -= 1e-6;
                assertThat(g[i]).as(c.name).isCloseTo((c.f.at(up) - c.f.at(down)) / 2e-6, within(1e-7));
            }
        }
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> Convexity.biconjugate(new double[3], 1, 2)).hasMessageContaining("3 places for 2 values");
        assertThatThrownBy(() -> Expression.variable(-1)).hasMessageContaining("index is -1");
    }
}
