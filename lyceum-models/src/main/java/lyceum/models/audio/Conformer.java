package lyceum.models.audio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * An encoder of speech: convolutions that halve the frame rate of a spectrogram, a projection, and {@link ConformerBlock}s. A head over its
 * frames makes it a recogniser: a {@link lyceum.nn.Linear} for {@link lyceum.nn.loss.CtcLoss}, a {@link lyceum.nn.Transducer}'s joint
 * network.
 *
 * {@snippet :
 * var encoder = new Conformer(ConformerConfig.small(80), rng);
 * var head = new Linear(32, 30, rng);
 * Conformer.Encoded heard = encoder.encode(x, new int[] {90, 120}, Pass.training(rng));       // (2, T, 80) to (2, T / 2, 32)
 * Tensor logProbs = head.forward(heard.states()).logSoftmax(2).transpose(0, 1);
 * new CtcLoss().of(logProbs, heard.lengths(), new int[][] {{3, 1}, {4}}).backward();
 * }
 *
 * <p>Clips of a batch have any lengths: what is behind a clip's end changes nothing in it, for attention does not see it, convolutions find
 * zeros there, and batch norms leave it out of their statistics. With a {@link ConformerConfig#chunk} the encoder serves
 * {@linkplain #stream streams} too.
 *
 * @see <a href="https://arxiv.org/abs/2005.08100">Gulati et al. (2020)</a>
 */
public final class Conformer extends Module {
    private final ConformerConfig config;
    private final List<Conv2d> front;
    private final Linear projection;
    private final Dropout dropout;
    private final List<ConformerBlock> layers;

    /**
     * What was heard.
     *
     * @param states (batch, ceil(T / step), width); zeros behind a clip's end
     * @param lengths frames of each clip
     */
    public record Encoded(Tensor states, int[] lengths) {}

    public Conformer(ConformerConfig config, Rng rng) {
        this.config = config;
        var convs = new ArrayList<Conv2d>();
        // An output sees its own two frames and the one before, so that even chunks need no frame to come.
        var how = new Convolution().withStride(2).withPadding(0, 1);
        for (int i = 0; i < config.halvings(); i++)
            convs.add(new Conv2d(i == 0 ? 1 : config.stem(), config.stem(), new int[] {3, 3}, how, true, config.dtype(), null, rng));
        front = List.copyOf(convs);
        long features = config.halvings() == 0 ? config.bands() : (long) config.stem() * config.bandsInside();
        projection = new Linear(features, config.width(), true, config.dtype(), Init.torchLinear(features), rng);
        dropout = new Dropout(config.dropout());
        var blocks = new ArrayList<ConformerBlock>();
        for (int i = 0; i < config.layers(); i++) blocks.add(new ConformerBlock(config, rng));
        layers = List.copyOf(blocks);
    }

    public ConformerConfig config() { return config; }

    public List<ConformerBlock> layers() { return layers; }

    /** Whole clips (batch, T, bands). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass).states; }

    /** @param lengths frames of each clip that are no padding; null if all are full */
    public Encoded encode(Tensor x, int[] lengths, Pass pass) {
        var encoded = through(x, lengths, pass);
        return new Encoded(emit(x, encoded.states, pass), encoded.lengths);
    }

    private Encoded through(Tensor x, int[] given, Pass pass) {
        check(x);
        int batch = (int) x.size(0), time = (int) x.size(1);
        var lengths = given == null ? null : given.clone();
        if (lengths != null) {
            if (lengths.length != batch) throw new ShapeException("Conformer: " + lengths.length + " lengths for " + batch + " clips");
            for (int length : lengths)
                if (length < 1 || length > time)
                    throw new IllegalArgumentException("Conformer: lengths " + Arrays.toString(lengths) + "; each is 1 to " + time);
        }
        var y = front(x, lengths, null, pass);
        int frames = (int) y.size(1);
        if (lengths != null) for (int i = 0; i < batch; i++) lengths[i] = (lengths[i] + config.step() - 1) / config.step();
        var seen = frames(batch, frames, lengths);
        for (var layer : layers) y = layer.forward(y, seen, null, pass);
        if (seen.real() != null) y = y.mul(seen.real());
        if (lengths == null) Arrays.fill(lengths = new int[batch], frames);
        return new Encoded(y, lengths);
    }

    /**
     * Halved and projected: (batch, ceil(T / step), width). @param before of each convolution the last frame that was; null for whole clips
     */
    private Tensor front(Tensor x, int[] lengths, Tensor[] before, Pass pass) {
        long left = Math.floorMod(-x.size(1), (long) config.step());
        if (lengths == null && left > 0) Arrays.fill(lengths = new int[(int) x.size(0)], (int) x.size(1)); // what is filled up stays silent
        var y = masked(x.to(config.dtype()), lengths, 1).pad(1, 0, left, 0).unsqueeze(1); // (batch, channels, time, bands)
        for (int i = 0; i < front.size(); i++) {
            if (i > 0) y = masked(y, lengths, 1 << i);
            var all = before == null || before[i] == null ? y.pad(2, 1, 0, 0) : Tensor.concat(2, before[i], y);
            if (before != null) before[i] = y.narrow(2, y.size(2) - 1, 1).detach().copy().compute();
            y = front.get(i).forward(all, pass).relu();
        }
        if (front.isEmpty()) y = y.squeeze(1);
        else y = y.transpose(1, 2).reshape(y.size(0), y.size(2), -1);
        return dropout.forward(projection.forward(y, pass), pass);
    }

    /** Zeros behind each clip's end, after the time was divided by {@code over}. */
    private static Tensor masked(Tensor x, int[] lengths, int over) {
        if (lengths == null) return x;
        int axis = x.rank() - 2;
        var ends = new long[lengths.length];
        for (int i = 0; i < ends.length; i++) ends[i] = (lengths[i] + over - 1) / over;
        var shape = new long[x.rank()];
        Arrays.fill(shape, 1);
        shape[0] = ends.length;
        var times = Tensor.arange(x.size(axis)).unsqueeze(1);
        return x.mul(times.lt(Tensor.of(ends).reshape(shape)).to(x.dtype()));
    }

    private ConformerBlock.Frames frames(int batch, int time, int[] lengths) {
        Tensor rows = null, real = null;
        var mask = new Attention();
        if (lengths != null) {
            var inside = Tensor.arange(time).unsqueeze(0).lt(Tensor.of(lengths).to(DType.I64).unsqueeze(1));
            rows = inside.nonZeroFlat().compute();
            real = inside.to(config.dtype()).unsqueeze(2).compute();
            mask = mask.withKeyLengths(Tensor.of(lengths).to(DType.I64));
        }
        if (config.chunk() > 0) mask = mask.withBias(chunks(time));
        return new ConformerBlock.Frames(mask, rows, real);
    }

    /** Whether frame i sees frame j, (T, T): j lies in i's chunk or in one of those before it that are seen. */
    private Tensor chunks(int time) {
        var sees = new boolean[time * time];
        for (int i = 0; i < time; i++) for (int j = 0; j < time; j++) {
            int back = i / config.chunk() - j / config.chunk();
            sees[i * time + j] = back >= 0 && (config.left() < 0 || back <= config.left());
        }
        return Tensor.of(sees, time, time);
    }

    private void check(Tensor x) {
        if (x.rank() != 3 || x.size(2) != config.bands() || x.size(1) < 1)
            throw new ShapeException("Conformer: spectrograms " + x.shape() + "; they are (batch, time, " + config.bands() + ")");
    }

    /** Encoding as the sound comes. @throws IllegalStateException if the configuration has no chunk */
    public Stream stream() {
        if (config.chunk() == 0) throw new IllegalStateException("Conformer.stream: the encoder hears whole clips; give it a chunk");
        return new Stream();
    }

    /** What was heard so far; for one thread. It holds the last {@code left} chunks of each block's frames. */
    public final class Stream {
        private final Tensor[] before = new Tensor[front.size()];
        private final List<ConformerBlock.Past> pasts = layers.stream().map(l -> new ConformerBlock.Past()).toList();
        private Tensor waiting;
        private boolean finished;

        private Stream() {}

        /** States (batch, n, width) of the chunks that are whole after these frames (batch, T, bands), which are any number; n may be 0. */
        public Tensor push(Tensor x) {
            check(x);
            if (finished) throw new IllegalStateException("Conformer.Stream: the sound has ended; begin another stream");
            var all = waiting == null ? x : Tensor.concat(1, waiting, x);
            long size = (long) config.chunk() * config.step(), whole = all.size(1) / size;
            waiting = all.narrow(1, whole * size, all.size(1) - whole * size).detach().copy().compute();
            var parts = new ArrayList<Tensor>();
            for (int i = 0; i < whole; i++) parts.add(chunk(all.narrow(1, i * size, size)));
            return parts.isEmpty() ? Tensor.zeros(config.dtype(), x.size(0), 0, config.width())
                    : Tensor.concat(1, parts.toArray(Tensor[]::new));
        }

        /** States of what is left, which is less than a chunk; null if nothing is. */
        public Tensor finish() {
            finished = true;
            if (waiting == null || waiting.size(1) == 0) return null;
            var rest = chunk(waiting);
            waiting = null;
            return rest;
        }

        private Tensor chunk(Tensor x) {
            return Autograd.noGrad(() -> {
                var y = front(x, null, before, Pass.inference());
                for (int i = 0; i < pasts.size(); i++)
                    y = layers.get(i).forward(y, ConformerBlock.Frames.WHOLE, pasts.get(i), Pass.inference());
                return y.compute();
            });
        }
    }
}
