package lyceum.backend.math;

import java.util.function.Supplier;

/**
 * Arithmetic on a vector of lanes, all F32 or all F64: what the recipes of the transcendental functions are written in.
 *
 * <p>Every operation is exact or rounded once, to nearest even, denormals included; so scalar Java, AVX2 with FMA and AVX-512 give the same bits.
 * (The payload and sign of a NaN is nobody's business.) "32" and "64" below stand for the width of the lane, {@code ps} and {@code d} become {@code pd}
 * and {@code q} for F64. Values are immutable: an operation never changes its operands.
 *
 * @param <V> a vector of lanes, read as floats or as integers of the same width
 * @param <M> a mask: one truth value a lane
 */
public interface Arithmetic<V, M> {

    /** True if the lanes are F64, false if they are F32. */
    boolean wide();

    /** {@code value} in every lane, rounded to the lane's type: a broadcast, or a memory operand where the instruction takes one. */
    V constant(double value);

    /** These bits in every lane (the lower 32 for F32 lanes). */
    V bits(long bits);

    /** {@code vaddps}. */
    V add(V x, V y);

    /** {@code vsubps}. */
    V sub(V x, V y);

    /** {@code vmulps}. */
    V mul(V x, V y);

    /** {@code vdivps}. */
    V div(V x, V y);

    /** {@code x y + z}, rounded once: {@code vfmadd231ps} and its other orders. */
    V fma(V x, V y, V z);

    /** {@code z - x y}, rounded once: {@code vfnmadd231ps}. */
    V fnma(V x, V y, V z);

    /** {@code vsqrtps}. */
    V sqrt(V x);

    /** {@code x < y ? x : y}, so {@code y} if either is NaN and for two zeros: {@code vminps x, y}. */
    V min(V x, V y);

    /** {@code x > y ? x : y}, so {@code y} if either is NaN and for two zeros: {@code vmaxps x, y}. */
    V max(V x, V y);

    /** The nearest integer, the even one of two: {@code vrndscaleps 8}, {@code vroundps 8}. Keeps the sign of a zero. */
    V round(V x);

    /** The sign bit cleared: {@code vandps}. */
    V abs(V x);

    /** The sign bit flipped: {@code vxorps}. */
    V neg(V x);

    /** The magnitude of {@code x} with the sign bit of {@code sign}: {@code vpternlogd 0xE4} with a mask, or and, andn, or. */
    V copySign(V x, V sign);

    /**
     * {@code x 2^n}, rounded once: {@code vscalefps}. {@code n} is an integer of magnitude at most 320 (F64: 2200); {@code x} is 0, infinite, NaN, or has a
     * magnitude in [2^-32, 2^32]. (Without the instruction: two products with powers of two built in the exponent's bits, n/2 and the rest,
     * the first of which is exact.)
     */
    V scale(V x, V n);

    /** {@code floor(log2 |x|)}, of denormal numbers too; -inf for 0, inf for an infinity, NaN for NaN: {@code vgetexpps}. */
    V exponent(V x);

    /** {@code x 2^-k} with k such that its magnitude lies in [0.75, 1.5); 1 with the sign of x for 0 and infinities, NaN for NaN: {@code vgetmantps 3}. */
    V mantissa(V x);

    /** Bits: {@code vandps}. */
    V bitAnd(V x, V y);

    /** Bits: {@code vorps}. */
    V bitOr(V x, V y);

    /** Bits: {@code vxorps}. */
    V bitXor(V x, V y);

    /** Integers, wrapping: {@code vpaddd}. */
    V addInt(V x, V y);

    /** Integers, wrapping: {@code vpsubd}. */
    V subInt(V x, V y);

    /** Integers, zeros come in: {@code vpslld}. */
    V shiftLeft(V x, int count);

    /** Integers, zeros come in: {@code vpsrld}. */
    V shiftRight(V x, int count);

    /**
     * {@code table[index mod table.length]}, each entry rounded to the lane's type; {@code index} is an integer lane. A table of 16 entries (F64: 8) is
     * {@code vpermps} of a register; it looks at the lower bits of the index only, too. Other powers of two up to 64, which occur with F64 lanes
     * only, are {@code vgatherqpd} after an and.
     */
    V lookup(double[] table, V index);

    /** False if either is NaN: {@code vcmpps 1}. */
    M less(V x, V y);

    /** False if either is NaN: {@code vcmpps 2}. */
    M lessEqual(V x, V y);

    /** False if either is NaN, true for 0 and -0: {@code vcmpps 0}. */
    M equal(V x, V y);

    /** {@code vcmpps 3} with itself. */
    M isNaN(V x);

    /** {@code kandw}. */
    M both(M x, M y);

    /** {@code korw}. */
    M either(M x, M y);

    /** {@code knotw}. */
    M not(M x);

    /** {@code mask ? x : y}: {@code vblendmps}, {@code vblendvps}. */
    V select(M mask, V x, V y);

    /**
     * {@code select(mask, slow, fast)} where {@code mask} is expected to be empty: a jump may go round {@code slow}. It is called at most once, at the
     * place of this call.
     */
    V rarely(M mask, Supplier<V> slow, V fast);

    /**
     * A recipe for F64 lanes on F32 lanes: widened exactly ({@code vcvtps2pd}, two halves), worked, and rounded ({@code vcvtpd2ps}). {@code recipe} may be
     * called once for each half.
     */
    V inDouble(Recipe.Unary recipe, V x);

    /** As {@link #inDouble(Recipe.Unary, Object)}, of two arguments. */
    V inDouble(Recipe.Binary recipe, V x, V y);
}
