package lyceum.backend.x86.fuse;

import lyceum.backend.x86.machine.Kernel;

/**
 * Code, and where its data goes.
 *
 * @param kernel null for a structure that has no code
 * @param keptBytes of an element of each buffer of a kept row
 * @param keptIn the output that may be that buffer, or -1
 * @param cost instructions for the elements that are worked on at once, about
 */
record Compiled(Kernel kernel, ArgumentBlock block, long[] keptBytes, int[] keptIn, int lanes, int cost) {
    static final Compiled NONE = new Compiled(null, null, null, null, 1, 0);

    /** Nanoseconds for {@code elements}, about. */
    long nanos(long elements) { return (elements + lanes - 1) / lanes * cost / 2; }
}
