package lyceum.train.compress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Chooses weights to remove, by score: at once, or in rounds with training between them.
 *
 * {@snippet :
 * Masks masks = Pruner.magnitude(0.9).masks(model);
 * Masks tuned = Pruner.magnitude(0.9).withRounds(5).tune(model, trainer, Loss::crossEntropy, data, rng);
 * Masks pairs = Pruner.nm(model, 2, 4);
 * }
 *
 * <p>Of n weights {@code rint(sparsity n)} go, those of least score; of equal scores the first. Round t of R prunes to
 * {@code s (1 - (1 - t/R)^3)}: fast while there is plenty to spare (Zhu and Gupta 2018). What was pruned stays pruned.
 *
 * @param score of each weight
 * @param sparsity share of zeros at the end, in [0, 1)
 * @param scope among which weights scores are compared
 * @param floor share of each tensor that stays whatever its scores (0 for none): a global ranking may else empty a small layer
 * @param rounds of {@link #tune}, at least 1
 * @see <a href="https://arxiv.org/abs/1506.02626">Han, Pool, Tran and Dally (2015)</a>
 * @see <a href="https://arxiv.org/abs/1710.01878">Zhu and Gupta (2018)</a>
 */
@Withers
public record Pruner(Score score, double sparsity, Scope scope, double floor, int rounds) implements PrunerWithers {

    /** Among which weights scores are compared. */
    public enum Scope {
        /** All of the network. */
        GLOBAL,
        /** Those of one tensor. */
        TENSOR,
        /** Those of one output: a row of the weight's first axis. */
        ROW
    }

    public Pruner {
        Objects.requireNonNull(score, "score");
        Objects.requireNonNull(scope, "scope");
        if (!(sparsity >= 0 && sparsity < 1)) throw new IllegalArgumentException("Pruner: sparsity is " + sparsity + "; it lies in [0, 1)");
        if (!(floor >= 0 && floor <= 1 - sparsity)) throw new IllegalArgumentException(
                "Pruner: floor is " + floor + "; it lies in [0, " + (1 - sparsity) + "], the share that stays in all");
        if (rounds < 1) throw new IllegalArgumentException("Pruner: " + rounds + " rounds; at least 1");
    }

    /** Global, no floor, one round. */
    public Pruner(Score score, double sparsity) { this(score, sparsity, Scope.GLOBAL, 0, 1); }

    /** The smallest magnitudes of all go. */
    public static Pruner magnitude(double sparsity) { return new Pruner(Score.magnitude(), sparsity); }

    /** The weights that are pruned unless others are named: trained, of two axes or more. */
    public static SequencedMap<String, Tensor> weights(Module model) {
        var found = new LinkedHashMap<String, Tensor>();
        model.parameters().forEach((name, w) -> { if (w.rank() >= 2) found.put(name, w); });
        return found;
    }

    /** The share of zeros after a round, 1 to {@link #rounds}. */
    public double sparsityAt(int round) {
        double left = 1 - (double) round / rounds;
        return sparsity * (1 - left * left * left);
    }

    /** What stays of a model's {@link #weights} by a score that needs no data. */
    public Masks masks(Module model) { return masks(weights(model), List.of()); }

    /** What stays of the given weights; the losses are those of batches, computed from the weights as they are at each call. */
    public Masks masks(SequencedMap<String, Tensor> weights, List<Supplier<Tensor>> losses) {
        return masks(weights, losses, sparsity, null);
    }

    private Masks masks(SequencedMap<String, Tensor> weights, List<Supplier<Tensor>> losses, double share, Masks before) {
        if (weights.isEmpty()) throw new IllegalArgumentException("Pruner: there are no weights of two axes or more");
        var scores = score.of(weights, losses);
        var values = new LinkedHashMap<String, double[]>();
        scores.forEach((name, tensor) -> {
            var s = tensor.toDoubleArray();
            var gone = before == null ? null : before.kept(name).toBooleanArray();
            for (int i = 0; i < s.length; i++) {
                if (Double.isNaN(s[i])) throw new IllegalArgumentException("Pruner: the score of " + name + " is NaN at " + i);
                if (gone != null && !gone[i]) s[i] = Double.NEGATIVE_INFINITY;
            }
            values.put(name, s);
        });
        var kept = new LinkedHashMap<String, boolean[]>();
        switch (scope) {
            case GLOBAL -> kept.putAll(global(values, share));
            case TENSOR -> values.forEach((name, s) -> kept.put(name, best(s, share)));
            case ROW -> values.forEach((name, s) -> kept.put(name, rows(s, (int) weights.get(name).size(0), share)));
        }
        var masks = new LinkedHashMap<String, Tensor>();
        kept.forEach((name, stays) -> masks.put(name, Tensor.of(stays, weights.get(name).shape().toArray())));
        return Masks.of(masks);
    }

    private SequencedMap<String, boolean[]> global(SequencedMap<String, double[]> values, double share) {
        int n = values.values().stream().mapToInt(s -> s.length).sum(), at = 0;
        var all = new double[n];
        for (var s : values.values()) {
            System.arraycopy(s, 0, all, at, s.length);
            if (floor > 0) {
                var safe = best(s, 1 - floor);
                for (int i = 0; i < s.length; i++) if (safe[i]) all[at + i] = Double.POSITIVE_INFINITY;
            }
            at += s.length;
        }
        var stays = best(all, share);
        var kept = new LinkedHashMap<String, boolean[]>();
        at = 0;
        for (var entry : values.entrySet()) {
            var part = new boolean[entry.getValue().length];
            System.arraycopy(stays, at, part, 0, part.length);
            kept.put(entry.getKey(), part);
            at += part.length;
        }
        return kept;
    }

    private static boolean[] rows(double[] s, int rows, double share) {
        var kept = new boolean[s.length];
        int width = s.length / rows;
        for (int r = 0; r < rows; r++) {
            var row = new double[width];
            System.arraycopy(s, r * width, row, 0, width);
            System.arraycopy(best(row, share), 0, kept, r * width, width);
        }
        return kept;
    }

    /** True except for the {@code rint(share n)} least. */
    private static boolean[] best(double[] s, double share) {
        int gone = (int) Math.rint(share * s.length);
        var sorted = s.clone();
        Arrays.sort(sorted);
        var kept = new boolean[s.length];
        if (gone == s.length) return kept;
        double limit = sorted[gone];
        int ties = gone;
        for (double v : s) if (v < limit) ties--;
        for (int i = 0; i < s.length; i++) kept[i] = s[i] > limit || s[i] == limit && ties-- <= 0;
        return kept;
    }

    /**
     * Prunes and trains in turns, {@link #rounds} times; the losses of gradient scores are those of up to eight batches of the data.
     *
     * @return the masks at the end; the model's masked weights are 0
     */
    public Masks tune(Module model, Trainer trainer, Loss loss, Dataset data, Rng rng) {
        Masks masks = null;
        for (int round = 1; round <= rounds; round++) {
            masks = masks(weights(model), batches(model, loss, data, trainer.batchSize()), sparsityAt(round), masks);
            masks.fit(trainer, model, loss, data, rng.split(round));
        }
        return masks;
    }

    /** The losses of the first batches, at most eight, computed from the model as it is at each call. */
    public static List<Supplier<Tensor>> batches(Module model, Loss loss, Dataset data, int batchSize) {
        var losses = new ArrayList<Supplier<Tensor>>();
        for (int from = 0; from < data.size() && losses.size() < 8; from += batchSize) {
            var part = data.range(from, Math.min(data.size(), from + batchSize));
            losses.add(() -> loss.of(model.forward(part.x()), part.y()));
        }
        return losses;
    }

    /** Keeps the n largest magnitudes of every m consecutive weights of a row; of equal ones the first. */
    public static Masks nm(Module model, int n, int m) {
        var masks = new LinkedHashMap<String, Tensor>();
        weights(model).forEach((name, w) -> {
            double[] a = w.detach().abs().toDoubleArray();
            if (a.length / (int) w.size(0) % m != 0)
                throw new IllegalArgumentException("nm: rows of " + name + " " + w.shape() + " do not divide into blocks of " + m);
            if (n < 1 || n >= m) throw new IllegalArgumentException("nm: " + n + " of " + m + "; 1 to m - 1 are kept");
            var kept = new boolean[a.length];
            for (int from = 0; from < a.length; from += m) {
                IntStream.range(from, from + m).boxed().sorted(Comparator.comparingDouble(i -> -a[i])).limit(n)
                        .forEach(i -> kept[i] = true);
            }
            masks.put(name, Tensor.of(kept, w.shape().toArray()));
        });
        return Masks.of(masks);
    }
}
