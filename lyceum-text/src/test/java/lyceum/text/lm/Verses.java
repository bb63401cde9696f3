package lyceum.text.lm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;

/** The King James Bible, a text a verse, every tenth verse held out. Ids: 0 before, 1 behind, 2 for words that the other nine parts do not have. */
record Verses(List<int[]> train, List<int[]> heldOut, List<String> words) {
    static final int START = 0, END = 1, UNKNOWN = 2;
    static final Verses WORDS = split();

    private static Verses split() {
        List<String[]> train = new ArrayList<>(), rest = new ArrayList<>();
        var lines = lines();
        for (int i = 0; i < lines.size(); i++) (i % 10 == 9 ? rest : train).add(lines.get(i).replaceAll("[^a-z]+", " ").strip().split(" "));
        var numbers = new HashMap<String, Integer>();
        var words = new ArrayList<>(List.of("<s>", "</s>", "<unk>"));
        var texts = new ArrayList<int[]>();
        for (var verse : train) {
            var ids = new int[verse.length];
            for (int t = 0; t < ids.length; t++) {
                var w = verse[t];
                ids[t] = numbers.computeIfAbsent(w, _ -> {
                    words.add(w);
                    return words.size() - 1;
                });
            }
            texts.add(ids);
        }
        var held = new ArrayList<int[]>();
        for (var verse : rest) {
            var ids = new int[verse.length];
            for (int t = 0; t < ids.length; t++) ids[t] = numbers.getOrDefault(verse[t], UNKNOWN);
            held.add(ids);
        }
        return new Verses(texts, held, words);
    }

    /** Verses as they stand, small letters. */
    static List<String> lines() {
        var lines = new ArrayList<String>();
        Corpora.kingJames().stream().forEach(d -> lines.addAll(d.text().toLowerCase(Locale.ROOT).lines().toList()));
        return lines;
    }

    NGramEstimator estimator(int order) { return new NGramEstimator(order, words.size()).withMarks(START, END).withUnknown(UNKNOWN); }
}
