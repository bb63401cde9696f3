package lyceum.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/** Numbers rows by the values of key columns: equal keys, equal numbers, in order of first appearance. */
final class KeyCodes {
    /** The number of each row, how many there are, and whether a key of the row is null. */
    record Coded(int[] codes, int count, boolean[] hasNull) {
        /** The first row of each number. */
        int[] firstRows() {
            var first = new int[count];
            for (int row = codes.length - 1; row >= 0; row--) first[codes[row]] = row;
            return first;
        }
    }

    private KeyCodes() {}

    /** Nulls are equal to each other here, and so are NaNs, and 0 and -0. */
    static Coded of(List<Column> keys, int rows) {
        var codes = new int[rows];
        var hasNull = new boolean[rows];
        int count = rows == 0 ? 0 : 1;
        for (var key : keys) {
            var longs = longs(key);
            var heap = key.heap();
            var numbers = new LongNumbering(rows);
            for (int row = 0; row < rows; row++) {
                boolean isNull = Column.isNull(heap, row);
                hasNull[row] |= isNull;
                longs[row] = isNull ? 0 : 1 + numbers.of(longs[row]);
            }
            var pairs = new LongNumbering(rows);
            for (int row = 0; row < rows; row++) codes[row] = pairs.of((long) codes[row] << 32 | longs[row]);
            count = pairs.size();
        }
        return new Coded(codes, count, hasNull);
    }

    private static long[] longs(Column key) {
        var heap = key.heap();
        if (key.type() == ColumnType.TEXT) {
            var seen = new HashMap<String, Integer>();
            var longs = new long[key.size()];
            for (int row = 0; row < longs.length; row++) {
                if (Column.isNull(heap, row)) continue;
                longs[row] = seen.computeIfAbsent(key.text(heap, row), word -> seen.size());
            }
            return longs;
        }
        if (key.type() != ColumnType.F64) return heap.longs();
        var longs = new long[key.size()];
        for (int row = 0; row < longs.length; row++) longs[row] = Double.doubleToLongBits(heap.doubles()[row] + 0.0);
        return longs;
    }

    /** Numbers distinct longs 0, 1, ...: open addressing, linear probing. */
    private static final class LongNumbering {
        private long[] keys;
        private int[] numbers;
        private int size;

        LongNumbering(int expected) { allocate(Integer.highestOneBit(Math.max(8, Math.min(expected, 1 << 16))) * 2); }

        private void allocate(int slots) {
            keys = new long[slots];
            numbers = new int[slots];
            Arrays.fill(numbers, -1);
        }

        int size() { return size; }

        int of(long key) {
            int at = slot(key);
            if (numbers[at] >= 0) return numbers[at];
            if (size * 2 >= keys.length) {
                grow();
                at = slot(key);
            }
            keys[at] = key;
            numbers[at] = size;
            return size++;
        }

        private int slot(long key) {
            long mixed = (key ^ key >>> 32) * 0x9E3779B97F4A7C15L;
            int at = (int) (mixed >>> 33) & keys.length - 1;
            while (numbers[at] >= 0 && keys[at] != key) at = at + 1 & keys.length - 1;
            return at;
        }

        private void grow() {
            var oldKeys = keys;
            var oldNumbers = numbers;
            allocate(keys.length * 2);
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldNumbers[i] < 0) continue;
                int at = slot(oldKeys[i]);
                keys[at] = oldKeys[i];
                numbers[at] = oldNumbers[i];
            }
        }
    }
}
