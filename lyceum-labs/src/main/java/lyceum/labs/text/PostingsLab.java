package lyceum.labs.text;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.TextAnalyzer;
import lyceum.retrieval.TextQuery;

/** The lists of a phrase's words, and where they meet. */
@Lab(topics = "sparse-retrieval", title = "Lists that meet in a phrase")
final class PostingsLab implements LabBody {
    @Override public void run(LabContext lab) {
        var phrase = lab.choice("phrase", "green pastures", "green pastures", "lost sheep", "golden calf", "burnt offering");
        var words = phrase.split(" ");
        var index = new InvertedIndex(new TextAnalyzer());
        var verses = new LinkedHashMap<String, String>();
        Corpora.kingJames().stream().forEach(chapter -> {
            int verse = 1;
            for (var text : chapter.text().split("\n")) verses.put(chapter.id() + ":" + verse++, text);
        });
        verses.forEach(index::add);
        List<String> first = index.matching(TextQuery.term(words[0])), second = index.matching(TextQuery.term(words[1])),
                both = index.matching(TextQuery.and(TextQuery.term(words[0]), TextQuery.term(words[1]))),
                hits = index.matching(TextQuery.phrase(phrase));
        lab.table("Verses by query", List.of("query", "verses"), List.of(List.of(words[0], first.size()), List.of(words[1], second.size()),
                List.of(words[0] + " AND " + words[1], both.size()), List.of("\"" + phrase + "\"", hits.size())));
        var order = new ArrayList<>(verses.keySet());
        lab.figure(Figure.scatter("Where the lists stand in the text", numbers(order, first), rows(first, 3)).named(words[0])
                .points(words[1], numbers(order, second), rows(second, 2)).points("both", numbers(order, both), rows(both, 1))
                .points("the phrase", numbers(order, hits), rows(hits, 0)).axes("number of the verse", "list").describedAs(
                        "A dot for each verse of each list, from the lists of the single words above to the verses with the phrase below."));
        lab.table("The phrase in its verses", List.of("verse", "text"),
                hits.stream().limit(8).map(id -> List.of(id, lit(verses.get(id), phrase))).toList());
        long plain = verses.values().stream().mapToLong(String::length).sum();
        lab.say("%,d verses: %.1f MB of index, with every place of every word, for %.1f MB of text.", index.size(), index.bytes() / 1e6,
                plain / 1e6);
        long scanned = verses.values().stream()
                .filter(v -> (" " + v.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", " ") + " ").contains(" " + phrase + " ")).count();
        lab.shows("phrase hits less those of a scan of the text", hits.size() - scanned, exactly(0));
        lab.shows("bytes of the index over those of the text", (double) index.bytes() / plain, below(1));
    }

    private static String lit(String text, String phrase) {
        int at = text.toLowerCase(Locale.ROOT).indexOf(phrase);
        return at < 0 ? text
                : text.substring(0, at) + "[" + text.substring(at, at + phrase.length()) + "]" + text.substring(at + phrase.length());
    }

    private static double[] numbers(List<String> order, List<String> ids) { return ids.stream().mapToDouble(order::indexOf).toArray(); }

    private static double[] rows(List<String> ids, double row) { return ids.stream().mapToDouble(_ -> row).toArray(); }
}
