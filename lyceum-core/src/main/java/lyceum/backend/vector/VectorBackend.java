package lyceum.backend.vector;

import jdk.incubator.vector.FloatVector;
import lyceum.backend.View;
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
        long work = out.shape()[rank - 2] * out.shape()[rank - 1] * a.shape()[rank - 1];
        if (!out.dtype().isFloat() || work < SMALL) {
            super.matmul(a, b, out);
            return;
        }
        Matmul.batched(a, b, out, out.dtype() == lyceum.DType.F64 ? VectorMatmul64::multiply : VectorMatmul::multiply);
        keepReachable(a, b, out);
    }
}
