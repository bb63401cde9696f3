package lyceum.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.backend.Parallel;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.Splits;
import lyceum.text.internal.Utf8;

/** The different words of a corpus as a tokenizer's first steps cut them, in order, with how often each was seen. Sums commute: threads change nothing. */
final class WordTally {
    private static final int BATCH = 4096;

    private WordTally() {}

    static TreeMap<String, Long> of(Iterable<String> texts, TextNormalizer normalizer, PreTokenizer preTokenizer) {
        var all = new HashMap<String, Long>();
        var batch = new ArrayList<String>();
        for (var text : texts) {
            batch.add(text);
            if (batch.size() < BATCH) continue;
            count(batch, normalizer, preTokenizer, all);
            batch.clear();
        }
        count(batch, normalizer, preTokenizer, all);
        return new TreeMap<>(all);
    }

    private static void count(List<String> batch, TextNormalizer normalizer, PreTokenizer preTokenizer, Map<String, Long> all) {
        Parallel.range(batch.size(), 64, 20_000, (from, to) -> {
            var some = new HashMap<String, Long>();
            for (int i = (int) from; i < to; i++) {
                byte[] b = Utf8.bytes(batch.get(i));
                var text = AlignedText.of(b, 0, b.length);
                if (normalizer != null) text = Normalizing.apply(normalizer, text);
                var splits = new Splits(text);
                if (preTokenizer != null) Splitting.apply(preTokenizer, splits, false, true);
                for (int w = 0; w < splits.count(); w++)
                    some.merge(splits.text.part(splits.from(w), splits.to(w)).toString(), 1L, Long::sum);
            }
            synchronized (all) {
                some.forEach((word, count) -> all.merge(word, count, Long::sum));
            }
        });
    }
}
