package lyceum.learn.cluster;

import java.util.Objects;
import java.util.Set;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * k-means: {@code k} centres that minimise the inertia {@code J = sum_i w_i |x_i - centre(i)|^2}.
 *
 * {@snippet :
 * var model = new KMeans(10).withRestarts(5).fit(x);
 * model.inertia();                       // J at the end; model.history() has it for every iteration
 * model.predict(z);                      // the nearest centre of each row
 * model.transform(z);                    // the distance to every centre
 * }
 *
 * <p>Each iteration assigns every row to its nearest centre and moves every centre to the mean of its rows; neither can raise {@code J}. The
 * result is a local minimum: several {@code restarts} keep the best one. A centre that loses all its rows is put on the row that is farthest
 * from its own centre. Distances are sums of squared differences in F64 whatever the type of {@code x}; of equally near centres the first one
 * counts. Time {@code O(n k p)} for the first iterations; later ones compute, under {@link Algorithm#HAMERLY}, only the distances that can matter, and but for
 * every sixteenth read only rows whose bounds do not say that they stay. Memory is one copy of the data in F64, 20 bytes a row, and sums of up to 33 times the
 * centres.
 *
 * @param k number of clusters, at least 1 and at most the number of rows
 * @param start how the first centres are found; k-means++ by default
 * @param algorithm how the iterations are done; Hamerly's by default
 * @param restarts runs from different starts, 1 by default; the one with the least inertia is kept
 * @param maxIterations iterations of a run, 300 by default; for mini-batches passes over the data
 * @param tolerance a run also ends when the squared movement of all centres falls to this times the mean variance of the columns, 1e-4 by
 *     default; 0 runs until no row changes its cluster
 * @param batchSize rows of a mini-batch, 1,024 by default
 * @param seed of the starts and mini-batches
 * @see <a href="https://doi.org/10.1109/TIT.1982.1056489">Lloyd (1982), Least squares quantization in PCM</a>
 * @see <a href="https://doi.org/10.1137/1.9781611972801.12">Hamerly (2010), Making k-means even faster</a>
 */
@Withers
public record KMeans(int k, KMeansStart start, Algorithm algorithm, int restarts, int maxIterations, double tolerance, int batchSize,
        long seed) implements KMeansWithers, Clusterer {

    /** How the iterations are done. */
    public enum Algorithm {
        /** All distances in every iteration. */
        LLOYD,
        /**
         * The same iterations and result to the last bit, but rows whose bounds say that they cannot change their cluster are passed over
         * (Hamerly 2010): the faster, the more iterations there are and the more distinct the clusters.
         */
        HAMERLY,
        /** Centres follow random batches with a rate that falls as they collect rows (Sculley 2010): a little worse, for very many rows. */
        MINI_BATCH
    }

    public KMeans {
        if (k < 1) throw new IllegalArgumentException("k is " + k + "; there is at least 1 cluster");
        Objects.requireNonNull(start, "start");
        Objects.requireNonNull(algorithm, "algorithm");
        if (restarts < 1) throw new IllegalArgumentException("restarts is " + restarts + "; at least 1 run is needed");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
        if (batchSize < 1) throw new IllegalArgumentException("batchSize is " + batchSize + "; at least 1 row makes a batch");
        if (start instanceof KMeansStart.Given given && given.centres().size(0) != k) {
            throw new IllegalArgumentException("k is " + k + " but " + given.centres().size(0) + " starting centres are given");
        }
    }

    /** {@code k} clusters by Lloyd's iterations, with Hamerly's bounds, from one k-means++ start. */
    public KMeans(int k) { this(k, new KMeansStart.PlusPlus(), Algorithm.HAMERLY, 1, 300, 1e-4, 1024, 0); }

    /** From these centres (k x p). */
    public static KMeans from(Tensor centres) { return new KMeans((int) centres.size(0)).withStart(new KMeansStart.Given(centres)); }

    /** As a transformer, for pipelines: rows become their distances to the centres. */
    public ClusterDistances asTransformer() { return new ClusterDistances(this); }

    @Override public Set<Tag> tags() {
        return start instanceof KMeansStart.Given && algorithm != Algorithm.MINI_BATCH ? Set.of() : Set.of(Tag.RANDOMISED);
    }

    @Override public KMeansModel fit(Tensor x) { return fit(x, null); }

    @Override public KMeansModel fit(Tensor x, Tensor weights) { return fit(x, weights, Progress.SILENT); }

    /** {@link #fit(Tensor, Tensor)}, reporting to {@code progress} after every run. */
    public KMeansModel fit(Tensor x, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        var points = new Points(input, weights);
        if (k > points.positive()) {
            throw new IllegalArgumentException(input.operation() + ": k is " + k + " but x has " + points.positive() + " rows"
                    + (weights == null ? "" : " of positive weight") + "; ask for at most as many clusters as rows");
        }
        double movement = tolerance * points.meanVariance();
        int runs = start instanceof KMeansStart.Given && algorithm != Algorithm.MINI_BATCH ? 1 : restarts;
        KMeansRun best = null;
        for (int r = 0; r < runs; r++) {
            var rng = Rng.of(seed).split(r);
            var centres = Starts.centres(start, input.operation(), points, k, rng);
            var run = switch (algorithm) {
                case LLOYD -> new Lloyd(points, k).run(centres, maxIterations, movement, null);
                case HAMERLY -> new Lloyd(points, k).run(centres, maxIterations, movement, new Bounds(points.n, k));
                case MINI_BATCH -> new MiniBatch(points, k, batchSize, maxIterations, movement).run(centres, rng);
            };
            if (best == null || run.inertia() < best.inertia()) best = run;
            progress.step("k-means", r + 1, runs, "inertia", best.inertia());
        }
        return best.model(points, k);
    }
}
