package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;

/**
 * One reduction of a row: accumulators that live in registers through the loop, and how they become one number in all lanes.
 *
 * <p>Sums are accumulated in F64, one chain for each lane and each vector of a round; results that the loop has computed in F32 add up in F32 through a
 * few rounds, a block, before they are widened, and those of a short row are not widened at all. At the row's end the vectors add up in order, then the
 * upper half of a vector to its lower one, and so on. The order depends on the code alone. A maximum keeps a NaN, and of two zeros the positive one: the
 * instruction does neither, so NaNs are moved in, and the signs of all elements are anded.
 */
final class RowReduction {
    private final Op op;
    private final DType type;
    private final boolean isDouble;
    private final Adding adding;
    /** For each vector of a round (each two for extremes, all where results add up): sums in halves, or extreme and signs. */
    private final Value[][] accumulators;
    /** Of the blocks so far, where there are some. */
    private final Value blocks;

    /** How elements add up: each as a double; results in F32 through a block of rounds, the blocks as doubles; results of a short row in F32. */
    enum Adding {
        WIDENED, BLOCKS, AS_THEY_ARE
    }

    /** @param products true where they are taken in as two factors each */
    RowReduction(LaneCode before, Target target, Op op, DType type, int vectors, Adding adding, boolean products) {
        this.op = op;
        this.type = type;
        this.isDouble = type == DType.F64;
        this.adding = adding;
        boolean addsUp = adding != Adding.WIDENED;
        int most = target.isWide() ? 512 : 256;
        boolean halves = op == Op.ROW_SUM && !isDouble && 2 * target.bits(32) > most;
        int doubles = Math.min(most, target.bits(64));
        this.accumulators = new Value[addsUp && !products ? 1 : op == Op.ROW_SUM ? vectors : (vectors + 1) / 2][];
        for (int v = 0; v < accumulators.length; v++) {
            if (addsUp) {
                accumulators[v] = new Value[] {set(before, before.accumulator(32, target.bits(32)), 0)};
            } else if (op == Op.ROW_SUM) {
                accumulators[v] = new Value[halves ? 2 : 1];
                for (int h = 0; h < accumulators[v].length; h++) accumulators[v][h] = set(before, before.accumulator(64, doubles), 0);
            } else {
                double worst = op == Op.ROW_MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
                int lane = isDouble ? 64 : 32;
                long bits = isDouble ? Double.doubleToRawLongBits(worst) : Float.floatToRawIntBits((float) worst);
                long signs = op == Op.ROW_MAX ? -1 : 0;
                accumulators[v] = new Value[] {set(before, before.accumulator(lane, target.bits(lane)), bits),
                        set(before, before.accumulator(lane, target.bits(lane)), signs)};
            }
        }
        this.blocks = adding == Adding.BLOCKS ? set(before, before.accumulator(64, doubles), 0) : null;
    }

    private static Value set(LaneCode code, Value accumulator, long bits) {
        return code.add(Kind.MOVE, null, -1, accumulator, code.number(bits, accumulator.laneBits), null, null, Step.FULL, 0);
    }

    /** Takes the elements of a round's vectors in: registers {@code from} of each, two where their product is to be summed. */
    void accumulate(LaneCode code, Value[][] vectors, int[] from) {
        if (op != Op.ROW_SUM) {
            for (int v = 0; v < vectors.length; v += 2) {
                var to = accumulators[v / 2];
                if (v + 1 < vectors.length) extreme(code, vectors[v][from[0]], vectors[v + 1][from[0]], to[0], to[1]);
                else extreme(code, vectors[v][from[0]], to[0], to[1]);
            }
        } else if (from.length == 2) {
            boolean swap = vectors[0][from[1]].isConstant();
            for (int v = 0; v < vectors.length; v++)
                change(code, isDouble ? VFMADD231PD : VFMADD231PS, accumulators[v][0], vectors[v][from[swap ? 1 : 0]],
                        vectors[v][from[swap ? 0 : 1]]);
        } else if (adding != Adding.WIDENED) {
            var sums = new Value[vectors.length];
            for (int v = 0; v < sums.length; v++) sums[v] = vectors[v][from[0]];
            for (int n = sums.length; n > 1; n /= 2)
                for (int v = 0; v < n / 2; v++) sums[v] = MachineArithmetic.of(code, 32).add(sums[2 * v], sums[2 * v + 1]);
            change(code, VADDPS, accumulators[0][0], accumulators[0][0], sums[0]);
        } else {
            for (int v = 0; v < vectors.length; v++) sum(code, vectors[v][from[0]], accumulators[v]);
        }
    }

    private void sum(LaneCode code, Value x, Value[] to) {
        if (isDouble) {
            change(code, VADDPD, to[0], to[0], x);
        } else if (to.length == 1) {
            change(code, VADDPD, to[0], to[0], code.plain(VCVTPS2PD, code.vector(64, to[0].bits), x));
        } else {
            var existing = code.add(Kind.EXISTING, null, -1, code.vector(32, code.target.bits(32)), x, null, null, Step.FULL, 0);
            change(code, VADDPD, to[0], to[0], MachineArithmetic.lower(code, VCVTPS2PD, code.vector(64, to[0].bits), existing), false);
            change(code, VADDPD, to[1], to[1], code.plain(VCVTPS2PD, code.vector(64, to[1].bits), MachineArithmetic.upper(code, existing)),
                    false);
        }
    }

    /** Ends a block: what has added up in F32 becomes part of the row's sum. */
    void endBlock(LaneCode code) {
        if (blocks == null) return;
        change(code, VADDPD, blocks, blocks, blockSum(code), false);
        for (var accumulator : accumulators) set(code, accumulator[0], 0);
    }

    /** The sums of a block's lanes. */
    private Value added(LaneCode code) {
        var sum = accumulators[0][0];
        for (int v = 1; v < accumulators.length; v++) sum = code.plain(VADDPS, code.vector(32, sum.bits), sum, accumulators[v][0]);
        return sum;
    }

    /** The same in F64, the upper half of a vector added to its lower one where it must be. */
    private Value blockSum(LaneCode code) {
        var sum = added(code);
        if (sum.bits < blocks.bits) return code.plain(VCVTPS2PD, code.vector(64, blocks.bits), sum);
        var low = MachineArithmetic.lower(code, VCVTPS2PD, code.vector(64, blocks.bits), sum);
        return code.plain(VADDPD, code.vector(64, blocks.bits), low,
                code.plain(VCVTPS2PD, code.vector(64, blocks.bits), MachineArithmetic.upper(code, sum)));
    }

    private void extreme(LaneCode code, Value x, Value extreme, Value signs) {
        var f = MachineArithmetic.of(code, isDouble ? 64 : 32);
        // The second operand is the answer if either is NaN: the accumulator keeps a NaN, and one in x is moved in.
        change(code, larger(), extreme, x, extreme);
        code.add(Kind.MERGE, null, 1, extreme, f.isNaN(x), x, null, Step.FULL, 0);
        change(code, sign(), signs, signs, x);
    }

    /** Of two vectors of a whole round: one comparison finds the NaNs of both, whose sum is one too. */
    private void extreme(LaneCode code, Value x, Value y, Value extreme, Value signs) {
        var f = MachineArithmetic.of(code, isDouble ? 64 : 32);
        change(code, larger(), extreme, op == Op.ROW_MAX ? f.max(x, y) : f.min(x, y), extreme);
        code.add(Kind.MERGE, null, 1, extreme, f.compare(MachineArithmetic.UNORDERED, x, y), f.add(x, y), null, Step.FULL, 0);
        change(code, sign(), signs, signs, andOr(f, x, y));
    }

    private Instruction larger() { return op == Op.ROW_MAX ? isDouble ? VMAXPD : VMAXPS : isDouble ? VMINPD : VMINPS; }

    private Instruction sign() { return op == Op.ROW_MAX ? isDouble ? VANDPD : VANDPS : isDouble ? VORPD : VORPS; }

    private static void change(LaneCode code, Instruction instruction, Value to, Value a, Value b) {
        change(code, instruction, to, a, b, true);
    }

    private static void change(LaneCode code, Instruction instruction, Value to, Value a, Value b, boolean masked) {
        code.add(Kind.ACCUMULATE, instruction, masked ? 1 : 0, to, a, b, null, Step.FULL, 0);
    }

    /** The row's number in all lanes of {@code code}, in its type. */
    Value finish(LaneCode code) {
        if (op == Op.ROW_SUM) return finishedSum(code);
        Value extreme = accumulators[0][0], signs = accumulators[0][1];
        int lane = extreme.laneBits;
        var f = new MachineArithmetic(code, lane, extreme.bits);
        for (int v = 1; v < accumulators.length; v++) {
            extreme = larger(f, extreme, accumulators[v][0]);
            signs = andOr(f, signs, accumulators[v][1]);
        }
        var largest = folded(code, larger(), extreme);
        var result = code.lanes(lane);
        if (result.bits == 128) code.add(Kind.MOVE, null, -1, result, largest, null, null, Step.FULL, 0);
        else code.add(Kind.LOWER, isDouble ? VBROADCASTSD : VBROADCASTSS, -1, result, largest, null, null, 128, 0);
        // A NaN in some lane, or a zero whose sign is open: rare, and then it takes the long way.
        var few = new MachineArithmetic(code, lane, 128);
        var noNumber = f.isNaN(extreme);
        if (!noNumber.isInMaskRegister() && noNumber.bits > 128) noNumber = code.add(Kind.LOWER, VPOR, -1, code.mask(lane, 128), noNumber,
                MachineArithmetic.upper(code, noNumber), null, 128, 0);
        code.add(Kind.SKIP, null, -1, null, few.either(noNumber, few.equal(largest, few.constant(0))), null, null, Step.FULL, 0);
        Value careful = extreme, anded = signs;
        for (int width = careful.bits / 2; width >= lane; width /= 2) {
            careful = larger(f, careful, swapped(code, careful, width));
            anded = andOr(f, anded, swapped(code, anded, width));
        }
        var sign = f.bitAnd(anded, f.bits(isDouble ? Long.MIN_VALUE : Integer.MIN_VALUE));
        code.add(Kind.MOVE, null, -1, result, f.select(f.equal(careful, f.constant(0)), sign, careful), null, null, Step.FULL, 0);
        code.add(Kind.JOIN, null, -1, null, null, null, null, Step.FULL, 0);
        return result;
    }

    /** Upper half to lower half down to 128 bits, all of whose lanes come to hold the whole. */
    private static Value folded(LaneCode code, Instruction instruction, Value x) {
        for (int width = x.bits / 2; width >= 128; width /= 2)
            x = code.add(Kind.LOWER, instruction, -1, code.vector(x.laneBits, width), x, MachineArithmetic.upper(code, x), null, width, 0);
        for (int width = 64; width >= x.laneBits; width /= 2)
            x = code.registers(instruction, code.vector(x.laneBits, 128), x, swapped(code, x, width));
        return x;
    }

    private Value andOr(MachineArithmetic f, Value x, Value y) { return op == Op.ROW_MAX ? f.bitAnd(x, y) : f.bitOr(x, y); }

    private Value larger(MachineArithmetic f, Value x, Value y) {
        return f.select(f.isNaN(x), x, op == Op.ROW_MAX ? f.max(x, y) : f.min(x, y));
    }

    private Value finishedSum(LaneCode code) {
        var sum = switch (adding) {
            case WIDENED -> {
                var total = accumulators[0][0];
                for (int v = 0; v < accumulators.length; v++)
                    for (int h = 0; h < accumulators[v].length; h++)
                        if (v + h > 0) total = code.plain(VADDPD, code.vector(64, total.bits), total, accumulators[v][h]);
                yield folded(code, VADDPD, total);
            }
            case BLOCKS -> folded(code, VADDPD, code.plain(VADDPD, code.vector(64, blocks.bits), blockSum(code), blocks));
            case AS_THEY_ARE -> folded(code, VADDPS, added(code));
        };
        if (isDouble) return MachineArithmetic.spread(code, sum);
        var exact = sum.laneBits == 32 || type == DType.F32 ? sum : Operations.toOdd(new MachineArithmetic(code, 64, sum.bits), sum);
        var rounded = sum.laneBits == 32 ? sum : code.plain(VCVTPD2PS, code.vector(32, 128), exact);
        return new Operations(code).narrowed(type,
                rounded == sum && code.target.bits(32) == 128 ? sum : MachineArithmetic.spread(code, rounded));
    }

    /** Neighbouring parts of {@code width} bits change places, so that all lanes come to hold the whole. */
    private static Value swapped(LaneCode code, Value x, int width) {
        var to = code.vector(x.laneBits, x.bits);
        return switch (width) {
            case 256 -> code.registers(VSHUFF64X2, 0x4E, to, x, x);
            case 128 -> x.bits == 512 ? code.registers(VSHUFF64X2, 0xB1, to, x, x)
                    : code.target.isWide() ? code.registers(VSHUFF64X2, 1, to, x, x) : code.registers(VPERM2F128, 1, to, x, x);
            case 64 -> code.registers(VPERMILPS, 0x4E, to, x, null);
            default -> code.registers(VPERMILPS, 0xB1, to, x, null);
        };
    }
}
