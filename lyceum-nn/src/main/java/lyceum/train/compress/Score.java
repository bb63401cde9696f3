package lyceum.train.compress;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How much a weight is worth: pruning removes those of the least score.
 *
 * @see <a href="https://proceedings.neurips.cc/paper/1989/hash/6c9882bbac1c7093bd25041881277658-Abstract.html">LeCun, Denker and Solla (1990)</a>
 * @see <a href="https://proceedings.neurips.cc/paper/1992/hash/303ed4c69846ab36c2904d3ba8573050-Abstract.html">Hassibi and Stork (1993)</a>
 * @see <a href="https://arxiv.org/abs/1611.06440">Molchanov and others (2017)</a>
 * @see <a href="https://arxiv.org/abs/2005.07683">Sanh, Wolf and Rush (2020)</a>
 */
@FunctionalInterface
public interface Score {
    /**
     * @param weights by name, as they stand in the model
     * @param losses of batches, computed anew at each call from the model's present weights; some scores need none
     * @return a score for each weight, in its shape
     */
    SequencedMap<String, Tensor> of(SequencedMap<String, Tensor> weights, List<Supplier<Tensor>> losses);

    /** {@code |w|}. */
    static Score magnitude() { return (weights, losses) -> each(weights, weights.values().toArray(Tensor[]::new), (w, same) -> w.abs()); }

    /** {@code |g w|} with g the mean gradient over the batches: how the loss changes to first order. */
    static Score gradientTimesWeight() {
        return (weights, losses) -> {
            var g = sum(weights, losses, false);
            return each(weights, g, (w, slope) -> slope.mul(w).abs());
        };
    }

    /** Mean over the batches of {@code (g w)^2}. */
    static Score taylor() {
        return (weights, losses) -> {
            var g = sum(weights, losses, true);
            return each(weights, g, (w, square) -> square.mul(w.square()));
        };
    }

    /**
     * {@code -sum_t g_t w_t} over one step of gradient descent a batch: positive where training drives a weight away from zero. The weights are put
     * back afterwards.
     */
    static Score movement(double learningRate) {
        if (!(learningRate > 0)) throw new IllegalArgumentException("movement: learningRate is " + learningRate + "; it is above 0");
        return (weights, losses) -> {
            var w = weights.values().toArray(Tensor[]::new);
            var before = Arrays.stream(w).map(t -> t.detach().copy().compute()).toArray(Tensor[]::new);
            var score = Arrays.stream(w).map(t -> t.detach().zerosLike()).toArray(Tensor[]::new);
            for (var loss : required(losses, "movement")) {
                var g = Autograd.gradients(loss.get(), w, false);
                Autograd.noGrad(() -> {
                    for (int i = 0; i < w.length; i++) {
                        score[i] = score[i].sub(g[i].mul(w[i])).compute();
                        w[i].sub_(g[i].mul(learningRate));
                    }
                });
            }
            Autograd.noGrad(() -> { for (int i = 0; i < w.length; i++) w[i].copy_(before[i]); });
            return each(weights, score, (t, s) -> s);
        };
    }

    /**
     * Optimal brain damage, {@code H_qq w_q^2 / 2}: the second-order cost if no other weight moves. The diagonal is exact up to 512 weights a tensor,
     * beyond it is estimated with {@code probes} vectors of random signs (Hutchinson), drawn from {@code rng}.
     */
    static Score obd(int probes, Rng rng) {
        if (probes < 1) throw new IllegalArgumentException("obd: " + probes + " probes; at least 1");
        return (weights, losses) -> {
            var all = weights.values().toArray(Tensor[]::new);
            var diagonal = new Tensor[all.length];
            for (int i = 0; i < all.length; i++) {
                int n = (int) all[i].count(), turns = n <= 512 ? n : probes;
                diagonal[i] = all[i].detach().zerosLike();
                for (int t = 0; t < turns; t++) {
                    var v = turns == n ? Hessians.unit(all[i], t)
                            : Tensor.rand(rng.split(i).split(t), all[i].dtype(), all[i].shape().toArray()).sub(0.5).sign();
                    var part = v.mul(Hessians.times(all[i], v, required(losses, "obd")));
                    diagonal[i] = diagonal[i].add(turns == n ? part : part.div(turns)).compute();
                }
            }
            return each(weights, diagonal, (w, h) -> h.mul(w.square()).mul(0.5));
        };
    }

    /**
     * Optimal brain surgeon, {@code w_q^2 / (2 [H^-1]_qq)}: the cost of deleting one weight if all others adjust, over the joint Hessian of all given
     * weights, to whose diagonal {@code damping} is added.
     *
     * @throws IllegalArgumentException for more than 4096 weights: the Hessian is a table
     */
    static Score obs(double damping) {
        if (!(damping >= 0)) throw new IllegalArgumentException("obs: damping is " + damping + "; it is at least 0");
        return (weights, losses) -> {
            var inverse = Linalg.inverse(Hessians.joint(weights, required(losses, "obs"), damping)).diagonal();
            var scores = new LinkedHashMap<String, Tensor>();
            long at = 0;
            for (var entry : weights.entrySet()) {
                var w = entry.getValue().detach().to(DType.F64);
                scores.put(entry.getKey(), w.square().div(inverse.narrow(0, at, w.count()).reshape(w.shape().toArray()).mul(2))
                        .to(entry.getValue().dtype()).compute());
                at += w.count();
            }
            return scores;
        };
    }

    /**
     * Wanda, {@code |W_ij| |X_j|}: magnitude times the root of the summed squares of what input j carries; compare within rows ({@link Pruner.Scope#ROW}).
     *
     * @param inputs what went into each weighted layer, by weight name, the features last: (.., inputs)
     * @see <a href="https://arxiv.org/abs/2306.11695">Sun, Liu, Bair and Kolter (2024)</a>
     */
    static Score wanda(SequencedMap<String, Tensor> inputs) {
        return (weights, losses) -> {
            var scores = new LinkedHashMap<String, Tensor>();
            weights.forEach((name, w) -> {
                var x = inputs.get(name);
                if (x == null) throw new IllegalArgumentException("wanda: no inputs for " + name + "; there are " + inputs.keySet());
                scores.put(name, w.detach().abs().mul(x.detach().reshape(-1, x.size(-1)).square().sum(0).sqrt()).compute());
            });
            return scores;
        };
    }

    /** The gradients of the mean loss, or the means of their squares. */
    private static Tensor[] sum(SequencedMap<String, Tensor> weights, List<Supplier<Tensor>> losses, boolean squared) {
        var w = weights.values().toArray(Tensor[]::new);
        var total = Arrays.stream(w).map(t -> t.detach().zerosLike()).toArray(Tensor[]::new);
        int n = required(losses, "gradients").size();
        for (var loss : losses) {
            var g = Autograd.gradients(loss.get(), w, false);
            for (int i = 0; i < w.length; i++) total[i] = total[i].add((squared ? g[i].square() : g[i]).div(n)).compute();
        }
        return total;
    }

    private static List<Supplier<Tensor>> required(List<Supplier<Tensor>> losses, String score) {
        if (losses.isEmpty()) throw new IllegalArgumentException(score + ": the score needs the loss of at least one batch");
        return losses;
    }

    private static SequencedMap<String, Tensor> each(SequencedMap<String, Tensor> weights, Tensor[] with, BinaryOperator<Tensor> formula) {
        var scores = new LinkedHashMap<String, Tensor>();
        weights.forEach((name, w) -> scores.put(name, formula.apply(w.detach(), with[scores.size()].detach()).compute()));
        return scores;
    }
}
