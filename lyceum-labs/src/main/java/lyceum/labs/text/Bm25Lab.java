package lyceum.labs.text;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.Bm25;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.TextAnalyzer;

/** What each word of a query gives to the best verse, and how that moves with k1 and b. */
@Lab(topics = "bm25", title = "Where a score comes from")
final class Bm25Lab implements LabBody {
    private static final int STEPS = 30;

    @Override public void run(LabContext lab) {
        var variant = Bm25.Variant.valueOf(lab.choice("variant", "LUCENE", "OKAPI", "LUCENE", "PLUS"));
        double k1 = lab.param("k1", 1.2, 0, 5), b = lab.param("b", 0.75, 0, 1);
        var query = lab.choice("query", "the lost sheep of the house", "the lost sheep of the house", "a still small voice",
                "vanity of vanities all is vanity");
        var index = new InvertedIndex(new TextAnalyzer());
        var verses = new ArrayList<String>();
        Corpora.kingJames().stream().forEach(chapter -> {
            int verse = 1;
            for (var text : chapter.text().split("\n")) {
                index.add(chapter.id() + ":" + verse++, text);
                verses.add(text);
            }
        });
        var bm25 = new Bm25().withVariant(variant).withK1(k1).withB(b);
        var ranked = bm25.rank(index, query, 10);
        var best = ranked.hits().getFirst();
        lab.table("The first five of " + verses.size() + " verses for '" + query + "'", List.of("verse", "score"),
                ranked.hits().stream().limit(5).map(h -> List.of(h.id(), h.score())).toList());
        var parts = bm25.explain(index, query, best.id());
        lab.table("What each word gives to " + best.id(), List.of("word", "times there", "idf", "gives"),
                parts.stream().map(p -> List.of(p.term(), p.count(), p.idf(), p.score())).toList());
        lab.figure(moving("k1", 5, parts.stream().map(Bm25.Contribution::term).toList(), value -> bm25.withK1(value), index, query,
                best.id()));
        lab.figure(
                moving("b", 1, parts.stream().map(Bm25.Contribution::term).toList(), value -> bm25.withB(value), index, query, best.id()));
        lab.say("Of %,d postings of the query's words %,d were scored; the rest stand in blocks that cannot reach the first ten.",
                ranked.postings(), ranked.scored());
        lab.shows("parts less the score", Math.abs(parts.stream().mapToDouble(Bm25.Contribution::score).sum() - best.score()), below(1e-9));
        lab.shows("places of the first ten that skipping changed", ranked.hits().equals(bm25.exhaustive(index, query, 10).hits()) ? 0 : 1,
                exactly(0));
    }

    private interface Setting {
        Bm25 at(double value);
    }

    private static Figure moving(String name, double most, List<String> terms, Setting setting, InvertedIndex index, String query,
            String id) {
        var x = new double[STEPS + 1];
        var y = new double[terms.size()][STEPS + 1];
        for (int i = 0; i <= STEPS; i++) {
            x[i] = most * i / STEPS;
            var parts = setting.at(x[i]).explain(index, query, id);
            for (int t = 0; t < y.length; t++) y[t][i] = parts.get(t).score();
        }
        var figure = Figure.line("Contributions to " + id + " as " + name + " moves", x, y[0]).named(terms.getFirst());
        for (int t = 1; t < y.length; t++) figure = figure.line(terms.get(t), x, y[t]);
        return figure.axes(name, "contribution")
                .describedAs("A line for each word of the query that the best verse holds: what it gives to the score as " + name
                        + " goes from 0 to " + most + ".");
    }
}
