package lyceum.backend.tile;

/**
 * A matrix in a buffer, read and written by blocks (Triton's block pointer). What a block has beyond the matrix's edge is read as a given number and
 * not written, so sizes that are no multiple of the block's need no mask of the author's.
 */
public final class TileMatrix {
    private final TileBuilder builder;
    private final TileBuffer buffer;
    private final Tile start, rows, columns, stride;

    TileMatrix(TileBuilder builder, TileBuffer buffer, Tile start, Tile rows, Tile columns, Tile stride) {
        this.builder = builder;
        this.buffer = buffer;
        this.start = start;
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
    }

    /** A block of {@code height} rows from {@code row} and {@code width} columns from {@code column}; zeros beyond the edge. */
    public Tile load(Tile row, Tile column, int height, int width) { return load(row, column, height, width, 0); }

    /** The same with another number beyond the edge. */
    public Tile load(Tile row, Tile column, int height, int width, double other) {
        Tile i = row.add(builder.rows(height)), j = column.add(builder.columns(width));
        return buffer.load(offsets(i, j), inside(i, j), other);
    }

    /** Writes {@code x} as the block from {@code row} and {@code column}; what lies beyond the edge is left out. */
    public void store(Tile row, Tile column, Tile x) {
        Tile i = row.add(builder.rows(x.rows())), j = column.add(builder.columns(x.columns()));
        buffer.store(offsets(i, j), inside(i, j), x);
    }

    private Tile offsets(Tile i, Tile j) { return start.add(i.mul(stride)).add(j); }

    private Tile inside(Tile i, Tile j) { return i.lt(rows).and(j.lt(columns)); }
}
