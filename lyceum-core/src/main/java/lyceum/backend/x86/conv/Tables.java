package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Off-heap tables that an {@link OffsetProduct} reads. */
final class Tables {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private Tables() {}

    /** The sum's steps: which element of x and of a each one multiplies. */
    static final class Steps {
        private final Storage storage; // keeps the memory
        private final MemorySegment memory;
        private int count;
        private volatile Steps dense;

        Steps(int most) {
            storage = Allocator.allocate((long) (most + OffsetProduct.AHEAD) * OffsetProduct.STEP, null);
            memory = storage.segment().asSlice(storage.base());
        }

        /** Offsets in bytes. @throws ArithmeticException beyond 2 GiB */
        void add(long x, long a) {
            memory.set(INT, (long) count * OffsetProduct.STEP, Math.toIntExact(x));
            memory.set(INT, (long) count * OffsetProduct.STEP + 4, Math.toIntExact(a));
            count++;
        }

        long address(int from) { return memory.address() + (long) from * OffsetProduct.STEP; }

        /** The same for what is packed, so many steps at a time, line after line of so many bytes. */
        Steps dense(int together, long line) {
            if (dense != null) return dense;
            var made = new Steps(count);
            for (int k = 0; k < count; k++) made.add(k % together * line, memory.get(INT, (long) k * OffsetProduct.STEP + 4));
            return dense = made;
        }

        int count() { return count; }
    }

    /** Vectors of columns: where each reads x and writes y, and which of its lanes are outputs. */
    static final class Columns {
        private final Storage storage; // keeps the memory
        private final MemorySegment memory;
        private final Element element;
        private final int lanes;
        private int count, whole = -1;

        /** @param lanes elements of a vector */
        Columns(int most, Element element, int lanes) {
            this.element = element;
            this.lanes = lanes;
            storage = Allocator.allocate((long) Math.max(1, most) * OffsetProduct.COLUMN, null);
            memory = storage.segment().asSlice(storage.base());
        }

        /** @param mask of the 32-bit words that are outputs, neighbours in y; offsets in bytes, that of y for the first of them */
        void add(long x, long y, int mask) {
            int words = lanes * element.words;
            long at = (long) count++ * OffsetProduct.COLUMN;
            memory.set(LONG, at + OffsetProduct.COLUMN_X, x);
            memory.set(LONG, at + OffsetProduct.COLUMN_Y, y);
            int outputs = Integer.bitCount(mask), next = 0;
            memory.set(LONG, at + OffsetProduct.COLUMN_MASK, (1L << outputs) - 1);
            memory.set(LONG, at + OffsetProduct.COLUMN_VALID, mask & 0xFFFFFFFFL);
            for (int lane = 0; lane < words; lane++)
                if ((mask >> lane & 1) != 0) memory.set(INT, at + OffsetProduct.COLUMN_ORDER + 4L * next++, lane);
            while (next < words) memory.set(INT, at + OffsetProduct.COLUMN_ORDER + 4L * next++, 0);
            if (words == 16) for (int lane = 0, output = 0; lane < words; lane++)
                memory.set(INT, at + OffsetProduct.COLUMN_SPREAD + 4L * lane, (mask >> lane & 1) != 0 ? output++ : 0);
            if (words == 8) for (int lane = 0; lane < words; lane++)
                memory.set(INT, at + OffsetProduct.COLUMN_LANES + 4L * lane, lane < outputs ? -1 : 0);
        }

        long address(int from) { return memory.address() + (long) from * OffsetProduct.COLUMN; }

        private long entry(int column, int field) { return memory.get(LONG, (long) column * OffsetProduct.COLUMN + field); }

        long x(int column) { return entry(column, OffsetProduct.COLUMN_X); }

        long y(int column) { return entry(column, OffsetProduct.COLUMN_Y); }

        int valid(int column) { return (int) entry(column, OffsetProduct.COLUMN_VALID); }

        /** How many lanes are outputs. */
        int outputs(int column) { return Integer.bitCount(valid(column)) / element.words; }

        /** How many of the first vectors may be stored whole, in order: the surplus of each is overwritten by the next. */
        int wholeStores() {
            if (whole >= 0) return whole;
            long outputs = 0;
            for (int v = 0; v < count; v++) outputs += outputs(v);
            int found = count;
            while (found > 0 && y(found - 1) / element.bytes + lanes > outputs) found--;
            return whole = found;
        }

        int count() { return count; }
    }
}
