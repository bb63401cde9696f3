package lyceum.backend.tile;

import lyceum.DType;

/**
 * A tile that a kernel computes: assigned once, of a shape that is known when the kernel is built.
 *
 * @param id   its number in the kernel, from 0
 * @param type F32, I32 or BOOL
 */
public record Value(int id, DType type, int rows, int columns) {

    /** One element, which stretches to every shape. */
    public boolean isScalar() { return rows == 1 && columns == 1; }

    public int size() { return rows * columns; }

    public boolean sameShape(Value other) { return rows == other.rows && columns == other.columns; }

    String shape() { return "(" + rows + ", " + columns + ")"; }

    @Override public String toString() { return "%" + id; }
}
