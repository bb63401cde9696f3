package lyceum.backend.x86.gemm;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.memory.Allocator;

/**
 * Products of F32 from products of BF16, for operands of any magnitude. A part of a number far from 1 may leave the range of F32 where the number does
 * not, and products of BF16 take denormal numbers for zeros. So the largest magnitude of each row of A and each column of B is looked at first:
 * if all are near 1, nothing more is done; else rows and columns are scaled by powers of two, and the result back, in F64 so that
 * nothing overflows on the way. With an infinity or a NaN anywhere the product is left to F32, where they mean what they should.
 */
public final class SplitProducts {
    /** Largest magnitudes {@code 2^-NEAR .. 2^NEAR} need no scale: the last parts of products are normal numbers, and no sum overflows. */
    private static final int NEAR = 30;
    /** {@code a * scale}, and {@code sum / scale of its row / scale of its column}. */
    private static final Program SCALED = Program.of(Op.MUL, DType.F32, DType.F32, DType.F32), BACK = back();

    private final Backend backend;
    private final Gemm gemm;

    public SplitProducts(Backend backend, Gemm gemm) {
        this.backend = backend;
        this.gemm = gemm;
    }

    private static Program back() {
        var p = new ProgramBuilder();
        int sum = p.cast(DType.F64, p.load(DType.F32, 0)), ofRow = p.of(Op.MUL, DType.F64, sum, p.load(DType.F64, 1));
        return p.build(p.cast(DType.F32, p.of(Op.MUL, DType.F64, ofRow, p.load(DType.F64, 2))));
    }

    /** {@code out = a b}; false if it is for the product in F32. */
    public boolean multiply(View a, View b, Precision precision, View out) {
        if (a.dtype() != DType.F32 || b.dtype() != DType.F32 || out.dtype() != DType.F32 || precision.parts() == 0 || !gemm.splits()
                || a.size() == 0 || b.size() == 0)
            return false;
        int rank = out.shape().length;
        Exponents rows = exponents(a, rank - 1), columns = exponents(b, rank - 2);
        if (!rows.finite || !columns.finite) return false;
        if (rows.near && columns.near) return gemm.multiply(a, b, precision, out);
        View left = scaled(a, rows), right = scaled(b, columns), sums = fresh(DType.F32, out.shape());
        if (!gemm.multiply(left, right, precision, sums)) return false;
        backend.run(BACK, new View[] {sums, rows.powers(DType.F64, 1, out.shape()), columns.powers(DType.F64, 1, out.shape())},
                new View[] {out});
        return true;
    }

    /**
     * Exponents of the largest magnitudes along an axis.
     *
     * @param shape of them, 1 along the axis and where the operand repeats itself
     */
    private record Exponents(int[] exponents, long[] shape, boolean finite, boolean near) {
        /** {@code 2^(sign * exponent)}, spread over a shape. */
        View powers(DType type, int sign, long[] over) {
            var powers = fresh(type, shape);
            var memory = powers.storage().segment();
            for (int i = 0; i < exponents.length; i++) {
                long at = powers.byteOffset() + (long) i * type.bytes();
                if (type == DType.F64) memory.set(ValueLayout.JAVA_DOUBLE, at, Math.scalb(1.0, sign * exponents[i]));
                else memory.set(ValueLayout.JAVA_FLOAT, at, Math.scalb(1f, sign * exponents[i]));
            }
            var strides = powers.strides().clone();
            for (int axis = 0; axis < strides.length; axis++) if (shape[axis] == 1) strides[axis] = 0;
            return powers.with(over, strides);
        }
    }

    private Exponents exponents(View x, int axis) {
        var shape = x.shape().clone();
        for (int i = 0; i < shape.length - 2; i++) if (x.strides()[i] == 0) shape[i] = 1;
        var rest = new long[shape.length - 1];
        for (int i = 0, j = 0; i < shape.length; i++) if (i != axis) rest[j++] = shape[i];
        var axes = new boolean[shape.length];
        axes[axis] = true;
        var largest = fresh(DType.F32, rest);
        backend.reduce(Backend.Reduction.MAX, Program.of(Op.ABS, DType.F32, DType.F32), new View[] {x.with(shape, x.strides())}, axes,
                largest);
        shape[axis] = 1;
        var exponents = new int[Math.toIntExact(View.size(rest))];
        boolean finite = true, near = true;
        for (int i = 0; i < exponents.length; i++) {
            float value = largest.storage().segment().get(ValueLayout.JAVA_FLOAT, largest.byteOffset() + 4L * i);
            finite &= Float.isFinite(value);
            // A power whose inverse is a number too: rows of denormal numbers stay a little small, which harms nothing.
            exponents[i] = value == 0 ? 0 : Math.clamp(Math.getExponent(value), -126, 126);
            near &= Math.abs(exponents[i]) <= NEAR;
        }
        return new Exponents(exponents, shape, finite, near);
    }

    /** A copy with magnitudes of at most 4. */
    private View scaled(View x, Exponents exponents) {
        var copy = fresh(DType.F32, x.shape());
        backend.run(SCALED, new View[] {x, exponents.powers(DType.F32, -1, x.shape())}, new View[] {copy});
        return copy;
    }

    private static View fresh(DType type, long[] shape) {
        return new View(type, Allocator.allocate(Math.max(1, Math.multiplyExact(View.size(shape), type.bytes()))), 0, shape,
                View.contiguousStrides(shape));
    }
}
