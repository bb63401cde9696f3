package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramSmoothing;

/** The first word of a verse, foretold with and without a mark that says where verses begin. */
@Lab(topics = "bos-token", title = "How does a sentence begin?")
final class BeginningOfTextLab implements LabBody {
    @Override public void run(LabContext lab) {
        int verses = lab.param("verses", 8000, 1000, 31_102), shown = lab.param("words shown", 10, 5, 30);
        double k = lab.param("added to each count", 0.01, 0.0001, 1);
        var words = new ArrayList<>(List.of("<s>", "</s>", "<unk>"));
        List<int[]> train = new ArrayList<>(), heldOut = new ArrayList<>();
        NGramModelsLab.read(verses, words, train, heldOut);
        var first = new double[words.size()];
        for (var verse : train) first[verse[0]] += 1.0 / train.size();
        var estimator = new NGramEstimator(2, words.size()).withUnknown(2).withSmoothing(new NGramSmoothing.AddK(k));
        var marked = estimator.withStartMark(0).fit(train);
        var plain = estimator.fit(train);
        double[] with = marked.start().logProbabilities(), without = plain.start().logProbabilities();
        int[] top = IntStream.range(0, first.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -first[i])).limit(shown)
                .mapToInt(i -> i).toArray();
        lab.figure(Figure
                .bars("First words of verses", IntStream.of(top).mapToObj(words::get).toArray(String[]::new),
                        Series.of("verses", IntStream.of(top).mapToDouble(i -> first[i]).toArray()),
                        Series.of("with the mark",
                                IntStream.of(top).mapToDouble(i -> Math.exp(with[i])).toArray()),
                        Series.of("without", IntStream.of(top).mapToDouble(i -> Math.exp(without[i])).toArray()))
                .axes("word", "share").describedAs(
                        "The commonest first words of verses: the model with a start mark gives each its share, the one without that of any place."));
        double kl = 0, klWithout = 0;
        for (int i = 0; i < first.length; i++) {
            if (first[i] == 0) continue;
            kl += first[i] * (Math.log(first[i]) - with[i]);
            klWithout += first[i] * (Math.log(first[i]) - without[i]);
        }
        int[] ids = heldOut.getFirst();
        lab.say("A verse of %d words is scored by %d terms with the mark, and by %d without: %.2f and %.2f nats.", ids.length,
                marked.logProbabilities(ids).length, plain.logProbabilities(ids).length, marked.score(ids), plain.score(ids));
        lab.shows("KL from the first words, with the mark", kl, atMost(k <= 0.01 ? 0.02 : 1));
        lab.shows("KL from the first words, without", klWithout, atLeast(0.5));
        lab.shows("terms more with the mark", marked.logProbabilities(ids).length - plain.logProbabilities(ids).length, exactly(1));
    }
}
