package lyceum.backend.device;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import lyceum.backend.device.DeviceSimulation.Engine;
import lyceum.backend.device.DeviceSimulation.Piece;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class DeviceSimulationTest {
    private static final DeviceModel PLAIN = DeviceModel.H100.withLaunch(0).withCopyEngines(1);

    /** Kernels and copies in four streams, waiting for up to three earlier pieces. Each must go to its engine: with one for copies, both ways share it. */
    private static DeviceSimulation random(Rng rng, DeviceModel model, boolean cpu) {
        var simulation = new DeviceSimulation(model);
        var pieces = new ArrayList<Piece>();
        int n = 20 + (int) rng.nextLong(100);
        for (int i = 0; i < n; i++) {
            var after = new Piece[i == 0 ? 0 : (int) rng.nextLong(4)];
            for (int a = 0; a < after.length; a++) after[a] = pieces.get((int) rng.nextLong(i));
            int stream = (int) rng.nextLong(4);
            double size = Math.exp(10 + 8 * rng.nextDouble());
            int kind = (int) rng.nextLong(cpu ? 5 : 4);
            pieces.add(switch (kind) {
                case 0 -> simulation.copyIn(stream, size, after);
                case 1 -> simulation.copyOut(stream, size, after);
                case 4 -> simulation.onCpu((long) size, after);
                default -> simulation.kernel(stream, 1000 * size, size, after);
            });
            var out = model.copyEngines() == 1 ? Engine.COPY_IN : Engine.COPY_OUT;
            var engines = new Engine[] {Engine.COPY_IN, out, Engine.KERNELS, Engine.KERNELS, Engine.CPU};
            assertThat(pieces.getLast().engine()).isEqualTo(engines[kind]);
        }
        return simulation;
    }

    /**
     * The longest path to the end of each piece, by relaxing edges until nothing changes: nodes are launches and pieces, an edge leads from what must end to
     * what may start then (waits, streams, and engines in the order of issue).
     */
    private static long[] longestPaths(List<Piece> pieces, long launch) {
        int n = pieces.size();
        var edges = new ArrayList<int[]>(); // nodes: pieces, then their launches
        HashMap<Object, Integer> last = new HashMap<>();
        for (var p : pieces) {
            boolean cpu = p.engine() == Engine.CPU;
            for (var before : p.after()) edges.add(new int[] {before.id(), p.id()});
            var cpuBefore = last.put(Engine.CPU, cpu ? p.id() : n + p.id());
            if (cpuBefore != null) edges.add(new int[] {cpuBefore, cpu ? p.id() : n + p.id()});
            if (cpu) continue;
            edges.add(new int[] {n + p.id(), p.id()});
            for (Object queue : new Object[] {p.engine(), "stream " + p.stream()}) {
                var before = last.put(queue, p.id());
                if (before != null) edges.add(new int[] {before, p.id()});
            }
        }
        var ends = new long[2 * n];
        for (int i = 0; i < n; i++) {
            ends[i] = pieces.get(i).time();
            ends[n + i] = launch;
        }
        for (boolean changed = true; changed;) {
            changed = false;
            for (var edge : edges) {
                long end = ends[edge[0]] + (edge[1] < n ? pieces.get(edge[1]).time() : launch);
                if (end > ends[edge[1]]) {
                    ends[edge[1]] = end;
                    changed = true;
                }
            }
        }
        return Arrays.copyOf(ends, n);
    }

    @Test
    @Acceptance(topic = "gpu-acceleration", clause = 3) void theSimulationOfRandomGraphsIsTheirLongestPath() {
        int equal = 0, between = 0, graphs = 0, waited = 0;
        var rng = Rng.of(330);
        for (int g = 0; g < 40; g++) {
            boolean plain = g < 20;
            var model = plain ? PLAIN : DeviceModel.H100.withCopyEngines(1 + g % 2).withLaunch(50_000);
            var simulation = random(rng, model, !plain);
            var schedule = simulation.run();
            var paths = longestPaths(simulation.pieces(), model.launch());
            graphs++;
            if (Arrays.equals(schedule.ends(), paths) && schedule.makespan() == Arrays.stream(paths).max().orElseThrow()) equal++;
            long compute = 0, transfer = 0;
            for (var p : simulation.pieces()) {
                if (p.engine() == Engine.KERNELS) compute += p.time();
                else transfer += p.time();
            }
            if (!plain) continue;
            if (schedule.makespan() >= Math.max(compute, transfer) && schedule.makespan() <= compute + transfer) between++;
            if (schedule.makespan() > Math.max(compute, transfer) && schedule.makespan() < compute + transfer) waited++;
        }
        Evidence.of("graphs of 40 whose every end is the longest path to it, to the picosecond", equal, exactly(40));
        Evidence.of("graphs of 20 between the larger and the sum of compute and transfer", between, exactly(20));
        Evidence.of("of those strictly between", waited, atLeast(15));
    }

    @Test
    @Acceptance(topic = "gpu-acceleration", clause = 3) void aPipelineOfEqualBatchesTakesWhatItsSlowestEngineTakes() {
        double worst = 0;
        int seen = 0;
        long[][] times = {{1000, 1000, 0}, {1000, 5000, 1000}, {4000, 1000, 2000}, {700, 1400, 700}, {333, 1, 2}, {1, 777, 1}};
        for (int engines = 1; engines <= 2; engines++) {
            for (var t : times) {
                var simulation = new DeviceSimulation(PLAIN.withCopyEngines(engines));
                simulation.pipeline(1000, t[0], t[1], t[2], 4);
                long slowest = 1000 * Math.max(t[1], engines == 1 ? t[0] + t[2] : Math.max(t[0], t[2]));
                assertThat(simulation.pieces()).hasSize(3000);
                long makespan = simulation.run().makespan();
                assertThat(makespan).isGreaterThanOrEqualTo(slowest);
                worst = Math.max(worst, (double) makespan / slowest - 1);
                seen++;
            }
        }
        Evidence.of("largest excess of " + seen + " pipelines of 1,000 batches over the slowest engine", worst, atMost(0.01));
        var single = new DeviceSimulation(PLAIN);
        single.pipeline(1000, 1000, 1000, 0, 1);
        assertThat(single.run().makespan()).as("one buffer: nothing overlaps").isEqualTo(2_000_000);
    }

    @Test
    @Acceptance(topic = "gpu-acceleration", clause = 3) void throughputGrowsWithTheBatchUntilTheKnee() {
        int layers = 0, growing = 0, flat = 0;
        double gain = 0;
        for (long[] size : new long[][] {{4096, 4096}, {1024, 8192}, {512, 512}, {16384, 1024}}) {
            for (long launch : new long[] {0, 3_000_000}) {
                var model = DeviceModel.H100.withLaunch(launch);
                double knee = model.kneeBatch(size[0], size[1]);
                boolean grows = true;
                double before = 0;
                for (double batch = knee / 64; batch < knee * 0.999; batch *= 1.3) {
                    double now = throughput(model, batch, size[0], size[1]);
                    grows &= now > before * 1.02;
                    before = now;
                }
                double at = throughput(model, knee * 1.001, size[0], size[1]);
                for (double batch = knee * 1.3; batch < 20 * knee; batch *= 1.7)
                    gain = Math.max(gain, Math.abs(throughput(model, batch, size[0], size[1]) / at - 1));
                layers++;
                if (grows) growing++;
                if (at * 2 * size[0] * size[1] > 0.98 * model.operations()) flat++; // the roof of arithmetic
            }
        }
        Evidence.of("layers of " + layers + " whose throughput grows by a fiftieth or more at each step to the knee", growing, exactly(8));
        Evidence.of("layers whose throughput at the knee is the peak's within 2%", flat, exactly(8));
        Evidence.of("largest change of throughput beyond the knee", gain, below(0.02));
    }

    /** Samples a second of 200 batches one after the other, with what lies in the device's memory counted by hand. */
    private static double throughput(DeviceModel model, double batch, double inputs, double outputs) {
        var simulation = new DeviceSimulation(model);
        for (int i = 0; i < 200; i++)
            simulation.kernel(0, 2 * batch * inputs * outputs, 4 * (batch * inputs + inputs * outputs + batch * outputs));
        return 200 * batch / (simulation.run().makespan() * 1e-12);
    }

    @Test void streamsRunBesideOneAnotherAndWaitWhereTold() {
        var simulation = new DeviceSimulation(PLAIN.withCopyEngines(2));
        var in = simulation.issue(Engine.COPY_IN, 0, 100);
        var work = simulation.issue(Engine.KERNELS, 1, 50, in);
        simulation.issue(Engine.COPY_OUT, 2, 30);
        simulation.issue(Engine.COPY_OUT, 1, 30);
        simulation.issue(Engine.KERNELS, 3, 10);
        var schedule = simulation.run();
        assertThat(schedule.starts()).containsExactly(0, 100, 0, 150, 150);
        assertThat(schedule.makespan()).isEqualTo(180);
        assertThat(schedule.busy(Engine.COPY_OUT)).isEqualTo(60);
        assertThat(work.after()).containsExactly(in);
        assertThatThrownBy(() -> new DeviceSimulation(PLAIN).kernel(0, 1, 1, in)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("piece 0 is none of this simulation's");
    }

    /** With one copy engine the copy out waits for its kernel, and holds up the next copy in. */
    @Test void issuedBatchByBatchNothingOverlaps() {
        var simulation = new DeviceSimulation(PLAIN);
        for (int i = 0; i < 10; i++) {
            simulation.issue(Engine.COPY_IN, i % 3, 100);
            simulation.issue(Engine.KERNELS, i % 3, 150);
            simulation.issue(Engine.COPY_IN, i % 3, 50);
        }
        assertThat(simulation.run().makespan()).isEqualTo(10 * 300);
    }

    @Test void launchesAreTheCpusTime() {
        var simulation = new DeviceSimulation(PLAIN.withLaunch(7));
        for (int i = 0; i < 3; i++) simulation.issue(Engine.KERNELS, i, 2);
        simulation.onCpu(100);
        simulation.issue(Engine.KERNELS, 0, 2);
        assertThat(simulation.run().ends()).containsExactly(9, 16, 23, 121, 130);
    }

    /** The article's example: two matrices of 512 x 512 there, the product back. */
    @Test void theBusTakesTwelveTimesAsLongAsTheProduct() {
        double n = 512;
        long product = DeviceModel.H100.kernelTime(2 * n * n * n, 3 * 4 * n * n), bus = DeviceModel.H100.busTime(3 * 4 * n * n);
        assertThat((double) bus / product).isBetween(12.0, 12.5);
        assertThat(product * 1e-6).isBetween(4.0, 4.1);
    }
}
