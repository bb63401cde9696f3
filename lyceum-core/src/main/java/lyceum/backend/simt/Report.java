package lyceum.backend.simt;

import java.util.List;
import java.util.Locale;

/**
 * What a launch cost and what was wrong with it.
 *
 * @param instructions that warps issued
 * @param lanes        threads that took part in them, 32 an instruction at best
 * @param accesses     by step that loads or stores, in the code's order
 * @param branches     by step at which threads may part
 * @param races        each kind once, with the first place where it was seen
 * @param occupancy    of the multiprocessor
 */
public record Report(String kernel, long instructions, long lanes, List<Access> accesses, List<Branch> branches, List<Race> races,
        Multiprocessor.Occupancy occupancy) {

    /**
     * A step that meets memory.
     *
     * @param requests     warps that came to it
     * @param transactions sectors of 32 bytes in global memory; passes over the banks in shared memory
     * @param least        the transactions that as many words need at least
     * @param worst        transactions of the worst request; in shared memory it is the way of the conflict, 1 for none
     */
    public record Access(String step, String memory, boolean shared, long requests, long transactions, long least, int worst) {}

    /** A step at which threads of a warp may part. @param parted how many of the {@code times} they did */
    public record Branch(String step, long times, long parted) {}

    /**
     * Two threads met one word without a barrier between, and one of them wrote: which comes first is chance.
     *
     * @param element  index in {@code memory}
     * @param one      the thread of the same block, or the block, that came first here; {@code before} its step
     * @param other    the thread that came later; {@code after} its step
     */
    public record Race(String memory, int element, String one, String before, String other, String after) {
        @Override public String toString() {
            return memory + "[" + element + "]: " + one + " (" + before + ") and " + other + " (" + after + ") with no barrier between";
        }
    }

    /** Share of the lanes that worked, 0 to 1. */
    public double laneShare() { return instructions == 0 ? 1 : lanes / (double) (Warp.LANES * instructions); }

    /** Sectors of global memory that were moved. */
    public long sectors() { return accesses.stream().filter(a -> !a.shared).mapToLong(Access::transactions).sum(); }

    /** Share of the moved sectors that the words asked for would have needed, 0 to 1. */
    public double coalescing() {
        long least = accesses.stream().filter(a -> !a.shared).mapToLong(Access::least).sum();
        return sectors() == 0 ? 1 : (double) least / sectors();
    }

    /** Passes over shared memory that conflicts cost. */
    public long conflicts() { return accesses.stream().filter(Access::shared).mapToLong(a -> a.transactions - a.requests).sum(); }

    /** The way of the worst conflict in shared memory; 1 for none. */
    public int worstConflict() { return accesses.stream().filter(Access::shared).mapToInt(Access::worst).max().orElse(1); }

    /** Branches at which a warp parted. */
    public long divergence() { return branches.stream().mapToLong(Branch::parted).sum(); }

    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT,
                "%s: %,d instructions, %.0f%% of lanes at work, %d of %d branches diverge%noccupancy %.0f%% (%d blocks, limited by %s)%n",
                kernel, instructions, 100 * laneShare(), divergence(), branches.stream().mapToLong(Branch::times).sum(),
                100 * occupancy.share(), occupancy.blocks(), occupancy.limitedBy()));
        for (var a : accesses)
            text.append(String.format(Locale.ROOT, "%-40s %,9d requests %,9d %s, worst %d%n", a.step, a.requests, a.transactions,
                    a.shared ? "passes" : "sectors (least " + a.least + ")", a.worst));
        for (var race : races) text.append("race: ").append(race).append(System.lineSeparator());
        return text.toString();
    }
}
