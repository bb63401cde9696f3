package lyceum.memory;

/** Blocks come in four sizes an octave, so that at most a quarter is lost and a freed block fits many later requests: 4096, 5120, 6144, 7168, 8192, ... */
final class SizeClass {
    static final int COUNT = 256;
    private static final int SMALLEST = 4096;

    private SizeClass() {}

    /** The smallest class whose blocks hold {@code bytes}. */
    static int of(long bytes) {
        if (bytes <= SMALLEST) return 0;
        int octave = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int quarter = (int) ((bytes - 1) >>> (octave - 2)) & 3;
        return (octave - 12) * 4 + quarter + 1;
    }

    static long bytes(int sizeClass) {
        int octave = 12 + sizeClass / 4, quarter = sizeClass % 4;
        return (4L + quarter) << (octave - 2);
    }
}
