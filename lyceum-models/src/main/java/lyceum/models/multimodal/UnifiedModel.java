package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.multimodal.JointVocabulary.Modality;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * One decoder over the ids of texts, pictures, sounds and clips: a document is a string of segments of any kinds, and each id is told from all before it. What it
 * draws stays within the kind that is open. The books of the media are no part of its state; they are saved by themselves.
 *
 * {@snippet :
 * var model = new UnifiedModel(new UnifiedModelConfig(64, 64, 2, 4), vocabulary, rng);
 * trainer.start(model, documents.size(), model.over(documents), null, rng).finish(progress);
 * List<int[]> said = model.answer(prompts, Modality.TEXT, 20, 0, NoiseStreams.seeds(1, 2), progress);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2405.09818">Chameleon Team (2024)</a>
 */
public final class UnifiedModel extends Module {
    private static final long LEFT_OUT = -100;
    private final UnifiedModelConfig config;
    private final JointVocabulary vocabulary;
    private final Embedding tokens;
    private final TransformerDecoder decoder;
    private final Linear head;

    public UnifiedModel(UnifiedModelConfig config, JointVocabulary vocabulary, Rng rng) {
        this.config = config;
        this.vocabulary = Objects.requireNonNull(vocabulary, "vocabulary");
        int width = config.width();
        tokens = new Embedding(Init.normal(0.1).sample(rng, DType.F32, vocabulary.size(), width));
        var block = TransformerConfig.original(width, config.heads(), 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU).positioned(PositionalEncoding.learned(config.positions()));
        decoder = new TransformerDecoder(block, config.layers(), rng);
        head = new Linear(width, vocabulary.size(), rng);
    }

    public UnifiedModelConfig config() { return config; }

    public JointVocabulary vocabulary() { return vocabulary; }

    /** Logits (n, T, ids) of the id after each place of documents (n, T). */
    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return head.forward(decoder.forward(tokens.forward(ids, pass), pass), pass);
    }

    /**
     * A document to learn from.
     *
     * @param ids of its segments, one after another
     * @param from the first id that counts in the loss, at least 1
     */
    public record Document(int[] ids, int from) {
        public Document {
            if (from < 1 || from >= ids.length)
                throw new IllegalArgumentException("UnifiedModel: a document of " + ids.length + " ids counts from " + from);
        }

        /** Segments, of which those from a number on are learned. */
        public static Document of(int from, int[]... segments) {
            int start = 0;
            for (int i = 0; i < from; i++) start += segments[i].length;
            return new Document(joined(segments), Math.max(1, start));
        }
    }

    /** Segments as one string of ids. */
    public static int[] joined(int[]... segments) { return Arrays.stream(segments).flatMapToInt(Arrays::stream).toArray(); }

    /** The mean cross-entropy of what counts, for a trainer; documents of a batch may be of any kinds and lengths. */
    public BatchLoss over(List<Document> documents) {
        for (var d : documents)
            if (d.ids.length > config.positions()) throw new IllegalArgumentException(
                    "UnifiedModel: a document of " + d.ids.length + " ids; " + config.positions() + " at most");
        return (rows, pass) -> {
            int longest = 0;
            for (int row : rows) longest = Math.max(longest, documents.get(row).ids.length);
            int t = longest - 1;
            int[] inputs = new int[rows.length * t];
            long[] targets = new long[rows.length * t];
            Arrays.fill(inputs, vocabulary.padding());
            Arrays.fill(targets, LEFT_OUT);
            for (int i = 0; i < rows.length; i++) {
                var d = documents.get(rows[i]);
                System.arraycopy(d.ids, 0, inputs, i * t, d.ids.length - 1);
                for (int k = d.from; k < d.ids.length; k++) targets[i * t + k - 1] = d.ids[k];
            }
            var logits = forward(Tensor.of(inputs, rows.length, t), pass);
            return new CrossEntropy().withIgnoreIndex(LEFT_OUT).of(logits.reshape(-1, vocabulary.size()), Tensor.of(targets));
        };
    }

    /** The mean of the last block's vectors of each document, (n, width): texts, pictures and sounds in one space. */
    public Tensor embeddings(List<int[]> documents) {
        return Autograd.noGrad(() -> Tensor.stack(0, documents.stream()
                .map(d -> decoder.forward(tokens.forward(Tensor.of(d, 1, d.length), Pass.inference()), Pass.inference()).mean(1).squeeze(0))
                .toArray(Tensor[]::new)).compute());
    }

    /**
     * A segment after each prompt, from its opening mark to its closing one. A picture, sound or clip gets as many codes as it has; a text ends by itself.
     *
     * @param prompts documents, each of whole segments
     * @param bytes of a text at most
     * @param temperature of the draws; 0 takes the likeliest
     * @param noise a stream for each prompt
     */
    public List<int[]> answer(List<int[]> prompts, Modality kind, int bytes, double temperature, NoiseStreams noise, Progress progress) {
        if (prompts.isEmpty() || prompts.size() != noise.size()) throw new IllegalArgumentException(
                "UnifiedModel: " + prompts.size() + " prompts and " + noise.size() + " streams of noise; one for each");
        if (bytes < 0 || !(temperature >= 0))
            throw new IllegalArgumentException("UnifiedModel: " + bytes + " bytes at temperature " + temperature + "; neither is below 0");
        int most = kind == Modality.TEXT ? bytes : vocabulary.media(kind).length(), n = prompts.size();
        var documents = new ArrayList<int[]>();
        for (var p : prompts) documents.add(joined(p, new int[] {vocabulary.open(kind)}));
        var out = new ArrayList<int[]>();
        Autograd.noGrad(() -> {
            var closed = new boolean[n];
            for (int i = 0; i < most; i++) {
                int[] next = next(documents, kind, temperature, noise);
                for (int k = 0; k < n; k++) {
                    if (!closed[k]) documents.set(k, joined(documents.get(k), new int[] {next[k]}));
                    closed[k] |= next[k] == vocabulary.close(kind);
                }
                progress.step("ids", i + 1L, most);
                boolean all = true;
                for (boolean one : closed) all &= one;
                if (all) break;
            }
            for (int k = 0; k < n; k++) {
                int[] d = documents.get(k), whole = closed[k] ? d : joined(d, new int[] {vocabulary.close(kind)});
                out.add(Arrays.copyOfRange(whole, prompts.get(k).length, whole.length));
            }
            return null;
        });
        return List.copyOf(out);
    }

    /** The next id of each document: a code of the open kind, or, of a text, its end. */
    private int[] next(List<int[]> documents, Modality kind, double temperature, NoiseStreams noise) {
        int n = documents.size(), longest = documents.stream().mapToInt(d -> d.length).max().orElse(0), low = vocabulary.low(kind),
                codes = vocabulary.codes(kind);
        if (longest > config.positions())
            throw new IllegalArgumentException("UnifiedModel: a document of " + longest + " ids; " + config.positions() + " at most");
        var inputs = new int[n * longest];
        Arrays.fill(inputs, vocabulary.padding());
        for (int k = 0; k < n; k++) System.arraycopy(documents.get(k), 0, inputs, k * longest, documents.get(k).length);
        var hidden = decoder.forward(tokens.forward(Tensor.of(inputs, n, longest), Pass.inference()), Pass.inference()).compute();
        var lasts = new Tensor[n];
        for (int k = 0; k < n; k++) lasts[k] = hidden.get(k, documents.get(k).length - 1);
        var logits = head.forward(Tensor.stack(0, lasts)).to(DType.F64);
        var allowed = logits.narrow(1, low, codes);
        if (kind == Modality.TEXT) allowed = Tensor.concat(1, allowed, logits.narrow(1, vocabulary.close(kind), 1));
        if (temperature > 0) allowed = allowed.div(temperature).add(noise.uniform(allowed.size(1)).log().neg().log().neg());
        int[] chosen = allowed.argmax(1).toIntArray();
        for (int k = 0; k < n; k++) chosen[k] = chosen[k] == codes ? vocabulary.close(kind) : low + chosen[k];
        return chosen;
    }
}
