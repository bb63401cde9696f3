package lyceum.text.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Dropout;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.LstmVariant;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * ELMo: two language models over one encoding of words and one softmax, one that reads to the right and one that reads to the left, whose states at a word
 * are vectors of the word in its context. Layers are LSTMs with projections; from the second on, a layer's input is added to its output.
 *
 * {@snippet :
 * var elmo = new Elmo(new ElmoConfig(2000, 64, 256), words, rng);
 * elmo.fit(texts, validation, new Trainer(new Adam(1e-3), 5).withClip(Clip.norm(1)), rng, Progress.SILENT);
 * var vectors = new ElmoEmbedding(elmo);                               // for a task: the layers' mix, learnt with it
 * vectors.freeze("elmo.*");                                            // or not, to tune the language model as well
 * var tagger = new Sequential(vectors, new Linear(128, tags, rng));
 * }
 *
 * <p>A state depends on its own text alone: nothing is carried from one call to the next. Parameters are {@code tokens.weight} or {@code spelling.*},
 * {@code ahead.0.*}, {@code back.0.*}, {@code head.*}.
 *
 * @see <a href="https://arxiv.org/abs/1802.05365">Peters and others (2018)</a>
 */
public final class Elmo extends Module {
    private final ElmoConfig config;
    private final List<String> words;
    private final int[][] spelled;
    private final Embedding tokens;
    private final SpelledWords spelling;
    private final List<Lstm> ahead = new ArrayList<>(), back = new ArrayList<>();
    private final Linear head;

    /** @param words of the ids, marks among them; they may be left out (null) where words are not spelled */
    public Elmo(ElmoConfig config, List<String> words, Rng rng) {
        this.config = config;
        this.words = words == null ? null : List.copyOf(words);
        if (words == null ? config.characters() != null : words.size() != config.vocabulary())
            throw new IllegalArgumentException("Elmo: " + (words == null ? "no words" : words.size() + " words") + " for a vocabulary of "
                    + config.vocabulary() + "; each id has one to be spelled");
        int p = config.width();
        boolean look = config.characters() == null;
        tokens = look ? new Embedding(new EmbeddingConfig(config.vocabulary(), p).withInit(Init.normal(0.3)), rng) : null;
        spelling = look ? null : new SpelledWords(config.characters(), p, rng);
        spelled = look ? null : new int[config.vocabulary()][];
        for (int id = 0; !look && id < spelled.length; id++)
            spelled[id] = id == config.startMark() ? spelling.spell(SpelledWords.TEXT_BEGINS)
                    : id == config.endMark() ? spelling.spell(SpelledWords.TEXT_ENDS) : spelling.spell(words.get(id));
        for (var stack : List.of(ahead, back))
            for (int l = 0; l < config.layers(); l++)
                stack.add(new Lstm(new RnnConfig(p, config.units()), new LstmVariant().withProjection(p == config.units() ? 0 : p), rng));
        head = new Linear(p, config.vocabulary(), rng);
    }

    public ElmoConfig config() { return config; }

    /** The words of the ids; null if none were given. */
    public List<String> words() { return words; }

    /** Layers of a contextual vector, that of the words themselves among them: L + 1. */
    public int depth() { return config.layers() + 1; }

    /** Of a contextual vector: both directions'. */
    public int width() { return 2 * config.width(); }

    /** Ids (batch, T), without marks, to all layers (L + 1, batch, T, 2 width); see {@link #layers(Tensor, int[], Pass)}. */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return states(ids, null, pass); }

    /**
     * All layers: 0 is the words' own vector twice, j the state of the j-th layer that reads to the right beside that of the one that reads to the left.
     *
     * @param ids (batch, T), without marks
     * @param lengths of the texts, or null if all are full; what stands beyond is not read, and vectors there mean nothing
     * @return (L + 1, batch, T, 2 width)
     */
    public Tensor layers(Tensor ids, int[] lengths, Pass pass) { return emit(ids, states(ids, lengths, pass), pass); }

    /** The layers of a text of any words, those beyond the vocabulary by their spelling: (L + 1, T, 2 width). @throws IllegalStateException if words are not spelled */
    public Tensor layers(List<String> text) {
        if (spelling == null)
            throw new IllegalStateException("Elmo: words have vectors by number here; give ids, or build it with characters");
        if (text.isEmpty()) throw new IllegalArgumentException("Elmo: a text without words");
        var codes = new int[text.size() + 2][];
        codes[0] = spelled[config.startMark()];
        codes[codes.length - 1] = spelled[config.endMark()];
        for (int t = 0; t < text.size(); t++) codes[t + 1] = spelling.spell(text.get(t));
        return Autograd.noGrad(() -> states(spelling.forward(SpelledWords.tensor(codes), Pass.inference()).unsqueeze(0),
                new int[] {text.size()}, text.size(), Pass.inference()).squeeze(1));
    }

    private Tensor states(Tensor ids, int[] lengths, Pass pass) {
        if (ids.rank() != 2 || ids.count() == 0)
            throw new ShapeException("Elmo: ids " + ids.shape() + "; they are (batch, T) and not empty");
        int n = (int) ids.size(0), length = (int) ids.size(1);
        int[] full = lengths == null ? new int[n] : lengths.clone();
        if (lengths == null) Arrays.fill(full, length);
        if (full.length != n) throw new ShapeException("Elmo: " + full.length + " lengths for " + n + " texts");
        for (int l : full)
            if (l < 1 || l > length) throw new IllegalArgumentException("Elmo: a length of " + l + "; it lies in 1 .. " + length);
        return states(encoded(marked(ids.toLongArray(), full, length), n, pass), full, length, pass);
    }

    /** Each text between marks, and end marks beyond. */
    private int[] marked(long[] ids, int[] lengths, int length) {
        var all = new int[lengths.length * (length + 2)];
        Arrays.fill(all, config.endMark());
        for (int i = 0, at = 0; i < lengths.length; i++, at += length + 2) {
            all[at] = config.startMark();
            for (int t = 0; t < lengths[i]; t++) all[at + 1 + t] = Math.toIntExact(ids[i * length + t]);
        }
        return all;
    }

    /** Ids as (n, T, width); a word is spelled once however often it stands there. */
    private Tensor encoded(int[] ids, int n, Pass pass) {
        if (spelling == null) return tokens.forward(Tensor.of(ids, n, ids.length / n), pass);
        var numbers = new LinkedHashMap<Integer, Integer>();
        var places = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= spelled.length)
                throw new IllegalArgumentException("Elmo: an id of " + ids[i] + " in a vocabulary of " + spelled.length);
            places[i] = numbers.computeIfAbsent(ids[i], _ -> numbers.size());
        }
        var distinct = spelling.forward(SpelledWords.tensor(numbers.keySet().stream().map(id -> spelled[id]).toArray(int[][]::new)), pass);
        return distinct.indexSelect(0, Tensor.of(places)).reshape(n, ids.length / n, config.width());
    }

    private Tensor states(Tensor x, int[] lengths, int length, Pass pass) {
        List<Tensor> right = run(ahead, x, pass), left = run(back, reversed(x, lengths), pass);
        var all = new Tensor[depth()];
        for (int j = 0; j < all.length; j++) {
            Tensor a = j == 0 ? x : right.get(j - 1), b = j == 0 ? x : reversed(left.get(j - 1), lengths);
            all[j] = Tensor.concat(2, a, b).narrow(1, 1, length);
        }
        return Tensor.stack(0, all);
    }

    /** Each text with its marks from its own end to its beginning; its own inverse. */
    private static Tensor reversed(Tensor x, int[] lengths) {
        int n = (int) x.size(0), all = (int) x.size(1);
        var places = new int[n * all];
        for (int i = 0; i < n; i++)
            for (int t = 0; t < all; t++) places[i * all + t] = i * all + (t < lengths[i] + 2 ? lengths[i] + 1 - t : t);
        return x.reshape((long) n * all, x.size(2)).indexSelect(0, Tensor.of(places)).reshape(n, all, x.size(2));
    }

    private List<Tensor> run(List<Lstm> stack, Tensor x, Pass pass) {
        var outputs = new ArrayList<Tensor>();
        var dropout = new Dropout(config.dropout());
        for (var lstm : stack) {
            var y = lstm.forward(dropout.forward(x, pass), pass);
            x = outputs.isEmpty() ? y : y.add(x);
            outputs.add(x);
        }
        return outputs;
    }

    /** The half that reads to the right: a language model of texts. */
    public LanguageModel ahead() { return half(ahead, config.startMark(), config.endMark()); }

    /** The half that reads to the left: a language model of texts written backwards, from the end mark to the start mark. */
    public LanguageModel back() { return half(back, config.endMark(), config.startMark()); }

    private LanguageModel half(List<Lstm> stack, int start, int end) {
        return new CausalLanguageModel(ids -> head.forward(
                run(stack, encoded(ids.to(DType.I32).toIntArray(), (int) ids.size(0), Pass.inference()), Pass.inference()).getLast(),
                Pass.inference()), config.vocabulary(), start, end);
    }

    /**
     * Learns both directions, {@code -log p(next) - log p(previous)} over two, from where the parameters stand. A row of a batch is a text.
     *
     * @param texts ids without marks; empty ones are left out
     * @param validation texts whose loss a token, over both directions, is the score of an epoch, or empty
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     */
    public History fit(List<int[]> texts, List<int[]> validation, Trainer trainer, Rng rng, Progress progress) {
        var full = texts.stream().filter(t -> t.length > 0).toList();
        if (full.isEmpty()) throw new IllegalArgumentException("Elmo: the " + texts.size() + " texts have no token");
        BatchLoss loss = (rows, pass) -> loss(Arrays.stream(rows).mapToObj(full::get).toList(), pass);
        return trainer.start(this, full.size(), loss.weighing(rows -> Arrays.stream(rows).mapToDouble(r -> full.get(r).length + 1).sum()),
                validation.isEmpty() ? null : () -> score(validation), rng).finish(progress);
    }

    private double score(List<int[]> texts) {
        var other = texts.stream().map(Elmo::backwards).toList();
        return (Math.log(ahead().evaluate(texts).perplexity()) + Math.log(back().evaluate(other).perplexity())) / 2;
    }

    private static int[] backwards(int[] ids) {
        var other = new int[ids.length];
        for (int t = 0; t < ids.length; t++) other[t] = ids[ids.length - 1 - t];
        return other;
    }

    private Tensor loss(List<int[]> texts, Pass pass) {
        int n = texts.size(), length = texts.stream().mapToInt(t -> t.length).max().orElseThrow(), all = length + 2;
        var ids = new long[n * length];
        int[] lengths = texts.stream().mapToInt(t -> t.length).toArray();
        for (int i = 0; i < n; i++) for (int t = 0; t < lengths[i]; t++) ids[i * length + t] = texts.get(i)[t];
        int[] marked = marked(ids, lengths, length);
        int m = Arrays.stream(lengths).sum() + n, k = 0;
        int[] places = new int[m], next = new int[m], previous = new int[m];
        for (int i = 0; i < n; i++) {
            for (int t = 0; t <= lengths[i]; t++, k++) {
                places[k] = i * all + t; // of either direction: it has read t words of its own
                next[k] = marked[i * all + t + 1];
                previous[k] = marked[i * all + lengths[i] - t];
            }
        }
        var x = encoded(marked, n, pass);
        var at = Tensor.of(places);
        var dropout = new Dropout(config.dropout());
        var right = run(ahead, x, pass).getLast().reshape((long) n * all, config.width()).indexSelect(0, at);
        var left = run(back, reversed(x, lengths), pass).getLast().reshape((long) n * all, config.width()).indexSelect(0, at);
        var targets = Arrays.copyOf(next, 2 * m);
        System.arraycopy(previous, 0, targets, m, m);
        return new CrossEntropy().of(head.forward(dropout.forward(Tensor.concat(0, right, left), pass), pass), Tensor.of(targets));
    }
}
