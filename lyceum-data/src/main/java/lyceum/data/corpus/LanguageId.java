package lyceum.data.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which language a text is in, by its triples of letters (Cavnar and Trenkle 1994; here a naive Bayes over them as in Dunning 1994). Letters are compared in
 * lower case, and everything else counts as one space.
 *
 * {@snippet :
 * var guess = LanguageId.bundled().identify("Wer reitet so spät durch Nacht und Wind?");
 * guess.language();                         // "de"
 * }
 *
 * <p>Two hundred characters are enough for the bundled eight (de, en, es, fr, it, nl, pl, pt); it has no word for others, so ask for the margin too.
 */
public final class LanguageId {
    private static final int A = 0x9E3779B1;

    /**
     * @param language its two-letter code; empty where the text has no letter
     * @param margin   by how many nats a triple the best language beats the second: below 0.1 or so it is a guess
     */
    public record Guess(String language, double margin) {}

    private final List<String> languages;
    private final long[] keys;
    private final float[] logs;
    private final float[] floor;

    private LanguageId(Map<String, Map<Long, Double>> frequencies) {
        languages = List.copyOf(frequencies.keySet());
        long entries = frequencies.values().stream().mapToLong(Map::size).sum();
        int slots = Integer.highestOneBit((int) Math.max(16, 4 * entries)), l = 0, k = languages.size();
        keys = new long[slots];
        logs = new float[slots * k];
        floor = new float[k];
        Arrays.fill(keys, -1);
        for (var profile : frequencies.values()) {
            double seen = 0, least = 1;
            for (double p : profile.values()) {
                seen += p;
                least = Math.min(least, p);
            }
            floor[l++] = (float) Math.log(Math.min(least, Math.max(1e-7, (1 - seen) / 10_000)) / 2);
        }
        l = 0;
        for (var profile : frequencies.values()) {
            for (var entry : profile.entrySet()) {
                int slot = slot(entry.getKey());
                if (keys[slot] < 0) {
                    keys[slot] = entry.getKey();
                    System.arraycopy(floor, 0, logs, slot * k, k);
                }
                logs[slot * k + l] = (float) Math.log(entry.getValue());
            }
            l++;
        }
    }

    /** Eight European languages. */
    public static LanguageId bundled() {
        var frequencies = new LinkedHashMap<String, Map<Long, Double>>();
        try (var in = Corpora.open("languages.tsv.gz")) {
            Map<Long, Double> current = Map.of();
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                int tab = line.indexOf('\t');
                var name = line.substring(0, tab);
                if (name.length() == 2) frequencies.put(name, current = new LinkedHashMap<>());
                else current.put(key(name.charAt(0), name.charAt(1), name.charAt(2)), Double.parseDouble(line.substring(tab + 1)) / 1e7);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the bundled language profiles", e);
        }
        return new LanguageId(frequencies);
    }

    /** Languages of one's own: a text a language, a hundred kilobytes of it or more. */
    public static LanguageId train(Map<String, String> texts) {
        if (texts.size() < 2)
            throw new IllegalArgumentException("LanguageId.train: " + texts.size() + " languages; there is nothing to tell");
        var frequencies = new LinkedHashMap<String, Map<Long, Double>>();
        texts.forEach((language, text) -> {
            var counts = new LinkedHashMap<Long, Double>();
            var total = new double[1];
            triples(text, triple -> {
                counts.merge(triple, 1.0, Double::sum);
                total[0]++;
            });
            if (total[0] == 0)
                throw new IllegalArgumentException("LanguageId.train: the text of language '" + language + "' has no letter");
            counts.replaceAll((triple, count) -> count / (total[0] + counts.size()));
            frequencies.put(language, counts);
        });
        return new LanguageId(frequencies);
    }

    /** The languages that it tells apart. */
    public List<String> languages() { return languages; }

    /** The likeliest language of a text. */
    public Guess identify(String text) {
        int k = languages.size();
        var scores = new double[k];
        var count = new int[1];
        triples(text, triple -> {
            int slot = slot(triple);
            if (keys[slot] < 0) return;
            count[0]++;
            for (int l = 0; l < k; l++) scores[l] += logs[slot * k + l];
        });
        if (count[0] == 0) return new Guess("", 0);
        int best = 0;
        for (int l = 1; l < k; l++) if (scores[l] > scores[best]) best = l;
        double second = Double.NEGATIVE_INFINITY;
        for (int l = 0; l < k; l++) if (l != best) second = Math.max(second, scores[l]);
        return new Guess(languages.get(best), (scores[best] - second) / count[0]);
    }

    /** As {@link #identify} for lines, say, of a text: the language of each. */
    public List<Guess> identify(List<String> texts) {
        var guesses = new ArrayList<Guess>();
        for (var text : texts) guesses.add(identify(text));
        return guesses;
    }

    private interface Triple {
        void see(long key);
    }

    private static void triples(String text, Triple action) {
        char a = 0, b = ' ';
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            c = Character.isLetter(c) ? Character.toLowerCase(c) : ' ';
            if (c == ' ' && b == ' ') continue;
            if (a != 0) action.see(key(a, b, c));
            a = b;
            b = c;
        }
    }

    private static long key(char a, char b, char c) { return (long) a << 32 | (long) b << 16 | c; }

    /** Where a triple stands, or would stand. */
    private int slot(long key) {
        int slot = (int) (key ^ key >>> 16) * A >>> 8;
        for (slot &= keys.length - 1; keys[slot] >= 0 && keys[slot] != key;) slot = slot + 1 & keys.length - 1;
        return slot;
    }
}
