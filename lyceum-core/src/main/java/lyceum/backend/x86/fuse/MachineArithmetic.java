package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.backend.math.Arithmetic;
import lyceum.backend.math.Recipe;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;

/** {@link Arithmetic} that writes down what it is asked for, on all lanes of a vector of {@code bits}. */
final class MachineArithmetic implements Arithmetic<Value, Value> {
    static final int LESS = 17, LESS_EQUAL = 18, EQUAL = 0, UNORDERED = 3, NOT_EQUAL = 4, GREATER = 30, GREATER_EQUAL = 29;

    private final LaneCode code;
    private final boolean isDouble;
    private final int lane, bits;

    MachineArithmetic(LaneCode code, int lane, int bits) {
        this.code = code;
        this.lane = lane;
        this.isDouble = lane == 64;
        this.bits = bits;
    }

    static MachineArithmetic of(LaneCode code, int laneBits) { return new MachineArithmetic(code, laneBits, code.target.bits(laneBits)); }

    @Override public boolean wide() { return isDouble; }

    private boolean isWide() { return code.target.isWide(); }

    private Instruction pick(Instruction single, Instruction wide) { return isDouble ? wide : single; }

    private Value fresh() { return code.vector(lane, bits); }

    private Value two(Instruction single, Instruction wide, Value x, Value y) { return code.plain(pick(single, wide), fresh(), x, y); }

    /** A constant goes where it may stand in memory. */
    private Value commuting(Instruction single, Instruction wide, Value x, Value y) {
        return x.isConstant() ? two(single, wide, y, x) : two(single, wide, x, y);
    }

    private Value one(Instruction single, Instruction wide, Value x) { return code.plain(pick(single, wide), fresh(), x); }

    @Override public Value constant(double value) {
        return code.number(isDouble ? Double.doubleToRawLongBits(value) : Float.floatToRawIntBits((float) value), lane);
    }

    @Override public Value bits(long bits) { return code.number(bits, lane); }

    @Override public Value add(Value x, Value y) { return commuting(VADDPS, VADDPD, x, y); }

    @Override public Value sub(Value x, Value y) { return two(VSUBPS, VSUBPD, x, y); }

    @Override public Value mul(Value x, Value y) { return commuting(VMULPS, VMULPD, x, y); }

    @Override public Value div(Value x, Value y) { return two(VDIVPS, VDIVPD, x, y); }

    @Override public Value fma(Value x, Value y, Value z) { return code.add(Kind.FMA, null, 0, fresh(), x, y, z, Step.BROADCAST, 0); }

    @Override public Value fnma(Value x, Value y, Value z) { return code.add(Kind.FMA, null, 1, fresh(), x, y, z, Step.BROADCAST, 0); }

    @Override public Value sqrt(Value x) { return one(VSQRTPS, VSQRTPD, x); }

    @Override public Value min(Value x, Value y) { return two(VMINPS, VMINPD, x, y); }

    @Override public Value max(Value x, Value y) { return two(VMAXPS, VMAXPD, x, y); }

    @Override public Value round(Value x) { return round(x, 0); }

    /** To the nearest (0), down (1), up (2) or towards zero (3). */
    Value round(Value x, int mode) {
        var instruction = isWide() ? pick(VRNDSCALEPS, VRNDSCALEPD) : pick(VROUNDPS, VROUNDPD);
        return code.plain(instruction, mode | 8, fresh(), x, null);
    }

    @Override public Value abs(Value x) { return two(VANDPS, VANDPD, x, bits(isDouble ? Long.MAX_VALUE : Integer.MAX_VALUE)); }

    private Value sign() { return bits(isDouble ? Long.MIN_VALUE : Integer.MIN_VALUE); }

    @Override public Value neg(Value x) { return two(VXORPS, VXORPD, x, sign()); }

    @Override public Value copySign(Value x, Value sign) {
        if (isWide())
            return code.change(pick(VPTERNLOGD, VPTERNLOGQ), 0xE4, fresh(), x, sign, bits(isDouble ? Long.MAX_VALUE : Integer.MAX_VALUE));
        return bitOr(abs(x), bitAnd(sign, sign()));
    }

    @Override public Value scale(Value x, Value n) {
        if (isWide()) return two(VSCALEFPS, VSCALEFPD, x, n);
        Value k, half;
        if (isDouble) {
            // Adding 1.5 2^52 leaves the integer in the low bits; biased, so that a shift without sign halves it.
            k = subInt(add(n, constant(0x1.8p52)), bits(0x4338000000000000L - 4096));
            half = shiftRight(k, 1);
            k = subInt(k, half);
            half = addInt(half, bits(1023 - 2048));
            k = addInt(k, bits(1023 - 2048));
        } else {
            k = code.plain(VCVTPS2DQ, fresh(), n);
            half = code.add(Kind.REGISTERS, VPSRAD, 1, fresh(), k, null, null, Step.FULL, 0);
            k = addInt(subInt(k, half), bits(127));
            half = addInt(half, bits(127));
        }
        int mantissa = isDouble ? 52 : 23;
        return mul(mul(x, shiftLeft(half, mantissa)), shiftLeft(k, mantissa));
    }

    @Override public Value exponent(Value x) {
        if (isWide()) return one(VGETEXPPS, VGETEXPPD, x);
        var magnitude = abs(x);
        var tiny = less(magnitude, constant(isDouble ? Double.MIN_NORMAL : Float.MIN_NORMAL));
        var normal = select(tiny, mul(magnitude, constant(isDouble ? 0x1p54 : 0x1p24)), magnitude);
        Value k;
        if (isDouble) k = sub(bitOr(shiftRight(normal, 52), constant(0x1p52)), constant(0x1p52 + 1023));
        else k = sub(code.plain(VCVTDQ2PS, fresh(), shiftRight(normal, 23)), constant(127));
        k = select(tiny, sub(k, constant(isDouble ? 54 : 24)), k);
        var whole = select(less(magnitude, constant(Double.POSITIVE_INFINITY)), k, magnitude); // an infinity or NaN is its own answer
        return select(equal(x, constant(0)), constant(Double.NEGATIVE_INFINITY), whole);
    }

    @Override public Value mantissa(Value x) {
        if (isWide()) return code.plain(pick(VGETMANTPS, VGETMANTPD), 3, fresh(), x, null);
        var magnitude = abs(x);
        var tiny = less(magnitude, constant(isDouble ? Double.MIN_NORMAL : Float.MIN_NORMAL));
        var normal = select(tiny, mul(magnitude, constant(isDouble ? 0x1p54 : 0x1p24)), magnitude);
        var m = bitOr(bitAnd(normal, bits(isDouble ? (1L << 52) - 1 : (1 << 23) - 1)), constant(1));
        m = select(less(m, constant(1.5)), m, mul(m, constant(0.5)));
        var odd = either(equal(magnitude, constant(0)), equal(magnitude, constant(Double.POSITIVE_INFINITY)));
        var signed = copySign(select(odd, constant(1), m), x);
        return select(isNaN(x), x, signed);
    }

    @Override public Value bitAnd(Value x, Value y) { return commuting(VANDPS, VANDPD, x, y); }

    @Override public Value bitOr(Value x, Value y) { return commuting(VORPS, VORPD, x, y); }

    @Override public Value bitXor(Value x, Value y) { return commuting(VXORPS, VXORPD, x, y); }

    @Override public Value addInt(Value x, Value y) { return commuting(VPADDD, VPADDQ, x, y); }

    @Override public Value subInt(Value x, Value y) { return two(VPSUBD, VPSUBQ, x, y); }

    @Override public Value shiftLeft(Value x, int count) {
        return code.add(Kind.REGISTERS, pick(VPSLLD, VPSLLQ), count, fresh(), x, null, null, Step.FULL, 0);
    }

    @Override public Value shiftRight(Value x, int count) {
        return code.add(Kind.REGISTERS, pick(VPSRLD, VPSRLQ), count, fresh(), x, null, null, Step.FULL, 0);
    }

    @Override public Value lookup(double[] table, Value index) {
        int entries = bits / lane;
        if (table.length > 64) throw new IllegalArgumentException("a table of " + table.length + " entries");
        var words = new long[Math.max(table.length, entries)];
        for (int i = 0; i < words.length; i++) {
            double entry = table[i % table.length];
            words[i] = isDouble ? Double.doubleToRawLongBits(entry) : Float.floatToRawIntBits((float) entry);
        }
        boolean permutes = isDouble ? isWide() : entries >= 8;
        if (permutes && table.length <= entries) return permuted(words, index);
        if (permutes && table.length == 2 * entries) {
            // A blend without mask registers looks at the sign bit only.
            var upper = isWide() ? code.plain(pick(VPCMPEQD, VPCMPEQQ), code.mask(lane, bits), bitAnd(index, bits(entries)), bits(entries))
                    : code.add(Kind.REGISTERS, VPSLLD, 31 - Integer.numberOfTrailingZeros(entries), code.mask(lane, bits), index, null,
                            null, Step.FULL, 0);
            return select(upper, permuted(Arrays.copyOfRange(words, entries, words.length), index),
                    permuted(Arrays.copyOf(words, entries), index));
        }
        var within = bitAnd(index, bits(table.length - 1));
        return code.add(Kind.LOOKUP, isDouble ? VGATHERDPD : VGATHERDPS, -1, fresh(), within, code.table(lane, words), null, Step.FULL, 0);
    }

    /** The permutation looks at the lower bits of the index only. */
    private Value permuted(long[] words, Value index) {
        return code.add(Kind.PLAIN, isDouble ? VPERMPD_BY : VPERMPS, -1, fresh(), index, code.table(lane, words), null, Step.FULL, 0);
    }

    /** A long as a double, without AVX-512: each half in the fraction of a number of its own; their sum is rounded once. */
    Value ofLong(Value x) {
        Value low = bitOr(bitAnd(x, bits(0xFFFFFFFFL)), constant(0x1p52));
        Value high = bitOr(bitXor(shiftRight(x, 32), bits(0x80000000L)), constant(0x1p84));
        return add(sub(high, constant(0x1p84 + 0x1p63 + 0x1p52)), low);
    }

    Value compare(int predicate, Value x, Value y) { return code.plain(pick(VCMPPS, VCMPPD), predicate, code.mask(lane, bits), x, y); }

    @Override public Value less(Value x, Value y) { return compare(LESS, x, y); }

    @Override public Value lessEqual(Value x, Value y) { return compare(LESS_EQUAL, x, y); }

    @Override public Value equal(Value x, Value y) { return compare(EQUAL, x, y); }

    @Override public Value isNaN(Value x) { return compare(UNORDERED, x, x); }

    @Override public Value both(Value x, Value y) { return code.both(x, y); }

    @Override public Value either(Value x, Value y) { return code.either(x, y); }

    @Override public Value not(Value x) { return code.not(x); }

    @Override public Value select(Value mask, Value x, Value y) {
        return code.add(Kind.SELECT, null, -1, fresh(), code.maskFor(mask, lane), x, y, Step.FULL, 0);
    }

    @Override public Value rarely(Value mask, Supplier<Value> slow, Value fast) {
        var result = code.add(Kind.MOVE, null, -1, fresh(), fast, null, null, Step.FULL, 0);
        var lanes = code.maskFor(mask, lane);
        code.add(Kind.SKIP, null, -1, null, lanes, null, null, Step.FULL, 0);
        var other = slow.get();
        code.add(Kind.MERGE, null, -1, result, lanes, other, null, Step.FULL, 0);
        code.add(Kind.JOIN, null, -1, null, null, null, null, Step.FULL, 0);
        return result;
    }

    @Override public Value inDouble(Recipe.Unary recipe, Value x) {
        return isDouble ? recipe.apply(this, x) : halves(h -> recipe.apply(h.arithmetic(), h.widened(x)));
    }

    @Override public Value inDouble(Recipe.Binary recipe, Value x, Value y) {
        return isDouble ? recipe.apply(this, x, y) : halves(h -> recipe.apply(h.arithmetic(), h.widened(x), h.widened(y)));
    }

    /** One half of the lanes, or all of them where they fit a vector of doubles. */
    private record Half(LaneCode code, boolean isUpper, int doubleBits, int singleBits) {
        MachineArithmetic arithmetic() { return new MachineArithmetic(code, 64, doubleBits); }

        Value widened(Value x) {
            return isUpper ? code.plain(VCVTPS2PD, code.vector(64, doubleBits), upper(code, x))
                    : lower(code, VCVTPS2PD, code.vector(64, doubleBits), x);
        }
    }

    /** {@code instruction} on the lower half of a vector, or on all of one that is short. */
    static Value lower(LaneCode code, Instruction instruction, Value to, Value x) {
        return code.add(Kind.LOWER, instruction, -1, to, x, null, null, to.bits / 2, 0);
    }

    /** The first lane in all lanes of {@code code}. */
    static Value spread(LaneCode code, Value x) { return spread(code, x, code.target.bits(x.laneBits)); }

    /** The first lane in all lanes of the longest vector, whose lower part serves shorter ones. */
    static Value spreadAll(LaneCode code, Value x) { return spread(code, x, code.target.isWide() ? 512 : 256); }

    private static Value spread(LaneCode code, Value x, int bits) {
        var to = code.vector(x.laneBits, bits);
        return code.add(Kind.LOWER, x.laneBits == 64 ? VBROADCASTSD : VBROADCASTSS, -1, to, x, null, null, 128, 0);
    }

    static Value upper(LaneCode code, Value x) {
        int bits = x.isConstant() ? code.target.bits(x.laneBits) : x.bits;
        if (bits == 512) return code.registers(VEXTRACTF64X4, 1, code.vector(x.laneBits, 256), x, null);
        return code.registers(code.target.isWide() ? VEXTRACTF32X4 : VEXTRACTF128, 1, code.vector(x.laneBits, 128), x, null); // the latter reaches 16 registers
    }

    private Value halves(Function<Half, Value> body) {
        int most = isWide() ? 512 : 256;
        if (2 * bits <= most) return code.plain(VCVTPD2PS, fresh(), body.apply(new Half(code, false, 2 * bits, bits)));
        var low = code.plain(VCVTPD2PS, code.vector(32, bits / 2), body.apply(new Half(code, false, bits, bits / 2)));
        var high = code.plain(VCVTPD2PS, code.vector(32, bits / 2), body.apply(new Half(code, true, bits, bits / 2)));
        return joined(code, fresh(), low, high);
    }

    static Value joined(LaneCode code, Value to, Value low, Value high) {
        return code.registers(to.bits == 512 ? VINSERTF64X4 : code.target.isWide() ? VINSERTF32X4 : VINSERTF128, 1, to, low, high);
    }
}
