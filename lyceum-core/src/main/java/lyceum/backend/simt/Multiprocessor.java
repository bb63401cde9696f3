package lyceum.backend.simt;

/**
 * What one multiprocessor of a card has room for, and how many blocks of a kernel fit into it.
 *
 * @param warps       resident at most
 * @param blocks      resident at most
 * @param registers   of four bytes, given to warps by {@code registerUnit}
 * @param registerUnit registers that are given together
 * @param sharedBytes of shared memory, given to blocks by {@code sharedUnit}, with {@code sharedReserved} more for the system
 * @param mostThreads of a block
 */
public record Multiprocessor(String name, int warps, int blocks, int registers, int registerUnit, int sharedBytes, int sharedUnit,
        int sharedReserved, int mostThreads) {
    /** Registers lie in quarters, and a warp in one of them. */
    private static final int PARTITIONS = 4;

    /** NVIDIA's H100, compute capability 9.0 (CUDA C++ Programming Guide, table of technical specifications). */
    public static final Multiprocessor H100 = new Multiprocessor("H100", 64, 32, 65_536, 256, 228 << 10, 128, 1024, 1024);
    /** NVIDIA's A100, compute capability 8.0. */
    public static final Multiprocessor A100 = new Multiprocessor("A100", 64, 32, 65_536, 256, 164 << 10, 128, 1024, 1024);

    /**
     * How full a kernel keeps a multiprocessor.
     *
     * @param blocks    resident at once
     * @param share     of the warps that there is room for, 0 to 1
     * @param limitedBy {@code warps}, {@code blocks}, {@code registers} or {@code shared memory}
     */
    public record Occupancy(int blocks, double share, String limitedBy) {}

    /**
     * Of blocks of {@code threads} threads with so many registers each and so much shared memory a block: the least of what each resource allows.
     *
     * @throws IllegalArgumentException if not even one block fits
     */
    public Occupancy occupancy(int threads, int registersPerThread, int sharedPerBlock) {
        int warpsPerBlock = Math.ceilDiv(threads, Warp.LANES);
        int registersPerWarp = round(registersPerThread * Warp.LANES, registerUnit);
        int shared = round(sharedPerBlock + sharedReserved, sharedUnit);
        int[] allowed = {warps / warpsPerBlock, blocks,
                registersPerWarp == 0 ? blocks : registers / PARTITIONS / registersPerWarp * PARTITIONS / warpsPerBlock,
                sharedBytes / shared};
        String[] by = {"warps", "blocks", "registers", "shared memory"};
        int least = 0;
        for (int i = 1; i < allowed.length; i++) if (allowed[i] < allowed[least]) least = i;
        if (threads < 1 || threads > mostThreads || allowed[least] == 0)
            throw new IllegalArgumentException("a block of " + threads + " threads with " + registersPerThread + " registers each and "
                    + sharedPerBlock + " bytes of shared memory does not fit " + name + ": at most " + mostThreads + " threads, "
                    + registers + " registers, " + (sharedBytes - sharedReserved) + " bytes");
        return new Occupancy(allowed[least], (double) allowed[least] * warpsPerBlock / warps, by[least]);
    }

    private static int round(int n, int unit) { return Math.ceilDiv(n, unit) * unit; }
}
