package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

/** Attention's kernels, on every backend that runs here, against the formula in F64 tensor operations. */
class AttentionTest {
    private static final int[] LENGTHS = {1, 7, 33, 65}, WIDTHS = {8, 40, 64, 80, 128};

    /** One set of operands with options. */
    private record Case(String name, Attention options, Tensor q, Tensor k, Tensor v) {}

    /** Every backend that runs here, x86 under each of its levels. */
    static List<Backend> backends() {
        var all = new ArrayList<>(List.of(Backend.named("scalar"), Backend.named("vector")));
        if (Cpu.unavailable() != null) return all;
        for (var level : new String[] {"avx2", "avx512", "all"})
            all.add(new X86Backend(Backend.named("scalar"), Cpu.current().limitedTo(level)));
        return all;
    }

    private static Tensor normal(int seed, DType type, long... shape) {
        return Tensor.randn(Rng.of(seed), DType.F64, shape).to(type).compute();
    }

    private static Case plain(String name, Attention options, DType type, int heads, int keyHeads, int queries, int keys, int width,
            int valueWidth) {
        return new Case(name + " " + queries + "x" + keys + " d " + width + " " + type, options, normal(1, type, 2, heads, queries, width),
                normal(2, type, 2, keyHeads, keys, width), normal(3, type, 2, keyHeads, keys, valueWidth));
    }

    private static List<Case> sizes(DType type) {
        var cases = new ArrayList<Case>();
        for (int n : LENGTHS) for (int d : WIDTHS) {
            cases.add(plain("full", new Attention(), type, 2, 2, n, n, d, d));
            cases.add(plain("causal", new Attention().withCausal(true), type, 2, 2, n, n, d, d));
        }
        return cases;
    }

    private static List<Case> options(DType type) {
        var cases = new ArrayList<Case>();
        for (int n : LENGTHS) {
            cases.add(plain("scaled", new Attention().withScale(0.3), type, 2, 1, n, n, 64, 40));
            cases.add(plain("grouped", new Attention().withCausal(true), type, 6, 2, n, n, 64, 64));
            cases.add(plain("cached", new Attention().withCausal(true), type, 2, 2, n, n + 50, 64, 64));
            cases.add(plain("more queries than keys", new Attention().withCausal(true), type, 2, 2, n + 9, n, 16, 16));
            cases.add(plain("cross", new Attention(), type, 2, 2, n, 100, 40, 24));
            cases.add(plain("window", new Attention().withCausal(true).withWindow(5), type, 2, 2, n, n, 64, 64));
            cases.add(plain("wide window", new Attention().withCausal(true).withWindow(40), type, 2, 2, n, n + 70, 64, 64));
            cases.add(plain("local", new Attention().withWindow(11), type, 2, 2, n, n, 64, 64));
            cases.add(plain("bias", new Attention().withBias(normal(4, DType.F32, 2, n, n)), type, 2, 2, n, n, 64, 64));
            cases.add(plain("row bias", new Attention().withCausal(true).withBias(normal(4, DType.F32, 2, 1, 1, n)), type, 2, 2, n, n, 64,
                    64));
            cases.add(plain("mask", new Attention().withBias(normal(5, DType.F32, 2, 1, n, n).gt(0.5)), type, 2, 2, n, n, 64, 64));
            cases.add(plain("lengths", new Attention().withKeyLengths(Tensor.of(n / 2, n)), type, 2, 2, n, n, 64, 64));
            cases.add(plain("starts", new Attention().withCausal(true).withQueryStarts(Tensor.of(-3, 20)), type, 2, 2, n, 60, 64, 64));
            cases.add(plain("decode", new Attention().withCausal(true), type, 2, 2, 1 + n % 6, 150 + n, 40, 64));
            cases.add(plain("decode grouped", new Attention().withCausal(true).withWindow(100), type, 6, 2, 1, 100 + n, 64, 80));
            cases.add(plain("decode biased", new Attention().withBias(normal(4, DType.F32, 2, 1, 1, 100 + n)), type, 6, 1, 1, 100 + n, 24,
                    8));
            cases.add(pages(type, n));
            cases.add(strided(type, n));
        }
        return cases;
    }

    private static Case pages(DType type, int n) {
        var table = Tensor.of(new int[] {5, 0, 3, 1, 6, 2, 4, 7}, 2, 4);
        var options = new Attention().withCausal(true).withBlockTable(table).withKeyLengths(Tensor.of(61, 40))
                .withQueryStarts(Tensor.of(Math.max(0, 61 - n), Math.max(0, 40 - n)));
        return new Case("pages " + n + " " + type, options, normal(1, type, 2, 4, n, 64), normal(2, type, 8, 2, 16, 64),
                normal(3, type, 8, 2, 16, 64));
    }

    /** As a projection of (batch, T, 3 heads d) leaves them, with values whose columns do not follow one another. */
    private static Case strided(DType type, int n) {
        var joint = normal(6, type, 2, n, 3, 2, 64);
        Tensor q = joint.select(2, 0).permute(0, 2, 1, 3), k = joint.select(2, 1).permute(0, 2, 1, 3);
        return new Case("strided " + n + " " + type, new Attention().withCausal(true), q, k, normal(7, type, 2, 2, 64, n).transpose());
    }

    private static Tensor wide(Tensor x) { return x.to(DType.F64).compute(); }

    private static Tensor reference(Case c) {
        var bias = c.options.bias();
        var options = bias != null && bias.dtype().isFloat() ? c.options.withBias(wide(bias)) : c.options;
        return formula(options, wide(c.q), wide(c.k), wide(c.v)).compute();
    }

    /** Weights times values, in tensor operations. */
    private static Tensor formula(Attention options, Tensor q, Tensor k, Tensor v) {
        var weights = options.weights(q, k.to(q.dtype()));
        var table = options.blockTable();
        var values = table == null ? v : AttentionOp.inPages(options, v);
        return weights.matmul(
                values.unsqueeze(2).expand(values.size(0), values.size(1), q.size(1) / values.size(1), values.size(2), values.size(3))
                        .reshape(values.size(0), q.size(1), values.size(2), values.size(3)));
    }

    private static void close(String what, Tensor actual, Tensor expected, double tolerance) {
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        double[] a = actual.toDoubleArray(), e = expected.toDoubleArray();
        double scale = 1;
        for (double x : e) scale = Math.max(scale, Math.abs(x));
        for (int i = 0; i < a.length; i++)
            assertThat(Math.abs(a[i] - e[i])).as("%s at %d: %s, expected %s", what, i, a[i], e[i]).isLessThanOrEqualTo(tolerance * scale);
    }

    private static double tolerance(DType type) {
        return switch (type) {
            case F64 -> 1e-13;
            case F32 -> 2e-6;
            case F16 -> 1.5e-3;
            default -> 1.2e-2;
        };
    }

    private static void each(Runnable body) { for (var backend : backends()) Backend.with(backend, body); }

    private static void values(List<Case> cases) {
        for (var c : cases) {
            var expected = reference(c);
            each(() -> close(c.name + " on " + Backend.current().description(), c.options.of(c.q, c.k, c.v), expected,
                    tolerance(c.q.dtype())));
            close(c.name + " in chunks", c.options.withMethod(Attention.Method.CHUNKED).of(c.q, c.k, c.v), expected,
                    tolerance(c.q.dtype()));
        }
    }

    @Test void valuesEqualTheFormulaAtOddSizes() { for (var type : new DType[] {DType.F32, DType.F64}) values(sizes(type)); }

    @Test void valuesEqualTheFormulaUnderEveryOption() { for (var type : new DType[] {DType.F32, DType.F64}) values(options(type)); }

    @Test void halfTypesAccumulateInFloat() {
        for (var type : new DType[] {DType.BF16, DType.F16}) {
            values(sizes(type));
            values(options(type));
        }
    }

    private static void gradients(List<Case> cases) {
        for (var c : cases) {
            var upstream = normal(9, c.q.dtype(), c.q.size(0), c.q.size(1), c.q.size(2), c.v.size(3));
            Tensor q = wide(c.q).requiresGrad(), k = wide(c.k).requiresGrad(), v = wide(c.v).requiresGrad();
            var bias = c.options.bias();
            var options = bias != null && bias.dtype().isFloat() ? c.options.withBias(wide(bias)) : c.options;
            formula(options, q, k, v).mul(wide(upstream)).sum().backward();
            each(() -> {
                Tensor a = c.q.requiresGrad(), b = c.k.requiresGrad(), d = c.v.requiresGrad();
                c.options.of(a, b, d).backward(upstream);
                double tolerance = 2 * tolerance(c.q.dtype());
                var where = c.name + " on " + Backend.current().description();
                close("dQ of " + where, a.grad(), q.grad(), tolerance);
                close("dK of " + where, b.grad(), k.grad(), tolerance);
                close("dV of " + where, d.grad(), v.grad(), tolerance);
            });
        }
    }

    @Test void gradientsEqualThoseOfTheFormula() {
        gradients(sizes(DType.F32));
        gradients(options(DType.F32));
        gradients(options(DType.F64));
        gradients(options(DType.BF16));
    }

    /** 16 MiB for 3000 positions on plain loops and for 12000 in machine code: a head's scores would take 36 and 576. */
    @Test void scratchMemoryIsLinearInTheLength() {
        for (var backend : Cpu.unavailable() == null ? new String[] {"scalar", "x86"} : new String[] {"scalar"}) {
            var run = ForkedJvm.of(LongAttention.class)
                    .withFlags("-Xmx64m", "-Dlyceum.backend=" + backend, "-Dlyceum.memory.budget=" + (16L << 20))
                    .withArguments(backend.equals("x86") ? "12000" : "3000").run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            assertThat(run.output()).contains("all finite");
        }
    }

    @Test void resultsDoNotDependOnTheThreads() {
        for (var c : List.of(plain("causal", new Attention().withCausal(true), DType.F32, 3, 1, 300, 300, 64, 64),
                plain("decode", new Attention(), DType.F32, 2, 2, 1, 2000, 64, 64),
                plain("half", new Attention().withCausal(true), DType.BF16, 3, 3, 130, 130, 64, 64))) {
            each(() -> {
                Supplier<double[][]> run = () -> {
                    Tensor q = c.q.requiresGrad(), k = c.k.requiresGrad(), v = c.v.requiresGrad();
                    var y = c.options.of(q, k, v);
                    y.square().sum().backward();
                    return new double[][] {y.toDoubleArray(), q.grad().toDoubleArray(), k.grad().toDoubleArray(), v.grad().toDoubleArray()};
                };
                var alone = new double[1][][];
                Parallel.sequentially(() -> alone[0] = run.get());
                assertThat(run.get()).as(c.name).isDeepEqualTo(alone[0]);
            });
        }
    }

    @Test void aQueryThatSeesNothingGivesZerosAndTakesNoGradient() {
        each(() -> {
            Tensor q = normal(1, DType.F32, 1, 1, 40, 64).requiresGrad(), k = normal(2, DType.F32, 1, 1, 20, 64).requiresGrad(),
                    v = normal(3, DType.F32, 1, 1, 20, 64).requiresGrad();
            var y = new Attention().withCausal(true).of(q, k, v); // queries 0 .. 19 stand before the first key
            y.sum().backward();
            assertThat(y.narrow(2, 0, 20).abs().max().item()).isZero();
            assertThat(q.grad().narrow(2, 0, 20).abs().max().item()).isZero();
            assertThat(q.grad().isFinite().all().item()).isEqualTo(1);
            var hidden = new Attention().withBias(Tensor.full(DType.F32, Double.NEGATIVE_INFINITY, 20)).of(q.detach(), k.detach(),
                    v.detach());
            assertThat(hidden.abs().max().item()).isZero();
            assertThat(new Attention().of(q.detach(), Tensor.zeros(1, 1, 0, 64), Tensor.zeros(1, 1, 0, 64)).abs().max().item()).isZero();
            assertThat(new Attention().of(Tensor.zeros(1, 1, 0, 64), k.detach(), v.detach()).shape()).isEqualTo(Shape.of(1, 1, 0, 64));
        });
    }

    @Test void keysBeyondTheLengthAreNeverRead() {
        each(() -> {
            for (var type : new DType[] {DType.F32, DType.BF16}) for (int queries : new int[] {1, 30}) {
                Tensor q = normal(1, type, 2, 2, queries, 64), k = normal(2, type, 2, 2, 50, 64), v = normal(3, type, 2, 2, 50, 64);
                var beyond = Tensor.arange(50).ge(37).reshape(50, 1);
                var options = new Attention().withKeyLengths(Tensor.of(37, 37));
                var runs = new double[2][4][];
                for (int run = 0; run < 2; run++) {
                    Tensor a = q.requiresGrad(), b = (run == 0 ? k : k.maskedFill(beyond, Double.NaN)).requiresGrad(),
                            c = (run == 0 ? v : v.maskedFill(beyond, Double.NaN)).requiresGrad();
                    var y = options.of(a, b, c);
                    y.square().sum().backward();
                    runs[run] = new double[][] {y.toDoubleArray(), a.grad().toDoubleArray(), b.grad().toDoubleArray(),
                            c.grad().toDoubleArray()};
                }
                assertThat(runs[1]).as(type + " on " + Backend.current().description()).isDeepEqualTo(runs[0]);
            }
        });
    }

    @Test void nanAndLargeScoresTravel() {
        each(() -> {
            Tensor q = normal(1, DType.F32, 1, 1, 20, 64), k = normal(2, DType.F32, 1, 1, 30, 64), v = normal(3, DType.F32, 1, 1, 30, 64);
            var poisoned = q.maskedFill(Tensor.arange(20).eq(4).reshape(20, 1), Double.NaN);
            var nan = new Attention().of(poisoned, k, v).isNaN();
            assertThat(nan.narrow(2, 4, 1).all().item()).isEqualTo(1);
            assertThat(nan.countNonZero().item()).isEqualTo(64);
            var sharp = new Attention().withScale(1e4).of(q, k, v);
            close("sharp on " + Backend.current().name(), sharp, new Attention().withScale(1e4).of(wide(q), wide(k), wide(v)), 2e-3);
        });
    }

    @Test void gradientsOfPartsOfOneTensorAreThoseOfTensorsApart() {
        each(() -> {
            var joint = Tensor.randn(Rng.of(11), 2, 5, 3, 4, 8).requiresGrad();
            var g = Tensor.randn(Rng.of(12), 2, 4, 5, 8).compute();
            for (int[] order : new int[][] {{0, 1, 2}, {2, 1, 0}, {0, 2, 2}}) for (boolean again : new boolean[] {false, true}) {
                var parts = joint.permute(2, 0, 3, 1, 4);
                var apart = new Tensor[3];
                for (int i = 0; i < 3; i++) apart[i] = joint.detach().permute(2, 0, 3, 1, 4).get(i).copy().requiresGrad();
                joint.zeroGrad();
                attended(order, again, parts.get(0), parts.get(1), parts.get(2)).backward(g);
                attended(order, again, apart).backward(g);
                var found = joint.grad().permute(2, 0, 3, 1, 4);
                for (int i = 0; i < 3; i++) {
                    var expected = apart[i].grad() == null ? apart[i].zerosLike() : apart[i].grad();
                    assertThat(found.get(i).toFloatArray()).as("part %d of %s", i, Arrays.toString(order))
                            .containsExactly(expected.toFloatArray());
                }
            }
        });
    }

    private static Tensor attended(int[] order, boolean again, Tensor... parts) {
        var y = new Attention().withCausal(true).of(parts[order[0]], parts[order[1]], parts[order[2]]);
        return again ? y.add(parts[1].mul(2)) : y;
    }

    @Test void aGradientOfAGradientIsExactThroughTheKernel() {
        Tensor q = normal(1, DType.F64, 1, 2, 3, 4), k = normal(2, DType.F64, 1, 2, 3, 4), v = normal(3, DType.F64, 1, 2, 3, 4);
        var attention = new Attention().withCausal(true);
        var fused = Autograd.hessian(x -> attention.of(x, k.add(x), v.mul(x)).pow(3).sum(), q);
        var formula = Autograd.hessian(x -> formula(attention, x, k.add(x), v.mul(x)).pow(3).sum(), q);
        close("hessian", fused, formula, 1e-12);
    }

    @Test void mistakesAreNamed() {
        Tensor q = Tensor.zeros(2, 4, 3, 8), k = Tensor.zeros(2, 3, 3, 8);
        assertThatThrownBy(() -> new Attention().of(q, k, k)).isInstanceOf(ShapeException.class)
                .hasMessageEndingWith("the 3 heads of k do not divide the 4 of q");
        assertThatThrownBy(() -> new Attention().of(q, Tensor.zeros(2, 4, 3, 7), k)).isInstanceOf(ShapeException.class)
                .hasMessageEndingWith("widths 8 and 7 of q and k differ");
        assertThatThrownBy(() -> new Attention().of(q, q, Tensor.zeros(2, 4, 5, 8))).isInstanceOf(ShapeException.class)
                .hasMessageEndingWith("k and v differ in axis 2");
        assertThatThrownBy(() -> new Attention().withKeyLengths(Tensor.of(3, 4)).of(q, q, q)).isInstanceOf(ShapeException.class)
                .hasMessage("attention: a key length is 4; it lies between 0 and 3");
        assertThatThrownBy(() -> new Attention().withBias(Tensor.zeros(5, 3)).of(q, q, q)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new Attention().withBlockTable(Tensor.of(new int[] {0, 2}, 2, 1)).of(q, q, q))
                .isInstanceOf(ShapeException.class).hasMessage("attention: a page's block is 2; it lies between 0 and 1");
        assertThatThrownBy(() -> new Attention().of(q.to(DType.I32), q, q)).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> new Attention().withWindow(-1))
                .hasMessage("Attention: window is -1; it lies between 1 and 2^31 - 1, or is 0 for none");
    }
}
