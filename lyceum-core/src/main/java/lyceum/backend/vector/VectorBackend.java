package lyceum.backend.vector;

import jdk.incubator.vector.FloatVector;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.scalar.Matmul;
import lyceum.backend.scalar.ScalarBackend;

/** jdk.incubator.vector: packed matrix products and vector functions; everything else as {@link ScalarBackend}, whose loops the JIT vectorises. */
public final class VectorBackend extends ScalarBackend {
    /** Below this many multiply-adds packing costs more than it brings. */
    private static final long SMALL = 16 * 16 * 16;

    public VectorBackend() { super(new VectorLanes()); }

    @Override public String name() { return "vector"; }

    @Override public String description() { return "jdk.incubator.vector, " + FloatVector.SPECIES_PREFERRED.vectorBitSize() + "-bit"; }

    @Override public void matmul(View a, View b, View out) {
        int rank = out.shape().length;
        double work = (double) out.shape()[rank - 2] * out.shape()[rank - 1] * a.shape()[rank - 1];
        if (!out.dtype().isFloat() || work < SMALL) {
            super.matmul(a, b, out);
            return;
        }
        Matmul.batched(a, b, out, Matmul.inBlocks(out.dtype() == lyceum.DType.F64 ? VectorMatmul64::multiply : VectorMatmul::multiply));
        keepReachable(a, b, out);
    }

    @Override public void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (!ColumnConvolution.suits(geometry)) {
            super.convolve(how, x, weight, epilogue, y);
            return;
        }
        new ColumnConvolution(this, geometry, y.dtype()).forward(x, weight, y);
        epilogue.applyTo(y, this);
        keepReachable(x, weight, epilogue, y);
    }

    @Override public void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (!ColumnConvolution.suits(geometry)) {
            super.convolveBack(how, y, weight, epilogue, x);
            return;
        }
        new ColumnConvolution(this, geometry, x.dtype()).back(y, weight, x);
        epilogue.applyTo(x, this);
        keepReachable(y, weight, epilogue, x);
    }

    @Override public void convolveWeight(Convolution how, View x, View y, View weight) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (!ColumnConvolution.suits(geometry) || geometry.batch() == 0 || geometry.outVolume() == 0) {
            super.convolveWeight(how, x, y, weight);
            return;
        }
        new ColumnConvolution(this, geometry, weight.dtype()).weight(x, y, weight);
        keepReachable(x, y, weight);
    }
}
