package lyceum.train.regime;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A task to learn from few rows: those that a learner adapts to, and others that judge it.
 *
 * @param supportX (n, ..)
 * @param supportY (n) or (n, ..)
 * @param queryX (m, ..)
 * @param queryY (m) or (m, ..)
 */
public record MetaTask(Tensor supportX, Tensor supportY, Tensor queryX, Tensor queryY) {
    public MetaTask {
        if (supportX.size(0) != supportY.size(0) || queryX.size(0) != queryY.size(0))
            throw new ShapeException("MetaTask: support " + supportX.shape() + " and " + supportY.shape() + ", query " + queryX.shape()
                    + " and " + queryY.shape() + "; rows go together");
    }

    /** Draws tasks. Must depend on the stream alone. */
    @FunctionalInterface
    public interface Sampler {
        MetaTask draw(Rng rng);
    }

    /**
     * Sine waves {@code y = a sin(x - p)} with a uniform in [0.1, 5] and p in [0, pi], at x uniform in [-5, 5]: F32 columns (n, 1).
     *
     * @param shots rows of the support
     * @param queries rows of the query
     * @see <a href="https://arxiv.org/abs/1703.03400">Finn, Abbeel and Levine (2017), section 5.1</a>
     */
    public static Sampler sinusoids(int shots, int queries) {
        positive("sinusoids", shots, queries);
        return rng -> {
            double a = 0.1 + 4.9 * rng.nextDouble(), p = Math.PI * rng.nextDouble();
            float[] x = new float[shots + queries], y = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) (10 * rng.nextDouble() - 5);
                y[i] = (float) (a * Math.sin(x[i] - p));
            }
            return cut(Tensor.of(x, x.length, 1), Tensor.of(y, y.length, 1), shots);
        };
    }

    /**
     * N-way classification: different classes of a dataset, renumbered from 0 in random order, and different rows of each, class by class.
     *
     * @param ways classes of a task
     * @param shots rows of each class in the support
     * @param queries rows of each class in the query
     */
    public static Sampler fewShot(Dataset data, int ways, int shots, int queries) {
        positive("fewShot", shots, queries);
        var labels = data.labels();
        int[][] rows = new int[data.classes()][];
        for (int c = 0; c < rows.length; c++) {
            int of = c;
            rows[c] = IntStream.range(0, labels.length).filter(i -> labels[i] == of).toArray();
        }
        int[] large = IntStream.range(0, rows.length).filter(c -> rows[c].length >= shots + queries).toArray();
        if (ways < 1 || ways > large.length) throw new IllegalArgumentException(
                "MetaTask.fewShot: " + ways + " ways, and " + large.length + " classes with at least " + (shots + queries) + " rows");
        return rng -> {
            int[] classes = rng.sample(large.length, ways), first = new int[ways * shots], second = new int[ways * queries];
            for (int w = 0; w < ways; w++) {
                int[] of = rows[large[classes[w]]], drawn = rng.sample(of.length, shots + queries);
                for (int i = 0; i < shots; i++) first[w * shots + i] = of[drawn[i]];
                for (int i = 0; i < queries; i++) second[w * queries + i] = of[drawn[shots + i]];
            }
            return new MetaTask(data.x().rows(first).compute(), numbers(ways, shots), data.x().rows(second).compute(),
                    numbers(ways, queries));
        };
    }

    private static Tensor numbers(int ways, int each) {
        var y = new long[ways * each];
        Arrays.setAll(y, i -> i / each);
        return Tensor.of(y);
    }

    private static MetaTask cut(Tensor x, Tensor y, int shots) {
        long rest = x.size(0) - shots;
        return new MetaTask(x.narrow(0, 0, shots), y.narrow(0, 0, shots), x.narrow(0, shots, rest), y.narrow(0, shots, rest));
    }

    private static void positive(String name, int shots, int queries) {
        if (shots < 1 || queries < 1) throw new IllegalArgumentException(
                "MetaTask." + name + ": " + shots + " shots and " + queries + " queries; both are at least 1");
    }
}
