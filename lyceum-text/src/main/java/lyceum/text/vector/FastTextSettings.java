package lyceum.text.vector;

import lyceum.text.vector.Word2Vec.Output;

/**
 * What a file of fastText says of how its model was made.
 *
 * @param runs longest run of words that is a feature, 1 for words alone
 * @param buckets rows shared by n-grams of letters and runs of words
 * @param shortest letters of an n-gram; 0 for none
 * @param subsample threshold
 */
public record FastTextSettings(int dimension, int window, int epochs, int minCount, int negatives, int runs, Loss loss, Kind kind,
        int buckets, int shortest, int longest, double subsample) {
    /** How the output is predicted; the file's numbers 1 to 4. */
    public enum Loss {
        HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX,
        /** Each label by itself: {@code -log s(u.h)} for those of a text, {@code -log s(-u.h)} for all others. */
        ONE_VS_ALL;

        static Loss of(Output output) { return valueOf(output.name()); }

        /** ONE_VS_ALL scores as NEGATIVE_SAMPLING does. */
        Output output() { return this == ONE_VS_ALL ? Output.NEGATIVE_SAMPLING : Output.valueOf(name()); }
    }

    /** What was learnt; the file's numbers 1 to 3. */
    public enum Kind {
        CBOW, SKIP_GRAM, SUPERVISED
    }

    SubwordBuckets letters() { return new SubwordBuckets(shortest, longest, Math.max(1, buckets)); }
}
