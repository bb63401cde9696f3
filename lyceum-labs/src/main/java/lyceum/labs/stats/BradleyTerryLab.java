package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.stats.BradleyTerry;
import lyceum.stats.Elo;
import lyceum.stats.Elo.Game;

/** A round of matches: strengths with intervals and the win matrix they predict, and what online ratings make of three orders of the same games. */
@Lab(topics = {"bradley-terry", "elo"}, title = "Who is how strong?")
final class BradleyTerryLab implements LabBody {
    private static final String[] NAMES = {"Ada", "Bo", "Cy", "Dee", "Eli", "Fay"};

    @Override public void run(LabContext lab) {
        int count = lab.param("games", 300, 60, 3_000);
        double spread = lab.param("spread of skill", 0.6, 0.0, 2.0), k = lab.param("K", 32, 1.0, 64.0),
                prior = lab.param("prior variance", 25, 0.1, 100.0);
        int players = NAMES.length;
        var rng = lab.rng(1);
        var games = new ArrayList<Game>();
        for (int g = 0; g < count; g++) {
            int a = rng.nextInt(players), b = (a + 1 + rng.nextInt(players - 1)) % players;
            double won = 1 / (1 + Math.exp(spread * (a - b))); // Ada is the best, Fay the last
            games.add(new Game(a, b, rng.nextDouble() < won ? 1 : 0));
        }
        double[][] wins = Elo.wins(players, games);
        var model = new BradleyTerry().withPrior(prior).fit(wins);

        double[] place = new double[players], low = new double[players], high = new double[players], truth = new double[players];
        for (int i = 0; i < players; i++) {
            place[i] = i;
            var interval = model.interval(i, 0.95);
            low[i] = interval.low();
            high[i] = interval.high();
            truth[i] = spread * ((players - 1) / 2.0 - i);
        }
        lab.figure(Figure.plot("Log-strengths").points("fitted", place, model.logStrengths()).errorBars("95%", place, low, high)
                .points("true", place, truth).crosses().axes("player, from the truly best", "log-strength").describedAs(
                        "Fitted strengths with their intervals, and the true ones as crosses: with few games neighbours cannot be told apart."));
        lab.figure(Figure.heatmap("Predicted probability that the row beats the column", model.winProbabilities(), NAMES, NAMES)
                .cellLabels().axes("loser", "winner").measuring("probability")
                .describedAs("Strong players' rows are light all along; the diagonal is a half."));

        double[] fit = Elo.ratings(model, 1500), start = new double[players];
        Arrays.fill(start, 1500);
        var plots = new Figure[3];
        double spreadOfTop = 0, last = Double.NaN;
        for (int order = 0; order < 3; order++) {
            double[][] path = new Elo(k).path(start, Elo.shuffled(games, lab.rng(10 + order)));
            var plot = Figure.plot("Order " + (order + 1));
            for (int i = 0; i < players; i += players - 1) {
                var ratings = new double[path.length];
                for (int g = 0; g < ratings.length; g++) ratings[g] = path[g][i];
                plot = plot.line(NAMES[i], 0, ratings).horizontalLine(fit[i], NAMES[i] + ", all games at once");
            }
            double top = path[count][0];
            spreadOfTop = order == 0 ? 0 : Math.max(spreadOfTop, Math.abs(top - last));
            last = top;
            plots[order] = plot.axes("game", "rating (points)")
                    .describedAs("Ratings of the best and the last player, game by game, about the fit of all games.");
        }
        lab.figure(Figure.row("The same games in three orders", plots).describedAs(
                "Each order of the same games ends at other ratings, which never settle; the lines across are the fit that knows no order."));
        lab.say("Between two orders Ada's final rating differs by up to %.0f points. All games at once say %.0f, with a standard error of %.0f.",
                spreadOfTop, fit[0], Elo.POINTS * model.standardError(0));

        double worst = 0;
        for (int i = 0; i < players; i++) {
            double gap = -model.logStrengths()[i] / prior;
            for (int j = 0; j < players; j++) if (i != j) gap += wins[i][j] - (wins[i][j] + wins[j][i]) * model.probability(i, j);
            worst = Math.max(worst, Math.abs(gap));
        }
        lab.shows("bradley-terry", "wins less predicted wins, with the prior's pull", worst, below(1e-8));
        lab.shows("elo", "a lead of 400 points less 10/11", Math.abs(Elo.expected(1900, 1500) - 10.0 / 11), below(1e-12));
    }
}
