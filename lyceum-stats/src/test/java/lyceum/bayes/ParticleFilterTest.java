package lyceum.bayes;

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
import java.util.HashSet;
import lyceum.backend.Parallel;
import lyceum.bayes.StateSpaceModel.LookAhead;
import lyceum.bayes.StateSpaceModel.Guide;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ParticleFilterTest {
    /** {@code x' = f x + N(0, q)}, {@code y = h x + N(0, r)}, all numbers. */
    record Line(double f, double q, double h, double r, double m0, double p0) implements StateSpaceModel<double[]> {
        @Override public double[] start(Rng rng) { return new double[] {m0 + Math.sqrt(p0) * rng.nextGaussian()}; }

        @Override public double[] move(int t, double[] x, Rng rng) { return new double[] {f * x[0] + Math.sqrt(q) * rng.nextGaussian()}; }

        @Override public double logObservation(int t, double[] x, double[] y) { return log(y[0] - h * x[0], r); }

        @Override public double logTransition(int t, double[] before, double[] x) { return log(x[0] - f * before[0], q); }

        @Override public double logStart(double[] x) { return log(x[0] - m0, p0); }

        static double log(double z, double variance) { return -0.5 * (z * z / variance + Math.log(2 * Math.PI * variance)); }

        KalmanFilter exact() {
            double[][] move = {{f}}, noise = {{q}}, see = {{h}}, error = {{r}};
            return new KalmanFilter(GaussianBelief.of(new double[] {m0}, new double[][] {{p0}}),
                    new LinearGaussian(move, noise, see, error));
        }

        /** Not quite the best proposal: half way to the measurement. */
        Guide<double[]> proposal() {
            return new Guide<>() {
                @Override public double[] start(double[] y, Rng rng) {
                    return new double[] {centre(m0, y) + Math.sqrt(p0) * rng.nextGaussian()};
                }

                @Override public double logStart(double[] x, double[] y) { return log(x[0] - centre(m0, y), p0); }

                @Override public double[] move(int t, double[] b, double[] y, Rng rng) {
                    return new double[] {centre(f * b[0], y) + Math.sqrt(1.3 * q) * rng.nextGaussian()};
                }

                @Override public double logMove(int t, double[] b, double[] x, double[] y) {
                    return log(x[0] - centre(f * b[0], y), 1.3 * q);
                }

                private double centre(double m, double[] y) { return 0.5 * m + 0.5 * y[0] / h; }
            };
        }

        LookAhead<double[]> ahead() { return (t, b, y) -> log(y[0] - h * f * b[0], 2 * r + q); }
    }

    private static final Line[] LINES = {new Line(0.9, 1, 1, 0.5, 1, 2), new Line(1, 0.5, -0.7, 1, 0, 4), new Line(-0.6, 2, 2, 3, -1, 1)};

    private static ParticleRun<double[]> run(int kind, ParticleFilter filter, Line line, double[][] y, Rng rng) {
        return switch (kind) {
            case 0 -> filter.run(line, y, rng);
            case 1 -> filter.run(line, line.proposal(), y, rng);
            case 2 -> filter.run(line, null, line.ahead(), y, rng);
            default -> filter.run(line, line.proposal(), line.ahead(), y, rng);
        };
    }

    /** Average distance of the means from Kalman's, in posterior standard deviations. */
    private static double distance(ParticleRun<double[]> run, KalmanRun exact) {
        double sum = 0;
        for (int t = 0; t < run.length(); t++) {
            var belief = exact.filtered().get(t);
            sum += Math.abs(run.mean(t)[0] - belief.mean()[0]) / belief.standardDeviations()[0];
        }
        return sum / run.length();
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "particle-filter", clause = 1) void meansAndLikelihoodsAreKalmans() {
        String[] kinds = {"bootstrap", "guided", "auxiliary", "auxiliary and guided"};
        for (int kind = 0; kind < 4; kind++) {
            double distance = 0;
            int runs = 0;
            for (var line : LINES) for (var scheme : ResamplingScheme.values()) {
                double[][] y = line.exact().sample(Rng.of(10 + runs), 20).measurements();
                var exact = line.exact().filter(y);
                distance = Math.max(distance,
                        distance(run(kind, new ParticleFilter(5_000).withScheme(scheme), line, y, Rng.of(runs)), exact));
                runs++;
            }
            Evidence.of(kinds[kind] + ": models and schemes", runs, exactly(12));
            Evidence.of(kinds[kind] + ": largest average distance of means, posterior sd", distance, atMost(0.05));
            Evidence.of(kinds[kind] + ": mean likelihood ratio of 500 runs less 1, SE", ratio(kind, LINES[kind % 3], 100, 12), atMost(3));
        }
        Evidence.of("5,000 particles: mean likelihood ratio of 500 runs less 1, SE", ratio(0, LINES[0], 5_000, 4), atMost(3));
    }

    /** |mean - 1| of {@code estimate / p(y)} over 500 runs, in standard errors. */
    private static double ratio(int kind, Line line, int particles, int length) {
        double[][] y = line.exact().sample(Rng.of(77), length).measurements();
        double exact = line.exact().filter(y).logLikelihood(), sum = 0, squares = 0;
        for (int r = 0; r < 500; r++) {
            double ratio = Math.exp(run(kind, new ParticleFilter(particles), line, y, Rng.of(1_000 + r)).logLikelihood() - exact);
            sum += ratio;
            squares += ratio * ratio;
        }
        double mean = sum / 500, variance = (squares - 500 * mean * mean) / 499;
        assertThat(variance).isGreaterThan(1e-6);
        return Math.abs(mean - 1) / Math.sqrt(variance / 500);
    }

    @Test
    @Acceptance(topic = "particle-filter", clause = 2) void errorsFallLikeOneOverTheRoot() {
        double[] all = new double[3];
        for (int m = 0; m < 3; m++) {
            double[][] y = LINES[m].exact().sample(Rng.of(40 + m), 10).measurements();
            var exact = LINES[m].exact().filter(y).filtered();
            double sx = 0, sy = 0, sxx = 0, sxy = 0;
            int sizes = 0;
            for (int n = 50; n <= 3_200; n *= 2, sizes++) {
                double squares = 0;
                for (int r = 0; r < 80; r++) {
                    var run = new ParticleFilter(n).run(LINES[m], y, Rng.of(100 * n + r));
                    for (int t = 0; t < 10; t++) squares += Math.pow(run.mean(t)[0] - exact.get(t).mean()[0], 2);
                }
                double x = Math.log(n), v = 0.5 * Math.log(squares / 800);
                sx += x;
                sy += v;
                sxx += x * x;
                sxy += x * v;
            }
            all[m] = (sizes * sxy - sx * sy) / (sizes * sxx - sx * sx);
            Evidence.of("exponent of the RMSE, model " + m, all[m], between(-0.6, -0.4));
        }
    }

    @Test
    @Acceptance(topic = "particle-filter", clause = 3) void offspringAreExpectedAndSystematicVariesLeast() {
        double[] weights = {0.031, 0.22, 0.0874, 0.33, 0.1416, 0.19};
        int n = 10, runs = 40_000;
        double[][] variances = new double[4][6];
        double mean = 0, spread = 0;
        for (var scheme : ResamplingScheme.values()) {
            double[] sum = new double[6], squares = new double[6];
            for (int r = 0; r < runs; r++) {
                var counts = new int[6];
                int[] drawn = scheme.draw(weights, n, Rng.of(31).split(scheme.ordinal()).split(r));
                for (int i : drawn) counts[i]++;
                for (int i = 0; i < 6; i++) {
                    sum[i] += counts[i];
                    squares[i] += (double) counts[i] * counts[i];
                }
            }
            for (int i = 0; i < 6; i++) {
                double m = sum[i] / runs, v = squares[i] / runs - m * m, expected = n * weights[i], f = expected - Math.floor(expected);
                variances[scheme.ordinal()][i] = v;
                mean = Math.max(mean, Math.abs(m - expected) / Math.sqrt(v / runs));
                if (scheme != ResamplingScheme.SYSTEMATIC) continue;
                // A count of two values: the squared deviation's own variance is s (1 - 4 s), s = f (1 - f)
                double s = f * (1 - f);
                spread = Math.max(spread, Math.abs(v - s) / Math.sqrt(s * (1 - 4 * s) / runs));
            }
        }
        Evidence.of("largest gap of mean offspring of 24, SE", mean, atMost(3));
        Evidence.of("largest gap of systematic variances from f (1 - f), SE", spread, atMost(3));
        double below = Double.POSITIVE_INFINITY;
        for (int other = 0; other < 3; other++) for (int i = 0; i < 6; i++) below = Math.min(below, variances[other][i] / variances[3][i]);
        Evidence.of("least variance of another scheme over systematic's", below, atLeast(0.97));
        // where n w is whole, systematic never varies
        for (int r = 0; r < 100; r++)
            assertThat(ResamplingScheme.SYSTEMATIC.draw(new double[] {1, 0, 2, 1}, 8, Rng.of(r))).containsExactly(0, 0, 2, 2, 2, 2, 3, 3);
        assertThatThrownBy(() -> ResamplingScheme.RESIDUAL.draw(new double[] {0, 0}, 3, Rng.of(1))).hasMessageContaining("sum to 0");
    }

    @Test
    @Acceptance(topic = "particle-filter", clause = 4) void withoutResamplingTheSizeCollapses() {
        double most = 0, kept = 1;
        for (int m = 0; m < 3; m++) for (int seed = 0; seed < 5; seed++) {
            double[][] y = LINES[m].exact().sample(Rng.of(seed), 51).measurements();
            var never = new ParticleFilter(1_000).withThreshold(0).run(LINES[m], y, Rng.of(500 + seed));
            var half = new ParticleFilter(1_000).run(LINES[m], y, Rng.of(500 + seed));
            most = Math.max(most, never.step(50).effectiveSize() / 1_000);
            double mean = 0;
            for (int t = 0; t < 51; t++) mean += half.step(t).effectiveSize() / 51_000;
            kept = Math.min(kept, mean);
        }
        Evidence.of("largest effective share at t = 50", most, below(0.05));
        Evidence.of("with resampling, least mean effective share", kept, above(0.3));
    }

    /** {@code x' = x / 2 + 25 x / (1 + x^2) + 8 cos 1.2 t + N(0, 10)}, {@code y = x^2 / 20 + N(0, 1)}, from x = 0.1 as in the paper. */
    private static final StateSpaceModel<double[]> GORDON = new StateSpaceModel<>() {
        @Override public double[] start(Rng rng) { return new double[] {0.1 + Math.sqrt(2) * rng.nextGaussian()}; }

        @Override public double[] move(int t, double[] x, Rng rng) {
            return new double[] {drift(t, x[0]) + Math.sqrt(10) * rng.nextGaussian()};
        }

        @Override public double logObservation(int t, double[] x, double[] y) { return Line.log(y[0] - x[0] * x[0] / 20, 1); }
    };

    private static double drift(int t, double x) { return x / 2 + 25 * x / (1 + x * x) + 8 * Math.cos(1.2 * t); }

    @Test
    @Acceptance(topic = "particle-filter", clause = 5) void onGordonsBenchmarkItBeatsTheExtendedFilter() {
        var start = GaussianBelief.of(new double[] {0.1}, new double[][] {{2}});
        var extended = NonlinearKalmanFilter.extended(start, (t, x) -> new double[] {drift(t + 1, x[0])},
                (t, x) -> new double[][] {{0.5 + 25 * (1 - x[0] * x[0]) / Math.pow(1 + x[0] * x[0], 2)}}, new double[][] {{10}},
                (t, x) -> new double[] {x[0] * x[0] / 20}, (t, x) -> new double[][] {{x[0] / 10}}, new double[][] {{1}});
        double particles = 0, tangent = 0;
        int wins = 0, series = 0;
        for (; series < 100; series++) {
            var rng = Rng.of(1_993).split(series);
            double[] x = GORDON.start(rng);
            double[][] truth = new double[50][], y = new double[50][];
            for (int t = 0; t < 50; t++) {
                truth[t] = x = t == 0 ? x : GORDON.move(t, x, rng);
                y[t] = new double[] {x[0] * x[0] / 20 + rng.nextGaussian()};
            }
            var run = new ParticleFilter(500).run(GORDON, y, rng.split(7));
            var linear = extended.filter(y).corrections();
            double a = 0, b = 0;
            for (int t = 0; t < 50; t++) {
                a += Math.pow(run.mean(t)[0] - truth[t][0], 2);
                b += Math.pow(linear.get(t).belief().mean()[0] - truth[t][0], 2);
            }
            particles += a;
            tangent += b;
            if (a < b) wins++;
        }
        double rmse = Math.sqrt(particles / 5_000), other = Math.sqrt(tangent / 5_000);
        Evidence.of("RMSE of the particles", rmse, between(3, 6));
        Evidence.of("over the extended filter's", rmse / other, below(0.5));
        Evidence.of("series of 100 on which it is lower", wins, atLeast(95));
    }

    /** Prints a hash of every bit of a run, and how many threads moved particles. */
    static final class Bits {
        public static void main(String[] args) { System.out.println("bits " + bits()); }
    }

    private static long bits() {
        double[][] y = LINES[0].exact().sample(Rng.of(6), 15).measurements();
        long hash = 0;
        for (int kind = 0; kind < 4; kind++) for (var scheme : ResamplingScheme.values()) {
            var run = run(kind, new ParticleFilter(3_000).withScheme(scheme), LINES[0], y, Rng.of(9));
            hash = 31 * hash + Double.doubleToLongBits(run.logLikelihood());
            for (var x : run.step(14).particles()) hash = 31 * hash + Double.doubleToLongBits(x[0]);
        }
        return hash;
    }

    @Test
    @Acceptance(topic = "particle-filter", clause = 6) void theSameSeedGivesTheSameBitsOnAnyNumberOfThreads() {
        var found = new HashSet<Long>();
        found.add(bits());
        Parallel.sequentially(() -> found.add(bits()));
        int runs = 2;
        for (int threads : new int[] {1, 2, 5}) {
            var run = ForkedJvm.of(Bits.class).withFlags("-Dlyceum.threads=" + threads).run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            found.add(Long.parseLong(run.output().replaceAll("(?s).*bits (-?\\d+).*", "$1")));
            runs++;
        }
        Evidence.of("runs of 1, 2 and 5 threads", runs, exactly(5));
        Evidence.of("different results", found.size(), exactly(1));
    }

    @Test void smoothingLooksBack() {
        var line = LINES[0];
        double[][] y = line.exact().sample(Rng.of(3), 12).measurements();
        var exact = line.exact().filter(y).smooth().beliefs();
        var filtered = line.exact().filter(y).filtered();
        var run = new ParticleFilter(4_000).run(line, y, Rng.of(4));
        var paths = run.smoothedPaths(300, Rng.of(5));
        double lag = 0, forward = 0, back = 0;
        for (int t = 0; t < 12; t++) {
            double sd = exact.get(t).standardDeviations()[0], m = exact.get(t).mean()[0], mean = 0, square = 0;
            for (var p : paths) {
                mean += p.get(t)[0] / 300;
                square += p.get(t)[0] * p.get(t)[0] / 300;
            }
            lag += Math.abs(run.fixedLag(t, 4)[0] - m) / sd / 12;
            forward += Math.abs(filtered.get(t).mean()[0] - m) / sd / 12;
            back += Math.abs(mean - m) / sd / 12;
            assertThat(Math.sqrt(square - mean * mean) / sd).isBetween(0.8, 1.2);
        }
        assertThat(forward).isGreaterThan(0.2);
        assertThat(lag).isLessThan(0.06);
        assertThat(back).isLessThan(0.1);
        assertThatThrownBy(() -> new ParticleFilter(10).run(GORDON, y, Rng.of(1)).smoothedPaths(1, Rng.of(1)))
                .hasMessageContaining("override");
    }

    @Test void aPartThatIsLinearIsFiltered() {
        // A level whose measurements are bad one time in five; exact by running through all 2^9 patterns
        double[][] y = HiddenMarkovModel.series(0.1, 0.4, 9, 0.9, -0.2, -7, 0.3, 1.1, 0.8);
        double evidence = 0, level = 0;
        for (int code = 0; code < 512; code++) {
            int pattern = code;
            var steps = new LinearGaussian[9];
            for (int t = 0; t < 9; t++) steps[t] = LinearGaussian.localLevel(0.1, (pattern >> t & 1) == 1 ? 50 : 0.5);
            var run = new KalmanFilter(GaussianBelief.of(new double[1], new double[][] {{1}}), t -> steps[t]).filter(y);
            double p = Math.pow(0.2, Integer.bitCount(code)) * Math.pow(0.8, 9 - Integer.bitCount(code)) * Math.exp(run.logLikelihood());
            evidence += p;
            level += p * run.filtered().getLast().mean()[0];
        }
        var model = new RaoBlackwellizedModel<Boolean>(y) {
            @Override protected Boolean start(Rng rng) { return rng.nextDouble() < 0.2; }

            @Override protected Boolean moved(int t, Boolean before, Rng rng) { return rng.nextDouble() < 0.2; }

            @Override protected GaussianBelief belief(Boolean first) { return GaussianBelief.of(new double[1], new double[][] {{1}}); }

            @Override protected LinearGaussian step(int t, Boolean bad) { return LinearGaussian.localLevel(0.1, bad ? 50 : 0.5); }
        };
        var run = new ParticleFilter(4_000).run(model.asModel(), y, Rng.of(2));
        assertThat(Math.exp(run.logLikelihood()) / evidence).isCloseTo(1, within(0.12));
        assertThat(run.mean(8)[0]).isCloseTo(level / evidence, within(0.02));
    }

    @Test void temperingFindsBothModesAndTheEvidence() {
        var prior = new Normal(0, 5);
        // p(x | y) has modes near -3 and 3.5; the evidence by a sum on a fine grid
        double evidence = 0, positive = 0, h = 1e-3;
        for (double x = -40; x < 40; x += h) {
            double p = h * Math.exp(prior.logDensity(x) + likelihood(x));
            evidence += p;
            if (x > 0) positive += p;
        }
        var found = new TemperedSampler(4_000).run(rng -> new double[] {prior.sample(rng)}, x -> prior.logDensity(x[0]),
                x -> likelihood(x[0]), Rng.of(8));
        assertThat(found.logEvidence()).isCloseTo(Math.log(evidence), within(0.1));
        double share = Arrays.stream(found.particles()).filter(x -> x[0] > 0).count() / 4_000.0;
        assertThat(share).isCloseTo(positive / evidence, within(0.05));
        assertThat(found.temperatures().size()).isBetween(3, 12);
        assertThat(found.temperatures().getLast()).isEqualTo(1.0);
    }

    private static double likelihood(double x) { return new Normal(x * x - 0.5 * x, 0.3).logDensity(10.5); }

    @Test void errorsAndGaps() {
        var line = LINES[0];
        double[][] y = {{1}, null, {2}};
        var run = new ParticleFilter(20_000).run(line, y, Rng.of(1));
        var exact = line.exact().filter(new double[][] {{1}, {Double.NaN}, {2}});
        assertThat(run.step(1).logLikelihood()).isCloseTo(0, within(1e-12));
        assertThat(run.logLikelihood()).isCloseTo(exact.logLikelihood(), within(0.05));
        assertThat(run.mean(1)[0]).isCloseTo(exact.filtered().get(1).mean()[0], within(0.05));
        assertThat(run.expectation(2, x -> x[0] * x[0]))
                .isCloseTo(Math.pow(exact.filtered().get(2).mean()[0], 2) + exact.filtered().get(2).covariance()[0][0], within(0.08));
        // a sensor so good that e^-800 is all that is left: weights by logarithms still tell the nearest particle
        var sharp = new Line(1, 1, 1, 1e-8, 0, 1);
        assertThat(new ParticleFilter(50).run(sharp, new double[][] {{0.4}}, Rng.of(1)).step(0).effectiveSize()).isCloseTo(1, within(1e-3));
        assertThatThrownBy(() -> new ParticleFilter(10, 2, ResamplingScheme.RESIDUAL)).hasMessageContaining("between 0 and 1");
        assertThatThrownBy(() -> new ParticleFilter(10).run(line, new double[][] {{Double.POSITIVE_INFINITY}}, Rng.of(1)))
                .hasMessageContaining("impossible for every particle");
    }
}
