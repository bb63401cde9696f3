package lyceum.models.generative.latent;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

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

    /**
     * The result of a part. Without gradients the rest of what it makes goes back when it is done, so that the next part writes to memory that the caches still hold; where somebody
     * looks into the network all stays.
     */
    static Tensor alone(Pass pass, Supplier<Tensor> part) {
        if (!isAlone(pass)) return part.get();
        try (var scope = Scope.open("part of a network")) {
            return part.get().compute().keptBy(scope);
        }
    }

    /** Whether nobody asks for what lies between: no gradient, no listener, no hook. */
    static boolean isAlone(Pass pass) { return !GradMode.isRecording() && !Tracing.on() && !pass.isTraining() && !pass.isWatched(); }

    /** @param time (n, width) embedded, or null */
    Tensor forward(Tensor x, Tensor time, Pass pass) {
        var told = alone(pass, () -> {
            var y = conv1.forward(silu(norm1.forward(x, pass), pass), pass);
            return time_emb_proj == null ? y : y.add(time_emb_proj.forward(silu(time, pass), pass).unsqueeze(-1).unsqueeze(-1));
        });
        var y = conv2.forward(silu(norm2.forward(told, pass), pass), pass);
        return emit(x, y.add(conv_shortcut == null ? x : conv_shortcut.forward(x, pass)), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, null, pass); }
}
