package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.x86.fuse.Step.Kind;

/**
 * {@link lyceum.random.Philox} on 64-bit lanes: a block of the sequence in each, the counter's words in the lower halves. The keys of the ten
 * rounds stand in the argument block. A block holds two elements; where the first element of a round has an even number (always, but in rows of
 * odd length) two elements take one block, else each element has a lane of its own.
 */
final class RandomDraw {
    private static final int ROUNDS = 10;
    /** Bytes that a draw takes in the argument block. */
    static final int BYTES = 2 * 8 * ROUNDS;

    private final LaneCode code;
    private final MachineArithmetic quads;
    private final int bits;
    private final Value[] keys = new Value[2 * ROUNDS];

    /** @param offset of the keys in the argument block */
    RandomDraw(LaneCode code, int offset) {
        this.code = code;
        this.bits = code.target.isWide() ? 512 : 256;
        this.quads = new MachineArithmetic(code, 64, bits);
        for (int i = 0; i < keys.length; i++) keys[i] = code.argument(offset + 8 * i, 64);
    }

    /** The keys of all rounds, in the order of the block. */
    static long[] keys(long key) {
        var keys = new long[2 * ROUNDS];
        int k0 = (int) key, k1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            keys[2 * round] = k0 & 0xFFFFFFFFL;
            keys[2 * round + 1] = k1 & 0xFFFFFFFFL;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return keys;
    }

    private Value product(Value x, Value y) { return code.plain(VPMULUDQ, code.vector(64, bits), x, y); }

    /** The four words of the blocks numbered {@code block}; upper halves of the lanes hold anything. */
    private Value[] words(Value block) {
        Value m0 = code.number(0xD2511F53L, 64), m1 = code.number(0xCD9E8D57L, 64), zero = code.number(0, 64);
        Value x0 = block, x1 = quads.shiftRight(block, 32), x2 = zero, x3 = zero;
        for (int round = 0; round < ROUNDS; round++) {
            Value p0 = product(x0, m0), p1 = round == 0 ? zero : product(x2, m1);
            Value high0 = quads.shiftRight(p0, 32);
            x0 = round == 0 ? quads.bitXor(x1, keys[0]) : xor3(quads.shiftRight(p1, 32), x1, keys[2 * round]);
            x2 = round == 0 ? quads.bitXor(high0, keys[1]) : xor3(high0, x3, keys[2 * round + 1]);
            x1 = p1;
            x3 = p0;
        }
        return new Value[] {x0, x1, x2, x3};
    }

    private Value xor3(Value x, Value y, Value key) {
        return code.target.isWide() ? code.change(VPTERNLOGQ, 0x96, code.vector(64, bits), x, y, key)
                : quads.bitXor(quads.bitXor(x, y), key);
    }

    private Value index(int shift) { return code.add(Kind.INDEX, null, -1, code.vector(64, bits), null, null, null, 0, shift); }

    /** {@code x + first}, and what follows it. */
    private Value counted(Value x, int first) {
        var lanes = new long[bits / 64];
        for (int i = 0; i < lanes.length; i++) lanes[i] = first + i;
        return quads.addInt(x, code.table(64, lanes));
    }

    /** The words of elements, one a 64-bit lane. */
    private Value[] wordsOfElements(int first, int shift) {
        var number = counted(index(shift), first);
        var words = words(quads.shiftRight(number, 1));
        Value one = code.number(1, 64);
        var odd = code.target.isWide() ? code.plain(VPTESTMQ, code.mask(64, bits), number, one)
                : code.plain(VPCMPEQQ, code.mask(64, bits), quads.bitAnd(number, one), one);
        return new Value[] {quads.select(odd, words[2], words[0]), quads.select(odd, words[3], words[1])};
    }

    /** Uniform on [0, 1) in {@code type}. @param shift elements beyond the loop's index */
    Value uniform(DType type, boolean even, int shift) {
        if (type == DType.F64) {
            var words = wordsOfElements(0, shift);
            var word = quads.bitOr(quads.shiftLeft(words[1], 32), low(words[0]));
            var digits = quads.shiftRight(word, 11);
            return quads.mul(code.target.isWide() ? code.plain(VCVTUQQ2PD, code.vector(64, bits), digits) : quads.ofLong(digits),
                    quads.constant(0x1p-53));
        }
        int digits = type == DType.F32 ? 24 : type == DType.F16 ? 11 : 8;
        var f = MachineArithmetic.of(code, 32);
        return f.mul(code.plain(VCVTDQ2PS, code.lanes(32), f.shiftRight(upperWords(even, shift), 32 - digits)),
                f.constant(Math.scalb(1.0, -digits)));
    }

    private Value narrowed(Value to, Value x) {
        return code.target.isWide() ? code.registers(VPMOVQD, to, x, null) : code.lowerHalves(to, x);
    }

    private Value low(Value x) { return quads.bitAnd(x, code.number(0xFFFFFFFFL, 64)); }

    /** The upper halves of the elements' words, in 32-bit lanes. */
    private Value upperWords(boolean even, int shift) {
        if (64 * code.target.lanes() == bits) return narrowed(code.lanes(32), wordsOfElements(0, shift)[1]);
        if (!even) {
            Value low = narrowed(code.vector(32, bits / 2), wordsOfElements(0, shift)[1]),
                    high = narrowed(code.vector(32, bits / 2), wordsOfElements(bits / 64, shift)[1]);
            return MachineArithmetic.joined(code, code.lanes(32), low, high);
        }
        var words = words(counted(quads.shiftRight(index(shift), 1), 0));
        // Even elements are in the lower halves of the second word, odd ones go into the upper halves from the fourth.
        return quads.bitOr(quads.shiftLeft(words[3], 32), low(words[1]));
    }
}
