package lyceum.labs.search;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * All that is said of each topic, for questions that describe one without its name: BM25F over stems (Robertson and Zaragoza, 2009),
 * {@code sum of idf(t) f / (K1 + f)}, {@code f} the sum over fields of weight times frequency over relative length. Other than in
 * {@link TermIndex} a word counts however many letters of it are typed, and wherever it stands.
 */
final class StemIndex {

    private static final double K1 = 3;

    /** A field, its weight, and how far its length counts; a mention is a sentence of another article that links here. */
    enum Field {
        TITLE(4, 0.4), ALIAS(3, 0.4), AREA(1, 0), SUMMARY(4, 0.4), ARTICLE(1, 0.75), MENTION(1, 0.5);

        final double weight;
        final double b;

        Field(double weight, double b) {
            this.weight = weight;
            this.b = b;
        }
    }

    private final Map<String, TermIndex.Postings> stems = new HashMap<>();
    private final int documents;

    /** @param texts the stems of a topic's words in every field */
    StemIndex(int documents, IntFunction<Map<Field, List<String>>> texts) {
        this.documents = documents;
        var cut = new ArrayList<List<List<String>>>();
        var means = new double[Field.values().length];
        for (int d = 0; d < documents; d++) {
            var fields = new ArrayList<List<String>>();
            var text = texts.apply(d);
            for (var field : Field.values()) {
                var words = text.get(field);
                fields.add(words);
                means[field.ordinal()] += words.size() / (double) documents;
            }
            cut.add(fields);
        }
        for (int d = 0; d < documents; d++) {
            int document = d;
            frequencies(cut.get(d), means)
                    .forEach((stem, f) -> stems.computeIfAbsent(stem, s -> new TermIndex.Postings()).add(document, f / (K1 + f)));
        }
    }

    private static Map<String, Double> frequencies(List<List<String>> fields, double[] means) {
        var frequencies = new HashMap<String, Double>();
        for (var field : Field.values()) {
            var words = fields.get(field.ordinal());
            double longer = 1 - field.b + field.b * words.size() / Math.max(1, means[field.ordinal()]);
            words.forEach(word -> frequencies.merge(word, field.weight / longer, Double::sum));
        }
        return frequencies;
    }

    /** What the words of a question are worth in each topic. */
    double[] score(List<String> words) {
        var scores = new double[documents];
        for (var stem : new LinkedHashSet<>(words.stream().map(Stemmer::stem).toList())) {
            var found = stems.get(stem);
            if (found != null) {
                found.sum(Math.log(1 + (documents - found.size() + 0.5) / (found.size() + 0.5)), scores);
            }
        }
        return scores;
    }
}
