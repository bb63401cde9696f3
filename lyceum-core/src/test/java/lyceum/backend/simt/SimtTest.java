package lyceum.backend.simt;

import static lyceum.backend.simt.Type.F32;
import static lyceum.backend.simt.Type.I32;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SimtTest {
    private static final Dim ONE = new Dim(1), WARP = new Dim(32);

    /** A warp that loads every {@code stride}-th float. */
    private static Kernel strided(int stride) {
        return Kernel.of("strided", k -> {
            Pointer in = k.global("in", F32), out = k.global("out", F32);
            out.store(k.threadX(), in.load(k.threadX().mul(stride)));
        });
    }

    @Test
    @Acceptance(topic = "cuda", clause = 2) void aWarpsLoadCostsTheSectorsThatItsBytesLieIn() {
        int wrong = 0, seen = 0, unit = 0, wide = 0;
        for (int stride = 1; stride <= 64; stride++) {
            var load = new Simt().launch(strided(stride), ONE, WARP, Buffer.floats(32 * 64), Buffer.floats(32)).accesses().getFirst();
            var sectors = new HashSet<Long>(); // by byte addresses
            for (int lane = 0; lane < 32; lane++) for (long b = 0; b < 4; b++) sectors.add((4L * lane * stride + b) / 32);
            seen++;
            if (load.transactions() != sectors.size()) wrong++;
            if (stride == 1) unit = (int) load.transactions();
            if (stride >= 8 && load.transactions() == 32) wide++;
        }
        Evidence.of("sectors of a unit-stride load", unit, exactly(4));
        Evidence.of("strides from 8 to 64 that cost 32 sectors", wide, exactly(57));
        Evidence.of("strides of " + seen + " whose sectors differ from those of the byte addresses", wrong, exactly(0));
    }

    /** A warp writes a tile by rows and reads its columns. */
    private static Kernel columns(int row) {
        return Kernel.of("columns", k -> {
            Pointer out = k.global("out", F32), tile = k.shared("tile", F32, 32 * row);
            var t = k.threadX();
            k.loop(32, i -> tile.store(i.mul(row).add(t), t.mul(k.constant(I32, 32)).add(i).toFloat()));
            k.barrier();
            k.loop(32, i -> out.store(i.mul(32).add(t), tile.load(t.mul(row).add(i))));
        });
    }

    @Test
    @Acceptance(topic = "cuda", clause = 3) void aColumnOfASquareTileLiesInOneBank() {
        var ways = new ArrayList<Integer>();
        for (int row : new int[] {32, 33}) {
            var requests = new ArrayList<Request>();
            var report = new Simt().withListener(requests::add).launch(columns(row), ONE, WARP, Buffer.floats(32 * 32));
            var loads = requests.stream().filter(r -> r.memory().isShared() && !r.text().startsWith("tile")).toList();
            assertThat(loads).hasSize(32);
            assertThat(loads).extracting(Request::transactions).containsOnly(loads.getFirst().transactions());
            for (var load : loads) { // by hand: how many different words the fullest bank holds
                var banks = new int[32];
                for (int word : load.words()) banks[word % 32]++;
                assertThat(IntStream.of(banks).max().orElseThrow()).isEqualTo(load.transactions());
            }
            assertThat(report.races()).isEmpty();
            assertThat(report.conflicts()).isEqualTo(32L * (loads.getFirst().transactions() - 1));
            ways.add(report.worstConflict());
        }
        Evidence.of("ways of a column's conflict, rows of 32", ways.get(0), exactly(32));
        Evidence.of("ways of a column's conflict, rows of 33", ways.get(1), exactly(1));
    }

    @Test
    @Acceptance(topic = "cuda", clause = 4) void aMissingBarrierIsARace() {
        int missed = 0, removed = 0, kernels = 0, clean = 0;
        for (var c : BarrierKernels.ten().values()) {
            if (c.run().with(c.kernel()).races().isEmpty()) clean++;
            boolean each = c.kernel().barriers() > 0;
            for (int i = 0; i < c.kernel().barriers(); i++) {
                removed++;
                if (c.run().with(c.kernel().withoutBarrier(i)).races().isEmpty()) {
                    missed++;
                    each = false;
                }
            }
            if (each) kernels++;
        }
        Evidence.of("kernels in which each barrier's removal is reported", kernels, exactly(10));
        Evidence.of("kernels of 10 that are clean with all barriers", clean, exactly(10));
        Evidence.of("barriers removed, one at a time", removed, atLeast(40));
        Evidence.of("removals without a report", missed, exactly(0));
    }

    @Test void oneWordReadByAllIsOnePass() {
        var kernel = Kernel.of("broadcast", k -> {
            Pointer out = k.global("out", F32), s = k.shared("s", F32, 64);
            s.store(k.threadX(), k.threadX().toFloat());
            s.store(k.threadX().add(32), k.threadX().toFloat());
            k.barrier();
            out.store(k.threadX(), s.load(k.constant(I32, 5)).add(s.load(k.threadX().mod(2).mul(32))));
        });
        var out = Buffer.floats(32);
        var report = new Simt().launch(kernel, ONE, WARP, out);
        assertThat(report.accesses()).extracting(Report.Access::worst).containsExactly(1, 1, 1, 2, 4);
        assertThat(out.toFloats()).containsOnly(5);
    }

    @Test void threadsThatPartRunOneSideAfterTheOther() {
        var kernel = Kernel.of("collatz", k -> {
            Pointer x = k.global("x", I32), steps = k.global("steps", I32);
            Value i = k.globalX(), one = k.constant(I32, 1);
            var value = k.variable(x.load(i));
            var n = k.variable(k.constant(I32, 0));
            k.repeat(() -> one.lt(value), () -> {
                k.when(value.mod(2).eq(0), () -> value.set(value.div(2)), () -> value.set(value.mul(3).add(1)));
                n.set(n.add(1));
            });
            steps.store(i, n);
        });
        int[] starts = IntStream.rangeClosed(1, 70).toArray();
        var steps = Buffer.ints(70);
        var report = new Simt().launch(kernel, new Dim(7), new Dim(10), Buffer.of(starts), steps);
        for (int i = 0; i < 70; i++) {
            int n = 0;
            for (int v = starts[i]; v > 1; v = v % 2 == 0 ? v / 2 : 3 * v + 1) n++;
            assertThat(steps.toInts()[i]).isEqualTo(n);
        }
        assertThat(report.divergence()).isPositive();
        assertThat(report.laneShare()).isLessThan(10 / 32.0);
    }

    @Test void branchesThatWholeWarpsTakeDoNotDiverge() {
        var kernel = Kernel.of("halves", k -> {
            var out = k.global("out", I32);
            k.when(k.threadX().lt(32), () -> out.store(k.threadX(), k.constant(I32, 1)), () -> out.store(k.threadX(), k.constant(I32, 2)));
        });
        var out = Buffer.ints(64);
        var report = new Simt().launch(kernel, ONE, new Dim(64), out);
        assertThat(report.divergence()).isZero();
        assertThat(report.laneShare()).isEqualTo(1);
        assertThat(out.toInts()).containsSubsequence(1, 2).satisfies(v -> assertThat(v[31]).isEqualTo(1));
    }

    @Test void blocksThatMeetAreARaceUnlessTheyAreAtomic() {
        var plain = Kernel.of("plain", k -> {
            Pointer out = k.global("out", F32);
            k.when(k.threadX().eq(0), () -> out.store(k.constant(I32, 0), k.constant(F32, 1)));
        });
        var races = new Simt().launch(plain, new Dim(2), WARP, Buffer.floats(1)).races();
        assertThat(races).hasSize(1);
        assertThat(races.getFirst()).hasToString(
                "out[0]: block (0, 0, 0) (out[0] = 1.0f;) and thread (0, 0, 0) of block (1, 0, 0) (out[0] = 1.0f;) with no barrier between");
        assertThat(new Simt().launch(plain, ONE, WARP, Buffer.floats(1)).races()).isEmpty();
        assertThat(new Simt().withRaces(false).launch(plain, new Dim(2), WARP, Buffer.floats(1)).races()).isEmpty();
        var atomic = Kernel.of("atomic", k -> k.global("out", I32).atomicAdd(k.constant(I32, 0), k.constant(I32, 1)));
        var count = Buffer.ints(1);
        assertThat(new Simt().launch(atomic, new Dim(3), new Dim(40), count).races()).isEmpty();
        assertThat(count.toInts()).containsExactly(120);
    }

    /** Two read; the one that read first writes, so that the race is with the other. */
    @Test void aWriterAmongTheReadersRacesWithTheOthers() {
        var kernel = Kernel.of("readers", k -> {
            Pointer s = k.shared("s", F32, 1), out = k.global("out", F32);
            var zero = k.constant(I32, 0);
            k.when(k.threadX().lt(2), () -> out.store(k.threadX(), s.load(zero)));
            k.when(k.threadX().eq(0), () -> s.store(zero, k.constant(F32, 1)));
        });
        var races = new Simt().launch(kernel, ONE, WARP, Buffer.floats(2)).races();
        assertThat(races).hasSize(1);
        assertThat(races.getFirst().one()).isEqualTo("thread (1, 0, 0)");
        assertThat(races.getFirst().other()).startsWith("thread (0, 0, 0)");
    }

    @Test void aReadBesideAnAtomicAddIsARace() {
        var kernel = Kernel.of("peek", k -> {
            Pointer out = k.global("out", I32), seen = k.global("seen", I32);
            var zero = k.constant(I32, 0);
            out.atomicAdd(zero, k.constant(I32, 1));
            seen.store(k.threadX(), out.load(zero));
        });
        assertThat(new Simt().launch(kernel, ONE, WARP, Buffer.ints(1), Buffer.ints(32)).races()).hasSize(1);
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> new Simt().launch(strided(8), ONE, WARP, Buffer.floats(100), Buffer.floats(32)))
                .isInstanceOf(LyceumException.class)
                .hasMessage("kernel strided, block (0, 0, 0): thread (13, 0, 0) meets in[104], which has 100 elements: t1 = in[t0];");
        var divergent = Kernel.of("divergent", k -> k.when(k.threadX().lt(7), k::barrier));
        assertThatThrownBy(() -> new Simt().launch(divergent, ONE, WARP))
                .hasMessageContaining("barrier 0 is reached by 7 of the 32 threads of warp 0");
        var oneWarp = Kernel.of("oneWarp", k -> k.when(k.threadX().lt(32), k::barrier));
        assertThatThrownBy(() -> new Simt().launch(oneWarp, ONE, new Dim(64))).hasMessageContaining("warp 0 waits at the barrier of step")
                .hasMessageContaining("warp 1 ends");
        var zero = Kernel.of("zero", k -> k.global("out", I32).store(k.threadX(), k.constant(I32, 1).div(k.threadX())));
        assertThatThrownBy(() -> new Simt().launch(zero, ONE, WARP, Buffer.ints(32))).hasMessageContaining("a division of I32 by zero");
        var shuffled = Kernel.of("shuffled", k -> k.when(k.threadX().lt(9), () -> k.threadX().shuffleDown(1)));
        assertThatThrownBy(() -> new Simt().launch(shuffled, ONE, WARP)).hasMessageContaining("a shuffle is reached by 9 of the 32 lanes");
        assertThatThrownBy(() -> Kernel.of("mixed", k -> k.threadX().add(k.constant(F32, 1)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kernel mixed: ADD has I32 and F32; toFloat() or toInt() converts");
        assertThatThrownBy(() -> Kernel.of("twice", k -> {
            k.global("a", F32);
            k.shared("a", F32, 1);
        })).hasMessageContaining("\"a\" is taken");
        assertThatThrownBy(() -> new Simt().launch(strided(1), ONE, WARP, Buffer.floats(32), Buffer.ints(32)))
                .hasMessage("launch of strided: out is a Buffer of I32; it takes a Buffer of F32");
        assertThatThrownBy(() -> Kernels.sum(64).withoutBarrier(7)).hasMessageContaining("it has 7, counted from 0");
        assertThatThrownBy(() -> new Simt().launch(strided(1), ONE, new Dim(2048))).isInstanceOf(IllegalArgumentException.class);
    }

    /** Hwu, Kirk, El Hajj, and NVIDIA's table: an H100 has 65,536 registers and room for 2,048 threads in 32 blocks. */
    @Test void occupancyIsWhatTheScarcestResourceAllows() {
        var h100 = Multiprocessor.H100;
        assertThat(h100.occupancy(256, 32, 0)).isEqualTo(new Multiprocessor.Occupancy(8, 1, "warps"));
        assertThat(h100.occupancy(256, 64, 0)).isEqualTo(new Multiprocessor.Occupancy(4, 0.5, "registers"));
        assertThat(h100.occupancy(32, 32, 0)).isEqualTo(new Multiprocessor.Occupancy(32, 0.5, "blocks"));
        assertThat(h100.occupancy(128, 32, 48 << 10)).isEqualTo(new Multiprocessor.Occupancy(4, 0.25, "shared memory"));
        assertThat(h100.occupancy(64, 40, 0)).isEqualTo(new Multiprocessor.Occupancy(24, 0.75, "registers"));
        assertThat(h100.occupancy(1024, 33, 0).blocks()).isEqualTo(1);
        assertThatThrownBy(() -> h100.occupancy(1024, 65, 0)).hasMessageContaining("does not fit H100");
    }

    @Test void aKernelReadsAsCudaC() { assertThat(Kernels.vectorAdd().cuda()).isEqualTo("""
                extern "C" __global__ void vectorAdd(float* a, float* b, float* c, int n) {
                    int t0, t1, t2;
                    float t3, t4, t5;
                    t0 = (int)blockIdx.x * (int)blockDim.x;
                    t1 = t0 + (int)threadIdx.x;
                    t2 = t1 < n;
                    if (t2) {
                        t3 = a[t1];
                        t4 = b[t1];
                        t5 = t3 + t4;
                        c[t1] = t5;
                    }
                }
                """); }
}
