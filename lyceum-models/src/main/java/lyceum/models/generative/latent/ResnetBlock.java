package lyceum.models.generative.latent;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Norm, SiLU and convolution, twice, with the time between, and a way around. */
final class ResnetBlock extends Module {
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final Linear time_emb_proj;
    private final GroupNorm norm2;
    private final Conv2d conv2, conv_shortcut;

    /** @param time width of the embedded time; 0 for none */
    ResnetBlock(int inputs, int outputs, int time, int groups, double epsilon, DType dtype, Rng rng) {
        norm1 = new GroupNorm(groups, inputs, epsilon, dtype);
        conv1 = conv(inputs, outputs, 3, 1, 1, dtype, rng);
        time_emb_proj = time == 0 ? null : new Linear(time, outputs, true, dtype, Init.torchLinear(time), rng);
        norm2 = new GroupNorm(groups, outputs, epsilon, dtype);
        conv2 = conv(outputs, outputs, 3, 1, 1, dtype, rng);
        conv_shortcut = inputs == outputs ? null : conv(inputs, outputs, 1, 1, 0, dtype, rng);
    }

    static Conv2d conv(int inputs, int outputs, int kernel, int stride, int padding, DType dtype, Rng rng) {
        return new Conv2d(inputs, outputs, new int[] {kernel}, new Convolution().withStride(stride).withPadding(padding), true, dtype, null,
                rng);
    }

    static Tensor silu(Tensor x, Pass pass) { return Activation.SILU.forward(x, pass); }

    /** @param time (n, width) embedded, or null */
    Tensor forward(Tensor x, Tensor time, Pass pass) {
        var y = conv1.forward(silu(norm1.forward(x, pass), pass), pass);
        if (time_emb_proj != null) y = y.add(time_emb_proj.forward(silu(time, pass), pass).unsqueeze(-1).unsqueeze(-1));
        y = conv2.forward(silu(norm2.forward(y, pass), pass), pass);
        return emit(x, y.add(conv_shortcut == null ? x : conv_shortcut.forward(x, pass)), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, null, pass); }
}
