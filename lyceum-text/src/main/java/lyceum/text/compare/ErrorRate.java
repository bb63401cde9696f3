package lyceum.text.compare;

import java.util.List;
import lyceum.text.compare.EditAlignment.Kind;

/**
 * How far a transcript is from its reference: substitutions, deletions and insertions over the reference's length. Above 1 where much is inserted. Sum over
 * utterances with {@link #plus}; a mean of rates lets short ones dominate.
 *
 * @param length of the reference
 */
public record ErrorRate(int substitutions, int deletions, int insertions, int length) {
    /** Nothing compared yet. */
    public static final ErrorRate NONE = new ErrorRate(0, 0, 0, 0);

    /** Of words, split at blanks; case and punctuation count. */
    public static ErrorRate words(String reference, String transcript) { return of(split(reference), split(transcript)); }

    /** Of characters. */
    public static ErrorRate characters(String reference, String transcript) {
        return of(reference.codePoints().boxed().toList(), transcript.codePoints().boxed().toList());
    }

    public static ErrorRate of(List<?> reference, List<?> transcript) {
        var way = EditDistance.LEVENSHTEIN.align(reference, transcript);
        return new ErrorRate(way.count(Kind.SUBSTITUTE), way.count(Kind.DELETE), way.count(Kind.INSERT), reference.size());
    }

    private static List<String> split(String text) { return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+")); }

    /** Both together. */
    public ErrorRate plus(ErrorRate other) {
        return new ErrorRate(substitutions + other.substitutions, deletions + other.deletions, insertions + other.insertions,
                length + other.length);
    }

    /** NaN for an empty reference without errors, infinite with some. */
    public double rate() { return (double) (substitutions + deletions + insertions) / length; }
}
