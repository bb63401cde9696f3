package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensor operations give what NumPy gives (tools/golden/core_tensor.py), but where the last tests here say otherwise. */
class NumPyParityTest {
    private static final List<Golden> CASES = Golden.load("golden/tensor-ops.json").list("cases");
    /** For sums of a few terms of about one, added in another order. */
    private static final double ROUNDING = 4e-15;

    private static Stream<Golden> cases(String prefix) { return CASES.stream().filter(c -> c.text("name").startsWith(prefix)); }

    private static Golden named(String name) { return cases(name).filter(c -> c.text("name").equals(name)).findFirst().orElseThrow(); }

    static Stream<Golden> broadcasts() { return cases("broadcast "); }

    static Stream<Golden> einsums() { return cases("einsum "); }

    static Stream<Golden> scans() { return cases("cum"); }

    static Stream<Golden> reductions() { return cases("reduce "); }

    static Stream<Golden> roundings() { return cases("round "); }

    static Stream<Golden> indexTexts() { return cases("index ["); }

    static Stream<Golden> prints() { return cases("print "); }

    private static Tensor bells(Recipe r, long... shape) { return Tensor.of(r.bells((int) Shape.of(shape).count()), shape); }

    private static Recipe recipe(Golden c) { return new Recipe((long) c.number("input.seed")); }

    /** 0 to 23 as 2 x 3 x 4. */
    private static Tensor base() { return Tensor.arange(24).reshape(2, 3, 4); }

    /** The same shape and numbers, -0.0 apart from 0.0 and NaN equal to itself. */
    private static void equal(Tensor actual, Golden c) {
        assertThat(actual.shape().toArray()).as("shape").isEqualTo(c.longs("expected.shape"));
        assertThat(actual.toDoubleArray()).containsExactly(values(c));
    }

    private static void close(Tensor actual, Golden c, double tolerance) {
        assertThat(actual.shape().toArray()).as("shape").isEqualTo(c.longs("expected.shape"));
        assertThat(actual.toDoubleArray()).containsExactly(values(c), within(tolerance));
    }

    private static double[] values(Golden c) {
        return c.longs("expected.shape").length == 0 ? new double[] {c.number("expected.y")} : c.flat("expected.y");
    }

    @ParameterizedTest
    @MethodSource("broadcasts") void broadcastArithmeticIsNumPysBitForBit(Golden c) {
        var r = recipe(c);
        Tensor a = bells(r, c.longs("input.a")), b = bells(r, c.longs("input.b"));
        switch (c.text("input.op")) {
            case "add" -> equal(a.add(b), c);
            case "sub" -> equal(a.sub(b), c);
            case "mul" -> equal(a.mul(b), c);
            case "div" -> equal(a.div(b), c);
            case "maximum" -> equal(a.maximum(b), c);
            default -> flags(a.lt(b), c);
        }
    }

    private static void flags(Tensor actual, Golden c) {
        assertThat(actual.shape().toArray()).isEqualTo(c.longs("expected.shape"));
        var flags = actual.toBooleanArray();
        for (int i = 0; i < flags.length; i++) {
            var path = new StringBuilder();
            int rest = i;
            for (int axis = actual.rank() - 1; axis >= 0; axis--) {
                path.insert(0, "." + rest % actual.size(axis));
                rest /= (int) actual.size(axis);
            }
            assertThat(flags[i]).isEqualTo(c.flag("expected.y" + path));
        }
    }

    @ParameterizedTest
    @MethodSource("einsums") void einsumEqualsNumPy(Golden c) {
        var r = recipe(c);
        var operands = new Tensor[c.list("input.shapes").size()];
        for (int i = 0; i < operands.length; i++) operands[i] = bells(r, c.longs("input.shapes." + i));
        close(Tensor.einsum(c.text("input.spec"), operands), c, ROUNDING);
    }

    @ParameterizedTest
    @MethodSource("scans") void runningSumsAndProductsEqualNumPy(Golden c) {
        var x = bells(recipe(c), 2, 3, 4);
        int axis = c.integer("input.axis");
        equal(c.text("input.op").equals("cumsum") ? x.cumsum(axis) : x.cumprod(axis), c);
    }

    /** NumPy's variance divides by n, ours by n - 1 unless told. */
    @ParameterizedTest
    @MethodSource("reductions") void reductionsEqualNumPy(Golden c) {
        var x = bells(recipe(c), 2, 3, 4);
        var axes = c.ints("input.axes");
        switch (c.text("input.op")) {
            case "sum" -> close(x.sum(axes), c, ROUNDING);
            case "mean" -> close(x.mean(axes), c, ROUNDING);
            case "var" -> close(x.var(axes, 0, false), c, ROUNDING);
            case "std" -> close(x.std(axes, 0, false), c, ROUNDING);
            case "prod" -> close(x.prod(axes), c, ROUNDING);
            case "max" -> equal(x.max(axes), c);
            case "min" -> equal(x.min(axes), c);
            case "argmax" -> equal(axes.length == 0 ? x.argmax() : x.argmax(axes[0]), c);
            default -> equal(axes.length == 0 ? x.argmin() : x.argmin(axes[0]), c);
        }
    }

    @Test void sortingPutsNaNLastAndKeepsTheOrderOfEquals() {
        var c = named("sort");
        var x = Tensor.of(c.doubles("input.x"));
        equal(x.sort(0).values(), c);
        equal(x.argsort(0), named("argsort"));
        equal(Tensor.of(named("argsort rows").matrix("input.x")).argsort(1), named("argsort rows"));
        var top = bells(recipe(named("topk")), 3, 10).topk(4, 1);
        assertThat(top.values().toRows()).isDeepEqualTo(named("topk").matrix("expected.values"));
        assertThat(top.indices().toDoubleArray()).containsExactly(named("topk").flat("expected.indices"));
    }

    @Test void theLargestIsNaNWhereOneStands() {
        var c = named("max propagates nan");
        var x = Tensor.of(c.doubles("input.x"));
        equal(x.max(), c);
        assertThat(x.argmax().itemLong()).isEqualTo(c.integer("expected.argmax"));
    }

    @Test void integerDivisionRoundsDownAndTheRemainderHasTheDivisorsSign() {
        var a = Tensor.of(named("remainder").ints("input.a"));
        equal(a.floorDiv(3), named("floor division"));
        equal(a.mod(3), named("remainder"));
        assertThat(a.floorDiv(-3).toLongArray()).isEqualTo(named("floor division").longs("expected.negative"));
        assertThat(a.mod(-3).toLongArray()).isEqualTo(named("remainder").longs("expected.negative"));
    }

    @Test void floatDivisionAndRemainderBelongTogether() {
        var c = named("float remainder");
        Tensor a = Tensor.of(c.doubles("input.a")), b = Tensor.of(c.doubles("input.b"));
        equal(a.mod(b), c);
        equal(a.floorDiv(b), named("float floor division"));
    }

    @ParameterizedTest
    @MethodSource("roundings") void roundingEqualsNumPyWithTheSignOfZero(Golden c) {
        var x = Tensor.of(c.doubles("input.x"));
        switch (c.text("input.op")) {
            case "rint" -> equal(x.round(), c);
            case "floor" -> equal(x.floor(), c);
            case "ceil" -> equal(x.ceil(), c);
            case "trunc" -> equal(x.trunc(), c);
            // As Math.signum, ours keeps the sign of a zero; NumPy drops it.
            default -> equal(x.sign().add(0.0), c);
        }
    }

    @ParameterizedTest
    @MethodSource("indexTexts") void squareBracketsEqualNumPy(Golden c) {
        var entries = Arrays.stream(c.text("input.index").split(",")).map(String::strip).map(NumPyParityTest::entry).toArray(Index[]::new);
        equal(base().get(entries), c);
    }

    private static Index entry(String text) {
        if (text.equals("...")) return Index.rest();
        if (text.equals("None")) return Index.newAxis();
        if (text.equals(":")) return Index.all();
        if (!text.contains(":")) return Index.at(Long.parseLong(text));
        var parts = text.split(":", -1);
        long step = parts.length == 3 ? Long.parseLong(parts[2]) : 1;
        if (parts[0].isEmpty() && parts[1].isEmpty()) return Index.every(step);
        if (parts[1].isEmpty()) return Index.from(Long.parseLong(parts[0]));
        return Index.range(parts[0].isEmpty() ? 0 : Long.parseLong(parts[0]), Long.parseLong(parts[1]), step);
    }

    /** All starts, stops and steps about an axis of five, by Python's rule written out. */
    @Test void rangesAreClampedAsPythonClampsThem() {
        var x = Tensor.arange(5);
        for (long step : new long[] {-7, -2, -1, 1, 2, 7}) {
            for (long start = -8; start <= 8; start++) {
                for (long stop = -8; stop <= 8; stop++) {
                    long low = step > 0 ? 0 : -1, high = step > 0 ? 5 : 4;
                    long from = Math.clamp(start < 0 ? start + 5 : start, low, high),
                            to = Math.clamp(stop < 0 ? stop + 5 : stop, low, high);
                    var expected = new ArrayList<Long>();
                    for (long i = from; step > 0 ? i < to : i > to; i += step) expected.add(i);
                    assertThat(x.get(Index.range(start, stop, step)).toLongArray()).as(start + ":" + stop + ":" + step)
                            .containsExactly(expected.toArray(Long[]::new));
                }
            }
        }
    }

    @Test void aSliceBeyondTheAxisIsRefused() {
        var x = Tensor.arange(5);
        for (long[] bad : new long[][] {{5, -1, -1}, {4, -6, -1}, {0, 6, 1}, {3, 2, 1}, {-6, 3, 1}, {6, 6, 1}}) {
            assertThatThrownBy(() -> x.slice(0, bad[0], bad[1], bad[2])).isInstanceOf(lyceum.ShapeException.class)
                    .hasMessageContaining("out of range");
        }
    }

    @Test void narrowCountsFromTheEnd() {
        assertThat(Tensor.arange(5).narrow(0, -2, 2).toLongArray()).containsExactly(3, 4);
        assertThatThrownBy(() -> Tensor.arange(5).narrow(0, -2, 3)).isInstanceOf(lyceum.ShapeException.class);
        assertThatThrownBy(() -> Tensor.arange(5).narrow(0, 2, -1))
                .hasMessage("narrow: -1 indices from 2 are out of range for axis 0 of shape (5,)");
    }

    @Test void takingMaskingGatheringAndScatteringEqualNumPy() {
        equal(base().indexSelect(2, Tensor.of(named("take").ints("input.indices"))), named("take"));
        equal(base().maskedSelect(base().mod(5).eq(0)), named("mask"));
        // NumPy broadcasts the index over the other axes; here it has the tensor's sizes there.
        equal(base().gather(1, Tensor.of(new long[] {0, 1, 2, 0, 2, 2, 1, 0}, 2, 1, 4)), named("gather"));
        equal(Tensor.zeros(DType.F64, 3, 2).indexAdd(0, Tensor.of(0, 2, 0, 1), Tensor.arange(8).to(DType.F64).reshape(4, 2)),
                named("scatter add"));
    }

    @Test void shapeOperationsEqualNumPy() {
        var x = base();
        var matrix = x.get(0L);
        equal(Tensor.concat(1, x.narrow(1, 0, 1), x.narrow(1, 2, 1)), named("shape concat axis 1"));
        equal(Tensor.stack(1, x.get(0L), x.get(1L)), named("shape stack axis 1"));
        equal(x.permute(2, 0, 1), named("shape transpose 2 0 1"));
        equal(x.roll(2, 1), named("shape roll 1 axis 2"));
        equal(x.flip(0), named("shape flip 0"));
        equal(x.transpose(0, 2), named("shape swapaxes 0 2"));
        equal(matrix.tril(-1), named("shape tril"));
        equal(matrix.triu(1), named("shape triu"));
        // NumPy's repeat doubles each entry; ours repeats the whole axis, which NumPy calls tile.
        equal(x.indexSelect(1, Tensor.of(0, 0, 1, 1, 2, 2)), named("shape repeat 2 axis 1"));
        equal(x.repeat(0, 2).repeat(2, 2), named("shape tile 2 1 2"));
        var parts = Tensor.arange(10).split(0, 4, 3, 3);
        for (int i = 0; i < 3; i++) assertThat(parts[i].toLongArray()).isEqualTo(named("array_split").longs("expected.parts." + i));
    }

    @Test void castsRoundToNearestEven() {
        var c = named("casts");
        var x = Tensor.of(c.doubles("input.x"));
        assertThat(x.to(DType.F32).toFloatArray()).containsExactly(c.floats("expected.float32"));
        assertThat(x.to(DType.F16).toDoubleArray()).containsExactly(c.doubles("expected.float16"));
        assertThat(x.to(DType.BF16).toDoubleArray()).containsExactly(c.doubles("expected.bfloat16"));
        assertThat(x.to(DType.F32).to(DType.BF16).toDoubleArray()).containsExactly(c.doubles("expected.bfloat16"));
    }

    /** NumPy leaves what lies outside undefined; here it saturates, as Java's casts do. Between integers the high bits are dropped, as in NumPy. */
    @Test void castsToIntegersTruncateAndSaturate() {
        var x = Tensor.of(-1.7, 255.9, 1e39, Double.NaN, Double.NEGATIVE_INFINITY);
        assertThat(x.to(DType.I32).toIntArray()).containsExactly(-1, 255, Integer.MAX_VALUE, 0, Integer.MIN_VALUE);
        assertThat(x.to(DType.I64).toLongArray()).containsExactly(-1, 255, Long.MAX_VALUE, 0, Long.MIN_VALUE);
        assertThat(Tensor.of(300, -1, 127).to(DType.U8).toIntArray()).containsExactly(44, 255, 127);
        assertThat(Tensor.of(300, -1, 200).to(DType.I8).toIntArray()).containsExactly(44, -1, -56);
        assertThat(Tensor.of(0.0, -0.0, 0.1, Double.NaN).to(DType.BOOL).toBooleanArray()).containsExactly(false, false, true, true);
    }

    @Test void rangesOfNumbersEqualNumPy() {
        equal(Tensor.linspace(-1, 2, 7), named("linspace"));
        equal(Tensor.arange(0.5, 3.0, 0.4), named("arange"));
    }

    @Test void logarithmsOfLogspaceAreEvenlySpaced() {
        assertThat(Tensor.logspace(-1, 2, 4).toDoubleArray()).containsExactly(0.1, 1, 10, 100);
        assertThat(Tensor.logspace(2, -10, 61).log().div(Math.log(10)).sub(Tensor.linspace(2, -10, 61)).abs().max().item())
                .isLessThan(1e-14);
        assertThat(Tensor.logspace(0, 1, 0).count()).isZero();
    }

    @Test void sizesAndNumbersThatCannotBeAreRefused() {
        assertThatThrownBy(() -> Tensor.linspace(0, 1, -1)).hasMessage("linspace: n is -1; it is at least 0");
        assertThatThrownBy(() -> Tensor.logspace(0, 1, -1)).hasMessage("logspace: n is -1; it is at least 0");
        assertThatThrownBy(() -> Tensor.arange(0, 1e12, 1)).hasMessageContaining("budget of");
        assertThatThrownBy(() -> Tensor.arange(0, Double.NaN, 1)).hasMessageContaining("too many steps");
        assertThatThrownBy(() -> Tensor.full(DType.U8, 300, 2)).hasMessage("full: 300 does not fit U8; choose a type that holds it");
        assertThatThrownBy(() -> Tensor.full(DType.I32, 0.5, 2)).isInstanceOf(lyceum.DTypeException.class);
        assertThat(Tensor.of(1, 2).repeat(0, 0).shape().toArray()).containsExactly(0);
    }

    @Test void printedArraysReadAsNumPysDo() {
        var c = named("printing");
        var inf = Double.POSITIVE_INFINITY;
        assertThat(Tensor.of(new double[][] {{1.0, 2.5}, {-3.25, 1e-5}})).hasToString(c.text("expected.float64"));
        assertThat(Tensor.arange(6).reshape(2, 3)).hasToString(c.text("expected.int"));
        assertThat(Tensor.of(true, false)).hasToString(c.text("expected.bool"));
        assertThat(Tensor.arange(2000)).hasToString(c.text("expected.wide"));
        assertThat(Tensor.scalar(3.5)).hasToString(c.text("expected.scalar"));
        assertThat(Tensor.of(1.5, Double.NaN, inf)).hasToString(c.text("expected.nan"));
        assertThat(Tensor.zeros(0, 3)).hasToString(c.text("expected.empty"));
        assertThat(Tensor.arange(8).reshape(2, 2, 2)).hasToString(c.text("expected.threeD"));
        assertThat(Tensor.of(1e10, 1.0)).hasToString(c.text("expected.large"));
        assertThat(Tensor.of(0.1f, 100.25f)).hasToString(c.text("expected.float32"));
        assertThat(Tensor.arange(1200).to(DType.F64).reshape(30, 40)).hasToString(c.text("expected.bigMatrix"));
    }

    @ParameterizedTest
    @MethodSource("prints") void printedNumbersReadAsNumPysDo(Golden c) {
        var shape = c.longs("input.shape");
        var type = switch (c.text("input.dtype")) {
            case "float64" -> DType.F64;
            case "float32" -> DType.F32;
            case "float16" -> DType.F16;
            case "bool" -> DType.BOOL;
            case "int32" -> DType.I32;
            case "uint8" -> DType.U8;
            default -> DType.I64;
        };
        var x = type == DType.I64 && shape.length == 1 ? Tensor.of(c.longs("input.x"), shape)
                : Tensor.of(shape.length == 0 ? new double[] {c.number("input.x")} : c.flat("input.x"), shape).to(type);
        assertThat(x).hasToString(c.text("expected.text"));
    }

    // Where ours differs on purpose.

    /** NumPy widens a float that meets a wide integer; ours keeps the float's type, as PyTorch and JAX do, so that an index does not double a network's memory. */
    @Test void anIntegerThatMeetsAFloatTakesItsType() {
        assertThat(Tensor.of(1f).add(Tensor.of(1L)).dtype()).isEqualTo(DType.F32);
        assertThat(Tensor.of(1f).add(Tensor.of(1.0)).dtype()).isEqualTo(DType.F64);
        assertThat(Tensor.of(1f).add(1e30).dtype()).isEqualTo(DType.F32);
    }

    /** NumPy's float32 overflows; ours widens. */
    @Test void aNumberBeyondTheTypeWidensIt() { assertThat(Tensor.of(1f).add(1e300).dtype()).isEqualTo(DType.F64); }

    /** NumPy's sum of booleans is a logical or, its difference an error; ours are numbers. */
    @Test void booleansCountInArithmetic() {
        var x = Tensor.of(true, false);
        assertThat(x.add(x).dtype()).isEqualTo(DType.I32);
        assertThat(x.add(x).toIntArray()).containsExactly(2, 0);
        assertThat(x.sub(x).toIntArray()).containsExactly(0, 0);
    }

    /** NumPy warns and gives 0. */
    @Test void anIntegerDividedByZeroIsAnError() {
        assertThatThrownBy(() -> Tensor.of(1, 2).floorDiv(Tensor.of(1, 0))).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Tensor.of(1, 2).mod(0)).isInstanceOf(ArithmeticException.class);
    }
}
