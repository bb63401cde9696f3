package lyceum.retrieval;

/** How an index keeps the numbers of a vector. */
public enum VectorEncoding {
    /** 4 bytes a number; answers are exact. */
    FLOAT32,
    /** 2 bytes a number, rounded to IEEE half precision. */
    FLOAT16,
    /** A byte a number: the nearest multiple of the vector's greatest absolute number over 127. */
    INT8,
    /** A bit a number: its sign, +1 or -1, and so of a query. Scores are of those, which is a count of equal signs. */
    BINARY;

    long rowBytes(int dimensions) {
        return switch (this) {
            case FLOAT32 -> 4L * dimensions;
            case FLOAT16 -> 2L * dimensions;
            case INT8 -> dimensions;
            case BINARY -> (dimensions + 63L) / 64 * 8;
        };
    }
}
