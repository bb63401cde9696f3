package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.View;

/**
 * A row program in two, where rows are wide and read what all of them share, as layer norm does a weight and a bias: what it needs of each row, then the elements
 * from that. Row after row the shared operands would come from the second-level cache each time, which takes longer than to read the row itself
 * again: the second part goes over some columns of many rows, and has them in the first. On a Zen 5 layer norm of 20x50257 takes 149 us so and 162 undivided, with two
 * threads 78 and 88.
 *
 * @param numbers of each row, from the same inputs
 * @param elements from the inputs and the numbers
 */
record WideRows(Program numbers, View[] numberOutputs, Program elements, View[] elementInputs, View[] elementOutputs) {
    /** Columns from which a row, its result and what is shared fill most of the second-level cache, and rows that make up for a second program. */
    private static final long LEAST = 1 << 15, FEWEST = 8;

    /** What is computed of each row goes into memory of the scope that is open. */
    static WideRows of(Program program, View[] inputs, View[] outputs) {
        boolean[] isOfRow = RowTail.ofRows(program, inputs);
        boolean[] isRead = new boolean[program.length()];
        for (int r = 0; r < isRead.length; r++)
            if (!isOfRow[r]) for (int operand : program.at(r).operands()) isRead[operand] |= isOfRow[operand] && program.level(operand) > 0;
        List<Instruction> whole = new ArrayList<>(), code = new ArrayList<>();
        List<View> numbers = new ArrayList<>(), all = new ArrayList<>(List.of(inputs)), elements = new ArrayList<>();
        List<Integer> stored = new ArrayList<>(), results = new ArrayList<>();
        for (int i = 0; i < outputs.length; i++) {
            (RowTail.isOne(outputs[i]) ? stored : results).add(program.output(i));
            (RowTail.isOne(outputs[i]) ? numbers : elements).add(outputs[i]);
        }
        for (int r = 0; r < program.length(); r++) {
            var in = program.at(r);
            whole.add(in);
            boolean isNumber = isOfRow[r] && program.level(r) > 0;
            if (isRead[r]) {
                var room = RowTail.room(in.type(), outputs[0].shape());
                stored.add(r);
                numbers.add(room);
                code.add(Instruction.load(in.type(), all.size()));
                all.add(room);
            } else {
                code.add(isNumber ? Instruction.constant(in.type(), 0) : in); // which nobody reads
            }
        }
        return new WideRows(new Program(whole, RowTail.ints(stored)), RowTail.views(numbers), new Program(code, RowTail.ints(results)),
                RowTail.views(all), RowTail.views(elements));
    }

    /** Whether that pays: elements come last, and read more operands that all rows share than others, which are read a second time. */
    static boolean isWanted(Program program, View[] inputs, View[] outputs) {
        long[] shape = outputs[0].shape();
        if (program.levels() != 1 || shape.length < 2 || shape[shape.length - 1] < LEAST || shape[shape.length - 2] < FEWEST) return false;
        boolean[] isOfRow = RowTail.ofRows(program, inputs);
        boolean givesElements = false;
        int shared = 0, others = 0;
        for (int i = 0; i < outputs.length; i++) {
            if (RowTail.isOne(outputs[i])) continue;
            if (isOfRow[program.output(i)] || program.level(program.output(i)) == 0) return false;
            givesElements = true;
        }
        for (int r = 0; r < program.length(); r++) {
            var in = program.at(r);
            if (in.op() == Op.RANDOM || in.type() == DType.BOOL) return false;
            if (in.op() != Op.LOAD || isOfRow[r]) continue;
            if (isShared(inputs[(int) in.immediate()])) shared++;
            else others++;
        }
        for (var input : inputs) for (var output : outputs) if (input.storage() == output.storage()) return false;
        return givesElements && shared > others;
    }

    private static boolean isShared(View view) {
        int last = view.strides().length - 1;
        return view.strides()[last] == 1 && view.strides()[last - 1] == 0;
    }
}
