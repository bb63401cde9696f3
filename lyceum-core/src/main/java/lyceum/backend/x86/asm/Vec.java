package lyceum.backend.x86.asm;

/**
 * A vector register. As a destination it may be masked: lanes whose bit of {@code mask} is 0 keep their value, or become zero.
 *
 * @param bits 128, 256 or 512
 * @param mask null for all lanes
 * @param isZeroing whether the other lanes become zero
 */
public record Vec(int number, int bits, Mask mask, boolean isZeroing) implements Operand.Register {
    public Vec {
        if (number < 0 || number > 31) throw new IllegalArgumentException("vector register " + number + "; there are 32");
        if (bits != 128 && bits != 256 && bits != 512)
            throw new IllegalArgumentException("vector of " + bits + " bits; there are 128, 256 and 512");
    }

    public static Vec xmm(int number) { return new Vec(number, 128, null, false); }

    public static Vec ymm(int number) { return new Vec(number, 256, null, false); }

    public static Vec zmm(int number) { return new Vec(number, 512, null, false); }

    /** A register of {@code bits}. */
    public static Vec of(int number, int bits) { return new Vec(number, bits, null, false); }

    /** The same register in another width. */
    public Vec as(int width) { return new Vec(number, width, null, false); }

    public Vec mask(Mask lanes) { return new Vec(number, bits, lanes, false); }

    /** The other lanes become zero. */
    public Vec zeroing() { return new Vec(number, bits, mask, true); }

    public int bytes() { return bits / 8; }

    @Override public String toString() {
        return (bits == 512 ? "zmm" : bits == 256 ? "ymm" : "xmm") + number
                + (mask == null ? "" : "{" + mask + "}" + (isZeroing ? "{z}" : ""));
    }
}
