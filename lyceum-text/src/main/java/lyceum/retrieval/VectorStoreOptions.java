package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import lyceum.withers.Withers;

/**
 * What a {@link VectorStore} is made with; it is kept in the store.
 *
 * @param dimensions numbers of a vector
 * @param metric what makes two vectors alike
 * @param index of sealed segments
 * @param encoding of vectors in sealed segments of FLAT and HNSW: what is not FLOAT32 is rounded when a segment is sealed
 * @param segmentSize records that are kept in the log and compared one by one before they are sealed
 * @param durable whether a write returns only when the disk has it; else it survives the end of the process, not of the machine
 */
@Withers
public record VectorStoreOptions(int dimensions, VectorMetric metric, Kind index, VectorEncoding encoding, int segmentSize, boolean durable)
        implements VectorStoreOptionsWithers {
    /** How the vectors of a segment are searched. */
    public enum Kind {
        /** Every one is compared: exact. */
        FLAT,
        /** A graph: {@link Hnsw}. */
        HNSW,
        /** Lists of codes: {@link IvfPq}. */
        IVF_PQ
    }

    public VectorStoreOptions {
        Objects.requireNonNull(metric, "metric");
        Objects.requireNonNull(index, "index");
        Objects.requireNonNull(encoding, "encoding");
        if (dimensions < 1 || dimensions > 1 << 20)
            throw new IllegalArgumentException("VectorStore: vectors of " + dimensions + " numbers; from 1 to 2^20");
        if (segmentSize < 1) throw new IllegalArgumentException("VectorStore: segmentSize is " + segmentSize + "; it is at least 1");
    }

    /** COSINE, HNSW, FLOAT32, segments of 10,000, durable. */
    public VectorStoreOptions(int dimensions) { this(dimensions, VectorMetric.COSINE, Kind.HNSW, VectorEncoding.FLOAT32, 10_000, true); }

    /** These with what may change of a store; what may not must be the same. */
    VectorStoreOptions agreeing(VectorStoreOptions wanted) {
        var same = withSegmentSize(wanted.segmentSize).withDurable(wanted.durable);
        if (!same.equals(wanted))
            throw new IllegalArgumentException("VectorStore: it was made with " + this + " and is opened with " + wanted);
        return same;
    }

    /** An index to which the vectors of these records will be added. */
    VectorIndex empty(List<VectorRecord> records) {
        return switch (index) {
            case FLAT -> new FlatIndex(dimensions, metric, encoding, 0);
            case HNSW -> new Hnsw(dimensions, metric, encoding, 16, 100, 0);
            case IVF_PQ -> {
                int n = records.size(), sampled = Math.min(n, 20_000), lists = (int) Math.max(1, Math.sqrt(n));
                var sample = new float[sampled][];
                for (int i = 0; i < sampled; i++) sample[i] = records.get((int) ((long) i * n / sampled)).vector();
                yield IvfPq.train(
                        new IvfPq.Options().withLists(lists).withParts(Math.max(1, dimensions / 4)).withProbes(Math.max(4, lists / 4)),
                        metric, sample);
            }
        };
    }

    VectorIndex open(Path path) throws IOException {
        return switch (index) {
            case FLAT -> FlatIndex.open(path);
            case HNSW -> Hnsw.open(path);
            case IVF_PQ -> IvfPq.open(path);
        };
    }
}
