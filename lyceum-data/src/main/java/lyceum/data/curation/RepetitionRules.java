package lyceum.data.curation;

import java.util.HashSet;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Words;
import lyceum.withers.Withers;

/**
 * Drops texts that repeat themselves (Rae and others 2021, table A1): too many lines or paragraphs that stood there before, one pair, triple or quadruple of
 * words that makes up too much of the text, or too much text in runs of 5 to 10 words that stood there before. Characters of
 * words count, as a share of all characters.
 *
 * @param mostLines               share of lines that repeat an earlier one, 0.3 by default
 * @param mostLineCharacters      share of characters in those, 0.2
 * @param mostParagraphs          share of paragraphs that repeat an earlier one, 0.3
 * @param mostParagraphCharacters share of characters in those, 0.2
 * @param tolerance               multiplies the bounds of word runs, which are 0.20, 0.18 and 0.16 for the most frequent of 2, 3 and 4 words and 0.15,
 *                                0.14, ..., 0.10 for all repeated ones of 5, 6, ..., 10; 1 by default, more forgives more
 */
@Withers
public record RepetitionRules(double mostLines, double mostLineCharacters, double mostParagraphs, double mostParagraphCharacters,
        double tolerance) implements Stage, RepetitionRulesWithers {
    private static final double[] TOP = {0.20, 0.18, 0.16}, REPEATED = {0.15, 0.14, 0.13, 0.12, 0.11, 0.10};

    /** The paper's bounds. */
    public RepetitionRules() { this(0.3, 0.2, 0.3, 0.2, 1); }

    @Override public String name() { return "repetition rules"; }

    @Override public Judgement judge(Document document) {
        var text = document.text();
        var lines = repeats(text, "\n");
        if (lines[0] > mostLines) return QualityRules.drop("repeated lines", lines[0], 0, mostLines);
        if (lines[1] > mostLineCharacters) return QualityRules.drop("characters in repeated lines", lines[1], 0, mostLineCharacters);
        var paragraphs = repeats(text, "\n\n");
        if (paragraphs[0] > mostParagraphs) return QualityRules.drop("repeated paragraphs", paragraphs[0], 0, mostParagraphs);
        if (paragraphs[1] > mostParagraphCharacters)
            return QualityRules.drop("characters in repeated paragraphs", paragraphs[1], 0, mostParagraphCharacters);
        var words = Words.of(text);
        var hashes = new long[words.count()];
        for (int i = 0; i < hashes.length; i++) hashes[i] = words.hash(i);
        double total = Math.max(1, text.length());
        var counts = new LongCounts(hashes.length + 1);
        for (int n = 2; n <= 4; n++) {
            double share = top(words, hashes, n, counts) / total, most = TOP[n - 2] * tolerance;
            if (share > most) return QualityRules.drop("most frequent run of " + n + " words", share, 0, most);
        }
        for (int n = 5; n <= 10; n++) {
            double share = repeated(words, hashes, n, counts) / total, most = REPEATED[n - 5] * tolerance;
            if (share > most) return QualityRules.drop("repeated runs of " + n + " words", share, 0, most);
        }
        return Judgement.keep(document);
    }

    /** Shares of parts, and of characters in parts, that stood there before. */
    private static double[] repeats(String text, String between) {
        var seen = new HashSet<String>();
        double parts = 0, again = 0, characters = 0, againCharacters = 0;
        for (var part : text.split(between)) {
            part = part.strip();
            if (part.isEmpty()) continue;
            parts++;
            characters += part.length();
            if (seen.add(part)) continue;
            again++;
            againCharacters += part.length();
        }
        return parts == 0 ? new double[2] : new double[] {again / parts, againCharacters / characters};
    }

    private static long run(long[] hashes, int from, int n) {
        long run = n;
        for (int i = from; i < from + n; i++) run = (run ^ hashes[i]) * 0x9E3779B97F4A7C15L + (run >>> 29);
        return run;
    }

    /** Characters in the run of n words that has the most of them, all its places together; a run counts from its second place on. */
    private static long top(Words words, long[] hashes, int n, LongCounts counts) {
        counts.clear();
        long most = 0;
        for (int i = 0; i + n <= hashes.length; i++) {
            int count = counts.add(run(hashes, i, n));
            if (count < 2) continue;
            long length = 0;
            for (int j = i; j < i + n; j++) length += words.end(j) - words.begin(j);
            most = Math.max(most, length * count);
        }
        return most;
    }

    /** Characters of words in runs that stood there before, each word once. */
    private static long repeated(Words words, long[] hashes, int n, LongCounts counts) {
        counts.clear();
        long length = 0;
        int until = 0;
        for (int i = 0; i + n <= hashes.length; i++) {
            if (counts.add(run(hashes, i, n)) < 2) continue;
            for (int j = Math.max(i, until); j < i + n; j++) length += words.end(j) - words.begin(j);
            until = i + n;
        }
        return length;
    }
}
