package lyceum.bench;

import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.SearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;

/** JVector 3.0.6, with exact scores: 32 links a node, as ours has on the ground, and a beam of 100 while building. */
final class JVectorGraphs implements VectorPeer {
    private static final int LINKS = 32, BEAM = 100;
    private static final VectorSimilarityFunction NEAR = VectorSimilarityFunction.EUCLIDEAN;

    @Override public String name() { return "JVector 3.0.6"; }

    @Override public Graph of(List<float[]> rows, int threads) {
        var types = VectorizationProvider.getInstance().getVectorTypeSupport();
        var vectors = new ArrayList<VectorFloat<?>>(rows.size());
        for (var row : rows) vectors.add(types.createFloatVector(row));
        var values = new ListRandomAccessVectorValues(vectors, rows.getFirst().length);
        var pool = new ForkJoinPool(threads);
        try (var builder = new GraphIndexBuilder(BuildScoreProvider.randomAccessScoreProvider(values, NEAR), values.dimension(), LINKS,
                BEAM, 1.2f, 1.2f, pool, pool)) {
            var graph = builder.build(values);
            var searcher = new GraphSearcher(graph);
            return (query, k, beam) -> {
                var found = searcher.search(SearchScoreProvider.exact(types.createFloatVector(query), NEAR, values), k, Math.max(k, beam),
                        0, 0, Bits.ALL);
                return Arrays.stream(found.getNodes()).map(n -> (long) n.node).collect(Collectors.toSet());
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            pool.shutdown();
        }
    }
}
