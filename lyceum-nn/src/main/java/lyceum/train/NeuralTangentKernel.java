package lyceum.train;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/**
 * The empirical tangent kernel of any model, {@code K(x, x') = grad f(x) . grad f(x')} over its trainable parameters, and the model that it
 * linearises to.
 *
 * {@snippet :
 * var kernel = new NeuralTangentKernel<>(network);
 * Tensor k = kernel.of(train);                                   // (n, n), or (n o, n o) for o outputs
 * var flow = new KernelDynamics(k, y.sub(network.forward(train)));
 * Tensor f = y.sub(flow.residual(t));                            // what gradient flow has learnt at time t
 * Tensor wide = new WideNetwork(1, WideNetwork.Nonlinearity.RELU).tangentKernel(train, train);   // the limit of infinite width
 * }
 *
 * <p>Rows of outputs follow each other example by example. The n Jacobian rows of P parameters are kept: 8 n P bytes; give {@code output}
 * to look at one output alone. The model's weights are read when asked, not changed.
 *
 * @param <M> the model
 * @see <a href="https://arxiv.org/abs/1806.07572">Jacot, Gabriel and Hongler (2018)</a>
 */
public final class NeuralTangentKernel<M extends Module> {
    private final M model;
    private final ParameterSpace space;
    private final int output;

    /** Over all outputs. */
    public NeuralTangentKernel(M model) { this(model, -1); }

    /** @param output the one output looked at; -1 for all */
    public NeuralTangentKernel(M model, int output) {
        if (output < -1) throw new IllegalArgumentException("NeuralTangentKernel: output is " + output + "; it is -1 for all, or a column");
        this.model = model;
        this.output = output;
        space = ParameterSpace.of(model);
    }

    /** The kernel of rows with each other. */
    public Tensor of(Tensor x) {
        var j = jacobian(x);
        return Autograd.noGrad(() -> j.matmul(j.transpose()).compute());
    }

    /** The kernel of rows with other rows: (outputs of x, outputs of z). */
    public Tensor of(Tensor x, Tensor z) {
        Tensor j = jacobian(x), other = jacobian(z);
        return Autograd.noGrad(() -> j.matmul(other.transpose()).compute());
    }

    /** Gradients of each output of each row: (n o, parameters). */
    public Tensor jacobian(Tensor x) {
        if (x.rank() < 1 || x.size(0) < 1) throw new ShapeException("NeuralTangentKernel: rows of shape " + x.shape());
        var weights = space.values(model);
        var rows = new Tensor[(int) x.size(0)];
        for (int i = 0; i < rows.length; i++) {
            var row = x.narrow(0, i, 1);
            rows[i] = Autograd.jacobian(w -> outputs(w, row), weights, Mode.REVERSE).compute();
        }
        return Tensor.concat(0, rows).compute();
    }

    private Tensor outputs(Tensor w, Tensor x) {
        var y = space.at(model, w).forward(x).flatten();
        if (output >= y.size(0)) throw new ShapeException("NeuralTangentKernel: output " + output + " of a model that has " + y.size(0));
        return output < 0 ? y : y.narrow(0, output, 1);
    }

    /**
     * The first-order model {@code f(x; w0) + J(x) (w - w0)} around the model's present weights, as outputs of x at weights w, in the model's shape.
     */
    public Tensor linearised(Tensor x, Tensor w) {
        var start = space.values(model);
        var dual = Autograd.valueAndJvp(p -> space.at(model, p).forward(x), start, w.sub(start).compute());
        return dual.value().add(dual.tangent());
    }
}
