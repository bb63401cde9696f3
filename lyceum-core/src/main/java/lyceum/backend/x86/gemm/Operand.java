package lyceum.backend.x86.gemm;

/** A matrix in memory: the address of its first element, and the bytes from row to row and from column to column. */
record Operand(long address, long rowStride, long columnStride) {

    Operand transposed() { return new Operand(address, columnStride, rowStride); }

    /** The part that begins at a row and a column. */
    Operand from(long row, long column) { return new Operand(address + row * rowStride + column * columnStride, rowStride, columnStride); }
}
