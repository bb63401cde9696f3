package lyceum.backend.x86.fuse;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reductions of (batch, channels, height, width) over all but the channels are machine code: of whole numbers, whose sums are exact in any order. */
class ChannelSumsTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    /** x y, where y has one number a channel. */
    private static final Program PRODUCT = Program.of(Op.MUL, DType.F32, DType.F32, DType.F32);
    private static final boolean[] ALL_BUT_CHANNELS = {true, false, true, true};

    private static View view(long... shape) {
        return new View(DType.F32, Allocator.allocate(4 * View.size(shape)), 0, shape, View.contiguousStrides(shape));
    }

    private static View whole(int modulus, long... shape) {
        var view = view(shape);
        for (long i = 0; i < View.size(shape); i++)
            view.storage().segment().set(JAVA_FLOAT, view.byteOffset() + 4 * i, i * 7919 % modulus - modulus / 2);
        return view;
    }

    private static float get(View view, long i) { return view.storage().segment().get(JAVA_FLOAT, view.byteOffset() + 4 * i); }

    @ParameterizedTest
    @CsvSource({"32, 20, 30, 30", "5, 3, 9, 7", "128, 70, 3, 3", "3, 1, 300, 300", "64, 16, 1, 1", "2, 9, 1, 65", "7, 2, 5, 13",
            "1, 4, 8, 8"})
    void areExact(int batch, int channels, int height, int width) {
        View x = whole(101, batch, channels, height, width), y = whole(5, channels), got = view(channels);
        var each = y.with(x.shape(), new long[] {0, 1, 0, 0});
        int area = height * width;
        for (var level : new String[] {"avx2", "all"}) {
            var reductions = new FusedReductions(new FusedPrograms(Cpu.current().limitedTo(level)));
            for (var reduction : new Reduction[] {Reduction.SUM, Reduction.MAX, Reduction.MIN}) {
                assertThat(reductions.reduce(reduction, PRODUCT, new View[] {x, each}, ALL_BUT_CHANNELS, got)).isTrue();
                for (int c = 0; c < channels; c++) {
                    var terms = new double[batch * area];
                    for (int n = 0; n < batch; n++)
                        for (int i = 0; i < area; i++) terms[n * area + i] = get(x, ((long) n * channels + c) * area + i) * get(y, c);
                    var stream = Arrays.stream(terms);
                    double expected = switch (reduction) {
                        case SUM -> stream.sum();
                        case MAX -> stream.max().orElseThrow();
                        default -> stream.min().orElseThrow();
                    };
                    assertThat((double) get(got, c)).as("%s, %s of channel %d", level, reduction, c).isEqualTo(expected);
                }
            }
        }
    }
}
