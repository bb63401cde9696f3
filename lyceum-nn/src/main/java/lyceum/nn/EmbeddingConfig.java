package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * How an {@link Embedding} looks rows up.
 *
 * {@snippet :
 * new Embedding(new EmbeddingConfig(50_000, 128).withPaddingIndex(0).withInit(Init.normal(0.02)), rng);
 * new Embedding(new EmbeddingConfig(1 << 16, 32).withHashes(2), rng);      // any id, two rows each
 * }
 *
 * @param count rows of the table
 * @param width numbers in a row
 * @param paddingIndex a row that begins as zeros and gets no gradient; -1 for none
 * @param maxNorm rows that are looked up are scaled down to this norm; infinite for no limit. While learning the table itself is written, as PyTorch's is
 * @param normType p of that norm
 * @param scaledByFrequency a row's gradient is divided by how often the batch looked it up
 * @param hashes 0 for ids that are row numbers; else ids are any whole numbers, each the sum of the rows that so many hash functions pick
 * @param dtype of the table
 * @param init of the table; standard normal by default, as PyTorch's
 */
@Withers
public record EmbeddingConfig(long count, long width, long paddingIndex, double maxNorm, double normType, boolean scaledByFrequency,
        int hashes, DType dtype, Init init) implements EmbeddingConfigWithers {
    public EmbeddingConfig {
        if (count < 1 || width < 1)
            throw new IllegalArgumentException("Embedding: " + count + " rows of " + width + "; both must be positive");
        if (paddingIndex < -1 || paddingIndex >= count) throw new IllegalArgumentException(
                "Embedding: paddingIndex is " + paddingIndex + "; it is a row, 0 to " + (count - 1) + ", or -1 for none");
        if (!(maxNorm > 0)) throw new IllegalArgumentException("Embedding: maxNorm is " + maxNorm + "; it is positive");
        if (!(normType > 0)) throw new IllegalArgumentException("Embedding: normType is " + normType + "; it is positive");
        if (hashes < 0) throw new IllegalArgumentException("Embedding: hashes is " + hashes + "; it is at least 1, or 0 for none");
        if (hashes > 0 && paddingIndex >= 0)
            throw new IllegalArgumentException("Embedding: hashed ids have no padding row; leave out paddingIndex or hashes");
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(init, "init");
    }

    /** F32, standard normal, nothing else. */
    public EmbeddingConfig(long count, long width) {
        this(count, width, -1, Double.POSITIVE_INFINITY, 2, false, 0, DType.F32, Init.normal(1));
    }
}
