package lyceum.models.generative;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.InBatches;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * An autoencoder: data x through a code h and back, {@code mean_i |x_i - g(f(x_i + noise))|^2 + penalty(h)}. Undercomplete by its code's size; denoising, sparse or contractive by
 * its {@link AutoencoderConfig}; with one weight for both ways by {@link #tied}.
 *
 * {@snippet :
 * var config = new AutoencoderConfig().withCorruption(new Corruption.Gaussian(0.3));
 * var narrow = Autoencoder.dense(784, List.of(256), 32, config, rng);
 * narrow.fit(new Trainer(new Adam(1e-3), 20), x, null, rng, Progress.SILENT);
 * Tensor codes = narrow.encode(x), back = narrow.reconstruct(x), anomaly = narrow.errors(y);
 * }
 *
 * <p>Squared errors are sums over the numbers of a row; scale data to about unit size. State: {@code encoder.} and {@code decoder.}; a tied weight has the encoder's name.
 *
 * @see <a href="https://doi.org/10.1126/science.1127647">Hinton and Salakhutdinov (2006)</a>
 */
public final class Autoencoder extends Module implements LatentModel {
    /**
     * All that a file says of one for rows.
     *
     * @param encoder of rows; its outputs are the code
     * @param tied whether the decoder goes back through the same weights
     * @param config of the rest
     */
    public record Plan(MlpConfig encoder, boolean tied, AutoencoderConfig config) {
        public Plan {
            Objects.requireNonNull(encoder, "encoder");
            Objects.requireNonNull(config, "config");
        }

        public Autoencoder build(Rng rng) { return tied ? Autoencoder.tied(encoder, config, rng) : dense(encoder, config, rng); }
    }

    /**
     * All that a file says of one for pictures.
     *
     * @param channels of pictures
     * @param side of pictures
     * @param filters of the convolutions
     * @param code numbers of a code
     * @param config of the rest
     */
    public record PicturePlan(int channels, int side, List<Integer> filters, int code, AutoencoderConfig config) {
        public PicturePlan {
            filters = List.copyOf(filters);
            Objects.requireNonNull(config, "config");
        }

        public Autoencoder build(Rng rng) { return convolutional(channels, side, filters, code, config, rng); }
    }

    private static final int BLOCK = 512;

    private final AutoencoderConfig config;
    private final Layer encoder, decoder;

    /** Of any two networks: data (n, ..) to codes, and codes to the data's shape. */
    public Autoencoder(Layer encoder, Layer decoder, AutoencoderConfig config) {
        this.config = Objects.requireNonNull(config, "config");
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.decoder = Objects.requireNonNull(decoder, "decoder");
    }

    /** For rows (n, inputs), by perceptrons with ReLU of these widths, from the data on, and the same backwards; none for a linear one. F32. */
    public static Autoencoder dense(int inputs, List<Integer> hidden, int code, AutoencoderConfig config, Rng rng) {
        return dense(MlpConfig.regressor(inputs, code).withHidden(hidden), config, rng);
    }

    /** The same with the encoder's other settings; its outputs are the code. */
    public static Autoencoder dense(MlpConfig encoder, AutoencoderConfig config, Rng rng) {
        var back = encoder.withInputs(encoder.outputs()).withHidden(encoder.hidden().reversed()).withOutputs(encoder.inputs());
        return new Autoencoder(new Mlp(encoder, rng), new Mlp(back, rng), config);
    }

    /** The same whose decoder goes back through the encoder's weights, transposed, with biases of its own. No norm, dropout or residual. */
    public static Autoencoder tied(MlpConfig encoder, AutoencoderConfig config, Rng rng) {
        if (encoder.norm() != MlpConfig.Norm.NONE || encoder.dropout() != 0 || encoder.residual())
            throw new IllegalArgumentException("Autoencoder.tied: norm, dropout and residual are not for tied weights");
        var mlp = new Mlp(encoder, rng);
        var back = new ArrayList<Layer>();
        for (var layer : mlp.layers().reversed()) {
            if (!back.isEmpty()) back.add(encoder.activation());
            back.add(new TransposedLinear(layer));
        }
        return new Autoencoder(mlp, new Sequential(back), config);
    }

    /**
     * For pictures (n, channels, side, side), F32: a convolution for each entry of filters halves the side, ReLU behind it, then a code (n, code) by a linear layer, and the same backwards.
     *
     * @param side in pixels, divisible by 2 as often as there are filters
     */
    public static Autoencoder convolutional(int channels, int side, List<Integer> filters, int code, AutoencoderConfig config, Rng rng) {
        int halvings = filters.size(), small = side >> halvings;
        if (halvings == 0 || small == 0 || small << halvings != side) throw new IllegalArgumentException(
                "Autoencoder.convolutional: " + halvings + " convolutions halve a side of " + side + "; it is to be divisible so often");
        var halve = new Convolution().withStride(2).withPadding(1);
        List<Layer> down = new ArrayList<>(), up = new ArrayList<>();
        int last = filters.getLast(), flat = last * small * small, from = channels;
        for (int filter : filters) {
            down.add(new Conv2d(from, filter, 4, halve, rng));
            down.add(Activation.RELU);
            from = filter;
        }
        down.add(Layer.of(x -> x.reshape(-1, flat)));
        down.add(new Linear(flat, code, rng));
        up.add(new Linear(code, flat, rng));
        up.add(Layer.of(x -> x.reshape(-1, last, small, small)));
        for (int i = halvings - 1; i >= 0; i--) {
            up.add(Activation.RELU);
            up.add(new ConvTranspose2d(filters.get(i), i == 0 ? channels : filters.get(i - 1), 4, halve, rng));
        }
        return new Autoencoder(new Sequential(down), new Sequential(up), config);
    }

    public AutoencoderConfig config() { return config; }

    public Layer encoder() { return encoder; }

    public Layer decoder() { return decoder; }

    /** The code of data, recorded. */
    public Tensor code(Tensor x, Pass pass) { return config.code().forward(encoder.forward(x, pass), pass); }

    /** The data as they come back; nothing is corrupted. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return back(code(x, pass), x, pass); }

    private Tensor back(Tensor code, Tensor x, Pass pass) {
        var back = decoder.forward(code, pass);
        if (!back.shape().equals(x.shape())) throw new ShapeException(
                "Autoencoder: the decoder says " + back.shape() + " of codes " + code.shape() + " for data " + x.shape());
        return Autocast.high(back);
    }

    /** What is minimised: the squared error of a row, from corrupted data to clean ones, and the penalty. @param pass with a random stream where one is needed */
    public Tensor loss(Tensor x, Pass pass) {
        if (pass.rng() == null && !(config.corruption() instanceof Corruption.None)) throw new IllegalArgumentException(
                "Autoencoder: the pass has no random stream for " + config.corruption() + "; use Pass.training(rng)");
        Tensor seen = config.corruption().of(x, pass.rng()), code = code(seen, pass);
        var error = squares(back(code, x, pass), x).mean();
        return config.penalty() instanceof CodePenalty.None ? error
                : error.add(config.penalty().of(z -> code(z, pass), seen, code, pass.rng()));
    }

    private static Tensor squares(Tensor back, Tensor x) { return back.sub(x).square().reshape(x.size(0), -1).sum(1); }

    /** A training that has not begun. @param validation data whose mean squared error of a row is each epoch's score; null for none */
    public TrainingRun start(Trainer trainer, Tensor data, Tensor validation, Rng rng) {
        DoubleSupplier score = validation == null ? null : () -> errors(validation).mean().item();
        return trainer.start(this, Math.toIntExact(data.size(0)), (rows, pass) -> loss(data.rows(rows), pass), score, rng);
    }

    /** Trains to the end. See {@link #start}. */
    public History fit(Trainer trainer, Tensor data, Tensor validation, Rng rng, Progress progress) {
        return start(trainer, data, validation, rng).finish(progress);
    }

    @Override public Tensor encode(Tensor x) { return Autograd.noGrad(() -> code(x, Pass.inference()).compute()); }

    @Override public Tensor decode(Tensor z) { return Autograd.noGrad(() -> decoder.forward(z, Pass.inference()).compute()); }

    /** The squared error of each row (n), F64: what does not come back was not in the training data, or so one hopes. Not recorded. */
    public Tensor errors(Tensor x) { return InBatches.of(x, BLOCK, part -> squares(forward(part).to(DType.F64), part.to(DType.F64))); }
}
