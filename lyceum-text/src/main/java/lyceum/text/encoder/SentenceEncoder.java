package lyceum.text.encoder;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Scope;
import lyceum.nn.BertEncoder;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;
import lyceum.text.EncodeOptions;
import lyceum.text.Encoding;
import lyceum.text.TokenizerPipeline;
import lyceum.text.Truncation;
import lyceum.text.encoder.EncoderOptions.Pooling;
import lyceum.text.encoder.EncoderOptions.TooLong;

/**
 * A BERT whose token vectors become one vector a text, as Sentence-BERT does it: {@code e = sum_t h_t / n} over the n tokens, {@code e / |e|}.
 *
 * {@snippet :
 * var encoder = SentenceEncoder.read(Path.of("all-MiniLM-L6-v2"));
 * Tensor vectors = encoder.encode(List.of("cancel my plan", "Ending your subscription"));      // (2, 384)
 * double cosine = vectors.get(0).dot(vectors.get(1)).item();
 * }
 *
 * <p>Texts of a batch are sorted by length and lie one after another without padding; attention keeps them apart. What a text gets depends on its batch by rounding
 * alone. Immutable and safe for threads.
 *
 * @see <a href="https://arxiv.org/abs/1908.10084">Reimers and Gurevych (2019)</a>
 */
public final class SentenceEncoder implements TextEncoder {
    private static final System.Logger LOG = System.getLogger(SentenceEncoder.class.getName());

    private final BertEncoder model;
    private final TokenizerPipeline tokenizer;
    private final EncoderOptions options;
    private final EncodeOptions cut;

    /**
     * @param tokenizer what it cuts and fills by itself is left to the options
     * @throws IllegalArgumentException if texts could be longer than the model's places, or ids lie beyond its table
     */
    public SentenceEncoder(BertEncoder model, TokenizerPipeline tokenizer, EncoderOptions options) {
        this.model = model;
        this.tokenizer = tokenizer.whole();
        this.options = Objects.requireNonNull(options, "options");
        cut = this.tokenizer.options().withTruncation(new Truncation(options.maxTokens()));
        if (options.maxTokens() > model.config().positions()) throw new IllegalArgumentException(
                "SentenceEncoder: maxTokens is " + options.maxTokens() + "; the model has " + model.config().positions() + " places");
        if (tokenizer.vocabulary().size() > model.config().vocabulary())
            throw new IllegalArgumentException("SentenceEncoder: the tokenizer has " + tokenizer.vocabulary().size()
                    + " ids, the model's table " + model.config().vocabulary() + " rows");
        model.pack();
    }

    /** Whether {@link #miniLm} finds its files. */
    public static boolean hasMiniLm() { return EncoderFiles.hasMiniLm(); }

    /**
     * all-MiniLM-L6-v2 off the class path: 6 blocks, 384 numbers, 22.6 million weights, English; mean pooling, length 1, 256 tokens.
     *
     * @throws LyceumException where it is not on the class path: names the artifact
     * @see <a href="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2">its card</a>
     */
    public static SentenceEncoder miniLm() { return miniLm(DType.F32); }

    /** The same with weights of another float type: BF16 takes half the memory, and no more than that on the way. */
    public static SentenceEncoder miniLm(DType type) { return EncoderFiles.miniLm(type); }

    /**
     * The same, its weights out of a folder if {@link #keepMiniLm} has put them there: packed in the artifact they take most of a second of a start.
     *
     * @param folder where nothing is found, or something damaged, they come off the class path
     */
    public static SentenceEncoder miniLm(DType type, Path folder) { return EncoderFiles.miniLm(type, folder); }

    /** Puts MiniLM's weights into a folder, ready to be mapped, unless they are there. */
    public static void keepMiniLm(DType type, Path folder) throws IOException { EncoderFiles.keepMiniLm(type, folder); }

    /**
     * From a folder as Hugging Face and sentence-transformers lay it out: {@code config.json}, {@code tokenizer.json}, {@code model.safetensors} or {@code model.onnx}, and if they
     * are there {@code 1_Pooling/config.json}, {@code modules.json} and {@code sentence_bert_config.json}. Without those it is the mean, of length 1.
     *
     * @throws lyceum.FormatException if a file is broken, or the model no BERT
     */
    public static SentenceEncoder read(Path folder) throws IOException { return EncoderFiles.read(folder); }

    /** Writes a folder that {@link #read} reads, and sentence-transformers as well. */
    public void write(Path folder) throws IOException { EncoderFiles.write(this, folder); }

    public BertEncoder model() { return model; }

    public TokenizerPipeline tokenizer() { return tokenizer; }

    public EncoderOptions options() { return options; }

    /** The same model pooled in another way. */
    public SentenceEncoder with(EncoderOptions options) { return new SentenceEncoder(model, tokenizer, options); }

    /** The same with weights and sums of another type: BF16 halves the weights. Vectors stay F32. */
    public SentenceEncoder as(DType type) { return new SentenceEncoder(model.as(type), tokenizer, options); }

    /** The same with products of 8-bit integers, twice as fast where the CPU has them (VNNI); its vectors have a cosine of 0.99 and more with those of F32. */
    public SentenceEncoder int8() {
        var rounded = Module.copy(model);
        rounded.pack(BlockFormat.Q8_0);
        return new SentenceEncoder(rounded, tokenizer, options);
    }

    @Override public int dimension() { return model.config().width(); }

    /** @throws IllegalArgumentException if a text is too long and that is {@link TooLong#REFUSE refused}, or has a lone surrogate */
    @Override public Tensor encode(List<String> texts) {
        int d = dimension();
        var vectors = new double[texts.size()][d];
        if (options.pooling() == Pooling.MAX) for (var v : vectors) Arrays.fill(v, Double.NEGATIVE_INFINITY);
        var weights = new long[texts.size()];
        run(parts(texts), (part, states, row) -> {
            pool(states, row, part.encoding.size(), vectors[part.text]);
            weights[part.text] += options.pooling() == Pooling.MAX ? 1 : part.encoding.size();
        });
        var flat = new float[texts.size() * d];
        for (int i = 0; i < vectors.length; i++) {
            double scale = options.pooling() == Pooling.MAX ? 1 : 1.0 / weights[i];
            if (options.normalize()) {
                double square = 0;
                for (double v : vectors[i]) square += v * v;
                scale = square == 0 ? 0 : 1 / Math.sqrt(square);
            }
            for (int j = 0; j < d; j++) flat[i * d + j] = (float) (vectors[i][j] * scale);
        }
        return Tensor.of(flat, texts.size(), d);
    }

    /** Adds a window's tokens to what is known of its text: sums, or the largest. */
    private void pool(float[] states, int row, int n, double[] into) {
        int d = into.length;
        switch (options.pooling()) {
            case MEAN -> {
                for (int t = row; t < row + n; t++) for (int j = 0; j < d; j++) into[j] += states[t * d + j];
            }
            case CLS -> {
                for (int j = 0; j < d; j++) into[j] += (double) n * states[row * d + j];
            }
            case MAX -> {
                for (int t = row; t < row + n; t++) for (int j = 0; j < d; j++) into[j] = Math.max(into[j], states[t * d + j]);
            }
        }
    }

    /** Of a text that is too long for one window, the first window's. */
    @Override public List<TokenVectors> tokens(List<String> texts) {
        var found = new TokenVectors[texts.size()];
        var first = parts(texts).stream().filter(Part::first).toList();
        run(first, (part, states, row) -> {
            int d = dimension(), n = part.encoding.size();
            found[part.text] = new TokenVectors(part.encoding, Tensor.of(Arrays.copyOfRange(states, row * d, (row + n) * d), n, d));
        });
        return List.of(found);
    }

    /** A text, or a window of it. */
    private record Part(int text, boolean first, Encoding encoding) {}

    private List<Part> parts(List<String> texts) {
        var encodings = tokenizer.encodeAll(texts, cut);
        var parts = new ArrayList<Part>();
        int tooLong = 0;
        for (int i = 0; i < texts.size(); i++) {
            var encoding = encodings.get(i);
            if (encoding.size() == 0)
                throw new IllegalArgumentException("SentenceEncoder: text " + i + " has no token, and the tokenizer adds none");
            parts.add(new Part(i, true, encoding));
            if (encoding.overflow().isEmpty()) continue;
            tooLong++;
            if (options.tooLong() == TooLong.REFUSE) throw new IllegalArgumentException("SentenceEncoder: text " + i + " has "
                    + tokenizer.count(texts.get(i)) + " tokens; at most " + options.maxTokens() + ", or take TooLong.WINDOWS");
            if (options.tooLong() == TooLong.WINDOWS) for (var more : encoding.overflow()) parts.add(new Part(i, false, more));
        }
        if (tooLong > 0 && options.tooLong() == TooLong.CUT) LOG.log(System.Logger.Level.WARNING,
                "SentenceEncoder: {0} of {1} texts were cut at {2} tokens", tooLong, texts.size(), options.maxTokens());
        return parts;
    }

    private interface Taker {
        /** @param states of the batch, row by row; the part's begin at {@code row} */
        void take(Part part, float[] states, int row);
    }

    private void run(List<Part> parts, Taker taker) {
        var sorted = new ArrayList<>(parts);
        sorted.sort(Comparator.comparingInt((Part p) -> p.encoding.size()).reversed().thenComparingInt(Part::text));
        for (int from = 0, to; from < sorted.size(); from = to) {
            int tokens = sorted.get(from).encoding.size();
            for (to = from + 1; to < sorted.size() && tokens + sorted.get(to).encoding.size() <= options.batchTokens(); to++)
                tokens += sorted.get(to).encoding.size();
            var batch = sorted.subList(from, to);
            float[] states = states(batch, tokens);
            int row = 0;
            for (var part : batch) {
                taker.take(part, states, row);
                row += part.encoding.size();
            }
        }
    }

    private float[] states(List<Part> batch, int tokens) {
        int[] ids = new int[tokens], lengths = new int[batch.size()];
        int at = 0;
        for (int i = 0; i < lengths.length; i++) {
            var encoding = batch.get(i).encoding;
            lengths[i] = encoding.size();
            for (int t = 0; t < lengths[i]; t++) ids[at++] = encoding.id(t);
        }
        var packed = new Attention().withPacking(Packing.of(lengths));
        try (var scope = Scope.open("SentenceEncoder")) {
            return Autograd
                    .noGrad(() -> model.forward(Tensor.of(ids, 1, tokens), null, packed, Pass.inference()).to(DType.F32).toFloatArray());
        }
    }

    @Override public String toString() {
        return "sentence encoder " + model.config().layers() + " x " + dimension() + ", " + model.config().dtype() + ", "
                + options.pooling();
    }
}
