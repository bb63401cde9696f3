package lyceum.labs;

import lyceum.tensor.Tensor;

/** Keeps the largest of many numbers, starting from 0: the worst gap over many trials, which a lab then checks against a bound. */
public final class Worst {

    private double value;

    /** The largest distance between the elements of two tensors. */
    public static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Takes another number into account; once NaN, the value stays NaN. */
    public Worst see(double number) {
        value = Math.max(value, number);
        return this;
    }

    /** Takes the largest distance between the elements of two tensors into account. */
    public Worst see(Tensor a, Tensor b) { return see(gap(a, b)); }

    /** The largest so far. */
    public double value() { return value; }
}
