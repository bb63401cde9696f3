package lyceum.labs.llm;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;
import lyceum.llm.SteppedLM;
import lyceum.text.Vocabulary;
import lyceum.text.lm.NGramEstimator;

/** A trigram model of the words of the King James Bible's first verses: small enough to be counted in a moment, fluent enough to be read. */
record BibleWords(Vocabulary words, SteppedLM model) {
    static BibleWords of(int verses) {
        var lines = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines()).limit(verses)
                .map(line -> line.replaceAll("[^a-z ]", "").strip().split(" +")).toList();
        var words = Vocabulary.counting(lines.stream().flatMap(Arrays::stream).toList());
        var texts = lines.stream().map(line -> Arrays.stream(line).mapToInt(words::id).toArray()).toList();
        return new BibleWords(words,
                new SteppedLM(new NGramEstimator(3, words.size() + 2).withMarks(words.size(), words.size() + 1).fit(texts)));
    }

    /** The start mark and words. */
    int[] prompt(String text) {
        var parts = text.split(" ");
        var ids = new int[parts.length + 1];
        ids[0] = model.startMark();
        for (int i = 0; i < parts.length; i++) ids[i + 1] = words.id(parts[i]);
        return ids;
    }

    String word(int id) { return id < words.size() ? words.token(id) : id == model.endMark() ? "." : "<s>"; }

    String text(int... ids) { return String.join(" ", Arrays.stream(ids).mapToObj(this::word).toList()); }

    String text(List<Integer> ids) { return text(ids.stream().mapToInt(Integer::intValue).toArray()); }

    /** Log-probabilities of the next word. */
    double[] next(int... read) { return model.begin().next(read).toDoubleArray(); }
}
