package lyceum.nn;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.LeastSquares;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A layer whose edges are curves: {@code y_j = sum_i phi_ji(x_i)}, from (.., inputs) to (.., outputs), each edge
 * {@code phi(x) = w_b base(x) + w_s sum_k c_k B_k(x)} with B-splines B on a grid of its input's.
 *
 * {@snippet :
 * var layer = new KanLayer(2, 5, new KanConfig(), rng);
 * layer = layer.refined(10);                                       // the same curves on a finer grid
 * layer = layer.adapted(x).pruned(x, 0.03);                        // the grid where the inputs are; edges that do nothing are cut
 * SymbolicFit named = layer.symbolic(0, 1, x).getFirst();          // the function that an edge resembles most
 * }
 *
 * <p>Parameters are {@code coefficients} (outputs, inputs, grid + degree), {@code base} and {@code scale} (outputs, inputs); buffers {@code knots} (inputs, grid +
 * 2 degree + 1) and {@code kept} (outputs, inputs), 0 for edges that were cut. Inside the grid the splines add up to 1; beyond, they run out.
 *
 * @see Kan several of them
 * @see <a href="https://arxiv.org/abs/2404.19756">Liu et al. (2025)</a>
 */
public final class KanLayer extends Module {
    private final KanConfig config;
    private final Tensor coefficients, base, scale, knots, kept;

    public KanLayer(int inputs, int outputs, KanConfig config, Rng rng) {
        if (inputs < 1 || outputs < 1)
            throw new IllegalArgumentException("KanLayer: " + inputs + " inputs and " + outputs + " outputs; both are positive");
        this.config = config;
        var type = config.dtype();
        double bound = 1 / Math.sqrt(inputs);
        coefficients = Tensor.randn(rng, type, outputs, inputs, config.grid() + config.degree()).mul(config.noise() / Math.sqrt(inputs))
                .compute().requiresGrad();
        base = Init.uniform(-bound, bound).sample(rng, type, outputs, inputs).compute().requiresGrad();
        scale = Tensor.ones(type, outputs, inputs).compute().requiresGrad();
        var even = new double[inputs][];
        Arrays.fill(even, even(config, config.low(), config.high()));
        knots = Tensor.of(even).to(type).compute();
        kept = Tensor.ones(type, outputs, inputs).compute();
    }

    private KanLayer(KanConfig config, Tensor coefficients, Tensor base, Tensor scale, Tensor knots, Tensor kept) {
        this.config = config;
        this.coefficients = coefficients.copy().compute().requiresGrad();
        this.base = base.detach().copy().compute().requiresGrad();
        this.scale = scale.detach().copy().compute().requiresGrad();
        this.knots = knots.to(config.dtype()).copy().compute();
        this.kept = kept.copy().compute();
    }

    /** Evenly from low to high, and as many steps beyond either end as the degree. */
    private static double[] even(KanConfig config, double low, double high) {
        int g = config.grid(), k = config.degree();
        var knots = new double[g + 2 * k + 1];
        for (int i = 0; i < knots.length; i++) knots[i] = low + (high - low) * (i - k) / g;
        return knots;
    }

    public KanConfig config() { return config; }

    public int inputs() { return (int) knots.size(0); }

    public int outputs() { return (int) base.size(0); }

    /** (inputs, grid + 2 degree + 1), rising. */
    public Tensor knots() { return knots; }

    /** (outputs, inputs): 0 for an edge that was cut, else 1. */
    public Tensor kept() { return kept; }

    /**
     * The B-splines of a degree at x, by the recursion of Cox and de Boor: x (.., inputs) and knots (inputs, m), which do not fall, give (.., inputs, m - degree - 1).
     * Intervals are closed on the left.
     *
     * @see "de Boor (1978), A Practical Guide to Splines, chapter X"
     */
    public static Tensor basis(Tensor x, Tensor knots, int degree) {
        long m = knots.size(-1);
        if (degree < 0 || knots.rank() != 2 || x.rank() < 1 || x.size(-1) != knots.size(0) || m < degree + 2)
            throw new ShapeException("KanLayer.basis: x " + x.shape() + ", knots " + knots.shape() + ", degree " + degree
                    + "; x ends in the knots' rows, of degree + 2 knots at least");
        var at = x.unsqueeze(-1);
        var b = at.ge(knots.narrow(-1, 0, m - 1)).and(at.lt(knots.narrow(-1, 1, m - 1))).to(x.dtype());
        for (int p = 1; p <= degree; p++) {
            long n = m - p - 1;
            var width = knots.narrow(-1, p, n + 1).sub(knots.narrow(-1, 0, n + 1));
            var inverse = width.gt(0).where(width.reciprocal(), width.zerosLike());
            var rise = at.sub(knots.narrow(-1, 0, n)).mul(inverse.narrow(-1, 0, n)).mul(b.narrow(-1, 0, n));
            var fall = knots.narrow(-1, p + 1, n).sub(at).mul(inverse.narrow(-1, 1, n)).mul(b.narrow(-1, 1, n));
            b = rise.add(fall);
        }
        return b;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        int inputs = inputs();
        if (x.rank() < 1 || x.size(-1) != inputs) throw new ShapeException("KanLayer: input " + x.shape() + " for " + inputs + " inputs");
        var shape = x.shape().toArray();
        shape[shape.length - 1] = outputs();
        var rows = x.reshape(-1, inputs);
        var splines = basis(rows, knots, config.degree()).reshape(rows.size(0), -1);
        var weight = coefficients.mul(scale.mul(kept).unsqueeze(-1)).reshape(outputs(), -1);
        if (config.price() > 0) pass.penalty(() -> penalty(rows));
        return splines.matmul(weight.transpose()).add(config.base().apply(rows).matmul(base.mul(kept).transpose())).reshape(shape);
    }

    /** The values of all edges at x (n, inputs): (n, outputs, inputs). */
    public Tensor edges(Tensor x) {
        var splines = basis(x, knots, config.degree());
        return Tensor.einsum("nik,oik->noi", splines, coefficients).mul(scale).add(config.base().apply(x).unsqueeze(1).mul(base)).mul(kept);
    }

    /** {@code price (|phi| + entropyPrice H)}, with |phi| the sum of the edges' mean sizes over rows and H the entropy of their shares of it. */
    public Tensor penalty(Tensor x) {
        var sizes = edges(x).abs().mean(0, false);
        var sum = sizes.sum();
        var share = sizes.div(sum.add(1e-12));
        var entropy = share.mul(share.add(1e-12).log()).sum().neg();
        return sum.add(entropy.mul(config.entropyPrice())).mul(config.price());
    }

    /** Mean |phi| of each edge over rows: (outputs, inputs). */
    public Tensor importance(Tensor x) { return Autograd.noGrad(() -> edges(x.to(config.dtype())).abs().mean(0, false).compute()); }

    /** This layer without the edges whose {@linkplain #importance importance} is below a threshold. Parameters are copies. */
    public KanLayer pruned(Tensor x, double threshold) {
        if (!(threshold >= 0)) throw new IllegalArgumentException("KanLayer.pruned: the threshold is " + threshold + "; it is at least 0");
        return new KanLayer(config, coefficients.detach(), base, scale, knots, kept.mul(importance(x).ge(threshold).to(config.dtype())));
    }

    /**
     * The same curves on another number of intervals between the same ends, by least squares on 8 points an interval: exact, outside the grid too, where the old number
     * divides the new one, since all old knots are among the new ones then.
     */
    public KanLayer refined(int grid) {
        var finer = config.withGrid(grid);
        double[][] old = knots.to(DType.F64).toRows(), rows = new double[old.length][];
        int k = config.degree();
        for (int i = 0; i < rows.length; i++) {
            // Between two old knots the new ones are even, so that an adapted grid stays adapted.
            rows[i] = new double[grid + 2 * k + 1];
            for (int j = 0; j <= grid; j++) {
                double at = (double) j * config.grid() / grid;
                int left = Math.min((int) at, config.grid() - 1);
                rows[i][k + j] = old[i][k + left] + (at - left) * (old[i][k + left + 1] - old[i][k + left]);
            }
            // Those outside stay: any will do for the splines within, and these for what the old ones are beyond the ends.
            System.arraycopy(old[i], 0, rows[i], 0, k);
            System.arraycopy(old[i], config.grid() + k + 1, rows[i], grid + k + 1, k);
        }
        return fitted(finer, rows);
    }

    private static void extend(double[] row, int k) {
        int last = row.length - 1 - k;
        for (int j = 1; j <= k; j++) {
            row[k - j] = row[k] - j * (row[k + 1] - row[k]);
            row[last + j] = row[last] + j * (row[last] - row[last - 1]);
        }
    }

    /** {@link #adapted(Tensor, double)} with a share of 0.02 even. */
    public KanLayer adapted(Tensor x) { return adapted(x, 0.02); }

    /**
     * The same curves on a grid that goes where the inputs are: knots at their quantiles, mixed with evenly spaced ones, from a hundredth of the range before
     * the least input to one beyond the largest.
     *
     * @param even the share of the evenly spaced knots, in (0, 1]
     */
    public KanLayer adapted(Tensor x, double even) {
        if (!(even > 0 && even <= 1)) throw new IllegalArgumentException("KanLayer.adapted: even is " + even + "; it lies in (0, 1]");
        int g = config.grid(), k = config.degree();
        double[][] columns = x.detach().to(DType.F64).reshape(-1, inputs()).transpose().contiguous().toRows(),
                rows = new double[inputs()][];
        for (int i = 0; i < rows.length; i++) {
            double[] seen = columns[i].clone();
            Arrays.sort(seen);
            double margin = 0.01 * Math.max(seen[seen.length - 1] - seen[0], 1e-3), low = seen[0] - margin,
                    high = seen[seen.length - 1] + margin;
            rows[i] = new double[g + 2 * k + 1];
            for (int j = 0; j <= g; j++) {
                double at = (double) j / g * (seen.length - 1), share = at - (int) at;
                double quantile = j == 0 ? low : j == g ? high : seen[(int) at] + share * (seen[(int) at + 1] - seen[(int) at]);
                rows[i][k + j] = even * (low + (high - low) * j / g) + (1 - even) * quantile;
            }
            extend(rows[i], k);
        }
        return fitted(config, rows);
    }

    /** Splines on other knots that equal these by least squares on the part of the new grid that the old one covers. */
    private KanLayer fitted(KanConfig other, double[][] rows) {
        return Autograd.noGrad(() -> {
            int k = config.degree(), inputs = inputs(), grid = other.grid(), points = 8 * (grid + k);
            double[][] old = knots.to(DType.F64).toRows(), at = new double[points][inputs];
            for (int i = 0; i < inputs; i++) for (int p = 0; p < points; p++) {
                double place = (p + 0.5) / points * grid;
                int left = (int) place;
                at[p][i] = rows[i][k + left] + (place - left) * (rows[i][k + left + 1] - rows[i][k + left]);
            }
            Tensor x = Tensor.of(at), wide = coefficients.detach().to(DType.F64);
            Tensor before = basis(x, Tensor.of(old), k), after = basis(x, Tensor.of(rows), k);
            var parts = new Tensor[inputs];
            for (int i = 0; i < inputs; i++) {
                var values = before.select(1, i).matmul(wide.select(1, i).transpose());
                parts[i] = LeastSquares.solve(after.select(1, i), values).coefficients().transpose();
            }
            return new KanLayer(other, Tensor.stack(1, parts).to(config.dtype()), base, scale, Tensor.of(rows), kept);
        });
    }

    /** The functions that an edge resembles over the inputs x (n, inputs), the best first; see {@link SymbolicFit}. */
    public List<SymbolicFit> symbolic(int output, int input, Tensor x) {
        double[] at = x.detach().to(DType.F64).select(-1, input).flatten().toDoubleArray();
        double[] values = Autograd.noGrad(() -> edges(x.to(config.dtype())).select(1, output).select(1, input).toDoubleArray());
        return SymbolicFit.all(at, values);
    }

    /** From {@link #state()}. */
    public static KanLayer of(KanConfig config, Map<String, Tensor> state) {
        for (var name : new String[] {"coefficients", "base", "scale", "knots", "kept"})
            if (state.get(name) == null) throw new FormatException("KanLayer: " + name + " is missing; there are " + state.keySet());
        var shape = state.get("base").shape().toArray();
        if (shape.length != 2)
            throw new ShapeException("KanLayer: base has shape " + state.get("base").shape() + "; it is (outputs, inputs)");
        var layer = new KanLayer((int) shape[1], (int) shape[0], config, Rng.of(0));
        layer.load(new LinkedHashMap<>(state));
        return layer;
    }
}
