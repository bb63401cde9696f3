package lyceum.data.dedup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Signatures row after row, in memory or in a mapped file that the system pages out; blocks of rows, so that it grows without copying. */
final class SignatureStore implements AutoCloseable {
    private static final int ROWS = 1 << 12;

    private final int values;
    private final List<MemorySegment> blocks = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final FileChannel file;
    private int size;

    SignatureStore(int values, Path spill) {
        this.values = values;
        try {
            file = spill == null ? null : FileChannel.open(spill, StandardOpenOption.READ, StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE_NEW, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException e) {
            throw new UncheckedIOException("MinHashLsh: cannot spill to " + spill, e);
        }
    }

    int size() { return size; }

    /** Adds a row. @return its number */
    int add(int[] signature) {
        if (size % ROWS == 0) blocks.add(block());
        MemorySegment.copy(signature, 0, blocks.getLast(), ValueLayout.JAVA_INT, 4L * values * (size % ROWS), values);
        return size++;
    }

    private MemorySegment block() {
        long bytes = 4L * values * ROWS;
        if (file == null) return arena.allocate(bytes, 4);
        try {
            return file.map(MapMode.READ_WRITE, blocks.size() * bytes, bytes, arena);
        } catch (IOException e) {
            throw new UncheckedIOException("MinHashLsh: cannot grow the file of signatures", e);
        }
    }

    int value(int row, int i) { return blocks.get(row / ROWS).get(ValueLayout.JAVA_INT, 4L * ((long) values * (row % ROWS) + i)); }

    /** The share of equal values of two rows. */
    double similarity(int a, int b) {
        int equal = 0;
        for (int i = 0; i < values; i++) if (value(a, i) == value(b, i)) equal++;
        return (double) equal / values;
    }

    @Override public void close() {
        arena.close();
        try {
            if (file != null) file.close();
        } catch (IOException e) {
            throw new UncheckedIOException("MinHashLsh: cannot close the file of signatures", e);
        }
    }
}
