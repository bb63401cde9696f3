package lyceum.backend.x86.conv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.backend.WindowGeometry;

/**
 * The gradient by the input, phase by phase: elements {@code q * stride + r - before} of x are reached by the taps t with
 * {@code t * dilation mod stride = r} alone, from output {@code q - t * dilation / stride}; so each phase is a convolution of stride 1 over y.
 *
 * @param grid of y with zeros around it
 * @param padding that makes it
 */
record BackPhases(Grid grid, Phases padding, List<Phase> phases, boolean isIdentity, boolean strided) {

    /**
     * @param count of elements by axis
     * @param shift of x's element of the first, by axis
     * @param taps that reach it, {@code offsets} where each reads for the first element
     */
    record Phase(int[] count, int[] shift, int[] taps, int[] offsets) {
        int volume() { return count[0] * count[1] * count[2]; }
    }

    static BackPhases of(WindowGeometry g) {
        int[] low = new int[3], sizes = new int[3];
        boolean identity = true, strided = false;
        for (int axis = 0; axis < 3; axis++) {
            int s = g.stride()[axis], least = 0, most = g.out()[axis] - 1;
            for (int r = 0; r < s; r++) {
                int from = first(g, axis, r), count = count(g, axis, r);
                if (count <= 0) continue;
                for (int t = 0; t < g.kernel()[axis]; t++) {
                    int reach = t * g.dilation()[axis];
                    if (reach % s != r) continue;
                    least = Math.min(least, from - reach / s);
                    most = Math.max(most, from + count - 1 - reach / s);
                }
                most = Math.max(most, least + count - 1); // so that a phase that no tap reaches has a line to stand on
            }
            low[axis] = least;
            sizes[axis] = most - least + 1;
            identity &= s == 1 && least == 0 && sizes[axis] == g.out()[axis];
            strided |= s > 1;
        }
        var grid = new Grid(sizes);
        var phases = new ArrayList<Phase>();
        for (int i = 0; i < g.stride()[0]; i++) {
            for (int j = 0; j < g.stride()[1]; j++) for (int k = 0; k < g.stride()[2]; k++) add(g, grid, low, new int[] {i, j, k}, phases);
        }
        return new BackPhases(grid, Phases.padding(grid, low), List.copyOf(phases), identity, strided);
    }

    private static void add(WindowGeometry g, Grid grid, int[] low, int[] residue, List<Phase> phases) {
        int[] count = new int[3], shift = new int[3], from = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            from[axis] = first(g, axis, residue[axis]);
            count[axis] = count(g, axis, residue[axis]);
            shift[axis] = from[axis] * g.stride()[axis] + residue[axis] - g.before()[axis];
            if (count[axis] <= 0) return;
        }
        int n = 0;
        int[] taps = new int[g.taps()], offsets = new int[g.taps()];
        for (int tap = 0; tap < g.taps(); tap++) {
            var at = new int[3];
            boolean reaches = true;
            for (int axis = 0; axis < 3; axis++) {
                int reach = g.tap(axis, tap) * g.dilation()[axis];
                reaches &= reach % g.stride()[axis] == residue[axis];
                at[axis] = from[axis] - reach / g.stride()[axis] - low[axis];
            }
            if (!reaches) continue;
            taps[n] = tap;
            offsets[n++] = grid.at(at[0], at[1], at[2]);
        }
        phases.add(new Phase(count, shift, Arrays.copyOf(taps, n), Arrays.copyOf(offsets, n)));
    }

    /** First q of an axis whose element lies in x. */
    private static int first(WindowGeometry g, int axis, int residue) { return Math.ceilDiv(g.before()[axis] - residue, g.stride()[axis]); }

    private static int count(WindowGeometry g, int axis, int residue) {
        return Math.floorDiv(g.in()[axis] - 1 + g.before()[axis] - residue, g.stride()[axis]) - first(g, axis, residue) + 1;
    }

    /** One past the last element of the grid that is read, vectors included. */
    int reach(int lanes) {
        return phases.stream().mapToInt(p -> grid.reach(p.count(), Arrays.stream(p.offsets()).max().orElse(0), lanes)).max().orElse(0);
    }

    /** The first phase that a tap reaches if others are left to be 0, or -1. */
    int clearing() {
        int reached = 0;
        while (reached < phases.size() && phases.get(reached).taps().length == 0) reached++;
        return reached < phases.size() && phases.stream().anyMatch(p -> p.taps().length == 0) ? reached : -1;
    }

    /** Elements of the largest phase. */
    int largest() { return phases.stream().mapToInt(Phase::volume).max().orElse(0); }
}
