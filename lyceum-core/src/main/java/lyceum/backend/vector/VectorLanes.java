package lyceum.backend.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.Op;
import lyceum.backend.scalar.Lanes;

/**
 * The functions that the JIT does not turn into vector code by itself: exponentials, logarithms and their kin. Plain arithmetic stays with
 * the loops of {@link Lanes}, which it does. Blocks shorter than a vector and the tails go the scalar way.
 */
final class VectorLanes extends Lanes {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;

    @Override protected void unary(Op op, float[] a, float[] r, int n) {
        if (n < F.length()) {
            super.unary(op, a, r, n);
            return;
        }
        int end = F.loopBound(n);
        switch (op) {
            case EXP -> { for (int i = 0; i < end; i += F.length()) FloatVector.fromArray(F, a, i).lanewise(VectorOperators.EXP).intoArray(r, i); }
            case LOG -> { for (int i = 0; i < end; i += F.length()) FloatVector.fromArray(F, a, i).lanewise(VectorOperators.LOG).intoArray(r, i); }
            case TANH -> { for (int i = 0; i < end; i += F.length()) FloatVector.fromArray(F, a, i).lanewise(VectorOperators.TANH).intoArray(r, i); }
            case SIN -> { for (int i = 0; i < end; i += F.length()) FloatVector.fromArray(F, a, i).lanewise(VectorOperators.SIN).intoArray(r, i); }
            case COS -> { for (int i = 0; i < end; i += F.length()) FloatVector.fromArray(F, a, i).lanewise(VectorOperators.COS).intoArray(r, i); }
            case RELU -> {
                for (int i = 0; i < end; i += F.length()) {
                    var x = FloatVector.fromArray(F, a, i);
                    x.blend(0f, x.lt(0f)).intoArray(r, i);
                }
            }
            case RSQRT -> {
                var one = FloatVector.broadcast(F, 1f);
                for (int i = 0; i < end; i += F.length()) one.div(FloatVector.fromArray(F, a, i).sqrt()).intoArray(r, i);
            }
            case SIGMOID -> {
                // exp of a number below zero cannot overflow: e = exp(-|x|), then 1 / (1 + e) or e / (1 + e)
                for (int i = 0; i < end; i += F.length()) {
                    var x = FloatVector.fromArray(F, a, i);
                    var e = x.abs().neg().lanewise(VectorOperators.EXP);
                    FloatVector.broadcast(F, 1f).blend(e, x.lt(0f)).div(e.add(1f)).intoArray(r, i);
                }
            }
            default -> {
                super.unary(op, a, r, n);
                return;
            }
        }
        if (end < n) tail(op, a, r, end, n);
    }

    private void tail(Op op, float[] a, float[] r, int from, int n) {
        var x = java.util.Arrays.copyOfRange(a, from, n);
        super.unary(op, x, x, n - from);
        System.arraycopy(x, 0, r, from, n - from);
    }

    @Override protected void unary(Op op, double[] a, double[] r, int n) {
        if (n < D.length() || op != Op.EXP && op != Op.LOG) {
            super.unary(op, a, r, n);
            return;
        }
        int end = D.loopBound(n);
        if (op == Op.EXP) for (int i = 0; i < end; i += D.length()) DoubleVector.fromArray(D, a, i).lanewise(VectorOperators.EXP).intoArray(r, i);
        else for (int i = 0; i < end; i += D.length()) DoubleVector.fromArray(D, a, i).lanewise(VectorOperators.LOG).intoArray(r, i);
        if (end == n) return;
        var x = java.util.Arrays.copyOfRange(a, end, n);
        super.unary(op, x, x, n - end);
        System.arraycopy(x, 0, r, end, n - end);
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
