package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.BradleyTerry.Method;
import lyceum.stats.BradleyTerry.Ties;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class BradleyTerryTest {
    private static final List<Golden> TOURNAMENTS = Golden.load("golden/bradley-terry.json").list("cases");

    private static double[][] wins(Golden c) {
        int seed = c.integer("input.seed"), n = 4 + seed % 5;
        var r = new Recipe(seed);
        double[] b = r.bells(n);
        var wins = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
            int games = 1 + r.below(6);
            for (int g = 0; g < games; g++) {
                if (r.uniform() < 1 / (1 + Math.exp(-0.8 * (b[i] - b[j])))) wins[i][j]++;
                else wins[j][i]++;
            }
        }
        return wins;
    }

    @Test
    @Acceptance(topic = "bradley-terry", clause = 1) void strengthsAndErrorsEqualStatsmodels() {
        Gap strengths = Gap.relativeBeyondOne(), errors = Gap.relativeBeyondOne(), constraint = Gap.absolute();
        int cases = 0;
        for (var c : TOURNAMENTS) {
            var model = new BradleyTerry().fit(wins(c));
            double[] b = model.logStrengths(), difference = new double[b.length - 1], error = new double[b.length - 1];
            for (int i = 0; i < difference.length; i++) {
                difference[i] = b[i] - b[b.length - 1];
                error[i] = model.standardError(i, b.length - 1);
            }
            for (double[] row : model.covariance()) constraint.see(c.text("name"), Arrays.stream(row).sum(), 0);
            strengths.see(c, "expected.strengths", difference);
            errors.see(c, "expected.errors", error);
            cases++;
        }
        Evidence.of("largest gap of strengths over the last item's", strengths, below(1e-6));
        Evidence.of("largest gap of their standard errors", errors, below(1e-6));
        Evidence.of("covariance of a strength with the sum of all, which is fixed", constraint, below(1e-9));
        Evidence.of("tournaments", cases, exactly(50));
    }

    @Test
    @Acceptance(topic = "bradley-terry", clause = 2) void minorisationAndNewtonAgree() {
        var gap = Gap.absolute();
        for (var c : TOURNAMENTS)
            gap.see(c.text("name"), new BradleyTerry().withMethod(Method.MM).fit(wins(c)).logStrengths(),
                    new BradleyTerry().fit(wins(c)).logStrengths());
        Evidence.of("largest gap between MM and Newton over 50 tournaments", gap, below(1e-9));
    }

    @Test
    @Acceptance(topic = "bradley-terry", clause = 3) void expectedWinsAreTheObservedOnes() {
        var gap = Gap.absolute();
        for (var c : TOURNAMENTS) {
            var wins = wins(c);
            for (var method : Method.values()) {
                var p = new BradleyTerry().withMethod(method).fit(wins).winProbabilities();
                for (int i = 0; i < wins.length; i++) {
                    double observed = 0, predicted = 0;
                    for (int j = 0; j < wins.length; j++) {
                        observed += wins[i][j];
                        predicted += (wins[i][j] + wins[j][i]) * p[i][j];
                    }
                    gap.see(c.text("name") + ", " + method + ", item " + i, predicted, observed);
                }
            }
        }
        Evidence.of("largest gap between predicted and observed wins of an item", gap, below(1e-9));
        Evidence.of("items compared", gap.seen(), above(500));
    }

    @Test
    @Acceptance(topic = "bradley-terry", clause = 4) void noFiniteMaximumIsAnError() {
        int refused = 0, named = 0;
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(seed);
            int n = 4 + rng.nextInt(6), block = 1 + rng.nextInt(n - 1);
            int[] order = rng.permutation(n);
            var wins = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (i != j) wins[order[i]][order[j]] = 1 + rng.nextInt(3);
            for (int i = 0; i < block; i++) for (int j = block; j < n; j++) {
                wins[order[j]][order[i]] = 0; // nobody outside has beaten the block,
                if (seed % 2 == 0) wins[order[i]][order[j]] = 0; // and here it has never met the others
            }
            var groups = List.of(Arrays.stream(order, 0, block).sorted().boxed().toList().toString(),
                    Arrays.stream(order, block, n).sorted().boxed().toList().toString());
            try {
                new BradleyTerry().withMethod(seed % 3 == 0 ? Method.MM : Method.NEWTON).fit(wins);
            } catch (IllegalArgumentException e) {
                refused++;
                if (groups.stream().anyMatch(g -> e.getMessage().contains("no finite maximum: the group of items " + g + " has "))) named++;
            }
            assertThat(new BradleyTerry().withPrior(2).fit(wins).logStrengths()).doesNotContain(Double.NaN);
        }
        Evidence.of("planted cases refused", refused, exactly(100));
        Evidence.of("with the planted group named, or the rest", named, exactly(100));
    }

    /** The article's table: A beats B 6:2, B beats C 5:3, A beats C 7:1. */
    @Test void theArticlesExample() {
        var model = new BradleyTerry().fit(new double[][] {{0, 6, 7}, {2, 0, 5}, {1, 3, 0}});
        double[] b = model.logStrengths();
        assertThat(b[0] - b[2]).isCloseTo(1.79, within(0.005));
        assertThat(b[1] - b[2]).isCloseTo(0.59, within(0.005));
        assertThat(model.probability(0, 1)).isCloseTo(0.768, within(5e-4));
        assertThat(model.ranking()).containsExactly(0, 1, 2);
        assertThat(model.interval(0, 0.95).contains(b[0])).isTrue();
    }

    /** Many games whose shares are the model's own probabilities give its parameters back. */
    @Test void tiesHomeAndCovariatesAreRecovered() {
        double[] b = {0.9, 0.2, -0.3, -0.8};
        double nu = 1.4, home = 0.5, games = 1e4;
        for (var kind : new Ties[] {Ties.DAVIDSON, Ties.RAO_KUPPER}) {
            double[][] wins = new double[4][4], ties = new double[4][4];
            for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) {
                if (i == j) continue;
                double pi = Math.exp(b[i]), pj = Math.exp(b[j]), tie = nu * Math.sqrt(pi * pj);
                wins[i][j] = games * (kind == Ties.DAVIDSON ? pi / (pi + pj + tie) : pi / (pi + nu * pj));
                ties[i][j] = games
                        * (kind == Ties.DAVIDSON ? tie / (pi + pj + tie) : (nu * nu - 1) * pi * pj / ((pi + nu * pj) * (nu * pi + pj)));
            }
            var model = new BradleyTerry().withTies(kind).fit(wins, ties, null, null);
            assertThat(model.logStrengths()).as(kind.name()).containsExactly(b, within(1e-8));
            assertThat(Math.exp(model.logTie())).as(kind.name()).isCloseTo(nu, within(1e-8));
            assertThat(model.probability(0, 1)).isCloseTo(wins[0][1] / games, within(1e-8));
            assertThat(model.tieProbability(0, 1)).isCloseTo(ties[0][1] / games, within(1e-8));
        }
        double[][] wins = new double[4][4], atHome = new double[4][4];
        for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) {
            if (i == j) continue;
            atHome[i][j] = games / (1 + Math.exp(b[j] - b[i] - home));
            wins[i][j] = atHome[i][j] + games / (1 + Math.exp(b[j] - b[i] + home));
        }
        var model = new BradleyTerry().fit(wins, null, atHome, null);
        assertThat(model.homeAdvantage()).isCloseTo(home, within(1e-8));
        assertThat(model.homeProbability(1, 2)).isCloseTo(atHome[1][2] / games, within(1e-8));
        double[][] x = {{1, 2}, {0, 1}, {-1, 1}, {2, -1}};
        double[] beta = {0.4, -0.3};
        for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) {
            double d = 0;
            for (int k = 0; k < 2; k++) d += beta[k] * (x[i][k] - x[j][k]);
            wins[i][j] = i == j ? 0 : games / (1 + Math.exp(-d));
        }
        assertThat(new BradleyTerry().fit(wins, null, null, x).coefficients()).containsExactly(beta, within(1e-8));
    }

    @Test void badCountsAreNamed() {
        assertThatThrownBy(() -> new BradleyTerry().fit(new double[][] {{0, 1}})).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new BradleyTerry().fit(new double[][] {{1, 1}, {1, 0}})).hasMessageContaining("nobody plays himself");
        assertThatThrownBy(() -> new BradleyTerry().fit(new double[][] {{0, -1}, {1, 0}})).hasMessageContaining("wins[0][1] is -1.0");
        assertThatThrownBy(() -> new BradleyTerry().withPrior(-1)).hasMessageContaining("prior is -1.0");
        double[][] wins = {{0, 3, 1}, {2, 0, 4}, {2, 1, 0}}, once = {{0, 1, 0}, {0, 0, 0}, {0, 0, 0}}, none = new double[3][3];
        var davidson = new BradleyTerry().withTies(Ties.DAVIDSON);
        assertThatThrownBy(() -> davidson.fit(wins, once, null, null)).hasMessageContaining("ties[0][1] is 1.0 but ties[1][0] is 0.0");
        assertThatThrownBy(() -> davidson.fit(wins)).hasMessageContaining("no finite maximum where no game is tied");
        assertThatThrownBy(() -> davidson.fit(none, onceEach(3), null, null)).hasMessageContaining("where every game is tied");
        assertThatThrownBy(() -> new BradleyTerry().fit(once, null, wins, null)).hasMessageContaining("home[0][1] is 3.0 of 1.0 wins");
        assertThatThrownBy(() -> new BradleyTerry().fit(wins, null, null, new double[2][1])).hasMessageContaining("2 rows for 3 items");
        assertThatThrownBy(() -> new BradleyTerry().fit(wins, null, null, new double[][] {{1, 1}, {1, 2}, {1, 0}}))
                .hasMessageContaining("the same for all items");
    }

    @Test void runawayParametersAreNoFit() {
        double[][] ordered = {{0, 3, 2}, {0, 0, 4}, {0, 0, 0}}, x = {{2}, {1}, {0}}, wins = {{0, 4, 4}, {2, 0, 5}, {1, 2, 0}};
        assertThatThrownBy(() -> new BradleyTerry().fit(ordered, null, null, x)).hasMessageContaining("for ever with the strengths");
        assertThatThrownBy(() -> new BradleyTerry().fit(wins, null, wins, null)).hasMessageContaining("or the home advantage");
        for (var ties : new Ties[] {Ties.DAVIDSON, Ties.RAO_KUPPER})
            assertThatThrownBy(() -> new BradleyTerry().withTies(ties).fit(new double[][] {{0, 4}, {0, 0}}, new double[][] {{0, 3}, {3, 0}},
                    null, null)).hasMessageContaining("no finite maximum");
        // a covariate far from 0 is no runaway
        double[][] years = {{2000}, {2001}, {2004}};
        assertThat(new BradleyTerry().fit(wins, null, null, years).coefficients()[0]).isBetween(-1.0, 0.0);
    }

    @Test void countsInBillionsSettle() {
        double[][] wins = {{0, 4e9, 1e9}, {2e9, 0, 3e9}, {1e9, 2e9, 0}}, few = new double[3][3];
        for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) few[i][j] = wins[i][j] / 1e9;
        double[] b = new BradleyTerry().fit(few).logStrengths();
        for (var method : Method.values())
            assertThat(new BradleyTerry().withMethod(method).fit(wins).logStrengths()).containsExactly(b, within(1e-11));
    }

    private static double[][] onceEach(int n) {
        var once = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) once[i][j] = i == j ? 0 : 1;
        return once;
    }

    @Test void tooFewStepsAreNoFitAndToleranceZeroEnds() {
        var wins = wins(TOURNAMENTS.get(0));
        double[][] three = {{0, 4, 4}, {2, 0, 5}, {1, 2, 0}};
        assertThatThrownBy(() -> new BradleyTerry().withMaxIterations(2).fit(three, null, onceEach(3), null))
                .isInstanceOf(ConvergenceException.class).hasMessageContaining("the slope is still");
        for (var method : Method.values()) {
            var fit = new BradleyTerry().withMethod(method);
            assertThatThrownBy(() -> fit.withMaxIterations(2).fit(wins)).isInstanceOf(ConvergenceException.class)
                    .hasMessageContaining("after 2 steps of " + method);
            if (method == Method.NEWTON) assertThat(fit.withTolerance(0).withMaxIterations(50).fit(wins).logStrengths())
                    .containsExactly(fit.fit(wins).logStrengths(), within(1e-13));
        }
    }
}
