package lyceum.backend.x86.gemm;

import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;

/**
 * A product of matrices, or a batch of them, and how its elements are multiplied.
 *
 * @param then what is done to the sums, or null
 * @param subtracted whether the product is taken off what {@code out} holds
 */
record Product(Arithmetic arithmetic, View a, View b, View out, int m, int n, int k, Then then, boolean subtracted) {

    /**
     * A program on the sums.
     *
     * @param others its operands beside the sums, which are operand 0, and {@code outputs} its results, all of the product's shape
     * @param inPlace true if the sums may lie in the product's {@code out}, one of the outputs, until it runs
     */
    record Then(Program program, View[] others, View[] outputs, boolean inPlace) {
        Then transposed() { return new Then(program, turned(others), turned(outputs), inPlace); }

        private static View[] turned(View[] views) {
            var turned = views.clone();
            for (int i = 0; i < turned.length; i++) turned[i] = Product.turned(turned[i]);
            return turned;
        }
    }

    static Product of(Arithmetic arithmetic, View a, View b, View out) { return of(arithmetic, a, b, out, null); }

    private static Product of(Arithmetic arithmetic, View a, View b, View out, Then then) {
        int rank = out.shape().length;
        return new Product(arithmetic, a, b, out, Math.toIntExact(out.shape()[rank - 2]), Math.toIntExact(out.shape()[rank - 1]),
                Math.toIntExact(a.shape()[rank - 1]), then, false);
    }

    /** With a program. */
    static Product of(Arithmetic arithmetic, View a, View b, Program then, View[] others, View[] outputs) {
        var place = Backend.placeOfSums(arithmetic.sums, others, outputs);
        return of(arithmetic, a, b, place != null ? place : outputs[0], new Then(then, others, outputs, place != null));
    }

    /** The same numbers, from {@code out' = b' a'}. */
    Product transposed() {
        return new Product(arithmetic, turned(b), turned(a), turned(out), n, m, k, then == null ? null : then.transposed(), subtracted);
    }

    /** {@code out -= a b}. */
    Product subtracting() { return new Product(arithmetic, a, b, out, m, n, k, then, true); }

    private static View turned(View x) {
        int rank = x.shape().length;
        long[] shape = x.shape().clone(), strides = x.strides().clone();
        shape[rank - 1] = x.shape()[rank - 2];
        shape[rank - 2] = x.shape()[rank - 1];
        strides[rank - 1] = x.strides()[rank - 2];
        strides[rank - 2] = x.strides()[rank - 1];
        return x.with(shape, strides);
    }

    long batch() {
        long count = 1;
        for (int axis = 0; axis < out.shape().length - 2; axis++) count *= out.shape()[axis];
        return count;
    }

    /** True if the elements have to be converted before they can be multiplied. */
    boolean widens(View x) { return x.dtype().bytes() != arithmetic.bytes; }

    /** True if the sums go to {@code out}, and those of a row are neighbours in memory. */
    boolean isDirect() { return isResult() && (n == 1 || columnStride(out) == 1); }

    /** True if the sums go to {@code out}. */
    boolean isResult() { return out.dtype() == arithmetic.sums && (then == null || then.inPlace); }

    /** True if the sums go to {@code out}, and those of a column are neighbours in memory. */
    boolean isTurned() { return isResult() && rowStride(out) == 1; }

    static long rowStride(View x) { return x.strides()[x.strides().length - 2]; }

    static long columnStride(View x) { return x.strides()[x.strides().length - 1]; }

    /** Matrix {@code index} of the batch. */
    Operand operand(View x, long index) {
        int bytes = x.dtype().bytes();
        return new Operand(x.address() + offset(x, index) * bytes, rowStride(x) * bytes, columnStride(x) * bytes);
    }

    /** The same with its columns as rows. */
    Operand columns(View x, long index) {
        int bytes = x.dtype().bytes();
        return new Operand(x.address() + offset(x, index) * bytes, columnStride(x) * bytes, rowStride(x) * bytes);
    }

    /** Elements from the first matrix to matrix {@code index}. */
    private long offset(View x, long index) {
        long offset = 0;
        for (int axis = out.shape().length - 3; axis >= 0; axis--) {
            offset += index % out.shape()[axis] * x.strides()[axis];
            index /= out.shape()[axis];
        }
        return offset;
    }

    /** A part of matrix {@code index} of the result or of another operand of its shape. */
    View part(View x, long index, int row, int rows, int column, int columns) {
        long at = x.offset() + offset(x, index) + row * rowStride(x) + column * columnStride(x);
        return new View(x.dtype(), x.storage(), at, new long[] {rows, columns}, new long[] {rowStride(x), columnStride(x)});
    }

    /** How one operand lies when it is multiplied; its address is of no account. */
    Operand layout(View x, int depth) {
        int bytes = x.dtype().bytes();
        var own = new Operand(0, rowStride(x) * bytes, columnStride(x) * bytes);
        if (!widens(x)) return own;
        return own.columnStride() != bytes && own.rowStride() == bytes ? new Operand(0, 4, 4L * depth + 64)
                : new Operand(0, 4L * depth + 64, 4);
    }
}
