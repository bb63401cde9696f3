package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.BayesRule;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** A belief that moves with each toss of a coin, and with each positive test. */
@Lab(topics = "bayes-theorem", title = "Prior, evidence, posterior")
final class BayesRuleLab implements LabBody {
    @Override public void run(LabContext lab) {
        double prevalence = lab.param("prevalence", 0.01, 1e-4, 0.5), sensitivity = lab.param("sensitivity", 0.9, 0.5, 1.0);
        double specificity = lab.param("specificity", 0.95, 0.5, 0.999), bias = lab.param("bias", 0.7, 0.0, 1.0);
        int tosses = lab.param("tosses", 60, 1, 2_000);

        var rows = new ArrayList<List<?>>();
        var ill = BayesRule.prior(prevalence, 1 - prevalence);
        var bars = new double[5];
        for (int test = 0; test < 5; test++) {
            bars[test] = ill.probability(0);
            rows.add(
                    List.of(test, ill.probability(0), ill.odds(0, 1), ill.bayesFactor(0, 1), ill.predictive(sensitivity, 1 - specificity)));
            ill = ill.update(sensitivity, 1 - specificity);
        }
        lab.figure(Figure.bar("Ill, after so many positive tests", new String[] {"none", "1", "2", "3", "4"}, bars)
                .axes("positive tests", "probability of being ill").describedAs(
                        "One positive test of a rare disease convinces nobody; each further independent one multiplies the odds by the same factor."));
        lab.table("Positive tests", List.of("tests", "probability", "odds", "Bayes factor", "next one positive"), rows);
        if (prevalence == 0.01 && sensitivity == 0.9 && specificity == 0.95)
            lab.check(1, "screening example less 2/13", Math.abs(bars[1] - 2.0 / 13), below(1e-12));

        var rng = lab.rng(1);
        var coin = BayesRule.grid(0, 1, 400, p -> 0);
        var plot = Figure.plot("What the tosses say about a coin").line("before", coin.values(), coin.density());
        var means = new double[tosses + 1];
        means[0] = coin.mean();
        int heads = 0;
        for (int t = 1; t <= tosses; t++) {
            boolean head = rng.nextDouble() < bias;
            if (head) heads++;
            coin = coin.updateLog(p -> Math.log(head ? p : 1 - p));
            means[t] = coin.mean();
            if (t == 1 || t == tosses / 6 || t == tosses) plot = plot.line("after " + t, coin.values(), coin.density());
        }
        lab.figure(plot.verticalLine(bias, "the coin's bias").axes("probability of heads", "density")
                .describedAs("Flat before the first toss, a slope after it, and then a peak that narrows about the coin's true bias."));
        lab.figure(Figure.plot("The belief's mean, toss by toss").line("posterior mean", 0, means).horizontalLine(bias, "bias")
                .axes("toss", "probability of heads").limitY(0, 1)
                .describedAs("Long jumps at first; each later toss moves the mean by less, and it settles at the bias."));
        lab.say("%d heads in %d tosses: mean %.4f, and the rule of succession says %.4f.", heads, tosses, coin.mean(),
                (heads + 1.0) / (tosses + 2));
        lab.shows("mean less Laplace's (heads + 1) / (tosses + 2)", Math.abs(coin.mean() - (heads + 1.0) / (tosses + 2)), below(1e-4));
    }
}
