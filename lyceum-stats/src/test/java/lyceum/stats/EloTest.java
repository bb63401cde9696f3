package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.stats.Elo.Game;
import lyceum.stats.Elo.KFactor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class EloTest {
    /** Performances with Gumbel noise of 400 / ln 10 points: the better one wins. Nothing of Elo's formula is in it. */
    private static boolean firstWins(double a, double b, Rng rng) {
        double scale = 400 / Math.log(10);
        double first = a - scale * Math.log(-Math.log(rng.nextDoublePositive())),
                second = b - scale * Math.log(-Math.log(rng.nextDoublePositive()));
        return first > second;
    }

    private static List<Game> games(double[] skill, int n, double draws, Rng rng) {
        var games = new ArrayList<Game>();
        for (int g = 0; g < n; g++) {
            int a = rng.nextInt(skill.length), b = (a + 1 + rng.nextInt(skill.length - 1)) % skill.length;
            games.add(new Game(a, b, rng.nextDouble() < draws ? 0.5 : firstWins(skill[a], skill[b], rng) ? 1 : 0));
        }
        return games;
    }

    private static final double[] SKILL = {1800, 1650, 1600, 1500, 1400, 1250};

    @Test
    @Acceptance(topic = "elo", clause = 1) void aGapOf400IsTenToOne() {
        double worst = 0;
        for (double rating : new double[] {0, 1500, 2387.25, -100}) {
            worst = Math.max(worst, Math.abs(Elo.expected(rating + 400, rating) - 10.0 / 11));
            worst = Math.max(worst, Math.abs(Elo.expected(rating, rating + 400) - 1.0 / 11));
        }
        Evidence.of("largest gap from 10/11, or from 1/11 for the weaker", worst, below(1e-12));
        assertThat(Elo.lead(10.0 / 11)).isCloseTo(400, within(1e-10));
    }

    @Test
    @Acceptance(topic = "elo", clause = 2) void theTotalIsConserved() {
        double worst = 0, moved = 0;
        for (double k : new double[] {4, 32}) {
            var games = games(SKILL, 10_000, 0.2, Rng.of(1960));
            for (double[] ratings : new Elo(k).path(new double[] {1500, 1400, 1600, 1523.7, 1500, 1499}, games)) {
                double total = 0;
                for (double r : ratings) total += r;
                worst = Math.max(worst, Math.abs(total - 9022.7));
                moved = Math.max(moved, Math.abs(ratings[0] - 1500));
            }
        }
        Evidence.of("largest change of the total over 10,000 games", worst, below(1e-9));
        Evidence.of("largest move of a rating", moved, above(100));
        var unequal = new Elo((rating, played) -> rating > 1500 ? 10 : 20, 1500).rate(2, List.of(new Game(0, 1, 1), new Game(0, 1, 1)));
        assertThat(unequal[0] + unequal[1]).isLessThan(2999);
    }

    @Test
    @Acceptance(topic = "elo", clause = 3) void orderMovesRatingsAndSmallStepsFindBradleyTerry() {
        var games = games(SKILL, 1_500, 0.1, Rng.of(3));
        double[] least = new double[6], most = new double[6];
        for (int s = 0; s < 20; s++) {
            double[] ratings = new Elo(32).rate(6, Elo.shuffled(games, Rng.of(s)));
            for (int i = 0; i < 6; i++) {
                least[i] = s == 0 ? ratings[i] : Math.min(least[i], ratings[i]);
                most[i] = Math.max(most[i], ratings[i]);
            }
        }
        double spread = Double.POSITIVE_INFINITY, worst = 0, order = 0;
        for (int i = 0; i < 6; i++) spread = Math.min(spread, most[i] - least[i]);
        // the fixed point of all games at once, by gradient ascent
        double[] r = {1500, 1500, 1500, 1500, 1500, 1500};
        for (int pass = 0; pass < 4_000; pass++) {
            var push = new double[6];
            for (var g : games) {
                double surprise = g.score() - 1 / (1 + Math.exp((r[g.second()] - r[g.first()]) * Math.log(10) / 400));
                push[g.first()] += surprise;
                push[g.second()] -= surprise;
            }
            for (int i = 0; i < 6; i++) r[i] += 0.5 * push[i];
        }
        double[] fit = Elo.ratings(new BradleyTerry().fit(Elo.wins(6, games)), 1500);
        for (int s = 0; s < 3; s++) {
            double[] ratings = new double[6];
            Arrays.fill(ratings, 1500);
            for (int pass = 0; pass < 200; pass++) ratings = new Elo(0.2).rate(ratings, Elo.shuffled(games, Rng.of(1000 * s + pass)));
            for (int i = 0; i < 6; i++) {
                worst = Math.max(worst, Math.abs(ratings[i] - fit[i]));
                order = Math.max(order, Math.abs(r[i] - fit[i]));
            }
        }
        Evidence.of("least spread of a player's rating over 20 orders, K = 32", spread, above(0));
        Evidence.of("largest gap of 200 passes at K = 0.2 from the Bradley-Terry fit, in points", worst, below(5));
        Evidence.of("largest gap of that fit from ascent on all games, in points", order, below(0.01));
    }

    @Test
    @Acceptance(topic = "elo", clause = 4) void simulatedWinRatesMatchExpectations() {
        double worst = 0;
        for (int gap = -600; gap <= 600; gap += 50) {
            var rng = Rng.of(600 + gap);
            int won = 0, games = 20_000;
            for (int g = 0; g < games; g++) if (firstWins(1500 + gap, 1500, rng)) won++;
            worst = Math.max(worst, Math.abs(100.0 * won / games - 100 * Elo.expected(1500 + gap, 1500)));
        }
        Evidence.of("largest gap of a win rate over 25 leads, in percentage points", worst, below(2));
    }

    @Test void kFactorsIntervalsAndConversions() {
        assertThat(KFactor.fide().of(1500, 3)).isEqualTo(40);
        assertThat(KFactor.fide().of(2450, 300)).isEqualTo(10);
        assertThat(KFactor.fide().of(2000, 300)).isEqualTo(20);
        // the article: 1600 beats 1800 with K = 32 and gains 24.3 points
        assertThat(new Elo(32).rate(new double[] {1600, 1800}, List.of(new Game(0, 1, 1)))[0]).isCloseTo(1624.3, within(0.05));
        var games = games(SKILL, 600, 0, Rng.of(5));
        var intervals = new Elo(8).intervals(6, games, 0.9, 200, Rng.of(6));
        for (int i = 1; i < 6; i++) assertThat(intervals.get(i).low()).isLessThan(intervals.get(i - 1).high());
        assertThat(intervals.getFirst().low()).isGreaterThan(intervals.getLast().high());
        var model = new BradleyTerry().fit(Elo.wins(6, games));
        assertThat(Elo.logStrengths(Elo.ratings(model, 1500))).containsExactly(model.logStrengths(), within(1e-12));
        assertThatThrownBy(() -> new Game(1, 1, 0.5)).hasMessageContaining("plays himself");
        assertThatThrownBy(() -> new Elo(0)).hasMessage("Elo: K is 0.0; it must be positive");
        assertThatThrownBy(() -> new Elo(8).rate(2, List.of(new Game(0, 2, 1)))).hasMessageContaining("numbered from 0 to 1");
    }
}
