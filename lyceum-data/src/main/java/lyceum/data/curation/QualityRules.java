package lyceum.data.curation;

import java.util.Locale;
import java.util.Set;
import lyceum.data.corpus.Document;
import lyceum.withers.Withers;

/**
 * The heuristics of Gopher (Rae and others 2021) and two of FineWeb (Penedo and others 2024) that tell prose from menus, tables and noise. Words here are what
 * spaces divide. Made for English: a language without spaces has one word a line.
 *
 * @param leastWords          50 by default
 * @param mostWords           100,000
 * @param leastMeanLength     of a word, in characters, 3
 * @param mostMeanLength      10
 * @param mostSymbols         hash signs and ellipses a word, 0.1
 * @param mostBullets         share of lines that begin with a bullet, 0.9
 * @param mostEllipses        share of lines that end in an ellipsis, 0.3
 * @param leastAlphabetic     share of words with a letter, 0.8
 * @param leastStopWords      of <em>the, be, to, of, and, that, have, with</em>, different ones, 2
 * @param leastPunctuation    share of lines that end in a mark of punctuation, 0.12
 * @param mostShortLines      share of lines of fewer than 30 characters, 0.67
 */
@Withers
public record QualityRules(int leastWords, int mostWords, double leastMeanLength, double mostMeanLength, double mostSymbols,
        double mostBullets, double mostEllipses, double leastAlphabetic, int leastStopWords, double leastPunctuation, double mostShortLines)
        implements Stage, QualityRulesWithers {
    private static final Set<String> STOP_WORDS = Set.of("the", "be", "to", "of", "and", "that", "have", "with");
    private static final String ENDS = ".!?:;,\"')\u201D\u2019\u2026", BULLETS = "\u2022\u2023\u25CF\u25E6\u25AA-*";
    private static final int SHORT = 30;

    /** The papers' bounds. */
    public QualityRules() { this(50, 100_000, 3, 10, 0.1, 0.9, 0.3, 0.8, 2, 0.12, 0.67); }

    @Override public String name() { return "quality rules"; }

    @Override public Judgement judge(Document document) {
        var text = document.text();
        var words = text.strip().split("\\s+");
        int count = text.isBlank() ? 0 : words.length;
        if (count < leastWords || count > mostWords) return drop("words", count, leastWords, mostWords);
        double letters = 0;
        int alphabetic = 0, stops = 0;
        for (var word : words) {
            letters += word.length();
            if (word.chars().anyMatch(Character::isLetter)) alphabetic++;
        }
        for (var stop : STOP_WORDS) {
            for (var word : words) {
                if (!word.regionMatches(true, 0, stop, 0, stop.length()) || word.length() > stop.length() + 1) continue;
                if (word.length() == stop.length() || !Character.isLetterOrDigit(word.charAt(stop.length()))) {
                    stops++;
                    break;
                }
            }
        }
        double mean = letters / count,
                symbols = (occurrences(text, "#") + occurrences(text, "...") + occurrences(text, "\u2026")) / (double) count;
        if (mean < leastMeanLength || mean > mostMeanLength) return drop("mean word length", mean, leastMeanLength, mostMeanLength);
        if (symbols > mostSymbols) return drop("symbols a word", symbols, 0, mostSymbols);
        double share = alphabetic / (double) count;
        if (share < leastAlphabetic) return drop("words with a letter", share, leastAlphabetic, 1);
        if (stops < leastStopWords) return drop("stop words", stops, leastStopWords, STOP_WORDS.size());
        return lines(document);
    }

    private Judgement lines(Document document) {
        double lines = 0, bullets = 0, ellipses = 0, ended = 0, brief = 0;
        for (var line : document.text().split("\n")) {
            line = line.strip();
            if (line.isEmpty()) continue;
            lines++;
            if (BULLETS.indexOf(line.charAt(0)) >= 0) bullets++;
            if (line.endsWith("...") || line.endsWith("\u2026")) ellipses++;
            if (ENDS.indexOf(line.charAt(line.length() - 1)) >= 0) ended++;
            if (line.length() < SHORT) brief++;
        }
        if (bullets / lines > mostBullets) return drop("lines with a bullet", bullets / lines, 0, mostBullets);
        if (ellipses / lines > mostEllipses) return drop("lines ending in an ellipsis", ellipses / lines, 0, mostEllipses);
        if (ended / lines < leastPunctuation) return drop("lines ending in punctuation", ended / lines, leastPunctuation, 1);
        if (brief / lines > mostShortLines) return drop("short lines", brief / lines, 0, mostShortLines);
        return Judgement.keep(document);
    }

    private static int occurrences(String text, String what) {
        int n = 0;
        for (int at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + what.length())) n++;
        return n;
    }

    static Judgement drop(String rule, double value, double least, double most) {
        return Judgement.drop(rule, String.format(Locale.ROOT, "%s %.4g; kept are %.4g to %.4g", rule, value, least, most));
    }
}
