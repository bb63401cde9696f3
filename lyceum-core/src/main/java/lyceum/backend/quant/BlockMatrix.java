package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.memory.Storage;

/**
 * A matrix of weights, each row of {@code columns} weights in blocks of one format, rows one after the other.
 *
 * <p>Immutable and safe for threads. A backend may keep its own arrangement of the weights with it, made once.
 */
public final class BlockMatrix {
    private final BlockFormat format;
    private final long rows, columns;
    private final Storage storage;
    private final long byteOffset;
    private volatile boolean checked;
    private volatile Object packed;

    /**
     * A matrix on bytes that exist already.
     *
     * @param byteOffset of the first block from the storage's base; any
     * @throws IllegalArgumentException if a row is not whole blocks or the storage is too small
     */
    public BlockMatrix(BlockFormat format, long rows, long columns, Storage storage, long byteOffset) {
        if (rows < 0) throw new IllegalArgumentException(format.name() + ": " + rows + " rows");
        long rowBytes = format.rowBytes(columns);
        if (columns > Integer.MAX_VALUE - 64)
            throw new IllegalArgumentException(format.name() + ": rows of " + columns + " weights; at most 2^31 - 65");
        if (byteOffset < 0 || byteOffset > storage.bytes() || rowBytes != 0 && rows > (storage.bytes() - byteOffset) / rowBytes)
            throw new IllegalArgumentException(format.name() + ": " + rows + " rows of " + rowBytes + " bytes at offset " + byteOffset
                    + " do not fit into " + storage.bytes() + " bytes");
        this.format = format;
        this.rows = rows;
        this.columns = columns;
        this.storage = storage;
        this.byteOffset = byteOffset;
    }

    public BlockFormat format() { return format; }

    public long rows() { return rows; }

    public long columns() { return columns; }

    /** The memory; keep this matrix reachable while you read it. */
    public MemorySegment segment() { return storage.segment(); }

    public Storage storage() { return storage; }

    /** Byte of {@link #segment()} at which a row begins. */
    public long rowAt(long row) { return storage.base() + byteOffset + row * format.rowBytes(columns); }

    /** Bytes of all rows. */
    public long bytes() { return rows * format.rowBytes(columns); }

    /**
     * Looks at every scale once; a product does so before its first use, so that a damaged file is named as such.
     *
     * @throws FormatException with the byte offset of the first scale that is infinite or NaN
     */
    public void check() {
        if (checked || format.isFloat()) return;
        var memory = segment();
        var halves = format.halves();
        long end = rowAt(rows);
        for (long at = rowAt(0); at < end; at += format.blockBytes()) {
            for (int half : halves) {
                // Exponent all ones: infinite or no number.
                if ((memory.get(BlockFormat.SHORT, at + half) & 0x7C00) == 0x7C00)
                    throw FormatException.at(format.name(), at + half - storage.base(), "a scale is not finite");
            }
        }
        checked = true;
        Reference.reachabilityFence(this);
    }

    /** Row {@code row} as floats. */
    public void dequantise(long row, float[] to, int start) {
        format.dequantiseRow(segment(), rowAt(row), (int) columns, to, start);
        Reference.reachabilityFence(this);
    }

    /** What {@code pack} makes of this matrix, made at the first call and kept. {@code kind} tells one backend's arrangement from another's. */
    public <T> T packed(Class<T> kind, Function<BlockMatrix, T> pack) {
        var found = packed;
        if (kind.isInstance(found)) return kind.cast(found);
        synchronized (this) {
            if (!kind.isInstance(packed)) packed = pack.apply(this);
            return kind.cast(packed);
        }
    }
}
