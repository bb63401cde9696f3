package lyceum.nn;

/** What a file says of a {@link RotaryEmbedding}. */
record RotaryForm(int width, double base, RopeScaling scaling, boolean interleaved) {
    static final String KIND = "RotaryEmbedding";
    private static final int WIDEST = 1 << 16; // no head is wider, and a table is made at once

    RotaryForm {
        if (width > WIDEST) throw new IllegalArgumentException("RotaryEmbedding: width " + width + "; at most " + WIDEST);
    }

    static RotaryForm of(RotaryEmbedding r) {
        if (Double.isNaN(r.base()))
            throw new IllegalArgumentException("ConfigJson: a RotaryEmbedding whose frequencies were given one by one cannot be written");
        return new RotaryForm(r.width(), r.base(), r.scaling(), r.isInterleaved());
    }

    RotaryEmbedding embedding() { return new RotaryEmbedding(width, base, scaling, interleaved); }
}
