package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import lyceum.FormatException;
import lyceum.format.Durable;

/**
 * A vector database in a directory: records of an id, a vector and a payload, found by nearness among those that a filter takes.
 *
 * {@snippet :
 * static List<StoreHit> oldOnes(Path directory) throws IOException {
 *     try (var store = VectorStore.open(directory, new VectorStoreOptions(3))) {
 *         store.upsert(new VectorRecord("a", new float[] {1, 0, 0}, Map.of("lang", "de", "year", 1984)));
 *         store.upsert(new VectorRecord("b", new float[] {1, 1, 0}, Map.of("lang", "en", "year", 2001)));
 *         store.delete("b");
 *         return store.search(new float[] {0, 1, 0}, 10, PayloadFilter.range("year", 1980, 1990));
 *     }
 * }
 * }
 *
 * <p>A write is appended to a log with a checksum, and only then acknowledged; after a crash the log is replayed up to its last whole write. New records
 * are compared one by one; when there are {@link VectorStoreOptions#segmentSize} of them they are sealed into files that are mapped, with an index. Segments
 * of like size are merged, deleted records left out. An update is a delete and an insert that become visible together.
 *
 * <p>A filter that few records pass is applied first and those are compared one by one; otherwise the index walks through what it may not return. Any
 * thread may read at any time and sees all records of one moment; writes come one after another. One process writes to a store: a second one is refused.
 *
 * @see <a href="https://doi.org/10.1145/3448016.3457550">Wang et al. (2021): Milvus</a>
 */
public final class VectorStore implements AutoCloseable {
    private static final String MANIFEST = "store.lyx";
    private static final int UPSERT = 1, DELETE = 2;

    private final Path directory;
    private final VectorStoreOptions options;
    private final VectorRows rules;
    private final StoreLock lock;
    private final ReentrantReadWriteLock changing = new ReentrantReadWriteLock();
    private final List<String> names = new ArrayList<>();
    private StoreLog log;
    private GrowingSegment growing;
    private int generation;
    private boolean closed;
    private volatile StoreView view;

    /**
     * Opens the store in the directory, or makes one.
     *
     * @param options of a new store; those of one that is there must be the same, except for segmentSize and durable, which may change
     * @throws IOException if another process has it open, which is named, or the disk fails
     * @throws FormatException if a file is damaged
     */
    public static VectorStore open(Path directory, VectorStoreOptions options) throws IOException {
        Durable.createDirectories(directory);
        return new VectorStore(directory, options);
    }

    /** Opens a store that is there, as it was made. */
    public static VectorStore open(Path directory) throws IOException { return new VectorStore(directory, null); }

    private VectorStore(Path directory, VectorStoreOptions wanted) throws IOException {
        this.directory = directory;
        boolean there = Files.exists(directory.resolve(MANIFEST));
        if (!there && wanted == null) throw new IOException(directory + " holds no VectorStore; give options to make one");
        lock = StoreLock.of(directory);
        try {
            var manifest = there ? StoreManifest.read(directory.resolve(MANIFEST)) : new StoreManifest(wanted, 0, List.of(), List.of());
            options = wanted == null ? manifest.options() : manifest.options().agreeing(wanted);
            rules = new VectorRows(options.dimensions(), options.metric(), VectorEncoding.FLOAT32);
            generation = manifest.generation();
            var segments = new ArrayList<StoreSegment>();
            for (var name : manifest.segments()) segments.add(SealedSegment.open(directory, name, options));
            names.addAll(manifest.segments());
            grow(segments, manifest.deleted());
            if (there && !Files.exists(logPath(generation)))
                throw new FormatException("VectorStore: " + logPath(generation) + " is missing");
            log = StoreLog.open(logPath(generation), options.durable(), frame -> apply(operations(frame)));
            if (!there) StoreManifest.write(directory.resolve(MANIFEST), new StoreManifest(options, 0, List.of(), List.of()));
            StoreFiles.sweep(directory, names, generation);
            sealIfFull();
        } catch (IOException | RuntimeException e) {
            if (log != null) log.close();
            lock.close();
            throw e;
        }
    }

    private Path logPath(int generation) { return directory.resolve("log-" + generation + ".lyl"); }

    /** Begins a growing segment behind these. */
    private void grow(List<StoreSegment> sealed, List<BitSet> deleted) {
        growing = new GrowingSegment(options.dimensions(), options.metric());
        var segments = new ArrayList<>(sealed);
        segments.add(growing);
        var gone = new ArrayList<>(deleted);
        gone.add(new BitSet());
        view = new StoreView(List.copyOf(segments), segments.stream().mapToInt(StoreSegment::size).toArray(), gone.toArray(BitSet[]::new));
    }

    public VectorStoreOptions options() { return options; }

    /** Records in it. */
    public int size() { return view.live(); }

    /** Sealed segments. */
    public int segments() { return view.sizes().length - 1; }

    public void upsert(VectorRecord record) throws IOException { upsert(List.of(record)); }

    /**
     * Puts records in, each in the place of one with its id. All of them become visible, and survive a crash, together.
     *
     * @throws IllegalArgumentException if a vector is of another size, not finite, or zero under COSINE: names the id, and nothing is changed
     * @throws IOException if the log cannot be written, and then nothing is changed
     */
    public void upsert(Collection<VectorRecord> records) throws IOException {
        if (records.isEmpty()) return;
        var last = new LinkedHashMap<String, Object>();
        var frame = new ByteSink();
        for (var record : records) {
            rules.query(record.vector(), "vector " + record.id());
            last.put(record.id(), record);
        }
        frame.putInt(last.size());
        for (var each : last.values()) {
            var record = (VectorRecord) each;
            frame.putByte(UPSERT);
            Payload.putText(frame, record.id());
            Payload.put(frame, record.vector());
            Payload.put(frame, record.payload());
        }
        write(frame, List.copyOf(last.values()));
    }

    /** Takes a record out. False if there is none of this id. */
    public boolean delete(String id) throws IOException { return delete(List.of(id)) == 1; }

    /** Takes records out, all at once; gives how many there were. */
    public int delete(Collection<String> ids) throws IOException {
        synchronized (changing) {
            requireOpen();
            var there = new ArrayList<Object>();
            for (var id : new HashSet<>(ids)) if (view.place(id) != null) there.add(id);
            if (there.isEmpty()) return 0;
            var frame = new ByteSink();
            frame.putInt(there.size());
            for (var id : there) {
                frame.putByte(DELETE);
                Payload.putText(frame, (String) id);
            }
            write(frame, there);
            return there.size();
        }
    }

    private List<Object> operations(MemorySegment frame) {
        var in = new Payload.Reader(frame);
        var operations = new ArrayList<>();
        for (int n = in.integer(); n > 0; n--) operations.add(switch (in.kind()) {
            case UPSERT -> new VectorRecord(in.text(), in.vector(options.dimensions()), in.payload());
            case DELETE -> in.text();
            default -> throw new FormatException("VectorStore: the log holds an operation of an unknown kind");
        });
        if (!in.done()) throw new FormatException("VectorStore: the log holds a frame with bytes left over");
        return operations;
    }

    private void write(ByteSink frame, List<Object> operations) throws IOException {
        synchronized (changing) {
            requireOpen();
            sealIfFull();
            log.append(frame.segment());
            apply(operations);
        }
    }

    private void requireOpen() { if (closed) throw new IllegalStateException("VectorStore: " + directory + " is closed"); }

    /** Records are put in, ids taken out; readers see all of it or nothing. */
    private void apply(List<Object> operations) {
        changing.writeLock().lock();
        try {
            var now = view;
            var deleted = now.deleted().clone();
            var own = new boolean[deleted.length];
            int last = deleted.length - 1;
            for (var each : operations) {
                var id = each instanceof VectorRecord record ? record.id() : (String) each;
                var place = now.place(id);
                if (place != null) {
                    int s = place.segment();
                    if (!own[s]) deleted[s] = (BitSet) deleted[s].clone();
                    own[s] = true;
                    deleted[s].set(place.row());
                }
                if (each instanceof VectorRecord record) growing.add(record);
            }
            var sizes = now.sizes().clone();
            sizes[last] = growing.size();
            view = new StoreView(now.segments(), sizes, deleted);
        } finally {
            changing.writeLock().unlock();
        }
    }

    public Optional<VectorRecord> get(String id) {
        changing.readLock().lock();
        try {
            var now = view;
            var place = now.place(id);
            return place == null ? Optional.empty() : Optional.of(now.record(place.segment(), place.row()));
        } finally {
            changing.readLock().unlock();
        }
    }

    /** The k nearest, the nearest first, equals by id; of equals at the end of the list it is open which are in it. */
    public List<StoreHit> search(float[] query, int k) { return search(query, k, PayloadFilter.ALL); }

    /** The k nearest of the records that the filter takes. Exact in an index of FLAT and FLOAT32. */
    public List<StoreHit> search(float[] query, int k, PayloadFilter filter) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        rules.query(query, "the query");
        return view.search(query, k, filter);
    }

    /** Every record, in no order, of one moment. */
    public List<VectorRecord> records() {
        var now = view;
        var all = new ArrayList<VectorRecord>();
        for (int s = 0; s < now.sizes().length; s++) all.addAll(now.records(s));
        return all;
    }

    private void sealIfFull() throws IOException {
        if (growing.size() < options.segmentSize()) return;
        // segments that are not twice as large as all behind them together are merged with them
        int from = view.sizes().length - 1, behind = view.live(from);
        while (from > 0 && view.live(from - 1) < 2 * behind) behind += view.live(--from);
        seal(from);
    }

    /** Makes one segment of all records, without the deleted ones. */
    public void compact() throws IOException {
        synchronized (changing) {
            requireOpen();
            seal(0);
        }
    }

    /** Makes a segment of those from {@code from} on and begins a new log; a list of segments that is moved into place makes it true. */
    private void seal(int from) throws IOException {
        var now = view;
        var records = new ArrayList<VectorRecord>();
        for (int s = from; s < now.sizes().length; s++) records.addAll(now.records(s));
        int next = generation + 1;
        var segments = new ArrayList<>(now.segments().subList(0, from));
        var deleted = new ArrayList<>(List.of(now.deleted()).subList(0, from));
        var kept = new ArrayList<>(names.subList(0, from));
        if (!records.isEmpty()) {
            var name = "segment-" + next;
            SealedSegment.write(directory, name, options, records);
            segments.add(SealedSegment.open(directory, name, options));
            deleted.add(new BitSet());
            kept.add(name);
        }
        Files.deleteIfExists(logPath(next));
        var fresh = StoreLog.open(logPath(next), options.durable(), _ -> {});
        try {
            StoreManifest.write(directory.resolve(MANIFEST), new StoreManifest(options, next, kept, deleted));
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
        changing.writeLock().lock();
        try {
            grow(segments, deleted);
        } finally {
            changing.writeLock().unlock();
        }
        log.close();
        log = fresh;
        generation = next;
        names.clear();
        names.addAll(kept);
        StoreFiles.sweep(directory, names, generation);
    }

    /** Copies the store, as it is at this moment, to a directory that is empty or not there; it can be opened there. */
    public void snapshot(Path to) throws IOException {
        synchronized (changing) {
            requireOpen();
            StoreFiles.copy(directory, to, Set.of(StoreLock.LOCK, StoreLock.HOLDER));
        }
    }

    /** Lets another process write. Reads go on. */
    @Override public void close() throws IOException {
        synchronized (changing) {
            if (closed) return;
            closed = true;
            log.close();
            lock.close();
        }
    }
}
