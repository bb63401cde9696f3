package lyceum.backend.x86.quant;

import lyceum.backend.quant.BlockFormat;

/**
 * How sixteen rows of codes lie side by side. A chunk is a head (scales) and its codes, 32 positions after 32.
 *
 * <p>Codes of 32 positions are vectors of 64 bytes: byte {@code 4r + i} of vector v is the code of row r at position {@code 4v + i}. With 4 bits a
 * code, vectors 2p and 2p + 1 are the low and high halves of one. With 5, a vector follows whose bit v belongs to vector v. With 6, after each
 * 16 positions follows one whose bits 2v and 2v + 1 belong to vector v of these.
 */
enum Layout {
    /** Q8_0: 16 F16 scales for each of two blocks. */
    BYTES(64, 64, 8, 32, 128),
    /** Q4_0 and INT4 without zero point: as {@link #BYTES}. */
    NIBBLES(64, 64, 4, 32, 8),
    /** INT4 with zero point: and 16 zero points for each of two blocks. */
    NIBBLES_WITH_ZERO(64, 96, 4, 32, 0),
    /** 16 F16 numbers d, as many e, and the twelve bytes of 6-bit scales and minima, each for 16 rows. */
    Q4_K(256, 256, 4, 32, 0), Q5_K(256, 256, 5, 32, 0),
    /** 16 F16 numbers d, padding to 64 bytes, and sixteen signed scales, each for 16 rows. */
    Q6_K(256, 320, 6, 16, 32);

    /** Rows side by side. */
    static final int ROWS = 16;

    /** Positions of a chunk, bytes before its codes, bits of a code, positions that share a scale, and the code that means 0. */
    final int length, head, bits, unit, offset;

    Layout(int length, int head, int bits, int unit, int offset) {
        this.length = length;
        this.head = head;
        this.bits = bits;
        this.unit = unit;
        this.offset = offset;
    }

    /** Null for formats that have no machine code. */
    static Layout of(BlockFormat format) {
        return switch (format.name()) {
            case "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q2_K", "Q3_K" -> null;
            case "Q8_0" -> BYTES;
            case "Q4_0" -> NIBBLES;
            case "Q4_K" -> Q4_K;
            case "Q5_K" -> Q5_K;
            case "Q6_K" -> Q6_K;
            default -> format.name().endsWith("Z") ? NIBBLES_WITH_ZERO : NIBBLES;
        };
    }

    /** Bytes of the codes of 32 positions. */
    int blockBytes() { return ROWS * 32 * bits / 8; }

    int chunkBytes() { return head + length / 32 * blockBytes(); }

    /** True if weights have a minimum beside their scale. */
    boolean hasMinimum() { return this == NIBBLES_WITH_ZERO || this == Q4_K || this == Q5_K; }

    int chunks(long k) { return (int) ((k + length - 1) / length); }
}
