package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
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
        for (var d : documents) requireRoom(d.ids.length);
        return (rows, pass) -> {
            var some = Arrays.stream(rows).mapToObj(documents::get).toList();
            var ids = padded(some.stream().map(Document::ids).toList());
            int t = (int) ids.size(1) - 1;
            long[] targets = new long[rows.length * t];
            Arrays.fill(targets, LEFT_OUT);
            for (int i = 0; i < rows.length; i++) {
                var d = some.get(i);
                for (int k = d.from; k < d.ids.length; k++) targets[i * t + k - 1] = d.ids[k];
            }
            var logits = forward(ids.narrow(1, 0, t), pass);
            return new CrossEntropy().withIgnoreIndex(LEFT_OUT).of(logits.reshape(-1, vocabulary.size()), Tensor.of(targets));
        };
    }

    private void requireRoom(long ids) {
        if (ids > config.positions())
            throw new IllegalArgumentException("UnifiedModel: a document of " + ids + " ids; " + config.positions() + " at most");
    }

    /** Documents, padded behind: (n, longest). What stands behind a document is not seen by it. */
    private Tensor padded(List<int[]> documents) {
        int n = documents.size(), longest = documents.stream().mapToInt(d -> d.length).max().orElse(0);
        var ids = new int[n * longest];
        Arrays.fill(ids, vocabulary.padding());
        for (int i = 0; i < n; i++) System.arraycopy(documents.get(i), 0, ids, i * longest, documents.get(i).length);
        return Tensor.of(ids, n, longest);
    }

    /** The mean of the last block's vectors of each document, (n, width): texts, pictures and sounds in one space. */
    public Tensor embeddings(List<int[]> documents) {
        for (int[] d : documents) {
            if (d.length == 0) throw new IllegalArgumentException("UnifiedModel.embeddings: an empty document; it has at least one id");
            requireRoom(d.length);
        }
        return Autograd.noGrad(() -> {
            var hidden = decoder.forward(tokens.forward(padded(documents), Pass.inference()), Pass.inference()).compute();
            return Tensor.stack(0, IntStream.range(0, documents.size())
                    .mapToObj(i -> hidden.get(i).narrow(0, 0, documents.get(i).length).mean(0)).toArray(Tensor[]::new)).compute();
        });
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
        int n = prompts.size(), most = kind == Modality.TEXT ? bytes : vocabulary.medium(kind).length();
        if (n != noise.size())
            throw new IllegalArgumentException("UnifiedModel: " + n + " prompts and " + noise.size() + " streams of noise; one for each");
        if (bytes < 0 || !(temperature >= 0))
            throw new IllegalArgumentException("UnifiedModel: " + bytes + " bytes at temperature " + temperature + "; neither is below 0");
        return Autograd.noGrad(() -> {
            int close = vocabulary.close(kind), low = vocabulary.low(kind), codes = vocabulary.codes(kind);
            long[] held = prompts.stream().mapToLong(p -> p.length).toArray();
            int[] next = new int[n], ends = new int[n]; // 0 while it goes on
            int[][] said = new int[n][most + 2];
            Arrays.fill(next, vocabulary.open(kind));
            for (int[] s : said) s[0] = vocabulary.open(kind);
            var pass = Pass.inference();
            var state = decoder.start(null, null, pass);
            long longest = Arrays.stream(held).max().orElse(0);
            requireRoom(longest);
            if (longest > 0) {
                decoder.forward(tokens.forward(padded(prompts), pass), state, pass);
                state.truncate(held);
            }
            for (int i = 1, open = n; i <= most && open > 0; i++) {
                for (int k = 0; k < n; k++) requireRoom(++held[k]);
                var y = decoder.forward(tokens.forward(Tensor.of(next, n, 1), pass), state, pass);
                var logits = head.forward(y.select(1, 0));
                var allowed = logits.narrow(1, low, codes);
                if (kind == Modality.TEXT) allowed = Tensor.concat(1, allowed, logits.narrow(1, close, 1));
                next = noise.choose(allowed, temperature).toIntArray();
                int before = open;
                for (int k = 0; k < n; k++) {
                    next[k] = next[k] == codes ? close : low + next[k];
                    if (ends[k] > 0) continue;
                    said[k][i] = next[k];
                    if (next[k] != close) continue;
                    ends[k] = i + 1;
                    held[k] = 0; // what it draws from here on is not heard, and must not fill its positions
                    open--;
                }
                if (open < before) state.truncate(held);
                progress.step("ids", i, most);
            }
            var out = new ArrayList<int[]>();
            for (int k = 0; k < n; k++) {
                if (ends[k] == 0) said[k][most + 1] = close;
                out.add(ends[k] == 0 ? said[k] : Arrays.copyOf(said[k], ends[k]));
            }
            return List.copyOf(out);
        });
    }
}
