package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;

/**
 * {@link lyceum.random.Philox} on 64-bit lanes: a block of the sequence in each, the counter's words in the lower halves. The keys of the ten
 * rounds stand in the argument block. A block holds two elements; where the first element of a round has an even number (always, but in rows of
 * odd length) sixteen elements take eight blocks, else each element has a lane of its own.
 */
final class RandomDraw {
    private static final int ROUNDS = 10;
    /** Bytes that a draw takes in the argument block. */
    static final int BYTES = 2 * 8 * ROUNDS;

    private final LaneCode code;
    private final Value[] keys = new Value[2 * ROUNDS];

    /** @param offset of the keys in the argument block */
    RandomDraw(LaneCode code, int offset) {
        if (!code.target.isWide()) throw new Unsupported("random draws without AVX-512");
        this.code = code;
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

    private Value two(Instruction instruction, Value x, Value y) { return code.plain(instruction, code.vector(64, 512), x, y); }

    private Value shift(Instruction instruction, int count, Value x) { return code.add(Kind.REGISTERS, instruction, count, code.vector(x.laneBits, x.bits), x, null, null, Step.FULL, 0); }

    /** The four words of the blocks numbered {@code block}; upper halves of the lanes hold anything. */
    private Value[] words(Value block) {
        Value m0 = code.number(0xD2511F53L, 64), m1 = code.number(0xCD9E8D57L, 64), zero = code.number(0, 64);
        Value x0 = block, x1 = shift(VPSRLQ, 32, block), x2 = zero, x3 = zero;
        for (int round = 0; round < ROUNDS; round++) {
            Value p0 = two(VPMULUDQ, x0, m0), p1 = round == 0 ? zero : two(VPMULUDQ, x2, m1);
            Value high1 = round == 0 ? x1 : xor3(shift(VPSRLQ, 32, p1), x1, keys[2 * round]);
            Value y0 = round == 0 ? two(VPXORQ, x1, keys[0]) : high1, y2 = round == 0 ? two(VPXORQ, shift(VPSRLQ, 32, p0), keys[1]) : xor3(shift(VPSRLQ, 32, p0), x3, keys[2 * round + 1]);
            x1 = p1;
            x3 = p0;
            x0 = y0;
            x2 = y2;
        }
        return new Value[] {x0, x1, x2, x3};
    }

    private Value xor3(Value x, Value y, Value key) { return code.change(VPTERNLOGQ, 0x96, code.vector(64, 512), x, y, key); }

    /** Numbers of this round's elements from {@code first} on. */
    private Value numbers(int first, int shift) {
        var lanes = new long[8];
        for (int i = 0; i < 8; i++) lanes[i] = first + i;
        var start = code.add(Kind.INDEX, null, -1, code.vector(64, 512), null, null, null, 0, shift);
        return code.add(Kind.PLAIN, VPADDQ, -1, code.vector(64, 512), start, code.table(64, lanes), null, Step.FULL, 0);
    }

    /** The words of eight elements, one a lane. */
    private Value[] wordsOfElements(int first, int shift) {
        var number = numbers(first, shift);
        var words = words(shift(VPSRLQ, 1, number));
        var odd = code.plain(VPTESTMQ, code.mask(64, 512), number, code.number(1, 64));
        return new Value[] {select64(odd, words[2], words[0]), select64(odd, words[3], words[1])};
    }

    private Value select64(Value mask, Value x, Value y) { return code.add(Kind.SELECT, null, -1, code.vector(64, 512), mask, x, y, Step.FULL, 0); }

    /** Uniform on [0, 1) in {@code type}. @param shift elements beyond the loop's index */
    Value uniform(DType type, boolean even, int shift) {
        if (type == DType.F64) {
            var words = wordsOfElements(0, shift);
            var word = code.plain(VPORQ, code.vector(64, 512), shift(VPSLLQ, 32, words[1]), low(words[0]));
            var f = MachineArithmetic.of(code, 64);
            return f.mul(code.plain(VCVTUQQ2PD, code.vector(64, 512), shift(VPSRLQ, 11, word)), f.constant(0x1p-53));
        }
        int bits = type == DType.F32 ? 24 : type == DType.F16 ? 11 : 8;
        var high = upperWords(even, shift);
        var f = MachineArithmetic.of(code, 32);
        var whole = code.add(Kind.REGISTERS, VPSRLD, 32 - bits, code.lanes(32), high, null, null, Step.FULL, 0);
        return f.mul(code.plain(VCVTDQ2PS, code.lanes(32), whole), f.constant(Math.scalb(1.0, -bits)));
    }

    private Value low(Value x) { return two(VPANDQ, x, code.number(0xFFFFFFFFL, 64)); }

    /** The upper halves of the elements' words, in 32-bit lanes. */
    private Value upperWords(boolean even, int shift) {
        if (code.target.lanes() == 8) return code.registers(VPMOVQD, code.lanes(32), wordsOfElements(0, shift)[1], null);
        if (!even) {
            Value low = code.registers(VPMOVQD, code.vector(32, 256), wordsOfElements(0, shift)[1], null), high = code.registers(VPMOVQD, code.vector(32, 256), wordsOfElements(8, shift)[1], null);
            return MachineArithmetic.joined(code, code.lanes(32), low, high);
        }
        var start = code.add(Kind.INDEX, null, -1, code.vector(64, 512), null, null, null, 0, shift);
        var block = code.add(Kind.PLAIN, VPADDQ, -1, code.vector(64, 512), shift(VPSRLQ, 1, start), code.table(64, 0, 1, 2, 3, 4, 5, 6, 7), null, Step.FULL, 0);
        var words = words(block);
        // Even elements are in the lower halves of the second word, odd ones go into the upper halves from the fourth.
        return code.plain(VPORQ, code.vector(32, 512), shift(VPSLLQ, 32, words[3]), low(words[1]));
    }
}
