package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SurrogateLossTest {
    private static double entropy(double p) { return p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p); }

    /** A loss with its psi, its least conditional risk and its minimiser in closed form. */
    private record Known(SurrogateLoss loss, DoubleUnaryOperator psi, DoubleUnaryOperator optimal, DoubleUnaryOperator minimizer) {}

    private static final Map<String, Known> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("hinge", new Known(SurrogateLoss.HINGE, Math::abs, e -> 2 * Math.min(e, 1 - e), e -> Math.signum(2 * e - 1)));
        KNOWN.put("exponential", new Known(SurrogateLoss.EXPONENTIAL, t -> 1 - Math.sqrt(1 - t * t), e -> 2 * Math.sqrt(e * (1 - e)),
                e -> 0.5 * Math.log(e / (1 - e))));
        KNOWN.put("squared", new Known(SurrogateLoss.SQUARED, t -> t * t, e -> 4 * e * (1 - e), e -> 2 * e - 1));
        KNOWN.put("logistic", new Known(SurrogateLoss.LOGISTIC, t -> Math.log(2) - entropy((1 + t) / 2), SurrogateLossTest::entropy,
                e -> Math.log(e / (1 - e))));
        KNOWN.put("squared hinge", new Known(SurrogateLoss.SQUARED_HINGE, t -> t * t, e -> 4 * e * (1 - e), e -> 2 * e - 1));
    }

    @Test
    @Acceptance(topic = "surrogate-loss", clause = 1) void psiIsTheClosedForm() {
        KNOWN.forEach((name, known) -> {
            double worst = 0;
            for (int i = -200; i <= 200; i++)
                worst = Math.max(worst, Math.abs(known.loss.psi(i / 200.0) - known.psi.applyAsDouble(i / 200.0)));
            Evidence.of(name + ": largest distance on 401 points", worst, atMost(1e-6));
        });
        // The ramp's gap is |t| too, and its hull the same.
        assertThat(SurrogateLoss.RAMP.psi(0.37)).isCloseTo(0.37, within(1e-9));
        // Straight from 1.6 at -1 by 1 at 0 to 0 at 1: the gap is 1.6 t up to 1/4, then 0.2 + 0.8 t, which is concave; the hull is t.
        var bent = SurrogateLoss.of(m -> m <= -1 ? 1.6 : m <= 0 ? 1 - 0.6 * m : Math.max(0, 1 - m));
        assertThat(bent.constrainedRisk(0.625) - bent.optimalRisk(0.625)).isCloseTo(0.4, within(1e-9));
        for (double t : new double[] {0, 0.1, 0.25, 0.613, 1}) assertThat(bent.psi(-t)).isCloseTo(t, within(1e-9));
        assertThat(bent.excessBound(0.3)).isCloseTo(0.3, within(1e-9));
        // The article's: an excess of 0.02.
        assertThat(SurrogateLoss.HINGE.excessBound(0.02)).isCloseTo(0.02, within(1e-6));
        assertThat(SurrogateLoss.SQUARED.excessBound(0.02)).isCloseTo(0.141, within(5e-4));
        assertThat(SurrogateLoss.EXPONENTIAL.excessBound(0.02)).isCloseTo(0.199, within(5e-4));
        assertThat(SurrogateLoss.LOGISTIC.excessBound(0.02)).isCloseTo(0.199, within(5e-4));
        assertThat(SurrogateLoss.HINGE.excessBound(3)).isEqualTo(1);
    }

    /** The largest of a few straight lines. */
    private record Piecewise(double[] slopes, double[] heights) {
        double at(double m) {
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < slopes.length; i++) most = Math.max(most, slopes[i] * m + heights[i]);
            return most;
        }

        /** Least over scores of {@code eta phi(s) + (1 - eta) phi(-s)}: at a corner of either, or at 0. @param sign of the scores, 0 for all */
        double least(double eta, int sign) {
            double least = at(0);
            for (int i = 0; i < slopes.length; i++) for (int j = 0; j < i; j++) if (slopes[i] != slopes[j]) {
                double corner = (heights[j] - heights[i]) / (slopes[i] - slopes[j]);
                for (double s : new double[] {corner, -corner})
                    if (sign * s >= 0) least = Math.min(least, eta * at(s) + (1 - eta) * at(-s));
            }
            return least;
        }
    }

    @Test
    @Acceptance(topic = "surrogate-loss", clause = 2) void exactlyTheSmoothAndFallingAreCalibrated() {
        var rng = Rng.of(2);
        int agreeDefinition = 0, agreeForce = 0, agreeSearch = 0, calibrated = 0, kinked = 0;
        for (int draw = 0; draw < 200; draw++) {
            boolean kink = draw < 50;
            int lines = 5 + rng.nextInt(4);
            double[] slopes = new double[lines + (kink ? 2 : 1)], heights = new double[slopes.length];
            // Tangents of a tilted parabola, steep lines that keep it from falling for ever, and above them around 0 one line, or two for a kink.
            double tilt = 4 * rng.nextDouble() - 2.8;
            for (int i = 0; i < lines; i++) {
                double at = (0.3 + 2 * rng.nextDouble()) * (i % 2 == 0 ? 1 : -1);
                slopes[i] = i < 2 ? 6 - 12 * i : at + tilt;
                heights[i] = i < 2 ? -20 : 1 - at * at / 2;
            }
            heights[lines] = 1.02;
            slopes[lines] = tilt;
            if (kink) {
                slopes[lines + 1] = tilt + 0.1 + 0.2 * rng.nextDouble();
                heights[lines + 1] = 1.02;
                kinked++;
            }
            var loss = new Piecewise(slopes, heights);
            boolean verdict = SurrogateLoss.convex(loss::at).calibrated();
            double right = (loss.at(1e-3) - loss.at(0)) / 1e-3, left = (loss.at(0) - loss.at(-1e-3)) / 1e-3;
            if (verdict == (Math.abs(right - left) < 1e-9 && right < 0)) agreeDefinition++;
            boolean forced = true;
            for (int i = 1; i <= 200; i++) for (int side = -1; side <= 1; side += 2) {
                double eta = 0.5 + side * i / 400.0;
                forced &= loss.least(eta, -side) - loss.least(eta, 0) > 1e-12;
            }
            if (verdict == forced) agreeForce++;
            if (SurrogateLoss.of(loss::at).calibrated() == forced) agreeSearch++; // by its own minima, not by the slopes
            if (verdict) calibrated++;
        }
        Evidence.of("losses with a kink at 0", kinked, exactly(50));
        Evidence.of("verdicts of 200 that are the slope's", agreeDefinition, exactly(200));
        Evidence.of("verdicts of 200 that are brute force's", agreeForce, exactly(200));
        Evidence.of("the same of 200 verdicts by search, as for a loss that is not convex", agreeSearch, exactly(200));
        Evidence.of("calibrated", calibrated, above(50));
        Evidence.of("not, for another reason than a kink", 150 - calibrated, above(20));
        for (var known : KNOWN.values()) assertThat(known.loss.calibrated()).isTrue();
        assertThat(SurrogateLoss.RAMP.calibrated()).isTrue();
        assertThat(SurrogateLoss.of(m -> Math.max(0, -m)).calibrated()).isFalse();
    }

    @Test
    @Acceptance(topic = "surrogate-loss", clause = 3) void psiOfTheExcessErrorIsWithinTheExcessLoss() {
        var rng = Rng.of(3);
        KNOWN.forEach((name, known) -> {
            double worst = Double.NEGATIVE_INFINITY, nearest = worst;
            for (int draw = 0; draw < 500; draw++) {
                int atoms = 1 + rng.nextInt(6);
                double total = 0, excess = 0, loss = 0;
                double[] p = new double[atoms];
                for (int i = 0; i < atoms; i++) total += p[i] = 0.05 + rng.nextDouble();
                for (int i = 0; i < atoms; i++) {
                    double eta = rng.nextDouble(), score = draw % 2 == 0 ? 2 * rng.nextGaussian() : 0.05 * rng.nextGaussian();
                    boolean wrong = score > 0 != eta > 0.5;
                    if (wrong) excess += p[i] / total * Math.abs(2 * eta - 1);
                    loss += p[i] / total * (eta * known.loss.phi().applyAsDouble(score) + (1 - eta) * known.loss.phi().applyAsDouble(-score)
                            - known.optimal.applyAsDouble(eta));
                }
                double psi = known.loss.psi(excess);
                worst = Math.max(worst, psi - loss);
                if (psi > 0.01) nearest = Math.max(nearest, psi / loss);
            }
            Evidence.of(name + ": largest psi(excess error) less excess loss, 500 scorers", worst, atMost(1e-9));
            Evidence.of(name + ": largest ratio of the two", nearest, above(0.8));
        });
    }

    /** Minimises the expected loss at each atom by subgradient steps: what training on the whole distribution ends at. */
    private static double train(DoubleUnaryOperator phi, double eta, double start) {
        double score = start;
        for (int step = 1; step <= 20_000; step++) {
            double h = 1e-6;
            double slope = (eta * (phi.applyAsDouble(score + h) - phi.applyAsDouble(score - h))
                    + (1 - eta) * (phi.applyAsDouble(-score - h) - phi.applyAsDouble(-score + h))) / (2 * h);
            score -= slope / Math.sqrt(step);
        }
        return score;
    }

    @Test
    @Acceptance(topic = "surrogate-loss", clause = 4) void aLossThatIsNotCalibratedEndsAtTheWrongSign() {
        // Convex, with its slope at 0 of the wrong sign: made for margins about -1, as when labels were coded the other way round.
        DoubleUnaryOperator wrong = m -> (m + 0.5) * (m + 0.5);
        // A kink at 0 holds all scores of atoms with eta near 1/2 there, and 0 reads as yes.
        DoubleUnaryOperator kink = m -> Math.max(-m, -0.5 * m) + 0.5 * Math.max(0, m - 4) + 2;
        double[] eta = {0.4, 0.45, 0.9}, mass = {0.5, 0.3, 0.2};
        double wrongMass = 0, kinkMass = 0, logisticMass = 0, atKink = 0;
        for (int i = 0; i < 3; i++) {
            boolean yes = eta[i] > 0.5;
            double a = train(wrong, eta[i], 0.3), c = train(Special::logistic, eta[i], 0.3);
            double b = SurrogateLoss.convex(kink).minimizer(eta[i]);
            if (a > 0 != yes) wrongMass += mass[i];
            if (b >= 0 != yes) kinkMass += mass[i];
            if (c > 0 != yes) logisticMass += mass[i];
            if (eta[i] < 0.5) atKink = Math.max(atKink, Math.abs(b));
            assertThat(SurrogateLoss.convex(wrong).minimizer(eta[i])).isCloseTo(a, within(1e-3));
            assertThat(SurrogateLoss.LOGISTIC.minimizer(eta[i])).isCloseTo(c, within(1e-3));
        }
        assertThat(SurrogateLoss.convex(wrong).calibrated()).isFalse();
        assertThat(SurrogateLoss.convex(kink).calibrated()).isFalse();
        Evidence.of("mass on which a loss of rising slope ends at the wrong sign", wrongMass, atLeast(0.999));
        Evidence.of("mass on which a kinked loss does, 0 read as yes", kinkMass, atLeast(0.8));
        Evidence.of("its largest score there", atKink, below(1e-9));
        Evidence.of("mass on which logistic loss does", logisticMass, exactly(0));
    }

    private static final class Special {
        static double logistic(double m) { return Math.log1p(Math.exp(-m)); }
    }

    @Test
    @Acceptance(topic = "surrogate-loss", clause = 5) void minimisersAreTheKnownOnes() {
        KNOWN.forEach((name, known) -> {
            double worst = 0;
            for (int i = 1; i < 200; i++)
                if (i != 100 || !name.equals("hinge"))
                    worst = Math.max(worst, Math.abs(known.loss.minimizer(i / 200.0) - known.minimizer.applyAsDouble(i / 200.0)));
            Evidence.of(name + ": largest distance from its minimiser", worst, atMost(1e-5));
        });
    }

    @Test void badArguments() {
        assertThatThrownBy(() -> SurrogateLoss.HINGE.minimizer(1.2)).hasMessageContaining("eta is 1.2");
        assertThatThrownBy(() -> SurrogateLoss.HINGE.psi(2)).hasMessageContaining("psi of 2.0");
        assertThatThrownBy(() -> SurrogateLoss.HINGE.excessBound(-1)).hasMessageContaining("excess of -1.0");
        // At eta = 1 the exponential loss has no minimiser, but a least value.
        assertThat(SurrogateLoss.EXPONENTIAL.optimalRisk(1)).isLessThan(1e-20);
    }
}
