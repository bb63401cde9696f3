package lyceum.text.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;

/** Texts as ids of their commonest words: 0 before, 1 behind, 2 for all others; the words are those of the training texts. */
record CommonWords(List<int[]> train, List<int[]> heldOut, List<String> words) {
    /** 22 of the samples of news, a text a sentence; every eleventh of them is held out. */
    static CommonWords brownNews(int vocabulary) {
        List<String> train = new ArrayList<>(), rest = new ArrayList<>();
        int[] n = {0};
        Corpora.brown().stream().filter(d -> d.domain().equals("news")).limit(22)
                .forEach(d -> (n[0]++ % 11 == 10 ? rest : train).addAll(d.text().toLowerCase(Locale.ROOT).lines().toList()));
        return of(train, rest, vocabulary);
    }

    static CommonWords of(List<String> train, List<String> heldOut, int vocabulary) {
        var counts = new HashMap<String, Integer>();
        for (var line : train) for (var w : words(line)) counts.merge(w, 1, Integer::sum);
        var words = new ArrayList<>(List.of("<s>", "</s>", "<unk>"));
        counts.keySet().stream().sorted(Comparator.<String>comparingInt(w -> -counts.get(w)).thenComparing(Comparator.naturalOrder()))
                .limit(vocabulary - 3L).forEach(words::add);
        var numbers = new HashMap<String, Integer>();
        for (int i = 3; i < words.size(); i++) numbers.put(words.get(i), i);
        return new CommonWords(ids(train, numbers), ids(heldOut, numbers), words);
    }

    List<int[]> ids(List<String> lines) {
        var numbers = new HashMap<String, Integer>();
        for (int i = 3; i < words.size(); i++) numbers.put(words.get(i), i);
        return ids(lines, numbers);
    }

    private static List<int[]> ids(List<String> lines, HashMap<String, Integer> numbers) {
        return lines.stream().map(l -> Arrays.stream(words(l)).mapToInt(w -> numbers.getOrDefault(w, 2)).toArray()).toList();
    }

    private static String[] words(String line) { return line.replaceAll("[^a-z]+", " ").strip().split(" "); }
}
