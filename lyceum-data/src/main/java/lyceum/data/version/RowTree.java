package lyceum.data.version;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.data.ContentHash;

/**
 * Rows as a Merkle tree (1987). Leaves are chunks of rows, cut where a row's hash says so (Muthitacharoen, Chen and Mazieres 2001), so that a row put in
 * early moves no later cut; nodes are cut by the hashes of their children in the same way, so that a change rewrites a path to the root and little beside.
 * Bytes of an object: a letter for its kind, then for a chunk each row with its length before it, for a node each child's hash and number of rows.
 */
final class RowTree {
    private static final int LEAST_CHUNK = 1 << 10, MOST_CHUNK = 1 << 16, CHUNK_MASK = 31, LEAST_NODE = 4, MOST_NODE = 256, NODE_MASK = 31;
    private static final int ENTRY = 40, DEEPEST = 16, MOST_CHUNKS = 1 << 26;
    private static final byte CHUNK = 'C', NODE = 'N';

    /** A subtree: its hash, and the rows below. */
    record Child(String hash, long rows) {}

    private final ObjectBackend backend;

    RowTree(ObjectBackend backend) { this.backend = backend; }

    /** Stores rows one after the other. @return the root's hash */
    String write(Iterator<byte[]> rows) {
        var levels = new ArrayList<List<Child>>();
        var chunk = new ByteArrayOutputStream();
        chunk.write(CHUNK);
        long inChunk = 0;
        boolean any = false;
        while (rows.hasNext()) {
            var row = rows.next();
            chunk.writeBytes(ByteBuffer.allocate(4).putInt(row.length).array());
            chunk.writeBytes(row);
            inChunk++;
            if (chunk.size() < LEAST_CHUNK || chunk.size() < MOST_CHUNK && (hash(row) & CHUNK_MASK) != 0) continue;
            add(levels, 0, new Child(store(chunk.toByteArray()), inChunk));
            chunk.reset();
            chunk.write(CHUNK);
            inChunk = 0;
            any = true;
        }
        if (inChunk > 0 || !any) add(levels, 0, new Child(store(chunk.toByteArray()), inChunk));
        for (int level = 0;; level++) {
            var children = levels.get(level);
            if (level == levels.size() - 1 && children.size() == 1) return children.getFirst().hash;
            if (!children.isEmpty()) add(levels, level + 1, node(children));
            children.clear();
        }
    }

    private static int hash(byte[] row) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : row) hash = (hash ^ b & 0xFF) * 0x100000001B3L;
        return (int) (hash ^ hash >>> 32);
    }

    private void add(List<List<Child>> levels, int level, Child child) {
        if (levels.size() == level) levels.add(new ArrayList<>());
        var children = levels.get(level);
        children.add(child);
        boolean cut = (Integer.parseInt(child.hash.substring(0, 4), 16) & NODE_MASK) == 0;
        if (children.size() < LEAST_NODE || children.size() < MOST_NODE && !cut) return;
        var node = node(children);
        children.clear();
        add(levels, level + 1, node);
    }

    private Child node(List<Child> children) {
        var bytes = ByteBuffer.allocate(1 + ENTRY * children.size()).put(NODE);
        long rows = 0;
        for (var child : children) {
            bytes.put(HexFormat.of().parseHex(child.hash)).putLong(child.rows);
            rows += child.rows;
        }
        return new Child(store(bytes.array()), rows);
    }

    private String store(byte[] bytes) {
        var hash = ContentHash.of(bytes);
        backend.put(hash, bytes);
        return hash;
    }

    /** An object whose bytes are those of its hash. @throws FormatException where they are not, or are missing */
    static byte[] read(ObjectBackend backend, String hash) {
        var bytes = backend.get(hash);
        if (bytes == null) throw new FormatException("DatasetStore: object " + hash + " is missing");
        if (!ContentHash.of(bytes).equals(hash))
            throw new FormatException("DatasetStore: object " + hash + " is damaged: its bytes have another hash");
        return bytes;
    }

    /** The chunks of a tree, in order; every node is told to {@code visited} before its children. */
    List<Child> chunks(String root, Consumer<String> visited) {
        var chunks = new ArrayList<Child>();
        collect(new Child(root, -1), 0, chunks, visited);
        return chunks;
    }

    private void collect(Child child, int depth, List<Child> chunks, Consumer<String> visited) {
        if (depth > DEEPEST) throw new FormatException("DatasetStore: a tree deeper than " + DEEPEST + " below " + child.hash);
        if (chunks.size() > MOST_CHUNKS) throw new FormatException("DatasetStore: more than " + MOST_CHUNKS + " chunks in a tree");
        visited.accept(child.hash);
        var bytes = read(backend, child.hash);
        if (bytes.length > 0 && bytes[0] == CHUNK) {
            chunks.add(new Child(child.hash, child.rows >= 0 ? child.rows : rows(bytes, child.hash).size()));
            return;
        }
        if (bytes.length < 1 + ENTRY || bytes[0] != NODE || (bytes.length - 1) % ENTRY != 0)
            throw new FormatException("DatasetStore: object " + child.hash + " is neither a chunk of rows nor a node");
        var in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        while (in.hasRemaining()) {
            var hash = new byte[32];
            in.get(hash);
            collect(new Child(HexFormat.of().formatHex(hash), in.getLong()), depth + 1, chunks, visited);
        }
    }

    /** The rows of one chunk. */
    List<byte[]> rows(Child chunk) { return rows(read(backend, chunk.hash), chunk.hash); }

    private static List<byte[]> rows(byte[] bytes, String hash) {
        var rows = new ArrayList<byte[]>();
        var in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        while (in.hasRemaining()) {
            int length = in.remaining() < 4 ? -1 : in.getInt();
            if (length < 0 || length > in.remaining()) throw new FormatException("DatasetStore: chunk " + hash + " ends within a row");
            var row = new byte[length];
            in.get(row);
            rows.add(row);
        }
        return rows;
    }

    /** All rows, a chunk in memory at a time. */
    Iterator<byte[]> rows(String root) {
        var chunks = chunks(root, hash -> {}).iterator();
        return new Iterator<>() {
            private Iterator<byte[]> current = List.<byte[]>of().iterator();

            @Override public boolean hasNext() {
                while (!current.hasNext() && chunks.hasNext()) current = rows(chunks.next()).iterator();
                return current.hasNext();
            }

            @Override public byte[] next() {
                if (!hasNext()) throw new NoSuchElementException();
                return current.next();
            }
        };
    }
}
