package lyceum.backend.tile;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TileKernelTest {
    private static final TileDevice VECTOR = TileDevice.named("vector"), INTERPRETER = TileDevice.named("interpreter");

    @Test
    @Tag("slow")
    @Acceptance(topic = "triton-tiles", clause = 1) void fiveKernelsEqualPlainLoopsAtTwoHundredOddShapesEach() {
        Gap gap = Gap.relativeBeyondOne(), ofParts = Gap.relative();
        int cases = 0;
        for (var c : TileCases.all()) {
            Arrays.fill(c.out(), Float.NaN);
            c.launch().run(VECTOR);
            (c.name().startsWith("softmax") ? ofParts : gap).see(c.name(), doubles(c.out()), c.expected()); // most parts are far below 1
            cases++;
        }
        Evidence.of("launches", cases, exactly(5 * 200));
        Evidence.of("largest gap to loops of doubles", gap, atMost(1e-5));
        Evidence.of("largest gap of a softmax, relative to each number", ofParts, atMost(1e-5));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "triton-tiles", clause = 2) void compiledEqualsInterpreted() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : TileCases.all()) {
            Arrays.fill(c.out(), Float.NaN);
            c.launch().run(INTERPRETER);
            var interpreted = doubles(c.out());
            Arrays.fill(c.out(), Float.NaN);
            c.launch().run(VECTOR);
            gap.see(c.name(), doubles(c.out()), interpreted);
            cases++;
        }
        Evidence.of("launches", cases, exactly(5 * 200));
        Evidence.of("largest gap of compiled to interpreted", gap, atMost(1e-6));
    }

    /** Two blocks of keys with scores of -400 or 400 each: the weights are equal where the score is the largest, and 0 elsewhere. */
    @Test void attentionTakesScoresWhoseExponentialsNoFloatHolds() {
        var kernel = TileKernels.attention(16, 11, 16, false);
        for (float[] block : new float[][] {{-25, -25}, {25, 25}, {-25, 25}, {25, -25}}) {
            float[] q = new float[5 * 16], k = new float[22 * 16], v = TileCases.numbers(Rng.of(6), 22 * 16), out = new float[5 * 16];
            Arrays.fill(q, 4);
            Arrays.fill(k, 0, 11 * 16, block[0]);
            Arrays.fill(k, 11 * 16, 22 * 16, block[1]);
            int from = block[0] < block[1] ? 11 : 0, to = block[0] > block[1] ? 11 : 22;
            for (var device : List.of(VECTOR, INTERPRETER)) {
                kernel.bind(new int[] {1, 1}, q, k, v, out, 5, 22, 0.25).run(device);
                for (int i = 0; i < out.length; i++) {
                    double mean = 0;
                    for (int key = from; key < to; key++) mean += v[16 * key + i % 16] / (double) (to - from);
                    assertThat((double) out[i]).isCloseTo(mean, within(1e-6));
                }
            }
        }
    }

    @Test void tensorsAreBuffers() {
        var rng = Rng.of(5);
        Tensor x = Tensor.randn(rng, 7, 33).compute(), out = Tensor.zeros(DType.F32, 7, 33).copy();
        TileKernels.softmax(64).bind(new int[] {7}, x.view(), out.view(), 33).run();
        assertThat(out.sub(x.softmax(1)).abs().max().item()).isLessThan(1e-6);
    }

    /** All that a back end for other hardware needs, and when it is asked. */
    @Test void anotherDeviceMakesAKernelReadyOnceAndIsGivenEveryLaunch() {
        var seen = new ArrayList<String>();
        TileDevice other = new TileDevice() {
            @Override public String name() { return "other"; }

            @Override public Executable make(TileProgram program) {
                seen.add(program.toString());
                return launch -> {
                    var p = program.parameters();
                    seen.add(launch.programs() + " programs, " + launch.integer(p.get(3)) + " of " + launch.buffer(p.getFirst()).byteSize()
                            + " bytes");
                };
            }
        };
        var add = TileKernels.add(16);
        for (int n : new int[] {20, 40})
            add.bind(new int[] {TileKernel.blocks(n, 16)}, new float[n], new float[n], new float[n], n).run(other);
        assertThat(seen).containsExactly("""
                add(buffer x, buffer y, buffer out, integer n)
                  %0: I32(1, 1) = integer n
                  %1: I32(1, 1) = program 0
                  %2: I32(1, 1) = constant 16.0
                  %3: I32(1, 1) = mul %1 %2
                  %4: I32(1, 16) = range along 1
                  %5: I32(1, 16) = add %3 %4
                  %6: BOOL(1, 16) = lt %5 %0
                  %7: F32(1, 16) = load x[%5] if %6 else 0.0
                  %8: F32(1, 16) = load y[%5] if %6 else 0.0
                  %9: F32(1, 16) = add %7 %8
                  store %9 to out[%5] if %6
                """, "2 programs, 20 of 80 bytes", "3 programs, 40 of 160 bytes");
    }

    @Test void aCompiledKernelThatLeavesItsBufferSaysSo() {
        var add = TileKernels.add(16);
        float[] x = new float[16], out = new float[16];
        assertThatThrownBy(() -> add.bind(new int[] {2}, x, x, out, 30).run(VECTOR))
                .hasMessageContaining("add: an address outside of a buffer");
        assertThatThrownBy(() -> add.bind(new int[] {2}, x, x, out, 30).run(INTERPRETER))
                .hasMessageContaining("program 1 reads x[16], which has 16 elements; mask it");
    }

    @Test void whatDoesNotFitIsRefusedByName() {
        refused("dot: %1: F32(3, 5) + %0: F32(3, 4) x %0: F32(3, 4)", k -> k.full(3, 4, 0).dot(k.full(3, 4, 0), k.full(3, 5, 0)));
        refused("I32(1, 8) with %1: F32(1, 8)", k -> k.columns(8).add(k.full(1, 8, 0)));
        refused("do not stretch to one shape", k -> k.columns(8).add(k.columns(9)));
        refused("made in a loop that is closed", k -> {
            var leak = new Tile[1];
            k.loop(k.constant(0), k.constant(3), 1, k.full(1, 1, 0), (i, s) -> leak[0] = s.add(1));
            k.buffer("out").store(k.constant(0), leak[0]);
        });
        refused("shapes stay", k -> k.loop(k.constant(0), k.constant(3), 1, k.full(1, 1, 0), (i, s) -> k.full(2, 2, 0)));
        refused("meets 1.5", k -> k.columns(3).mul(1.5));
        refused("has one column", k -> k.full(3, 4, 0).dot(k.full(4, 1, 0)));
        var add = TileKernels.add(16);
        assertThatThrownBy(() -> add.bind(new int[] {1}, 1f, new float[3], new float[3], 3))
                .hasMessageContaining("buffer x is bound to Float");
        assertThatThrownBy(() -> add.bind(new int[] {1}, new float[3], 3)).hasMessageContaining("add takes [buffer x, buffer y");
        assertThatThrownBy(() -> TileDevice.named("gpu")).hasMessageContaining("interpreter and vector");
    }

    private static void refused(String message, Consumer<TileBuilder> body) {
        assertThatThrownBy(() -> TileKernel.of("wrong", body)).isInstanceOf(IllegalArgumentException.class).message()
                .matches(m -> m.contains(message) || m.replaceAll("%\\d+", "%").contains(message.replaceAll("%\\d+", "%")), message);
    }

    private static double[] doubles(float[] numbers) {
        var doubles = new double[numbers.length];
        for (int i = 0; i < doubles.length; i++) doubles[i] = numbers[i];
        return doubles;
    }
}
