package lyceum.llm.eval;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A document whose tokens are to be predicted, and what it measures in units that no tokeniser touches.
 *
 * @param ids without start and end marks
 * @param domain it is counted under, such as "news"; may be empty
 * @param words between white space
 * @param characters Unicode code points
 * @param bytes in UTF-8
 */
public record ScoredText(int[] ids, String domain, long words, long characters, long bytes) {
    public ScoredText {
        if (words < 0 || characters < 0 || bytes < 0) throw new IllegalArgumentException(
                "ScoredText: " + words + " words, " + characters + " characters, " + bytes + " bytes; none is negative");
    }

    /** Counts what the text measures. @param tokenizer such as {@code tokenizer::ids}; it adds no marks */
    public static ScoredText of(String text, String domain, Function<String, int[]> tokenizer) {
        var bare = text.strip();
        return new ScoredText(tokenizer.apply(text), domain, bare.isEmpty() ? 0 : bare.split("\\s+").length,
                text.codePointCount(0, text.length()), text.getBytes(StandardCharsets.UTF_8).length);
    }

    /** Ids alone: words, characters and bytes are unknown, and figures per each of them NaN. */
    public static ScoredText of(int... ids) { return new ScoredText(ids, "", 0, 0, 0); }
}
