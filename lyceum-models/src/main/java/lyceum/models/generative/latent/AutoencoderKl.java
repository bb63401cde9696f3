package lyceum.models.generative.latent;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.LatentModel;
import lyceum.models.generative.Observation;
import lyceum.models.generative.Vae;
import lyceum.models.generative.VaeConfig;
import lyceum.nn.Conv2d;
import lyceum.nn.GroupNorm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The convolutional autoencoder under latent diffusion: pictures (n, channels, height, width) become a normal distribution of codes (n, latent, ..) of an eighth
 * of the size or another, with attention at the coarsest level. State names are those of diffusers' {@code AutoencoderKL}.
 *
 * {@snippet :
 * var codec = new AutoencoderKl(AutoencoderKlConfig.small(1, 4, 16, 32, 32), rng);
 * codec.vae(new VaeConfig(4, 7, 7).withObservation(new Observation.Gaussian(0.1, false))).fit(trainer, pictures, null, rng, Progress.SILENT);
 * Tensor back = codec.reconstruct(pictures);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2112.10752">Rombach, Blattmann, Lorenz, Esser and Ommer (2022)</a>
 */
public final class AutoencoderKl extends Module implements LatentModel {
    private final AutoencoderKlConfig config;
    private final Encoder encoder;
    private final Decoder decoder;
    private final Conv2d quant_conv, post_quant_conv;

    public AutoencoderKl(AutoencoderKlConfig config, Rng rng) {
        this.config = config;
        encoder = new Encoder(config, rng);
        decoder = new Decoder(config, rng);
        quant_conv = ResnetBlock.conv(2 * config.latent(), 2 * config.latent(), 1, 1, 0, config.dtype(), rng);
        post_quant_conv = ResnetBlock.conv(config.latent(), config.latent(), 1, 1, 0, config.dtype(), rng);
    }

    public AutoencoderKlConfig config() { return config; }

    /** What a {@link Vae} takes for its encoder: means, then logarithms of variances within [-30, 20], along axis 1. Recorded. */
    public Tensor moments(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(1) != config.channels() || x.size(2) % config.reduction() != 0 || x.size(3) % config.reduction() != 0)
            throw new ShapeException("AutoencoderKl: pictures " + x.shape() + "; they are (n, " + config.channels()
                    + ", height, width) with sides that " + config.reduction() + " divides");
        var said = quant_conv.forward(encoder.forward(x, pass), pass).chunk(1, 2);
        return Tensor.concat(1, said[0], said[1].clamp(-30, 20));
    }

    /** Pictures of codes; recorded. */
    public Tensor decoded(Tensor z, Pass pass) {
        if (z.rank() != 4 || z.size(1) != config.latent())
            throw new ShapeException("AutoencoderKl: codes " + z.shape() + "; they are (n, " + config.latent() + ", height, width)");
        return decoder.forward(post_quant_conv.forward(z, pass), pass);
    }

    /** This network as a variational autoencoder, on the same parameters: to train it. @param vae codes of shape (latent, height, width) */
    public Vae vae(VaeConfig vae) {
        if (!(vae.observation() instanceof Observation.Gaussian)) throw new IllegalArgumentException(
                "AutoencoderKl.vae: the observation is " + vae.observation() + "; this decoder says means of a Gaussian");
        return new Vae(new Part(this, true), new Part(this, false), vae);
    }

    /** One of the two ways, as a layer of another module. */
    private static final class Part extends Module {
        private final AutoencoderKl whole;
        private final boolean encodes;

        Part(AutoencoderKl whole, boolean encodes) {
            this.whole = whole;
            this.encodes = encodes;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return encodes ? whole.moments(x, pass) : whole.decoded(x, pass); }
    }

    /** Mean codes. */
    @Override public Tensor encode(Tensor x) {
        return Autograd.noGrad(() -> moments(x, Pass.inference()).narrow(1, 0, config.latent()).compute());
    }

    @Override public Tensor decode(Tensor z) { return Autograd.noGrad(() -> decoded(z, Pass.inference()).compute()); }

    /** Back from the mean codes, or, in training, from drawn ones. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var said = moments(x, pass).chunk(1, 2);
        var z = pass.rng() == null ? said[0] : new Vae.Posterior(said[0], said[1]).draw(pass.rng());
        return decoded(z, pass);
    }

    private static ResnetBlock block(AutoencoderKlConfig c, int width, Rng rng) {
        return new ResnetBlock(width, width, 0, c.groups(), 1e-6, c.dtype(), rng);
    }

    private static Level middle(AutoencoderKlConfig c, Rng rng) {
        int width = c.widths().getLast();
        return Level.middle(block(c, width, rng), Heads.overMap(width, c.groups(), 1e-6, c.dtype(), rng), block(c, width, rng));
    }

    private static final class Encoder extends Module {
        private final Conv2d conv_in;
        private final List<Level> down_blocks;
        private final Level mid_block;
        private final GroupNorm conv_norm_out;
        private final Conv2d conv_out;

        Encoder(AutoencoderKlConfig c, Rng rng) {
            conv_in = ResnetBlock.conv(c.channels(), c.widths().getFirst(), 3, 1, 1, c.dtype(), rng);
            var levels = new ArrayList<Level>();
            int before = c.widths().getFirst();
            for (int i = 0; i < c.widths().size(); i++) {
                int width = c.widths().get(i);
                levels.add(Level.down(Level.blocks(c.layers(), before, width, 0, c.groups(), 1e-6, c.dtype(), rng), List.of(),
                        i == c.widths().size() - 1 ? null : Level.Resample.half(width, true, c.dtype(), rng)));
                before = width;
            }
            down_blocks = List.copyOf(levels);
            mid_block = middle(c, rng);
            conv_norm_out = new GroupNorm(c.groups(), before, 1e-6, c.dtype());
            conv_out = ResnetBlock.conv(before, 2 * c.latent(), 3, 1, 1, c.dtype(), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            x = conv_in.forward(x, pass);
            for (var level : down_blocks) x = level.down(x, null, null, null, pass);
            x = mid_block.across(x, null, null, pass);
            return conv_out.forward(ResnetBlock.silu(conv_norm_out.forward(x, pass), pass), pass);
        }
    }

    private static final class Decoder extends Module {
        private final Conv2d conv_in;
        private final List<Level> up_blocks;
        private final Level mid_block;
        private final GroupNorm conv_norm_out;
        private final Conv2d conv_out;

        Decoder(AutoencoderKlConfig c, Rng rng) {
            int before = c.widths().getLast();
            conv_in = ResnetBlock.conv(c.latent(), before, 3, 1, 1, c.dtype(), rng);
            mid_block = middle(c, rng);
            var levels = new ArrayList<Level>();
            for (int i = c.widths().size() - 1; i >= 0; i--) {
                int width = c.widths().get(i);
                levels.add(Level.up(Level.blocks(c.layers() + 1, before, width, 0, c.groups(), 1e-6, c.dtype(), rng), List.of(),
                        i == 0 ? null : Level.Resample.twice(width, c.dtype(), rng)));
                before = width;
            }
            up_blocks = List.copyOf(levels);
            conv_norm_out = new GroupNorm(c.groups(), before, 1e-6, c.dtype());
            conv_out = ResnetBlock.conv(before, c.channels(), 3, 1, 1, c.dtype(), rng);
        }

        @Override protected Tensor compute(Tensor z, Pass pass) {
            var x = mid_block.across(conv_in.forward(z, pass), null, null, pass);
            for (var level : up_blocks) x = level.up(x, null, null, null, pass);
            var seen = x;
            return ResnetBlock.alone(pass, () -> conv_out.forward(ResnetBlock.silu(conv_norm_out.forward(seen, pass), pass), pass));
        }
    }
}
