package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.CorpusCard;
import lyceum.data.curation.NgramModel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Two corpora of English, four centuries apart: what each is made of, and how badly a model of one reads the other. */
@Lab(topics = "corpus", title = "A million words each, and strangers")
final class CorpusLab implements LabBody {
    @Override public void run(LabContext lab) {
        int order = lab.param("order of the model", 2, 1, 5), samples = lab.param("documents of each", 150, 50, 500);
        var names = List.of("Brown, 1961", "King James, 1611");
        var corpora = List.of(Corpus.of(Corpora.brown().limit(samples).toList()),
                Corpus.of(Corpora.kingJames().limit(2L * samples).toList()));
        var cards = corpora.stream().map(corpus -> CorpusCard.of(corpus)).toList();
        lab.table("Two cards", List.of("", names.get(0), names.get(1)),
                List.of(row("documents", cards.get(0).documents(), cards.get(1).documents()),
                        row("bytes", cards.get(0).bytes(), cards.get(1).bytes()), row("words", cards.get(0).words(), cards.get(1).words()),
                        row("different words", cards.get(0).types(), cards.get(1).types()),
                        row("median length (words)", cards.get(0).lengthQuantile(0.5), cards.get(1).lengthQuantile(0.5)),
                        row("Heaps' exponent", cards.get(0).heapsExponent(), cards.get(1).heapsExponent()),
                        row("exact copies", cards.get(0).duplicates(), cards.get(1).duplicates()),
                        row("languages", cards.get(0).languages(), cards.get(1).languages())));
        lab.figure(Figure.plot("Different words among so many running ones").line(names.get(0), words(cards.get(0)), types(cards.get(0)))
                .line(names.get(1), words(cards.get(1)), types(cards.get(1))).logX().logY().axes("running words", "different words")
                .describedAs(
                        "Both grow as straight lines on these axes, Heaps' law; the newspaper age needs twice as many words as the Bible."));

        var train = corpora.stream().map(corpus -> NgramModel.train(corpus.split(1, 0.8, 0.2).get(0), order)).toList();
        var perplexity = new double[2][2];
        for (int i : lab.progress("models", 2))
            for (int j = 0; j < 2; j++) perplexity[i][j] = train.get(i).perplexity(corpora.get(j).split(1, 0.8, 0.2).get(1));
        lab.figure(Figure.heatmap("Perplexity on text held out", perplexity, names.toArray(String[]::new), names.toArray(String[]::new))
                .axes("read", "learned").describedAs(
                        "In each column the model of the same century is far lower; the Bible, of few words, is the easier reading for both."));
        lab.say("The Bible perplexes a model of %d-grams of its own kind by %.0f words and one of Brown by %.0f.", order, perplexity[1][1],
                perplexity[0][1]);
        lab.shows("Bible read by Brown's model over its own", perplexity[0][1] / perplexity[1][1], above(1.5));
        lab.shows("Brown read by the Bible's model over its own", perplexity[1][0] / perplexity[0][0], above(1.5));
        lab.shows("verses of the whole King James text",
                Corpora.kingJames().stream().mapToLong(chapter -> chapter.text().lines().count()).sum(), exactly(31_102));
    }

    private static List<Object> row(String name, Object first, Object second) { return List.of(name, first, second); }

    private static double[] words(CorpusCard card) { return card.growth().stream().mapToDouble(CorpusCard.Growth::words).toArray(); }

    private static double[] types(CorpusCard card) { return card.growth().stream().mapToDouble(CorpusCard.Growth::types).toArray(); }
}
