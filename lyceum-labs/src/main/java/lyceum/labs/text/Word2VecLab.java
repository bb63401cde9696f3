package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.PhraseDetector;
import lyceum.text.vector.Word2Vec;

/** Neighbours of a word of the Bible after one pass and after several, the fall of the loss, an analogy and phrases. */
@Lab(topics = "word2vec", title = "Guess the neighbour, keep the vectors")
final class Word2VecLab implements LabBody {

    @Override public void run(LabContext lab) {
        int chapters = lab.param("chapters", 187, 20, 1189), epochs = lab.param("epochs", 6, 2, 30),
                dimension = lab.param("dimension", 24, 8, 100);
        int negatives = lab.param("negatives", 3, 1, 20);
        var mode = lab.choice("mode", "skip-gram", "skip-gram", "CBOW");
        var output = lab.choice("output", "negative sampling", "negative sampling", "Huffman tree");
        var word = lab.choice("word", "water", "water", "silver", "son", "blood", "king");

        List<List<String>> verses = new ArrayList<>();
        Corpora.kingJames().stream().limit(chapters).forEach(chapter -> {
            for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                verses.add(List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" ")));
        });
        var phrases = new PhraseDetector(10, 40, 5).find(verses);
        lab.table("Words that belong together", List.of("phrase", "score"),
                phrases.found().stream().limit(8).map(p -> List.of(p.first() + " " + p.second(), p.score())).toList());

        var word2vec = (mode.equals("CBOW") ? Word2Vec.cbow(dimension) : Word2Vec.skipGram(dimension)).withWindow(3)
                .withNegatives(negatives).withSubsample(2e-4).withMinCount(10).withLearningRate(0.1).withSeed(lab.seed())
                .withOutput(output.equals("Huffman tree") ? Word2Vec.Output.HIERARCHICAL_SOFTMAX : Word2Vec.Output.NEGATIVE_SAMPLING);
        var first = word2vec.withEpochs(1).fit(verses);
        if (!first.words().contains(word)) {
            lab.say("'%s' stands less than 10 times in %d chapters: read more of them.", word, chapters);
            return;
        }
        var losses = new ArrayList<Double>();
        var model = word2vec.withEpochs(epochs).fit(verses, update -> {
            losses.add(update.metrics().get("loss"));
            lab.progress().report(update);
        });
        var early = first.vectors().nearest(word, 8);
        var late = model.vectors().nearest(word, 8);
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < late.size(); i++)
            rows.add(List.of(early.get(i).name(), early.get(i).score(), late.get(i).name(), late.get(i).score()));
        lab.say("%,d words of %d chapters. One pass, and %d.", model.words().size(), chapters, epochs);
        lab.table("Neighbours of '" + word + "'", List.of("after 1 pass", "cosine", "after " + epochs, "cosine "), rows);
        lab.figure(Figure.line("Loss by pass", 1, losses.stream().mapToDouble(d -> d).toArray())
                .axes("pass", "mean loss of an example (nats)")
                .describedAs("The loss falls by pass; each takes the text in the same order with other windows and other false words."));
        var questions = List.of(List.of("man", "woman", "son"), List.of("father", "mother", "son"), List.of("day", "night", "sun"));
        lab.table("Analogies", List.of("question", "best three"), questions.stream()
                .filter(q -> q.stream().allMatch(model.vectors()::contains))
                .map(q -> List.of(q.get(0) + " : " + q.get(1) + " = " + q.get(2) + " : ?",
                        String.join(", ", model.vectors().analogy(q.get(0), q.get(1), q.get(2), 3).stream().map(Neighbour::name).toList())))
                .toList());
        lab.shows("loss of the first pass less that of the last, nats", losses.getFirst() - losses.getLast(), atLeast(0.0));
        var again = word2vec.withEpochs(1).fit(verses).vectors().vectors().toFloatArray();
        lab.shows("the same seed gives the same bits", Arrays.equals(again, first.vectors().vectors().toFloatArray()));
        if (output.equals("Huffman tree")) lab.shows("probabilities of all words add up to 1, in millionths",
                Math.rint(1e6 * Arrays.stream(model.probabilities(0)).sum()), exactly(1e6));
    }
}
