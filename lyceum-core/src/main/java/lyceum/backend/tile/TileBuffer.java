package lyceum.backend.tile;

/** A buffer of F32 that a kernel reads or writes by tiles of offsets, counted in elements from its start. */
public final class TileBuffer {
    private final TileBuilder builder;
    private final Parameter parameter;

    TileBuffer(TileBuilder builder, Parameter parameter) {
        this.builder = builder;
        this.parameter = parameter;
    }

    /** Reads at every offset; all must lie within the buffer. */
    public Tile load(Tile offsets) { return builder.load(parameter, offsets, null, 0); }

    /** Reads where {@code mask} holds; elsewhere the value is {@code other} and memory is not touched. */
    public Tile load(Tile offsets, Tile mask, double other) { return builder.load(parameter, offsets, mask, (float) other); }

    /** Writes {@code x} at every offset; all must lie within the buffer. */
    public void store(Tile offsets, Tile x) { builder.store(parameter, offsets, null, x); }

    /** Writes {@code x} where {@code mask} holds. */
    public void store(Tile offsets, Tile mask, Tile x) { builder.store(parameter, offsets, mask, x); }

    /** The buffer as a matrix of so many rows and columns, one after the other. */
    public TileMatrix matrix(Tile rows, Tile columns) { return matrix(builder.constant(0), rows, columns, columns); }

    /** A matrix in the buffer: its first element, its size, and how far apart its rows begin; all are scalars of I32. */
    public TileMatrix matrix(Tile start, Tile rows, Tile columns, Tile stride) {
        return new TileMatrix(builder, this, start, rows, columns, stride);
    }
}
