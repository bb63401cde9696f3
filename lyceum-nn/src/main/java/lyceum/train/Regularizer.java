package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Svd;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/**
 * What is asked of parameters beside a small loss: penalties that are added to it, and constraints that are restored after each step. Terms add up.
 *
 * {@snippet :
 * var regularizer = Regularizer.l2(1e-4).on("*.weight").and(Regularizer.maxNorm(3).on("layers.0.weight"));
 * trainer.withRegularizer(regularizer);                        // or, in a loop of one's own:
 * loss.add(regularizer.penalty(model)).backward();
 * optimizer.step();
 * regularizer.project(model);
 * }
 *
 * <p>Units are the rows of a matrix (the first axis of any parameter), which is what the groups of {@link #groupLasso}, {@link #maxNorm} and
 * {@link #orthogonality} are. Penalties of outputs and of functions are losses: {@link #entropy}, {@link #jacobian}. What regularises without a
 * penalty stands elsewhere: noise in the input, {@link lyceum.nn.Dropout}, smoothed labels ({@link lyceum.nn.loss.CrossEntropy}),
 * {@link EarlyStopping}. {@link DegreesOfFreedom} measures them all alike.
 */
public final class Regularizer {
    /** One term: of the parameters whose names match; penalty or projection may be null. */
    private record Term(String text, String glob, UnaryOperator<Tensor> penalty, UnaryOperator<Tensor> projection) {
        Term on(String glob) { return new Term(text, glob, penalty, projection); }
    }

    private final List<Term> terms;

    private Regularizer(List<Term> terms) { this.terms = List.copyOf(terms); }

    private static Regularizer penalty(String name, double strength, UnaryOperator<Tensor> penalty) {
        if (!(strength >= 0 && strength < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Regularizer." + name + ": strength is " + strength + "; it is at least 0 and finite");
        return new Regularizer(List.of(new Term(name + "(" + strength + ")", "*", x -> penalty.apply(x).mul(strength), null)));
    }

    /** {@code strength * sum |w|}; slope 0 at 0. */
    public static Regularizer l1(double strength) { return penalty("l1", strength, w -> w.abs().sum()); }

    /** {@code strength * sum w^2}. */
    public static Regularizer l2(double strength) { return penalty("l2", strength, w -> w.square().sum()); }

    /**
     * {@code strength * (ratio sum |w| + (1 - ratio) / 2 sum w^2)}, as scikit-learn's ElasticNet.
     *
     * @param ratio of L1, in [0, 1]
     */
    public static Regularizer elasticNet(double strength, double ratio) {
        if (!(ratio >= 0 && ratio <= 1))
            throw new IllegalArgumentException("Regularizer.elasticNet: ratio is " + ratio + "; it lies in [0, 1]");
        return penalty("elasticNet", strength, w -> w.abs().sum().mul(ratio).add(w.square().sum().mul((1 - ratio) / 2)));
    }

    /** {@code strength * sum over units of sqrt(size) |w_unit|}: whole units become small together. The slope at a unit of zeros is 0. */
    public static Regularizer groupLasso(double strength) {
        return penalty("groupLasso", strength, w -> {
            var rows = rows(w);
            return norms(rows).sum().mul(Math.sqrt(rows.size(1)));
        });
    }

    /** {@code strength * |W W' - I|^2} of the units, or of the columns where there are more units than entries in one. */
    public static Regularizer orthogonality(double strength) {
        return penalty("orthogonality", strength, w -> {
            var rows = rows(w);
            var product = rows.size(0) <= rows.size(1) ? rows.matmul(rows.transpose()) : rows.transpose().matmul(rows);
            return product.sub(Tensor.eye(w.dtype(), product.size(0))).square().sum();
        });
    }

    /**
     * {@code strength * |W W' - diag(W W')|^2} of the units: they point different ways, their lengths are free. BigGAN's relaxed form of {@link #orthogonality}.
     *
     * @see <a href="https://arxiv.org/abs/1809.11096">Brock, Donahue and Simonyan (2019), equation 3</a>
     */
    public static Regularizer orthogonalDirections(double strength) {
        return penalty("orthogonalDirections", strength, w -> {
            var rows = rows(w);
            return rows.matmul(rows.transpose()).mul(Tensor.eye(w.dtype(), rows.size(0)).rsub(1)).square().sum();
        });
    }

    /** {@code strength * s_1^2}: the square of the largest singular value. */
    public static Regularizer spectralNorm(double strength) { return penalty("spectralNorm", strength, Regularizer::largestSquare); }

    /** Each unit's norm at most {@code most} after every step: longer ones are scaled down (Srebro and Shraibman 2005). */
    public static Regularizer maxNorm(double most) {
        if (!(most > 0)) throw new IllegalArgumentException("Regularizer.maxNorm: most is " + most + "; it is above 0");
        return new Regularizer(List.of(new Term("maxNorm(" + most + ")", "*", null, w -> {
            var factor = norms(rows(w)).reciprocal().mul(most).minimum(1);
            var shape = new long[w.rank()];
            for (int i = 0; i < shape.length; i++) shape[i] = i == 0 ? w.size(0) : 1;
            return w.mul(factor.reshape(shape));
        })));
    }

    /** The same terms, of the parameters whose names match only; {@code *} is any text, {@code ?} a character. */
    public Regularizer on(String glob) { return new Regularizer(terms.stream().map(t -> t.on(glob)).toList()); }

    /** All terms of both. */
    public Regularizer and(Regularizer other) {
        var all = new ArrayList<>(terms);
        all.addAll(other.terms);
        return new Regularizer(all);
    }

    /**
     * The sum of all penalties, a scalar with history.
     *
     * @throws IllegalArgumentException if a term's glob matches no parameter of the model
     */
    public Tensor penalty(Module model) {
        Tensor sum = null;
        for (var term : terms) for (var w : matching(model, term)) {
            if (term.penalty == null) continue;
            var p = term.penalty.apply(w);
            sum = sum == null ? p : sum.add(p);
        }
        return sum == null ? Tensor.zeros(DType.F32) : sum;
    }

    /** Restores all constraints, in place: what follows a step. */
    public void project(Module model) {
        Autograd.noGrad(() -> {
            for (var term : terms) if (term.projection != null) for (var w : matching(model, term)) w.copy_(term.projection.apply(w));
        });
    }

    private static List<Tensor> matching(Module model, Term term) {
        var found = model.parameters(term.glob).values();
        if (found.isEmpty()) throw new IllegalArgumentException(
                "Regularizer: " + term.text + " on \"" + term.glob + "\" matches none of " + model.parameters().keySet());
        return List.copyOf(found);
    }

    /**
     * The confidence penalty: minus the mean entropy of {@code softmax(logits)} over the last axis, in nats.
     *
     * @see <a href="https://arxiv.org/abs/1701.06548">Pereyra and others (2017)</a>
     */
    public static Tensor entropy(Tensor logits) {
        var logs = logits.logSoftmax(-1);
        return logs.exp().mul(logs).sum(-1).mean();
    }

    /**
     * Mean over the batch of {@code |df/dx|_F^2}, whose gradient reaches the parameters that f reads: by a vector-Jacobian product an output.
     *
     * @param f from (batch, inputs) to (batch, outputs), each row from its own
     * @see <a href="https://arxiv.org/abs/1908.02729">Hoffman, Roberts and Yaida (2019)</a>
     */
    public static Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
        var at = x.detach().requiresGrad();
        var y = f.apply(at);
        var sum = Tensor.zeros(y.dtype());
        for (long k = 0; k < y.size(1); k++) {
            var g = Autograd.gradients(y.select(1, k).sum(), new Tensor[] {at}, true)[0];
            sum = sum.add(g.square().sum());
        }
        return sum.div(x.size(0));
    }

    private static Tensor rows(Tensor w) { return w.rank() < 2 ? w.reshape(-1, 1) : w.reshape(w.size(0), -1); }

    /** Lengths of rows; the slope at a row of zeros is 0. */
    private static Tensor norms(Tensor rows) {
        var squares = rows.square().sum(1);
        var zero = squares.eq(0);
        return Tensor.where(zero, squares.zerosLike(), Tensor.where(zero, squares.onesLike(), squares).sqrt());
    }

    /** By the largest pair of singular vectors, which are held still: the gradient of {@code (u' W v)^2} is that of {@code s_1^2} then. */
    private static Tensor largestSquare(Tensor w) {
        var rows = rows(w);
        var pair = Autograd.noGrad(() -> {
            var svd = Svd.of(rows.detach().to(DType.F64));
            return new Tensor[] {svd.u().select(1, 0).to(w.dtype()), svd.vt().select(0, 0).to(w.dtype())};
        });
        return pair[0].matmul(rows.matmul(pair[1])).square();
    }
}
