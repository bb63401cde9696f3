package lyceum.learn.preprocessing;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * {@code z = (x - shift) / scale}, column by column, held between two bounds. Rows are (n x p); the result has their type.
 *
 * @param shift (p), F64
 * @param scale (p), F64, never 0
 * @param floor smallest result, minus infinity for none
 * @param ceiling largest result
 */
public record AffineScaling(Tensor shift, Tensor scale, double floor, double ceiling) implements FittedTransformer {
    static AffineScaling of(double[] shift, double[] scale) {
        return new AffineScaling(Tensor.of(shift), Tensor.of(scale), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    @Override public int nFeatures() { return (int) shift.count(); }

    @Override public int nOutputs() { return nFeatures(); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var z = rows.to(DType.F64).sub(shift).div(scale);
        return (floor == Double.NEGATIVE_INFINITY && ceiling == Double.POSITIVE_INFINITY ? z : z.clamp(floor, ceiling)).to(rows.dtype());
    }

    /**
     * Sparse rows: zeros stay zeros.
     *
     * @throws IllegalArgumentException if a column is shifted, which would fill the matrix
     */
    public Csr transform(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("AffineScaling: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        double[] by = scale.toDoubleArray(), values = x.values().toDoubleArray(), off = shift.toDoubleArray();
        for (int j = 0; j < off.length; j++)
            if (off[j] != 0) throw new IllegalArgumentException("AffineScaling: column " + j + " is shifted by " + off[j]
                    + ", which fills a sparse matrix; scale without centring (ColumnStatistics.maxAbs, or standard(false))");
        for (int e = 0; e < values.length; e++) values[e] = Math.clamp(values[e] / by[x.column(e)], floor, ceiling);
        return x.withValues(Tensor.of(values).to(x.dtype()));
    }

    @Override public boolean isInvertible() { return true; }

    /** {@code z * scale + shift}; what was cut off at a bound comes back as the bound's value. */
    @Override public Tensor inverse(Tensor z) { return z.to(DType.F64).mul(scale).add(shift).to(z.dtype()); }
}
