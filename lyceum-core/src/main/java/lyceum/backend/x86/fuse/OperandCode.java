package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.code.Geometry;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.fuse.Step.Kind;

/** The steps between memory and registers: elements as they lie there, and as 32 or 64 bits a lane. */
record OperandCode(Structure structure) {

    static Value truth(LaneCode code, Value x) {
        if (code.target.isWide()) return code.plain(VPTESTMD, code.mask(32), x, x);
        return code.plain(VPCMPGTD, code.mask(32), x, code.number(0, 32));
    }

    Value load(LaneCode code, int operand, DType type, int shift) {
        byte kind = structure.kinds()[operand];
        int lane = Operations.laneBits(type);
        if (type.bytes() < 4 && kind == Geometry.STRIDED) throw new Unsupported(type + " of kind " + kind);
        if (type.bytes() >= 4) {
            return switch (kind) {
                case Geometry.CONTIGUOUS ->
                        code.add(Kind.LOAD, lane == 64 ? VMOVUPD : VMOVUPS, -1, code.lanes(lane), null, null, null, operand, shift);
                case Geometry.ONE -> code.add(Kind.LOAD_ONE, lane == 64 ? VBROADCASTSD : VBROADCASTSS, -1, code.lanes(lane), null, null,
                        null, operand, 0);
                default -> code.add(Kind.GATHER, lane == 64 ? VGATHERDPD : VGATHERDPS, -1, code.lanes(lane), distances(code, operand), null,
                        null, operand, shift);
            };
        }
        return narrow(code, operand, type, shift, kind == Geometry.ONE);
    }

    private Value narrow(LaneCode code, int operand, DType type, int shift, boolean one) {
        Instruction widen = switch (type) {
            case BF16 -> VPMOVZXWD;
            case F16 -> VCVTPH2PS;
            case I8 -> VPMOVSXBD;
            default -> VPMOVZXBD;
        };
        Value x;
        if (one) {
            int bits = Math.max(128, code.target.bits(32) / (type.bytes() == 2 ? 2 : 4));
            var spread = code.add(Kind.LOAD_ONE, type.bytes() == 2 ? VPBROADCASTW : VPBROADCASTB, -1, code.vector(32, bits), null, null,
                    null, operand, 0);
            x = code.add(Kind.REGISTERS, widen, -1, code.lanes(32), spread, null, null, Step.FULL, 0);
        } else {
            x = code.add(Kind.LOAD, widen, -1, code.lanes(32), null, null, null, operand, shift);
        }
        if (type == DType.BF16) return code.add(Kind.REGISTERS, VPSLLD, 16, code.lanes(32), x, null, null, Step.FULL, 0);
        return type == DType.BOOL ? truth(code, x) : x;
    }

    /** The distances of a vector's elements from its first, in elements. */
    private Value distances(LaneCode code, int operand) {
        var lanes = new long[Math.max(4, code.target.lanes())];
        for (int i = 0; i < lanes.length; i++) lanes[i] = i;
        var numbers = code.table(32, lanes);
        var distance = code.argument(ArgumentBlock.DISTANCE.at() + operand * ArgumentBlock.OPERAND_BYTES, 32);
        return code.add(Kind.PLAIN, VPMULLD, -1, code.lanes(32), numbers, distance, null, Step.BROADCAST, 0);
    }

    void store(LaneCode code, int output, Value x, int shift) {
        int operand = structure.inputs() + output;
        var program = structure.program();
        var type = program.at(program.output(output)).type();
        byte kind = structure.kinds()[operand];
        if (type.bytes() < 4 && kind == Geometry.STRIDED) throw new Unsupported("storing " + type + " of kind " + kind);
        var whole = type == DType.BOOL ? MachineArithmetic.of(code, 32).select(x, code.number(1, 32), code.number(0, 32)) : x;
        if (type == DType.BF16) whole = code.add(Kind.REGISTERS, VPSRLD, 16, code.lanes(32), whole, null, null, Step.FULL, 0);
        boolean isPacked = type.bytes() < 4 && !code.target.isWide();
        if (isPacked) whole = packed(code, type, whole);
        Instruction instruction = switch (type) {
            case F64, I64 -> VMOVUPD_STORE;
            case F32, I32 -> VMOVUPS_STORE;
            default -> isPacked ? packedStore(type.bytes() * code.target.lanes())
                    : type == DType.BF16 ? VPMOVDW : type == DType.F16 ? VCVTPS2PH : VPMOVDB;
        };
        int immediate = type == DType.F16 && !isPacked ? 0 : -1;
        switch (kind) {
            case Geometry.CONTIGUOUS -> code.add(Kind.STORE, instruction, immediate, null, whole, null, null, operand, shift);
            case Geometry.ONE -> {
                if (!structure.takesOneValue(output)) throw new Unsupported("an output that repeats");
                code.add(Kind.STORE_ONE, instruction, immediate, null, whole, null, null, operand, 0);
            }
            default -> {
                if (!code.target.isWide() || type.bytes() != 4) throw new Unsupported("scattering " + type);
                code.add(Kind.SCATTER, VSCATTERDPS, -1, null, whole, distances(code, operand), null, operand, shift);
            }
        }
    }

    /** The elements side by side at the start of a short vector, without AVX-512. */
    private static Value packed(LaneCode code, DType type, Value x) {
        if (type == DType.F16) return code.registers(VCVTPS2PH, 0, code.vector(32, 128), x, null);
        boolean isShort = code.target.bits(32) == 128;
        var low = isShort ? x : code.add(Kind.LOWER, VMOVAPS, -1, code.vector(32, 128), x, null, null, 128, 0);
        var high = isShort ? x : MachineArithmetic.upper(code, x);
        var words = code.registers(type == DType.I8 ? VPACKSSDW : VPACKUSDW, code.vector(32, 128), low, high);
        return type.bytes() == 2 ? words : code.registers(type == DType.I8 ? VPACKSSWB : VPACKUSWB, code.vector(32, 128), words, words);
    }

    private static Instruction packedStore(int bytes) { return bytes == 16 ? VMOVDQU_STORE : bytes == 8 ? VMOVQ_STORE : VMOVD_STORE; }
}
