package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramSmoothing;

/** Verses that the model has not seen, each word by the length of the run that foretold it. */
@Lab(topics = "ngram-backoff", title = "How far back the model had to go")
final class BackoffLab implements LabBody {
    @Override public void run(LabContext lab) {
        int order = lab.param("order", 3, 2, 5), k = lab.param("counts above this are trusted", 5, 0, 10),
                verse = lab.param("verse", 3, 0, 500);
        double alpha = lab.param("alpha of stupid backoff", 0.4, 0.05, 1);
        var words = new ArrayList<>(List.of("<s>", "</s>", "<unk>"));
        List<int[]> train = new ArrayList<>(), heldOut = new ArrayList<>();
        NGramModelsLab.read(5000, words, train, heldOut);
        var estimator = new NGramEstimator(order, words.size()).withMarks(0, 1).withUnknown(2);
        var katz = estimator.withSmoothing(new NGramSmoothing.Katz(k, 1)).fit(train);
        var stupid = estimator.withSmoothing(new NGramSmoothing.StupidBackoff(alpha)).fit(train);

        int[] ids = heldOut.get(Math.min(verse, heldOut.size() - 1));
        int[] orders = katz.orders(ids);
        double[] logs = katz.logProbabilities(ids), scores = stupid.logProbabilities(ids);
        var labels = new String[ids.length];
        var rows = new ArrayList<List<?>>();
        for (int t = 0; t < ids.length; t++) {
            labels[t] = t + 1 + " " + words.get(ids[t]);
            rows.add(List.of(words.get(ids[t]), orders[t], Math.exp(logs[t]), Math.exp(scores[t])));
        }
        lab.figure(Figure.heatmap("The order that foretold each word", new double[][] {Arrays.stream(orders).asDoubleStream().toArray()},
                new String[] {"verse"}, labels).axes("word", "text").measuring("order").describedAs(
                        "A held-out verse: words whose whole run was seen, those where the model went back to shorter ones, words never seen (0)."));
        lab.table("Word by word", List.of("word", "order", "Katz", "stupid backoff"), rows);

        var used = new int[order + 1];
        double least = 0;
        for (var text : heldOut) {
            for (int n : katz.orders(text)) used[n]++;
            for (double p : katz.logProbabilities(text)) least = Math.min(least, p);
        }
        lab.figure(Figure
                .bar("Orders used on all held-out verses", IntStream.rangeClosed(0, order).mapToObj(n -> "" + n).toArray(String[]::new),
                        Arrays.stream(used).asDoubleStream().toArray())
                .axes("order", "words").describedAs("How many words of the held-out verses were foretold by runs of each length."));
        double mass = 0, sum = 0;
        for (double p : stupid.start().next(ids[0]).logProbabilities()) mass += Math.exp(p);
        for (double p : katz.start().next(ids[0]).logProbabilities()) sum += Math.exp(p);
        boolean refused = false;
        try {
            stupid.evaluate(heldOut);
        } catch (IllegalArgumentException e) {
            refused = true;
        }
        lab.say("After \"%s\" the scores of stupid backoff add up to %.3f, so it has no perplexity. Katz has %.1f.", words.get(ids[0]),
                mass, katz.evaluate(heldOut).perplexity());
        lab.shows("sum of Katz's probabilities there, less 1", Math.abs(sum - 1), atMost(1e-9));
        lab.shows("stupid backoff has a perplexity", refused ? 0 : 1, exactly(0));
        lab.shows("least log-probability of a held-out word", least, above(-40));
    }
}
