package lyceum.models.generative.adversarial;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * StyleGAN's generator: a learned constant of side 4 is doubled and convolved, twice at each resolution, every layer under a style and with noise of its own; colours are
 * summed over the resolutions.
 *
 * {@snippet :
 * var generator = new StyleGenerator(new StyleGeneratorConfig(16, 1), rng);
 * Tensor a = generator.styles(z1), b = generator.styles(z2);                       // (n, layers, width)
 * Tensor pose = generator.synthesis(generator.mixed(a, b, 2), Pass.inference());   // coarse layers from a, fine ones from b
 * Tensor typical = generator.synthesis(generator.truncated(a, 0.7), Pass.sampling(rng));
 * }
 *
 * <p>Noise is drawn where the pass has a stream, and left out where it has none.
 *
 * @see <a href="https://arxiv.org/abs/1812.04948">Karras, Laine and Aila (2019)</a>
 * @see <a href="https://arxiv.org/abs/1912.04958">Karras and others (2020)</a>
 */
public final class StyleGenerator extends Module {
    private final StyleGeneratorConfig config;
    private final MappingNetwork mapping;
    private final Tensor constant;
    private final List<StyledLayer> layers;
    private final List<ModulatedConv2d> colours;

    public StyleGenerator(StyleGeneratorConfig config, Rng rng) {
        this.config = config;
        mapping = new MappingNetwork(config.latent(), config.width(), config.mappingLayers(), config.dtype(), rng);
        constant = Tensor.randn(rng, config.dtype(), 1, config.channels(), 4, 4).copy().requiresGrad();
        var styled = new ArrayList<StyledLayer>();
        var toColours = new ArrayList<ModulatedConv2d>();
        int count = 2 * BigGanConfig.blocks("StyleGenerator", config.resolution()) + 1;
        for (int i = 0; i < count; i++) styled.add(new StyledLayer(config, rng));
        for (int i = 0; i < (count + 1) / 2; i++)
            toColours.add(new ModulatedConv2d(config.channels(), config.colours(), 1, config.width(), false, config.dtype(), rng));
        layers = List.copyOf(styled);
        colours = List.copyOf(toColours);
    }

    public StyleGeneratorConfig config() { return config; }

    public MappingNetwork mapping() { return mapping; }

    /** Styles of noise (n, latent), the same for each layer: (n, layers, width). */
    public Tensor styles(Tensor z) { return styles(z, Pass.inference()); }

    private Tensor styles(Tensor z, Pass pass) {
        return mapping.forward(z, pass).unsqueeze(1).expand(z.size(0), layers.size(), config.width());
    }

    /** The first layers in styles a, those from {@code crossover} on in styles b. @param crossover in [0, layers] */
    public Tensor mixed(Tensor a, Tensor b, int crossover) {
        if (crossover < 0 || crossover > layers.size()) throw new IllegalArgumentException(
                "StyleGenerator.mixed: crossover is " + crossover + "; it lies in [0, " + layers.size() + "]");
        return Tensor.concat(1, a.narrow(1, 0, crossover), b.narrow(1, crossover, layers.size() - crossover));
    }

    /** Styles nearer the average one. @see MappingNetwork#truncated */
    public Tensor truncated(Tensor styles, double psi) { return mapping.truncated(styles, psi); }

    /** Pictures (n, colours, side, side) in styles (n, layers, width). */
    public Tensor synthesis(Tensor styles, Pass pass) {
        if (styles.rank() != 3 || styles.size(1) != layers.size() || styles.size(2) != config.width()) throw new ShapeException(
                "StyleGenerator: styles " + styles.shape() + "; they are (n, " + layers.size() + ", " + config.width() + ")");
        long n = styles.size(0);
        var x = layers.getFirst().forward(constant.expand(n, config.channels(), 4, 4), styles.select(1, 0), pass);
        var picture = colours.getFirst().forward(x, styles.select(1, 0), pass);
        for (int i = 1; i < layers.size(); i += 2) {
            x = layers.get(i).forward(BigGanGenerator.doubled(x), styles.select(1, i), pass);
            x = layers.get(i + 1).forward(x, styles.select(1, i + 1), pass);
            picture = BigGanGenerator.doubled(picture).add(colours.get((i + 1) / 2).forward(x, styles.select(1, i + 1), pass));
        }
        return picture;
    }

    /** From noise (n, latent); a learning pass mixes styles. */
    @Override protected Tensor compute(Tensor z, Pass pass) {
        var styles = styles(z, pass);
        if (pass.isTraining() && layers.size() > 1 && pass.rng().nextDouble() < config.mixing()) {
            var others = Tensor.randn(pass.rng(), z.dtype(), z.shape().toArray());
            styles = mixed(styles, styles(others, pass), 1 + (int) (pass.rng().nextDouble() * (layers.size() - 1)));
        }
        return synthesis(styles, pass);
    }

    /** A convolution under a style, then noise and leaky ReLU; AdaIN comes last, as in the first paper. */
    private static final class StyledLayer extends Conditioned {
        private final ModulatedConv2d modulated;
        private final Conv2d plain;
        private final AdaIn norm;
        private final Tensor noise_strength;

        StyledLayer(StyleGeneratorConfig config, Rng rng) {
            boolean modulation = config.styling() == StyleGeneratorConfig.Styling.MODULATION;
            int channels = config.channels();
            modulated = modulation ? new ModulatedConv2d(channels, channels, 3, config.width(), true, config.dtype(), rng) : null;
            plain = modulation ? null
                    : new Conv2d(channels, channels, new int[] {3}, new Convolution().withPadding(1), true, config.dtype(), null, rng);
            norm = modulation ? null : new AdaIn(channels, config.width(), config.dtype(), rng);
            noise_strength = Tensor.zeros(config.dtype(), 1).copy().requiresGrad();
        }

        @Override public Tensor forward(Tensor x, Tensor style, Pass pass) {
            var y = plain == null ? modulated.forward(x, style, pass) : plain.forward(x, pass);
            if (pass.rng() != null) y = y.add(Tensor.randn(pass.rng(), y.dtype(), y.size(0), 1, y.size(2), y.size(3)).mul(noise_strength));
            y = Activation.leakyRelu(y, 0.2).mul(Math.sqrt(2));
            return norm == null ? y : norm.forward(y, style, pass);
        }
    }
}
