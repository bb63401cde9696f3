package lyceum.backend.x86.gemm;

/** A matrix in memory: the address of its first element, and the bytes from row to row and from column to column. */
public record Operand(long address, long rowStride, long columnStride) {

    boolean isContiguous(int bytes) { return columnStride == bytes; }

    Operand transposed() { return new Operand(address, columnStride, rowStride); }
}
