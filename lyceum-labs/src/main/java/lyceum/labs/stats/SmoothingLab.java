package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.AdditiveSmoothing;
import lyceum.prob.AliasTable;
import lyceum.prob.Categorical;
import lyceum.random.Rng;

/** A little for what was never seen: how much alpha gives away, and how much it should. */
@Lab(topics = "laplace-smoothing", title = "Pseudo-counts")
final class SmoothingLab implements LabBody {
    @Override public void run(LabContext lab) {
        double logAlpha = lab.param("log10 of alpha", 0.0, -4.0, 3.0);
        int kinds = lab.param("kinds of words", 5_000, 100, 50_000), words = lab.param("words", 2_000, 100, 20_000);
        double alpha = Math.pow(10, logAlpha);

        double[] counts = {12, 7, 4, 2, 1, 1, 0, 0}, shares = new AdditiveSmoothing(0).estimate(counts),
                smoothed = new AdditiveSmoothing(alpha).estimate(counts);
        lab.figure(Figure.bar("Shares and smoothed probabilities, alpha %.3g".formatted(alpha), Figure.numbered(1, 8), shares)
                .named("counts / N").add("smoothed", smoothed).axes("outcome, by its count: 12, 7, 4, 2, 1, 1, 0, 0", "probability")
                .describedAs("Frequent outcomes give away a little, those never seen receive it; a huge alpha levels all bars."));

        // Words by Zipf's law, where most kinds are never seen.
        var weights = new double[kinds];
        for (int k = 0; k < kinds; k++) weights[k] = 1.0 / (k + 1);
        var zipf = new Categorical(weights);
        double[] p = zipf.probabilities(), train = draw(zipf.alias(), words, lab.rng(1)), heldOut = draw(zipf.alias(), words, lab.rng(2));
        double truth = 0;
        for (int k = 0; k < kinds; k++) if (train[k] == 0) truth += p[k];
        double[] alphas = new double[29], unseen = new double[29], perplexity = new double[29];
        for (int i = 0; i < 29; i++) {
            alphas[i] = Math.pow(10, i / 4.0 - 4);
            unseen[i] = new AdditiveSmoothing(alphas[i]).unseen(train);
            perplexity[i] = new AdditiveSmoothing(alphas[i]).perplexity(train, heldOut);
        }
        AdditiveSmoothing tuned = AdditiveSmoothing.heldOut(train, heldOut), loo = AdditiveSmoothing.leaveOneOut(train),
                laplace = new AdditiveSmoothing(1);
        lab.figure(Figure.plot("Mass given to words never seen").line("unseen mass", alphas, unseen).horizontalLine(truth, "truth").logX()
                .verticalLine(alpha, "alpha").axes("alpha", "probability of all unseen words")
                .describedAs("An S from nothing to nearly everything, which crosses the true mass at one alpha."));
        lab.figure(Figure.plot("Held-out perplexity").line("perplexity", alphas, perplexity).logX().logY()
                .verticalLine(tuned.alpha()[0], "tuned").axes("alpha", "perplexity (words)")
                .describedAs("A valley: too small an alpha is surprised by new words, too large a one by the old."));
        lab.table("Choices of alpha", List.of("choice", "alpha", "unseen mass", "perplexity"),
                List.of(row("Laplace", laplace, train, heldOut), row("held out", tuned, train, heldOut),
                        row("leave one out", loo, train, heldOut), List.of("truth", "", truth, "")));
        if (Arrays.stream(heldOut).sum() >= 1_000 && kinds >= 2 * words) {
            lab.shows("mass by leave-one-out less truth", Math.abs(loo.unseen(train) - truth), below(0.08));
            lab.shows("perplexity of Laplace's rule over the tuned one",
                    laplace.perplexity(train, heldOut) / tuned.perplexity(train, heldOut), above(1.2));
        }
        lab.shows("held-out alpha against the best on the curve",
                tuned.perplexity(train, heldOut) / Arrays.stream(perplexity).min().orElseThrow(), below(1 + 1e-9));
    }

    private static List<?> row(String name, AdditiveSmoothing s, double[] train, double[] heldOut) {
        return List.of(name, s.alpha()[0], s.unseen(train), s.perplexity(train, heldOut));
    }

    private static double[] draw(AliasTable law, int n, Rng rng) {
        var counts = new double[law.count()];
        for (int i = 0; i < n; i++) counts[law.sample(rng)]++;
        return counts;
    }
}
