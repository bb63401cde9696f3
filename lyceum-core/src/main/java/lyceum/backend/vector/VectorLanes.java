package lyceum.backend.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.Op;
import lyceum.backend.scalar.Lanes;

/**
 * The functions that the JIT does not turn into vector code by itself: exponentials, logarithms and their kin, by {@link VectorMath}. Plain
 * arithmetic stays with the loops of {@link Lanes}, which it does; sines and cosines stay there too, until they are written here.
 */
final class VectorLanes extends Lanes {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;

    /** Blocks shorter than a vector, and the tails, are padded to one: an element has the same bits wherever it stands. */
    @Override protected void unary(Op op, float[] a, float[] r, int n) {
        if (op != Op.EXP && op != Op.LOG && op != Op.TANH && op != Op.SIGMOID && op != Op.RSQRT && op != Op.RELU) {
            super.unary(op, a, r, n);
            return;
        }
        int end = F.loopBound(n);
        whole(op, a, r, end);
        if (end == n) return;
        float[] tail = java.util.Arrays.copyOf(java.util.Arrays.copyOfRange(a, end, n), F.length()), result = new float[F.length()];
        whole(op, tail, result, F.length());
        System.arraycopy(result, 0, r, end, n - end);
    }

    /** One loop an operation: a choice inside it would keep the JIT from holding vectors in registers. */
    private static void whole(Op op, float[] a, float[] r, int end) {
        switch (op) {
            case EXP -> VectorMath.exp(a, r, end);
            case LOG -> VectorMath.log(a, r, end);
            case TANH -> VectorMath.tanh(a, r, end);
            case SIGMOID -> VectorMath.sigmoid(a, r, end);
            case RSQRT -> { for (int i = 0; i < end; i += F.length()) FloatVector.broadcast(F, 1f).div(FloatVector.fromArray(F, a, i).sqrt()).intoArray(r, i); }
            default -> {
                for (int i = 0; i < end; i += F.length()) {
                    var x = FloatVector.fromArray(F, a, i);
                    x.blend(0f, x.lt(0f)).intoArray(r, i);
                }
            }
        }
    }

    @Override protected void unary(Op op, double[] a, double[] r, int n) {
        if (op != Op.EXP && op != Op.LOG) {
            super.unary(op, a, r, n);
            return;
        }
        int end = D.loopBound(n);
        whole(op, a, r, end);
        if (end == n) return;
        double[] tail = java.util.Arrays.copyOf(java.util.Arrays.copyOfRange(a, end, n), D.length()), result = new double[D.length()];
        whole(op, tail, result, D.length());
        System.arraycopy(result, 0, r, end, n - end);
    }

    private static void whole(Op op, double[] a, double[] r, int end) {
        if (op == Op.EXP) VectorMath.exp(a, r, end);
        else VectorMath.log(a, r, end);
    }

    @Override protected void binary(Op op, float[] a, float[] b, float[] r, int n) {
        if (op != Op.MAX && op != Op.MIN || n < F.length()) {
            super.binary(op, a, b, r, n);
            return;
        }
        int end = F.loopBound(n);
        for (int i = 0; i < end; i += F.length()) {
            var x = FloatVector.fromArray(F, a, i);
            var y = FloatVector.fromArray(F, b, i);
            (op == Op.MAX ? x.max(y) : x.min(y)).intoArray(r, i);
        }
        for (int i = end; i < n; i++) r[i] = op == Op.MAX ? Math.max(a[i], b[i]) : Math.min(a[i], b[i]);
    }
}
