package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.fuse.MachineArithmetic.*;

import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.math.Recipe;
import lyceum.backend.math.Recipes;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;

/** The element-wise operations as steps, with the bits of {@code lyceum.backend.scalar}. */
final class Operations {
    private final LaneCode code;
    private final MachineArithmetic single, wide;
    private final boolean isWide;

    Operations(LaneCode code) {
        this.code = code;
        this.single = MachineArithmetic.of(code, 32);
        this.wide = MachineArithmetic.of(code, 64);
        this.isWide = code.target.isWide();
    }

    static int laneBits(DType type) { return type == DType.F64 || type == DType.I64 ? 64 : 32; }

    static boolean isExpensive(Op op) { return cost(op) > 4; }

    /** Instructions, about. */
    static int cost(Op op) {
        return switch (op) {
            case CONST, CAST -> 0;
            case LOAD, NEG, ABS, SQUARE, ADD, SUB, MUL, FMA, RELU, FLOOR, CEIL, ROUND, TRUNC, WHERE, NOT, AND, OR, XOR, EQ, NE, LT, LE, GT,
                    GE, IS_NAN, IS_FINITE -> 1;
            case SIGN, MAX, MIN -> 4;
            case ROW_SUM, ROW_MAX, ROW_MIN -> 4;
            case SQRT, RECIPROCAL, DIV -> 5;
            case RANDOM -> 70;
            default -> 20;
        };
    }

    private MachineArithmetic floats(DType type) { return type == DType.F64 ? wide : single; }

    /** The value of an instruction on its operands, rounded or wrapped to its type as if it had been stored. */
    Value apply(Program.Instruction in, DType operands, Value a, Value b, Value c) {
        var type = in.type();
        if (in.op() == Op.CAST) return cast(operands, type, a);
        if (in.op() == Op.WHERE) return where(type, a, b, c);
        if (in.op().isPredicate()) return predicate(in.op(), operands, a, b);
        if (type == DType.BOOL) return logic(in.op(), a, b);
        if (type.isFloat()) return narrowed(type, ofFloats(in.op(), type, a, b, c));
        return narrowed(type, ofIntegers(in.op(), laneBits(type), a, b));
    }

    private Value ofFloats(Op op, DType type, Value x, Value y, Value z) {
        var f = floats(type);
        return switch (op) {
            case NEG -> f.neg(x);
            case ABS -> f.abs(x);
            case SQUARE -> f.mul(x, x);
            case SQRT -> f.sqrt(x);
            case RSQRT -> f.div(f.constant(1), f.sqrt(x));
            case RECIPROCAL -> f.div(f.constant(1), x);
            case RELU -> f.max(f.constant(0), x); // x for a NaN and for -0
            case SIGN -> f.select(f.either(f.equal(x, f.constant(0)), f.isNaN(x)), x, f.copySign(f.constant(1), x));
            case FLOOR -> f.round(x, 1);
            case CEIL -> f.round(x, 2);
            case ROUND -> f.round(x, 0);
            case TRUNC -> f.round(x, 3);
            case ADD -> f.add(x, y);
            case SUB -> f.sub(x, y);
            case MUL -> f.mul(x, y);
            case DIV -> f.div(x, y);
            case FMA -> f.fma(x, y, z);
            case MAX -> extreme(f, true, x, y);
            case MIN -> extreme(f, false, x, y);
            default -> recipe(op, type, f, x, y);
        };
    }

    /** Of two zeros the positive one is the larger; a NaN wins. The instruction gives y in both cases. */
    private static Value extreme(MachineArithmetic f, boolean largest, Value x, Value y) {
        var m = largest ? f.max(x, y) : f.min(x, y);
        var ofZeros = f.select(f.equal(x, y), largest ? f.bitAnd(x, y) : f.bitOr(x, y), m);
        return f.select(f.isNaN(x), x, ofZeros);
    }

    private static Value recipe(Op op, DType type, MachineArithmetic f, Value x, Value y) {
        var recipe = Recipes.of(op, type == DType.F64 ? DType.F64 : DType.F32).orElseThrow(() -> new Unsupported(op + " of " + type));
        return recipe instanceof Recipe.Unary unary ? unary.apply(f, x) : ((Recipe.Binary) recipe).apply(f, x, y);
    }

    // Integers.

    private Value two(Instruction narrow, Instruction quad, int lane, Value x, Value y) {
        return code.plain(lane == 64 ? quad : narrow, code.lanes(lane), x, y);
    }

    private Value bits(long value, int lane) { return code.number(value, lane); }

    private Value ofIntegers(Op op, int lane, Value x, Value y) {
        if (lane == 64 && !isWide) {
            switch (op) {
                case ABS -> { return wide.select(greater(bits(0, 64), x), wide.subInt(bits(0, 64), x), x); }
                case SIGN -> { return larger(smaller(x, bits(1, 64)), bits(-1, 64)); }
                case SQUARE -> { return product(x, x); }
                case RELU -> { return larger(x, bits(0, 64)); }
                case MUL -> { return product(x, y); }
                case MAX -> { return larger(x, y); }
                case MIN -> { return smaller(x, y); }
                default -> {}
            }
        }
        return switch (op) {
            case NEG -> two(VPSUBD, VPSUBQ, lane, bits(0, lane), x);
            case ABS -> code.add(Kind.REGISTERS, lane == 64 ? VPABSQ : VPABSD, -1, code.lanes(lane), x, null, null, Step.FULL, 0);
            case SIGN -> two(VPMAXSD, VPMAXSQ, lane, two(VPMINSD, VPMINSQ, lane, x, bits(1, lane)), bits(-1, lane));
            case SQUARE -> two(VPMULLD, VPMULLQ, lane, x, x);
            case RELU -> two(VPMAXSD, VPMAXSQ, lane, x, bits(0, lane));
            case FLOOR, CEIL, ROUND, TRUNC -> x;
            case ADD -> two(VPADDD, VPADDQ, lane, x, y);
            case SUB -> two(VPSUBD, VPSUBQ, lane, x, y);
            case MUL -> two(VPMULLD, VPMULLQ, lane, x, y);
            case MAX -> two(VPMAXSD, VPMAXSQ, lane, x, y);
            case MIN -> two(VPMINSD, VPMINSQ, lane, x, y);
            case AND -> two(VANDPS, VANDPD, lane, x, y);
            case OR -> two(VORPS, VORPD, lane, x, y);
            case XOR -> two(VXORPS, VXORPD, lane, x, y);
            default -> throw new Unsupported(op + " of integers");
        };
    }

    // What AVX2 has no instruction for.

    private Value larger(Value x, Value y) { return wide.select(greater(x, y), x, y); }

    private Value smaller(Value x, Value y) { return wide.select(greater(x, y), y, x); }

    /** By halves of 32 bits, whose upper product is beyond the word. */
    private Value product(Value x, Value y) {
        Value across = wide.addInt(halves(wide.shiftRight(x, 32), y), halves(x, wide.shiftRight(y, 32)));
        return wide.addInt(halves(x, y), wide.shiftLeft(across, 32));
    }

    private Value halves(Value x, Value y) { return code.plain(VPMULUDQ, code.lanes(64), x, y); }

    /** What a double cannot hold as one bit that says so, far below a float's last: then the double is exact, and the float is rounded once. */
    private Value withoutTail(Value x) {
        var tail = wide.bitAnd(x, bits(0x7FF, 64));
        var sticky = wide.bitAnd(wide.addInt(tail, bits(0x7FF, 64)), bits(0x800, 64));
        var isLarge = code.either(greater(x, bits(1L << 53, 64)), greater(bits(-(1L << 53), 64), x));
        return wide.select(isLarge, wide.bitOr(wide.subInt(x, tail), sticky), x);
    }

    /** Truncated, for |x| < 2^63: the upper half is exact, so is what remains, and each stands in a fraction. */
    private Value doubleToQuad(Value x) {
        var whole = wide.round(x, 3);
        var upper = wide.round(wide.mul(whole, wide.constant(0x1p-32)), 1);
        var lower = wide.fma(upper, wide.constant(-0x1p32), whole);
        var upperBits = wide.subInt(wide.add(upper, wide.constant(0x1.8p52)), wide.constant(0x1.8p52));
        return wide.addInt(wide.shiftLeft(upperBits, 32), wide.bitXor(wide.add(lower, wide.constant(0x1p52)), wide.constant(0x1p52)));
    }

    private Value shifted(Instruction instruction, int count, Value x) {
        return code.add(Kind.REGISTERS, instruction, count, code.lanes(x.laneBits), x, null, null, Step.FULL, 0);
    }

    /** What remains after a store and a load. */
    Value narrowed(DType type, Value x) {
        return switch (type) {
            case U8 -> two(VANDPS, VANDPD, 32, x, bits(255, 32));
            case I8 -> shifted(VPSRAD, 24, shifted(VPSLLD, 24, x));
            case BF16 -> toBf16(x);
            case F16 -> code.plain(VCVTPH2PS, code.lanes(32),
                    code.registers(VCVTPS2PH, 0, code.vector(32, Math.max(128, code.target.bits(32) / 2)), x, null));
            default -> x;
        };
    }

    /** To nearest even in the upper half of the word; a NaN keeps its upper half and becomes quiet. */
    private Value toBf16(Value x) {
        var odd = two(VANDPS, VANDPD, 32, shifted(VPSRLD, 16, x), bits(1, 32));
        var rounded = two(VPADDD, VPADDQ, 32, two(VPADDD, VPADDQ, 32, odd, x), bits(0x7FFF, 32));
        var quiet = two(VORPS, VORPD, 32, x, bits(0x400000, 32));
        return two(VANDPS, VANDPD, 32, single.select(single.isNaN(x), quiet, rounded), bits(0xFFFF0000L, 32));
    }

    // Truth values.

    private Value logic(Op op, Value x, Value y) {
        return switch (op) {
            case AND, MIN, MUL -> code.both(x, y);
            case OR, MAX -> code.either(x, y);
            case XOR -> code.exclusive(x, y);
            default -> throw new Unsupported(op + " of BOOL");
        };
    }

    private Value predicate(Op op, DType type, Value x, Value y) {
        if (type == DType.BOOL) return ofTruths(op, x, y);
        return type.isFloat() ? ofFloats(op, floats(type), x, y) : ofIntegers(op, x, y);
    }

    private Value ofTruths(Op op, Value x, Value y) {
        return switch (op) {
            case NOT -> code.not(x);
            case EQ -> code.not(code.exclusive(x, y));
            case NE -> code.exclusive(x, y);
            case LT -> code.both(code.not(x), y);
            case LE -> code.either(code.not(x), y);
            case GT -> code.both(x, code.not(y));
            case GE -> code.either(x, code.not(y));
            case IS_NAN -> code.exclusive(x, x);
            case IS_FINITE -> code.not(code.exclusive(x, x));
            default -> throw new Unsupported(op + " of BOOL");
        };
    }

    private static Value ofFloats(Op op, MachineArithmetic f, Value x, Value y) {
        return switch (op) {
            case EQ -> f.compare(EQUAL, x, y);
            case NE -> f.compare(NOT_EQUAL, x, y);
            case LT -> f.compare(LESS, x, y);
            case LE -> f.compare(LESS_EQUAL, x, y);
            case GT -> f.compare(GREATER, x, y);
            case GE -> f.compare(GREATER_EQUAL, x, y);
            case NOT -> f.compare(EQUAL, x, f.constant(0));
            case IS_NAN -> f.isNaN(x);
            case IS_FINITE -> f.compare(LESS, f.abs(x), f.constant(Double.POSITIVE_INFINITY));
            default -> throw new Unsupported(op + " of floats");
        };
    }

    private Value ofIntegers(Op op, Value x, Value y) {
        int lane = x.laneBits;
        return switch (op) {
            case EQ -> equalIntegers(x, y);
            case NE -> code.not(equalIntegers(x, y));
            case GT -> greater(x, y);
            case LT -> greater(y, x);
            case LE -> code.not(greater(x, y));
            case GE -> code.not(greater(y, x));
            case NOT -> equalIntegers(x, bits(0, lane));
            case IS_NAN -> { var no = greater(x, x); yield no; }
            case IS_FINITE -> equalIntegers(x, x);
            default -> throw new Unsupported(op + " of integers");
        };
    }

    private Value equalIntegers(Value x, Value y) {
        return code.plain(x.laneBits == 64 ? VPCMPEQQ : VPCMPEQD, code.mask(x.laneBits), x, y);
    }

    private Value greater(Value x, Value y) { return code.plain(x.laneBits == 64 ? VPCMPGTQ : VPCMPGTD, code.mask(x.laneBits), x, y); }

    private Value where(DType type, Value condition, Value x, Value y) {
        if (type == DType.BOOL) return code.either(code.both(condition, x), code.both(code.not(condition), y));
        return (laneBits(type) == 64 ? wide : single).select(condition, x, y);
    }

    // Conversions: floats to integers truncate and saturate, NaN becomes 0; integers wrap.

    private Value cast(DType from, DType to, Value x) {
        if (from == to) return x;
        if (from == DType.BOOL) return ofTruth(to, x);
        if (to == DType.BOOL) return from.isFloat() ? floats(from).compare(NOT_EQUAL, x, floats(from).constant(0))
                : code.not(equalIntegers(x, bits(0, laneBits(from))));
        if (from.isFloat()) return to.isFloat() ? narrowed(to, floatToFloat(from, to, x)) : floatToInteger(from, to, x);
        return to.isFloat() ? narrowed(to, integerToFloat(from, to, x)) : narrowed(to, integerToInteger(from, to, x));
    }

    private Value ofTruth(DType to, Value x) {
        int lane = laneBits(to);
        long one = to == DType.F64 ? Double.doubleToRawLongBits(1) : to.isFloat() ? Float.floatToRawIntBits(1) : 1;
        return (lane == 64 ? wide : single).select(x, bits(one, lane), bits(0, lane));
    }

    private Value floatToFloat(DType from, DType to, Value x) {
        if (laneBits(from) == laneBits(to)) return x;
        if (to == DType.F64) return code.plain(VCVTPS2PD, code.lanes(64), x);
        return code.plain(VCVTPD2PS, code.lanes(32), to == DType.F32 ? x : toOdd(wide, x));
    }

    /** As {@code Elements.toOdd}: so that a double is rounded to 16 bits once, and not to a float and then again. */
    static Value toOdd(MachineArithmetic wide, Value x) {
        Value tail = wide.bits(Elements.ODD_TAIL), carried = wide.addInt(wide.bitAnd(x, tail), tail);
        return wide.bitAnd(wide.bitOr(x, carried), wide.bits(~Elements.ODD_TAIL));
    }

    private Value integerToFloat(DType from, DType to, Value x) {
        if (from == DType.I64) {
            if (!isWide) return to == DType.F64 ? wide.ofLong(x) : code.plain(VCVTPD2PS, code.lanes(32), wide.ofLong(withoutTail(x)));
            return to == DType.F64 ? code.plain(VCVTQQ2PD, code.lanes(64), x) : code.plain(VCVTQQ2PS, code.lanes(32), x);
        }
        return to == DType.F64 ? code.plain(VCVTDQ2PD, code.lanes(64), x) : code.plain(VCVTDQ2PS, code.lanes(32), x);
    }

    private Value integerToInteger(DType from, DType to, Value x) {
        if (laneBits(from) == laneBits(to)) return x;
        if (to == DType.I64) return code.plain(VPMOVSXDQ, code.lanes(64), x);
        return isWide ? code.registers(VPMOVQD, code.lanes(32), x, null) : code.lowerHalves(code.lanes(32), x);
    }

    private Value floatToInteger(DType from, DType to, Value x) {
        var f = floats(from);
        boolean quad = to == DType.I64;
        if (quad && !isWide && from != DType.F64) return floatToInteger(DType.F64, to, floatToFloat(DType.F32, DType.F64, x));
        Value truncated = quad && !isWide
                ? wide.select(f.compare(GREATER, f.constant(-0x1p63), x), bits(Long.MIN_VALUE, 64), doubleToQuad(x))
                : code.plain(quad ? from == DType.F64 ? VCVTTPD2QQ : VCVTTPS2QQ : from == DType.F64 ? VCVTTPD2DQ : VCVTTPS2DQ,
                        code.lanes(quad ? 64 : 32), x);
        // Out of range gives the least integer: right below, to be mended above and for NaN.
        var i = quad ? wide : single;
        var above = f.compare(GREATER_EQUAL, x, f.constant(quad ? 0x1p63 : 0x1p31));
        var mended = i.select(f.isNaN(x), bits(0, quad ? 64 : 32),
                i.select(above, bits(quad ? Long.MAX_VALUE : Integer.MAX_VALUE, quad ? 64 : 32), truncated));
        return switch (to) {
            case U8 -> two(VPMINSD, VPMINSQ, 32, two(VPMAXSD, VPMAXSQ, 32, mended, bits(0, 32)), bits(255, 32));
            case I8 -> two(VPMINSD, VPMINSQ, 32, two(VPMAXSD, VPMAXSQ, 32, mended, bits(-128, 32)), bits(127, 32));
            default -> mended;
        };
    }
}
