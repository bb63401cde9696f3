package lyceum.backend.math;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.scalar.Functions;
import lyceum.memory.Allocator;
import lyceum.random.Rng;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each recipe against StrictMath, against 30 digits (tools/golden/core_math.py), and its edges. Machine code need only equal the recipes' bits. */
class RecipesTest {
    private static final Golden GOLDEN = Golden.load("golden/math.json");
    private static final float[] EDGES = {0f, -0f, 1, -1, 2, -2, 0.5f, -0.5f, 3, -3, Float.NaN, Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, -Float.MIN_NORMAL, Float.MAX_VALUE,
            -Float.MAX_VALUE, 0.99999994f, -0.99999994f, 1.0000001f, 88.72284f, 88.72283f, -87.33655f, -103.97208f, -103.972084f};

    static Stream<Op> functions() { return Stream.of(Op.values()).filter(op -> op.arity() == 1 && Recipes.of(op, DType.F32).isPresent()); }

    static Stream<Op> functionsOfDoubles() { return functions().filter(op -> Recipes.of(op, DType.F64).isPresent()); }

    private static Recipe.Unary recipe(Op op, DType type) { return (Recipe.Unary) Recipes.of(op, type).orElseThrow(); }

    private static float at(Recipe.Unary recipe, float x) { return recipe.apply(ScalarArithmetic32.INSTANCE, (Float) x); }

    private static double at(Recipe.Unary recipe, double x) { return recipe.apply(ScalarArithmetic64.INSTANCE, (Double) x); }

    /** In double: StrictMath where it has the function, else the F64 recipe, which the golden test proves, else the scalar function. */
    private static DoubleUnaryOperator reference(Op op) {
        return switch (op) {
            case EXP -> StrictMath::exp;
            case EXPM1 -> StrictMath::expm1;
            case LOG -> StrictMath::log;
            case LOG1P -> StrictMath::log1p;
            case SIN -> StrictMath::sin;
            case COS -> StrictMath::cos;
            case TAN -> StrictMath::tan;
            case ASIN -> StrictMath::asin;
            case ACOS -> StrictMath::acos;
            case ATAN -> StrictMath::atan;
            case SINH -> StrictMath::sinh;
            case COSH -> StrictMath::cosh;
            case TANH -> StrictMath::tanh;
            case ERFINV, LGAMMA, DIGAMMA -> Functions.unary(op);
            default -> {
                var wide = recipe(op, DType.F64);
                yield x -> at(wide, x);
            }
        };
    }

    /** Distance in units of the last place of the exact value as a float; huge where NaN, infinity or the sign of a zero differ. */
    private static double ulps(float y, double exact) {
        float rounded = (float) exact;
        if (Float.compare(y, rounded) == 0) return Float.isFinite(y) ? Math.abs(y - exact) / Math.ulp(y) : 0;
        if (Float.isNaN(y) || Float.isNaN(rounded) || y == 0 && rounded == 0) return Double.POSITIVE_INFINITY;
        double bounded = Math.clamp(exact, -0x1p128, 0x1p128), reached = Float.isInfinite(y) ? Math.copySign(0x1p128, y) : y;
        return Math.abs(reached - bounded) / Math.ulp(Float.isInfinite(rounded) ? Float.MAX_VALUE : rounded);
    }

    private static double worst(Op op, long from, long to, long step) {
        var recipe = recipe(op, DType.F32);
        var exact = reference(op);
        double worst = 0;
        for (long bits = from; bits < to; bits += step) {
            float x = Float.intBitsToFloat((int) bits);
            double error = ulps(at(recipe, x), exact.applyAsDouble(x));
            if (error > worst) worst = error;
            if (error > 2) throw new AssertionError(op + "(" + x + ") is " + at(recipe, x) + ", exactly " + exact.applyAsDouble(x));
        }
        return worst;
    }

    @ParameterizedTest
    @MethodSource("functions") void floatsAreWithinTwoUlp(Op op) {
        boolean slow = op == Op.ERFINV || op == Op.LGAMMA || op == Op.DIGAMMA; // their references are
        worst(op, 0, 1L << 32, slow ? 0x70003 : 0x3F07); // odd: all exponents, and the fractions spread
    }

    /** All of them (of the three without an F64 recipe, whose scalar functions are slow, every seventh), by the default backend's code. */
    @Tag("heavy")
    @ParameterizedTest
    @MethodSource("functions") void everyFloatIsWithinTwoUlp(Op op) {
        int step = Recipes.of(op, DType.F64).isPresent() ? 1 : 7, block = 1 << 20;
        View x = block(DType.F32, block), y = block(DType.F32, block), exact = block(DType.F64, block);
        var narrow = Program.of(op, DType.F32, DType.F32);
        var p = new ProgramBuilder();
        var wide = p.build(p.of(op, DType.F64, p.cast(DType.F64, p.load(DType.F32, 0))));
        double worst = 0;
        for (long first = 0; first < 1L << 32; first += (long) step * block) {
            for (int i = 0; i < block; i++) x.storage().segment().setAtIndex(JAVA_INT, i, (int) (first + (long) step * i));
            Backend.current().run(narrow, new View[] {x}, new View[] {y});
            Backend.current().run(wide, new View[] {x}, new View[] {exact});
            worst = Math.max(worst, worstOf(op, x.storage().segment(), y.storage().segment(), exact.storage().segment(), block));
        }
        System.getLogger("lyceum.math").log(System.Logger.Level.INFO, "{0}: {1} ulp", op, worst);
        assertThat(worst).isLessThanOrEqualTo(2);
    }

    private static View block(DType type, long n) {
        return new View(type, Allocator.allocate(n * type.bytes()), 0, new long[] {n}, new long[] {1});
    }

    /** Most floats are the rounded double, which is quick to see. */
    private static double worstOf(Op op, MemorySegment x, MemorySegment y, MemorySegment exact, int n) {
        double worst = 0;
        for (int i = 0; i < n; i++) {
            double want = exact.getAtIndex(JAVA_DOUBLE, i);
            if (y.getAtIndex(JAVA_INT, i) == Float.floatToRawIntBits((float) want)) continue;
            float got = y.getAtIndex(JAVA_FLOAT, i);
            boolean zeroOfLgamma = op == Op.LGAMMA && got == 0 && (float) want == 0; // of either sign
            double error = zeroOfLgamma ? 0 : ulps(got, want);
            if (error > 2) throw new AssertionError(op + "(" + x.getAtIndex(JAVA_FLOAT, i) + ") is " + got + ", exactly " + want);
            worst = Math.max(worst, error);
        }
        return worst;
    }

    @ParameterizedTest
    @MethodSource("functions") void edgesAreRight(Op op) {
        var narrow = recipe(op, DType.F32);
        var exact = reference(op);
        for (float x : EDGES) {
            float want = (float) exact.applyAsDouble(x), y = at(narrow, x);
            boolean zeroOfLgamma = op == Op.LGAMMA && want == 0; // of either sign
            if (!zeroOfLgamma)
                assertThat(ulps(y, exact.applyAsDouble(x))).as("%s(%s) is %s, not %s", op, x, y, want).isLessThanOrEqualTo(2);
        }
    }

    /** Signed zeros, infinities and NaN answer as the scalar function does, whatever the width. */
    @ParameterizedTest
    @MethodSource("functionsOfDoubles") void edgesOfDoublesAreRight(Op op) {
        var recipe = recipe(op, DType.F64);
        var scalar = Functions.unary(op);
        for (double x : new double[] {0.0, -0.0, 1, -1, 2, -2, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY,
                Double.MIN_VALUE, -Double.MIN_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE, Double.MIN_NORMAL, 709.782712893384,
                709.7827128933841, 710.4, -745.1332191019411, -745.1332191019412, -708.4, 1e300, 1e-300}) {
            double want = scalar.applyAsDouble(x), y = at(recipe, x);
            if (Double.compare(y, want) != 0)
                assertThat(Math.abs(y - want)).as("%s(%s) is %s, not %s", op, x, y, want).isLessThanOrEqualTo(3 * Math.ulp(want)); // each is up to two off
        }
    }

    private static Golden named(Op op) { return GOLDEN.named(op.name()); }

    private static double worst(Golden golden, double[] y) {
        double[] exact = golden.doubles("expected.y"), rest = golden.doubles("expected.rest");
        double worst = 0;
        for (int i = 0; i < y.length; i++) worst = Math.max(worst, Math.abs(y[i] - exact[i] - rest[i]) / Math.ulp(exact[i]));
        return worst;
    }

    @ParameterizedTest
    @MethodSource("functionsOfDoubles") void doublesAreWithinTwoUlpOfTheExactValue(Op op) {
        double[] x = named(op).doubles("input.x"), y = new double[x.length];
        for (int i = 0; i < x.length; i++) y[i] = at(recipe(op, DType.F64), x[i]);
        assertThat(worst(named(op), y)).isLessThan(2);
    }

    @Test void scalarErrorFunctionsOfDoublesAreToo() {
        for (var op : List.of(Op.ERF, Op.ERFC, Op.GELU)) {
            var y = Arrays.stream(named(op).doubles("input.x")).map(Functions.unary(op)).toArray();
            assertThat(worst(named(op), y)).as("%s", op).isLessThan(2);
        }
    }

    @ParameterizedTest
    @MethodSource("functionsOfDoubles") void doublesAreWithinTwoUlpOfStrictMath(Op op) {
        if (List.of(Op.LOG2, Op.SIGMOID, Op.SOFTPLUS, Op.GELU, Op.ERF, Op.ERFC).contains(op)) return; // it lacks them
        var recipe = recipe(op, DType.F64);
        var strict = reference(op);
        var rng = Rng.of(41);
        int unit = op == Op.TANH || op == Op.SINH ? 3 : 2; // StrictMath's own are up to 2 off
        for (int i = 0; i < 400_000; i++) {
            double x = i % 2 == 0 ? Double.longBitsToDouble(rng.nextLong()) : (rng.nextDouble() - 0.5) * (i % 3 == 0 ? 4 : 80);
            double want = strict.applyAsDouble(x), y = at(recipe, x);
            if (Double.compare(y, want) != 0 && !(Math.abs(y - want) <= unit * Math.ulp(want)))
                throw new AssertionError(op + "(" + x + ") is " + y + ", not " + want);
        }
    }

    private static Recipe.Binary pair(Op op, DType type) { return (Recipe.Binary) Recipes.of(op, type).orElseThrow(); }

    /** StrictMath's, and where that gives NaN and IEEE 754 does not, 1. */
    private static double power(double x, double y) {
        return x == 1 || Math.abs(x) == 1 && Double.isInfinite(y) ? 1 : StrictMath.pow(x, y);
    }

    static Stream<Op> functionsOfTwo() { return Stream.of(Op.POW, Op.ATAN2); }

    @ParameterizedTest
    @MethodSource("functionsOfTwo") void functionsOfTwoDoublesAreWithinTwoUlp(Op op) {
        double[] x = named(op).doubles("input.x"), y = named(op).doubles("input.y"), z = new double[x.length];
        for (int i = 0; i < x.length; i++) z[i] = pair(op, DType.F64).apply(ScalarArithmetic64.INSTANCE, (Double) x[i], (Double) y[i]);
        assertThat(worst(named(op), z)).isLessThan(2);
    }

    @ParameterizedTest
    @MethodSource("functionsOfTwo") void functionsOfTwoFloatsAreWithinOneUlp(Op op) {
        var recipe = pair(op, DType.F32);
        DoubleBinaryOperator exact = op == Op.POW ? RecipesTest::power : StrictMath::atan2;
        var rng = Rng.of(43);
        for (int i = 0; i < 300_000; i++) {
            float x = Float.intBitsToFloat(rng.nextInt()), y = Float.intBitsToFloat(rng.nextInt());
            if (i % 2 == 0) { // powers that are finite
                x = (float) Math.exp(40 * rng.nextDouble() - 20);
                y = (float) (174 * (rng.nextDouble() - 0.5) / Math.max(1e-6, Math.abs(Math.log(x))));
            }
            double error = ulps(recipe.apply(ScalarArithmetic32.INSTANCE, (Float) x, (Float) y), exact.applyAsDouble(x, y));
            if (error > 1) throw new AssertionError(op + "(" + x + ", " + y + ") is off by " + error);
        }
    }

    /** All pairs of zeros, infinities, NaN, odd, even and broken numbers of either sign. */
    @ParameterizedTest
    @MethodSource("functionsOfTwo") void edgesOfTwoAreThoseOfTheStandard(Op op) {
        DoubleBinaryOperator exact = op == Op.POW ? RecipesTest::power : StrictMath::atan2;
        var values = new ArrayList<Double>();
        for (double v : new double[] {0, 1, 2, 3, 0.5, 2.5, 7, 8, Double.POSITIVE_INFINITY, Double.NaN, Double.MIN_VALUE, Double.MAX_VALUE,
                0x1p53, 0x1p53 + 2, 1e300, 1 + 0x1p-23}) {
            values.add(v);
            values.add(-v);
        }
        for (double x : values) {
            for (double y : values) {
                double want = exact.applyAsDouble(x, y),
                        wide = pair(op, DType.F64).apply(ScalarArithmetic64.INSTANCE, (Double) x, (Double) y);
                if (Double.compare(wide, want) != 0)
                    assertThat(Math.abs(wide - want)).as("%s(%s, %s) is %s", op, x, y, wide).isLessThanOrEqualTo(2 * Math.ulp(want));
                float a = (float) x, b = (float) y, narrow = pair(op, DType.F32).apply(ScalarArithmetic32.INSTANCE, (Float) a, (Float) b);
                assertThat(ulps(narrow, exact.applyAsDouble(a, b))).as("%s(%s, %s) is %s", op, a, b, narrow).isLessThanOrEqualTo(1);
            }
        }
    }

    @Test void integersHaveNoRecipe() {
        assertThatThrownBy(() -> Recipes.of(Op.EXP, DType.I32)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F32 or F64");
        assertThat(Recipes.of(Op.ADD, DType.F32)).isEmpty();
    }
}
