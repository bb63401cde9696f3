package lyceum.models.audio;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv1d;
import lyceum.nn.Init;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.RnnConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A layer over (batch, channels, time) that sees the past alone, and can go on where it stopped. */
abstract class CausalLayer extends Module {
    /** What layers know of the time before; zeros where there was none. */
    static final class Past {
        private final Map<Module, Object> held = new IdentityHashMap<>();
    }

    /** What follows the past, which then holds it; null for a whole clip. */
    abstract Tensor run(Tensor x, Past past, Pass pass);

    @Override protected final Tensor compute(Tensor x, Pass pass) { return run(x, null, pass); }

    final Tensor forward(Tensor x, Past past, Pass pass) { return emit(x, run(x, past, pass), pass); }

    /** x behind its last n steps before, which are remembered anew. */
    final Tensor behind(Tensor x, long n, Past past) {
        if (n == 0) return x;
        var before = past == null ? null : (Tensor) past.held.get(this);
        var all = before == null ? x.pad(2, n, 0, 0) : Tensor.concat(2, before, x);
        if (past != null) past.held.put(this, all.narrow(2, all.size(2) - n, n).detach().copy().compute());
        return all;
    }

    /** A convolution that gives a step for each {@code stride} of its input. */
    static final class Conv extends CausalLayer {
        private final Conv1d conv;
        private final long reach;

        Conv(int inputs, int outputs, int kernel, int stride, int dilation, DType dtype, Rng rng) {
            conv = new Conv1d(inputs, outputs, new int[] {kernel}, new Convolution().withStride(stride).withDilation(dilation), true, dtype,
                    null, rng);
            reach = (long) (kernel - 1) * dilation + 1 - stride;
        }

        @Override Tensor run(Tensor x, Past past, Pass pass) { return conv.forward(behind(x, reach, past), pass); }
    }

    /** A transposed convolution of kernel {@code 2 stride} that gives {@code stride} steps for each of its input. */
    static final class Up extends CausalLayer {
        private final Tensor weight, bias;
        private final int stride;

        Up(int inputs, int outputs, int stride, DType dtype, Rng rng) {
            this.stride = stride;
            weight = Init.torchLinear(2L * inputs).sample(rng, dtype, inputs, outputs, 2L * stride).compute().requiresGrad();
            bias = Tensor.zeros(dtype, outputs).compute().requiresGrad();
        }

        @Override Tensor run(Tensor x, Past past, Pass pass) {
            var y = behind(x, 1, past).convTranspose(weight, bias, new Convolution().withStride(stride));
            return y.narrow(2, stride, x.size(2) * stride);
        }
    }

    /** {@code x + W2 elu(W1 elu(x))}: a kernel of 3 to half the channels, one of 1 back. */
    static final class Unit extends CausalLayer {
        private final Conv first, second;

        Unit(int channels, DType dtype, Rng rng) {
            int half = Math.max(1, channels / 2);
            first = new Conv(channels, half, 3, 1, 1, dtype, rng);
            second = new Conv(half, channels, 1, 1, 1, dtype, rng);
        }

        @Override Tensor run(Tensor x, Past past, Pass pass) {
            var y = first.forward(Activation.ELU.forward(x, pass), past, pass);
            return x.add(second.forward(Activation.ELU.forward(y, pass), past, pass));
        }
    }

    /** {@code x + lstm(x)} over time. */
    static final class Memory extends CausalLayer {
        private final Lstm lstm;

        Memory(int channels, int layers, DType dtype, Rng rng) {
            lstm = new Lstm(new RnnConfig(channels, channels).withLayers(layers).withDtype(dtype), rng);
        }

        @Override Tensor run(Tensor x, Past past, Pass pass) {
            var out = lstm.run(x.transpose(1, 2), past == null ? null : (RecurrentState) past.held.get(this), pass);
            if (past != null) past.held.put(this, out.state().map(t -> t.detach().copy().compute()));
            return x.add(out.outputs().transpose(1, 2));
        }
    }

    /** One after the other, with an ELU before each named one. */
    static final class Stack extends CausalLayer {
        private final List<CausalLayer> layers;

        private Stack(List<CausalLayer> layers) { this.layers = List.copyOf(layers); }

        @Override Tensor run(Tensor x, Past past, Pass pass) {
            for (int i = 0; i < layers.size(); i++) {
                var layer = layers.get(i);
                boolean activated = i > 0 && !(layer instanceof Unit || layer instanceof Memory);
                x = layer.forward(activated ? Activation.ELU.forward(x, pass) : x, past, pass);
            }
            return x;
        }

        @Override protected String nameOf(String field) { return field.equals("layers") ? "" : super.nameOf(field); }
    }

    /** From sound to frames. */
    static Stack encoder(AudioCodecConfig c, Rng rng) {
        var type = c.book().dtype();
        var layers = new ArrayList<CausalLayer>();
        int channels = c.filters();
        layers.add(new Conv(c.inputs(), channels, 7, 1, 1, type, rng));
        for (int stride : c.strides()) {
            layers.add(new Unit(channels, type, rng));
            layers.add(new Conv(channels, 2 * channels, 2 * stride, stride, 1, type, rng));
            channels *= 2;
        }
        if (c.lstmLayers() > 0) layers.add(new Memory(channels, c.lstmLayers(), type, rng));
        layers.add(new Conv(channels, c.book().width(), 7, 1, 1, type, rng));
        return new Stack(layers);
    }

    /** And back. */
    static Stack decoder(AudioCodecConfig c, Rng rng) {
        var type = c.book().dtype();
        var layers = new ArrayList<CausalLayer>();
        int channels = c.filters() << c.strides().size();
        layers.add(new Conv(c.book().width(), channels, 7, 1, 1, type, rng));
        if (c.lstmLayers() > 0) layers.add(new Memory(channels, c.lstmLayers(), type, rng));
        for (int stride : c.strides().reversed()) {
            layers.add(new Up(channels, channels / 2, stride, type, rng));
            channels /= 2;
            layers.add(new Unit(channels, type, rng));
        }
        layers.add(new Conv(channels, c.inputs(), 7, 1, 1, type, rng));
        return new Stack(layers);
    }
}
