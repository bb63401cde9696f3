package lyceum.kernel;

import lyceum.ShapeException;

/**
 * For learners whose rows are kernel values already: x is the square Gram matrix of the training rows at {@code fit}, and at {@code
 * predict} each row has the kernel of a new point with all of them. The way in for text ({@link StringKernel}), graphs and anything else
 * that is no row of numbers.
 */
public record PrecomputedKernel() implements KernelFunction {
    @Override public double of(double[] x, double[] z) {
        throw new UnsupportedOperationException("PrecomputedKernel: it knows no points; give rows of kernel values to the learner");
    }

    /** {@code x} itself, whose rows have a value for each of {@code z}. */
    @Override public double[][] matrix(double[][] x, double[][] z) {
        if (x.length > 0 && x[0].length != z.length) throw new ShapeException("PrecomputedKernel: rows have " + x[0].length
                + " kernel values for " + z.length + " training rows; fit takes the square Gram matrix, kernel.gram(x)");
        var copy = new double[x.length][];
        for (int i = 0; i < copy.length; i++) copy[i] = x[i].clone();
        return copy;
    }
}
