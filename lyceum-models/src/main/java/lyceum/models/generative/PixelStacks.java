package lyceum.models.generative;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Convolution;
import lyceum.models.generative.MaskedConv2d.Reach;
import lyceum.models.generative.MaskedConv2d.Type;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Masked features of pictures: with one stack, or with one for the rows above and one for the row. */
final class PixelStacks extends Module {
    private final List<Module> layers;
    private final List<MaskedConv2d> head;
    private final boolean gated;

    PixelStacks(PixelCnnConfig c, Rng rng) {
        gated = c.architecture() == PixelCnnConfig.Architecture.GATED;
        var made = new ArrayList<Module>();
        for (int i = 0; i < c.layers(); i++)
            made.add(gated ? new Gated(c, i == 0, rng)
                    : i == 0 ? new MaskedConv2d(c.channels(), c.filters(), Reach.square(c.firstKernel()), Type.A, c.groups(), 1, c.dtype(),
                            rng)
                            : new MaskedConv2d(c.filters(), c.filters(), Reach.square(c.kernel()), Type.B, c.groups(), 1, c.dtype(), rng));
        layers = List.copyOf(made);
        head = List.of(point(c, c.filters(), rng), point(c, c.outputs(), rng));
    }

    private static MaskedConv2d point(PixelCnnConfig c, int outputs, Rng rng) {
        return new MaskedConv2d(c.filters(), outputs, new Reach(0, 0, 0), Type.B, c.groups(), 1, c.dtype(), rng);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        Tensor v = x, h = x;
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i) instanceof Gated layer) {
                var both = layer.step(v, h, pass);
                v = both.above;
                h = both.row;
            } else h = i == 0 ? layers.get(i).forward(h, pass) : h.add(layers.get(i).forward(h.relu(), pass));
        }
        for (var conv : head) h = conv.forward(h.relu(), pass);
        return h;
    }

    /** What is known of the rows above each pixel, and of those with the row's past. */
    private record Both(Tensor above, Tensor row) {}

    /** {@code tanh * sigmoid} of two stacks; the first lends the second what it sees. */
    private static final class Gated extends Module {
        private final Conv2d vertical, link;
        private final MaskedConv2d horizontal, output;
        private final boolean first;

        Gated(PixelCnnConfig c, boolean first, Rng rng) {
            this.first = first;
            int f = c.filters(), from = first ? c.channels() : f, k = first ? c.firstKernel() : c.kernel(), half = k / 2;
            // The picture's own row is hidden from the first layer; features of a row know the rows above it alone.
            int rows = first ? half : half + 1;
            vertical = new Conv2d(from, 2 * f, new int[] {rows, k},
                    new Convolution().withPadding(new int[] {half, half}, new int[] {0, half}), true, c.dtype(), null, rng);
            link = new Conv2d(2 * f, 2 * f, new int[] {1}, new Convolution(), true, c.dtype(), null, rng);
            horizontal = new MaskedConv2d(from, 2 * f, Reach.row(k), first ? Type.A : Type.B, c.groups(), 2, c.dtype(), rng);
            output = new MaskedConv2d(f, f, new Reach(0, 0, 0), Type.B, c.groups(), 1, c.dtype(), rng);
        }

        Both step(Tensor v, Tensor h, Pass pass) {
            var above = vertical.forward(v, pass).narrow(2, 0, v.size(2));
            var row = gate(horizontal.forward(h, pass).add(link.forward(above, pass)));
            var out = output.forward(row, pass);
            return new Both(gate(above), first ? out : out.add(h));
        }

        private static Tensor gate(Tensor x) {
            long f = x.size(1) / 2;
            return x.narrow(1, 0, f).tanh().mul(x.narrow(1, f, f).sigmoid());
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return step(x, x, pass).row; }
    }
}
