package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Shampoo: AdaGrad with a matrix for each axis of a parameter instead of one over all its coordinates.
 *
 * <p>Of a matrix, {@code L = L + G G'}, {@code R = R + G' G} and the direction is {@code (L + eps I)^-1/4 G (R + eps I)^-1/4}; of a tensor with k
 * axes longer than 1, each has the sum of its unfolded gradient's products and the exponent is {@code -1/(2k)}. With {@code beta} the sums are
 * exponential averages, corrected for their start. Then {@code m = momentum m + direction} and {@code x = x - rate m}.
 *
 * <p>The direction's length means little. {@code graft} gives it that of another rule's step: with {@code new Adam(rate)}, Adam decides how far and
 * Shampoo where to. The learning rate is then the other rule's.
 *
 * {@snippet :
 * var optimizer = new Shampoo(0.1).over(model.parameters());
 * var large = Shampoo.grafted(new Adam(1e-3)).withBlockSize(512).withRefreshEvery(20).over(model.parameters());
 * }
 *
 * <p>Memory: for an axis of length n in blocks of b, two matrices of {@code n b} numbers in all. Roots are taken in F64 by an eigendecomposition, which
 * dominates the cost: {@code O(b^3)} a block every {@code refreshEvery} steps. Do not give it embeddings: a table's long axis is cut into blocks, and
 * {@link AdaGrad} does as much there for less.
 *
 * @param learningRate the step's scale, unless grafted
 * @param momentum of the direction, in [0, 1)
 * @param beta memory of the products, in [0, 1); 1 sums them for good
 * @param epsilon added to each eigenvalue before the root, above 0
 * @param blockSize longer axes are cut into blocks of at most this length, each with matrices of its own
 * @param refreshEvery steps between roots, at least 1; between them old roots serve
 * @param graft the rule whose step's length is taken; null for none
 * @param maximize climbs instead
 * @see Kfac
 * @see <a href="https://arxiv.org/abs/1802.09568">Gupta, Koren and Singer (2018)</a>
 * @see <a href="https://arxiv.org/abs/2002.09018">Anil and others (2020), for grafting, blocks and rare roots</a>
 */
@Withers
public record Shampoo(double learningRate, double momentum, double beta, double epsilon, int blockSize, int refreshEvery, UpdateRule graft,
        boolean maximize) implements ShampooWithers, UpdateRule {
    private static final String PRODUCTS = "products", ROOTS = "roots", MOMENTUM = "momentum", GRAFT = "graft";

    public Shampoo {
        Settings.atLeast("Shampoo", "learningRate", learningRate, 0);
        Settings.decay("Shampoo", "momentum", momentum);
        Settings.part("Shampoo", "beta", beta);
        Settings.above("Shampoo", "epsilon", epsilon, 0);
        Settings.atLeast("Shampoo", "blockSize", blockSize, 1);
        Settings.atLeast("Shampoo", "refreshEvery", refreshEvery, 1);
    }

    /** Sums without momentum, epsilon 1e-12, blocks of 1,024, roots at every step, not grafted. */
    public Shampoo(double learningRate) { this(learningRate, 0, 1, 1e-12, 1024, 1, null, false); }

    /** The length of {@code rule}'s steps, at its rate; averages of memory 0.999, momentum 0.9, roots every ten steps. */
    public static Shampoo grafted(UpdateRule rule) {
        return new Shampoo(rule.learningRate(), 0.9, 0.999, 1e-12, 1024, 10, rule, rule.maximize());
    }

    /** One block: where it begins and how long it is, by axis. */
    private record Block(long[] start, long[] length) {
        Tensor of(Tensor x) {
            for (int axis = 0; axis < start.length; axis++) if (length[axis] < x.size(axis)) x = x.narrow(axis, start[axis], length[axis]);
            return x;
        }
    }

    /** Axes longer than 1; a single number has one of length 1. */
    private static long[] shape(Tensor x) {
        long[] axes = Arrays.stream(x.shape().toArray()).filter(n -> n != 1).toArray();
        return axes.length == 0 ? new long[] {1} : axes;
    }

    /** In row-major order. */
    private List<Block> blocks(long[] shape) {
        var blocks = new ArrayList<Block>();
        var start = new long[shape.length];
        while (true) {
            var length = new long[shape.length];
            for (int axis = 0; axis < shape.length; axis++) length[axis] = Math.min(blockSize, shape[axis] - start[axis]);
            blocks.add(new Block(start.clone(), length));
            int axis = shape.length - 1;
            while (axis >= 0 && (start[axis] += blockSize) >= shape[axis]) start[axis--] = 0;
            if (axis < 0) return blocks;
        }
    }

    @Override public List<String> slots(Tensor x) {
        var names = new ArrayList<String>();
        var shape = shape(x);
        for (int block = 0; block < blocks(shape).size(); block++) for (int axis = 0; axis < shape.length; axis++) {
            names.add(PRODUCTS + "." + block + "." + axis);
            names.add(ROOTS + "." + block + "." + axis);
        }
        if (momentum != 0) names.add(MOMENTUM);
        if (graft != null) for (var slot : graft.slots(x)) names.add(GRAFT + "." + slot);
        return names;
    }

    @Override public Tensor start(String slot, Tensor x) {
        if (slot.startsWith(GRAFT)) return graft.start(slot.substring(GRAFT.length() + 1), x);
        if (slot.equals(MOMENTUM)) return UpdateRule.super.start(slot, x);
        var parts = slot.split("[.]");
        long n = blocks(shape(x)).get(Integer.parseInt(parts[1])).length[Integer.parseInt(parts[2])];
        return Tensor.zeros(x.dtype(), n, n);
    }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        var shape = shape(x);
        var blocks = blocks(shape);
        var whole = g.reshape(shape);
        var next = new ArrayList<Tensor>();
        var directions = new ArrayList<Tensor>();
        for (var block : blocks) {
            var direction = block.of(whole);
            var piece = direction;
            for (int axis = 0; axis < shape.length; axis++) {
                int at = next.size();
                var unfolded = unfold(piece, axis);
                var product = unfolded.matmul(unfolded.transpose());
                var products = beta == 1 ? slots.get(at).add(product) : slots.get(at).mul(beta).add(product.mul(1 - beta));
                var root = (step - 1) % refreshEvery == 0 ? root(products, step, shape.length) : slots.get(at + 1);
                next.add(products);
                next.add(root);
                direction = fold(root.matmul(unfold(direction, axis)), direction, axis);
            }
            directions.add(direction);
        }
        var d = join(directions, blocks, shape).reshape(x.shape().toArray());
        double scale = rate;
        if (momentum != 0) next.add(null);
        int m = next.size() - 1;
        if (graft != null) {
            var other = graft.next(x, gradient, slots.subList(next.size(), slots.size()), step, rate);
            double length = d.norm().item();
            d = d.mul(length == 0 ? 0 : x.sub(other.parameter()).norm().item() / length);
            scale = 1;
            next.addAll(other.slots());
        }
        if (momentum != 0) {
            d = slots.get(m).mul(momentum).add(d);
            next.set(m, d);
        }
        return new Update(x.sub(d.mul(scale)), next);
    }

    /** {@code (products + epsilon I)^(-1/(2k))}; what rounding made negative counts as zero. */
    private Tensor root(Tensor products, long step, int axes) {
        double correction = beta == 1 ? 1 : 1 - Math.pow(beta, step), exponent = -1.0 / (2 * axes);
        return Eigen.symmetric(products).function(v -> Math.pow(Math.max(v, 0) / correction + epsilon, exponent));
    }

    /** The axis first, the others flattened. */
    private static Tensor unfold(Tensor x, int axis) { return x.moveAxis(axis, 0).reshape(x.size(axis), x.count() / x.size(axis)); }

    private static Tensor fold(Tensor unfolded, Tensor like, int axis) {
        return unfolded.reshape(like.moveAxis(axis, 0).shape().toArray()).moveAxis(0, axis);
    }

    /** The inverse of cutting: joins along the last axis first, as the blocks come. */
    private Tensor join(List<Tensor> pieces, List<Block> blocks, long[] shape) {
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            int parts = (int) ((shape[axis] + blockSize - 1) / blockSize);
            if (parts == 1) continue;
            var joined = new ArrayList<Tensor>();
            for (int i = 0; i < pieces.size(); i += parts)
                joined.add(Tensor.concat(axis, pieces.subList(i, i + parts).toArray(Tensor[]::new)));
            pieces = joined;
        }
        return pieces.getFirst();
    }
}
