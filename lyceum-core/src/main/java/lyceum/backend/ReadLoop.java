package lyceum.backend;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.LongBinaryOperator;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Memory that is read over and over as fast as one thread can: by machine code on x86, elsewhere by comparing its halves, which the JVM does with vectors. */
final class ReadLoop {
    /** Bytes of a turn of the machine code's loop at most: blocks are multiples of it. */
    private static final long TURN = 1024;
    /** A pass reads at least so much, for a call takes time too. */
    private static final long LEAST = 64 << 20;
    private static final LongBinaryOperator CODE = code();

    private final Storage storage;
    private final MemorySegment left, right;
    private final long bytes;

    /** A block of about so many bytes, all of them written once. */
    ReadLoop(long about) { this(written(turns(about)), 0, turns(about)); }

    private ReadLoop(Storage storage, long from, long bytes) {
        this.storage = storage;
        this.bytes = bytes;
        var all = storage.segment().asSlice(storage.base() + from, bytes);
        left = all.asSlice(0, bytes / 2);
        right = all.asSlice(bytes / 2, bytes / 2);
        if (CODE != null) return;
        MemorySegment a = left.asSlice(0, Math.min(bytes / 2, 1 << 14)), b = right.asSlice(0, a.byteSize());
        for (int i = 0; i < 20_000 && a.mismatch(b) < 0; i++) {
        } // until it is compiled: its first turns are a hundred times slower
    }

    private static Storage written(long bytes) {
        var storage = Allocator.allocate(bytes);
        storage.segment().asSlice(storage.base(), bytes).fill((byte) 1);
        return storage;
    }

    private static long turns(long bytes) { return Math.max(TURN, bytes / TURN * TURN); }

    /** One of so many equal parts of the block. */
    ReadLoop part(int number, int of) {
        long each = turns(bytes / of);
        return new ReadLoop(storage, Math.min(number * each, bytes - each), each);
    }

    /** Reads the block, a small one several times; returns how many bytes that were. */
    double pass() {
        double done = 0;
        do {
            if (CODE != null) CODE.applyAsLong(left.address(), bytes);
            else if (left.mismatch(right) >= 0) throw new AssertionError("memory that nobody writes has changed");
            done += bytes;
        } while (done < LEAST);
        Reference.reachabilityFence(storage);
        return done;
    }

    private static LongBinaryOperator code() {
        try {
            return (LongBinaryOperator) Class.forName("lyceum.backend.x86.machine.ReadPeak").getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException noMachineCode) {
            return null;
        }
    }
}
