package lyceum.optim;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * K-FAC: natural gradient with a layer's Fisher matrix taken for a Kronecker product, {@code F = A (x) S}, of the second moments A of its inputs and S
 * of the gradients at its outputs. The direction for a gradient G (outputs x inputs) is {@code S^-1 G A^-1}.
 *
 * <p>Both factors are exponential averages and are damped: {@code (S + sqrt(damping) / pi I)^-1 G (A + pi sqrt(damping) I)^-1} with
 * {@code pi^2 = (tr A / inputs) / (tr S / outputs)}. All directions together are shortened, so that a step of the given rate changes the model by at
 * most {@code klClip} in KL divergence, to second order.
 *
 * {@snippet :
 * var first = KfacLayer.linear(w1, b1);
 * var second = KfacLayer.linear(w2, b2);
 * var kfac = new Kfac().over(List.of(first, second));
 * var optimizer = new Sgd(0.1).withMomentum(0.9).over(w1, b1, w2, b2);
 * for (var batch : batches) {
 *     optimizer.zeroGrad();
 *     loss(second.forward(first.forward(batch).relu())).backward();
 *     optimizer.step(kfac.directions(optimizer.parameters(), 0.1));
 * }
 * }
 *
 * <p>A sees the inputs of {@link KfacLayer#forward}; S the gradients of the loss that was differentiated, which makes it the empirical Fisher unless
 * labels are drawn from the model: for the true one call {@link KfacLayer#observe} with gradients of drawn labels.
 *
 * @param damping above 0 in practice; 0 inverts the factors as they are
 * @param decay memory of the averages, in [0, 1)
 * @param klClip bound of a step's KL divergence; 0 switches it off
 * @param refreshEvery steps between inversions, at least 1
 * @see <a href="https://arxiv.org/abs/1503.05671">Martens and Grosse (2015)</a>
 * @see <a href="https://arxiv.org/abs/1602.01407">Grosse and Martens (2016), for convolutions</a>
 */
@Withers
public record Kfac(double damping, double decay, double klClip, int refreshEvery) implements KfacWithers {
    public Kfac {
        Settings.atLeast("Kfac", "damping", damping, 0);
        Settings.decay("Kfac", "decay", decay);
        Settings.atLeast("Kfac", "klClip", klClip, 0);
        Settings.atLeast("Kfac", "refreshEvery", refreshEvery, 1);
    }

    /** Damping 1e-3, memory 0.95, steps of at most 1e-3 in KL divergence, inverses every ten steps. */
    public Kfac() { this(1e-3, 0.95, 1e-3, 10); }

    /** A preconditioner of these layers' gradients. */
    public KfacPreconditioner over(List<KfacLayer> layers) { return new KfacPreconditioner(this, layers); }

    /** Like {@link #over(List)}. */
    public KfacPreconditioner over(KfacLayer... layers) { return over(List.of(layers)); }
}
