package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.random.Rng;
import lyceum.text.count.ZipfAnalysis;
import lyceum.text.count.ZipfSampler;

/** Words of the King James Bible by rank beside those of a monkey at a typewriter. */
@Lab(topics = "zipf-law", title = "A few words do most of the work")
final class ZipfLab implements LabBody {
    @Override public void run(LabContext lab) {
        int letters = lab.param("letters of the monkey", 10, 2, 26);
        double blank = lab.param("chance of a blank", 0.18, 0.05, 0.6), exponent = lab.param("exponent", 1.1, 0.6, 2);
        var counts = new HashMap<String, Integer>();
        Corpora.kingJames().stream().forEach(chapter -> {
            for (var w : chapter.text().toLowerCase(Locale.ROOT).split("[^a-z]+")) if (!w.isEmpty()) counts.merge(w, 1, Integer::sum);
        });
        var bible = ZipfAnalysis.of(counts.values());
        lab.figure(bible.figure("Words of the King James Bible by rank"));
        lab.say("%,d words of %,d types. Ten types make up %.0f%% of the text, a hundred %.0f%%; %.0f%% of the types occur once.",
                bible.tokens(), bible.types(), 100 * bible.coverage(10), 100 * bible.coverage(100), 100 * bible.hapaxShare());
        var bent = bible.logNormal();
        lab.say("A law that bends (log-normal ranks) fits better by %.0f in twice the log-likelihood: text is Zipfian only at a glance.",
                bent.statistic());
        lab.shows("exponent of the King James Bible", bible.fit().exponent(), between(0.8, 1.3));
        lab.shows("coverage of 100 types", bible.coverage(100), above(0.5));

        var typed = ZipfAnalysis.of(monkey(lab.rng(0), letters, blank).values());
        lab.figure(typed.figure("Words that a monkey types"));
        lab.say("Random typing with %d letters: exponent %.2f. The law alone proves nothing about meaning.", letters,
                typed.fit().exponent());

        int[] text = new ZipfSampler(exponent, 10_000).sample(lab.rng(1), 100_000);
        var drawn = ZipfAnalysis.ofTokens(text);
        lab.say("From 100,000 tokens of exponent %.2f: maximum likelihood says %.3f, a line through the log-log plot %.3f. Vocabulary grows as n^%.2f.",
                exponent, drawn.fit().exponent(), drawn.leastSquaresExponent(), ZipfAnalysis.heaps(text, 1000, 30).beta());
    }

    private static Map<String, Integer> monkey(Rng rng, int letters, double blank) {
        var counts = new HashMap<String, Integer>();
        var word = new StringBuilder();
        for (int i = 0; i < 600_000; i++) {
            if (rng.nextDouble() >= blank) {
                word.append((char) ('a' + rng.nextInt(letters)));
            } else if (!word.isEmpty()) {
                counts.merge(word.toString(), 1, Integer::sum);
                word.setLength(0);
            }
        }
        return counts;
    }
}
