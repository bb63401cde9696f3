package lyceum.train.privacy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.nn.Hooks;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;

/**
 * Ways to the sum of examples' gradients, each shortened to a length of at most C: {@code sum g_i min(1, C / |g_i|)}. A gradient that is not finite
 * counts as 0, so that one row cannot spoil the sum. Factors are a millionth lower than that, which leaves room for rounding.
 */
public enum PerExampleClipping {
    /** Any model without batch statistics: all gradients at once, a row of memory for each example. */
    VECTORISED {
        @Override Sum sum(Module model, Loss loss, Tensor x, Tensor y, double clip, Pass pass) {
            var space = ParameterSpace.of(model);
            var gradients = gradients(model, loss, x, y, pass);
            var norms = gradients.to(DType.F64).square().sum(1).sqrt().compute();
            var factors = factors(norms.toDoubleArray(), clip);
            var finite = gradients.isFinite().where(gradients, gradients.zerosLike());
            return new Sum(space.split(Tensor.of(factors).to(gradients.dtype()).matmul(finite)), norms.toDoubleArray());
        }
    },
    /**
     * Models whose trainable parameters all belong to {@link Linear} layers that run once a pass: no example's gradient is ever made. With inputs a and
     * gradients g of the outputs at positions t, its squared length is {@code sum_ts (a_t . a_s + 1) (g_t . g_s)}, and the clipped sum is a product
     * of matrices with g scaled (Goodfellow 2015; Bu and others 2023). The loss is a mean over examples.
     */
    GHOST {
        @Override Sum sum(Module model, Loss loss, Tensor x, Tensor y, double clip, Pass pass) {
            var layers = linear(model);
            int n = (int) x.size(0);
            var inputs = new LinkedHashMap<String, Tensor>();
            var probes = new LinkedHashMap<String, Tensor>();
            var hooks = Hooks.of(model);
            for (var name : layers.keySet()) hooks.on(name, (at, in, out) -> {
                if (!at.equals(name)) return out;
                if (inputs.put(name, in.detach()) != null)
                    throw new LyceumException("GHOST: " + name + " runs twice in a pass; its gradients then mix: use VECTORISED");
                var probe = Tensor.zeros(out.dtype(), out.shape().toArray()).compute().requiresGrad();
                probes.put(name, probe);
                return out.add(probe);
            });
            var total = loss.of(model.forward(x, pass.with(hooks)), y).mul((double) n);
            Tensor[] slopes = Autograd.gradients(total, probes.values().toArray(Tensor[]::new), false);
            var names = List.copyOf(probes.keySet());
            var squares = Tensor.zeros(DType.F64, n);
            var flows = new ArrayList<Tensor[]>();
            for (int i = 0; i < slopes.length; i++) {
                var layer = layers.get(names.get(i));
                Tensor a = inputs.get(names.get(i)), g = slopes[i];
                a = a.reshape(n, -1, a.size(-1));
                g = g.reshape(n, -1, g.size(-1));
                flows.add(new Tensor[] {a, g});
                Tensor b = a.to(DType.F64), h = g.to(DType.F64), pairs = h.matmul(h.transpose(1, 2));
                if (layer.weight().isTracked()) squares = squares.add(b.matmul(b.transpose(1, 2)).mul(pairs).sum(1, 2));
                if (layer.bias() != null && layer.bias().isTracked()) squares = squares.add(pairs.sum(1, 2));
            }
            double[] norms = squares.maximum(0.0).sqrt().toDoubleArray();
            var scale = Tensor.of(factors(norms, clip)).reshape(n, 1, 1);
            var sums = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < slopes.length; i++) {
                var layer = layers.get(names.get(i));
                Tensor a = flows.get(i)[0], g = flows.get(i)[1].mul(scale.to(slopes[i].dtype()));
                var zero = scale.eq(0.0);
                g = zero.where(g.zerosLike(), g).reshape(-1, g.size(-1));
                a = zero.where(a.zerosLike(), a).reshape(-1, a.size(-1));
                if (layer.weight().isTracked()) sums.put(path(names.get(i), "weight"), g.transpose().matmul(a));
                if (layer.bias() != null && layer.bias().isTracked()) sums.put(path(names.get(i), "bias"), g.sum(0));
            }
            var ordered = new LinkedHashMap<String, Tensor>();
            model.parameters().forEach((name, p) -> ordered.put(name, sums.getOrDefault(name, p.detach().zerosLike())));
            return new Sum(ordered, norms);
        }
    };

    /**
     * What a batch gives.
     *
     * @param gradients the clipped sum, by the names of {@link Module#parameters()}
     * @param norms lengths of the examples' gradients before clipping
     */
    public record Sum(Map<String, Tensor> gradients, double[] norms) {}

    abstract Sum sum(Module model, Loss loss, Tensor x, Tensor y, double clip, Pass pass);

    /**
     * The clipped sum of the rows' gradients.
     *
     * @param loss of outputs and targets of a batch: their mean
     * @param clip above 0; infinity for none
     */
    public Sum of(Module model, Loss loss, Tensor x, Tensor y, double clip) { return sum(model, loss, x, y, clip, Pass.inference()); }

    /** The gradient of each row's loss (n, parameters), in the order of {@link ParameterSpace}: one program for all rows. */
    public static Tensor gradients(Module model, Loss loss, Tensor x, Tensor y) { return gradients(model, loss, x, y, Pass.inference()); }

    static Tensor gradients(Module model, Loss loss, Tensor x, Tensor y, Pass pass) {
        var space = ParameterSpace.of(model);
        var point = space.values(model);
        return Autograd.vmap(
                in -> Autograd.grad(w -> loss.of(space.at(model, w).forward(in[0].unsqueeze(0), pass), in[1].unsqueeze(0))).apply(point), x,
                y);
    }

    private static String path(String module, String part) { return module.isEmpty() ? part : module + "." + part; }

    private static double[] factors(double[] norms, double clip) {
        var factors = new double[norms.length];
        for (int i = 0; i < factors.length; i++)
            factors[i] = norms[i] <= clip && Double.isFinite(norms[i]) ? 1 : Double.isFinite(norms[i]) ? clip / norms[i] * (1 - 1e-6) : 0;
        return factors;
    }

    private static Map<String, Linear> linear(Module model) {
        var layers = new LinkedHashMap<String, Linear>();
        var reached = new HashSet<Tensor>();
        model.modules().forEach((name, module) -> {
            if (!(module instanceof Linear layer)) return;
            if (layer.activation() != null)
                throw new IllegalArgumentException("GHOST: " + name + " has its activation inside; put it behind, or use VECTORISED");
            layers.put(name, layer);
            reached.add(layer.weight());
            if (layer.bias() != null) reached.add(layer.bias());
        });
        model.parameters().forEach((name, p) -> {
            if (!reached.contains(p)) throw new IllegalArgumentException("GHOST: " + name + " belongs to no Linear layer; use VECTORISED");
        });
        return layers;
    }
}
