package lyceum.text.lm;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingTable;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * The first neural language model: the vectors of the n - 1 words before, side by side as x, and {@code logits = b + W x + U tanh(d + H x)}. Words that stand
 * in like places get like vectors, so that a phrase never seen borrows from those that were.
 *
 * {@snippet :
 * var model = new NeuralProbabilisticLanguageModel(new NeuralProbabilisticConfig(3, 2000).withDirect(true), rng);
 * var decay = Regularizer.l2(1e-5).on("*.weight");                     // of weights and vectors, not of biases
 * model.fit(texts, validation, new Trainer(new Adam(1e-3), 5).withBatchSize(256).withRegularizer(decay), rng, Progress.SILENT);
 * var better = MixtureLanguageModel.evenly(model, trigram);
 * }
 *
 * <p>Parameters are {@code vectors.weight} C (vocabulary, m), {@code hidden.weight} H (h, (n-1) m), {@code hidden.bias} d, {@code output.weight} U
 * (vocabulary, h), {@code output.bias} b, {@code direct.weight} W (vocabulary, (n-1) m); in x the oldest word is first (the paper has the newest first). Without a hidden layer there is no
 * {@code hidden}, and {@code direct} has the bias.
 *
 * @see <a href="https://www.jmlr.org/papers/v3/bengio03a.html">Bengio, Ducharme, Vincent and Jauvin (2003)</a>
 */
public final class NeuralProbabilisticLanguageModel extends Module implements LanguageModel {
    private final NeuralProbabilisticConfig config;
    private final Embedding vectors;
    private final Linear hidden, output, direct;

    public NeuralProbabilisticLanguageModel(NeuralProbabilisticConfig config, Rng rng) {
        this.config = config;
        int x = (config.order() - 1) * config.width(), h = config.hidden(), v = config.vocabulary();
        vectors = new Embedding(new EmbeddingConfig(v, config.width()).withDtype(config.dtype()).withInit(Init.normal(0.1)), rng);
        hidden = h == 0 ? null : new Linear(x, h, true, config.dtype(), Init.torchLinear(x), rng);
        output = h == 0 ? null : new Linear(h, v, true, config.dtype(), Init.torchLinear(h), rng);
        direct = config.direct() ? new Linear(x, v, h == 0, config.dtype(), Init.torchLinear(x), rng) : null;
    }

    public NeuralProbabilisticConfig config() { return config; }

    /** C: a vector a word. */
    public Embedding vectors() { return vectors; }

    /** The vectors under the words' names. @param words of the ids, in order */
    public EmbeddingTable table(List<String> words) { return EmbeddingTable.of(words, vectors.weight()); }

    @Override public int vocabulary() { return config.vocabulary(); }

    @Override public int startMark() { return config.startMark(); }

    @Override public int endMark() { return config.endMark(); }

    /** Contexts (.., n - 1), ids, the oldest first, to logits (.., vocabulary). */
    @Override protected Tensor compute(Tensor contexts, Pass pass) {
        if (contexts.rank() == 0 || contexts.size(-1) != config.order() - 1)
            throw new ShapeException("NeuralProbabilisticLanguageModel: contexts " + contexts.shape() + "; their last axis has the "
                    + (config.order() - 1) + " ids before the one to predict");
        long[] beside = contexts.shape().toArray();
        beside[beside.length - 1] *= config.width();
        var x = vectors.forward(contexts, pass).reshape(beside);
        if (hidden == null) return direct.forward(x, pass);
        var logits = output.forward(hidden.forward(x, pass).tanh(), pass);
        return direct == null ? logits : logits.add(direct.forward(x, pass));
    }

    /** Ids (batch, T) to logits (batch, T, vocabulary): at each place of what follows it, start marks standing before the first. */
    public Tensor sequence(Tensor ids, Pass pass) {
        if (ids.rank() != 2) throw new ShapeException("NeuralProbabilisticLanguageModel: ids " + ids.shape() + "; they are (batch, T)");
        int n = (int) ids.size(0), length = (int) ids.size(1), window = config.order() - 1;
        long[] all = ids.toLongArray();
        var contexts = new int[n * length * window];
        for (int i = 0, at = 0; i < n; i++)
            for (int t = 0; t < length; t++)
                for (int j = t - window + 1; j <= t; j++) contexts[at++] = j < 0 ? config.startMark() : (int) all[i * length + j];
        return forward(Tensor.of(contexts, n, length, window), pass);
    }

    /**
     * Learns to predict each token of the texts, and their ends where there is an end mark, from where the parameters stand. A row of a batch is a token.
     *
     * @param texts without marks
     * @param validation texts whose loss a token is the score of an epoch, or empty
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     */
    public History fit(List<int[]> texts, List<int[]> validation, Trainer trainer, Rng rng, Progress progress) {
        int window = config.order() - 1, end = config.endMark() < 0 ? 0 : 1;
        int rows = texts.stream().mapToInt(t -> t.length + end).sum();
        if (rows == 0) throw new IllegalArgumentException("NeuralProbabilisticLanguageModel: the " + texts.size() + " texts have no token");
        int[] read = new int[rows * window], next = new int[rows];
        int row = 0;
        for (var text : texts) {
            for (int t = 0; t < text.length + end; t++, row++) {
                next[row] = t < text.length ? text[t] : config.endMark();
                for (int j = 0; j < window; j++) read[row * window + j] = t - window + j < 0 ? config.startMark() : text[t - window + j];
            }
        }
        BatchLoss loss = (batch, pass) -> {
            int[] x = new int[batch.length * window], y = new int[batch.length];
            for (int i = 0; i < batch.length; i++) {
                System.arraycopy(read, batch[i] * window, x, i * window, window);
                y[i] = next[batch[i]];
            }
            return new CrossEntropy().of(forward(Tensor.of(x, batch.length, window), pass), Tensor.of(y));
        };
        return trainer.start(this, rows, loss, validation.isEmpty() ? null : () -> Math.log(evaluate(validation).perplexity()), rng)
                .finish(progress);
    }

    @Override public State start() {
        var marks = new int[config.order() - 1];
        Arrays.fill(marks, config.startMark());
        return new Window(marks);
    }

    private CausalLanguageModel causal() {
        return new CausalLanguageModel(ids -> sequence(ids, Pass.inference()), vocabulary(), startMark(), endMark());
    }

    /** In one pass. */
    @Override public double[] logProbabilities(int... ids) { return causal().logProbabilities(ids); }

    @Override public double[] scores(List<int[]> texts) { return causal().scores(texts); }

    private final class Window implements State {
        private final int[] ids;

        Window(int[] ids) { this.ids = ids; }

        @Override public double[] logProbabilities() {
            var logits = Autograd.noGrad(() -> forward(Tensor.of(ids, 1, ids.length), Pass.inference()));
            return CausalLanguageModel.logProbabilities(logits, startMark(), endMark())[0];
        }

        @Override public State next(int id) {
            var later = Arrays.copyOfRange(ids, 1, ids.length + 1);
            later[ids.length - 1] = id;
            return new Window(later);
        }
    }
}
