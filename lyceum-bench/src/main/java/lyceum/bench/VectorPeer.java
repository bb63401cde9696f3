package lyceum.bench;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A graph of vectors of others in this process; there with Maven's profile {@code peers}. */
interface VectorPeer {
    /** A graph over rows, which are numbered from 0. */
    interface Graph {
        Set<Long> search(float[] query, int k, int beam);
    }

    String name();

    /** Made by so many threads for Euclidean distances. */
    Graph of(List<float[]> rows, int threads);

    static Optional<VectorPeer> find() {
        try {
            return Optional.of((VectorPeer) Class.forName("lyceum.bench.JVectorGraphs").getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException | LinkageError e) {
            return Optional.empty();
        }
    }
}
