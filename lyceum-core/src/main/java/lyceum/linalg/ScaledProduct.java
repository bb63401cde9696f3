package lyceum.linalg;

/** A product whose partial products neither overflow nor vanish: its mantissa and its exponent apart. Powers of two lose no bit. Mutable. */
final class ScaledProduct {
    private static final int FAR = 4096;

    private double mantissa;
    private long exponent;

    ScaledProduct(double first) { mantissa = first; }

    ScaledProduct times(double factor) {
        int e = Math.getExponent(factor);
        double product = mantissa * Math.scalb(factor, -e); // a factor in [1, 2), or 0, infinite or NaN as it was
        int carried = Math.getExponent(product);
        mantissa = Math.scalb(product, -carried);
        exponent += (long) e + carried;
        return this;
    }

    /** Rounded once; 0 or infinite only where the product is out of range itself. */
    double value() {
        return Math.scalb(mantissa, (int) Math.clamp(exponent, -FAR, FAR));
    }
}
