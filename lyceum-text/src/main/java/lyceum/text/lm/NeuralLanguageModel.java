package lyceum.text.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.nn.Dropout;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.LlamaBlock;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RMSNorm;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.Sequential;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.lm.NeuralLanguageModelConfig.Kind;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * A small network that predicts words, from nothing to a perplexity: vectors of words, a network that turns those before into a vector h, and
 * {@code p(w) = softmax(W h + b)}. Four kinds of network, one way to train them, and the calls of every other {@link LanguageModel}.
 *
 * {@snippet :
 * var model = new NeuralLanguageModel(NeuralLanguageModelConfig.lstm(2000).withDropout(0.2), rng);
 * model.fit(texts, validation, new Trainer(new Adam(5e-3), 3).withBatchSize(32).withClip(Clip.norm(1)), rng, Progress.SILENT);
 * double perplexity = model.evaluate(heldOut).perplexity();
 * var better = MixtureLanguageModel.fitted(validation, model, kneserNey);
 * }
 *
 * <p>{@link #save} and {@link #load(java.nio.file.Path)} keep the parameters; the configuration is the caller's to keep.
 *
 * @see <a href="https://doi.org/10.21437/Interspeech.2010-343">Mikolov and others (2010)</a>
 */
public final class NeuralLanguageModel extends Module implements LanguageModel {
    private final NeuralLanguageModelConfig config;
    private final NeuralProbabilisticLanguageModel window;
    private final Embedding vectors;
    private final Module network;
    private final Linear head;

    public NeuralLanguageModel(NeuralLanguageModelConfig config, Rng rng) {
        this.config = config;
        int v = config.vocabulary(), d = config.width();
        if (config.kind() == Kind.WINDOW) {
            window = new NeuralProbabilisticLanguageModel(new NeuralProbabilisticConfig(config.order(), v).withWidth(d)
                    .withHidden(config.units()).withStartMark(config.startMark()).withEndMark(config.endMark()), rng);
            vectors = null;
            network = null;
            head = null;
            return;
        }
        window = null;
        vectors = new Embedding(new EmbeddingConfig(v, d).withInit(Init.normal(0.1)), rng);
        var recurrent = new RnnConfig(d, config.units()).withLayers(config.layers()).withDropout(config.dropout());
        network = switch (config.kind()) {
            case RNN -> new Rnn(recurrent, rng);
            case LSTM -> new Lstm(recurrent, rng);
            default -> blocks(config, rng);
        };
        int out = config.kind() == Kind.TRANSFORMER ? d : config.units();
        head = config.tied() ? Linear.sharing(vectors.weight(), Tensor.zeros(DType.F32, v).compute().requiresGrad())
                : new Linear(out, v, rng);
    }

    private static Sequential blocks(NeuralLanguageModelConfig config, Rng rng) {
        var layers = new ArrayList<Layer>();
        var attention = LlamaBlock.attention(config.width(), config.heads(), config.heads(),
                new RotaryEmbedding(config.width() / config.heads(), 10_000));
        for (int l = 0; l < config.layers(); l++) {
            layers.add(new LlamaBlock(attention, config.units(), 1e-5, rng));
            layers.add(new Dropout(config.dropout()));
        }
        layers.add(new RMSNorm(config.width()));
        return new Sequential(layers);
    }

    public NeuralLanguageModelConfig config() { return config; }

    /** The words' vectors. */
    public Embedding vectors() { return window == null ? vectors : window.vectors(); }

    @Override public int vocabulary() { return config.vocabulary(); }

    @Override public int startMark() { return config.startMark(); }

    @Override public int endMark() { return config.endMark(); }

    /** Ids (batch, T) to logits (batch, T, vocabulary): at each place of what follows it. */
    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return window == null ? head.forward(hidden(ids, pass), pass) : window.sequence(ids, pass);
    }

    /** h at each place: (batch, T, width). */
    private Tensor hidden(Tensor ids, Pass pass) {
        var dropout = new Dropout(config.dropout());
        return dropout.forward(network.forward(dropout.forward(vectors.forward(ids, pass), pass), pass), pass);
    }

    /**
     * Learns to predict each token of the texts, and their ends where there is an end mark, from where the parameters stand. A row of a batch is a text, or
     * a piece of one; of a WINDOW it is a token.
     *
     * @param texts without marks
     * @param validation texts whose loss a token is the score of an epoch, or empty
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     */
    public History fit(List<int[]> texts, List<int[]> validation, Trainer trainer, Rng rng, Progress progress) {
        if (window != null) return window.fit(texts, validation, trainer, rng, progress);
        var pieces = new ArrayList<int[]>(); // what is read and, one place on, predicted
        for (var text : texts) {
            var whole = ended(text);
            var read = new int[whole.length + 1];
            read[0] = config.startMark();
            System.arraycopy(whole, 0, read, 1, whole.length);
            for (int from = 0; from + 1 < read.length; from += config.cut())
                pieces.add(Arrays.copyOfRange(read, from, Math.min(read.length, from + config.cut() + 1)));
        }
        if (pieces.isEmpty()) throw new IllegalArgumentException("NeuralLanguageModel: the " + texts.size() + " texts have no token");
        BatchLoss loss = (rows, pass) -> loss(rows, pieces, pass);
        return trainer
                .start(this, pieces.size(), loss.weighing(rows -> Arrays.stream(rows).mapToDouble(r -> pieces.get(r).length - 1).sum()),
                        validation.isEmpty() ? null : () -> Math.log(evaluate(validation).perplexity()), rng)
                .finish(progress);
    }

    private Tensor loss(int[] rows, List<int[]> pieces, Pass pass) {
        int length = Arrays.stream(rows).map(r -> pieces.get(r).length - 1).max().orElseThrow();
        int[] x = new int[rows.length * length], y = new int[x.length], places = new int[x.length];
        int n = 0;
        for (int i = 0; i < rows.length; i++) {
            int[] piece = pieces.get(rows[i]);
            for (int t = 0; t + 1 < piece.length; t++) {
                x[i * length + t] = piece[t];
                y[n] = piece[t + 1];
                places[n++] = i * length + t;
            }
        }
        var h = hidden(Tensor.of(x, rows.length, length), pass); // nothing reads what stands behind it, padding least of all
        var real = h.reshape(x.length, h.size(2)).indexSelect(0, Tensor.of(Arrays.copyOf(places, n)));
        return new CrossEntropy().of(head.forward(real, pass), Tensor.of(Arrays.copyOf(y, n)));
    }

    private LanguageModel model() {
        if (window != null) return window;
        if (network instanceof Rnn rnn) return new RecurrentLanguageModel(vectors, rnn, head, startMark(), endMark());
        return new CausalLanguageModel(ids -> forward(ids, Pass.inference()), vocabulary(), startMark(), endMark());
    }

    @Override public State start() { return model().start(); }

    /** In one pass. */
    @Override public double[] logProbabilities(int... ids) { return model().logProbabilities(ids); }

    @Override public double[] scores(List<int[]> texts) { return model().scores(texts); }
}
