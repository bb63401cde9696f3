package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.code.Geometry;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.fuse.Step.Kind;

/**
 * A program as lists of steps: what is computed once a row before each of its loops, and the bodies of the loops. A program without row reductions
 * has one loop; one with them has a loop for each level ({@link Program#level}). What a row has one value of is computed once. Results of
 * functions that a later loop wants too go through a buffer of the row's length; cheap ones are computed again.
 */
final class ProgramCode {
    /** A loop's body for a round of so many vectors, and for one; what follows every block of rounds but the last, or null. */
    record Loop(int vectors, LaneCode round, LaneCode single, LaneCode betweenBlocks) {}

    final Structure structure;
    /** Of the narrowest loop. */
    final Target target;
    final LaneCode.Shared shared = new LaneCode.Shared();
    final ArgumentBlock block;
    /** Steps before loop i; the last list follows the last loop. */
    final List<LaneCode> once = new ArrayList<>();
    /** Null where a level has nothing to do. */
    final List<Loop> loops = new ArrayList<>();
    /** Bytes of an element of each buffer of a kept row. */
    private final List<Integer> keptBytes = new ArrayList<>();

    private final Program program;
    private final boolean fetchesOutputs;
    private final boolean[] alive, uniform, inLoops;
    private final boolean[][] needed;
    private final int[] keptSince, keptOperand;
    /** For what a row has one value of: a few lanes suffice to compute it; and in all lanes where a loop reads it. */
    private final Value[] ofRow, spread;
    private final Target forRow;
    /** Of each level's loop: a vector of it holds as many elements as the widest type that occurs there allows. */
    private final Target[] targets;
    private final RowReduction[] reductions;
    private final OperandCode operands;

    ProgramCode(Structure structure, Set<Feature> features, boolean fetchesOutputs) {
        this.structure = structure;
        this.fetchesOutputs = fetchesOutputs;
        this.program = structure.program();
        operands = new OperandCode(structure);
        int n = program.length(), bytes = 4;
        alive = new boolean[n];
        uniform = new boolean[n];
        for (int i = 0; i < program.outputs(); i++) alive[program.output(i)] = true;
        for (int r = n - 1; r >= 0; r--) if (alive[r]) for (int operand : program.at(r).operands()) alive[operand] = true;
        for (int r = 0; r < n; r++) {
            uniform[r] = isUniform(r);
            if (alive[r] && Operations.laneBits(program.at(r).type()) == 64) bytes = 8;
        }
        target = Target.of(features, bytes);
        inLoops = inLoops();
        forRow = target.forRow(program.isRowProgram() && !readsTruthInLoops());
        spread = new Value[n];
        needed = new boolean[program.levels() + 1][n];
        keptSince = new int[n];
        keptOperand = new int[n];
        ofRow = new Value[n];
        reductions = new RowReduction[n];
        Arrays.fill(keptSince, -1);
        for (int level = 0; level <= program.levels(); level++) plan(level, null);
        var levelsOf = new int[n];
        for (var need : needed) for (int r = 0; r < n; r++) if (need[r]) levelsOf[r]++;
        for (var need : needed) Arrays.fill(need, false);
        for (int level = 0; level <= program.levels(); level++) plan(level, levelsOf);
        targets = new Target[program.levels() + 1];
        for (int level = 0; level < targets.length; level++)
            targets[level] = forRow == target ? target : Target.of(features, widest(level));
        block = new ArgumentBlock(program, structure.kinds().length + keptBytes.size());
        for (int level = 0; level <= program.levels(); level++) translate(level);
    }

    long[] keptBytes() {
        var bytes = new long[keptBytes.size()];
        for (int i = 0; i < bytes.length; i++) bytes[i] = keptBytes.get(i);
        return bytes;
    }

    /** For each kept row, the operand that may hold it until it is written itself: an output of such elements. Or -1. */
    int[] keptIn() {
        var outputs = new int[keptBytes.size()];
        Arrays.fill(outputs, -1);
        var taken = new boolean[program.outputs()];
        for (int r = 0; r < program.length(); r++) {
            if (keptSince[r] < 0) continue;
            int last = keptSince[r];
            for (int level = last + 1; level < needed.length; level++) if (needed[level][r]) last = level;
            for (int i = 0; i < taken.length; i++) {
                int bytes = program.at(program.output(i)).type().bytes(), level = program.level(program.output(i));
                if (taken[i] || level < last || level == keptSince[r] || structure.outputKind(i) != Geometry.CONTIGUOUS
                        || bytes != laneBits(r) / 8)
                    continue;
                taken[i] = true;
                outputs[keptOperand[r] - structure.kinds().length] = structure.inputs() + i;
                break;
            }
        }
        return outputs;
    }

    private boolean isUniform(int r) {
        var in = program.at(r);
        return switch (in.op()) {
            case CONST, ROW_SUM, ROW_MAX, ROW_MIN -> true;
            case RANDOM -> false;
            case LOAD -> structure.kinds()[(int) in.immediate()] == Geometry.ONE;
            default -> {
                for (int operand : program.at(r).operands()) if (!uniform[operand]) yield false;
                yield true;
            }
        };
    }

    /** What a row has one value of and a loop reads: an operand of what differs along the row, of a reduction, or an output of the row's length. */
    private boolean[] inLoops() {
        var read = new boolean[program.length()];
        for (int i = 0; i < program.outputs(); i++) read[program.output(i)] |= !structure.takesOneValue(i);
        for (int r = 0; r < program.length(); r++) {
            if (!alive[r]) continue;
            if (program.at(r).op().isRowReduction()) for (int operand : reduced(r)) read[operand] = true;
            else if (!uniform[r]) for (int operand : program.at(r).operands()) read[operand] = true;
        }
        for (int r = 0; r < program.length(); r++) read[r] &= alive[r] && uniform[r];
        return read;
    }

    private boolean readsTruthInLoops() {
        for (int r = 0; r < program.length(); r++) if (inLoops[r] && program.at(r).type() == DType.BOOL) return true;
        return false;
    }

    /** What a level's loop computes. @param levelsOf in how many loops a value would be wanted if nothing were kept; null keeps nothing */
    private void plan(int level, int[] levelsOf) {
        var need = needed[level];
        for (int i = 0; i < program.outputs(); i++)
            if (!structure.takesOneValue(i) && program.level(program.output(i)) == level) need[program.output(i)] = true;
        for (int r = program.length() - 1; r >= 0; r--) {
            var in = program.at(r);
            if (reducesAt(level, r)) for (int operand : reduced(r)) need[operand] = true;
            if (!need[r] || uniform[r] || keptSince[r] >= 0) continue;
            if (levelsOf != null && levelsOf[r] > 1 && Operations.isExpensive(in.op()) && in.type() != DType.BOOL) {
                keptSince[r] = level;
                keptOperand[r] = structure.kinds().length + keptBytes.size();
                keptBytes.add(Operations.laneBits(in.type()) / 8);
            }
            for (int operand : program.at(r).operands()) need[operand] = true;
        }
    }

    /** Bytes of a lane, 4 or 8, for what the loop of a level computes, takes in and reads of the row. */
    private int widest(int level) {
        int bits = 32;
        for (int r = 0; r < program.length(); r++) {
            if (reducesAt(level, r)) for (int operand : reduced(r)) bits = Math.max(bits, laneBits(operand));
            if (!needed[level][r] || uniform[r]) continue;
            bits = Math.max(bits, laneBits(r));
            if (keptSince[r] < 0 || keptSince[r] == level)
                for (int operand : program.at(r).operands()) bits = Math.max(bits, laneBits(operand));
        }
        for (int i = 0; i < program.outputs(); i++)
            if (!structure.takesOneValue(i) && program.level(program.output(i)) == level)
                bits = Math.max(bits, laneBits(program.output(i)));
        return bits / 8;
    }

    private int laneBits(int r) { return Operations.laneBits(program.at(r).type()); }

    /** Vectors of a round: several where there is little to do with each. */
    private int vectors(int level) {
        int cost = 0;
        for (int i = 0; i < program.outputs(); i++) if (program.level(program.output(i)) == level) cost++;
        for (int r = 0; r < program.length(); r++) {
            if (needed[level][r] && !uniform[r])
                cost += keptSince[r] >= 0 && keptSince[r] < level ? 1 : Operations.cost(program.at(r).op());
            if (reducesAt(level, r)) cost += addsUp(r) || addsDoubles(r) ? 1 : Operations.cost(program.at(r).op());
        }
        return cost <= 6 ? 4 : cost <= 14 ? 2 : 1;
    }

    /** True for a reduction of what the loop of this level computes. */
    private boolean reducesAt(int level, int r) { return alive[r] && program.at(r).op().isRowReduction() && program.level(r) == level + 1; }

    /** What a reduction takes in: its operand, or the two factors of one. A product of floats is exact as a double, so that it may be added at once. */
    private int[] reduced(int r) {
        int operand = program.at(r).a();
        var product = program.at(operand);
        return !addsProducts(r) ? new int[] {operand} : new int[] {product.a(), product.b() < 0 ? product.a() : product.b()};
    }

    private boolean addsProducts(int r) {
        var in = program.at(r);
        var product = program.at(in.a());
        if (in.op() != Op.ROW_SUM || product.op() != Op.SQUARE && product.op() != Op.MUL || uniform[in.a()]) return false;
        return in.type() == DType.F32 || in.type() == DType.F64 && isWidened(product.a()) && (product.b() < 0 || isWidened(product.b()));
    }

    private boolean isWidened(int r) { return program.at(r).op() == Op.CAST && program.at(program.at(r).a()).type() == DType.F32; }

    /** True for a sum of results, which are rounded already: a block of them may be added as they are before they are added as doubles. What is loaded is not. */
    private boolean addsUp(int r) {
        var in = program.at(r);
        return in.op() == Op.ROW_SUM && in.type() != DType.F64 && program.at(in.a()).op() != Op.LOAD && program.at(in.a()).op() != Op.CAST;
    }

    /** True for a sum of doubles where there are registers for many: one instruction, which waits for the one before, so that several of a kind go side by side. */
    private boolean addsDoubles(int r) { return target.isWide() && program.at(r).op() == Op.ROW_SUM && program.at(r).type() == DType.F64; }

    private RowReduction.Adding adding(int r) {
        return !addsUp(r) ? RowReduction.Adding.WIDENED
                : structure.length() == Structure.Length.SHORT ? RowReduction.Adding.AS_THEY_ARE : RowReduction.Adding.BLOCKS;
    }

    /** Instructions for a vector, about: what says how long a call takes. */
    int cost() {
        int cost = 2 * program.outputs();
        for (int r = 0; r < program.length(); r++) if (alive[r]) cost += Operations.cost(program.at(r).op());
        return cost;
    }

    private void translate(int level) {
        var before = new LaneCode(forRow, shared);
        for (int r = 0; r < program.length(); r++) {
            if (!alive[r] || !uniform[r] || program.level(r) != level) continue;
            ofRow[r] = onceValue(before, r);
            if (inLoops[r])
                spread[r] = forRow == target || ofRow[r].isConstant() ? ofRow[r] : MachineArithmetic.spreadAll(before, ofRow[r]);
        }
        int vectors = vectors(level);
        for (int r = 0; r < program.length(); r++)
            if (reducesAt(level, r)) reductions[r] = new RowReduction(before, targets[level], program.at(r).op(), program.at(r).type(),
                    vectors, adding(r), addsProducts(r));
        for (int i = 0; i < program.outputs(); i++)
            if (structure.takesOneValue(i) && program.level(program.output(i)) == level)
                operands.store(before, i, ofRow[program.output(i)], 0);
        once.add(before);
        boolean idle = true;
        for (boolean need : needed[level]) idle &= !need;
        if (idle) {
            loops.add(null);
            return;
        }
        var single = body(level, 1);
        loops.add(new Loop(vectors, vectors == 1 ? single : body(level, vectors), single, betweenBlocks(level)));
    }

    /** While a long row is reduced, the memory that its results will be written to comes near. */
    private void fetch(LaneCode code, int level, int vectors) {
        if (!fetchesOutputs) return;
        for (int i = 0; i < program.outputs(); i++) {
            int bytes = program.at(program.output(i)).type().bytes(), lines = (vectors * code.target.lanes() * bytes + 63) / 64;
            if (structure.takesOneValue(i) || structure.outputKind(i) != Geometry.CONTIGUOUS
                    || program.level(program.output(i)) != level + 1)
                continue;
            for (int line = 0; line < lines; line++)
                code.add(Kind.FETCH, null, -1, null, null, null, null, structure.inputs() + i, line * 64 / bytes);
        }
    }

    private LaneCode betweenBlocks(int level) {
        var code = new LaneCode(targets[level], shared);
        for (int r = 0; r < program.length(); r++) if (reducesAt(level, r)) reductions[r].endBlock(code);
        return code.steps.isEmpty() ? null : code;
    }

    private LaneCode body(int level, int vectors) {
        var code = new LaneCode(targets[level], shared);
        var values = new Value[vectors][];
        for (int v = 0; v < vectors; v++) values[v] = vector(code, level, v);
        for (int r = 0; r < program.length(); r++) if (reducesAt(level, r)) reductions[r].accumulate(code, values, reduced(r));
        fetch(code, level, vectors);
        return code;
    }

    private Value onceValue(LaneCode code, int r) {
        var in = program.at(r);
        return switch (in.op()) {
            case CONST -> {
                var number = code.argument(block.offset(r), Operations.laneBits(in.type()));
                yield in.type() == DType.BOOL
                        ? OperandCode.truth(code, code.add(Kind.MOVE, null, -1, code.lanes(32), number, null, null, Step.FULL, 0)) : number;
            }
            case LOAD -> operands.load(code, (int) in.immediate(), in.type(), 0);
            case ROW_SUM, ROW_MAX, ROW_MIN -> reductions[r].finish(code);
            default -> apply(code, r, ofRow);
        };
    }

    private Value apply(LaneCode code, int r, Value[] values) {
        var in = program.at(r);
        return new Operations(code).apply(in, program.at(in.a()).type(), values[in.a()], in.b() < 0 ? null : values[in.b()],
                in.c() < 0 ? null : values[in.c()]);
    }

    /** One vector's part of a round: the values that it computes. */
    private Value[] vector(LaneCode code, int level, int vector) {
        var values = spread.clone();
        int shift = vector * code.target.lanes();
        for (int r = 0; r < program.length(); r++) {
            var in = program.at(r);
            if (!needed[level][r] || uniform[r]) continue;
            if (keptSince[r] >= 0 && keptSince[r] < level) {
                int lane = Operations.laneBits(in.type());
                values[r] = code.add(Kind.LOAD, lane == 64 ? VMOVUPD : VMOVUPS, -1, code.lanes(lane), null, null, null, keptOperand[r],
                        shift);
                continue;
            }
            values[r] = switch (in.op()) {
                case LOAD -> operands.load(code, (int) in.immediate(), in.type(), shift);
                case RANDOM -> new RandomDraw(code, block.offset(r)).uniform(in.type(), structure.isEven(), shift);
                default -> apply(code, r, values);
            };
            if (keptSince[r] == level) code.add(Kind.STORE, Operations.laneBits(in.type()) == 64 ? VMOVUPD_STORE : VMOVUPS_STORE, -1, null,
                    values[r], null, null, keptOperand[r], shift);
        }
        for (int i = 0; i < program.outputs(); i++)
            if (!structure.takesOneValue(i) && program.level(program.output(i)) == level)
                operands.store(code, i, values[program.output(i)], shift);
        return values;
    }
}
