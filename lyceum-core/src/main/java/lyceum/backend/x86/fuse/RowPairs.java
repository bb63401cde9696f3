package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.View;

/**
 * A row program on two rows at a time. Over short rows a kernel mostly waits: for a maximum or a sum to cross the lanes, and for the functions of one
 * number that follow. Two rows that do not wait for each other hide half of it, and what all rows share (a weight, a bias) is read once for both.
 *
 * @param program the given one twice, the second on the odd rows
 * @param leavesRow true if the number of rows is odd: the last one is not among the pairs
 */
record RowPairs(Program program, View[] inputs, View[] outputs, boolean leavesRow) {
    /** Elements from which on a second program costs little beside the rows. */
    private static final long LEAST = 1 << 14;
    private static final long SHORT_ROW = 256;

    /** Null where rows are long or few. */
    static RowPairs of(Program program, View[] inputs, View[] outputs) {
        if (!program.isRowProgram() || outputs[0].shape().length < 2 || outputs[0].size() < LEAST) return null;
        int axis = outputs[0].shape().length - 2;
        long rows = outputs[0].shape()[axis];
        if (outputs[0].shape()[axis + 1] > SHORT_ROW || rows == 1) return null;
        for (int r = 0; r < program.length(); r++) if (program.at(r).op() == Op.RANDOM) return null;
        var isShared = new boolean[inputs.length];
        for (int v = 0; v < inputs.length; v++) isShared[v] = inputs[v].strides()[axis] == 0;
        return new RowPairs(twice(program, isShared), halves(inputs, isShared), halves(outputs, new boolean[outputs.length]), rows % 2 != 0);
    }

    private static Program twice(Program program, boolean[] isShared) {
        int n = program.length(), inputs = isShared.length;
        var code = new ArrayList<Instruction>(2 * n);
        for (int r = 0; r < n; r++) code.add(program.at(r));
        // Where the second row's value of a register stands, and the second row's inputs.
        int[] second = new int[n], operands = new int[inputs];
        for (int v = 0; v < isShared.length; v++) operands[v] = isShared[v] ? v : inputs++;
        for (int r = 0; r < n; r++) {
            var in = program.at(r);
            int a = moved(in.a(), second), b = moved(in.b(), second), c = moved(in.c(), second);
            long immediate = in.op() == Op.LOAD ? operands[(int) in.immediate()] : in.immediate();
            second[r] = r;
            if (a == in.a() && b == in.b() && c == in.c() && immediate == in.immediate()) continue;
            second[r] = code.size();
            code.add(new Instruction(in.op(), in.type(), a, b, c, immediate));
        }
        var outputs = new int[2 * program.outputs()];
        for (int i = 0; i < program.outputs(); i++) {
            outputs[i] = program.output(i);
            outputs[program.outputs() + i] = second[program.output(i)];
        }
        return new Program(code, outputs);
    }

    private static int moved(int register, int[] second) { return register < 0 ? -1 : second[register]; }

    /** The even rows of each view, then the odd rows of those that differ. */
    private static View[] halves(View[] views, boolean[] isShared) {
        var halves = new ArrayList<View>(2 * views.length);
        for (int half = 0; half < 2; half++) {
            for (int v = 0; v < views.length; v++) {
                int axis = views[v].shape().length - 2;
                if (half == 0 || !isShared[v]) halves.add(rows(views[v], half, views[v].shape()[axis] / 2, 2));
            }
        }
        return halves.toArray(View[]::new);
    }

    static View[] lastRow(View[] views) {
        var last = new View[views.length];
        for (int v = 0; v < views.length; v++) last[v] = rows(views[v], views[v].shape()[views[v].shape().length - 2] - 1, 1, 1);
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
