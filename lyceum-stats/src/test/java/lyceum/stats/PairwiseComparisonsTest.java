package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.stats.PairwiseComparisons.Judgment;
import lyceum.stats.PairwiseComparisons.Outcome;
import lyceum.stats.PairwiseComparisons.Pair;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class PairwiseComparisonsTest {

    private static long bruteForce(double[][] wins) {
        long triads = 0;
        for (int i = 0; i < wins.length; i++) for (int j = 0; j < i; j++) for (int k = 0; k < j; k++) {
            boolean ij = wins[i][j] > wins[j][i], jk = wins[j][k] > wins[k][j], ki = wins[k][i] > wins[i][k];
            if (ij == jk && jk == ki) triads++;
        }
        return triads;
    }

    @Test
    @Acceptance(topic = "pairwise-comparison", clause = 1) void circularTriadsEqualBruteForce() {
        int wrong = 0, tournaments = 0;
        long largest = 0;
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(seed);
            int n = 3 + seed % 15;
            var wins = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
                int games = 1 + 2 * rng.nextInt(3), won = 0;
                for (int g = 0; g < games; g++) if (rng.nextDouble() < 0.5) won++;
                wins[i][j] = won;
                wins[j][i] = games - won;
            }
            long found = PairwiseComparisons.circularTriads(wins);
            if (found != bruteForce(wins)) wrong++;
            largest = Math.max(largest, found);
            tournaments++;
        }
        double transitive = 0, cyclic = 0;
        for (int n = 3; n <= 16; n++) {
            double[][] order = new double[n][n], circle = new double[n][n];
            int[] p = Rng.of(n).permutation(n);
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                if (i == j) continue;
                order[p[i]][p[j]] = i < j ? 1 : 0;
                // each beats the next half of the circle; of an even circle's opposite pairs the lower number wins
                int ahead = Math.floorMod(j - i, n);
                circle[p[i]][p[j]] = 2 * ahead < n || 2 * ahead == n && i < j ? 1 : 0;
            }
            transitive = Math.max(transitive, Math.abs(PairwiseComparisons.zeta(order) - 1));
            cyclic = Math.max(cyclic, Math.abs(PairwiseComparisons.zeta(circle)));
        }
        Evidence.of("tournaments", tournaments, exactly(200));
        Evidence.of("counts that differ from brute force", wrong, exactly(0));
        Evidence.of("largest count", largest, above(50));
        Evidence.of("largest distance of zeta from 1 for rankings of 3 to 16 items", transitive, below(1e-15));
        Evidence.of("largest distance of zeta from 0 for maximally cyclic ones", cyclic, below(1e-15));
    }

    /** Of the 64 tournaments of four, 24 are rankings, 16 have one circular triad and 24 have two; of five, 120 of 1,024 are rankings. */
    @Test void transitivityIsTheShareOfTournamentsWithAsFewTriads() {
        double[][] ranking = {{0, 1, 1, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}, {0, 0, 0, 0}},
                one = {{0, 1, 1, 1}, {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 1, 0, 0}},
                two = {{0, 1, 1, 0}, {0, 0, 1, 1}, {0, 0, 0, 1}, {1, 0, 0, 0}}, five = new double[5][5];
        for (int i = 0; i < 5; i++) for (int j = i + 1; j < 5; j++) five[i][j] = 3;
        assertThat(PairwiseComparisons.transitivity(ranking, 20_000, Rng.of(1))).isCloseTo(24 / 64.0, within(0.015));
        assertThat(PairwiseComparisons.transitivity(one, 20_000, Rng.of(2))).isCloseTo(40 / 64.0, within(0.015));
        assertThat(PairwiseComparisons.transitivity(two, 100, Rng.of(3))).isEqualTo(1);
        assertThat(PairwiseComparisons.transitivity(five, 20_000, Rng.of(4))).isCloseTo(120 / 1024.0, within(0.01));
    }

    private static PairwiseComparisons votes(double firstWins, int n, Rng rng) {
        var judgments = new ArrayList<Judgment>(n);
        for (int k = 0; k < n; k++) {
            int a = rng.nextInt(5), b = (a + 1 + rng.nextInt(4)) % 5;
            judgments.add(new Judgment(a, b, rng.nextDouble() < firstWins ? Outcome.FIRST : Outcome.SECOND));
        }
        return new PairwiseComparisons(5, judgments);
    }

    @Test
    @Acceptance(topic = "pairwise-comparison", clause = 2) void positionBiasIsDetected() {
        int detected = 0, alarms = 0;
        for (int run = 0; run < 100; run++) if (votes(0.55, 4_000, Rng.of(run)).positionBias().pValue() < 0.05) detected++;
        for (int run = 0; run < 2_000; run++) if (votes(0.5, 4_000, Rng.of(10_000 + run)).positionBias().pValue() < 0.05) alarms++;
        Evidence.of("biased runs detected, of 100", detected, atLeast(99));
        Evidence.of("percent of 2,000 null runs detected", alarms / 20.0, between(3.3, 6.5));
        // the article: 550 of 1,000, p = 0.0017; and the exact tail by its definition for 12 of 15
        var fifteen = new ArrayList<Judgment>();
        for (int k = 0; k < 15; k++) fifteen.add(new Judgment(0, 1, k < 12 ? Outcome.FIRST : Outcome.SECOND));
        fifteen.add(new Judgment(0, 1, Outcome.TIE));
        var bias = new PairwiseComparisons(2, fifteen).positionBias();
        assertThat(bias.pValue()).isCloseTo(2 * (455 + 105 + 15 + 1) / 32768.0, within(1e-14));
        assertThat(bias.decided()).isEqualTo(15);
        assertThat(bias.interval().contains(0.8)).isTrue();
    }

    private static double tau(double[] a, double[] b) {
        double sum = 0;
        int n = a.length;
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) sum += Math.signum(a[i] - a[j]) * Math.signum(b[i] - b[j]);
        return 2 * sum / (n * (n - 1));
    }

    private static int spent(boolean informed, int seed) {
        var rng = Rng.of(seed);
        int n = 10;
        double[] skill = new double[n];
        int[] place = rng.permutation(n);
        for (int i = 0; i < n; i++) skill[i] = 0.5 * place[i];
        var votes = new PairwiseComparisons(n, List.of());
        for (int k = 1; k <= 2_000; k++) {
            int a = rng.nextInt(n);
            var pair = informed ? votes.mostInformative(4) : new Pair(a, (a + 1 + rng.nextInt(n - 1)) % n);
            boolean first = rng.nextDouble() < 1 / (1 + Math.exp(skill[pair.second()] - skill[pair.first()]));
            votes = votes.with(new Judgment(pair.first(), pair.second(), first ? Outcome.FIRST : Outcome.SECOND));
            if (tau(new BradleyTerry().withPrior(4).fit(votes.wins()).logStrengths(), skill) >= 0.9) return k;
        }
        return 2_000;
    }

    @Test
    @Acceptance(topic = "pairwise-comparison", clause = 3) void informativePairsCostFewerComparisons() {
        double informed = 0, random = 0;
        for (int seed = 0; seed < 20; seed++) {
            informed += spent(true, seed) / 20.0;
            random += spent(false, seed) / 20.0;
        }
        Evidence.of("comparisons until tau 0.9, informed less random, mean of 20 seeds", informed - random, below(0));
        Evidence.of("random pairs need, on average", random, above(30));
    }

    /** Gaussian elimination without exchanges, for positive definite matrices. */
    private static double logDeterminant(double[][] a) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            sum += Math.log(a[k][k]);
            for (int i = k + 1; i < a.length; i++) {
                double share = a[i][k] / a[k][k];
                for (int j = k; j < a.length; j++) a[i][j] -= share * a[k][j];
            }
        }
        return sum;
    }

    /** Log-determinant of the prior's information and that of every vote, with one more vote of two items. */
    private static double information(PairwiseComparisons votes, double[] b, double prior, int first, int second) {
        int n = b.length;
        double[][] f = new double[n][n], games = votes.wins();
        games[first][second]++;
        for (int i = 0; i < n; i++) {
            f[i][i] += 1 / prior;
            for (int j = 0; j < n; j++) {
                double p = 1 / (1 + Math.exp(b[j] - b[i])), w = games[i][j] * p * (1 - p);
                f[i][i] += w;
                f[j][j] += w;
                f[i][j] -= w;
                f[j][i] -= w;
            }
        }
        return logDeterminant(f);
    }

    @Test void thePairAskedNextAddsMostInformation() {
        for (int seed = 0; seed < 40; seed++) {
            var rng = Rng.of(seed);
            var votes = new PairwiseComparisons(6, List.of());
            for (int k = rng.nextInt(60); k >= 0; k--) {
                int a = rng.nextInt(6), b = (a + 1 + rng.nextInt(5)) % 6;
                votes = votes.with(new Judgment(a, b, rng.nextDouble() < 1 / (1 + Math.exp(a - b)) ? Outcome.FIRST : Outcome.SECOND));
            }
            double prior = 0.5 + seed % 4, most = Double.NEGATIVE_INFINITY;
            double[] b = new BradleyTerry().withPrior(prior).fit(votes.wins()).logStrengths();
            for (int i = 0; i < 6; i++) for (int j = 0; j < i; j++) most = Math.max(most, information(votes, b, prior, i, j));
            var asked = votes.mostInformative(prior);
            assertThat(information(votes, b, prior, asked.first(), asked.second())).isCloseTo(most, within(1e-12));
        }
    }

    @Test void winsTiesAndAgreement() {
        var votes = new PairwiseComparisons(3, List.of(new Judgment(0, 1, Outcome.FIRST, "a"), new Judgment(1, 0, Outcome.SECOND, "b"),
                new Judgment(1, 2, Outcome.TIE, "a"), new Judgment(2, 1, Outcome.TIE, "b"), new Judgment(0, 2, Outcome.SECOND, "a")));
        assertThat(votes.wins()).isDeepEqualTo(new double[][] {{0, 2, 0}, {0, 0, 1}, {1, 1, 0}});
        assertThat(votes.ties()[1][2]).isEqualTo(2);
        assertThat(votes.agreement().orElseThrow()).isEqualTo(1);
        // two pairs, three raters each: 2:1 both times. Agreement 1/3; shares 4/6 and 2/6 agree by chance with 5/9
        var split = new ArrayList<Judgment>();
        for (int pair = 0; pair < 2; pair++)
            for (int rater = 0; rater < 3; rater++)
                split.add(new Judgment(0, 1 + pair, rater < 2 ? Outcome.FIRST : Outcome.SECOND, "r" + rater));
        assertThat(new PairwiseComparisons(3, split).agreement().orElseThrow()).isCloseTo((1.0 / 3 - 5.0 / 9) / (4.0 / 9), within(1e-14));
        assertThat(new PairwiseComparisons(3, List.of()).agreement()).isEmpty();
        assertThatThrownBy(() -> PairwiseComparisons.circularTriads(votes.wins())).hasMessageContaining("are even, 1.0 wins each");
        assertThatThrownBy(() -> new PairwiseComparisons(2, List.of(new Judgment(0, 2, Outcome.FIRST))))
                .hasMessageContaining("numbered from 0 to 1");
    }
}
