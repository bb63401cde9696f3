package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;
import lyceum.backend.x86.fuse.Value.Span;

/** A list of steps under construction, and the numbers that all lists of a kernel share. */
final class LaneCode {

    /** What the lists of one kernel have in common. */
    static final class Shared {
        private final Map<List<Long>, Value> numbers = new HashMap<>(), tables = new HashMap<>();
        final List<Value> globals = new ArrayList<>();
        final Map<Value, long[]> contents = new HashMap<>();
    }

    final Target target;
    final Shared shared;
    final List<Step> steps = new ArrayList<>();

    LaneCode(Target target, Shared shared) {
        this.target = target;
        this.shared = shared;
    }

    // Values.

    Value lanes(int laneBits) { return vector(laneBits, target.bits(laneBits)); }

    Value vector(int laneBits, int bits) { return new Value(Span.LOCAL, laneBits, bits, false, 0); }

    /** A mask of lanes that were compared in {@code laneBits}. */
    Value mask(int laneBits, int bits) { return new Value(Span.LOCAL, laneBits, target.isWide() ? 0 : bits, true, 0); }

    Value mask(int laneBits) { return mask(laneBits, target.bits(laneBits)); }

    Value accumulator(int laneBits, int bits) {
        var value = new Value(Span.ACCUMULATOR, laneBits, bits, false, 0);
        shared.globals.add(value);
        return value;
    }

    /** These bits in every lane. */
    Value number(long bits, int laneBits) {
        long data = laneBits == 32 ? bits & 0xFFFFFFFFL : bits;
        var key = List.of(data, (long) laneBits);
        var value = shared.numbers.get(key);
        if (value == null) {
            shared.numbers.put(key, value = new Value(Span.NUMBER, laneBits, target.isWide() ? 512 : 256, false, data));
            shared.globals.add(value);
        }
        return value;
    }

    Value argument(int offset, int laneBits) {
        var value = new Value(Span.ARGUMENT, laneBits, target.isWide() ? 512 : 256, false, offset);
        shared.globals.add(value);
        return value;
    }

    /** A vector of different numbers behind the code. */
    Value table(int laneBits, long... lanes) {
        var key = new ArrayList<Long>();
        key.add((long) laneBits);
        for (long lane : lanes) key.add(lane);
        var value = shared.tables.get(key);
        if (value == null) {
            shared.tables.put(key, value = new Value(Span.NUMBER, laneBits, lanes.length * laneBits, false, 0));
            shared.contents.put(value, lanes.clone());
            shared.globals.add(value);
        }
        return value;
    }

    // Steps.

    Value add(Kind kind, Instruction code, int immediate, Value to, Value a, Value b, Value c, int operand, int shift) {
        steps.add(new Step(kind, code, immediate, to, a, b, c, operand, shift));
        return to;
    }

    Value plain(Instruction code, Value to, Value a, Value b) { return add(Kind.PLAIN, code, -1, to, a, b, null, Step.BROADCAST, 0); }

    Value plain(Instruction code, Value to, Value a) { return add(Kind.PLAIN, code, -1, to, a, null, null, Step.BROADCAST, 0); }

    Value plain(Instruction code, int immediate, Value to, Value a, Value b) {
        return add(Kind.PLAIN, code, immediate, to, a, b, null, Step.BROADCAST, 0);
    }

    Value registers(Instruction code, Value to, Value a, Value b) { return add(Kind.REGISTERS, code, -1, to, a, b, null, Step.FULL, 0); }

    Value registers(Instruction code, int immediate, Value to, Value a, Value b) {
        return add(Kind.REGISTERS, code, immediate, to, a, b, null, Step.FULL, 0);
    }

    Value change(Instruction code, int immediate, Value to, Value a, Value b, Value c) {
        return add(Kind.CHANGE, code, immediate, to, a, b, c, Step.BROADCAST, 0);
    }

    Value select(Value mask, Value a, Value b) {
        return add(Kind.SELECT, null, -1, vector(a.laneBits, mostBits(a, b)), maskFor(mask, a.laneBits), a, b, Step.FULL, 0);
    }

    /** Constants have no width of their own. */
    int mostBits(Value a, Value b) {
        return a.isConstant() && !shared.contents.containsKey(a)
                ? b.isConstant() && !shared.contents.containsKey(b) ? target.bits(a.laneBits) : b.bits : a.bits;
    }

    /** A mask as a vector mask of the wanted lanes; mask registers serve all. */
    Value maskFor(Value mask, int laneBits) {
        if (mask.isInMaskRegister() || mask.laneBits == laneBits) return mask;
        if (laneBits == 64) return plainMask(Instruction.VPMOVSXDQ, mask(64), mask);
        return lowerHalves(mask(32, 128), mask);
    }

    /** The lower halves of four 64-bit lanes, without AVX-512. */
    Value lowerHalves(Value to, Value x) {
        var upper = registers(Instruction.VEXTRACTF128, 1, vector(32, 128), x, null);
        return add(Kind.LOWER, Instruction.VSHUFPS, 0x88, to, x, upper, null, 128, 0);
    }

    private Value plainMask(Instruction code, Value to, Value a) { return add(Kind.REGISTERS, code, -1, to, a, null, null, Step.FULL, 0); }

    // Logic of masks.

    Value both(Value x, Value y) { return logic(Instruction.KANDW, Instruction.VPAND, x, y); }

    Value either(Value x, Value y) { return logic(Instruction.KORW, Instruction.VPOR, x, y); }

    Value exclusive(Value x, Value y) { return logic(Instruction.KXORW, Instruction.VPXOR, x, y); }

    private Value logic(Instruction masks, Instruction vectors, Value x, Value y) {
        if (target.isWide()) return registers(masks, mask(32), x, y);
        return registers(vectors, mask(x.laneBits, x.bits), x, maskFor(y, x.laneBits));
    }

    Value not(Value x) {
        if (target.isWide()) return registers(Instruction.KNOTW, mask(32), x, null);
        return registers(Instruction.VPXOR, mask(x.laneBits, x.bits), x, ones(x.laneBits));
    }

    Value ones(int laneBits) { return number(-1, laneBits); }
}
