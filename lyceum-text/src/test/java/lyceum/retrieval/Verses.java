package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import lyceum.data.corpus.Corpora;
import lyceum.testing.Recipe;

/** The 31,102 verses of the King James Bible, their words found without the unit, and queries of their words. */
final class Verses {
    static final List<String> TEXTS = Corpora.kingJames().stream().flatMap(d -> d.text().lines()).toList();
    static final List<String[]> WORDS = TEXTS.stream().map(v -> Pattern.compile("\\b\\w\\w+\\b").matcher(v.toLowerCase(Locale.ROOT))
            .results().map(m -> m.group().intern()).toArray(String[]::new)).toList();
    static final InvertedIndex INDEX = index(0, TEXTS.size());

    private Verses() {}

    static InvertedIndex index(int from, int to) {
        var index = new InvertedIndex(new TextAnalyzer());
        for (int i = from; i < to; i++) index.add(String.valueOf(i), TEXTS.get(i));
        index.commit();
        return index;
    }

    /** From one to {@code most} words of a verse. */
    static List<String> queries(long seed, int count, int most) {
        var r = new Recipe(seed);
        var queries = new ArrayList<String>();
        for (int q = 0; q < count; q++) {
            var words = WORDS.get(r.below(WORDS.size()));
            int n = 1 + r.below(most);
            var query = new StringBuilder();
            for (int i = 0; i < n; i++) query.append(i > 0 ? " " : "").append(words[r.below(words.length)]);
            queries.add(query.toString());
        }
        return queries;
    }
}
