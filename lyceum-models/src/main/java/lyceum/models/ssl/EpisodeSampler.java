package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Small tasks, "N-way K-shot": N classes, K examples of each to learn from and Q more to be asked.
 *
 * {@snippet :
 * var sides = EpisodeSampler.split(Datasets.digits(), Rng.of(1), 7, 3);    // seven classes to practise on, three never seen
 * var episode = new EpisodeSampler(3, 1, 5).over(sides.getLast()).draw(Rng.of(2));
 * int[] support = episode.support();                                                   // rows of these three classes' data
 * }
 *
 * @param ways N, at least 2
 * @param shots K, at least 1
 * @param queries Q of each class, at least 1
 */
@Withers
public record EpisodeSampler(int ways, int shots, int queries) implements EpisodeSamplerWithers {
    /**
     * One task.
     *
     * @param classes as the data number them, in the order of the task's own numbers 0 to N - 1
     * @param support row numbers, those of class 0 first, K of each
     * @param queries row numbers, those of class 0 first, Q of each; none is in the support
     */
    public record Episode(int[] classes, int[] support, int[] queries) {
        /** The task's class number of each support row. */
        public int[] supportLabels() { return labels(support.length); }

        /** The task's class number of each query. */
        public int[] queryLabels() { return labels(queries.length); }

        private int[] labels(int rows) {
            var labels = new int[rows];
            for (int i = 0; i < rows; i++) labels[i] = i / (rows / classes.length);
            return labels;
        }
    }

    /** Draws tasks from data. */
    @FunctionalInterface
    public interface Source {
        Episode draw(Rng rng);
    }

    public EpisodeSampler {
        if (ways < 2 || shots < 1 || queries < 1) throw new IllegalArgumentException(
                "EpisodeSampler: " + ways + " ways, " + shots + " shots, " + queries + " queries; at least 2, 1 and 1");
    }

    /** Tasks over classes that have K + Q rows or more, each set of N classes as likely. @throws IllegalArgumentException if there are not N of them */
    public Source over(Dataset data) {
        var members = ClassMembers.of("EpisodeSampler", data);
        int[] known = members.classesOf(shots + queries);
        if (known.length < ways) throw new IllegalArgumentException(
                "EpisodeSampler: " + known.length + " classes have " + (shots + queries) + " rows or more; " + ways + " ways take as many");
        return rng -> {
            var classes = new int[ways];
            int[] chosen = rng.sample(known.length, ways), support = new int[ways * shots], asked = new int[ways * queries];
            for (int i = 0; i < ways; i++) {
                classes[i] = known[chosen[i]];
                int[] own = members.rows()[classes[i]], places = rng.sample(own.length, shots + queries);
                for (int j = 0; j < shots; j++) support[i * shots + j] = own[places[j]];
                for (int j = 0; j < queries; j++) asked[i * queries + j] = own[places[shots + j]];
            }
            return new Episode(classes, support, asked);
        };
    }

    /** Parts the classes of data at random into so many for each side, as for training, validation and test. Rows keep their class numbers; the rest is left out. */
    public static List<Dataset> split(Dataset data, Rng rng, int... classes) {
        var members = ClassMembers.of("EpisodeSampler.split", data);
        int[] known = members.classesOf(1), order = rng.permutation(known.length);
        if (Arrays.stream(classes).anyMatch(c -> c < 1) || Arrays.stream(classes).sum() > known.length) throw new IllegalArgumentException(
                "EpisodeSampler.split: sides of " + Arrays.toString(classes) + " classes of " + known.length + "; each takes at least one");
        var sides = new ArrayList<Dataset>();
        int from = 0;
        for (int count : classes) {
            var side = new int[count];
            for (int i = 0; i < count; i++) side[i] = known[order[from++]];
            sides.add(only(data, side));
        }
        return List.copyOf(sides);
    }

    /** The rows of these classes, which keep their numbers. */
    public static Dataset only(Dataset data, int... classes) {
        int[] labels = data.labels(), kept = new int[labels.length];
        int n = 0;
        for (int i = 0; i < labels.length; i++) for (int c : classes) if (labels[i] == c) {
            kept[n++] = i;
            break;
        }
        if (n == 0) throw new IllegalArgumentException("EpisodeSampler.only: no row is of the classes " + Arrays.toString(classes));
        return data.rows(Arrays.copyOf(kept, n));
    }
}
