package lyceum.models.sequence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.data.PadCollator;
import lyceum.memory.Scope;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * Sequences of any length to sequences of any length: an {@link EncoderDecoder}, how it is trained (teacher forcing, or scheduled sampling) and how it is
 * asked (greedy, by beams, with its alignment).
 *
 * {@snippet :
 * var model = new Seq2Seq(new Seq2SeqConfig(60, 60, 32, 64), rng);
 * model.fit(pairs, new Trainer(new Adam(3e-3), 10), Seq2Seq.Forcing.ALWAYS, rng, Progress.SILENT);
 * int[] answer = model.translate(source);
 * var best = model.beams(source, new BeamSearch(4, 1, 40).withNormalisation(BeamSearch.Normalisation.LENGTH));
 * double right = model.exactMatch(fresh, 40);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1409.3215">Sutskever, Vinyals and Le (2014)</a>
 * @see <a href="https://arxiv.org/abs/1506.03099">Bengio, Vinyals, Jaitly and Shazeer (2015) for scheduled sampling</a>
 */
public final class Seq2Seq {
    private static final int BATCH = 128;
    private final Seq2SeqConfig config;
    private final EncoderDecoder model;

    /** A source and its target, without marks. */
    public record Pair(int[] source, int[] target) {}

    /** With what probability a step of training is given the true token before it, and not the model's own. */
    @FunctionalInterface
    public interface Forcing {
        /** Always: teacher forcing. */
        Forcing ALWAYS = _ -> 1;
        /** Never: the model goes on from what it said itself. */
        Forcing NEVER = _ -> 0;

        /** @param step of the optimiser, from 0 */
        double rate(long step);

        /** From 1 in a straight line to {@code least} at that step. */
        static Forcing linear(long steps, double least) { return step -> Math.max(least, 1 - (1 - least) * step / steps); }

        /** {@code k / (k + exp(step / k))}. */
        static Forcing inverseSigmoid(double k) { return step -> k / (k + Math.exp(step / k)); }

        /** {@code base^step}. */
        static Forcing exponential(double base) { return step -> Math.pow(base, step); }
    }

    /**
     * What a decoder is given.
     *
     * @param inputs (batch, T), the begin mark first
     * @param forced tokens after the first, padding aside, that were the true ones by draw, of {@code drawn}
     */
    public record Given(Tensor inputs, long forced, long drawn) {}

    /** What was written, and where it looked: rows of weights over the source, one a token; none without attention. */
    public record Aligned(int[] tokens, List<double[]> weights) {}

    public Seq2Seq(Seq2SeqConfig config, Rng rng) {
        this.config = Objects.requireNonNull(config, "config");
        model = config.build(rng);
    }

    public Seq2SeqConfig config() { return config; }

    /** The network; its parameters change while this one is fitted. */
    public EncoderDecoder model() { return model; }

    /** Pairs as rectangles: sources, their lengths, targets behind the begin mark, and targets before the end mark. */
    private record Batch(Tensor source, int[] lengths, Tensor given, Tensor asked) {}

    private Batch batch(List<Pair> pairs) {
        var sources = new ArrayList<int[]>();
        List<int[]> given = new ArrayList<>(), asked = new ArrayList<>();
        for (var pair : pairs) {
            sources.add(read(pair.source));
            int n = pair.target.length;
            int[] before = new int[n + 1], after = Arrays.copyOf(pair.target, n + 1);
            before[0] = config.begin();
            System.arraycopy(pair.target, 0, before, 1, n);
            after[n] = config.end();
            given.add(before);
            asked.add(after);
        }
        var pad = new PadCollator(config.pad());
        var source = pad.collate(sources);
        return new Batch(source.ids(), sources.stream().mapToInt(s -> s.length).toArray(), pad.collate(given).ids(),
                pad.collate(asked).ids());
    }

    /** As the encoder reads it. */
    private int[] read(int[] source) {
        if (source.length == 0) throw new IllegalArgumentException("Seq2Seq: an empty source; drop it, or give it an end mark");
        if (!config.reversed()) return source;
        var turned = new int[source.length];
        for (int i = 0; i < turned.length; i++) turned[i] = source[source.length - 1 - i];
        return turned;
    }

    /** The mean loss of a target token, true tokens given. */
    public Tensor loss(List<Pair> pairs, Pass pass) { return loss(pairs, 1, null, pass); }

    /** As above with that rate of true tokens. @param rng of the draws; null where the rate is 0 or 1 */
    public Tensor loss(List<Pair> pairs, double rate, Rng rng, Pass pass) {
        var batch = batch(pairs);
        var memory = model.encode(batch.source, batch.lengths, pass);
        var inputs = rate >= 1 ? batch.given : given(batch, rate, rng).inputs;
        var logits = model.forward(inputs, memory, pass);
        return new CrossEntropy().withIgnoreIndex(config.pad()).of(logits.reshape(-1, config.targetTokens()), batch.asked.flatten());
    }

    /**
     * What the decoder is given at that rate of true tokens: position by position, a draw for each row, the likeliest token where it is the model's turn.
     * No gradient passes through that choice, so that what was chosen may then be learned from as a whole.
     */
    public Given given(List<Pair> pairs, double rate, Rng rng) { return given(batch(pairs), rate, rng); }

    private Given given(Batch batch, double rate, Rng rng) {
        if (!(rate >= 0 && rate <= 1)) throw new IllegalArgumentException("Seq2Seq: a forcing rate of " + rate + "; it lies in [0, 1]");
        return Autograd.noGrad(() -> {
            int rows = (int) batch.given.size(0), length = (int) batch.given.size(1);
            long[] truth = batch.given.toLongArray(), inputs = truth.clone();
            long forced = 0, drawn = 0;
            var state = model.start(batch.source, batch.lengths, Pass.inference());
            for (int t = 1; t < length; t++) {
                var before = new long[rows];
                for (int r = 0; r < rows; r++) before[r] = inputs[r * length + t - 1];
                long[] said = model.forward(Tensor.of(before, rows, 1), state, Pass.inference()).argmax(-1).toLongArray();
                for (int r = 0; r < rows; r++) {
                    boolean real = truth[r * length + t] != config.pad();
                    boolean force = rate >= 1 || rate > 0 && rng.nextDouble() < rate;
                    if (real) drawn++;
                    if (real && force) forced++;
                    if (real && !force) inputs[r * length + t] = said[r];
                }
            }
            return new Given(Tensor.of(inputs, rows, length), forced, drawn);
        });
    }

    /** Trains on pairs. @param forcing by the optimiser's step */
    public History fit(List<Pair> pairs, Trainer trainer, Forcing forcing, Rng rng, Progress progress) {
        return start(pairs, trainer, forcing, rng).finish(progress);
    }

    /** A run that has not taken a step yet. */
    public TrainingRun start(List<Pair> pairs, Trainer trainer, Forcing forcing, Rng rng) {
        if (pairs.isEmpty()) throw new IllegalArgumentException("Seq2Seq: no pairs to learn from");
        var run = new TrainingRun[1];
        var draws = rng.split(3);
        BatchLoss loss = (rows, pass) -> {
            long step = run[0].steps();
            return loss(Arrays.stream(rows).mapToObj(pairs::get).toList(), forcing.rate(step), draws.split(step).split(rows[0]), pass);
        };
        run[0] = trainer.start(model, pairs.size(),
                loss.weighing(rows -> Arrays.stream(rows).mapToLong(r -> pairs.get(r).target.length + 1).sum()), null, rng);
        return run[0];
    }

    /** What the model writes, greedily, without the end mark; at most {@code longest} tokens. */
    public List<int[]> translate(List<int[]> sources, int longest) {
        var answers = new ArrayList<int[]>();
        var greedy = new BeamSearch(1, 0, longest);
        for (int from = 0; from < sources.size(); from += BATCH) {
            try (var scope = Scope.open("translate")) {
                for (var found : search(sources.subList(from, Math.min(sources.size(), from + BATCH)), greedy))
                    answers.add(tokens(found.getFirst()));
            }
        }
        return answers;
    }

    /** One source, at most 100 tokens. */
    public int[] translate(int[] source) { return translate(List.of(source), 100).getFirst(); }

    /** The best targets for a source, best first. */
    public List<BeamSearch.Found> beams(int[] source, BeamSearch search) { return search(List.of(source), search).getFirst(); }

    private List<List<BeamSearch.Found>> search(List<int[]> sources, BeamSearch search) {
        var read = sources.stream().map(this::read).toList();
        var source = new PadCollator(config.pad()).collate(read).ids();
        return search.search(model.steps(source, read.stream().mapToInt(s -> s.length).toArray(), config.begin()), config.end());
    }

    private int[] tokens(BeamSearch.Found found) {
        return found.tokens().stream().mapToInt(Integer::intValue).takeWhile(t -> t != config.end()).toArray();
    }

    /** Greedy, with the weights of each step where the decoder is recurrent and looks. Rows are in the order in which the source was read. */
    public Aligned align(int[] source, int longest) {
        return Autograd.noGrad(() -> {
            var read = read(source);
            var state = model.start(Tensor.of(read, 1, read.length), null, Pass.inference());
            var rows = new ArrayList<double[]>();
            var tokens = new ArrayList<Integer>();
            int token = config.begin();
            while (tokens.size() < longest) {
                token = (int) model.forward(Tensor.of(new int[] {token}, 1, 1), state, Pass.inference()).argmax(-1).itemLong(0, 0);
                if (token == config.end()) break;
                tokens.add(token);
                if (state.decoder() instanceof TargetDecoder.Looking looking && looking.weights() != null)
                    rows.add(looking.weights().toDoubleArray());
            }
            return new Aligned(tokens.stream().mapToInt(Integer::intValue).toArray(), rows);
        });
    }

    /** The share of pairs whose target is written without a fault. */
    public double exactMatch(List<Pair> pairs, int longest) {
        var written = translate(pairs.stream().map(Pair::source).toList(), longest);
        int right = 0;
        for (int i = 0; i < written.size(); i++) if (Arrays.equals(written.get(i), pairs.get(i).target)) right++;
        return (double) right / pairs.size();
    }

    /** Writes the network. */
    public void save(Path path) throws IOException { model.save(path); }

    /** Reads what {@link #save} wrote into a network of the same configuration. */
    public void load(Path path) throws IOException { model.load(path); }
}
