package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/** Sentences as numbers of words, the commonest word 0, equals in the order of the alphabet; rare words are gone as if never written. */
record IndexedText(List<String> words, long[] counts, int[][] sentences) {
    static IndexedText of(String operation, List<? extends List<String>> sentences, int minCount) {
        if (minCount < 1) throw new IllegalArgumentException(operation + ": minCount is " + minCount + "; it is at least 1");
        var seen = new HashMap<String, long[]>();
        for (var sentence : sentences) for (var word : sentence) seen.computeIfAbsent(word, _ -> new long[1])[0]++;
        var words = new ArrayList<String>();
        seen.forEach((word, count) -> {
            if (count[0] >= minCount) words.add(word);
        });
        if (words.size() < 2) throw new IllegalArgumentException(operation + ": " + words.size() + " of " + seen.size()
                + " words stand at least " + minCount + " times; there must be two. Lower minCount or give more text");
        words.sort(Comparator.<String>comparingLong(w -> -seen.get(w)[0]).thenComparing(Comparator.naturalOrder()));
        var counts = new long[words.size()];
        var numbers = HashMap.<String, Integer>newHashMap(words.size());
        for (int i = 0; i < counts.length; i++) {
            counts[i] = seen.get(words.get(i))[0];
            numbers.put(words.get(i), i);
        }
        var texts = new int[sentences.size()][];
        int at = 0;
        for (var sentence : sentences) {
            var text = new int[sentence.size()];
            int n = 0;
            for (var word : sentence) {
                var number = numbers.get(word);
                if (number != null) text[n++] = number;
            }
            texts[at++] = n == text.length ? text : Arrays.copyOf(text, n);
        }
        return new IndexedText(List.copyOf(words), counts, texts);
    }

    long tokens() {
        long sum = 0;
        for (var sentence : sentences) sum += sentence.length;
        return sum;
    }
}
