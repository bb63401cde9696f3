package lyceum.learn.manifold;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Projection on random directions, which never looks at the data and yet keeps all distances, roughly: by Johnson and Lindenstrauss
 * {@code 4 ln n / (e^2 / 2 - e^3 / 3)} dimensions will do for all squared distances among n rows to stay within {@code 1 +- e}.
 *
 * {@snippet :
 * RandomProjection.dimensions(200, 0.3);               // 588
 * new RandomProjection(50).fit(x).transform(x);
 * RandomProjection.ofDistortion(0.2).withKind(RandomProjection.Kind.HADAMARD).fit(x);
 * }
 *
 * @param components k; 0 for as many as {@code distortion} asks for
 * @param distortion e, in (0, 1), of all squared distances; used if {@code components} is 0
 * @param kind of the matrix, {@link Kind#GAUSSIAN} by default
 * @param density of the sparse kind, in (0, 1]: 1/3 by default, for which the bound is proved; {@code 1 / sqrt(p)} is faster and a little worse (Li, Hastie and
 *     Church 2006)
 * @param seed of the matrix
 * @see <a href="https://doi.org/10.1002/rsa.10073">Dasgupta and Gupta (2003)</a>
 */
@Withers
public record RandomProjection(int components, double distortion, Kind kind, double density, long seed)
        implements RandomProjectionWithers, Transformer {

    /** How directions are drawn. */
    public enum Kind {
        /** Entries normal with variance {@code 1 / k}. */
        GAUSSIAN,
        /** Entries {@code +-1 / sqrt(k density)}, each with probability {@code density / 2}, else 0 (Achlioptas 2003). */
        SPARSE,
        /**
         * Random signs, a fast Walsh-Hadamard transform of the columns, and k of the results: {@code O(p log p)} a row (Ailon and Chazelle 2006). For k up to the
         * next power of 2 from p.
         */
        HADAMARD
    }

    public RandomProjection {
        if (components < 0) throw new IllegalArgumentException(
                "RandomProjection: components is " + components + "; it is at least 1, or 0 for as many as distortion asks for");
        if (!(distortion > 0 && distortion < 1))
            throw new IllegalArgumentException("RandomProjection: distortion is " + distortion + "; it lies between 0 and 1");
        Objects.requireNonNull(kind, "kind");
        if (!(density > 0 && density <= 1))
            throw new IllegalArgumentException("RandomProjection: density is " + density + "; it lies in (0, 1]");
    }

    public RandomProjection(int components) { this(components, 0.1, Kind.GAUSSIAN, 1 / 3.0, 0); }

    /** As many components as keep all squared distances of the rows within {@code 1 +- distortion}. */
    public static RandomProjection ofDistortion(double distortion) {
        return new RandomProjection(0, distortion, Kind.GAUSSIAN, 1 / 3.0, 0);
    }

    /** {@code 4 ln n / (e^2 / 2 - e^3 / 3)}, rounded down. */
    public static int dimensions(long rows, double distortion) {
        if (rows < 1 || !(distortion > 0 && distortion < 1)) throw new IllegalArgumentException("RandomProjection.dimensions: " + rows
                + " rows, distortion " + distortion + "; at least 1 row, a distortion between 0 and 1");
        return (int) (4 * Math.log(rows) / (distortion * distortion / 2 - distortion * distortion * distortion / 3));
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.STATELESS); }

    @Override public RandomProjectionModel fit(Tensor x) { return fit(x, null, null); }

    @Override public RandomProjectionModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        int p = input.columns(), k = components > 0 ? components : Math.max(1, dimensions(input.rows(), distortion)), wide = 1;
        while (wide < p) wide *= 2;
        var rng = Rng.of(seed);
        switch (kind) {
            case GAUSSIAN :
                return new RandomProjectionModel(p, k, Tensor.randn(rng, DType.F64, p, k).div(Math.sqrt(k)).compute(), null, null);
            case SPARSE :
                double size = 1 / Math.sqrt(k * density);
                var entries = new double[p * k];
                for (int i = 0; i < entries.length; i++) {
                    double u = rng.nextDouble();
                    entries[i] = u < density / 2 ? -size : u < density ? size : 0;
                }
                return new RandomProjectionModel(p, k, Tensor.of(entries, p, k), null, null);
            default :
                if (k > wide) throw new IllegalArgumentException(
                        input.operation() + ": " + k + " components of " + p + " columns are asked; a Hadamard transform has " + wide);
                var signs = new double[p];
                for (int j = 0; j < p; j++) signs[j] = rng.nextLong() < 0 ? -1 : 1;
                return new RandomProjectionModel(p, k, null, signs, rng.sample(wide, k));
        }
    }
}
