package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.BradleyTerry;
import lyceum.stats.Descriptive;
import lyceum.stats.PairwiseComparisons;
import lyceum.stats.PairwiseComparisons.Judgment;
import lyceum.stats.PairwiseComparisons.Outcome;
import lyceum.stats.PairwiseComparisons.Pair;

/** Votes on eight items: cycles among them, a favoured slot, and how fast clever pairs find the order. */
@Lab(topics = "pairwise-comparison", title = "Which of these two?")
final class PairwiseComparisonLab implements LabBody {
    private static final int ITEMS = 8;

    @Override public void run(LabContext lab) {
        double spread = lab.param("spread", 0.5, 0.0, 2.0), slot = lab.param("slot bias", 0.2, -1.0, 1.0);
        int votes = lab.param("votes a pair", 5, 1, 51), budget = lab.param("budget", 150, 40, 400);
        var rng = lab.rng(1);
        var all = new ArrayList<Judgment>();
        for (int i = 0; i < ITEMS; i++) for (int j = 0; j < i; j++) for (int v = 0; v < votes + 1 - votes % 2; v++) {
            boolean swap = rng.nextDouble() < 0.5;
            all.add(vote(swap ? i : j, swap ? j : i, spread, slot, rng));
        }
        var judged = new PairwiseComparisons(ITEMS, all);
        double[][] wins = judged.wins();
        int[] ranking = new BradleyTerry().withPrior(25).fit(wins).ranking();
        double[][] shares = new double[ITEMS][ITEMS];
        var names = new String[ITEMS];
        for (int r = 0; r < ITEMS; r++) {
            names[r] = "item " + ranking[r];
            for (int c = 0; c < ITEMS; c++) {
                int i = ranking[r], j = ranking[c];
                shares[r][c] = r == c ? 0 : 2 * wins[i][j] / (wins[i][j] + wins[j][i]) - 1;
                if (r > c && shares[r][c] > 0)
                    lab.say("%s beats the stronger %s: an upset, of which every cycle has one.", names[r], names[c]);
            }
        }
        lab.figure(Figure.heatmap("Lead of the row over the column", shares, names, names).diverging()
                .measuring("wins less losses, as a share").axes("column", "row").describedAs(
                        "Sorted by strength: below the diagonal, a cell of the upper triangle's colour is an upset; every cycle has one."));
        var bias = judged.positionBias();
        lab.table("The votes", List.of("measure", "value"),
                List.of(List.of("circular triads", (double) PairwiseComparisons.circularTriads(wins)),
                        List.of("Kendall's zeta", PairwiseComparisons.zeta(wins)),
                        List.of("chance of as few triads by coins", PairwiseComparisons.transitivity(wins, 999, lab.rng(2))),
                        List.of("share won by the first shown", bias.share()), List.of("p-value of no position bias", bias.pValue())));

        double[] steps = new double[budget / 10], informed = new double[steps.length], random = new double[steps.length];
        int repeats = 4;
        for (int seed : lab.progress("repeats", repeats)) for (int way = 0; way < 2; way++) {
            var stream = lab.rng(100 + 2 * seed + way);
            var asked = new PairwiseComparisons(ITEMS, List.of());
            for (int k = 1; k <= 10 * steps.length; k++) {
                int a = stream.nextInt(ITEMS);
                var pair = way == 0 ? asked.mostInformative(4) : new Pair(a, (a + 1 + stream.nextInt(ITEMS - 1)) % ITEMS);
                asked = asked.with(vote(pair.first(), pair.second(), Math.max(spread, 0.05), 0, stream));
                if (k % 10 == 0)
                    (way == 0 ? informed : random)[k / 10 - 1] += tau(new BradleyTerry().withPrior(4).fit(asked.wins()).logStrengths())
                            / repeats;
            }
        }
        for (int k = 0; k < steps.length; k++) steps[k] = 10.0 * (k + 1);
        lab.figure(Figure.plot("Finding the order").line("most informative pair", steps, informed).line("random pair", steps, random)
                .axes("comparisons spent", "Kendall's tau with the truth").limitY(0, 1)
                .describedAs("Asking about the pair that would tell most finds the order with fewer votes than asking at random."));
        lab.say("Mean tau over the way: %.3f informed, %.3f at random.", Descriptive.mean(informed), Descriptive.mean(random));
        int cycles = 0;
        for (int i = 0; i < ITEMS; i++)
            for (int j = 0; j < i; j++)
                for (int k = 0; k < j; k++)
                    if (wins[i][j] > wins[j][i] == wins[j][k] > wins[k][j] && wins[j][k] > wins[k][j] == wins[k][i] > wins[i][k]) cycles++;
        lab.shows("circular triads less those counted one by one", PairwiseComparisons.circularTriads(wins) - cycles, exactly(0));
        if (spread >= 0.3)
            lab.shows("mean tau, informed less at random", Descriptive.mean(informed) - Descriptive.mean(random), above(-0.05));
    }

    private static Judgment vote(int first, int second, double spread, double slot, Rng rng) {
        double won = 1 / (1 + Math.exp(spread * (first - second) - slot)); // item 0 is the best
        return new Judgment(first, second, rng.nextDouble() < won ? Outcome.FIRST : Outcome.SECOND);
    }

    private static double tau(double[] strengths) {
        double sum = 0;
        for (int i = 0; i < ITEMS; i++) for (int j = 0; j < i; j++) sum += Math.signum(strengths[j] - strengths[i]);
        return 2 * sum / (ITEMS * (ITEMS - 1));
    }
}
