package lyceum.linalg.dense;

import lyceum.backend.Backend;

/** Substitution in blocks: few rows by {@link Backend#substitute}, more by halves, which are coupled by a product. */
public final class TriangularBlocks {
    /** Rows at once where there is no kernel: a factor may be used under another backend than the one that made it. */
    private static final int PLAIN = 8;

    private final Backend backend;
    private final int few;

    public TriangularBlocks(Backend backend) {
        this.backend = backend;
        int most = backend.substitutes();
        few = most > 0 ? most : PLAIN;
    }

    /** {@code L X = B} in place. */
    public void lower(Block l, boolean unit, Block b) {
        int n = l.m();
        if (n == 0 || b.n() == 0) return;
        if (n <= few) {
            backend.substitute(l.view(), unit, b.view());
            return;
        }
        int h = half(n, few);
        Block top = b.rows(0, h), bottom = b.rows(h, n);
        lower(l.part(0, h, 0, h), unit, top);
        bottom.minusProduct(backend, l.part(h, n, 0, h), top);
        lower(l.part(h, n, h, n), unit, bottom);
    }

    /** {@code U X = B} in place. */
    public void upper(Block u, boolean unit, Block b) {
        int n = u.m();
        if (n == 0 || b.n() == 0) return;
        if (n <= few) {
            backend.substitute(u.turned().view(), unit, b.upsideDown().view());
            return;
        }
        int h = half(n, few);
        Block top = b.rows(0, h), bottom = b.rows(h, n);
        upper(u.part(h, n, h, n), unit, bottom);
        top.minusProduct(backend, u.part(0, h, h, n), bottom);
        upper(u.part(0, h, 0, h), unit, top);
    }

    /** The larger half of {@code n}, a multiple of {@code unit}, which is less than {@code n}. */
    static int half(int n, int unit) { return (n / 2 + unit - 1) / unit * unit; }
}
