package lyceum.tensor;

import static lyceum.tensor.OpCase.of;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.backend.Settings;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Storage;
import lyceum.random.Rng;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What is hard for a kernel, at sizes that reach its main loops, in every setting that this machine has: NaN and infinities, and files mapped at odd offsets. */
class FaultsTest {
    private static final DType[] FLOATS = {DType.F32, DType.F64, DType.BF16, DType.F16};
    private static final double[] SPECIAL = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0};

    /**
     * Whose first operand alone is spoilt. By the formula zero times NaN is NaN, where padding meets a weight, or the weight of a hidden key its value; backends
     * that skip such products do without it, others do not.
     */
    private static final Set<String> FIRST_ALONE = Set.of("conv3x3", "conv7x7", "convDepthwise", "convTranspose", "attentionCausal");

    @TempDir Path folder;

    private static long[] s(long... sizes) { return sizes; }

    private static List<OpCase> kernels() {
        var rows = Tensor.randint(Rng.of(9), 0, 40, 60).compute();
        return List.of(of("matmul", in -> in[0].matmul(in[1]), s(65, 130), s(130, 70)),
                of("matmulTransposed", in -> in[0].transpose().matmul(in[1].transpose()), s(100, 33), s(50, 100)),
                of("matmulFewRows", in -> in[0].matmul(in[1]), s(3, 200), s(200, 130)),
                of("matmulVector", in -> in[0].matmul(in[1]), s(90, 200), s(200)),
                of("matmulBatched", in -> in[0].matmul(in[1]), s(3, 20, 40), s(3, 40, 18)),
                of("chain", in -> in[0].mul(in[1]).add(in[2]).gelu(), s(30, 150), s(150), s(150)),
                of("softmax", in -> in[0].softmax(1), s(5, 300)), of("logSoftmaxAxis0", in -> in[0].logSoftmax(0), s(150, 21)),
                of("layerNorm", in -> in[0].layerNorm(in[1], in[2], 1e-3), s(5, 200), s(200), s(200)),
                of("rmsNorm", in -> in[0].rmsNorm(in[1], 1e-3), s(5, 200), s(200)), of("sum", in -> in[0].sum(1), s(6, 3000)),
                of("sumColumns", in -> in[0].sum(0), s(300, 37)), of("max", in -> in[0].max(1), s(6, 300)),
                of("argmax", in -> in[0].argmax(1), s(6, 300)), of("min", in -> in[0].min(0), s(300, 37)),
                of("cumsum", in -> in[0].cumsum(1), s(4, 300)), of("sort", in -> in[0].sort(1).values(), s(3, 1500)),
                of("topk", in -> in[0].topk(5, 1).values(), s(3, 500)), of("rows", in -> in[0].indexSelect(0, rows), s(40, 70)),
                of("indexAdd", in -> in[0].indexAdd(0, rows, in[1]), s(40, 70), s(60, 70)),
                of("conv3x3", in -> in[0].conv2d(in[1], in[2], 1, 1), s(2, 16, 14, 14), s(32, 16, 3, 3), s(32)),
                of("conv3x3Unpadded", in -> in[0].conv(in[1]), s(2, 16, 14, 14), s(32, 16, 3, 3)), of("convDepthwiseUnpadded",
                        in -> in[0].conv(in[1], null, new Convolution().withGroups(32)), s(1, 32, 14, 14), s(32, 1, 3, 3)),
                of("conv1x1", in -> in[0].conv(in[1]), s(1, 40, 9, 9), s(33, 40, 1, 1)),
                of("conv7x7", in -> in[0].conv(in[1], null, new Convolution().withStride(2).withPadding(3)), s(1, 3, 30, 30),
                        s(16, 3, 7, 7)),
                of("convDepthwise", in -> in[0].conv(in[1], null, new Convolution().withPadding(1).withGroups(32)), s(1, 32, 14, 14),
                        s(32, 1, 3, 3)),
                of("convTranspose", in -> in[0].convTranspose(in[1], null, new Convolution().withStride(2).withPadding(1)), s(1, 16, 8, 8),
                        s(16, 16, 3, 3)),
                of("maxPool", in -> in[0].maxPool(new Pooling(3).withStride(2).withPadding(1)), s(1, 8, 20, 20)),
                of("avgPool", in -> in[0].avgPool(new Pooling(3).withStride(2).withPadding(1)), s(1, 8, 20, 20)),
                of("attention", in -> new Attention().of(in[0], in[1], in[2]), s(1, 2, 70, 64), s(1, 2, 90, 64), s(1, 2, 90, 64)),
                of("attentionCausal", in -> new Attention().withCausal(true).of(in[0], in[1], in[2]), s(1, 2, 70, 64), s(1, 2, 70, 64),
                        s(1, 2, 70, 64)));
    }

    @TestFactory Stream<DynamicTest> notANumberAndInfinitiesTravelAsOnTheScalarBackend() {
        return Settings.all().entrySet().stream().filter(setting -> !setting.getKey().equals("scalar"))
                .flatMap(setting -> kernels().stream().map(op -> dynamicTest(setting.getKey() + " " + op.name(), () -> {
                    for (var type : new DType[] {DType.F32, DType.F64}) {
                        for (int seed = 0; seed < 8; seed++) {
                            var in = op.draw(type, seed);
                            for (int i = 0; i < (FIRST_ALONE.contains(op.name()) ? 1 : in.length); i++)
                                in[i] = planted(in[i], SPECIAL[seed % SPECIAL.length], seed < 4 ? 1 : 4, Rng.of(seed).split(i));
                            double[] expected = on(Backend.named("scalar"), op, in), actual = on(setting.getValue(), op, in);
                            for (int k = 0; k < expected.length; k++) {
                                boolean same = Double.isFinite(expected[k])
                                        ? Math.abs(expected[k] - actual[k]) <= 1e-4 * Math.max(1, Math.abs(expected[k]))
                                        : Double.compare(expected[k], actual[k]) == 0;
                                if (!same) throw new AssertionError(op.name() + " " + type + " with " + SPECIAL[seed % SPECIAL.length]
                                        + ": element " + k + " is " + actual[k] + ", on scalar " + expected[k]);
                            }
                        }
                    }
                })));
    }

    private static Tensor planted(Tensor x, double special, int times, Rng rng) {
        var values = x.toDoubleArray();
        for (int i = 0; i < times; i++) values[(int) rng.nextLong(values.length)] = special;
        return Tensor.of(values, x.shape().toArray()).to(x.dtype()).compute();
    }

    private static double[] on(Backend backend, OpCase op, Tensor... in) {
        var result = new double[1][];
        Backend.with(backend, () -> result[0] = op.call().apply(in).to(DType.F64).toDoubleArray());
        return result[0];
    }

    @TestFactory Stream<DynamicTest> operandsInFilesMappedAtOddOffsetsGiveTheSameBits() {
        return Settings.all().entrySet().stream()
                .flatMap(setting -> kernels().stream().map(op -> dynamicTest(setting.getKey() + " " + op.name(), () -> {
                    try (var arena = Arena.ofShared()) {
                        var file = mapped(arena, 3 << 20);
                        for (var type : FLOATS) {
                            for (int odd = 0; odd < 2; odd++) {
                                Tensor[] in = op.draw(type, 3), there = new Tensor[in.length];
                                long at = 2 * odd; // the mapping begins at an odd offset itself
                                for (int i = 0; i < in.length; i++) {
                                    there[i] = copied(in[i], file.asSlice(at, in[i].count() * type.bytes()));
                                    at += in[i].count() * type.bytes() + 64;
                                }
                                assertThat(on(setting.getValue(), op, there)).as(op.name() + " " + type)
                                        .isEqualTo(on(setting.getValue(), op, in));
                            }
                        }
                    }
                })));
    }

    /** A cache of keys holds whatever its memory held before, beyond what has been written. */
    @Test void attentionDoesNotSeeGarbageBehindTheLengthsOrInPagesThatAreNotUsed() {
        Tensor q = Tensor.randn(Rng.of(1), 2, 4, 3, 64).compute(), k = Tensor.randn(Rng.of(2), 2, 2, 90, 64).compute(),
                v = Tensor.randn(Rng.of(3), 2, 2, 90, 64).compute();
        var lengths = Tensor.of(37, 5);
        var beyond = Tensor.arange(90).reshape(1, 1, 90, 1).ge(lengths.reshape(2, 1, 1, 1));
        var table = Tensor.of(new int[] {5, 0, 2, 1, -1, -1}, 2, 3);
        for (var setting : Settings.all().values()) {
            Backend.with(setting, () -> {
                for (var type : FLOATS) {
                    for (boolean causal : new boolean[] {false, true}) {
                        var attention = new Attention().withCausal(causal).withKeyLengths(lengths).withQueryStarts(lengths.sub(3));
                        var expected = attention.of(q.to(type), k.to(type), v.to(type)).to(DType.F64).toDoubleArray();
                        for (double garbage : SPECIAL)
                            assertThat(
                                    attention.of(q.to(type), k.maskedFill(beyond, garbage).to(type), v.maskedFill(beyond, garbage).to(type))
                                            .to(DType.F64).toDoubleArray())
                                    .as(setting.description() + " " + type).isEqualTo(expected);
                        var paged = attention.withBlockTable(table);
                        Tensor pages = k.reshape(12, 2, 15, 64).narrow(0, 0, 6), values = v.reshape(12, 2, 15, 64).narrow(0, 0, 6);
                        var clean = paged.of(q.to(type), pages.to(type), values.to(type)).to(DType.F64).toDoubleArray();
                        Tensor dirtyKeys = pages.copy(), dirtyValues = values.copy();
                        for (var dirty : new Tensor[] {dirtyKeys, dirtyValues}) {
                            for (int page : new int[] {3, 4}) dirty.get(page).fill_(Double.NaN);
                            dirty.get(2).narrow(1, 7, 8).fill_(Double.NaN); // 37 keys: the third page holds 7
                            dirty.get(1).narrow(1, 5, 10).fill_(Double.NaN);
                        }
                        assertThat(paged.of(q.to(type), dirtyKeys.to(type), dirtyValues.to(type)).to(DType.F64).toDoubleArray())
                                .as("pages, " + setting.description() + " " + type).isEqualTo(clean);
                    }
                }
            });
        }
    }

    @Test void quantisedWeightsInAFileMappedAtAnOddOffsetGiveTheSameBits() throws IOException {
        try (var arena = Arena.ofShared()) {
            var file = mapped(arena, 1 << 20);
            for (var setting : Settings.all().values()) {
                Backend.with(setting, () -> {
                    for (var format : BlockFormat.named()) {
                        var w = QuantisedMatrix.of(Tensor.randn(Rng.of(1), 37, 512), format);
                        var bytes = file.asSlice(4, w.bytes());
                        bytes.copyFrom(w.segment());
                        var there = QuantisedMatrix.on(bytes.asReadOnly(), format, 37, 512);
                        for (int rows : new int[] {1, 5}) {
                            var x = Tensor.randn(Rng.of(2), rows, 512).compute();
                            var odd = copied(x, file.asSlice((1 << 19) + 2, x.count() * 4));
                            for (var activations : Activations.values())
                                assertThat(there.withActivations(activations).matmul(odd).toFloatArray())
                                        .as(format.name() + " " + setting.description())
                                        .isEqualTo(w.withActivations(activations).matmul(x).toFloatArray());
                        }
                        assertThat(there.dequantise().toFloatArray()).isEqualTo(w.dequantise().toFloatArray());
                    }
                });
            }
        }
    }

    /** A file of zeros, mapped from its third byte on. */
    private MemorySegment mapped(Arena arena, long bytes) throws IOException {
        try (var channel = FileChannel.open(folder.resolve("mapped"), StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            var memory = channel.map(FileChannel.MapMode.READ_WRITE, 3, bytes, arena);
            assertThat(memory.address() % 2).isOne();
            return memory;
        }
    }

    private static Tensor copied(Tensor x, MemorySegment to) {
        var view = x.view();
        MemorySegment.copy(view.storage().segment(), view.byteOffset(), to, 0, to.byteSize());
        return Tensor.on(Storage.wrap(to.asReadOnly()), 0, x.dtype(), x.shape().toArray());
    }
}
