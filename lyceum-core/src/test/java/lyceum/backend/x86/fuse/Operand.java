package lyceum.backend.x86.fuse;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;
import lyceum.random.Rng;

/** A view with values, laid out in one of the ways that kernels meet, and memory around it that nothing may write. */
final class Operand {
    /** How elements of the last axis lie. */
    enum Layout {
        CONTIGUOUS, ODD_OFFSET, ONE, BACKWARDS, EVERY_THIRD, COLUMN
    }

    private static final int GUARD = 80;
    private static final byte CANARY = 0x5A;
    private static final double[] SPECIAL = {0.0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.5, -1.5,
            2.5, 1e-40, -1e-42, 3e38, -3e38, 2147483648.0, -2147483904.0, 255, 256, -129, 9.3e18};

    final View view;
    private final Storage storage;
    private final long first, last;

    private Operand(View view, long first, long last) {
        this.view = view;
        this.storage = view.storage();
        this.first = first;
        this.last = last;
    }

    static Operand of(DType type, Layout layout, long... shape) {
        int rank = shape.length;
        var strides = View.contiguousStrides(shape);
        long columns = shape[rank - 1], offset = 0;
        switch (layout) {
            case CONTIGUOUS, ODD_OFFSET -> {}
            case ONE -> { for (int i = 0; i < rank; i++) strides[i] = i == rank - 1 ? 0 : strides[i] / Math.max(1, columns); }
            case BACKWARDS -> {
                strides[rank - 1] = -1;
                offset = columns - 1;
            }
            case EVERY_THIRD -> { for (int i = 0; i < rank; i++) strides[i] *= 3; }
            case COLUMN -> {
                strides[rank - 1] = View.size(shape) / columns;
                for (int i = rank - 2; i >= 0; i--) strides[i] = strides[i] / columns;
            }
        }
        long reach = 0;
        for (int i = 0; i < rank; i++) reach += Math.max(0, strides[i]) * (shape[i] - 1);
        reach += offset;
        int bytes = type.bytes();
        long guard = layout == Layout.ODD_OFFSET ? GUARD + bytes : GUARD;
        long length = guard + (reach + 1) * bytes + GUARD;
        var storage = Allocator.allocate(length, null);
        for (long i = 0; i < length; i++) storage.segment().set(ValueLayout.JAVA_BYTE, storage.base() + i, CANARY);
        return new Operand(new View(type, storage, guard / bytes + offset, shape, strides), guard, length - GUARD);
    }

    /** Random numbers about 0, and special ones here and there. */
    Operand filled(Rng rng, boolean special, double scale) {
        for (long i = 0; i < view.size(); i++) {
            double value = special && rng.nextInt(4) == 0 ? SPECIAL[rng.nextInt(SPECIAL.length)] : rng.nextGaussian() * scale;
            long at = address(i);
            if (view.dtype().isFloat()) Elements.set(view.dtype(), storage.segment(), at, value);
            else if (view.dtype() == DType.I64 && rng.nextInt(3) == 0) Elements.set(view.dtype(), storage.segment(), at, rng.nextLong());
            else Elements.set(view.dtype(), storage.segment(), at, (long) value);
        }
        return this;
    }

    private long address(long i) {
        long offset = 0;
        for (int axis = view.shape().length - 1; axis >= 0; axis--) {
            offset += i % view.shape()[axis] * view.strides()[axis];
            i /= view.shape()[axis];
        }
        return view.byteOffset() + offset * view.dtype().bytes();
    }

    double get(long i) { return Elements.getDouble(view.dtype(), storage.segment(), address(i)); }

    /** The bits of an element; all NaNs are one. */
    long bits(long i) {
        if (!view.dtype().isFloat()) return Elements.getLong(view.dtype(), storage.segment(), address(i));
        return Double.doubleToLongBits(get(i));
    }

    void assertGuards(String what) {
        for (long i = 0; i < first; i++) check(i, what);
        for (long i = last; i < storage.bytes() && i < last + GUARD; i++) check(i, what);
    }

    private void check(long i, String what) {
        if (storage.segment().get(ValueLayout.JAVA_BYTE, storage.base() + i) != CANARY)
            throw new AssertionError(what + ": byte " + i + " beside the result was written");
    }

    @Override public String toString() {
        return view.dtype() + " " + Arrays.toString(view.shape()) + " strides " + Arrays.toString(view.strides());
    }
}
