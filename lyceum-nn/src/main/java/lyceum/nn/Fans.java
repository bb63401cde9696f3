package lyceum.nn;

import lyceum.ShapeException;

/**
 * How many inputs an output sums over, and how many outputs an input reaches (at stride 1, away from the border): what the scale of a weight depends on.
 *
 * @param in number of inputs
 * @param out number of outputs
 */
public record Fans(double in, double out) {
    /** Of a weight (outputs, inputs, kernel..). Of a vector both are one. */
    public static Fans of(long... shape) { return grouped(1, shape); }

    /** Of a convolution's weight (outputs, inputs / groups, kernel..). PyTorch takes all outputs, groups times too many, for those that an input reaches. */
    public static Fans grouped(int groups, long... shape) {
        if (shape.length < 2) return new Fans(1, 1);
        if (groups < 1 || shape[0] % groups != 0)
            throw new ShapeException("Fans: " + shape[0] + " channels do not divide into groups " + groups);
        double area = 1;
        for (int i = 2; i < shape.length; i++) area *= shape[i];
        return new Fans(shape[1] * area, shape[0] / groups * area);
    }

    /** Of a transposed convolution's weight (inputs, outputs / groups, kernel..). */
    public static Fans transposed(int groups, long... shape) {
        var swapped = grouped(groups, shape);
        return new Fans(swapped.out, swapped.in);
    }

    static Fans of(ConvLayer layer) {
        long[] shape = layer.weight().shape().toArray();
        return layer.isTransposed() ? transposed(layer.how().groups(), shape) : grouped(layer.how().groups(), shape);
    }
}
