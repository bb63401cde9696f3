package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class HiddenMarkovModelTest {
    private static final double[][] CASINO = {{0.95, 0.05}, {0.1, 0.9}};
    private static final double[][] DICE = {{1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0}, {0.1, 0.1, 0.1, 0.1, 0.1, 0.5}};

    /** Shares, some of them 0; the one at {@code keep} is not. */
    private static double[] shares(Rng rng, int n, int keep, double zeros) {
        var p = new double[n];
        double sum = 0;
        for (int k = 0; k < n; k++) sum += p[k] = k != keep && rng.nextDouble() < zeros ? 0 : rng.nextDoublePositive();
        for (int k = 0; k < n; k++) p[k] /= sum;
        return p;
    }

    /** Kind 0: four symbols; 1: normal in the plane; 2: a mixture of two; 3: counts and bells side by side. */
    private static HiddenMarkovModel random(Rng rng, int kind, int n) {
        var transition = new double[n][];
        for (int i = 0; i < n; i++) transition[i] = shares(rng, n, (i + 1) % n, 0.2);
        double[][] symbols = new double[n][], weights = new double[n][];
        var normals = new MultivariateNormal[n][2];
        for (int i = 0; i < n; i++) {
            symbols[i] = shares(rng, 4, i, 0.2);
            weights[i] = shares(rng, 2, 0, 0);
            for (int m = 0; m < 2; m++) {
                double a = 0.5 + rng.nextDouble(), b = 0.5 + rng.nextDouble(), c = 0.4 * rng.nextGaussian();
                normals[i][m] = new MultivariateNormal(new double[] {2 * rng.nextGaussian(), rng.nextGaussian()},
                        new double[][] {{a * a + c * c, b * c}, {b * c, b * b}});
            }
        }
        Emissions emissions = switch (kind) {
            case 0 -> new SymbolEmissions(symbols);
            case 1 -> GaussianEmissions.of(normals[0][0], normals[1][0], normals[2 % n][n < 3 ? 1 : 0]);
            case 2 -> new GaussianEmissions(weights, normals);
            default -> Emissions.of(new Poisson(0.5), new Poisson(2.5), new Poisson(6));
        };
        return new HiddenMarkovModel(shares(rng, n, 0, 0.2), transition, emissions);
    }

    /** Every sequence of states, in plain probabilities. */
    private static final class Enumeration {
        final double[][] states, filtered;
        final double[][] moves;
        double likelihood, best;
        int[] path;

        Enumeration(HiddenMarkovModel model, double[][] x) {
            int n = model.states(), length = x.length;
            states = new double[length][n];
            moves = new double[n][n];
            filtered = new double[length][n];
            int paths = (int) Math.round(Math.pow(n, length));
            for (int code = 0; code < paths; code++) {
                var z = new int[length];
                for (int t = 0, rest = code; t < length; t++, rest /= n) z[t] = rest % n;
                double p = 1;
                for (int t = 0; t < length; t++) {
                    p *= t == 0 ? model.start()[z[0]] : model.transition()[z[t - 1]][z[t]];
                    if (!Double.isNaN(x[t][0])) p *= Math.exp(model.emissions().logDensity(z[t], x[t]));
                    // the first t states stand for all that begin like them: once for each ending, whose number is divided out
                    filtered[t][z[t]] += p / Math.pow(n, length - 1 - t);
                }
                likelihood += p;
                if (p > best) {
                    best = p;
                    path = z;
                }
                for (int t = 0; t < length; t++) {
                    states[t][z[t]] += p;
                    if (t > 0) moves[z[t - 1]][z[t]] += p;
                }
            }
            for (var row : states) for (int k = 0; k < n; k++) row[k] /= likelihood;
            for (var row : moves) for (int k = 0; k < n; k++) row[k] /= likelihood;
            for (var row : filtered) {
                double sum = 0;
                for (double v : row) sum += v;
                for (int k = 0; k < n; k++) row[k] /= sum;
            }
        }
    }

    private static double gap(double[][] a, double[][] b) {
        assertThat(a.length).isEqualTo(b.length);
        double worst = 0;
        for (int i = 0; i < a.length; i++) for (int k = 0; k < a[i].length; k++) worst = Math.max(worst, Math.abs(a[i][k] - b[i][k]));
        return worst;
    }

    @Test
    @Acceptance(topic = "hmm", clause = 1) void everySumEqualsTheOneOverAllPaths() {
        var rng = Rng.of(38);
        double likelihood = 0, states = 0, moves = 0, log = 0, filtered = 0;
        int models = 0, paths = 0;
        for (; models < 100; models++) {
            var model = random(rng, models % 4, 3);
            double[][] x = model.sample(rng, 8).observations();
            if (models % 3 == 0) for (int t = models % 8; t < 8; t += 3) x[t][x[t].length - 1] = x[t][0] = Double.NaN;
            var all = new Enumeration(model, x);
            var posterior = model.posterior(x);
            var inLogs = model.posteriorInLogs(x);
            var path = model.viterbi(x);
            for (double found : new double[] {posterior.logLikelihood(), inLogs.logLikelihood(), model.logLikelihood(x)})
                likelihood = Math.max(likelihood, Math.abs(Math.exp(found) / all.likelihood - 1));
            states = Math.max(states, Math.max(gap(posterior.states(), all.states), gap(inLogs.states(), all.states)));
            moves = Math.max(moves, Math.max(gap(posterior.transitions(), all.moves), gap(inLogs.transitions(), all.moves)));
            log = Math.max(log, Math.abs(Math.exp(path.logProbability()) / all.best - 1));
            if (Arrays.equals(path.states(), all.path)) paths++;
            var filter = model.filter();
            for (int t = 0; t < 8; t++)
                filtered = Math.max(filtered, gap(new double[][] {filter.update(x[t])}, new double[][] {all.filtered[t]}));
            likelihood = Math.max(likelihood, Math.abs(Math.exp(filter.logLikelihood()) / all.likelihood - 1));
        }
        Evidence.of("models", models, exactly(100));
        Evidence.of("likelihood against the sum over 6,561 paths, relative", likelihood, below(1e-12));
        Evidence.of("posteriors of states", states, below(1e-12));
        Evidence.of("expected moves", moves, below(1e-12));
        Evidence.of("filtered", filtered, below(1e-12));
        Evidence.of("likeliest paths that are the same", paths, exactly(100));
        Evidence.of("their probability, relative", log, below(1e-12));
    }

    @Test
    @Acceptance(topic = "hmm", clause = 2) void learningNeverLosesLikelihood() {
        var rng = Rng.of(41);
        double worst = Double.NEGATIVE_INFINITY, least = Double.POSITIVE_INFINITY;
        int runs = 0, steps = 0;
        for (; runs < 200; runs++) {
            var model = random(rng, runs % 4, 3);
            var series = new ArrayList<double[][]>();
            for (int s = 0; s <= runs % 3; s++) series.add(model.sample(rng, 40 + 20 * s).observations());
            if (runs % 5 == 0) series.getFirst()[7][0] = Double.NaN;
            Emissions shape = model.emissions();
            if (shape instanceof GaussianEmissions g) shape = g.withPrior(1 + runs % 2, new double[][] {{1, 0.3}, {0.3, 0.5}});
            if (shape instanceof SymbolEmissions s && runs % 8 == 0) shape = new SymbolEmissions(s.probabilities(), 0.5);
            var learning = new BaumWelch(shape, series).withPseudoCounts(runs % 2 * 0.7);
            var fit = new ExpectationMaximization(60, 1e-9, false).fit(learning, learning.randomStart(rng));
            List<Double> path = fit.path();
            for (int i = 1; i < path.size(); i++, steps++) worst = Math.max(worst, (path.get(i - 1) - path.get(i)) / Math.abs(path.get(i)));
            least = Math.min(least, path.getLast() - path.getFirst());
        }
        Evidence.of("runs", runs, exactly(200));
        Evidence.of("steps compared", steps, atLeast(5_000));
        Evidence.of("largest relative fall in a step", worst, atMost(1e-10));
        Evidence.of("least gain of a run", least, above(0));
    }

    @Test
    @Acceptance(topic = "hmm", clause = 2) void theBestOfTenStartsRecoversTheTables() {
        double[][] symbols = {{0.8, 0.1, 0.1}, {0.1, 0.1, 0.8}};
        var truth = HiddenMarkovModel.stationary(CASINO, new SymbolEmissions(symbols));
        double[][] x = truth.sample(Rng.of(20), 20_000).observations();
        var learning = new BaumWelch(SymbolEmissions.uniform(2, 3), x);
        var fit = new ExpectationMaximization(300, 1e-5, true).best(learning, learning::randomStart, 10, Rng.of(21));
        var found = learning.model(fit.theta());
        double[][] shown = ((SymbolEmissions) found.emissions()).probabilities(), moves = found.transition();
        int first = shown[0][0] > shown[1][0] ? 0 : 1;
        double transitions = 0, emissions = 0;
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) transitions = Math.max(transitions, Math.abs(moves[i ^ first][j ^ first] - CASINO[i][j]));
            for (int s = 0; s < 3; s++) emissions = Math.max(emissions, Math.abs(shown[i ^ first][s] - symbols[i][s]));
        }
        Evidence.of("transitions", transitions, atMost(0.03));
        Evidence.of("emissions", emissions, atMost(0.03));
    }

    @Test
    @Acceptance(topic = "hmm", clause = 3) void scalingAndLogarithmsAgreeOverALongSeries() {
        double likelihood = 0, states = 0, moves = 0, wide = Double.POSITIVE_INFINITY, differ = 1;
        for (int kind = 0; kind < 3; kind++) {
            var model = random(Rng.of(60 + kind), kind, 3);
            double[][] x = model.sample(Rng.of(70 + kind), 100_000).observations();
            for (int t = 1_000; t < 100_000; t += 1_000) x[t][0] = Double.NaN;
            var scaled = model.posterior(x);
            var inLogs = model.posteriorInLogs(x);
            for (double found : new double[] {scaled.logLikelihood(), model.logLikelihood(x)})
                likelihood = Math.max(likelihood, Math.abs(found / inLogs.logLikelihood() - 1));
            int other = 0;
            for (int t = 0; t < 100_000; t++) if (scaled.states()[t][0] != inLogs.states()[t][0]) other++;
            differ = Math.min(differ, other / 100_000.0);
            states = Math.max(states, gap(scaled.states(), inLogs.states()));
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    moves = Math.max(moves, Math.abs(scaled.transitions()[i][j] - inLogs.transitions()[i][j]) / 100_000);
            wide = Math.min(wide, Math.abs(scaled.logLikelihood()));
        }
        Evidence.of("least |log-likelihood|", wide, above(10_000));
        // two arithmetics indeed, not the logarithms that scaling falls back on
        Evidence.of("share of posteriors that differ in some bit", differ, above(0.1));
        Evidence.of("log-likelihoods, relative", likelihood, below(1e-11));
        Evidence.of("posteriors", states, below(1e-8));
        Evidence.of("expected moves, a step", moves, below(1e-8));
    }

    @Test
    @Acceptance(topic = "hmm", clause = 4) void decodingTheOccasionallyDishonestCasino() {
        var casino = HiddenMarkovModel.stationary(CASINO, new SymbolEmissions(DICE));
        var night = casino.sample(Rng.of(1998), 30_000);
        int[] path = casino.viterbi(night.observations()).states(), each = casino.posterior(night.observations()).decode();
        int viterbi = 0, posterior = 0, fair = 0, sixes = 0, loaded = 0, swaps = 0;
        for (int t = 0; t < 30_000; t++) {
            int z = night.states()[t];
            if (path[t] == z) viterbi++;
            if (each[t] == z) posterior++;
            if (z == 0) fair++;
            if (z == 1 && night.observations()[t][0] == 5) sixes++;
            if (z == 1) loaded++;
            if (t > 0 && z != night.states()[t - 1]) swaps++;
        }
        // What was rolled is Durbin's casino, counted by hand
        assertThat((double) sixes / loaded).isCloseTo(0.5, within(0.02));
        assertThat(swaps / 30_000.0).isCloseTo(2 / 30.0, within(0.005));
        Evidence.of("right by Viterbi", viterbi / 30_000.0, atLeast(0.78));
        Evidence.of("right by posterior", posterior / 30_000.0, atLeast(0.80));
        Evidence.of("posterior over always fair", (posterior - fair) / 30_000.0, above(0.1));
    }

    @Test void countingKnownStates() {
        int[] z = {0, 0, 1, 1, 1, 0}, w = {1, 0};
        double[][] x = HiddenMarkovModel.series(2, 0, 1, 1, 2, Double.NaN), y = HiddenMarkovModel.series(1, 0);
        var model = HiddenMarkovModel.count(SymbolEmissions.uniform(2, 3), 0, List.of(z, w), List.of(x, y));
        assertThat(model.start()).containsExactly(0.5, 0.5);
        assertThat(model.transition()).isDeepEqualTo(new double[][] {{0.5, 0.5}, {0.5, 0.5}});
        assertThat(((SymbolEmissions) model.emissions()).probabilities()[0]).containsExactly(new double[] {2 / 3.0, 0, 1 / 3.0},
                within(1e-15));
        assertThat(((SymbolEmissions) model.emissions()).probabilities()[1]).containsExactly(new double[] {0, 0.75, 0.25}, within(1e-15));
        var smooth = HiddenMarkovModel.count(new SymbolEmissions(SymbolEmissions.uniform(2, 3).probabilities(), 2), 1, List.of(z),
                List.<double[][]>of(x));
        assertThat(smooth.start()).containsExactly(new double[] {2 / 3.0, 1 / 3.0}, within(1e-15));
        assertThat(smooth.transition()[0]).containsExactly(0.5, 0.5);
        assertThat(smooth.transition()[1]).containsExactly(new double[] {0.4, 0.6}, within(1e-15));
        assertThat(((SymbolEmissions) smooth.emissions()).probabilities()[1]).containsExactly(new double[] {2 / 9.0, 4 / 9.0, 3 / 9.0},
                within(1e-15));
        var bells = HiddenMarkovModel.count(GaussianEmissions.univariate(new double[] {0, 0}, new double[] {1, 1}), 0, List.of(z),
                List.<double[][]>of(x));
        var one = ((GaussianEmissions) bells.emissions()).component(1, 0);
        assertThat(one.mean()[0]).isCloseTo(4 / 3.0, within(1e-15));
        assertThat(one.covariance()[0][0]).isCloseTo(2 / 9.0, within(1e-15));
    }

    @Test void mixturesAndNormalsAreLearnt() {
        MultivariateNormal[][] parts = {
                {new MultivariateNormal(new double[] {-4, 0}, new double[][] {{1, 0.5}, {0.5, 1}}),
                        new MultivariateNormal(new double[] {0, 4}, new double[][] {{0.5, 0}, {0, 0.5}})},
                {new MultivariateNormal(new double[] {5, 0}, new double[][] {{1, -0.6}, {-0.6, 2}}),
                        new MultivariateNormal(new double[] {5, 7}, new double[][] {{1, 0}, {0, 1}})}};
        var truth = HiddenMarkovModel.stationary(CASINO, new GaussianEmissions(new double[][] {{0.7, 0.3}, {0.4, 0.6}}, parts));
        double[][] x = truth.sample(Rng.of(5), 4_000).observations();
        var learning = new BaumWelch(truth.emissions(), x);
        var fit = new ExpectationMaximization(100, 1e-6, false).fit(learning, learning.parameters(truth));
        var shown = (GaussianEmissions) learning.model(fit.theta()).emissions();
        double worst = 0;
        for (int k = 0; k < 2; k++) for (int m = 0; m < 2; m++) {
            assertThat(shown.weights(k)[m]).isCloseTo(new double[][] {{0.7, 0.3}, {0.4, 0.6}}[k][m], within(0.05));
            worst = Math.max(worst, gap(shown.component(k, m).covariance(), parts[k][m].covariance()));
        }
        assertThat(worst).isBetween(1e-3, 0.3);
        assertThat(fit.objective()).isGreaterThan(learning.objective(learning.parameters(truth)));
        // The bound touches at its own parameters and stays below elsewhere
        double[] start = learning.parameters(truth);
        assertThat(learning.bound(start, start)).isCloseTo(learning.objective(start), within(1e-8));
        assertThat(learning.bound(fit.theta(), start)).isLessThan(learning.objective(fit.theta())).isGreaterThan(learning.objective(start));
    }

    @Test void aComponentWithoutDataTakesThePriorsSpread() {
        double[][] prior = {{2, 0.5}, {0.5, 1}}, unit = {{1, 0}, {0, 1}};
        MultivariateNormal[][] parts = {
                {new MultivariateNormal(new double[] {0, 0}, unit), new MultivariateNormal(new double[] {900, 900}, unit)}};
        var shape = new GaussianEmissions(new double[][] {{0.5, 0.5}}, parts).withPrior(3, prior);
        double[][] x = {{1, 0}, {0, 1}, {-1, 1}, {0.5, -2}};
        var learning = new BaumWelch(shape, x);
        double[] start = learning.parameters(new HiddenMarkovModel(new double[] {1}, new double[][] {{1}}, shape));
        double[] next = learning.maximisation(learning.expectation(start, 0, 1));
        var found = (GaussianEmissions) learning.model(next).emissions();
        assertThat(found.component(0, 1).covariance()).isDeepEqualTo(prior);
        assertThat(found.component(0, 1).mean()).containsExactly(900, 900);
        assertThat(found.weights(0)).containsExactly(1, 0);
        assertThat(learning.objective(next)).isGreaterThan(learning.objective(start));
    }

    @Test void densitiesTooFarApartForScaling() {
        // State 0 alone is reached and cannot be told from the other but by e^-5000
        var model = new HiddenMarkovModel(new double[] {1, 0}, new double[][] {{1, 0}, {0.5, 0.5}},
                Emissions.of(new Normal(0, 0.01), new Normal(1, 0.01)));
        double[][] x = HiddenMarkovModel.series(0, 1, 0);
        assertThat(model.logLikelihood(x)).isCloseTo(3 * new Normal(0, 0.01).logDensity(0) - 5000, within(1e-9));
        assertThat(model.posterior(x).states()[1]).containsExactly(1, 0);
        assertThat(model.filter().update(x[1])).containsExactly(1, 0);
        var symbols = new HiddenMarkovModel(new double[] {1, 0}, new double[][] {{1, 0}, {0, 1}},
                new SymbolEmissions(new double[][] {{1, 0}, {0, 1}}));
        double[][] impossible = HiddenMarkovModel.series(0, 1);
        assertThat(symbols.logLikelihood(impossible)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> symbols.posterior(impossible)).hasMessageContaining("no sequence of states");
        assertThatThrownBy(() -> symbols.viterbi(impossible)).hasMessageContaining("no sequence of states");
        var filter = symbols.filter();
        filter.update(impossible[0]);
        assertThatThrownBy(() -> filter.update(impossible[1])).hasMessageContaining("no state");
        assertThat(filter.predict(3)).containsExactly(1, 0);
    }

    @Test void predictionFollowsTheChainAndErrorsSayWhat() {
        var casino = HiddenMarkovModel.stationary(CASINO, new SymbolEmissions(DICE));
        assertThat(casino.start()[0]).isCloseTo(2 / 3.0, within(1e-15));
        var filter = casino.filter();
        // the article's three sixes
        double first = filter.update(new double[] {5})[1], second = filter.update(new double[] {5})[1],
                third = filter.update(new double[] {5})[1];
        assertThat(first).isCloseTo(0.6, within(0.005));
        assertThat(second).isCloseTo(0.79, within(0.005));
        assertThat(third).isCloseTo(0.89, within(0.005));
        assertThat(filter.predict(1)[1]).isCloseTo(0.05 * (1 - third) + 0.9 * third, within(1e-15));
        assertThat(filter.predict(500)[1]).isCloseTo(1 / 3.0, within(1e-12));
        assertThatThrownBy(() -> casino.posterior(HiddenMarkovModel.series(6))).hasMessageContaining("0 to 5");
        assertThatThrownBy(() -> casino.viterbi(new double[0][])).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new HiddenMarkovModel(new double[] {0.5, 0.6}, CASINO, new SymbolEmissions(DICE)))
                .hasMessageContaining("sum to 1");
        assertThatThrownBy(() -> new HiddenMarkovModel(new double[] {1}, CASINO, new SymbolEmissions(DICE)))
                .isInstanceOf(ShapeException.class);
    }
}
