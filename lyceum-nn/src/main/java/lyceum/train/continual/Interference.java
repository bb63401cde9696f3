package lyceum.train.continual;

import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.train.ModelLoss;
import lyceum.train.ParameterSpace;

/**
 * What learning B does to A at a model's present weights: to first order one step of rate r along B's gradient changes A's loss by
 * {@code -r <g_A, g_B>}.
 *
 * {@snippet :
 * var between = Interference.of(model, m -> Loss.mse(m.forward(xa), ya), m -> Loss.mse(m.forward(xb), yb));
 * between.cosine();                    // below 0: they disturb each other; 0: they share nothing; above 0: they help
 * between.predictedChange(1e-3);
 * }
 *
 * @param product {@code <g_A, g_B>}
 * @param normA of A's gradient
 * @param normB of B's gradient
 */
public record Interference(double product, double normA, double normB) {

    /** Of two losses over the model's trainable parameters, which stay as they are. */
    public static <M extends Module> Interference of(M model, ModelLoss<M> a, ModelLoss<M> b) {
        var space = ParameterSpace.of(model);
        var at = space.values(model);
        var ga = Autograd.valueAndGrad(w -> a.of(space.at(model, w)), at).gradient();
        var gb = Autograd.valueAndGrad(w -> b.of(space.at(model, w)), at).gradient();
        return new Interference(ga.mul(gb).sum().item(), Math.sqrt(ga.square().sum().item()), Math.sqrt(gb.square().sum().item()));
    }

    /** Of the two gradients, in [-1, 1]; NaN where one is 0. */
    public double cosine() { return product / (normA * normB); }

    /** Of A's loss by one step of gradient descent on B, to first order in the rate. */
    public double predictedChange(double rate) { return -rate * product; }
}
