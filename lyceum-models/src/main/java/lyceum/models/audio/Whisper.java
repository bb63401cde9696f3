package lyceum.models.audio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv1d;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.KvCache;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Speech to text: two convolutions and a transformer hear a window of a log-mel spectrogram, a second transformer looks at what was heard
 * and writes tokens: the language, the task, times and text. {@link Transcriber} decodes with it.
 *
 * {@snippet :
 * var model = new Whisper(WhisperConfig.tiny(), rng);
 * model.load(path);                                         // names as Hugging Face's WhisperForConditionalGeneration without "model."
 * Tensor heard = model.hear(x, Pass.inference());           // (batch, 80, 3000) to (batch, 1500, 384)
 * Tensor logits = model.write(Tensor.of(new int[] {50_258}, 1, 1), heard, Pass.inference());   // (batch, T) to (batch, T, 51865)
 * }
 *
 * <p>The encoder's positions are fixed sinusoids, the decoder's are learned, the output layer is the table of tokens. In a new model the
 * rows of times begin as the sinusoids of their places, so that looking at a time is soon learned.
 *
 * @see <a href="https://arxiv.org/abs/2212.04356">Radford et al. (2023)</a>
 */
public final class Whisper extends Module {
    private final WhisperConfig config;
    private final Hearing encoder;
    private final Writing decoder;

    public Whisper(WhisperConfig config, Rng rng) {
        this.config = config;
        encoder = new Hearing(config, rng);
        decoder = new Writing(config, rng);
    }

    public WhisperConfig config() { return config; }

    private static final class Block extends Module {
        private final WhisperAttention self_attn;
        private final LayerNorm self_attn_layer_norm;
        private final WhisperAttention encoder_attn;
        private final LayerNorm encoder_attn_layer_norm;
        private final Linear fc1, fc2;
        private final LayerNorm final_layer_norm;

        Block(WhisperConfig c, boolean writes, Rng rng) {
            self_attn = new WhisperAttention(c.width(), c.heads(), writes, c.dtype(), rng);
            self_attn_layer_norm = norm(c);
            encoder_attn = writes ? new WhisperAttention(c.width(), c.heads(), false, c.dtype(), rng) : null;
            encoder_attn_layer_norm = writes ? norm(c) : null;
            fc1 = new Linear(c.width(), c.hidden(), true, c.dtype(), Init.torchLinear(c.width()), rng);
            fc2 = new Linear(c.hidden(), c.width(), true, c.dtype(), Init.torchLinear(c.hidden()), rng);
            final_layer_norm = norm(c);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, null, pass); }

        Tensor through(Tensor x, KvCache cache, KvCache.Past memory, Pass pass) {
            var normal = self_attn_layer_norm.forward(x, pass);
            x = x.add(cache == null ? self_attn.forward(normal, pass) : self_attn.forward(normal, cache, pass));
            if (memory != null) x = x.add(encoder_attn.forward(encoder_attn_layer_norm.forward(x, pass), memory, pass));
            return x.add(fc2.forward(Activation.GELU.forward(fc1.forward(final_layer_norm.forward(x, pass), pass), pass), pass));
        }
    }

    private static LayerNorm norm(WhisperConfig c) { return new LayerNorm(1e-5, c.dtype(), c.width()); }

    /** {@code sin(p w_i)} and then {@code cos(p w_i)} with {@code w_i = 10000^(-i / (width / 2 - 1))}: not the usual exponent. */
    private static Tensor sinusoids(int places, int width, DType type) {
        double base = Math.pow(10_000, width / 2 / Math.max(1, width / 2 - 1.0));
        return new SinusoidalPositions(width, base, false, 1, 0).table(0, places, type).compute();
    }

    private static final class Hearing extends Module {
        private final Conv1d conv1, conv2;
        private final Embedding embed_positions;
        private final List<Block> layers;
        private final LayerNorm layer_norm;
        private final WhisperConfig config;

        Hearing(WhisperConfig c, Rng rng) {
            config = c;
            var how = new Convolution().withPadding(1);
            var strong = Init.heNormal(); // else what is heard begins far below the sinusoids
            conv1 = new Conv1d(c.bands(), c.width(), new int[] {3}, how, true, c.dtype(), strong, rng);
            conv2 = new Conv1d(c.width(), c.width(), new int[] {3}, how.withStride(2), true, c.dtype(), strong, rng);
            embed_positions = new Embedding(sinusoids(c.places(), c.width(), c.dtype()));
            embed_positions.freeze("*");
            layers = IntStream.range(0, c.encoderLayers()).mapToObj(i -> new Block(c, false, rng)).toList();
            layer_norm = norm(c);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            if (x.rank() != 3 || x.size(1) != config.bands() || x.size(2) != config.frames())
                throw new ShapeException("Whisper: spectrograms " + x.shape() + "; they are (batch, " + config.bands() + ", "
                        + config.frames() + "): fill a window up with silence");
            var y = Activation.GELU.forward(conv1.forward(x.to(config.dtype()), pass), pass);
            y = Activation.GELU.forward(conv2.forward(y, pass), pass).transpose(1, 2).add(embed_positions.weight());
            for (var layer : layers) y = layer.forward(y, pass);
            return layer_norm.forward(y, pass);
        }
    }

    private static final class Writing extends Module {
        private final Embedding embed_tokens, embed_positions;
        private final List<Block> layers;
        private final LayerNorm layer_norm;
        private final WhisperConfig config;

        Writing(WhisperConfig c, Rng rng) {
            config = c;
            embed_tokens = new Embedding(table(c, rng));
            embed_positions = new Embedding(Init.normal(0.02).sample(rng, c.dtype(), c.longest(), c.width()));
            layers = IntStream.range(0, c.decoderLayers()).mapToObj(i -> new Block(c, true, rng)).toList();
            layer_norm = norm(c);
        }

        private static Tensor table(WhisperConfig c, Rng rng) {
            var t = c.tokens();
            var drawn = Init.normal(0.02).sample(rng, c.dtype(), t.count(), c.width());
            return Tensor.concat(0, drawn.narrow(0, 0, t.firstTime()),
                    drawn.narrow(0, t.firstTime(), t.times()).add(sinusoids(t.times(), c.width(), c.dtype()).mul(0.05))).compute();
        }

        @Override protected Tensor compute(Tensor tokens, Pass pass) {
            throw new UnsupportedOperationException("Whisper: what is written depends on what was heard; use write(tokens, heard, pass)");
        }

        Tensor through(Tensor tokens, List<KvCache> caches, List<KvCache.Past> memories, Pass pass) {
            long start = caches == null ? 0 : caches.getFirst().length();
            if (tokens.rank() != 2 || start + tokens.size(1) > config.longest()) throw new ShapeException("Whisper: tokens "
                    + tokens.shape() + " after " + start + "; they are (batch, T), at most " + config.longest() + " in all");
            var x = embed_tokens.forward(tokens, pass).add(embed_positions.weight().narrow(0, start, tokens.size(1)));
            for (int i = 0; i < layers.size(); i++)
                x = layers.get(i).through(x, caches == null ? null : caches.get(i), memories.get(i), pass);
            return emit(tokens, layer_norm.forward(x, pass).matmul(embed_tokens.weight().transpose()), pass);
        }
    }

    /** Windows of a spectrogram alone: see {@link #hear}. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return encoder.forward(x, pass); }

    /** What is heard of windows (batch, bands, 2 places): (batch, places, width). */
    public Tensor hear(Tensor spectrograms, Pass pass) { return forward(spectrograms, pass); }

    /** Logits (batch, T, count) of what follows each of the tokens (batch, T), I32 or I64, beside what was heard (batch, places, width). */
    public Tensor write(Tensor tokens, Tensor heard, Pass pass) { return decoder.through(tokens, null, memories(heard, pass), pass); }

    /**
     * The mean cross-entropy of the tokens of windows (batch, bands, 2 places), each after those before it.
     *
     * @param sequences of each window, see {@link WhisperTokens#written}
     */
    public Tensor loss(Tensor spectrograms, int[][] sequences, Pass pass) {
        int longest = 0;
        for (var sequence : sequences) longest = Math.max(longest, sequence.length);
        if (longest < 2 || sequences.length != spectrograms.size(0)) throw new ShapeException("Whisper.loss: " + sequences.length
                + " sequences of up to " + longest + " tokens for spectrograms " + spectrograms.shape() + "; one each, of at least 2");
        int[] inputs = new int[sequences.length * (longest - 1)], targets = new int[inputs.length];
        Arrays.fill(targets, -1);
        for (int i = 0; i < sequences.length; i++) for (int j = 0; j + 1 < sequences[i].length; j++) {
            inputs[i * (longest - 1) + j] = sequences[i][j];
            targets[i * (longest - 1) + j] = sequences[i][j + 1];
        }
        var logits = write(Tensor.of(inputs, sequences.length, longest - 1), hear(spectrograms, pass), pass);
        return new CrossEntropy().withIgnoreIndex(-1).of(logits.reshape(-1, config.tokens().count()), Tensor.of(targets));
    }

    private List<KvCache.Past> memories(Tensor heard, Pass pass) {
        return decoder.layers.stream().map(l -> l.encoder_attn.project(heard, pass)).toList();
    }

    /** Writing token by token: what was heard is projected once, keys and values are kept. */
    public State start(Tensor heard, Pass pass) {
        return new State(decoder.layers.stream().map(l -> KvCache.contiguous()).toList(), memories(heard, pass));
    }

    /** Logits (batch, T, count) after tokens that follow those of the state. */
    public Tensor write(Tensor tokens, State state, Pass pass) { return decoder.through(tokens, state.caches, state.memories, pass); }

    /** What was written so far, and what was heard; for one thread. */
    public static final class State {
        private final List<KvCache> caches;
        private final List<KvCache.Past> memories;

        private State(List<KvCache> caches, List<KvCache.Past> memories) {
            this.caches = caches;
            this.memories = memories;
        }

        /** Tokens so far. */
        public long length() { return caches.getFirst().length(); }

        /** Of the batch. */
        public int rows() { return (int) memories.getFirst().keys().size(0); }

        /** A state of its own that goes on from those rows of the batch. */
        public State fork(int... rows) {
            var looked = new ArrayList<KvCache.Past>();
            for (var m : memories) looked.add(new KvCache.Past(m.keys().rows(rows).compute(), m.values().rows(rows).compute()));
            return new State(caches.stream().map(c -> c.fork(rows)).toList(), looked);
        }
    }

    /** Log-probabilities of the languages (batch, languages), by what follows the begin. */
    public Tensor languages(Tensor heard) {
        var t = config.tokens();
        return Autograd.noGrad(() -> first(heard).narrow(1, t.language(0), t.languages()).logSoftmax(1).compute());
    }

    /** The probability of no speech in each window, (batch), by what follows the begin. */
    public Tensor noSpeech(Tensor heard) {
        return Autograd.noGrad(() -> first(heard).softmax(1).select(1, config.tokens().noSpeech()).compute());
    }

    private Tensor first(Tensor heard) {
        var begin = Tensor.full(DType.I64, (long) config.tokens().begin(), heard.size(0), 1);
        return write(begin, heard, Pass.inference()).squeeze(1);
    }
}
