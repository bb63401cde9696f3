package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.stats.LogLikelihood;
import lyceum.stats.MaximumLikelihood;
import lyceum.stats.Transform;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class PoissonProcessTest {
    @Test
    @Acceptance(topic = "poisson-exponential", clause = 1) void massesEqualFortyDigitsAndTheRestSciPy() {
        Gap exact = Gap.relative(), scipy = Gap.relative();
        int quantiles = 0;
        for (var c : Golden.load("golden/poisson-exponential.json").list("cases")) {
            String name = c.text("name");
            boolean counts = name.startsWith("poisson");
            UnivariateDistribution d = counts ? new Poisson(c.number("input.rate")) : new Exponential(c.number("input.rate"));
            double[] x = c.doubles(counts ? "input.k" : "input.x"), density = c.doubles(counts ? "expected.pmf" : "expected.pdf");
            double[] cdf = c.doubles("expected.cdf"), survival = c.doubles("expected.survival"), p = c.doubles("input.p"),
                    quantile = c.doubles("expected.quantile");
            for (int i = 0; i < x.length; i++) {
                exact.see(name + " density at " + x[i], d.density(x[i]), density[i]);
                if (counts) exact.see(name + " cdf at " + x[i], d.cdf(x[i]), c.doubles("expected.exactCdf")[i]);
                scipy.see(name + " cdf at " + x[i], d.cdf(x[i]), cdf[i]);
                (counts ? exact : scipy).see(name + " survival at " + x[i], d.survival(x[i]), survival[i]);
            }
            for (int i = 0; i < p.length; i++) {
                if (counts && ++quantiles > 0) assertThat(d.quantile(p[i])).as(name + " quantile of " + p[i]).isEqualTo(quantile[i]);
                else scipy.see(name + " quantile of " + p[i], d.quantile(p[i]), quantile[i]);
            }
        }
        Evidence.of("values compared with 40 digits", exact.seen(), atLeast(100));
        Evidence.of("masses, densities, cdfs and survivals, relative", exact, below(1e-12));
        Evidence.of("Poisson quantiles, all SciPy's", quantiles, exactly(63));
        Evidence.of("cdfs and exponential quantiles against SciPy's, relative", scipy, below(1e-12));
    }

    private static final DoubleUnaryOperator WAVE = t -> 4 + 3 * Math.sin(t);

    /** The expected number until t, by hand. */
    private static double wave(double t) { return 4 * t + 3 * (1 - Math.cos(t)); }

    @Test
    @Acceptance(topic = "poisson-exponential", clause = 2) void countsArePoissonAndGapsExponential() {
        double counts = 1, gaps = 1;
        int spans = 40_000;
        var processes = new PoissonProcess[] {new PoissonProcess(0.6), new PoissonProcess(4), new PoissonProcess(25),
                new PoissonProcess(WAVE, 7)};
        for (int k = 0; k < processes.length; k++) {
            boolean changing = k == 3;
            double span = changing ? 2 * Math.PI : 1, rate = changing ? 8 * Math.PI : new double[] {0.6, 4, 25}[k];
            double[] times = processes[k].sample(Rng.of(516 + k), spans * span);
            assertThat(processes[k].count(0, span).rate()).isCloseTo(rate, within(1e-11));
            var perSpan = new int[spans];
            for (double t : times) perSpan[(int) (t / span)]++;
            int low = (int) Math.max(0, rate - 3.5 * Math.sqrt(rate)), high = (int) (rate + 3.5 * Math.sqrt(rate)) + 1;
            double[] observed = new double[high - low + 1], expected = new double[high - low + 1];
            for (int n : perSpan) observed[Math.clamp(n, low, high) - low]++;
            double mass = Math.exp(-rate), below = 0; // by the recurrence
            for (int n = 0; n < high; mass *= rate / ++n) {
                expected[Math.max(n, low) - low] += spans * mass;
                below += mass;
            }
            expected[high - low] = spans * (1 - below);
            counts = Math.min(counts, HypothesisTest.chiSquare(observed, expected).pValue());
            var waits = new double[Math.min(20_000, times.length - 1)];
            for (int i = 0; i < waits.length; i++)
                waits[i] = changing ? wave(times[i + 1]) - wave(times[i]) : (times[i + 1] - times[i]) * rate;
            gaps = Math.min(gaps, HypothesisTest.kolmogorovSmirnov(waits, w -> -Math.expm1(-w), Alternative.TWO_SIDED).pValue());
        }
        Evidence.of("least p of counts, three constant rates and a wave", counts, above(0.01));
        Evidence.of("least p of waits, for the wave in expected events", gaps, above(0.01));
    }

    @Test
    @Acceptance(topic = "poisson-exponential", clause = 3) void waitsForget() {
        double worst = 0;
        var rng = Rng.of(3);
        for (int i = 0; i < 1_000; i++) {
            var d = new Exponential(Math.exp(4 * rng.nextGaussian()));
            double s = -3 * Math.log(rng.nextDoublePositive()) / d.rate(), t = -3 * Math.log(rng.nextDoublePositive()) / d.rate();
            worst = Math.max(worst, Math.abs(d.survival(s + t) / d.survival(s) / d.survival(t) - 1));
            // and from masses below: P(s < X <= s + t) / P(X > s)
            worst = Math.max(worst, Math.abs((d.survival(s) - d.survival(s + t)) / d.survival(s) - d.cdf(t)));
        }
        Evidence.of("P(X > s + t | X > s) against P(X > t), 1,000 triples", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "poisson-exponential", clause = 4) void thinningAndSuperpositionScaleAndAddRates() {
        double worst = 0, together = 1;
        int checked = 0;
        for (int k = 0; k < 8; k++) {
            var rng = Rng.of(400 + k);
            double a = 0.5 + 4 * rng.nextDouble(), b = 0.5 + 4 * rng.nextDouble(), keep = 0.1 + 0.8 * rng.nextDouble(), until = 20_000;
            double[] first = new PoissonProcess(a).sample(rng, until), second = new PoissonProcess(b).sample(rng, until);
            double[][] parts = PoissonProcess.split(first, keep, rng);
            double[] both = PoissonProcess.merge(first, second);
            double[][] streams = {parts[0], parts[1], both, new PoissonProcess(a).thinned(keep).sample(rng, until),
                    new PoissonProcess(a).plus(new PoissonProcess(b)).sample(rng, until)};
            double[] rates = {keep * a, (1 - keep) * a, a + b, keep * a, a + b};
            for (int s = 0; s < streams.length; s++, checked++)
                worst = Math.max(worst, Math.abs(streams[s].length / until - rates[s]) / Math.sqrt(rates[s] / until));
            for (int s : new int[] {0, 2}) {
                double[] gaps = gaps(streams[s], Math.min(2_000, streams[s].length - 1));
                double rate = rates[s];
                together = Math.min(together,
                        HypothesisTest.kolmogorovSmirnov(gaps, w -> -Math.expm1(-rate * w), Alternative.TWO_SIDED).pValue());
            }
            // Kept and dropped events are independent
            double sum = 0, square = 0;
            int n = 20_000;
            int[] x = counts(parts[0], n), y = counts(parts[1], n);
            for (int i = 0; i < n; i++) {
                double v = (x[i] - keep * a) * (y[i] - (1 - keep) * a);
                sum += v;
                square += v * v;
            }
            worst = Math.max(worst, Math.abs(sum / n) / Math.sqrt(square / n / n));
        }
        var wave = new PoissonProcess(WAVE, 7).thinned(0.3).plus(new PoissonProcess(2));
        double due = 0.3 * wave(5_000) + 10_000;
        worst = Math.max(worst, Math.abs(wave.sample(Rng.of(9), 5_000).length - due) / Math.sqrt(due));
        Evidence.of("streams", checked, exactly(40));
        Evidence.of("rates, and the covariance of kept and dropped, in standard errors", worst, atMost(4));
        Evidence.of("least p of 16 tests of their waits; 0.01 over 16", together, above(0.01 / 16));
    }

    private static double[] gaps(double[] times, int n) {
        return IntStream.range(0, n).mapToDouble(i -> times[i + 1] - times[i]).toArray();
    }

    private static int[] counts(double[] times, int spans) {
        var counts = new int[spans];
        for (double t : times) counts[(int) t]++;
        return counts;
    }

    @Test
    @Acceptance(topic = "poisson-exponential", clause = 5) void censoredRatesAreEventsOverExposure() {
        Gap numerical = Gap.relative(), direct = Gap.relative();
        for (int k = 0; k < 100; k++) {
            var rng = Rng.of(5_000 + k);
            double rate = Math.exp(2 * rng.nextGaussian()), watch = (0.1 + 2 * rng.nextDouble()) / rate;
            int n = 15 + rng.nextInt(40);
            double[] times = new double[n];
            var observed = new boolean[n];
            double exposure = 0;
            int events = 0;
            for (int i = 0; i < n || events == 0; i = (i + 1) % n) { // until there is an event at least
                if (i == 0) exposure = events = 0;
                double wait = -Math.log(rng.nextDoublePositive()) / rate, end = watch * (0.5 + rng.nextDouble());
                times[i] = Math.min(wait, end);
                observed[i] = wait <= end;
                exposure += times[i];
                if (observed[i]) events++;
                if (i == n - 1 && events > 0) break;
            }
            // log density of what was seen, log survival of the others
            Tensor t = Tensor.of(times), seen = Tensor.of(IntStream.range(0, n).mapToDouble(i -> observed[i] ? 1 : 0).toArray());
            var l = LogLikelihood.of(n, 1, theta -> seen.mul(theta.select(0, 0).log()).sub(t.mul(theta.select(0, 0))));
            var fit = new MaximumLikelihood().withGradientTolerance(1e-14).fit(l, List.of(Transform.LOG), new double[] {2 / watch});
            numerical.see("data set " + k, fit.estimate()[0], events / exposure);
            direct.see("data set " + k, Exponential.fit(times, observed).rate(), fit.estimate()[0]);
        }
        Evidence.of("data sets", numerical.seen(), exactly(100));
        Evidence.of("maximum found by Newton's method against events / exposure, relative", numerical, below(1e-10));
        Evidence.of("Exponential.fit against that maximum, relative", direct, below(1e-10));
    }

    @Test
    @Acceptance(topic = "poisson-exponential", clause = 6) void queuesHaveTheirMeanNumber() {
        double worst = 0, formula = 0;
        for (double load : new double[] {0.3, 0.6, 0.8}) {
            double served = 1.7, truth = load / (1 - load);
            var queue = new MarkovQueue(load * served, served, 1);
            worst = Math.max(worst, Math.abs(queue.simulate(Rng.of(6), 1_000_000).meanNumber() / truth - 1));
            formula = Math.max(formula, Math.abs(queue.meanNumber() / truth - 1));
        }
        Evidence.of("simulated mean number against rho / (1 - rho), relative", worst, atMost(0.05));
        Evidence.of("Erlang's formula for one server against that", formula, below(1e-14));
        double several = 0, waits = 0;
        for (int servers : new int[] {2, 5}) {
            var queue = new MarkovQueue(0.75 * servers, 1, servers);
            // Birth and death: p_n = p_(n-1) arrival / (min(n, c) service)
            double weight = 1, total = 0, number = 0, line = 0;
            for (int n = 0; n < 2_000; n++, weight *= queue.arrivalRate() / Math.min(n, servers)) {
                total += weight;
                number += n * weight;
                line += Math.max(0, n - servers) * weight;
            }
            var run = queue.simulate(Rng.of(60), 400_000);
            several = Math.max(several, Math.max(Math.abs(queue.meanNumber() / (number / total) - 1),
                    Math.abs(queue.meanWait() / (line / total / queue.arrivalRate()) - 1)));
            waits = Math.max(waits, Math.max(Math.abs(run.meanNumber() / (number / total) - 1),
                    Math.abs(run.meanWait() / (line / total / queue.arrivalRate()) - 1)));
        }
        Evidence.of("Erlang's C against birth and death, 2 and 5 servers", several, below(1e-12));
        Evidence.of("their simulated number and wait, relative", waits, atMost(0.05));
    }

    @Test void likelihoodsFitsAndRefusals() {
        var wave = new PoissonProcess(WAVE, 7);
        assertThat(wave.logLikelihood(new double[] {0.5, 2}, 3))
                .isCloseTo(Math.log(WAVE.applyAsDouble(0.5)) + Math.log(WAVE.applyAsDouble(2)) - wave(3), within(1e-11));
        assertThat(new PoissonProcess(2).gap().rate()).isEqualTo(2);
        assertThat(Poisson.fit(3, 0, 5, 4).rate()).isEqualTo(3);
        assertThat(Exponential.fit(2, 4).rate()).isCloseTo(1 / 3.0, within(1e-16));
        var run = new MarkovQueue(1, 1, 1).simulate(Rng.of(1), 50);
        double at = run.arrivals()[20];
        assertThat(run.numberAt(at)).isEqualTo(21 - (int) Arrays.stream(run.departures()).filter(d -> d <= at).count());
        assertThatThrownBy(wave::gap).hasMessageContaining("the intensity changes");
        assertThatThrownBy(() -> new PoissonProcess(WAVE, 5).sample(Rng.of(1), 100))
                .hasMessageContaining("lies between 0 and the bound 5.0");
        for (double until : new double[] {Double.POSITIVE_INFINITY, Double.NaN, -1})
            assertThatThrownBy(() -> wave.sample(Rng.of(1), until)).hasMessageContaining("until " + until);
        assertThatThrownBy(() -> wave.logLikelihood(new double[] {1, 4}, 3)).hasMessageContaining("an event at 4.0");
        assertThatThrownBy(() -> wave.expected(2, 1)).hasMessageContaining("from 2.0 to 1.0");
        assertThatThrownBy(() -> Poisson.fit(0, 0)).hasMessageContaining("no maximum");
        assertThatThrownBy(() -> Exponential.fit(new double[] {1, 2}, new boolean[2])).hasMessageContaining("0 events in a time of 3.0");
        assertThatThrownBy(() -> new MarkovQueue(2, 1, 2).meanNumber()).hasMessageContaining("the load is 1.0");
        assertThatThrownBy(() -> new MarkovQueue(2, 1, 0)).hasMessageContaining("servers is 0");
    }
}
