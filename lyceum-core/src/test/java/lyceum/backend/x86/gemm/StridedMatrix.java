package lyceum.backend.x86.gemm;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import lyceum.DType;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.memory.Allocator;
import lyceum.testing.Choices;

/** A matrix, or a batch of them, that lies in memory in one of the ways that views can: with gaps, turned, backwards, repeated, at any offset. */
record StridedMatrix(View view, String layout) {
    private static final byte UNTOUCHED = 0x5A;
    private static final String[] LAYOUTS = {"rows", "columns", "rows with gaps", "columns backwards", "rows backwards", "columns apart",
            "rows", "one row repeated", "one column repeated"};

    /** An operand; every layout. */
    static StridedMatrix operand(Choices choices, DType type, long batch, long rows, long columns) {
        return draw(choices, 8, type, batch, rows, columns);
    }

    /** A result: its elements lie apart. */
    static StridedMatrix result(Choices choices, DType type, long batch, long rows, long columns) {
        return draw(choices, 5, type, batch, rows, columns);
    }

    private static StridedMatrix draw(Choices choices, int layouts, DType type, long batch, long rows, long columns) {
        long gap = choices.next(5), offset = choices.next(9);
        int layout = (int) choices.next(layouts);
        long across = layout == 1 ? rows + gap : layout == 3 ? -1 : layout == 5 ? 2 + gap : layout == 8 ? 0 : 1;
        long down = layout == 1 ? 1 : layout == 7 ? 0 : (layout == 4 ? -1 : 1) * (Math.max(1, columns * Math.abs(across)) + gap);
        long matrix = Math.max(Math.abs(down) * rows, Math.abs(across) * columns) + 3;
        long first = 16 + offset + (across < 0 ? -across * (columns - 1) : 0) + (down < 0 ? -down * (rows - 1) : 0);
        var storage = Allocator.allocate((first + matrix * batch + 16) * type.bytes(), null);
        storage.segment().asSlice(storage.base(), storage.bytes()).fill(UNTOUCHED);
        long[] shape = batch == 1 ? new long[] {rows, columns} : new long[] {batch, rows, columns};
        long[] strides = batch == 1 ? new long[] {down, across} : new long[] {matrix, down, across};
        return new StridedMatrix(new View(type, storage, first, shape, strides), LAYOUTS[layout]);
    }

    long batch() { return view.shape().length == 2 ? 1 : view.shape()[0]; }

    int rows() { return (int) view.shape()[view.shape().length - 2]; }

    int columns() { return (int) view.shape()[view.shape().length - 1]; }

    private long at(long matrix, long row, long column) {
        int rank = view.shape().length;
        return view.byteOffset()
                + ((rank == 2 ? 0 : matrix * view.strides()[0]) + row * view.strides()[rank - 2] + column * view.strides()[rank - 1])
                        * view.dtype().bytes();
    }

    /** Elements of a matrix as plain numbers, row by row: a sum over them is what a test waits for. */
    double[] numbers(long matrix) {
        int rows = rows(), columns = columns();
        var numbers = new double[rows * columns];
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) numbers[i * columns + j] = get(matrix, i, j);
        return numbers;
    }

    /** The same of the matrix turned over: column by column. */
    double[] numbersTurned(long matrix) {
        int rows = rows(), columns = columns();
        var numbers = new double[rows * columns];
        for (int j = 0; j < columns; j++) for (int i = 0; i < rows; i++) numbers[j * rows + i] = get(matrix, i, j);
        return numbers;
    }

    double get(long matrix, long row, long column) {
        return Elements.getDouble(view.dtype(), view.storage().segment(), at(matrix, row, column));
    }

    void set(long matrix, long row, long column, double value) {
        if (view.dtype().isFloat()) Elements.set(view.dtype(), view.storage().segment(), at(matrix, row, column), value);
        else Elements.set(view.dtype(), view.storage().segment(), at(matrix, row, column), (long) value);
    }

    /** Every element from {@code values}, row by row. */
    StridedMatrix fill(DoubleSupplier values) {
        for (long q = 0; q < batch(); q++)
            for (long i = 0; i < rows(); i++) for (long j = 0; j < columns(); j++) set(q, i, j, values.getAsDouble());
        return this;
    }

    /** The bytes of the whole storage. */
    byte[] bytes() {
        return view.storage().segment().asSlice(view.storage().base(), view.storage().bytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Fails if anything beside the elements was written. */
    void checkSurroundings() {
        var storage = view.storage();
        var own = new boolean[(int) storage.bytes()];
        for (long q = 0; q < batch(); q++) for (long i = 0; i < rows(); i++) for (long j = 0; j < columns(); j++) {
            int at = (int) (at(q, i, j) - storage.base());
            Arrays.fill(own, at, at + view.dtype().bytes(), true);
        }
        var bytes = bytes();
        for (int i = 0; i < own.length; i++)
            if (!own[i] && bytes[i] != UNTOUCHED)
                throw new AssertionError("byte " + i + " of the result's storage was written, which is no element's");
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s %s %s at %d strides %s", view.dtype(), Arrays.toString(view.shape()), layout, view.offset(),
                Arrays.toString(view.strides()));
    }
}
