package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * A layer whose value is where an ordinary differential equation ends: {@code h(1)} of {@code dh/dt = f(t, h)}, {@code h(0) = x}, f any module.
 *
 * {@snippet :
 * var block = new NeuralOde(NeuralOde.steady(mlp), TensorOde.adaptive(1e-5), NeuralOde.Gradient.ADJOINT);
 * Tensor y = block.forward(x, pass);
 * List<Tensor> path = block.path(x, pass, 0.25, 0.5, 1);
 * }
 *
 * <p>Gradients go back through the solver's steps, exact for what was computed, with memory for each step; or solve the adjoint equation
 * {@code da/dt = -a df/dh} from the end to the beginning, h beside it, with memory of one step and an error of the tolerance's size. f must then be the same function at every
 * call: no dropout.
 *
 * @see <a href="https://arxiv.org/abs/1806.07366">Chen, Rubanova, Bettencourt and Duvenaud (2018)</a>
 */
public final class NeuralOde extends Module {
    private final Dynamics dynamics;
    private final TensorOde solver;
    private final Gradient gradient;

    /** f. */
    public abstract static class Dynamics extends Module {
        /** {@code f(t, h)}, of h's shape. */
        public abstract Tensor at(double t, Tensor h, Pass pass);

        /** At time 0. */
        @Override protected final Tensor compute(Tensor h, Pass pass) { return at(0, h, pass); }
    }

    /** How gradients are found. */
    public enum Gradient {
        /** Back through all that the solver computed. */
        BACKPROP,
        /** By solving the adjoint equation backwards in time. */
        ADJOINT
    }

    private static final class Steady extends Dynamics {
        private final Layer layer;

        private Steady(Layer layer) { this.layer = layer; }

        @Override public Tensor at(double t, Tensor h, Pass pass) { return layer.forward(h, pass); }
    }

    private static final class Timed extends Dynamics {
        private final Layer layer;

        private Timed(Layer layer) { this.layer = layer; }

        @Override public Tensor at(double t, Tensor h, Pass pass) {
            var shape = h.shape().toArray();
            shape[shape.length - 1] = 1;
            return layer.forward(Tensor.concat(-1, h, Tensor.full(h.dtype(), t, shape)), pass);
        }
    }

    /** The same at all times. */
    public static Dynamics steady(Layer layer) { return new Steady(layer); }

    /** Of the last axis and the time beside it: the layer reads one number more than it gives. */
    public static Dynamics timed(Layer layer) { return new Timed(layer); }

    public NeuralOde(Dynamics dynamics, TensorOde solver, Gradient gradient) {
        this.dynamics = Objects.requireNonNull(dynamics, "dynamics");
        this.solver = Objects.requireNonNull(solver, "solver");
        this.gradient = Objects.requireNonNull(gradient, "gradient");
    }

    public Dynamics dynamics() { return dynamics; }

    @Override protected Tensor compute(Tensor x, Pass pass) { return solve(x, 0, 1, pass); }

    /** {@code h(to)} of {@code h(from) = x}. */
    public Tensor solve(Tensor x, double from, double to, Pass pass) {
        return gradient == Gradient.ADJOINT && GradMode.isRecording() ? adjoint(x, from, to, pass)
                : solver.solve((t, h) -> dynamics.at(t, h, pass), x, from, to);
    }

    /** h at those times after 0. */
    public List<Tensor> path(Tensor x, Pass pass, double... times) {
        if (gradient == Gradient.BACKPROP || !GradMode.isRecording()) return solver.solve((t, h) -> dynamics.at(t, h, pass), x, 0, times);
        var path = new ArrayList<Tensor>();
        double before = 0;
        for (double t : times) {
            x = t == before ? x : adjoint(x, before, t, pass);
            path.add(x);
            before = t;
        }
        return path;
    }

    /** One operation on h and all parameters of f, laid end to end. */
    private Tensor adjoint(Tensor x, double from, double to, Pass pass) {
        var names = dynamics.parameters();
        var leaves = names.values().toArray(Tensor[]::new);
        long n = x.count();
        var packed = new Tensor[leaves.length + 1];
        packed[0] = x.flatten();
        for (int i = 0; i < leaves.length; i++) packed[i + 1] = leaves[i].flatten();
        return Primitive.of("neural ode", in -> {
            var f = with(names, in[0], n);
            return solver.solve((t, h) -> f.at(t, h, pass), in[0].narrow(0, 0, n).reshape(x.shape().toArray()), from, to);
        }, (i, g, end, in) -> {
            var f = with(names, in[0], n);
            var inner = f.parameters().values().toArray(Tensor[]::new);
            long all = in[0].count();
            // h, its worth, and what the parameters have gathered, solved backwards as one.
            var start = Tensor.concat(0, end.detach().flatten(), g.flatten(), Tensor.zeros(x.dtype(), all - n));
            var back = solver.solve((t, z) -> slope(f, inner, t, z, n, x.shape().toArray(), pass), start, to, from);
            return back.narrow(0, n, all);
        }).apply(Tensor.concat(0, packed));
    }

    /** f with parameters of its own, read from a packed tensor behind h. */
    private Dynamics with(Map<String, Tensor> names, Tensor packed, long at) {
        var values = new LinkedHashMap<String, Tensor>();
        for (var entry : names.entrySet()) {
            long count = entry.getValue().count();
            values.put(entry.getKey(),
                    packed.detach().narrow(0, at, count).reshape(entry.getValue().shape().toArray()).copy().compute().requiresGrad());
            at += count;
        }
        return Module.with(dynamics, values);
    }

    private static Tensor slope(Dynamics f, Tensor[] parameters, double t, Tensor z, long n, long[] shape, Pass pass) {
        return GradMode.with(true, () -> {
            var h = z.detach().narrow(0, 0, n).reshape(shape).copy().requiresGrad();
            var worth = z.detach().narrow(0, n, n).reshape(shape);
            var y = f.at(t, h, pass);
            var inputs = new Tensor[parameters.length + 1];
            inputs[0] = h;
            System.arraycopy(parameters, 0, inputs, 1, parameters.length);
            var gradients = Autograd.gradients(y.mul(worth).sum(), inputs, false);
            var parts = new Tensor[inputs.length + 1];
            parts[0] = y.detach().flatten();
            for (int i = 0; i < inputs.length; i++)
                parts[i + 1] = gradients[i] == null ? Tensor.zeros(z.dtype(), inputs[i].count()) : gradients[i].neg().flatten();
            return Tensor.concat(0, parts).compute();
        });
    }
}
