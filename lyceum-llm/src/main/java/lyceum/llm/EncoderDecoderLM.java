package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.BeamSearch;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.nn.Transformer;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A model that reads one text and writes another: T5 and its kin, by an {@link EncoderDecoderConfig}.
 *
 * {@snippet :
 * var model = new EncoderDecoderLM(EncoderDecoderConfig.t5(100, 2, 32, 4, 64), Rng.of(1));
 * model.loss(sources, targets, Pass.training(rng)).backward();                    // rows of ids, each target with its end mark
 * List<int[]> answers = model.generate(sources, 20);                              // greedy, from the cache
 * var best = model.beams(new BeamSearch(4, 0.6, 20), sources);
 * }
 *
 * <p>First weights are T5's: embeddings of deviation 1, queries {@code (width d)^-1/2} since scores are not scaled, others by their fan-in. Child: {@code transformer}.
 * {@link lyceum.llm.checkpoint.T5Checkpoint} reads published files.
 *
 * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al. (2020)</a>
 */
public final class EncoderDecoderLM extends Module {
    private final EncoderDecoderConfig config;
    private final Transformer transformer;

    public EncoderDecoderLM(EncoderDecoderConfig config, Rng rng) {
        this.config = config;
        transformer = new Transformer(config.block(), config.vocabulary(), config.encoderLayers(), config.decoderLayers(), config.head(),
                rng);
        if (Skeleton.isBuilding()) return;
        double scale = config.block().attention().attention().scale() == 1 ? 1 / Math.sqrt(config.block().attention().headWidth()) : 1;
        Autograd.noGrad(() -> {
            draw(transformer.embedding().weight(), 1, rng);
            transformer.modules().forEach((name, module) -> {
                if (module instanceof Linear linear && !name.equals("head"))
                    draw(linear.weight(), (name.endsWith("q_proj") ? scale : 1) / Math.sqrt(linear.weight().size(1)), rng);
            });
        });
    }

    private static void draw(Tensor weight, double deviation, Rng rng) {
        weight.copy_(Init.normal(deviation).sample(rng, weight.dtype(), weight.shape().toArray()));
    }

    /** Shapes and names alone; see {@link Skeleton}. */
    public static EncoderDecoderLM skeleton(EncoderDecoderConfig config) {
        return Skeleton.of(() -> new EncoderDecoderLM(config, Rng.of(0)));
    }

    public EncoderDecoderConfig config() { return config; }

    public Transformer transformer() { return transformer; }

    /** Ids (batch, T) read, and written again: an auto-encoder's logits. */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return logits(ids, null, ids, pass); }

    /**
     * What follows each id that the decoder has read.
     *
     * @param source ids (batch, S)
     * @param lengths of the sources (batch); null for whole rows
     * @param read ids (batch, T), the start mark first
     * @return (batch, T, vocabulary)
     */
    public Tensor logits(Tensor source, Tensor lengths, Tensor read, Pass pass) { return transformer.forward(source, read, lengths, pass); }

    /** Mean of {@code -log p} of each id of the targets, their end marks included, given the sources. Rows may differ in length. */
    public Tensor loss(List<int[]> sources, List<int[]> targets, Pass pass) {
        if (sources.size() != targets.size()) throw new IllegalArgumentException(
                "EncoderDecoderLM.loss: " + sources.size() + " sources and " + targets.size() + " targets; a target a source");
        int longest = longest("target", targets);
        int[] read = new int[targets.size() * longest], labels = new int[read.length];
        Arrays.fill(read, config.padMark());
        Arrays.fill(labels, -100);
        for (int r = 0; r < targets.size(); r++) {
            int[] target = targets.get(r);
            read[r * longest] = config.startMark();
            System.arraycopy(target, 0, read, r * longest + 1, Math.min(target.length, longest - 1));
            System.arraycopy(target, 0, labels, r * longest, target.length);
        }
        var logits = logits(padded(sources), lengths(sources), Tensor.of(read, targets.size(), longest), pass);
        return new CrossEntropy().of(logits.reshape((long) read.length, config.vocabulary()), Tensor.of(labels));
    }

    private static int longest(String what, List<int[]> rows) {
        if (rows.isEmpty() || rows.stream().anyMatch(r -> r.length == 0)) throw new IllegalArgumentException(
                "EncoderDecoderLM: a " + what + " without ids among " + rows.size() + " rows; each has one at least");
        return rows.stream().mapToInt(r -> r.length).max().orElseThrow();
    }

    private Tensor padded(List<int[]> rows) {
        int longest = longest("source", rows);
        var ids = new int[rows.size() * longest];
        Arrays.fill(ids, config.padMark());
        for (int r = 0; r < rows.size(); r++) System.arraycopy(rows.get(r), 0, ids, r * longest, rows.get(r).length);
        return Tensor.of(ids, rows.size(), longest);
    }

    /** Null if all are alike. */
    private static Tensor lengths(List<int[]> rows) {
        int[] lengths = rows.stream().mapToInt(r -> r.length).toArray();
        return Arrays.stream(lengths).distinct().count() == 1 ? null : Tensor.of(lengths);
    }

    /** What the model writes for each source, the likeliest id at each step, without the end mark. Keys and values of what was written are kept. @param longest ids at most */
    public List<int[]> generate(List<int[]> sources, int longest) {
        int rows = sources.size();
        var written = new int[rows][0];
        if (rows == 0) return List.of();
        try (var scope = Scope.open("generation")) {
            Autograd.noGrad(() -> {
                var state = transformer.start(padded(sources), lengths(sources), Pass.inference());
                var last = new int[rows];
                var done = new boolean[rows];
                Arrays.fill(last, config.startMark());
                for (int step = 0, open = rows; step < longest && open > 0; step++) {
                    double[][] logits = transformer.forward(Tensor.of(last, rows, 1), state, Pass.inference()).squeeze(1).toRows();
                    for (int r = 0; r < rows; r++) {
                        if (done[r]) continue;
                        int best = 0;
                        for (int v = 1; v < logits[r].length; v++) if (logits[r][v] > logits[r][best]) best = v;
                        last[r] = best;
                        if (best == config.endMark()) {
                            done[r] = true;
                            open--;
                        } else {
                            written[r] = Arrays.copyOf(written[r], step + 1);
                            written[r][step] = best;
                        }
                    }
                }
            });
        }
        return new ArrayList<>(Arrays.asList(written));
    }

    /** The likeliest texts for each source that a search finds. */
    public List<List<BeamSearch.Found>> beams(BeamSearch search, List<int[]> sources) {
        return search.search(transformer, padded(sources), lengths(sources), config.startMark(), config.endMark());
    }
}
