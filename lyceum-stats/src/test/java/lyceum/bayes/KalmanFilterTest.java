package lyceum.bayes;

import static lyceum.bayes.KalmanWorlds.bells;
import static lyceum.bayes.KalmanWorlds.covariance;
import static lyceum.bayes.KalmanWorlds.world;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.bayes.KalmanFilter.Form;
import lyceum.bayes.KalmanLearning.Part;
import lyceum.linalg.Cholesky;
import lyceum.prob.ChiSquare;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class KalmanFilterTest {
    private static final Golden GOLDEN = Golden.load("golden/kalman-filter.json");
    private static final double[][] CV = {{1, 1}, {0, 1}}, POSITION = {{1, 0}};

    private static void see(Gap gap, String where, GaussianBelief found, double[][] expected) {
        gap.see(where + " mean", found.mean(), expected[0]);
        for (int i = 0; i < found.dimensions(); i++)
            gap.see(where + " covariance", found.covariance()[i], Arrays.copyOf(expected[1 + i], found.dimensions()));
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 1) void theNileByMaximumLikelihood() {
        double[][] y = HiddenMarkovModel.series(GOLDEN.named("nile").doubles("input.flow"));
        var unknown = GaussianBelief.of(new double[] {0}, new double[][] {{1e9}});
        var fit = KalmanFilter.maximumLikelihood(v -> new KalmanFilter(unknown, LinearGaussian.localLevel(Math.exp(v[0]), Math.exp(v[1]))),
                new double[] {6, 8}, y);
        Evidence.of("years", y.length, exactly(100));
        Evidence.of("measurement variance over 15,099", Math.abs(Math.exp(fit.parameters()[1]) / 15_099 - 1), below(0.005));
        Evidence.of("level variance over 1,469", Math.abs(Math.exp(fit.parameters()[0]) / 1_469 - 1), below(0.005));
        assertThat(fit.converged()).isTrue();
        // EM climbs to the same place, slowly
        var learning = new KalmanLearning(new KalmanFilter(unknown, LinearGaussian.localLevel(3_000, 10_000)), EnumSet.of(Part.Q, Part.R),
                y);
        var em = new ExpectationMaximization(400, 1e-7, true).fit(learning, learning.start());
        assertThat(em.objective()).isCloseTo(fit.logLikelihood(), within(1e-4));
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 2) void everythingEqualsConditioningTheJointNormal() {
        var rng = Rng.of(1960);
        Gap filtered = Gap.relativeBeyondOne(), predicted = Gap.relativeBeyondOne(), smoothed = Gap.relativeBeyondOne(),
                lagged = Gap.relativeBeyondOne(), likelihood = Gap.relativeBeyondOne();
        int systems = 0, gaps = 0;
        for (; systems < 100; systems++) {
            var w = world(rng, systems, 6);
            var joint = new KalmanWorlds.Joint(w);
            int[] seen = joint.seen(w.y(), 6);
            gaps += 6 * joint.p - seen.length;
            double expected = seen.length == 0 ? 0
                    : new MultivariateNormal(Arrays.stream(seen).mapToDouble(i -> joint.mean[i]).toArray(), joint.pick(seen, seen))
                            .logDensity(Arrays.stream(w.y()).flatMapToDouble(Arrays::stream).filter(v -> !Double.isNaN(v)).toArray());
            for (var form : Form.values()) {
                var run = w.filter().withForm(form).filter(w.y(), w.controls());
                likelihood.see("system " + systems, run.logLikelihood(), expected);
                var back = run.smooth();
                for (int t = 0; t < 6; t++) {
                    String where = "system " + systems + ", step " + t + " " + form;
                    see(predicted, where, run.predicted().get(t), joint.given(joint.states(t, t + 1), w.y(), t));
                    see(filtered, where, run.filtered().get(t), joint.given(joint.states(t, t + 1), w.y(), t + 1));
                    see(smoothed, where, back.beliefs().get(t), joint.given(joint.states(t, t + 1), w.y(), 6));
                    if (t == 5) continue;
                    double[][] pair = joint.given(joint.states(t, t + 2), w.y(), 6);
                    for (int i = 0; i < joint.d; i++)
                        lagged.see(where, back.lagged().get(t)[i], Arrays.copyOf(pair[1 + joint.d + i], joint.d));
                }
            }
        }
        Evidence.of("systems", systems, exactly(100));
        Evidence.of("entries not measured", gaps, atLeast(150));
        Evidence.of("log-likelihood", likelihood.worst(), below(1e-9));
        Evidence.of("predicted", predicted.worst(), below(1e-9));
        Evidence.of("filtered", filtered.worst(), below(1e-9));
        Evidence.of("smoothed", smoothed.worst(), below(1e-9));
        Evidence.of("lagged", lagged.worst(), below(1e-9));
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 2) void everythingEqualsStatsmodels() {
        Gap filtered = Gap.relativeBeyondOne(), smoothed = Gap.relativeBeyondOne(), likelihood = Gap.relativeBeyondOne();
        int systems = 0;
        for (var c : GOLDEN.cases("system")) {
            int n = c.list("input.f").size(), d = c.doubles("input.mean").length;
            var steps = new LinearGaussian[n];
            double[][] y = c.matrix("input.y");
            int p = y[0].length;
            for (int t = 0; t < n; t++)
                steps[t] = new LinearGaussian(square(c.matrix("input.f")[t], d), square(c.matrix("input.q")[t], d),
                        square(c.matrix("input.h")[t], d), square(c.matrix("input.r")[t], p));
            var filter = new KalmanFilter(GaussianBelief.of(c.doubles("input.mean"), c.matrix("input.covariance")),
                    t -> steps[n == 1 ? 0 : t]);
            for (var form : Form.values()) {
                var run = filter.withForm(form).filter(y);
                var back = run.smooth().beliefs();
                likelihood.see(c, "expected.logLikelihood", run.logLikelihood());
                filtered.see(c, "expected.filtered", run.filtered().stream().flatMapToDouble(b -> Arrays.stream(b.mean())).toArray());
                filtered.see(c, "expected.filteredCovariance", covariances(run.filtered()));
                smoothed.see(c, "expected.smoothed", back.stream().flatMapToDouble(b -> Arrays.stream(b.mean())).toArray());
                smoothed.see(c, "expected.smoothedCovariance", covariances(back));
            }
            systems++;
        }
        Evidence.of("systems", systems, exactly(6));
        Evidence.of("log-likelihood", likelihood.worst(), below(1e-9));
        Evidence.of("filtered", filtered.worst(), below(1e-9));
        Evidence.of("smoothed", smoothed.worst(), below(1e-9));
    }

    private static double[][] square(double[] flat, int columns) { return Tensor.of(flat, flat.length / columns, columns).toRows(); }

    private static double[] covariances(List<GaussianBelief> beliefs) {
        return beliefs.stream().flatMap(b -> Arrays.stream(b.covariance())).flatMapToDouble(Arrays::stream).toArray();
    }

    /** A precise sensor of what moves wildly: the prediction is 10^9 times less certain than the measurement. */
    @Test
    @Acceptance(topic = "kalman-filter", clause = 3) void covariancesStayPositiveOverAMillionSteps() {
        var even = new LinearGaussian(CV, new double[][] {{1e8, 5e7}, {5e7, 1e8}}, POSITION, new double[][] {{1e-10}});
        var odd = new LinearGaussian(new double[][] {{1, 0.5}, {-0.3, 0.9}}, new double[][] {{1e8, 0}, {0, 1e-4}}, new double[][] {{1, 1}},
                new double[][] {{1e-10}});
        double[] y = {0.3};
        for (var form : Form.values()) {
            var filter = new KalmanFilter(GaussianBelief.of(new double[2], new double[][] {{1e10, 0}, {0, 1e10}}),
                    t -> t % 2 == 0 ? even : odd).withForm(form);
            var belief = filter.start();
            double least = Double.POSITIVE_INFINITY, seen = 0;
            int steps = 0;
            for (; steps < 1_000_000; steps++) {
                var corrected = filter.correct(belief, steps, y).belief();
                belief = filter.predict(corrected, steps);
                for (var b : List.of(corrected, belief)) {
                    double[][] p = b.p();
                    assertThat(p[0][1]).isEqualTo(p[1][0]);
                    // smallest eigenvalue of the correlations, whatever the units: 1 - |rho|, and no variance at or below 0
                    double product = p[0][0] * p[1][1];
                    least = Math.min(least, p[0][0] > 0 && p[1][1] > 0 ? 1 - Math.abs(p[0][1]) / Math.sqrt(product) : -1);
                }
                // what was measured, H x, is known at least as well as the sensor measures it
                double[][] p = corrected.p(), h = steps % 2 == 0 ? POSITION : new double[][] {{1, 1}};
                if (steps % 2 == 0) seen = Math.max(seen, p[0][0] / 1e-10);
                assertThat(h[0][0] * h[0][0] * p[0][0] + 2 * h[0][1] * p[0][1] + h[0][1] * p[1][1]).isGreaterThanOrEqualTo(-1e-7 * p[1][1]);
            }
            Evidence.of(form + ": steps", steps, exactly(1_000_000));
            Evidence.of(form + ": least eigenvalue of the correlations", least, atLeast(-1e-13));
            Evidence.of(form + ": variance of what was measured over the sensor's", seen, atMost(1 + 1e-5));
        }
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 4) void theSteadyGainIsScipys() {
        Gap covariance = Gap.overLargest(), gain = Gap.overLargest(), reached = Gap.overLargest();
        int systems = 0;
        for (var c : GOLDEN.cases("steady")) {
            var step = new LinearGaussian(c.matrix("input.f"), c.matrix("input.q"), c.matrix("input.h"), c.matrix("input.r"));
            var steady = KalmanFilter.steadyState(step);
            covariance.see(c, "expected.covariance", flat(steady.predicted()));
            gain.see(c, "expected.gain", flat(steady.gain()));
            // and the filter goes there
            var filter = new KalmanFilter(GaussianBelief.of(new double[step.states()], covariance(Rng.of(1), step.states(), step.states())),
                    step);
            var corrections = filter.filter(bells(Rng.of(2), 400, step.measurements(), 1)).corrections();
            reached.see(c.text("name"), flat(corrections.getLast().gain()), flat(steady.gain()));
            reached.see(c.text("name"), flat(corrections.getLast().belief().covariance()), flat(steady.filtered()));
            systems++;
        }
        Evidence.of("systems", systems, exactly(6));
        Evidence.of("covariance", covariance.worst(), below(1e-10));
        Evidence.of("gain", gain.worst(), below(1e-10));
        Evidence.of("where 400 steps lead", reached.worst(), below(1e-10));
        double[][] one = {{1}}, two = {{2}}, none = {{0}};
        assertThatThrownBy(() -> KalmanFilter.steadyState(new LinearGaussian(two, one, none, one)))
                .isInstanceOf(ConvergenceException.class);
        // P = 0 does not change, but a filter that begins with any doubt goes to P = 3
        assertThatThrownBy(() -> KalmanFilter.steadyState(new LinearGaussian(two, none, one, one))).hasMessageContaining("noise in Q");
        assertThat(KalmanFilter.steadyState(new LinearGaussian(one, none, one, one)).gain()[0][0]).isZero();
        assertThat(KalmanFilter.steadyState(new LinearGaussian(two, new double[][] {{1e-9}}, one, one)).predicted()[0][0]).isCloseTo(3,
                within(1e-8));
    }

    private static double[] flat(double[][] a) { return Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray(); }

    /** p values: squared distances as chi-square (both tails), and Ljung-Box with 20 lags of each standardised innovation. */
    private static double leastP(KalmanRun run) {
        double squares = 0, freedom = 0, least = 1;
        for (var c : run.corrections()) {
            squares += c.squaredDistance();
            freedom += c.seen();
        }
        var chi = new ChiSquare(freedom);
        least = Math.min(least, 2 * Math.min(chi.cdf(squares), chi.survival(squares)));
        double[][] z = run.standardisedInnovations();
        for (int i = 0; i < z[0].length; i++) {
            double n = z.length, box = 0, c0 = 0;
            for (int t = 0; t < z.length; t++) c0 += z[t][i] * z[t][i];
            for (int lag = 1; lag <= 20; lag++) {
                double c = 0;
                for (int t = lag; t < z.length; t++) c += z[t][i] * z[t - lag][i];
                box += n * (n + 2) * c / c0 * (c / c0) / (n - lag);
            }
            least = Math.min(least, new ChiSquare(20).survival(box));
        }
        return least;
    }

    /** Sums over a run: squared distances, their number, Ljung-Box of {@code L^-1 v}, whose entries are independent, and its lags. */
    private static double[] sums(KalmanRun run) {
        double[] sums = new double[4];
        int n = run.length(), p = run.corrections().getFirst().innovation().length;
        var z = new double[n][];
        for (int t = 0; t < n; t++) {
            var c = run.corrections().get(t);
            z[t] = c.innovation().clone();
            double[][] l = Cholesky.of(Tensor.of(c.covariance())).lower().toRows();
            for (int i = 0; i < p; i++) {
                for (int k = 0; k < i; k++) z[t][i] -= l[i][k] * z[t][k];
                z[t][i] /= l[i][i];
                sums[0] += z[t][i] * z[t][i];
            }
        }
        sums[1] = (double) n * p;
        for (int i = 0; i < p; i++) {
            double c0 = 0;
            for (int t = 0; t < n; t++) c0 += z[t][i] * z[t][i];
            for (int lag = 1; lag <= 20; lag++, sums[3]++) {
                double c = 0;
                for (int t = lag; t < n; t++) c += z[t][i] * z[t - lag][i];
                sums[2] += n * (n + 2.0) * (c / c0) * (c / c0) / (n - lag);
            }
        }
        return sums;
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 5) void innovationsAreWhiteAndChiSquare() {
        double[][] q = {{0.4, 0.1}, {0.1, 0.3}}, both = {{1, 0}, {0.3, 1}}, r = {{2, 0.5}, {0.5, 1}};
        var systems = List.of(new LinearGaussian(CV, new double[][] {{0.3, 0.2}, {0.2, 0.3}}, POSITION, new double[][] {{2}}),
                new LinearGaussian(new double[][] {{0.9, 0.3}, {-0.4, 0.7}}, q, both, r), LinearGaussian.localLevel(1_469, 15_099));
        double least = 1, wrong = 0;
        double[] all = new double[4];
        int tests = 0;
        for (int s = 0; s < systems.size(); s++) {
            var step = systems.get(s);
            int d = step.states();
            var truth = new KalmanFilter(GaussianBelief.of(new double[d], covariance(Rng.of(3), d, d)), step);
            double[][] y = truth.sample(Rng.of(80 + s), 4_000).measurements();
            var run = truth.filter(y);
            double[] sums = sums(run);
            for (int k = 0; k < 4; k++) all[k] += sums[k];
            least = Math.min(least, leastP(run));
            tests += 1 + step.measurements();
            // the same series through a filter that takes the measurement's noise to be half of what it is
            double[][] half = step.observationNoise();
            for (var row : half) for (int j = 0; j < row.length; j++) row[j] *= 0.5;
            var mistaken = new KalmanFilter(truth.start(),
                    new LinearGaussian(step.transition(), step.transitionNoise(), step.observation(), half));
            wrong = Math.max(wrong, leastP(mistaken.filter(y)));
        }
        Evidence.of("tests", tests, exactly(7));
        var chi = new ChiSquare(all[1]);
        Evidence.of("p of all squared distances together", 2 * Math.min(chi.cdf(all[0]), chi.survival(all[0])), above(0.01));
        Evidence.of("p of all Ljung-Box sums together", new ChiSquare(all[3]).survival(all[2]), above(0.01));
        Evidence.of("least p of them all, times their number", least * tests, above(0.01));
        Evidence.of("greatest p with half the noise", wrong, below(1e-6));
    }

    @Test
    @Acceptance(topic = "kalman-filter", clause = 6) void onLinearModelsTheUnscentedFilterIsKalmans() {
        var rng = Rng.of(2004);
        Gap unscented = Gap.relativeBeyondOne(), extended = Gap.relativeBeyondOne(), likelihood = Gap.relativeBeyondOne();
        int models = 0;
        for (; models < 60; models++) {
            var w = world(rng, 2 * models, 12);
            var step = w.steps()[0];
            double[][] f = step.transition(), h = step.observation();
            var expected = new KalmanFilter(w.start(), step).filter(w.y());
            var spread = switch (models % 3) {
                case 0 -> new NonlinearKalmanFilter.Spread();
                case 1 -> new NonlinearKalmanFilter.Spread(0.1, 2, 0);
                default -> new NonlinearKalmanFilter.Spread(1, 0, 3 - f.length);
            };
            var ukf = NonlinearKalmanFilter.unscented(w.start(), (t, x) -> times(f, x), step.transitionNoise(), (t, x) -> times(h, x),
                    step.observationNoise(), spread).filter(w.y());
            var ekf = NonlinearKalmanFilter.extended(w.start(), (t, x) -> times(f, x), (t, x) -> f, step.transitionNoise(),
                    (t, x) -> times(h, x), (t, x) -> h, step.observationNoise()).filter(w.y());
            likelihood.see("" + models, ukf.logLikelihood(), expected.logLikelihood());
            likelihood.see("" + models, ekf.logLikelihood(), expected.logLikelihood());
            for (int t = 0; t < 12; t++) for (boolean first : new boolean[] {true, false}) {
                var want = first ? expected.predicted().get(t) : expected.filtered().get(t);
                var a = first ? ukf.predicted().get(t) : ukf.corrections().get(t).belief();
                var b = first ? ekf.predicted().get(t) : ekf.corrections().get(t).belief();
                unscented.see("mean", a.mean(), want.mean());
                unscented.see("covariance", flat(a.covariance()), flat(want.covariance()));
                extended.see("mean", b.mean(), want.mean());
                extended.see("covariance", flat(b.covariance()), flat(want.covariance()));
                if (!first) unscented.see("gain", flat(ukf.corrections().get(t).gain()), flat(expected.corrections().get(t).gain()));
            }
        }
        Evidence.of("models", models, exactly(60));
        Evidence.of("unscented", unscented.worst(), below(1e-8));
        Evidence.of("extended", extended.worst(), below(1e-8));
        Evidence.of("log-likelihoods", likelihood.worst(), below(1e-8));
    }

    private static double[] times(double[][] a, double[] x) {
        var y = new double[a.length];
        for (int i = 0; i < y.length; i++) for (int j = 0; j < x.length; j++) y[i] += a[i][j] * x[j];
        return y;
    }

    @Test void curvedFunctionsUnscented() {
        // y = x^2 of x ~ N(m, P): the cloud's mean is m^2 + P and its variance 4 m^2 P + 2 P^2, both exact in one dimension with kappa 2
        var start = GaussianBelief.of(new double[] {1.5}, new double[][] {{0.8}});
        var ukf = NonlinearKalmanFilter.unscented(start, (t, x) -> new double[] {x[0] * x[0]}, new double[][] {{0}},
                (t, x) -> new double[] {x[0] * x[0]}, new double[][] {{0.1}}, new NonlinearKalmanFilter.Spread(1, 0, 2));
        var moved = ukf.predict(start, 0);
        assertThat(moved.mean()[0]).isCloseTo(1.5 * 1.5 + 0.8, within(1e-12));
        assertThat(moved.covariance()[0][0]).isCloseTo(4 * 2.25 * 0.8 + 2 * 0.64, within(1e-12));
        var seen = ukf.correct(start, 0, 4);
        assertThat(seen.innovation()[0]).isCloseTo(4 - 3.05, within(1e-12));
        assertThat(seen.gain()[0][0]).isCloseTo(2 * 1.5 * 0.8 / (4 * 2.25 * 0.8 + 1.28 + 0.1), within(1e-12));
        // the tangent misses the curvature
        var ekf = NonlinearKalmanFilter.extended(start, (t, x) -> new double[] {x[0] * x[0]}, (t, x) -> new double[][] {{2 * x[0]}},
                new double[][] {{0}}, (t, x) -> x, (t, x) -> new double[][] {{1}}, new double[][] {{1}});
        assertThat(ekf.predict(start, 0).mean()[0]).isEqualTo(2.25);
        assertThat(ekf.predict(start, 0).covariance()[0][0]).isCloseTo(9 * 0.8, within(1e-12));
    }

    @Test void learningClimbsWithGapsAndFindsTheMatrices() {
        var rng = Rng.of(82);
        double[][] f = {{0.9, 0.2}, {-0.3, 0.7}}, q = {{0.5, 0.1}, {0.1, 0.4}}, h = {{1, 0}, {0, 1}, {1, 1}},
                r = {{1, 0.4, 0}, {0.4, 1, 0.2}, {0, 0.2, 0.5}};
        var truth = new KalmanFilter(GaussianBelief.of(new double[2], new double[][] {{1, 0}, {0, 1}}), new LinearGaussian(f, q, h, r));
        double[][] y = truth.sample(rng, 1_500).measurements(), z = truth.sample(rng, 500).measurements();
        for (int t = 0; t < y.length; t += 3) y[t][t % 3] = Double.NaN;
        for (int t = 1; t < y.length; t += 7) y[t][(t + 1) % 3] = Double.NaN;
        Arrays.fill(z[9], Double.NaN);
        var begin = new KalmanFilter(GaussianBelief.of(new double[] {1, 1}, new double[][] {{2, 0}, {0, 2}}), new LinearGaussian(
                new double[][] {{0.5, 0}, {0, 0.5}}, new double[][] {{1, 0}, {0, 1}}, h, new double[][] {{2, 0, 0}, {0, 2, 0}, {0, 0, 2}}));
        var learning = new KalmanLearning(begin, EnumSet.of(Part.F, Part.Q, Part.R), y, z);
        var fit = new ExpectationMaximization(60, 1e-5, false).fit(learning, learning.start());
        for (int i = 1; i < fit.path().size(); i++) assertThat(fit.path().get(i)).isGreaterThan(fit.path().get(i - 1) - 1e-8);
        var found = learning.model(fit.theta()).step(0);
        Gap gap = Gap.absolute();
        gap.see("F", flat(found.transition()), flat(f));
        gap.see("Q", flat(found.transitionNoise()), flat(q));
        gap.see("R", flat(found.observationNoise()), flat(r));
        assertThat(gap.worst()).isBetween(1e-3, 0.2);
        var all = new KalmanLearning(begin, EnumSet.allOf(Part.class), z);
        double[] a = all.start(), b = all.maximisation(all.expectation(a, 0, 1));
        assertThat(all.bound(a, a)).isCloseTo(all.objective(a), within(1e-9));
        assertThat(all.bound(b, a)).isBetween(all.objective(a), all.objective(b));
        assertThat(all.objective(b)).isGreaterThan(all.objective(a));
    }

    @Test void errorsSayWhat() {
        var level = LinearGaussian.localLevel(1, 1);
        var filter = new KalmanFilter(GaussianBelief.of(new double[1], new double[][] {{1}}), level);
        assertThatThrownBy(() -> filter.correct(filter.start(), 0, 1, 2)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> filter.predict(filter.start(), 0, 1)).hasMessageContaining("no B");
        assertThatThrownBy(() -> filter.filter(new double[0][])).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> LinearGaussian.localLevel(-1, 1)).hasMessageContaining("none is negative");
        assertThatThrownBy(() -> GaussianBelief.of(new double[2], new double[][] {{1, 0.5}, {0, 1}})).hasMessageContaining("not symmetric");
        var certain = new KalmanFilter(GaussianBelief.of(new double[1], new double[][] {{0}}), LinearGaussian.localLevel(0, 0));
        for (var form : Form.values())
            assertThatThrownBy(() -> certain.withForm(form).correct(certain.start(), 0, 1)).hasMessageContaining("certain before");
        var nothing = filter.correct(filter.start(), 0, Double.NaN);
        assertThat(nothing.belief()).isSameAs(filter.start());
        assertThat(filter.filter(HiddenMarkovModel.series(1, Double.NaN)).standardisedInnovations()[1][0]).isNaN();
    }
}
