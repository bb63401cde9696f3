package lyceum.backend.simt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.function.Consumer;

/**
 * Runs kernels as a graphics card would, on one thread and always the same way: blocks one after the other, the warps of a block in turns from barrier to
 * barrier, the 32 threads of a warp by one instruction. Some tens of millions of steps of threads a second.
 *
 * <p>It finds races by what could happen, not by what did: two threads of a block that meet a word between two barriers, or two blocks that meet one at
 * all, are a race if one of them writes and they are not both atomic. Fences and flags between blocks it does not know.
 *
 * @param on        the multiprocessor whose occupancy is reported
 * @param registers that a thread has there, as a compiler says; for the occupancy alone
 * @param races     whether they are looked for, which takes 96 bytes a word
 * @param listener  told each access of a warp, or null
 */
public record Simt(Multiprocessor on, int registers, boolean races, Consumer<Request> listener) {

    /** An H100, 32 registers a thread, with races looked for. */
    public Simt() { this(Multiprocessor.H100, 32, true, null); }

    public Simt withRegisters(int registers) { return new Simt(on, registers, races, listener); }

    public Simt withRaces(boolean races) { return new Simt(on, registers, races, listener); }

    public Simt withListener(Consumer<Request> listener) { return new Simt(on, registers, races, listener); }

    /**
     * Runs a kernel to its end.
     *
     * @param arguments in the order in which the kernel asks for them: a {@link Buffer}, an Integer or a Float each
     * @throws IllegalArgumentException if an argument is of another kind, or a block does not fit the multiprocessor
     * @throws lyceum.LyceumException if a thread leaves an array, divides by zero, or a barrier is not reached by all: names the thread and the step
     */
    public Report launch(Kernel kernel, Dim grid, Dim block, Object... arguments) {
        var launch = new Launch(kernel, grid, block, arguments);
        var occupancy = on.occupancy(block.count(), registers, kernel.sharedBytes());
        var counters = new Counters(kernel);
        var watch = races ? new Block.Watch(launch) : null;
        for (int i = 0; i < grid.count(); i++) new Block(launch, i, counters, watch, listener).run();
        var found = new ArrayList<Report.Race>();
        if (watch != null) watch.races().forEach(found::add);
        found.sort(Comparator.comparing(Report.Race::memory).thenComparing(Report.Race::before).thenComparing(Report.Race::after));
        return new Report(kernel.name(), counters.instructions(), counters.lanes(), counters.accesses(), counters.branches(), found,
                occupancy);
    }
}
