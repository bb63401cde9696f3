package lyceum.models.vision;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.data.imagenet.Preprocessing;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A transformer with the pyramid of a convolutional network: {@link WindowAttention} in windows that move every second block, and merging
 * of 2 x 2 positions between stages. Its cost
 * grows linearly with the pixels. State has torchvision's names.
 *
 * {@snippet :
 * var swin = new SwinTransformer(SwinTransformerConfig.tiny(), rng);
 * var levels = swin.encode(images, pass).levels();          // stage1 at stride 4 .. stage4 at stride 32
 * }
 *
 * @see <a href="https://arxiv.org/abs/2103.14030">Liu et al. (2021)</a>
 */
public final class SwinTransformer extends Module implements VisionEncoder {
    private final SwinTransformerConfig config;
    private final Sequential features;
    private final LayerNorm norm;
    private final Linear head;

    public SwinTransformer(SwinTransformerConfig c, Rng rng) {
        config = c;
        var parts = new ArrayList<Layer>();
        parts.add(new Sequential(new Conv2d(c.channels(), c.width(), new int[] {c.patch()}, new Convolution().withStride(c.patch()), true,
                c.dtype(), null, rng), Layer.of(x -> x.permute(0, 2, 3, 1)), new LayerNorm(1e-5, c.dtype(), c.width())));
        int total = c.depths().stream().mapToInt(Integer::intValue).sum(), block = 0;
        for (int stage = 0; stage < c.depths().size(); stage++) {
            var blocks = new Block[c.depths().get(stage)];
            for (int i = 0; i < blocks.length; i++) {
                double drop = total == 1 ? 0 : c.pathDrop() * block++ / (total - 1);
                blocks[i] = new Block(c, c.width() << stage, c.heads().get(stage), c.shifted() && i % 2 == 1 ? c.window() / 2 : 0, drop,
                        rng);
            }
            parts.add(new Sequential(blocks));
            if (stage < c.depths().size() - 1) parts.add(new Merging(c, c.width() << stage, rng));
        }
        features = new Sequential(parts);
        norm = new LayerNorm(1e-5, c.dtype(), width());
        head = c.classes() == 0 ? null : new Linear(width(), c.classes(), true, c.dtype(), Init.truncatedNormal(0.02, -0.04, 0.04), rng);
    }

    /** Window attention and a feed-forward network, each after a norm and around the stream. */
    private static final class Block extends Module {
        private final LayerNorm norm1;
        private final WindowAttention attn;
        private final LayerNorm norm2;
        private final Sequential mlp;
        private final Dropout path;

        Block(SwinTransformerConfig c, int width, int heads, int shift, double drop, Rng rng) {
            norm1 = new LayerNorm(1e-5, c.dtype(), width);
            attn = new WindowAttention(width, heads, c.window(), shift, c.dtype(), rng);
            norm2 = new LayerNorm(1e-5, c.dtype(), width);
            int hidden = c.ratio() * width;
            var nothing = Layer.of(x -> x); // torchvision's dropout, which is 0 and has a number
            mlp = new Sequential(new Linear(width, hidden, true, c.dtype(), Init.glorotUniform(), rng), Activation.GELU, nothing,
                    new Linear(hidden, width, true, c.dtype(), Init.glorotUniform(), rng));
            path = new Dropout(drop, Dropout.Mode.PATH);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            x = x.add(path.forward(attn.forward(norm1.forward(x, pass), pass), pass));
            return x.add(path.forward(mlp.forward(norm2.forward(x, pass), pass), pass));
        }
    }

    /** Four neighbouring positions as one of twice the width. */
    private static final class Merging extends Module {
        private final Linear reduction;
        private final LayerNorm norm;

        Merging(SwinTransformerConfig c, int width, Rng rng) {
            reduction = new Linear(4L * width, 2L * width, false, c.dtype(), Init.truncatedNormal(0.02, -0.04, 0.04), rng);
            norm = new LayerNorm(1e-5, c.dtype(), 4L * width);
        }

        @Override protected Tensor compute(Tensor given, Pass pass) {
            var x = given.pad(1, 0, given.size(1) % 2, 0).pad(2, 0, given.size(2) % 2, 0);
            long h = x.size(1) / 2, w = x.size(2) / 2;
            // (row, column) of the four: (0, 0), (1, 0), (0, 1), (1, 1)
            var four = x.reshape(x.size(0), h, 2, w, 2, x.size(3)).permute(0, 1, 3, 4, 2, 5).reshape(x.size(0), h, w, 4 * x.size(3));
            return reduction.forward(norm.forward(four, pass), pass);
        }
    }

    public SwinTransformerConfig config() { return config; }

    @Override public int width() { return config.width() << config.depths().size() - 1; }

    @Override public int stride() { return config.patch() << config.depths().size() - 1; }

    @Override public Module module() { return this; }

    /** To the size of which the last map is one window. */
    @Override public Preprocessing preprocessing() { return EncoderInput.of(config.channels(), stride() * config.window()); }

    @Override public VisionFeatures encode(Tensor images, Pass pass) {
        if (images.rank() != 4 || images.size(1) != config.channels() || images.size(2) < config.patch() || images.size(3) < config.patch())
            throw new ShapeException(
                    "SwinTransformer: pictures " + images.shape() + "; it takes (batch, " + config.channels() + ", height, width)");
        var levels = new LinkedHashMap<String, Tensor>();
        var x = images;
        var parts = features.layers();
        for (int i = 0; i < parts.size(); i++) {
            x = parts.get(i).forward(x, pass);
            if (i % 2 == 1) levels.put("stage" + (i + 1) / 2, (i == parts.size() - 1 ? norm.forward(x, pass) : x).permute(0, 3, 1, 2));
        }
        return VisionFeatures.of(levels);
    }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        var pooled = encode(images, pass).pooled();
        return head == null ? pooled : head.forward(pooled, pass);
    }
}
