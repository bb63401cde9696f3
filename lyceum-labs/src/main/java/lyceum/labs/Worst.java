package lyceum.labs;

import lyceum.tensor.Tensor;

/** The largest of many numbers, 0 at least: what a lab checks of a distance that it looks at again and again. */
public final class Worst {

    private double value;

    /** The largest distance between the elements of two tensors. */
    public static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Looks at another number; NaN stays. */
    public Worst see(double number) {
        value = Math.max(value, number);
        return this;
    }

    /** Looks at the largest distance between two tensors. */
    public Worst see(Tensor a, Tensor b) { return see(gap(a, b)); }

    /** The largest so far. */
    public double value() { return value; }
}
