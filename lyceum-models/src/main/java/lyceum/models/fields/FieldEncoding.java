package lyceum.models.fields;

/** What a {@link NeuralField} makes of coordinates before, or while, its layers work: the cure for their taste for smooth functions. */
public sealed interface FieldEncoding {

    /** None, and ReLU: outlines at most. */
    record Plain() implements FieldEncoding {}

    /**
     * {@code [cos 2 pi B x, sin 2 pi B x]}, B normal, and ReLU.
     *
     * @param waves rows of B @param deviation of its entries, in periods a unit of x: the finest detail
     * @see <a href="https://arxiv.org/abs/2006.10739">Tancik et al. (2020)</a>
     */
    record Fourier(int waves, double deviation) implements FieldEncoding {
        public Fourier {
            if (waves < 1 || !(deviation > 0))
                throw new IllegalArgumentException("Fourier: " + waves + " waves, deviation " + deviation + "; both are positive");
        }
    }

    /**
     * SIREN: every layer is {@code sin(omega (W x + b))}. Weights of the first one begin uniform within {@code 1/n}, those of the others within
     * {@code sqrt(6/n)/omega}, for n inputs.
     *
     * @param first omega of the first layer @param hidden omega of the others
     * @see <a href="https://arxiv.org/abs/2006.09661">Sitzmann et al. (2020)</a>
     */
    record Sine(double first, double hidden) implements FieldEncoding {
        public Sine {
            if (!(first > 0 && hidden > 0))
                throw new IllegalArgumentException("Sine: omega " + first + " and " + hidden + "; both are positive");
        }

        /** 30 and 30. */
        public Sine() { this(30, 30); }
    }

    /**
     * Learned vectors at the corners of grids, interpolated; see {@link HashGrid}. ReLU behind them.
     *
     * @param levels grids @param features of a vector @param tableBits two to that power is the size of a level's table @param coarsest cells along an axis of the
     *        first grid @param finest and of the last
     */
    record Grid(int levels, int features, int tableBits, int coarsest, int finest) implements FieldEncoding {
        public Grid {
            if (levels < 1 || features < 1 || tableBits < 1 || tableBits > 24 || coarsest < 1 || finest < coarsest)
                throw new IllegalArgumentException("Grid: " + levels + " levels of " + features + " features, tables of 2^" + tableBits
                        + ", " + coarsest + " to " + finest
                        + " cells; levels, features and cells are at least 1, bits 1 to 24, the finest grid no coarser than the first");
        }
    }
}
