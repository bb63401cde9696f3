package lyceum.learn.manifold;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.kernel.PrecomputedKernel;
import lyceum.learn.decomposition.KernelPca;
import lyceum.learn.decomposition.KernelPcaModel;
import lyceum.progress.Progress;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Multidimensional scaling: places whose distances are those given. Classical scaling takes the leading eigenvectors of {@code -1/2 H D^2 H}, times the roots of
 * their eigenvalues, and is PCA where distances are Euclidean. Metric scaling lowers the stress {@code sum_{i<j} (d_ij - |y_i - y_j|)^2} by majorisation
 * (SMACOF), from the classical map on.
 *
 * {@snippet :
 * Tensor map = new Mds(2).fit(x).embedding();
 * Tensor cities = new Mds(2, Mds.Method.METRIC).ofDistances(kilometres, Progress.SILENT).embedding();
 * }
 *
 * @param components columns of the map
 * @param method classical by default
 * @param iterations of majorisation at most, 300 by default
 * @param tolerance it stops when the stress falls by a smaller part, 1e-6 by default
 * @see <a href="https://doi.org/10.1007/BF02288916">Torgerson (1952)</a>, <a href="https://doi.org/10.1007/0-387-28981-X">Borg and Groenen (2005), chapter 8</a>
 */
@Withers
public record Mds(int components, Method method, int iterations, double tolerance) implements MdsWithers, Transformer {

    /** What is optimal about the places. */
    public enum Method {
        /** Inner products, in closed form. */
        CLASSICAL,
        /** Distances, step by step; depends on the start. */
        METRIC
    }

    public Mds {
        if (components < 1) throw new IllegalArgumentException("Mds: components is " + components + "; it is at least 1");
        Objects.requireNonNull(method, "method");
        if (iterations < 1 || !(tolerance >= 0)) throw new IllegalArgumentException(
                "Mds: iterations is " + iterations + " and tolerance " + tolerance + "; at least 1 iteration, a tolerance of at least 0");
    }

    public Mds(int components, Method method) { this(components, method, 300, 1e-6); }

    public Mds(int components) { this(components, Method.CLASSICAL); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS); }

    @Override public MdsModel fit(Tensor x) { return fit(x, null, null); }

    @Override public MdsModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, of the Euclidean distances, heard and stopped by {@code progress}. */
    public MdsModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var rows = input.x().to(DType.F64);
        var found = ofDistances(MdsModel.distances(rows, rows), progress);
        return new MdsModel(rows.copy(), found.scaling(), found.embedding().to(input.x().dtype()), found.stress(), found.majorised());
    }

    /**
     * Of given distances (n x n), symmetric, at least 0 and 0 to oneself. The model places no new rows.
     *
     * @throws IllegalArgumentException if they are no such distances
     */
    public MdsModel ofDistances(Tensor distances, Progress progress) {
        var input = LearnerInput.matrix("Mds.ofDistances", distances, false);
        int n = input.rows();
        if (input.columns() != n)
            throw new ShapeException("Mds.ofDistances: distances have shape " + distances.shape() + "; they are square");
        double[][] d = input.x().to(DType.F64).toRows();
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
                if (!(d[i][j] >= 0) || Math.abs(d[i][j] - d[j][i]) > 1e-9 * (1 + d[i][j]) || i == j && d[i][i] != 0)
                    throw new IllegalArgumentException("Mds.ofDistances: distances between " + i + " and " + j + " are " + d[i][j] + " and "
                            + d[j][i] + "; they are symmetric, at least 0, and 0 from a row to itself");
        var gram = input.x().to(DType.F64).square().mul(-0.5).compute();
        KernelPcaModel scaling = new KernelPca(new PrecomputedKernel(), components).fit(gram);
        Tensor start = scaling.transform(scaling.rows());
        return method == Method.CLASSICAL ? new MdsModel(null, scaling, start.to(input.x().dtype()), Stress.of(d, start.toRows()), false)
                : majorised(d, start, scaling, input.x().dtype(), progress);
    }

    /** Metric scaling from given places (n x components). */
    public MdsModel ofDistances(Tensor distances, Tensor start, Progress progress) {
        var found = withMethod(Method.CLASSICAL).ofDistances(distances, progress);
        return majorised(distances.to(DType.F64).toRows(), start.to(DType.F64), found.scaling(), found.embedding().dtype(), progress);
    }

    private MdsModel majorised(double[][] d, Tensor start, KernelPcaModel scaling, DType type, Progress progress) {
        double[][] y = start.toRows();
        double stress = Stress.of(d, y);
        for (int step = 0; step < iterations; step++) {
            y = Stress.majorise(d, y);
            double next = Stress.of(d, y);
            progress.step("SMACOF", step + 1, iterations, "stress", next);
            boolean settled = stress - next <= tolerance * stress;
            stress = next;
            if (settled) break;
        }
        return new MdsModel(null, scaling, Tensor.of(y).to(type), stress, true);
    }

    @Override public Tensor fitTransform(Tensor x) { return fit(x).embedding(); }
}
