package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.View;

/**
 * A row program on two rows at a time. Over short rows a kernel mostly waits: for a maximum or a sum to cross the lanes, and for the functions of one
 * number that follow. Two rows that do not wait for each other hide half of it.
 *
 * @param program the given one twice, the second on the odd rows
 */
record RowPairs(Program program, View[] inputs, View[] outputs) {
    /** Elements from which on a second program costs little beside the rows. */
    private static final long LEAST = 1 << 14;
    private static final long SHORT_ROW = 256;

    /** Null where rows are long or few, or their number is odd. */
    static RowPairs of(Program program, View[] inputs, View[] outputs) {
        if (!program.isRowProgram() || outputs[0].shape().length < 2 || outputs[0].size() < LEAST) return null;
        int rank = outputs[0].shape().length;
        if (outputs[0].shape()[rank - 1] > SHORT_ROW || outputs[0].shape()[rank - 2] % 2 != 0) return null;
        for (int r = 0; r < program.length(); r++) if (program.at(r).op() == Op.RANDOM) return null;
        return new RowPairs(twice(program, inputs.length), halves(inputs), halves(outputs));
    }

    private static Program twice(Program program, int inputs) {
        int n = program.length();
        var code = new ArrayList<Instruction>(2 * n);
        var outputs = new int[2 * program.outputs()];
        for (int copy = 0; copy < 2; copy++) {
            int shift = copy * n;
            for (int r = 0; r < n; r++) {
                var in = program.at(r);
                long immediate = in.op() == Op.LOAD ? in.immediate() + (long) copy * inputs : in.immediate();
                code.add(new Instruction(in.op(), in.type(), moved(in.a(), shift), moved(in.b(), shift), moved(in.c(), shift), immediate));
            }
            for (int i = 0; i < program.outputs(); i++) outputs[copy * program.outputs() + i] = program.output(i) + shift;
        }
        return new Program(code, outputs);
    }

    private static int moved(int register, int shift) { return register < 0 ? -1 : register + shift; }

    /** The even rows of each view, then the odd rows. */
    private static View[] halves(View[] views) {
        var halves = new View[2 * views.length];
        for (int v = 0; v < views.length; v++) {
            long[] shape = views[v].shape().clone(), strides = views[v].strides().clone();
            int axis = shape.length - 2;
            long stride = strides[axis];
            shape[axis] /= 2;
            strides[axis] = 2 * stride;
            halves[v] = views[v].with(shape, strides);
            halves[views.length + v] = new View(views[v].dtype(), views[v].storage(), views[v].offset() + stride, shape, strides);
        }
        return halves;
    }
}
