package lyceum.backend.x86.conv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.backend.WindowGeometry;

/**
 * A padded input cut by the stride: phase r of an axis holds the elements {@code q * stride + r - before}. Within a phase neighbouring outputs
 * read neighbouring elements, so a strided convolution is one of stride 1 over phases.
 *
 * @param grid of each phase
 * @param stride by axis
 * @param shifts of each phase, by axis
 * @param offsets of each tap within the phases of a channel
 */
record Phases(Grid grid, int[] stride, List<int[]> shifts, int[] offsets, boolean isIdentity) {

    static Phases ofInput(WindowGeometry g) {
        var sizes = new int[3];
        boolean identity = true;
        for (int axis = 0; axis < 3; axis++) {
            sizes[axis] = g.out()[axis] + (g.kernel()[axis] - 1) * g.dilation()[axis] / g.stride()[axis];
            identity &= g.stride()[axis] == 1 && g.before()[axis] == 0 && sizes[axis] == g.in()[axis];
        }
        var grid = new Grid(sizes);
        var shifts = new ArrayList<int[]>();
        var offsets = new int[g.taps()];
        for (int tap = 0; tap < offsets.length; tap++) {
            int[] shift = new int[3], moved = new int[3];
            for (int axis = 0; axis < 3; axis++) {
                int reach = g.tap(axis, tap) * g.dilation()[axis];
                shift[axis] = reach % g.stride()[axis] - g.before()[axis];
                moved[axis] = reach / g.stride()[axis];
            }
            int phase = 0;
            while (phase < shifts.size() && !Arrays.equals(shifts.get(phase), shift)) phase++;
            if (phase == shifts.size()) shifts.add(shift);
            offsets[tap] = phase * grid.volume() + grid.at(moved[0], moved[1], moved[2]);
        }
        return new Phases(grid, g.stride(), List.copyOf(shifts), offsets, identity);
    }

    /** Mere padding. */
    static Phases padding(Grid grid, int[] shift) { return new Phases(grid, new int[] {1, 1, 1}, List.of(shift), null, false); }

    /** True if all that is in the phases comes from an input of that size, and nothing is padding. */
    boolean fill(int[] input) {
        for (var shift : shifts)
            for (int axis = 0; axis < 3; axis++)
                if (shift[axis] < 0 || (grid.sizes()[axis] - 1) * stride[axis] + shift[axis] >= input[axis]) return false;
        return true;
    }

    int count() { return shifts.size(); }

    int[] shift(int phase) { return shifts.get(phase); }

    int offset(int tap) { return offsets[tap]; }
}
