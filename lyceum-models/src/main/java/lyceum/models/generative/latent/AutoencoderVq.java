package lyceum.models.generative.latent;

import java.util.Objects;
import java.util.function.DoubleSupplier;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.LatentModel;
import lyceum.models.generative.VectorQuantizer;
import lyceum.nn.InBatches;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * An autoencoder with a codebook in the middle, the other compressor of latent diffusion. Its codes are those before the book, which then counts as the decoder's first layer: what is drawn need
 * not lie on an entry.
 *
 * {@snippet :
 * var halve = new Convolution().withStride(2).withPadding(1);
 * var codec = new AutoencoderVq(new Conv2d(1, 4, 4, halve, rng), new VectorQuantizer(new VectorQuantizerConfig(64, 4), rng),
 *         new ConvTranspose2d(4, 1, 4, halve, rng));
 * codec.fit(trainer, pictures, null, rng, Progress.SILENT);
 * var latents = LatentDiffusion.of(codec, pictures, 64);
 * Tensor words = codec.ids(pictures);                                      // (n, height, width), for a model of tokens
 * }
 *
 * <p>State: {@code encoder.}, {@code quantizer.}, {@code decoder.}.
 *
 * @see <a href="https://arxiv.org/abs/1711.00937">van den Oord, Vinyals and Kavukcuoglu (2017)</a>
 * @see <a href="https://arxiv.org/abs/2112.10752">Rombach, Blattmann, Lorenz, Esser and Ommer (2022), on the book in the decoder</a>
 */
public final class AutoencoderVq extends Module implements LatentModel {
    private static final int BLOCK = 512;

    private final Layer encoder, decoder;
    private final VectorQuantizer quantizer;

    /** Of any two networks: data (n, ..) to codes (n, width, ..) and back; they are not copied. */
    public AutoencoderVq(Layer encoder, VectorQuantizer quantizer, Layer decoder) {
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.quantizer = Objects.requireNonNull(quantizer, "quantizer");
        this.decoder = Objects.requireNonNull(decoder, "decoder");
    }

    public VectorQuantizer quantizer() { return quantizer; }

    /** The mean squared error of a number and the book's own loss; a learning pass moves the book. Recorded. */
    public Tensor loss(Tensor x, Pass pass) {
        var q = quantizer.quantise(last(code(x, pass)), pass);
        return Autocast.high(decoder.forward(first(q.values()), pass)).sub(x).square().mean().add(q.loss());
    }

    /** A training that has not begun. @param validation data whose mean squared error of a number is each epoch's score; null for none */
    public TrainingRun start(Trainer trainer, Tensor data, Tensor validation, Rng rng) {
        DoubleSupplier score = validation == null ? null
                : () -> InBatches.of(validation, BLOCK, this::reconstruct).sub(validation).square().mean().item();
        return trainer.start(this, Math.toIntExact(data.size(0)), (rows, pass) -> loss(data.rows(rows), pass), score, rng);
    }

    /** Trains to the end. See {@link #start}. */
    public History fit(Trainer trainer, Tensor data, Tensor validation, Rng rng, Progress progress) {
        return start(trainer, data, validation, rng).finish(progress);
    }

    /** Codes before the book, (n, width, ..). */
    @Override public Tensor encode(Tensor x) { return Autograd.noGrad(() -> code(x, Pass.inference()).compute()); }

    /** Data of codes, each taken for the entry nearest to it. */
    @Override public Tensor decode(Tensor z) {
        return Autograd.noGrad(() -> decoder.forward(first(quantizer.values(quantizer.ids(last(z)))), Pass.inference()).compute());
    }

    /** Numbers of the entries that stand for data, (n, ..), I64. */
    public Tensor ids(Tensor x) { return Autograd.noGrad(() -> quantizer.ids(last(encode(x)))); }

    /** Data of such numbers. */
    public Tensor decodeIds(Tensor ids) {
        return Autograd.noGrad(() -> decoder.forward(first(quantizer.values(ids)), Pass.inference()).compute());
    }

    /** Back by the entries. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        return decoder.forward(first(quantizer.forward(last(code(x, pass)), pass)), pass);
    }

    private Tensor code(Tensor x, Pass pass) {
        var z = encoder.forward(x, pass);
        if (z.rank() < 2 || z.size(0) != x.size(0) || z.size(1) != quantizer.config().width())
            throw new ShapeException("AutoencoderVq: the encoder says " + z.shape() + " of data " + x.shape() + "; it is (n, "
                    + quantizer.config().width() + ", ..), as wide as the book");
        return z;
    }

    private static Tensor last(Tensor z) { return z.moveAxis(1, z.rank() - 1); }

    private static Tensor first(Tensor vectors) { return vectors.moveAxis(vectors.rank() - 1, 1); }
}
