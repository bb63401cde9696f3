package lyceum.backend.scalar;

import lyceum.backend.scalar.Matmul.Matrix;

/** Copies pieces of matrices to and from heap arrays, whatever their strides and (for floats) their type. */
public final class Panels {
    private Panels() {}

    private static long at(Matrix x, long row, long column) {
        return x.at() + (row * x.rowStride() + column * x.columnStride()) * x.view().dtype().bytes();
    }

    /** {@code to[at + i * stride + j] = x[row + i, column + j]}. */
    public static void load(Matrix x, int row, int rows, int column, int columns, float[] to, int at, int stride) {
        var segment = x.view().storage().segment();
        var type = x.view().dtype();
        if (x.columnStride() == 1 || rows == 1) {
            for (int i = 0; i < rows; i++)
                Elements.load(type, segment, at(x, row + i, column), x.columnStride(), to, at + i * stride, columns);
            return;
        }
        // A transposed operand is read along its memory, and scattered into the array, which is in cache.
        var line = new float[rows];
        for (int j = 0; j < columns; j++) {
            Elements.load(type, segment, at(x, row, column + j), x.rowStride(), line, 0, rows);
            for (int i = 0; i < rows; i++) to[at + i * stride + j] = line[i];
        }
    }

    public static void load(Matrix x, int row, int rows, int column, int columns, double[] to, int at, int stride) {
        var segment = x.view().storage().segment();
        var type = x.view().dtype();
        if (x.columnStride() == 1 || rows == 1) {
            for (int i = 0; i < rows; i++)
                Elements.load(type, segment, at(x, row + i, column), x.columnStride(), to, at + i * stride, columns);
            return;
        }
        var line = new double[rows];
        for (int j = 0; j < columns; j++) {
            Elements.load(type, segment, at(x, row, column + j), x.rowStride(), line, 0, rows);
            for (int i = 0; i < rows; i++) to[at + i * stride + j] = line[i];
        }
    }

    /** Stores a dense (rows, columns) array. */
    public static void store(Matrix x, float[] from, int rows, int columns) {
        var segment = x.view().storage().segment();
        for (int i = 0; i < rows; i++) Elements.store(x.view().dtype(), from, i * columns, segment, at(x, i, 0), x.columnStride(), columns);
    }

    public static void store(Matrix x, double[] from, int rows, int columns) {
        var segment = x.view().storage().segment();
        for (int i = 0; i < rows; i++) Elements.store(x.view().dtype(), from, i * columns, segment, at(x, i, 0), x.columnStride(), columns);
    }
}
