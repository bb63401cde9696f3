package lyceum.nn;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Symmetries of a square. Element {@code e} mirrors left and right if {@code e >= 4}, and then turns by {@code e mod 4} quarters against the clock, as PyTorch's
 * {@code rot90}; 0 is the identity.
 */
public enum Symmetry {
    /** The four turns. */
    C4(4),
    /** The four turns, and each with a mirror. */
    D4(8);

    private final int order;

    Symmetry(int order) { this.order = order; }

    /** How many elements there are. */
    public int order() { return order; }

    /** The last two axes of x under element e: exact, entries only move. @throws ShapeException if they are not square */
    public Tensor apply(int e, Tensor x) {
        check(e);
        if (x.rank() < 2 || x.size(-1) != x.size(-2))
            throw new ShapeException("Symmetry." + this + ": the last axes of " + x.shape() + " are not square");
        if (e >= 4) x = x.flip(-1);
        return switch (e % 4) {
            case 1 -> x.transpose(-2, -1).flip(-2);
            case 2 -> x.flip(-2, -1);
            case 3 -> x.transpose(-2, -1).flip(-1);
            default -> x;
        };
    }

    /** The element that does b first and then a. */
    public int product(int a, int b) {
        check(a);
        check(b);
        // r^i m r^j = r^(i - j) m
        int turns = Math.floorMod(a % 4 + (a >= 4 ? -(b % 4) : b % 4), 4);
        return turns + (a >= 4 != b >= 4 ? 4 : 0);
    }

    /** The element that undoes e. */
    public int inverse(int e) {
        check(e);
        return e >= 4 ? e : (4 - e) % 4;
    }

    private void check(int e) {
        if (e < 0 || e >= order) throw new IllegalArgumentException("Symmetry." + this + ": there is no element " + e + " of " + order);
    }

    /** Group maps x (n, channels, order, side, side) under element e: each map turns, and goes where e takes its element. */
    Tensor regular(int e, Tensor x) {
        if (x.rank() != 5 || x.size(2) != order) throw new ShapeException(
                "Symmetry." + this + ": group maps " + x.shape() + "; they are (n, channels, " + order + ", side, side)");
        return apply(e, x.indexSelect(2, Tensor.of(before(e))));
    }

    /** For each element g, the element {@code e^-1 g}. */
    int[] before(int e) {
        var order = new int[this.order];
        for (int g = 0; g < order.length; g++) order[g] = product(inverse(e), g);
        return order;
    }
}
