package lyceum.models.points;

import java.util.Collections;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A function of a set: {@code f(X) = rho(pool over x of phi(x))}, two perceptrons with a sum, mean or maximum between them. The order of the elements does not
 * matter, by construction, and every continuous function of sets of at most {@code code} numbers has this form.
 *
 * {@snippet :
 * var net = DeepSets.create(new DeepSetsConfig(3, 1).withPooling(Aggregation.MAX), Rng.of(1));
 * Tensor y = net.forward(sets, new int[] {5, 9, 2}, pass);      // (3, 9, 3), padded behind 5, 9 and 2 elements, to (3, 1)
 * }
 *
 * <p>Parameters: {@code phi.layers...}, {@code rho.layers...}.
 *
 * @see <a href="https://arxiv.org/abs/1703.06114">Zaheer et al. (2017)</a>
 */
public final class DeepSets extends Module {
    private final DeepSetsConfig config;
    private final Mlp phi, rho;

    private DeepSets(DeepSetsConfig c, Rng rng) {
        config = c;
        phi = mlp(c.inputs(), c.code(), c, rng);
        rho = mlp(c.code(), c.outputs(), c, rng);
    }

    private static Mlp mlp(int inputs, int outputs, DeepSetsConfig c, Rng rng) {
        return new Mlp(MlpConfig.regressor(inputs, outputs).withHidden(Collections.nCopies(c.layers(), c.hidden()))
                .withActivation(c.activation()).withDtype(c.dtype()), rng);
    }

    public static DeepSets create(DeepSetsConfig config, Rng rng) { return new DeepSets(config, rng); }

    public DeepSetsConfig config() { return config; }

    /**
     * The answers for padded sets, (sets, outputs).
     *
     * @param x (sets, elements, inputs)
     * @param lengths how many elements of each set are real, the first ones; null for all
     * @throws lyceum.ShapeException if x is of another shape, or a length is none
     */
    public Tensor forward(Tensor x, int[] lengths, Pass pass) {
        SetPooling.check("DeepSets", x, config.inputs(), lengths);
        return emit(x, rho.forward(SetPooling.pool(config.pooling(), phi.forward(x, pass), lengths), pass), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        SetPooling.check("DeepSets", x, config.inputs(), null);
        return rho.forward(SetPooling.pool(config.pooling(), phi.forward(x, pass), null), pass);
    }
}
