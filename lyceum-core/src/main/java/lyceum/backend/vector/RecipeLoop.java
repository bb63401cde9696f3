package lyceum.backend.vector;

import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import lyceum.backend.math.Recipe;
import lyceum.backend.math.ScalarArithmetic32;
import lyceum.backend.math.ScalarArithmetic64;
import lyceum.backend.math.Tape;
import lyceum.backend.math.Tape.Kind;
import lyceum.backend.math.Tape.Step;

/**
 * A recipe as a few loops over blocks that stay in the first-level cache. Elements on its slow path are done over, one by one, and so are arrays
 * shorter than a vector. The bits are those of the recipe, compiled or not, wherever an element stands.
 */
final class RecipeLoop {
    /** Elements of a block: a multiple of every vector's lanes. */
    private static final int BLOCK = 512;
    /** About as much, in the unit of {@link #cost}, as C2 keeps in registers in one loop. */
    private static final int BUDGET = 36;

    private interface Stage {
        void run(Object[] slots, int n) throws Throwable;
    }

    private final Recipe recipe;
    private final List<Step> steps;
    private final List<Stage> stages = new ArrayList<>();
    /** Masks of the slow path. */
    private final List<Integer> guards;
    private final int result;
    private final boolean[] stored;
    /** One array a value that crosses from one loop to another, and the tables. */
    private final ThreadLocal<Object[]> slots = ThreadLocal.withInitial(this::allocate);

    RecipeLoop(Recipe recipe, boolean wide) {
        this.recipe = recipe;
        var plan = StepOrder.of(Tape.of(recipe, wide).steps());
        steps = plan.steps();
        guards = plan.guards();
        stored = new boolean[steps.size()];
        stored[plan.result()] = true;
        for (int guard : guards) stored[guard] = true;
        var bounds = bounds();
        for (int k = 0; k + 1 < bounds.size(); k++) crossings(bounds.get(k), bounds.get(k + 1));
        for (int k = 0; k + 1 < bounds.size(); k++) stages.add(stage(bounds.get(k), bounds.get(k + 1)));
        result = plan.result();
    }

    /** Where a new loop begins. */
    private List<Integer> bounds() {
        var bounds = new ArrayList<Integer>();
        int cost = 0;
        Step before = null;
        for (int s = 0; s < steps.size(); s++) {
            var step = steps.get(s);
            if (step.kind() == Kind.INPUT || step.kind() == Kind.CONSTANT) continue;
            boolean together = before != null && cost + cost(step.kind()) <= BUDGET && before.wide() == step.wide() && !alone(step)
                    && !alone(before);
            if (!together) {
                bounds.add(s);
                cost = 0;
            }
            cost += cost(step.kind());
            before = step;
        }
        bounds.add(steps.size());
        return bounds;
    }

    /** Not in a loop of vectors, but in a plain one. */
    private static boolean alone(Step step) {
        return switch (step.kind()) {
            case LOOKUP -> step.wide() || !FloatSteps.inRegister(step.table().length);
            case WIDEN, NARROW -> true;
            default -> false;
        };
    }

    /** What a step takes of C2's patience, in calls of the incubator module. */
    private static int cost(Kind kind) {
        return switch (kind) {
            case EXPONENT, MANTISSA -> 24;
            case ROUND, SCALE -> 16;
            case COPY_SIGN -> 7;
            case MIN, MAX, LOOKUP -> 5;
            case FNMA -> 4;
            case FMA, BIT_AND, BIT_OR, BIT_XOR, ADD_INT, SUB_INT, SHIFT_LEFT, SHIFT_RIGHT -> 3;
            default -> 2;
        };
    }

    private void crossings(int from, int to) {
        for (int s = from; s < to; s++) {
            var step = steps.get(s);
            for (int o : step.operands()) stored[o] |= (o < from || alone(step)) && steps.get(o).kind() != Kind.CONSTANT;
            if (alone(step)) stored[s] = true;
        }
    }

    private Stage stage(int from, int to) {
        var step = steps.get(from);
        int first = step.operands().getFirst(), target = from;
        if (!alone(step)) {
            var kept = new TreeSet<Integer>();
            for (int s = from; s < to; s++) if (stored[s]) kept.add(s);
            MethodHandle loop = LoopWriter.write(steps, from, to, kept);
            return (frame, n) -> { loop.invokeExact(frame, n); };
        }
        return switch (step.kind()) {
            case WIDEN -> (frame, n) -> widen((float[]) frame[first], (double[]) frame[target], n);
            case NARROW -> (frame, n) -> narrow((double[]) frame[first], (float[]) frame[target], n);
            default -> step.wide() ? lookup(step.table(), first, target) : lookup(floats(step.table()), first, target);
        };
    }

    private static float[] floats(double[] table) {
        var floats = new float[table.length];
        for (int i = 0; i < table.length; i++) floats[i] = (float) table[i];
        return floats;
    }

    private static int[] bits(double[] table) {
        var bits = new int[table.length];
        for (int i = 0; i < table.length; i++) bits[i] = Float.floatToRawIntBits((float) table[i]);
        return bits;
    }

    private static Stage lookup(double[] table, int index, int target) {
        return (frame, n) -> DoubleSteps.lookup(table, (double[]) frame[index], (double[]) frame[target], n);
    }

    private static Stage lookup(float[] table, int index, int target) {
        return (frame, n) -> FloatSteps.lookup(table, (float[]) frame[index], (float[]) frame[target], n);
    }

    private static void widen(float[] a, double[] r, int n) { for (int i = 0; i < n; i++) r[i] = a[i]; }

    private static void narrow(double[] a, float[] r, int n) { for (int i = 0; i < n; i++) r[i] = (float) a[i]; }

    private Object[] allocate() {
        var frame = new Object[2 * steps.size()];
        for (int s = 0; s < steps.size(); s++) {
            var step = steps.get(s);
            if (step.kind() == Kind.LOOKUP && !alone(step)) frame[steps.size() + s] = bits(step.table());
            if (stored[s] || step.kind() == Kind.INPUT)
                frame[s] = step.kind().givesMask() ? new long[BLOCK] : step.wide() ? new double[BLOCK] : new float[BLOCK];
        }
        return frame;
    }

    /** {@code r = recipe(a, b)}; {@code b} is {@code a} for one argument, and {@code r} may be an operand. */
    void run(float[] a, float[] b, float[] r, int n) {
        int lanes = FloatSteps.LANES.length();
        if (n < lanes) {
            for (int i = 0; i < n; i++) r[i] = one(a[i], b[i]);
            return;
        }
        Object[] frame = slots.get();
        for (int start = 0; start < n; start += BLOCK) {
            int count = Math.min(BLOCK, n - start);
            float[] x = (float[]) frame[0], y = recipe instanceof Recipe.Unary ? x : (float[]) frame[1];
            System.arraycopy(a, start, x, 0, count); // what stands behind it is some number from before
            if (x != y) System.arraycopy(b, start, y, 0, count);
            run(frame, (count + lanes - 1) / lanes * lanes);
            System.arraycopy(frame[result], 0, r, start, count);
            if (anySlow(frame, count)) for (int i = 0; i < count; i++) if (slow(frame, i)) r[start + i] = one(x[i], y[i]);
        }
    }

    /** As {@link #run(float[], float[], float[], int)}. */
    void run(double[] a, double[] b, double[] r, int n) {
        int lanes = DoubleSteps.LANES.length();
        if (n < lanes) {
            for (int i = 0; i < n; i++) r[i] = one(a[i], b[i]);
            return;
        }
        Object[] frame = slots.get();
        for (int start = 0; start < n; start += BLOCK) {
            int count = Math.min(BLOCK, n - start);
            double[] x = (double[]) frame[0], y = recipe instanceof Recipe.Unary ? x : (double[]) frame[1];
            System.arraycopy(a, start, x, 0, count);
            if (x != y) System.arraycopy(b, start, y, 0, count);
            run(frame, (count + lanes - 1) / lanes * lanes);
            System.arraycopy(frame[result], 0, r, start, count);
            if (anySlow(frame, count)) for (int i = 0; i < count; i++) if (slow(frame, i)) r[start + i] = one(x[i], y[i]);
        }
    }

    private void run(Object[] frame, int n) {
        try {
            for (var stage : stages) stage.run(frame, n);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private boolean anySlow(Object[] frame, int n) {
        long any = 0;
        for (int guard : guards) {
            int lanes = (steps.get(guard).wide() ? DoubleSteps.LANES : FloatSteps.LANES).length();
            var mask = (long[]) frame[guard];
            for (int i = 0; i < n; i += lanes) any |= mask[i];
        }
        return any != 0;
    }

    private boolean slow(Object[] frame, int i) {
        for (int guard : guards) {
            int lanes = (steps.get(guard).wide() ? DoubleSteps.LANES : FloatSteps.LANES).length();
            if ((((long[]) frame[guard])[i / lanes * lanes] >> i % lanes & 1) != 0) return true;
        }
        return false;
    }

    private float one(float x, float y) {
        return switch (recipe) {
            case Recipe.Unary unary -> unary.apply(ScalarArithmetic32.INSTANCE, (Float) x);
            case Recipe.Binary binary -> binary.apply(ScalarArithmetic32.INSTANCE, (Float) x, (Float) y);
        };
    }

    private double one(double x, double y) {
        return switch (recipe) {
            case Recipe.Unary unary -> unary.apply(ScalarArithmetic64.INSTANCE, (Double) x);
            case Recipe.Binary binary -> binary.apply(ScalarArithmetic64.INSTANCE, (Double) x, (Double) y);
        };
    }
}
