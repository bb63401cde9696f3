package lyceum.models.generative;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The network of PixelCNN++: two streams of shifted convolutions, u of the rows above and ul of those with the row's past, go down in scale and up again; on the way up
 * each block is shown what stood at its height on the way down. Weights are plain, not normalised.
 */
final class PixelPyramid extends Module {
    private final Conv2d above, aboveOfBoth, leftOfBoth, output;
    private final List<Block> down_u, down_ul, up_u, up_ul;
    private final List<Conv2d> halve_u, halve_ul;
    private final List<ConvTranspose2d> double_u, double_ul;
    private final int scales, layers;

    PixelPyramid(PixelCnnConfig c, Rng rng) {
        scales = c.scales();
        layers = c.layers();
        int f = c.filters(), from = c.channels() + 1;
        above = shifted(c, from, f, 2, 3, 1, rng);
        aboveOfBoth = shifted(c, from, f, 1, 3, 1, rng);
        leftOfBoth = shifted(c, from, f, 2, 1, 1, rng);
        output = new Conv2d(f, c.outputs(), new int[] {1}, new Convolution(), true, c.dtype(), null, rng);
        List<Block> du = new ArrayList<>(), dul = new ArrayList<>(), uu = new ArrayList<>(), uul = new ArrayList<>();
        List<Conv2d> hu = new ArrayList<>(), hul = new ArrayList<>();
        List<ConvTranspose2d> bu = new ArrayList<>(), bul = new ArrayList<>();
        for (int s = 0; s < scales; s++) {
            for (int k = 0; k < layers; k++) {
                du.add(new Block(c, 3, 0, rng));
                dul.add(new Block(c, 2, 1, rng));
            }
            for (int k = 0; k < layers + (s > 0 ? 1 : 0); k++) {
                uu.add(new Block(c, 3, 1, rng));
                uul.add(new Block(c, 2, 2, rng));
            }
            if (s + 1 == scales) continue;
            hu.add(shifted(c, f, f, 2, 3, 2, rng));
            hul.add(shifted(c, f, f, 2, 2, 2, rng));
            bu.add(new ConvTranspose2d(f, f, new int[] {2, 3}, new Convolution().withStride(2), true, c.dtype(), null, rng));
            bul.add(new ConvTranspose2d(f, f, new int[] {2, 2}, new Convolution().withStride(2), true, c.dtype(), null, rng));
        }
        down_u = List.copyOf(du);
        down_ul = List.copyOf(dul);
        up_u = List.copyOf(uu);
        up_ul = List.copyOf(uul);
        halve_u = List.copyOf(hu);
        halve_ul = List.copyOf(hul);
        double_u = List.copyOf(bu);
        double_ul = List.copyOf(bul);
    }

    /** Sees the rows down to its own: of odd width to both sides, of width 2 to the left; of width 1 its column. */
    private static Conv2d shifted(PixelCnnConfig c, int from, int to, int height, int width, int stride, Rng rng) {
        int left = width / 2, right = width == 3 ? 1 : 0;
        var how = new Convolution().withStride(stride).withPadding(new int[] {height - 1, left}, new int[] {0, right});
        return new Conv2d(from, to, new int[] {height, width}, how, true, c.dtype(), null, rng);
    }

    /** One row down, or one column to the right: the last is lost, the first is zero. */
    private static Tensor moved(Tensor x, int axis) { return x.pad(axis, 1, 0, 0).narrow(axis, 0, x.size(axis)); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var shape = x.shape().toArray();
        shape[1] = 1;
        x = Tensor.concat(1, x, Tensor.ones(x.dtype(), shape)); // tells a picture's edge from grey
        Tensor u = moved(above.forward(x, pass), 2);
        Tensor ul = moved(aboveOfBoth.forward(x, pass), 2).add(moved(leftOfBoth.forward(x, pass), 3));
        var us = new ArrayDeque<>(List.of(u));
        var uls = new ArrayDeque<>(List.of(ul));
        for (int s = 0; s < scales; s++) {
            for (int k = s * layers; k < (s + 1) * layers; k++) {
                us.push(u = down_u.get(k).step(u, null, pass));
                uls.push(ul = down_ul.get(k).step(ul, u, pass));
            }
            if (s + 1 == scales) continue;
            us.push(u = halve_u.get(s).forward(u, pass));
            uls.push(ul = halve_ul.get(s).forward(ul, pass));
        }
        us.pop();
        uls.pop();
        for (int s = 0, k = 0; s < scales; s++) {
            for (int end = k + layers + (s > 0 ? 1 : 0); k < end; k++) {
                u = up_u.get(k).step(u, us.pop(), pass);
                ul = up_ul.get(k).step(ul, Tensor.concat(1, u, uls.pop()), pass);
            }
            if (s + 1 == scales) continue;
            u = double_u.get(s).forward(u, pass).narrow(3, 1, 2 * u.size(3));
            ul = double_ul.get(s).forward(ul, pass);
        }
        return output.forward(Activation.ELU.forward(ul, pass), pass);
    }

    /** A residual block with a gate: {@code x + a sigmoid(b)}, shown what stands beside it. */
    private static final class Block extends Module {
        private final Conv2d first, beside, second;
        private final Layer dropout;

        Block(PixelCnnConfig c, int width, int besides, Rng rng) {
            int f = c.filters();
            first = shifted(c, 2 * f, f, 2, width, 1, rng);
            beside = besides == 0 ? null : new Conv2d(2 * besides * f, f, new int[] {1}, new Convolution(), true, c.dtype(), null, rng);
            second = shifted(c, 2 * f, 2 * f, 2, width, 1, rng);
            dropout = new Dropout(c.dropout());
        }

        Tensor step(Tensor x, Tensor shown, Pass pass) {
            var h = first.forward(bothSigns(x, pass), pass);
            if (shown != null) h = h.add(beside.forward(bothSigns(shown, pass), pass));
            h = second.forward(dropout.forward(bothSigns(h, pass), pass), pass);
            long f = h.size(1) / 2;
            return x.add(h.narrow(1, 0, f).mul(h.narrow(1, f, f).sigmoid()));
        }

        private static Tensor bothSigns(Tensor x, Pass pass) { return Activation.ELU.forward(Tensor.concat(1, x, x.neg()), pass); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return step(x, null, pass); }
    }
}
