package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The last layer: a linear map to the scores of an {@link OutputKind}, from (.., width) to (.., scores).
 *
 * {@snippet :
 * var head = new OutputHead(OutputKind.classesOf(y), 64, rng).beginAt(y);          // as many classes as y has, at their frequencies
 * var network = new Sequential(layer, Activation.RELU, head);
 * new Trainer(new Adam(1e-3), 20).fit(network, head.kind(), data, rng);            // a kind is its loss
 * Tensor p = head.kind().prediction(network.forward(x));
 * }
 *
 * <p>For {@link OutputKind.Ordinal} a row has one number s and all rows share the thresholds: {@code z_j = c_j - s}, {@code c_j = c_{j-1} + softplus(d_j)}.
 *
 * <p>Parameters are {@code linear.weight}, {@code linear.bias}, and for ordered classes {@code cuts}, which then are the bias.
 */
public final class OutputHead extends Module {
    private final OutputKind kind;
    private final Linear linear;
    private final Tensor cuts;

    /** PyTorch's beginning, F32. */
    public OutputHead(OutputKind kind, int width, Rng rng) { this(kind, width, Init.torchLinear(width), DType.F32, rng); }

    /** @param init of the weights; the bias begins at 0, and thresholds at even steps about 0 */
    public OutputHead(OutputKind kind, int width, Init init, DType dtype, Rng rng) {
        this.kind = Objects.requireNonNull(kind, "kind");
        boolean ordered = kind instanceof OutputKind.Ordinal;
        linear = new Linear(width, ordered ? 1 : kind.scores(), !ordered, dtype, init, rng);
        if (!ordered) Autograd.noGrad(() -> linear.bias().zero_());
        var even = new double[kind.scores()];
        for (int j = 0; j < even.length; j++) even[j] = j - (even.length - 1) / 2.0;
        cuts = ordered ? Tensor.of(steps(even)).to(dtype).compute().requiresGrad() : null;
    }

    /** The first of rising numbers, and for each other the number whose softplus is its step. */
    private static double[] steps(double[] rising) {
        var z = rising.clone();
        for (int j = 1; j < z.length; j++) z[j] = Math.log(Math.expm1(Math.max(rising[j] - rising[j - 1], 1e-3)));
        return z;
    }

    /** What the scores mean. */
    public OutputKind kind() { return kind; }

    /** Lets the bias say what the targets say on the whole: frequencies, a mean, quantiles. Returns this. */
    public OutputHead beginAt(Tensor targets) {
        double[] rates = kind.baseRates(targets);
        Autograd.noGrad(() -> {
            if (cuts != null) cuts.copy_(Tensor.of(steps(rates)).to(cuts.dtype()));
            else linear.bias().copy_(Tensor.of(rates).to(linear.bias().dtype()));
        });
        return this;
    }

    @Override protected Tensor compute(Tensor hidden, Pass pass) {
        var z = linear.forward(hidden, pass);
        if (cuts == null) return z;
        return OutputKind.rising(cuts).sub(z);
    }
}
