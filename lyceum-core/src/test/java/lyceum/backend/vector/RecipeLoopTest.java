package lyceum.backend.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.math.Recipe;
import lyceum.backend.math.Recipes;
import lyceum.backend.math.ScalarArithmetic32;
import lyceum.backend.math.ScalarArithmetic64;
import lyceum.random.Rng;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops of vectors give the bits of the recipe in plain Java: so they are as accurate. */
class RecipeLoopTest {
    private static final int[] LENGTHS = {0, 1, 7, 15, 16, 17, 511, 513, 1024};

    static Stream<Op> floats() { return Stream.of(Op.values()).filter(op -> op.arity() > 0 && Recipes.of(op, DType.F32).isPresent()); }

    static Stream<Op> doubles() { return Stream.of(Op.values()).filter(op -> op.arity() > 0 && Recipes.of(op, DType.F64).isPresent()); }

    @ParameterizedTest
    @MethodSource("floats") void floatsHaveTheBitsOfTheRecipe(Op op) {
        var recipe = Recipes.of(op, DType.F32).orElseThrow();
        var loop = new RecipeLoop(recipe, false);
        var rng = Rng.of(47);
        for (int n : LENGTHS) {
            float[] x = new float[n], y = new float[n], z = new float[n];
            for (int i = 0; i < n; i++) { // any bits, and ordinary numbers
                x[i] = i % 2 == 0 ? Float.intBitsToFloat(rng.nextInt()) : (float) (8 * rng.nextDouble() - 4);
                y[i] = i % 3 == 0 ? Float.intBitsToFloat(rng.nextInt()) : (float) (8 * rng.nextDouble() - 4);
            }
            loop.run(x, y, z, n);
            for (int i = 0; i < n; i++) {
                float want = switch (recipe) {
                    case Recipe.Unary unary -> unary.apply(ScalarArithmetic32.INSTANCE, (Float) x[i]);
                    case Recipe.Binary binary -> binary.apply(ScalarArithmetic32.INSTANCE, (Float) x[i], (Float) y[i]);
                };
                assertThat(Float.floatToIntBits(z[i])).as("%s of %s and %s: %s, not %s", op, x[i], y[i], z[i], want)
                        .isEqualTo(Float.floatToIntBits(want));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("doubles") void doublesHaveTheBitsOfTheRecipe(Op op) {
        var recipe = Recipes.of(op, DType.F64).orElseThrow();
        var loop = new RecipeLoop(recipe, true);
        var rng = Rng.of(53);
        for (int n : LENGTHS) {
            double[] x = new double[n], y = new double[n], z = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = i % 2 == 0 ? Double.longBitsToDouble(rng.nextLong()) : 8 * rng.nextDouble() - 4;
                y[i] = i % 3 == 0 ? Double.longBitsToDouble(rng.nextLong()) : 8 * rng.nextDouble() - 4;
            }
            loop.run(x, y, z, n);
            for (int i = 0; i < n; i++) {
                double want = switch (recipe) {
                    case Recipe.Unary unary -> unary.apply(ScalarArithmetic64.INSTANCE, (Double) x[i]);
                    case Recipe.Binary binary -> binary.apply(ScalarArithmetic64.INSTANCE, (Double) x[i], (Double) y[i]);
                };
                assertThat(Double.doubleToLongBits(z[i])).as("%s of %s and %s: %s, not %s", op, x[i], y[i], z[i], want)
                        .isEqualTo(Double.doubleToLongBits(want));
            }
        }
    }
}
