package lyceum.backend.vector;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.math.Recipes;
import lyceum.backend.scalar.Lanes;

/**
 * The functions that the JIT does not turn into vector code by itself: those that have a recipe, by {@link RecipeLoop}. Plain arithmetic stays with
 * the loops of {@link Lanes}, which it does.
 */
final class VectorLanes extends Lanes {
    /** Apart, since the module's classes take 9 ms of a start and the x86 backend holds these loops in reserve. */
    private static final class Preferred {
        static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    }

    private final Map<Op, Optional<RecipeLoop>> floats = new ConcurrentHashMap<>(), doubles = new ConcurrentHashMap<>();

    private Optional<RecipeLoop> loop(Op op) {
        return floats.computeIfAbsent(op, o -> Recipes.of(o, DType.F32).map(r -> new RecipeLoop(r, false)));
    }

    private Optional<RecipeLoop> wideLoop(Op op) {
        return doubles.computeIfAbsent(op, o -> Recipes.of(o, DType.F64).map(r -> new RecipeLoop(r, true)));
    }

    @Override protected void unary(Op op, float[] a, float[] r, int n) {
        var loop = loop(op);
        if (loop.isPresent()) loop.get().run(a, a, r, n);
        else if (op == Op.RSQRT || op == Op.RELU) simple(op, a, r, n);
        else super.unary(op, a, r, n);
    }

    @Override protected void unary(Op op, double[] a, double[] r, int n) {
        var loop = wideLoop(op);
        if (loop.isPresent()) loop.get().run(a, a, r, n);
        else super.unary(op, a, r, n);
    }

    /** The tail, shorter than a vector, is padded to one: an element has the same bits wherever it stands. */
    private static void simple(Op op, float[] a, float[] r, int n) {
        var f = Preferred.F;
        int end = f.loopBound(n);
        whole(op, a, r, end);
        if (end == n) return;
        float[] tail = Arrays.copyOf(Arrays.copyOfRange(a, end, n), f.length());
        whole(op, tail, tail, f.length());
        System.arraycopy(tail, 0, r, end, n - end);
    }

    /** One loop an operation: a choice inside it would keep the JIT from holding vectors in registers. */
    private static void whole(Op op, float[] a, float[] r, int end) {
        var f = Preferred.F;
        if (op == Op.RSQRT) {
            for (int i = 0; i < end; i += f.length())
                FloatVector.broadcast(f, 1f).div(FloatVector.fromArray(f, a, i).sqrt()).intoArray(r, i);
            return;
        }
        for (int i = 0; i < end; i += f.length()) {
            var x = FloatVector.fromArray(f, a, i);
            x.blend(0f, x.lt(0f)).intoArray(r, i);
        }
    }

    @Override protected void binary(Op op, float[] a, float[] b, float[] r, int n) {
        var loop = loop(op);
        if (loop.isPresent()) {
            loop.get().run(a, b, r, n);
            return;
        }
        var f = Preferred.F;
        if (op != Op.MAX && op != Op.MIN || n < f.length()) {
            super.binary(op, a, b, r, n);
            return;
        }
        int end = f.loopBound(n);
        for (int i = 0; i < end; i += f.length()) {
            var x = FloatVector.fromArray(f, a, i);
            var y = FloatVector.fromArray(f, b, i);
            (op == Op.MAX ? x.max(y) : x.min(y)).intoArray(r, i);
        }
        for (int i = end; i < n; i++) r[i] = op == Op.MAX ? Math.max(a[i], b[i]) : Math.min(a[i], b[i]);
    }

    @Override protected void binary(Op op, double[] a, double[] b, double[] r, int n) {
        var loop = wideLoop(op);
        if (loop.isPresent()) loop.get().run(a, b, r, n);
        else super.binary(op, a, b, r, n);
    }
}
