package lyceum.data.augment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Random changes of a text's words (Wei and Zou 2019). Words change meaning sooner than pixels: look at what comes out. */
public final class TextAugment {
    private TextAugment() {}

    /** Each word that has synonyms replaced by one of them, with probability p. */
    public static Augment<List<String>> synonyms(Map<String, List<String>> synonyms, double p) {
        Augment.check("synonyms", "p", p, 0, 1);
        return (words, rng) -> words.stream().map(word -> {
            var others = synonyms.getOrDefault(word, List.of());
            return others.isEmpty() || rng.nextDouble() >= p ? word : others.get(rng.nextInt(others.size()));
        }).toList();
    }

    /** Two words exchanged, {@code times} times. */
    public static Augment<List<String>> swap(int times) {
        return (words, rng) -> {
            var changed = new ArrayList<>(words);
            for (int i = 0; i < times && words.size() > 1; i++)
                Collections.swap(changed, rng.nextInt(words.size()), rng.nextInt(words.size()));
            return List.copyOf(changed);
        };
    }

    /** Each word left out with probability p; one stays where all would go. */
    public static Augment<List<String>> drop(double p) {
        Augment.check("drop", "p", p, 0, 1);
        return (words, rng) -> {
            var kept = words.stream().filter(word -> rng.nextDouble() >= p).toList();
            return kept.isEmpty() && !words.isEmpty() ? List.of(words.get(rng.nextInt(words.size()))) : kept;
        };
    }
}
