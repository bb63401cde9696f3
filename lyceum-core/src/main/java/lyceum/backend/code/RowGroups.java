package lyceum.backend.code;

import java.util.ArrayList;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.View;

/**
 * A row program on a few rows at a time. Over short rows a kernel mostly waits: for a maximum or a sum to cross the lanes, and for the functions of one
 * number that follow. Rows that do not wait for each other hide much of it, and what all rows share (a weight, a bias) is read once for the group.
 *
 * @param program the given one several times, each on its rows of every group
 * @param rest rows that are left at the end
 */
public record RowGroups(Program program, View[] inputs, View[] outputs, long rest) {
    /** Elements from which on a second program costs little beside the rows. */
    private static final long LEAST = 1 << 14;
    private static final long SHORT_ROW = 256;

    /**
     * Null where rows are long or few. Two rows are a group; where a row gives numbers only and there are registers enough, three: on Zen 5 that takes
     * log-sum-exp of rows of 64 from 233 to 211 us, but layer norm, which writes rows, from 278 to 319, and with the 16 registers of AVX2 it gains nothing.
     */
    public static RowGroups of(Program program, View[] inputs, View[] outputs, boolean manyRegisters) {
        if (!program.isRowProgram() || outputs[0].shape().length < 2 || outputs[0].size() < LEAST) return null;
        int axis = outputs[0].shape().length - 2;
        boolean givesNumbers = true;
        for (var output : outputs) givesNumbers &= output.strides()[axis + 1] == 0;
        int group = manyRegisters && givesNumbers ? 3 : 2;
        long rows = outputs[0].shape()[axis];
        if (outputs[0].shape()[axis + 1] > SHORT_ROW || rows < group) return null;
        for (int r = 0; r < program.length(); r++) if (program.at(r).op() == Op.RANDOM) return null;
        var isShared = new boolean[inputs.length];
        for (int v = 0; v < inputs.length; v++) isShared[v] = inputs[v].strides()[axis] == 0;
        return new RowGroups(repeated(program, isShared, group), split(inputs, isShared, group),
                split(outputs, new boolean[outputs.length], group), rows % group);
    }

    private static Program repeated(Program program, boolean[] isShared, int group) {
        int n = program.length(), inputs = isShared.length;
        var code = new ArrayList<Instruction>(group * n);
        for (int r = 0; r < n; r++) code.add(program.at(r));
        var outputs = new int[group * program.outputs()];
        for (int i = 0; i < program.outputs(); i++) outputs[i] = program.output(i);
        for (int row = 1; row < group; row++) {
            // Where this row's value of a register stands, and its inputs.
            int[] own = new int[n], operands = new int[isShared.length];
            for (int v = 0; v < isShared.length; v++) operands[v] = isShared[v] ? v : inputs++;
            for (int r = 0; r < n; r++) {
                var in = program.at(r);
                var mine = in.op() == Op.LOAD ? Instruction.load(in.type(), operands[(int) in.immediate()]) : in.renamed(q -> own[q]);
                own[r] = r;
                if (mine.equals(in)) continue;
                own[r] = code.size();
                code.add(mine);
            }
            for (int i = 0; i < program.outputs(); i++) outputs[row * program.outputs() + i] = own[program.output(i)];
        }
        return new Program(code, outputs);
    }

    /** The first row of each group of each view, then the second rows of those that differ, and so on. */
    private static View[] split(View[] views, boolean[] isShared, int group) {
        var parts = new ArrayList<View>(group * views.length);
        for (int row = 0; row < group; row++) {
            for (int v = 0; v < views.length; v++) {
                int axis = views[v].shape().length - 2;
                if (row == 0 || !isShared[v]) parts.add(rows(views[v], row, views[v].shape()[axis] / group, group));
            }
        }
        return parts.toArray(View[]::new);
    }

    /** The last {@code count} rows. */
    public static View[] last(View[] views, long count) {
        var last = new View[views.length];
        for (int v = 0; v < views.length; v++) last[v] = rows(views[v], views[v].shape()[views[v].shape().length - 2] - count, count, 1);
        return last;
    }

    private static View rows(View view, long first, long count, long step) {
        long[] shape = view.shape().clone(), strides = view.strides().clone();
        int axis = shape.length - 2;
        long offset = view.offset() + first * strides[axis];
        shape[axis] = count;
        strides[axis] *= step;
        return new View(view.dtype(), view.storage(), offset, shape, strides);
    }
}
