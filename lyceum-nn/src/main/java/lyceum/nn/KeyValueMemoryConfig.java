package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * What a {@link KeyValueMemory} is like.
 *
 * @param vocabulary of questions, keys and values; ids are below it
 * @param answers to choose from
 * @param width of all encodings
 * @param hops readings before an answer, at least 1
 * @param tables which encodings are one
 * @param paddingIndex an id that counts for nothing, to fill up bags; -1 for none
 * @param init of the tables
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record KeyValueMemoryConfig(int vocabulary, int answers, int width, int hops, Tables tables, int paddingIndex, Init init,
        DType dtype) implements KeyValueMemoryConfigWithers {

    /** Which encodings are one table. */
    public enum Tables {
        /** Questions, keys and values each have their own. */
        SEPARATE,
        /** Questions and keys are one, so that equal bags find each other before anything is learned; values have their own. */
        QUESTIONS_AS_KEYS,
        /** Keys and values are one: an end-to-end memory network with its two memory tables tied. */
        KEYS_AS_VALUES,
        /** All three are one, as in the paper. */
        SHARED
    }

    public KeyValueMemoryConfig {
        Objects.requireNonNull(tables, "tables");
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(dtype, "dtype");
        if (vocabulary < 1 || answers < 1 || width < 1 || hops < 1) throw new IllegalArgumentException("KeyValueMemoryConfig: vocabulary "
                + vocabulary + ", answers " + answers + ", width " + width + ", hops " + hops + "; each is at least 1");
    }

    /** One hop, separate tables, no padding, normal of deviation 0.1, F32. */
    public KeyValueMemoryConfig(int vocabulary, int answers, int width) {
        this(vocabulary, answers, width, 1, Tables.SEPARATE, -1, Init.normal(0.1), DType.F32);
    }
}
