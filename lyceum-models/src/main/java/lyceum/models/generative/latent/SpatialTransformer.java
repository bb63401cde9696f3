package lyceum.models.generative.latent;

import java.util.List;
import lyceum.DType;
import lyceum.backend.quant.BlockFormat;
import lyceum.nn.Conv2d;
import lyceum.nn.GroupNorm;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** The positions of a map as tokens, which look at each other and at a context. */
final class SpatialTransformer extends Module implements Looking {
    private final GroupNorm norm;
    private final Conv2d proj_in;
    private final List<Layer> transformer_blocks;
    private final Conv2d proj_out;

    SpatialTransformer(int width, int context, int heads, int groups, DType dtype, Rng rng) {
        norm = new GroupNorm(groups, width, 1e-6, dtype);
        proj_in = ResnetBlock.conv(width, width, 1, 1, 0, dtype, rng);
        transformer_blocks = List.of(new Layer(width, context, heads, dtype, rng));
        proj_out = ResnetBlock.conv(width, width, 1, 1, 0, dtype, rng);
    }

    /** (n, channels, height, width) as (n, positions, channels). */
    static Tensor tokens(Tensor x) { return x.reshape(x.size(0), x.size(1), -1).transpose(1, 2).contiguous(); }

    /** Back again. */
    static Tensor map(Tensor tokens, Tensor like) { return tokens.transpose(1, 2).reshape(like.shape().toArray()); }

    @Override public Tensor look(Tensor x, Tensor context, Pass pass) {
        var tokens = tokens(proj_in.forward(norm.forward(x, pass), pass));
        for (var block : transformer_blocks) tokens = block.forward(tokens, context, pass);
        return emit(x, x.add(proj_out.forward(map(tokens, x), pass)), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return look(x, null, pass); }

    private static final class Layer extends Module {
        private final LayerNorm norm1;
        private final Heads attn1;
        private final LayerNorm norm2;
        private final Heads attn2;
        private final LayerNorm norm3;
        private final FeedForward ff;

        Layer(int width, int context, int heads, DType dtype, Rng rng) {
            norm1 = new LayerNorm(1e-5, dtype, width);
            attn1 = new Heads(width, width, heads, dtype, rng);
            norm2 = new LayerNorm(1e-5, dtype, width);
            attn2 = new Heads(width, context == 0 ? width : context, heads, dtype, rng);
            norm3 = new LayerNorm(1e-5, dtype, width);
            ff = new FeedForward(width, dtype, rng);
        }

        Tensor forward(Tensor x, Tensor context, Pass pass) {
            var own = ResnetBlock.alone(pass, () -> x.add(attn1.forward(norm1.forward(x, pass), pass)));
            var told = ResnetBlock.alone(pass, () -> {
                var other = norm2.forward(own, pass);
                return own.add(attn2.at(other, context == null ? other : context, pass));
            });
            return told.add(ff.forward(norm3.forward(told, pass), pass));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, null, pass); }
    }

    /** Four times as wide, gated by GELU. */
    private static final class FeedForward extends Module {
        private final List<Module> net;

        FeedForward(int width, DType dtype, Rng rng) {
            net = List.of(new Gated(width, dtype, rng), new Nothing(), Heads.linear(4 * width, width, true, dtype, rng));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return net.get(2).forward(net.getFirst().forward(x, pass), pass); }
    }

    private static final class Gated extends Module {
        private final Linear proj;
        /** The halves of the weight, packed: each product then meets its bias where it is read, and the whole is not stored once more. */
        private record Halves(PackedMatrix values, PackedMatrix gates) {}

        private volatile Halves packed;

        Gated(int width, DType dtype, Rng rng) { proj = Heads.linear(width, 8 * width, true, dtype, rng); }

        @Override public Gated pack() {
            var halves = proj.weight().chunk(0, 2);
            packed = new Halves(PackedMatrix.of(halves[0].transpose()), PackedMatrix.of(halves[1].transpose()));
            return this;
        }

        @Override public Gated pack(BlockFormat format) {
            copied();
            super.pack(format);
            return this;
        }

        @Override protected void copied() { packed = null; }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var ready = packed;
            if (ready != null && x.dtype() == ready.values.dtype() && ResnetBlock.isAlone(pass) && proj.adapters().isEmpty()) {
                var biases = proj.bias().chunk(0, 2);
                return x.matmul(ready.values).add(biases[0]).mul(x.matmul(ready.gates).add(biases[1]).gelu());
            }
            var halves = proj.forward(x, pass).chunk(-1, 2);
            return halves[0].mul(halves[1].gelu());
        }
    }

    /** Dropout has the number between in published checkpoints. */
    private static final class Nothing extends Module {
        @Override protected Tensor compute(Tensor x, Pass pass) { return x; }
    }
}
