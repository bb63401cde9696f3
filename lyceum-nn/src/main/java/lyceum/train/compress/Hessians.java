package lyceum.train.compress;

import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** Products of the Hessian of a mean loss with vectors, by differentiating a gradient. */
final class Hessians {
    private Hessians() {}

    static Tensor unit(Tensor like, int at) {
        var v = new double[(int) like.count()];
        v[at] = 1;
        return Tensor.of(v, like.shape().toArray()).to(like.dtype());
    }

    /** {@code H v} of one tensor's block. */
    static Tensor times(Tensor w, Tensor v, List<Supplier<Tensor>> losses) {
        var sum = w.detach().zerosLike();
        for (var loss : losses) sum = sum.add(times(new Tensor[] {w}, new Tensor[] {v}, loss.get())[0].div(losses.size())).compute();
        return sum;
    }

    private static Tensor[] times(Tensor[] w, Tensor[] v, Tensor loss) {
        var g = Autograd.gradients(loss, w, true);
        Tensor along = null;
        for (int i = 0; i < w.length; i++) {
            var part = g[i].mul(v[i]).sum();
            along = along == null ? part : along.add(part);
        }
        return Autograd.gradients(along, w, false);
    }

    /** The whole table over all weights, flattened one after the other, F64. */
    static Tensor joint(SequencedMap<String, Tensor> weights, List<Supplier<Tensor>> losses, double damping) {
        var w = weights.values().toArray(Tensor[]::new);
        long n = 0;
        for (var t : w) n += t.count();
        if (n > 4096) throw new IllegalArgumentException("obs: " + n + " weights; their Hessian is a table, so give at most 4096");
        var rows = new Tensor[(int) n];
        int at = 0;
        for (int i = 0; i < w.length; i++) {
            for (int q = 0; q < w[i].count(); q++, at++) {
                var v = new Tensor[w.length];
                for (int j = 0; j < w.length; j++) v[j] = j == i ? unit(w[i], q) : w[j].detach().zerosLike();
                Tensor sum = null;
                for (var loss : losses) {
                    var part = flat(times(w, v, loss.get())).div(losses.size());
                    sum = sum == null ? part : sum.add(part);
                }
                rows[at] = sum.compute();
            }
        }
        var h = Tensor.stack(0, rows);
        return h.add(h.transpose()).mul(0.5).add(Tensor.eye(DType.F64, n).mul(damping)).compute();
    }

    private static Tensor flat(Tensor[] parts) {
        var flat = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) flat[i] = parts[i].detach().flatten().to(DType.F64);
        return Tensor.concat(0, flat);
    }
}
