package lyceum.backend;

/**
 * How exactly a product of F32 matrices is computed. Everything but {@link #F32} is asked for, product by product; nothing chooses it by itself.
 *
 * <p>A float is the sum of three BF16 up to its last bits, {@code x = x0 + x1 + x2}, each the rounded rest of those before it. The product of two
 * such sums without its smallest terms is a sum of products of BF16, which matrix units multiply many times as fast as F32 (Henry, Tang and
 * Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype for Higher-Precision Computations", 2019). Sums are F32 throughout.
 *
 * <p>The errors given are those over the sum of the magnitudes of an element's products, largest and mean, for 2048 products of normally
 * distributed numbers; of the modes with fewer parts they grow as sums get shorter.
 *
 * <p>A mode is done by matrix units (AMX) or BF16 dot products (AVX512_BF16) where the CPU has them; elsewhere, and for operands with infinities
 * or NaN, the product is that of {@link #F32}. Rows and columns of any magnitude that F32 has are scaled by powers of two first if they are far
 * from 1.
 */
public enum Precision {
    /** Multiplied and added in F32, rounded once a step: 4.9e-8, 9e-9. */
    F32(0),
    /** Six products of BF16, as exact: 4.9e-8, 5e-9. A prototype on AMX was 1.6 times as fast; with AVX512_BF16 alone slower than F32. */
    F32_SPLIT6(3, 0, 2, 0, 1, 1, 1, 1, 0, 0, 0, 2, 0),
    /** Three products of BF16: 6e-7, 1.2e-7. A prototype on AMX was 2.5 times as fast; with AVX512_BF16 alone slower than F32. */
    F32_SPLIT3(2, 0, 1, 0, 0, 1, 0),
    /** Operands rounded to BF16: 3.4e-4, 7e-5. A prototype on AMX was 5.5 times as fast. */
    BF16(1, 0, 0);

    private final int parts;
    private final int[] terms;

    Precision(int parts, int... terms) {
        this.parts = parts;
        this.terms = terms;
    }

    /** BF16 that an element is split into; 0 for none. */
    public int parts() { return parts; }

    /** Number of products of BF16 for one of F32. */
    public int terms() { return terms.length / 2; }

    /** The part of the left element in product {@code i}. Neighbours share a part, so that a matrix unit loads one at a time. */
    public int left(int i) { return terms[2 * i]; }

    /** The part of the right element in product {@code i}. */
    public int right(int i) { return terms[2 * i + 1]; }
}
