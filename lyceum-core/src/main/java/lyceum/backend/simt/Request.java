package lyceum.backend.simt;

/**
 * One access of a warp to memory.
 *
 * @param step         its place in the kernel's code
 * @param text         the step in CUDA C
 * @param memory       the pointer
 * @param block        of the warp, and {@code warp} its number in the block
 * @param words        by lane: the element, or -1 of a lane that takes no part
 * @param transactions sectors of 32 bytes in global memory; passes over the 32 banks in shared memory
 */
public record Request(int step, String text, Pointer memory, int block, int warp, int[] words, int transactions) {}
