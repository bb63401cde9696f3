package lyceum.tensor;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.random.Rng;

/** The generic checks, by name. Each takes a case of the catalogue and throws an AssertionError that says what differs. */
final class OpChecks {
    /** A check, and whether it applies to a case. */
    interface Check {
        void run(OpCase op);

        default boolean applies(OpCase op) { return true; }
    }

    private OpChecks() {}

    static Map<String, Check> values() {
        var checks = new LinkedHashMap<String, Check>();
        checks.put("reference", elementwise(OpChecks::equalsReference));
        checks.put("scalar backend", OpChecks::equalsScalarBackend);
        checks.put("fused", OpChecks::fusedEqualsUnfused);
        checks.put("views", OpChecks::viewsEqualCopies);
        checks.put("broadcast", elementwise(OpChecks::broadcasts));
        checks.put("empty and 0-d", elementwise(OpChecks::emptyAndScalars));
        checks.put("special values", elementwise(OpChecks::specialValues));
        checks.put("half precision", elementwise(OpChecks::halfPrecision));
        checks.put("refusals", OpChecks::refusesAtTheCall);
        return checks;
    }

    private static Check elementwise(Check check) {
        return new Check() {
            @Override public void run(OpCase op) { check.run(op); }

            @Override public boolean applies(OpCase op) { return op.elementwise(); }
        };
    }

    // Values.

    private static void equalsReference(OpCase op) {
        var in = op.draw(DType.F64, 1);
        close(op, expected(op, in, in[0].shape()), op.call().apply(in), 1e-14);
    }

    private static Tensor expected(OpCase op, Tensor[] in, Shape shape) {
        double[] x = in[0].expand(shape.sizes()).toDoubleArray(), y = in.length > 1 ? in[1].expand(shape.sizes()).toDoubleArray() : x;
        var values = new double[x.length];
        for (int i = 0; i < values.length; i++) values[i] = op.reference().applyAsDouble(x[i], y[i]);
        return Tensor.of(values, shape.sizes());
    }

    private static void equalsScalarBackend(OpCase op) {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var in = op.draw(type, 2);
            var expected = new Tensor[1];
            Backend.with(Backend.named("scalar"), () -> expected[0] = op.call().apply(in).compute());
            close(op, expected[0], op.call().apply(in), type == DType.F64 ? 1e-14 : 2e-6);
        }
    }

    /** To the bit on plain loops; elsewhere within 17 units in the last place of 1, since a chain keeps what single operations round to their type. */
    private static void fusedEqualsUnfused(OpCase op) {
        var in = op.draw(DType.F32, 3);
        var results = new Tensor[2];
        Backend.with(Backend.named("scalar"), () -> {
            Fusion.with(Fusion.Mode.OFF, () -> results[0] = chained(op, in));
            Fusion.with(Fusion.Mode.ALWAYS, () -> results[1] = chained(op, in));
        });
        identical(op, results[0], results[1]);
        Fusion.with(Fusion.Mode.OFF, () -> results[0] = chained(op, in));
        Fusion.with(Fusion.Mode.ALWAYS, () -> results[1] = chained(op, in));
        close(op, results[0], results[1], 2e-6);
    }

    /** The operation inside a chain: pending operands, a shared intermediate value, a pending result. */
    private static Tensor chained(OpCase op, Tensor[] in) {
        var operands = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) operands[i] = in[i].mul(0.5).add(in[i].mul(0.5));
        var result = op.call().apply(operands);
        if (!result.dtype().isFloat()) return result;
        return result.mul(3).sub(result).compute();
    }

    private static void viewsEqualCopies(OpCase op) {
        var in = op.draw(DType.F64, 4);
        var expected = op.call().apply(in).compute();
        for (int i = 0; i < in.length; i++) {
            for (var disguise : OpCase.disguises(in[i])) {
                identical(op, in[i], disguise);
                var operands = in.clone();
                operands[i] = disguise;
                close(op, expected, op.call().apply(operands), 1e-14);
            }
        }
    }

    private static void broadcasts(OpCase op) {
        if (op.shapes().length < 2) return;
        for (var shapes : new long[][][] {{{3, 1}, {1, 4}}, {{4}, {3, 4}}, {{2, 1, 4}, {3, 1}}, {{}, {5}}}) {
            var in = op.draw(DType.F64, 5, shapes);
            var shape = Shape.broadcast("test", in[0].shape(), in[1].shape());
            close(op, expected(op, in, shape), op.call().apply(in), 1e-14);
        }
    }

    private static void emptyAndScalars(OpCase op) {
        for (var sizes : new long[][] {{}, {0}, {0, 3}, {2, 0}, {1}}) {
            var shapes = new long[op.shapes().length][];
            Arrays.fill(shapes, sizes);
            var result = op.call().apply(op.draw(DType.F64, 6, shapes));
            if (!result.shape().equals(Shape.of(sizes)))
                throw new AssertionError(op.name() + ": shape " + result.shape() + " from " + Shape.of(sizes));
            result.compute();
        }
    }

    private static void specialValues(OpCase op) {
        double[] values = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.0, -0.0, 1, -1, Double.MIN_VALUE,
                Double.MAX_VALUE, 1e300};
        int n = values.length;
        double[] x = new double[n * n], y = new double[n * n];
        for (int i = 0; i < n * n; i++) {
            x[i] = values[i / n];
            y[i] = values[i % n];
        }
        Tensor[] in = op.shapes().length == 1 ? new Tensor[] {Tensor.of(x)} : new Tensor[] {Tensor.of(x), Tensor.of(y)};
        if (op.name().equals("mod") || op.name().equals("floorDiv") || op.name().equals("lerp") || op.name().equals("mulAdd")) return; // their references are written for finite values
        if (op.name().equals("logSigmoid") || op.name().equals("softplus")) return; // the naive reference overflows where they must not: see RecipesTest
        close(op, expected(op, in, in[0].shape()), op.call().apply(in), 1e-13);
    }

    private static void halfPrecision(OpCase op) {
        for (var type : new DType[] {DType.F16, DType.BF16}) {
            var in = op.draw(type, 8);
            var result = op.call().apply(in);
            if (!result.dtype().isFloat() || op.name().equals("toF32")) continue;
            if (result.dtype() != type) throw new AssertionError(op.name() + ": " + type + " gave " + result.dtype());
            if (!op.differentiable()) continue; // a step function may land on the other side
            var wide = new Tensor[in.length];
            for (int i = 0; i < in.length; i++) wide[i] = in[i].to(DType.F64);
            close(op, op.call().apply(wide), result, type == DType.F16 ? 4e-3 : 3e-2);
        }
    }

    /** Operands that do not fit are refused by an IllegalArgumentException where the operation is called, never where its value is made. */
    private static void refusesAtTheCall(OpCase op) {
        var rng = Rng.of(op.name().hashCode());
        for (int round = 0; round < 24; round++) {
            var in = new Tensor[op.shapes().length];
            for (int i = 0; i < in.length; i++) {
                var type = round < 12 ? DType.F64 : DType.values()[(int) rng.nextLong(DType.values().length)];
                in[i] = Tensor.ones(type, spoilt(op.shapes()[i], rng));
            }
            Tensor result;
            try {
                result = op.call().apply(in);
            } catch (IllegalArgumentException e) {
                if (e.getMessage() == null || e.getMessage().isBlank()) throw new AssertionError(op.name() + ": refused without a word", e);
                continue;
            } catch (RuntimeException e) {
                throw new AssertionError(op.name() + " of " + described(in) + " is not refused but fails", e);
            }
            try {
                result.compute();
            } catch (RuntimeException e) {
                throw new AssertionError(op.name() + " of " + described(in) + " fails only when its value is asked for", e);
            }
        }
    }

    /** Now and then an axis is longer or shorter, missing or new. */
    private static long[] spoilt(long[] shape, Rng rng) {
        int axis = shape.length == 0 ? 0 : (int) rng.nextLong(shape.length);
        return switch ((int) rng.nextLong(7)) {
            case 0, 1 -> IntStream.range(0, shape.length).mapToLong(a -> a == axis ? shape[a] + 1 : shape[a]).toArray();
            case 2 -> IntStream.range(0, shape.length).mapToLong(a -> a == axis ? shape[a] - 1 : shape[a]).toArray();
            case 3 -> IntStream.range(0, shape.length).filter(a -> a != axis).mapToLong(a -> shape[a]).toArray();
            case 4 -> LongStream.concat(LongStream.of(2), LongStream.of(shape)).toArray();
            default -> shape;
        };
    }

    static String described(Tensor[] in) { return Arrays.stream(in).map(x -> x.dtype() + " " + x.shape()).toList().toString(); }

    // Comparison.

    static void close(OpCase op, Tensor expected, Tensor actual, double tolerance) {
        if (!expected.shape().equals(actual.shape()))
            throw new AssertionError(op.name() + ": shape " + actual.shape() + ", expected " + expected.shape());
        double[] e = expected.toDoubleArray(), a = actual.toDoubleArray();
        for (int i = 0; i < e.length; i++) {
            if (e[i] == a[i] || Double.isNaN(e[i]) && Double.isNaN(a[i])) continue;
            if (Double.isInfinite(e[i]) || !(Math.abs(e[i] - a[i]) <= tolerance * Math.max(1, Math.abs(e[i]))))
                throw new AssertionError(op.name() + ": element " + i + " is " + a[i] + ", expected " + e[i]);
        }
    }

    private static void identical(OpCase op, Tensor expected, Tensor actual) {
        if (!expected.shape().equals(actual.shape()))
            throw new AssertionError(op.name() + ": shape " + actual.shape() + ", expected " + expected.shape());
        double[] e = expected.toDoubleArray(), a = actual.toDoubleArray();
        for (int i = 0; i < e.length; i++)
            if (Double.compare(e[i], a[i]) != 0)
                throw new AssertionError(op.name() + ": element " + i + " is " + a[i] + ", unfused " + e[i]);
    }
}
