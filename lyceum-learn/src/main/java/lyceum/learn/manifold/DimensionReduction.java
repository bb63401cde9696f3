package lyceum.learn.manifold;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.learn.decomposition.Pca;
import lyceum.progress.Progress;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/**
 * Ways to fewer columns, side by side: each is a {@link Transformer}, so that pipelines and searches take any of them, and {@link MapScores} judges their maps.
 *
 * {@snippet :
 * var maps = DimensionReduction.to(2).compare(x, labels, 12, Progress.SILENT);
 * maps.get("Isomap").scores().trustworthiness();
 * }
 *
 * @param reducers by name
 */
public record DimensionReduction(SequencedMap<String, Transformer> reducers) {

    /**
     * A map and what it keeps.
     *
     * @param places (n x components)
     * @param scores against the data
     */
    public record Scored(Tensor places, MapScores scores) {}

    public DimensionReduction { reducers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(reducers)); }

    /** PCA, random projection, classical and metric scaling, Isomap, LLE, t-SNE, UMAP and an autoencoder, with settings that suit a few hundred rows or more. */
    public static DimensionReduction to(int components) {
        var all = new LinkedHashMap<String, Transformer>();
        all.put("PCA", new Pca(components));
        all.put("random projection", new RandomProjection(components));
        all.put("classical MDS", new Mds(components));
        all.put("metric MDS", new Mds(components, Mds.Method.METRIC));
        all.put("Isomap", new Isomap(10, components));
        all.put("LLE",
                new LocallyLinearEmbedding(Math.max(12, components + 1), components).withMethod(LocallyLinearEmbedding.Method.MODIFIED));
        all.put("t-SNE", new Tsne().withComponents(components));
        all.put("UMAP", new Umap().withComponents(components));
        all.put("autoencoder", new AutoencoderMap(components, 64));
        return new DimensionReduction(all);
    }

    /** These alone. @throws IllegalArgumentException if there is no such one */
    public DimensionReduction only(String... names) {
        var some = new LinkedHashMap<String, Transformer>();
        for (String name : names) {
            var reducer = reducers.get(name);
            if (reducer == null) throw new IllegalArgumentException(
                    "DimensionReduction: no reducer is called \"" + name + "\"; there are " + reducers.keySet());
            some.put(name, reducer);
        }
        return new DimensionReduction(some);
    }

    /**
     * Fits each to the rows and judges its map of them.
     *
     * @param x (n x p)
     * @param labels integers (n), for the accuracy of the nearest neighbour on the map; or null
     * @param k neighbours that count
     */
    public SequencedMap<String, Scored> compare(Tensor x, Tensor labels, int k, Progress progress) {
        var scored = new LinkedHashMap<String, Scored>();
        reducers.forEach((name, reducer) -> {
            var places = reducer.fitTransform(x);
            scored.put(name, new Scored(places, MapScores.of(x, places, labels, k)));
            progress.step("reducers", scored.size(), reducers.size());
        });
        return scored;
    }
}
