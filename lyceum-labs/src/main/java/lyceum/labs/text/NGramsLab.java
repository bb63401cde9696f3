package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.count.Collocation;
import lyceum.text.count.NGramTrie;
import lyceum.text.count.NGrams;

/** A window over a verse, and which pairs of the King James Bible belong together by four scores. */
@Lab(topics = "n-gram", title = "A sliding window, and words that keep company")
final class NGramsLab implements LabBody {
    private static final List<String> VERSE = List.of("in the beginning god created the heaven and the earth".split(" "));

    private record Pair(String words, Collocation counts) {}

    @Override public void run(LabContext lab) {
        int n = lab.param("n", 2, 1, 5), skips = lab.param("skips", 0, 0, 3), least = lab.param("least count", 10, 1, 100);
        var score = lab.choice("score", "likelihood ratio", "likelihood ratio", "pmi", "t", "chi-squared");
        var grams = skips == 0 || n == 1 ? NGrams.of(VERSE, n) : NGrams.skipping(VERSE, n, skips);
        lab.say("%d words of Genesis 1:1 and a window of %d give %d runs%s.", VERSE.size(), n, grams.size(),
                skips > 0 && n > 1 ? ", with up to " + skips + " words skipped" : "");
        lab.table("The first runs", List.of("run"), grams.stream().limit(12).map(g -> List.of(String.join(" ", g))).toList());
        if (skips == 0) lab.shows("runs less max(0, N - n + 1)", grams.size() - Math.max(0, VERSE.size() - n + 1), exactly(0));

        List<String> words = new ArrayList<>();
        var numbers = new HashMap<String, Integer>();
        var names = new ArrayList<String>();
        Corpora.kingJames().stream().forEach(chapter -> {
            for (var w : chapter.text().toLowerCase(Locale.ROOT).split("[^a-z]+")) if (!w.isEmpty()) words.add(w);
        });
        int[] ids = words.stream().mapToInt(w -> numbers.computeIfAbsent(w, _ -> {
            names.add(w);
            return names.size() - 1;
        })).toArray();
        var trie = NGramTrie.of(ids, 3);
        var pairs = new ArrayList<Pair>();
        for (var each : trie.top(2, trie.distinct(2))) {
            if (each.count() < least) break;
            int a = each.gram()[0], b = each.gram()[1];
            pairs.add(new Pair(names.get(a) + " " + names.get(b), new Collocation(each.count(), trie.count(a), trie.count(b), ids.length)));
        }
        ToDoubleFunction<Collocation> by = switch (score) {
            case "pmi" -> Collocation::pmi;
            case "t" -> Collocation::studentT;
            case "chi-squared" -> Collocation::chiSquared;
            default -> Collocation::likelihoodRatio;
        };
        pairs.sort(Comparator.comparingDouble((Pair p) -> by.applyAsDouble(p.counts)).reversed());
        var top = pairs.subList(0, Math.min(15, pairs.size()));
        lab.figure(Figure
                .bar("Pairs that keep company, by " + score, top.reversed().stream().map(Pair::words).toArray(String[]::new),
                        top.reversed().stream().mapToDouble(p -> by.applyAsDouble(p.counts)).toArray())
                .horizontal().axes(score, "pair")
                .describedAs("The fifteen pairs of the King James Bible with the highest score; try each score, and a least count of 1."));
        lab.table("What the scores see", List.of("pair", "together", "first", "second", "PMI", "G2"), top.stream().limit(8).map(
                p -> List.of(p.words, p.counts.both(), p.counts.first(), p.counts.second(), p.counts.pmi(), p.counts.likelihoodRatio()))
                .toList());
        lab.say("%,d words, %,d different trigrams in a trie of %.1f MB.", ids.length, trie.distinct(3), trie.bytes() / 1e6);
        int text = ids.length - 1;
        lab.shows("counts of bigrams less words but the last",
                trie.top(2, trie.distinct(2)).stream().mapToInt(NGramTrie.Counted::count).sum() - text, exactly(0));
    }
}
