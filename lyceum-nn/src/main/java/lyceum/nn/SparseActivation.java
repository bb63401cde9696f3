package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Csr;
import lyceum.tensor.Sparsity;
import lyceum.tensor.Tensor;

/**
 * Layers that leave few units active, by the last axis of what comes in; measures of how few; and a product that skips the others.
 *
 * {@snippet :
 * var network = new Sequential(new Linear(64, 256, rng), Activation.RELU, SparseActivation.l1(1e-3), new Linear(256, 10, rng));
 * SparseActivation.Measures code = SparseActivation.population(hidden);    // per input; lifetime(hidden) per unit
 * Tensor y = SparseActivation.multiply(hidden, weight);                    // cost by the active units
 * }
 *
 * <p>None has parameters. Prices are added to the loss by {@link Pass#penalty}, while learning.
 */
public final class SparseActivation implements Layer {
    @FunctionalInterface
    private interface Rule {
        Tensor of(Tensor x, Pass pass);
    }

    private final String name;
    private final Rule rule;

    private SparseActivation(String name, Rule rule) {
        this.name = name;
        this.rule = rule;
    }

    /**
     * The k largest units stay as they are, the others are 0; of equal ones the first wins. Gradients pass through the winners alone.
     *
     * @see <a href="https://arxiv.org/abs/1312.5663">Makhzani and Frey (2014)</a>
     */
    public static SparseActivation kWinners(int k) {
        checkCount("kWinners", k);
        return new SparseActivation("kWinners(" + k + ")", (x, pass) -> kept(x, x.detach(), k));
    }

    /** The k units of the largest magnitude stay as they are, the others are 0. */
    public static SparseActivation topK(int k) {
        checkCount("topK", k);
        return new SparseActivation("topK(" + k + ")", (x, pass) -> kept(x, x.detach().abs(), k));
    }

    /** Units of a magnitude above t stay as they are, the others are 0. */
    public static SparseActivation hardThreshold(double t) {
        checkPrice("hardThreshold", t);
        return new SparseActivation("hardThreshold(" + t + ")", (x, pass) -> x.abs().gt(t).where(x, x.zerosLike()));
    }

    /** {@code sign(x) max(|x| - t, 0)}: the proximal map of {@code t |x|}. */
    public static SparseActivation softThreshold(double t) {
        checkPrice("softThreshold", t);
        return new SparseActivation("softThreshold(" + t + ")", (x, pass) -> x.sub(x.clamp(-t, t)));
    }

    /** Changes nothing; adds {@code weight sum_j |h_j|}, averaged over inputs, to the loss. */
    public static SparseActivation l1(double weight) {
        checkPrice("l1", weight);
        return new SparseActivation("l1(" + weight + ")", (h, pass) -> {
            pass.penalty(() -> h.abs().sum(-1).mean().mul(weight));
            return h;
        });
    }

    /**
     * Changes nothing; adds {@code weight sum_j KL(target || mean h_j)} to the loss, the mean being over inputs: each unit is to be active at that rate. For
     * sigmoids: h lies in (0, 1).
     */
    public static SparseActivation kl(double target, double weight) {
        checkPrice("kl", weight);
        if (!(target > 0 && target < 1)) throw new IllegalArgumentException("kl: the target is " + target + "; it lies in (0, 1)");
        return new SparseActivation("kl(" + target + ", " + weight + ")", (h, pass) -> {
            pass.penalty(() -> {
                var rate = h.reshape(-1, h.size(-1)).mean(0, false).clamp(1e-6, 1 - 1e-6);
                double entropy = target * Math.log(target) + (1 - target) * Math.log(1 - target);
                return rate.log().mul(-target).sub(rate.rsub(1).log().mul(1 - target)).add(entropy).sum().mul(weight);
            });
            return h;
        });
    }

    private static void checkCount(String operation, int k) {
        if (k < 1) throw new IllegalArgumentException(operation + ": k is " + k + "; it is at least 1");
    }

    private static void checkPrice(String operation, double x) {
        if (!(x >= 0 && x < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(operation + ": " + x + " is not a finite number of at least 0");
    }

    private static Tensor kept(Tensor x, Tensor by, int k) {
        if (x.rank() < 1 || k > x.size(-1)) throw new ShapeException("SparseActivation: " + k + " winners of an input " + x.shape());
        var winners = by.topk(k, -1).indices();
        return x.zerosLike().scatter(x.rank() - 1, winners, x.gather(x.rank() - 1, winners));
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return pass.show(this, x, rule.of(x, pass)); }

    @Override public String toString() { return name; }

    /**
     * {@code h W} for rows h (.., units) of which few units are not 0, and W (units, outputs), at the cost of those that are not. Differentiable in both; units
     * that are 0 have no gradient.
     */
    public static Tensor multiply(Tensor h, Tensor weight) {
        if (weight.rank() != 2 || h.rank() < 1 || h.size(-1) != weight.size(0))
            throw new ShapeException("multiply: " + h.shape() + " x " + weight.shape() + "; they are (.., units) and (units, outputs)");
        var sizes = h.shape().toArray();
        sizes[sizes.length - 1] = weight.size(1);
        var active = Csr.fromDense(h.detach().reshape(-1, h.size(-1)));
        return active.withValues(h.flatten().indexSelect(0, active.places()).to(active.dtype())).matmul(weight).reshape(sizes);
    }

    /**
     * How sparse a code is. A vector of zeros has 0 in all four: nothing is active and nothing stands out.
     *
     * @param activeShare of units that are not 0
     * @param hoyer 0 for equal magnitudes, 1 for a single one ({@link Sparsity#hoyer}); 0 for a single unit
     * @param gini 0 for equal magnitudes, {@code 1 - 1 / n} for a single one ({@link Sparsity#gini})
     * @param trevesRolls {@code (mean |r|)^2 / mean(r^2)}: 1 for equal magnitudes, {@code 1 / n} for a single one (Treves and Rolls 1991). Low is sparse
     */
    public record Measures(double activeShare, double hoyer, double gini, double trevesRolls) {

        /** Of one vector. */
        public static Measures of(Tensor r) {
            if (r.count() == 0) throw new ShapeException("Measures: the vector is empty");
            double active = 1 - Sparsity.zeroShare(r);
            if (active == 0) return new Measures(0, 0, 0, 0);
            return new Measures(active, r.count() == 1 ? 0 : Sparsity.hoyer(r), Sparsity.gini(r), Sparsity.effectiveCount(r) / r.count());
        }

        private static Measures mean(Tensor rows) {
            var sum = new double[4];
            int n = (int) rows.size(0);
            for (int i = 0; i < n; i++) {
                var m = of(rows.select(0, i));
                sum[0] += m.activeShare / n;
                sum[1] += m.hoyer / n;
                sum[2] += m.gini / n;
                sum[3] += m.trevesRolls / n;
            }
            return new Measures(sum[0], sum[1], sum[2], sum[3]);
        }
    }

    /** Means over inputs of how sparse each one's code is. @param h (n, units) */
    public static Measures population(Tensor h) { return Autograd.noGrad(() -> Measures.mean(h.detach().to(DType.F64))); }

    /** Means over units of how sparsely each one fires over the inputs: "5% active" may be every unit now and then, or few units always. */
    public static Measures lifetime(Tensor h) { return population(h.transpose()); }
}
