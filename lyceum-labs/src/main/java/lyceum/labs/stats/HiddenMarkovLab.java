package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.bayes.BaumWelch;
import lyceum.bayes.ExpectationMaximization;
import lyceum.bayes.HiddenMarkovModel;
import lyceum.bayes.SymbolEmissions;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Only the rolls are seen; which die was it? Decoding, and then learning the croupier's habits. */
@Lab(topics = "hmm", title = "The occasionally dishonest casino")
final class HiddenMarkovLab implements LabBody {
    @Override public void run(LabContext lab) {
        double toLoaded = lab.param("fair to loaded", 0.05, 0.01, 0.5), toFair = lab.param("loaded to fair", 0.1, 0.01, 0.5);
        double six = lab.param("loaded six", 0.5, 0.2, 0.95);
        int shown = lab.param("rolls shown", 240, 60, 600), seed = lab.param("seed", 1, 1, 50), starts = lab.param("starts", 6, 1, 10);

        double fair = 1 / 6.0, other = (1 - six) / 5;
        double[][] dice = {{fair, fair, fair, fair, fair, fair}, {other, other, other, other, other, six}};
        double[][] croupier = {{1 - toLoaded, toLoaded}, {toFair, 1 - toFair}};
        var casino = HiddenMarkovModel.stationary(croupier, new SymbolEmissions(dice));
        var night = casino.sample(lab.rng(seed), 30_000);
        double[][] rolls = night.observations();
        int[] truth = night.states(), path = casino.viterbi(rolls).states();
        var posterior = casino.posterior(rolls);
        int[] each = posterior.decode();

        double[] time = new double[shown], loaded = new double[shown], online = new double[shown], real = new double[shown],
                best = new double[shown], sixes = new double[shown];
        var filter = casino.filter();
        for (int t = 0; t < shown; t++) {
            time[t] = t + 1;
            loaded[t] = posterior.states()[t][1];
            online[t] = filter.update(rolls[t])[1];
            real[t] = 1.15 + 0.2 * truth[t];
            best[t] = 1.45 + 0.2 * path[t];
            sixes[t] = rolls[t][0] == 5 ? -0.08 : Double.NaN;
        }
        double[] sixTimes = Arrays.stream(time).filter(t -> !Double.isNaN(sixes[(int) t - 1])).toArray(), low = new double[sixTimes.length];
        Arrays.fill(low, -0.08);
        lab.figure(Figure.plot("Which die is on the table?").line("all rolls", time, loaded).line("rolls so far", time, online).dashed()
                .line("truth", time, real).step().line("Viterbi", time, best).step().points("a six", sixTimes, low).limitY(-0.15, 1.75)
                .axes("roll", "probability of the loaded die")
                .describedAs("Crowded sixes raise the probability of the loaded die. The two upper "
                        + "lines step up where the loaded die was in truth and on the likeliest path, which misses short visits."));

        int viterbi = 0, marginal = 0, fairRolls = 0, swaps = 0, pathSwaps = 0, eachSwaps = 0;
        for (int t = 0; t < truth.length; t++) {
            if (path[t] == truth[t]) viterbi++;
            if (each[t] == truth[t]) marginal++;
            if (truth[t] == 0) fairRolls++;
            if (t == 0) continue;
            if (truth[t] != truth[t - 1]) swaps++;
            if (path[t] != path[t - 1]) pathSwaps++;
            if (each[t] != each[t - 1]) eachSwaps++;
        }
        double n = truth.length;
        lab.table("30,000 rolls", List.of("", "right", "swaps of dice"),
                List.of(List.of("truth", 1.0, swaps), List.of("each roll by its posterior", marginal / n, eachSwaps),
                        List.of("Viterbi's path", viterbi / n, pathSwaps), List.of("always fair", fairRolls / n, 0)));

        double[][] some = Arrays.copyOf(rolls, 10_000);
        var learning = new BaumWelch(SymbolEmissions.uniform(2, 6), some);
        var em = new ExpectationMaximization(40, 1e-6, true);
        var climb = Figure.plot("Learning the tables from 10,000 rolls");
        double fall = 0, highest = Double.NEGATIVE_INFINITY;
        double[] winner = null;
        for (int s = 0; s < starts; s++) {
            var fit = em.fit(learning, learning.randomStart(lab.rng(100 + s)));
            List<Double> steps = fit.path();
            for (int i = 1; i < steps.size(); i++) fall = Math.max(fall, (steps.get(i - 1) - steps.get(i)) / Math.abs(steps.get(i)));
            climb = climb.line("start " + (s + 1), 2, steps.stream().skip(2).mapToDouble(Double::doubleValue).toArray());
            if (fit.objective() > highest) {
                highest = fit.objective();
                winner = fit.theta();
            }
        }
        double known = casino.logLikelihood(some);
        lab.figure(
                climb.horizontalLine(known, "the true tables").axes("accelerated step of Baum-Welch", "log-likelihood, nats").describedAs(
                        "From random tables the likelihood never falls. Some starts find the croupier's habits, others stay on a plateau where both dice look alike."));
        var found = learning.model(winner);
        double[][] faces = ((SymbolEmissions) found.emissions()).probabilities(), moves = found.transition();
        int fairState = faces[0][5] < faces[1][5] ? 0 : 1;
        var rows = new ArrayList<List<?>>();
        for (int k : new int[] {fairState, 1 - fairState})
            rows.add(List.of(k == fairState ? "fewer sixes" : "more sixes", faces[k][5], moves[k][1 - k]));
        lab.table("The best start's tables (truth: sixes 0.167 and %.2f)".formatted(six), List.of("state", "P(six)", "P(swap)"), rows);
        lab.shows("largest relative fall in a step", fall, atMost(1e-10));
        lab.shows("each roll by its posterior less Viterbi, rolls right", marginal - viterbi, atLeast(0));
    }
}
