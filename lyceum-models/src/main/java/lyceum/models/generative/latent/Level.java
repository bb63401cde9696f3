package lyceum.models.generative.latent;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Convolution;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Blocks of one size, what looks farther behind them, and the way to the next size. */
final class Level extends Module {
    private final List<ResnetBlock> resnets;
    private final List<Module> attentions;
    private final List<Resample> downsamplers, upsamplers;

    private Level(List<ResnetBlock> resnets, List<? extends Module> attentions, List<Resample> downsamplers, List<Resample> upsamplers) {
        this.resnets = List.copyOf(resnets);
        this.attentions = List.copyOf(attentions);
        this.downsamplers = downsamplers;
        this.upsamplers = upsamplers;
    }

    static Level down(List<ResnetBlock> resnets, List<? extends Module> attentions, Resample next) {
        return new Level(resnets, attentions, next == null ? List.of() : List.of(next), List.of());
    }

    static Level up(List<ResnetBlock> resnets, List<? extends Module> attentions, Resample next) {
        return new Level(resnets, attentions, List.of(), next == null ? List.of() : List.of(next));
    }

    /** The bottom: a block, a look, a block. */
    static Level middle(ResnetBlock first, Module look, ResnetBlock second) {
        return new Level(List.of(first, second), List.of(look), List.of(), List.of());
    }

    /** @param kept takes the maps that a way up will read; null where none does */
    Tensor down(Tensor x, Tensor time, Tensor context, List<Tensor> kept, Pass pass) {
        for (int i = 0; i < resnets.size(); i++) {
            x = looked(i, block(i, x, time, pass), context, pass);
            if (kept != null) kept.add(x);
        }
        for (var next : downsamplers) {
            x = next.forward(x, pass);
            if (kept != null) kept.add(x);
        }
        return x;
    }

    /** @param kept maps of the way down, the last of which goes beside each block's input; null for none */
    Tensor up(Tensor x, Tensor time, Tensor context, List<Tensor> kept, Pass pass) {
        for (int i = 0; i < resnets.size(); i++) {
            int number = i;
            Tensor before = x, beside = kept == null ? null : kept.removeLast();
            x = ResnetBlock.alone(pass,
                    () -> resnets.get(number).forward(beside == null ? before : Tensor.concat(1, before, beside), time, pass));
            x = looked(i, x, context, pass);
        }
        if (upsamplers.isEmpty()) return x;
        var small = x;
        return ResnetBlock.alone(pass, () -> upsamplers.getFirst().forward(small, pass));
    }

    Tensor across(Tensor x, Tensor time, Tensor context, Pass pass) {
        return block(1, looked(0, block(0, x, time, pass), context, pass), time, pass);
    }

    private Tensor block(int i, Tensor x, Tensor time, Pass pass) {
        return ResnetBlock.alone(pass, () -> resnets.get(i).forward(x, time, pass));
    }

    private Tensor looked(int i, Tensor x, Tensor context, Pass pass) {
        return attentions.isEmpty() ? x : ResnetBlock.alone(pass, () -> ((Looking) attentions.get(i)).look(x, context, pass));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        return attentions.size() < resnets.size() && !attentions.isEmpty() ? across(x, null, null, pass)
                : upsamplers.isEmpty() ? down(x, null, null, null, pass) : up(x, null, null, null, pass);
    }

    /** Half the size by a convolution, or twice the size by repeating and a convolution. */
    static final class Resample extends Module {
        private final Conv2d conv;
        private final boolean grows;

        private Resample(Conv2d conv, boolean grows) {
            this.conv = conv;
            this.grows = grows;
        }

        /** @param behind whether zeros stand only below and right, as in the autoencoder, or all around */
        static Resample half(int width, boolean behind, DType dtype, Rng rng) {
            var how = new Convolution().withStride(2).withPadding(new int[] {behind ? 0 : 1, behind ? 0 : 1}, new int[] {1, 1});
            return new Resample(new Conv2d(width, width, new int[] {3}, how, true, dtype, null, rng), false);
        }

        static Resample twice(int width, DType dtype, Rng rng) {
            return new Resample(ResnetBlock.conv(width, width, 3, 1, 1, dtype, rng), true);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return conv.forward(grows ? x.repeatInterleave(3, 2).repeatInterleave(2, 2) : x, pass);
        }
    }

    /** So many blocks, the first of which changes the width. */
    static List<ResnetBlock> blocks(int count, int inputs, int outputs, int time, int groups, double epsilon, DType dtype, Rng rng) {
        var blocks = new ArrayList<ResnetBlock>();
        for (int i = 0; i < count; i++) blocks.add(new ResnetBlock(i == 0 ? inputs : outputs, outputs, time, groups, epsilon, dtype, rng));
        return blocks;
    }
}
