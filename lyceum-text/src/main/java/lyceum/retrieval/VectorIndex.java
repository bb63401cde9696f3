package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * Vectors by id, and the nearest of them to a query. {@link FlatIndex} compares all, {@link Hnsw} walks a graph, {@link IvfPq} reads a few lists of codes. Any
 * thread may call any method.
 */
public interface VectorIndex {
    /** Numbers of a vector. */
    int dimensions();

    VectorMetric metric();

    /** Vectors that can be found. */
    int size();

    /** @throws IllegalArgumentException if the id is taken, or the vector is of another size, not finite, or zero under COSINE: names the id */
    void add(long id, float[] vector);

    /** Takes a vector out. False if there is none of this id. */
    boolean remove(long id);

    /** The vector as the index keeps it: exactly what was added where the encoding is FLOAT32. */
    Optional<float[]> get(long id);

    /** The k nearest, the nearest first, ties by id; fewer if there are not so many. */
    default List<VectorHit> search(float[] query, int k) { return search(query, k, _ -> true); }

    /** The k nearest of those whose ids {@code filter} takes. */
    List<VectorHit> search(float[] query, int k, LongPredicate filter);

    /** The k nearest of these ids, each of them compared; ids that are not there are passed over. */
    List<VectorHit> among(float[] query, int k, long[] ids);

    /** Writes the index to a file. Nothing may be added meanwhile. */
    void save(Path path) throws IOException;
}
