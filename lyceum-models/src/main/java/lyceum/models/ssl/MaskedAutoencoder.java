package lyceum.models.ssl;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.vision.PatchEmbedding;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VitVariants;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A masked autoencoder: most patches of a picture are hidden, a {@link VisionTransformer} sees the others alone, and a small decoder, given a learned
 * token and the position of each hidden patch, tells its pixels. {@code loss = mean over hidden patches of |predicted - pixels|^2 / pixels}.
 *
 * {@snippet :
 * var mae = new MaskedAutoencoder(new MaskedAutoencoderConfig(new VisionTransformerConfig(28, 4, 1, 64, 4, 4)), rng);
 * trainer.start(mae, n, mae.objective(images), null, rng).finish(Progress.SILENT);
 * Tensor features = mae.encoder().features(images, 64);               // for a probe
 * VisionTransformer tuned = mae.classifier(10, rng);                  // for fine-tuning
 * }
 *
 * <p>The module itself gives the encoder's pooled vector, (batch, width). Names: {@code encoder}, {@code decoder_embed}, {@code mask_token}, {@code
 * decoder}, {@code decoder_pred}. {@code mae.encoder().save(path)} writes the encoder alone.
 *
 * @see <a href="https://arxiv.org/abs/2111.06377">He, Chen, Xie, Li, Dollár and Girshick (2022)</a>
 */
public final class MaskedAutoencoder extends Module {
    private final MaskedAutoencoderConfig config;
    private final VisionTransformer encoder;
    private final Linear decoder_embed, decoder_pred;
    private final Tensor mask_token;
    private final TransformerEncoder decoder;

    public MaskedAutoencoder(MaskedAutoencoderConfig config, Rng rng) {
        this.config = config;
        var seen = config.encoder();
        encoder = new VisionTransformer(seen, rng);
        decoder_embed = new Linear(seen.width(), config.width(), true, seen.dtype(), Init.glorotUniform(), rng);
        mask_token = Init.begin(Init.normal(0.02), rng, seen.dtype(), 1, 1, config.width()).requiresGrad();
        decoder = new TransformerEncoder(config.block(), config.depth(), rng);
        decoder_pred = new Linear(config.width(), seen.channels() * seen.patch() * seen.patch(), true, seen.dtype(), Init.glorotUniform(),
                rng);
    }

    public MaskedAutoencoderConfig config() { return config; }

    /** What is kept after training: probe its {@code features}, save it, or go on with it. */
    public VisionTransformer encoder() { return encoder; }

    /** The encoder's weights in a model of its own under a fresh head, for fine-tuning; a copy. */
    public VisionTransformer classifier(int classes, Rng rng) {
        var tuned = new VisionTransformer(config.encoder().withClasses(classes), rng);
        var values = tuned.state();
        values.putAll(encoder.state());
        tuned.load(values);
        return tuned;
    }

    /**
     * @param predicted of all patches, (batch, patches, channels p p): what stands at visible ones is no concern of the loss
     * @param shuffle which were hidden
     */
    public record Reconstruction(Tensor predicted, PatchShuffle shuffle) {}

    /** With patches hidden at random, drawn from the pass. */
    public Reconstruction reconstruct(Tensor images, Pass pass) {
        checkRandom(pass);
        int patches = Math.toIntExact(images.size(2) / config.encoder().patch() * (images.size(3) / config.encoder().patch()));
        return reconstruct(images, PatchShuffle.random((int) images.size(0), patches, config.hidden(), pass.rng()), pass);
    }

    private static void checkRandom(Pass pass) {
        if (pass.rng() == null) throw new IllegalArgumentException(
                "MaskedAutoencoder: the pass has no random numbers to hide patches by; use Pass.training(rng), Pass.sampling(rng) or give a shuffle");
    }

    /** With given patches hidden. */
    public Reconstruction reconstruct(Tensor images, PatchShuffle shuffle, Pass pass) {
        var patches = encoder.patches(images, pass);
        if (shuffle.order().size(0) != patches.size(0) || shuffle.order().size(1) != patches.size(1))
            throw new ShapeException("MaskedAutoencoder: a shuffle of " + shuffle.order().shape() + " for patches " + patches.shape());
        int prefix = encoder.prefix();
        var seen = decoder_embed.forward(encoder.through(shuffle.visible(patches), pass), pass);
        long rows = images.size(2) / config.encoder().patch(), columns = images.size(3) / config.encoder().patch();
        var all = shuffle.restored(seen.narrow(1, prefix, shuffle.visible()), mask_token)
                .add(VisionTransformer.sinusoidal(rows, columns, config.width()).to(seen.dtype()));
        if (prefix > 0) all = Tensor.concat(1, seen.narrow(1, 0, prefix), all);
        var told = decoder_pred.forward(decoder.forward(all, pass), pass);
        return new Reconstruction(told.narrow(1, prefix, patches.size(1)), shuffle);
    }

    /** Mean squared error over hidden patches, of the pixels or of their {@link MaskedAutoencoderConfig#normalised} form. */
    public Tensor error(Reconstruction told, Tensor images) {
        return VitVariants.maskedError(told.predicted(), PatchEmbedding.patches(images, config.encoder().patch()), told.shuffle().hidden(),
                config.normalised());
    }

    /** What a trainer minimises on pictures (n, channels, height, width). */
    public BatchLoss objective(Tensor images) {
        return (rows, pass) -> {
            var x = images.rows(rows);
            return error(reconstruct(x, pass), x);
        };
    }

    /**
     * Pictures as reconstructed: true pixels where they were visible, told ones where they were hidden; normalised ones are told with the true mean and
     * deviation of their patch.
     */
    public Tensor pictures(Reconstruction told, Tensor images) {
        return Autograd.noGrad(() -> {
            int p = config.encoder().patch();
            var pixels = PatchEmbedding.patches(images, p);
            var predicted = told.predicted().detach();
            if (config.normalised()) predicted = predicted.mul(pixels.var(2, true).add(1e-6).sqrt()).add(pixels.mean(2, true));
            return shown(Tensor.where(told.shuffle().hidden().unsqueeze(2), predicted, pixels), images);
        });
    }

    /** Pictures of what the encoder saw, hidden patches filled with a value. */
    public Tensor masked(PatchShuffle shuffle, Tensor images, double fill) {
        var pixels = PatchEmbedding.patches(images, config.encoder().patch());
        return shown(Tensor.where(shuffle.hidden().unsqueeze(2), Tensor.full(pixels.dtype(), fill), pixels), images);
    }

    private Tensor shown(Tensor patches, Tensor images) {
        return PatchEmbedding.images(patches, config.encoder().channels(), images.size(2), images.size(3), config.encoder().patch())
                .contiguous().compute();
    }

    @Override protected Tensor compute(Tensor images, Pass pass) { return encoder.forward(images, pass); }
}
