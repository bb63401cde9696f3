package lyceum.backend.vector;

import java.lang.invoke.MethodHandle;
import lyceum.backend.Parallel;
import lyceum.backend.tile.TileDevice;
import lyceum.backend.tile.TileLaunch;
import lyceum.backend.tile.TileProgram;

/** Tile kernels as classes over {@code jdk.incubator.vector}; the programs of a launch are shared out to the pool's threads. */
public final class VectorTiles implements TileDevice {
    /** Nanoseconds of work that a thread takes at once. */
    private static final double PIECE = 20_000;

    @Override public String name() { return "vector"; }

    @Override public Executable make(TileProgram program) {
        var plan = new TilePlan(program);
        MethodHandle run = TileWriter.write(plan);
        var frames = ThreadLocal.withInitial(() -> new TileFrame(plan));
        double nanos = plan.nanos();
        long grain = (long) Math.max(1, PIECE / Math.max(1, nanos));
        return launch -> Parallel.range(launch.programs(), grain, nanos,
                (from, to) -> run(run, plan, frames.get(), launch, (int) from, (int) to));
    }

    private static void run(MethodHandle run, TilePlan plan, TileFrame frame, TileLaunch launch, int from, int to) {
        frame.begin(plan, launch);
        try {
            for (int number = from; number < to; number++) {
                frame.program(plan, launch, number);
                run.invokeExact(frame);
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    launch.program().name() + ": an address outside of a buffer; check() of the launch tells which", e);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        } finally {
            frame.buffers = null;
        }
    }
}
