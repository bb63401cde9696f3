package lyceum.linalg;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/**
 * Vectors of an index in one byte a coordinate: each row as whole numbers from -127 to 127 times a scale of its own, which cosines do not see.
 *
 * {@snippet :
 * var index = Int8Rows.of(embeddings);                 // (n, d), a quarter of the memory of F32
 * Tensor c = Int8Rows.of(queries).cosines(index);      // (m, n)
 * }
 *
 * <p>Products of codes are summed in I32, exactly, by the integer kernels. For d of some hundreds the cosine of Gaussian vectors is off by
 * some thousandths; a row with one entry far above the rest loses more. Immutable.
 */
public final class Int8Rows {
    private final Tensor codes, reciprocals;

    private Int8Rows(Tensor codes, Tensor reciprocals) {
        this.codes = codes;
        this.reciprocals = reciprocals;
    }

    /** Rounds each row {@code (n, d)}, its largest size to 127; a row of zeros stays one. */
    public static Int8Rows of(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("int8 rows: shape " + x.shape() + "; rows of vectors are (n, d)");
        double[] flat = x.detach().toDoubleArray(), reciprocals = new double[(int) x.size(0)];
        int d = (int) x.size(1);
        Matrices.requireFinite("int8 rows", flat, Math.max(1, d));
        var codes = new int[flat.length];
        for (int i = 0; i < reciprocals.length; i++) {
            double most = 0;
            long square = 0;
            for (int j = i * d; j < (i + 1) * d; j++) most = Math.max(most, Math.abs(flat[j]));
            for (int j = i * d; j < (i + 1) * d && most > 0; j++) {
                codes[j] = (int) Math.rint(flat[j] / most * 127);
                square += (long) codes[j] * codes[j];
            }
            if (square > 0) reciprocals[i] = 1 / Math.sqrt(square);
        }
        return new Int8Rows(Tensor.of(codes, x.size(0), d).to(DType.I8).compute(), Tensor.of(reciprocals).to(DType.F32).compute());
    }

    /** The codes {@code (n, d)}, I8. */
    public Tensor codes() { return codes; }

    /** Cosines of all these rows with all rows of {@code other}: {@code (n, m)} in F32; 0 with rows of zeros. */
    public Tensor cosines(Int8Rows other) {
        if (codes.size(1) != other.codes.size(1))
            throw new ShapeException("int8 cosines: rows of " + codes.size(1) + " and of " + other.codes.size(1) + " coordinates");
        return codes.matmul(other.codes.transpose(), DType.I32).to(DType.F32).mul(reciprocals.unsqueeze(1))
                .mul(other.reciprocals.unsqueeze(0)).clamp(-1, 1);
    }
}
