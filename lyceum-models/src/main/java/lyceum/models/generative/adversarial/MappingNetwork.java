package lyceum.models.generative.adversarial;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Activation;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * StyleGAN's way from noise z to a style w: z scaled to unit mean square, then dense layers with leaky ReLU of slope 0.2 and gain sqrt 2. Its layers learn at a
 * hundredth of the rate.
 *
 * {@snippet :
 * var mapping = new MappingNetwork(64, 64, 8, DType.F32, rng);
 * Tensor w = mapping.truncated(mapping.forward(z), 0.7);
 * }
 *
 * <p>Learning passes move the average style {@code w_avg} by 0.005 towards the batch's, from which {@link #truncated} measures.
 *
 * @see <a href="https://arxiv.org/abs/1812.04948">Karras, Laine and Aila (2019)</a>
 */
public final class MappingNetwork extends Module {
    private final List<ScaledLinear> fc;
    private final Tensor w_avg;
    private final int latent;

    /** @param latent numbers of z @param width of styles @param layers the paper's are 8 */
    public MappingNetwork(int latent, int width, int layers, DType dtype, Rng rng) {
        if (latent < 1 || width < 1 || layers < 1) throw new IllegalArgumentException(
                "MappingNetwork: latent " + latent + ", width " + width + ", " + layers + " layers; all are at least 1");
        this.latent = latent;
        var dense = new ArrayList<ScaledLinear>();
        for (int i = 0; i < layers; i++) dense.add(new ScaledLinear(i == 0 ? latent : width, width, 0, 0.01, dtype, rng));
        fc = List.copyOf(dense);
        w_avg = Tensor.zeros(dtype, width).copy();
    }

    /** From (n, latent) to (n, width). */
    @Override protected Tensor compute(Tensor z, Pass pass) {
        if (z.rank() != 2 || z.size(1) != latent)
            throw new ShapeException("MappingNetwork: noise " + z.shape() + "; it is (n, " + latent + ")");
        var x = z.div(z.square().mean(1, true).add(1e-8).sqrt());
        for (var layer : fc) x = Activation.leakyRelu(layer.forward(x, pass), 0.2).mul(Math.sqrt(2));
        if (pass.isRemembered()) {
            var mean = x.detach().mean(0);
            Autograd.noGrad(() -> w_avg.copy_(w_avg.lerp(mean, 0.005)));
        }
        return x;
    }

    /** {@code w_avg + psi (w - w_avg)}: styles nearer the average one. @param psi 1 changes nothing, 0 is the average style */
    public Tensor truncated(Tensor w, double psi) { return psi == 1 ? w : w_avg.copy().add(w.sub(w_avg.copy()).mul(psi)); }
}
