package lyceum.learn.selection;

import java.util.Arrays;
import java.util.function.BiFunction;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Where rows come from: draws of one size to fit to and of another to test on, independent or at least without a row in common. */
@FunctionalInterface
public interface Population {

    /** Two sets, to fit to and to test on. */
    Dataset[] draw(int train, int test, Rng rng);

    /** One that can be sampled for ever. @param rows draws so many */
    static Population of(BiFunction<Integer, Rng, Dataset> rows) {
        return (train, test, rng) -> new Dataset[] {rows.apply(train, rng.split(0)), rows.apply(test, rng.split(1))};
    }

    /** Of rows that there are: a random split at each draw. @throws IllegalArgumentException on a draw of more rows than that */
    static Population rows(Dataset data) {
        return (train, test, rng) -> {
            if (train < 1 || test < 1 || train + test > data.size()) throw new IllegalArgumentException(
                    "Population: " + train + " and " + test + " rows of " + data.size() + "; at least one of each, and not more together");
            int[] order = rng.permutation(data.size());
            // The test rows first, so that they stay the same for every size
            return new Dataset[] {data.rows(Arrays.copyOfRange(order, test, test + train)), data.rows(Arrays.copyOf(order, test))};
        };
    }

    /** The same rows with that share of labels replaced by another class at random, in both sets. @param classes at least 2; labels are 0 .. classes - 1 */
    default Population withLabelNoise(double share, int classes) {
        if (!(share >= 0 && share <= 1) || classes < 2) throw new IllegalArgumentException(
                "withLabelNoise: a share of " + share + " among " + classes + " classes; it lies between 0 and 1, of at least 2");
        return (train, test, rng) -> {
            var parts = draw(train, test, rng);
            for (int k = 0; k < 2; k++) {
                int[] labels = parts[k].labels();
                var stream = rng.split(100 + k);
                // Two numbers a row whether it is hit or not: the rows hit by a small share are hit by a larger one
                for (int i = 0; i < labels.length; i++) {
                    double u = stream.nextDouble();
                    int other = 1 + stream.nextInt(classes - 1);
                    if (u < share) labels[i] = (labels[i] + other) % classes;
                }
                parts[k] = parts[k].withY(Tensor.of(labels));
            }
            return parts;
        };
    }
}
