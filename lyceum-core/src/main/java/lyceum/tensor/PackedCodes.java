package lyceum.tensor;

/**
 * Whole numbers of a few bits each, one after the other without gaps: number i has bits {@code i * bits ..} of the bytes, lowest bit first.
 */
final class PackedCodes {
    private final int bits;
    private final int count;
    private final byte[] bytes;

    PackedCodes(int bits, int count) {
        this.bits = bits;
        this.count = count;
        this.bytes = new byte[Math.toIntExact(((long) bits * count + 7) / 8)];
    }

    int count() { return count; }

    int size() { return bytes.length; }

    /** Writes the low bits of {@code code} where zeros stand. */
    void set(int i, int code) {
        long at = (long) i * bits;
        int value = (code & (1 << bits) - 1) << (int) (at & 7);
        for (int b = (int) (at >> 3); value != 0; b++, value >>>= 8) bytes[b] |= (byte) value;
    }

    /** Without sign. */
    int get(int i) {
        long at = (long) i * bits;
        int from = (int) (at & 7), first = (int) (at >> 3), value = 0;
        for (int b = 0; 8 * b < from + bits; b++) value |= (bytes[first + b] & 0xFF) << 8 * b;
        return value >>> from & (1 << bits) - 1;
    }

    /** The highest bit is a sign. */
    int getSigned(int i) { return get(i) << 32 - bits >> 32 - bits; }

    byte[] toArray() { return bytes.clone(); }
}
