package lyceum.backend.x86.asm;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import lyceum.backend.x86.asm.Instruction.Form;
import lyceum.backend.x86.asm.Instruction.Space;

/** Operands that an instruction takes, drawn at random, and the bytes that the assembler makes of them. */
final class RandomOperands {
    private static final EnumSet<Feature> ALL = EnumSet.allOf(Feature.class);

    /** One instruction as the listing shows it, and its bytes. */
    record Line(String text, byte[] bytes) {}

    private final Random random;

    RandomOperands(long seed) { random = new Random(seed); }

    /** Every line of the golden file. */
    List<Line> lines() {
        var lines = new ArrayList<Line>();
        for (var in : Instruction.values()) for (int i = 0; i < 12; i++) lines.add(line(in));
        for (int i = 0; i < 12; i++) for (var written : general()) lines.add(line(written));
        return lines;
    }

    private List<Consumer<Assembler>> general() {
        Gp to = gp(), from = gp(), index = gp();
        var memory = memory(Instruction.VMOVUPS, false, 128);
        int small = random.nextInt(100), large = 1000 + random.nextInt(1 << 20), count = 2 + random.nextInt(60);
        var condition = Condition.values()[random.nextInt(Condition.values().length)];
        return List.of(a -> a.mov(to, from), a -> a.mov(to, large), a -> a.mov(to, -5), a -> a.mov(to, 0x123456789ABCDEFL),
                a -> a.mov(to, memory), a -> a.mov(memory, from), a -> a.mov32(to, memory), a -> a.mov32(memory, from),
                a -> a.movsxd(to, memory), a -> a.movzx8(to, memory), a -> a.movzx16(to, memory), a -> a.lea(to, memory),
                a -> a.add(to, from), a -> a.add(to, small), a -> a.add(to, large), a -> a.add(to, memory), a -> a.sub(to, from),
                a -> a.sub(to, -small), a -> a.and(to, from), a -> a.and(to, large), a -> a.or(to, from), a -> a.xor(to, from),
                a -> a.cmp(to, from), a -> a.cmp(to, small), a -> a.cmp(to, memory), a -> a.test(to, from), a -> a.imul(to, from),
                a -> a.imul(to, memory), a -> a.imul(to, from, small), a -> a.imul(to, from, large), a -> a.shl(to, count),
                a -> a.shr(to, 1), a -> a.sar(to, count), a -> a.neg(to), a -> a.cmov(condition, to, from), a -> a.bzhi(to, from, index),
                a -> a.push(to), a -> a.pop(to), Assembler::ret, Assembler::cpuid, Assembler::xgetbv, Assembler::sfence,
                a -> a.prefetch(random.nextInt(4), memory), a -> a.prefetchWrite(memory), a -> a.stmxcsr(memory), a -> a.ldmxcsr(memory),
                a -> a.shl(to, 1), a -> a.sar(from, 1), a -> a.call(to), a -> a.mov(Gp.RAX, small), a -> a.cmp(Gp.RAX, large),
                a -> a.sub(to, large), a -> a.mov(to, 0xFFFFFFFFL));
    }

    private static Line line(Consumer<Assembler> written) {
        var a = new Assembler(ALL, true);
        written.accept(a);
        var code = a.finish();
        return new Line(code.listing().strip().substring(1).strip(), code.bytes());
    }

    /** Prints {@code text | bytes} for every instruction: input of tools/golden/assembler.sh, which asks GNU as for the same. */
    public static void main(String[] args) {
        for (var line : new RandomOperands(1).lines()) System.out.println(line.text + " | " + HexFormat.of().formatHex(line.bytes));
    }

    Line line(Instruction in) {
        var a = new Assembler(ALL, true);
        var operands = draw(in).toArray(Operand[]::new);
        if (in.immediate) a.emit(in, random.nextInt(8), operands);
        else a.emit(in, operands);
        var code = a.finish();
        return new Line(code.listing().strip().substring(1).strip(), code.bytes());
    }

    private List<Operand> draw(Instruction in) {
        boolean evex = in.space == Space.EVEX || in.space == Space.ANY && random.nextBoolean();
        int bits = scalar(in) ? 128 : evex ? 128 << random.nextInt(3) : 128 << random.nextInt(2);
        if (wide(in)) bits = evex && (in.tuple == Instruction.Tuple.PART32 || random.nextBoolean()) ? 512 : 256;
        var list = new ArrayList<Operand>();
        return switch (in) {
            case VZEROUPPER, TILERELEASE -> list;
            case LDTILECFG -> List.of(memory(in, false, bits));
            case TILEZERO -> List.of(tile());
            case TILELOADD, TILELOADDT1 -> List.of(tile(), Mem.at(gp(), Gp.R9, 1, 64));
            case TILESTORED -> List.of(Mem.at(gp(), Gp.RAX, 1), tile());
            case TDPBF16PS, TDPBSSD, TDPBSUD, TDPBUSD, TDPBUUD ->
                    List.of(Tile.TMM1, Tile.values()[2 + random.nextInt(3)], Tile.values()[5 + random.nextInt(3)]);
            case KMOVW_FROM, KMOVD_FROM, KMOVQ_FROM, KMOVW_TO, KMOVD_TO, KMOVQ_TO ->
                    in.name().endsWith("FROM") ? List.of(mask(), gp()) : List.of(gp(), mask());
            case KMOVW -> List.of(mask(), random.nextBoolean() ? mask() : memory(in, false, 128));
            case KANDW, KANDNW, KORW, KXORW, KXNORW, KUNPCKBW -> List.of(mask(), mask(), mask());
            case KNOTW, KORTESTW, KSHIFTRW -> List.of(mask(), mask());
            case VPMOVM2B, VPMOVM2D, VPMOVM2Q -> List.of(vec(true, bits), mask());
            case VPMOVD2M, VPMOVQ2M -> List.of(mask(), vec(true, bits));
            case VMOVMSKPS, VMOVMSKPD, VPMOVMSKB -> List.of(gp(), vec(false, bits));
            case VMOVD -> List.of(vec(evex, 128), random.nextBoolean() ? gp() : memory(in, false, 128));
            case VMOVD_STORE -> List.of(random.nextBoolean() ? gp() : memory(in, false, 128), vec(evex, 128));
            case VMOVQ_FROM -> List.of(vec(evex, 128), gp());
            case VMOVQ_TO -> List.of(gp(), vec(evex, 128));
            case VPBROADCASTD_GP, VPBROADCASTQ_GP -> List.of(masked(vec(true, bits), true), gp());
            case VMOVQ -> List.of(vec(false, 128), memory(in, false, 128)); // above register 15 as takes another of the two forms
            case VMOVQ_STORE -> List.of(memory(in, false, 128), vec(false, 128));
            case VMOVSS, VMOVSD -> List.of(vec(evex, 128), memory(in, false, 128));
            case VMOVSS_STORE, VMOVSD_STORE -> List.of(memory(in, false, 128), vec(evex, 128));
            case VGATHERDPS, VPGATHERDD ->
                    evex ? gather(index -> Mem.at(gp(), Vec.zmm(index), 4)) : List.of(Vec.ymm(1), Mem.at(gp(), Vec.ymm(9), 4), Vec.ymm(12));
            case VGATHERDPD ->
                    evex ? gather(index -> Mem.at(gp(), Vec.ymm(index), 8)) : List.of(Vec.ymm(1), Mem.at(gp(), Vec.xmm(9), 8), Vec.ymm(12));
            case VSCATTERDPS -> List.of(Mem.at(gp(), Vec.zmm(random.nextInt(32)), 4).mask(Mask.K2), vec(true, 512));
            case VPINSRB, VPINSRW -> List.of(vec(false, 128), vec(false, 128), memory(in, false, 128));
            case VPEXTRB, VPEXTRW -> List.of(memory(in, false, 128), vec(false, 128));
            case VMOVHLPS -> List.of(vec(evex, 128), vec(evex, 128), vec(evex, 128));
            case VCOMPRESSPS ->
                    List.of(random.nextBoolean() ? memory(in, false, 512).mask(Mask.K5) : masked(vec(true, 512), true), vec(true, 512));
            case VEXPANDPS -> List.of(masked(vec(true, 512), true), random.nextBoolean() ? memory(in, false, 512) : vec(true, 512));
            case VCVTNEPS2BF16, VCVTQQ2PS -> List.of(masked(vec(true, 256), true), rm(in, true, 512, 512)); // as wants a size beside narrower vectors
            case VMOVNTPS -> List.of(memory(in, false, bits), vec(evex, bits));
            case VMOVUPS, VMOVUPD, VMOVAPS, VMOVDQU -> List.of(vec(evex, bits), memory(in, false, bits)); // between registers as may take the store's form
            default -> general(in, evex, bits);
        };
    }

    /** The index is another register than the destination. */
    private List<Operand> gather(IntFunction<Mem> from) {
        var to = vec(true, 512);
        return List.of(to.mask(Mask.K3), from.apply((to.number() + 1 + random.nextInt(31)) % 32));
    }

    private List<Operand> general(Instruction in, boolean evex, int bits) {
        boolean toMask = evex && (in.name().startsWith("VCMP") || in.name().startsWith("VPCMP")) || in.name().startsWith("VPTESTM")
                || in.name().startsWith("VFPCLASS");
        boolean mayMask = evex && !toMask && !in.name().contains("UCOMI") && !in.name().startsWith("VPALIGNR_");
        int narrow = Math.max(128, in.memoryBytes(bits / 8) * 8);
        int destination = switch (in.tuple) {
            case FULL -> in.narrows() ? Math.max(128, bits / 2) : bits;
            default -> bits;
        };
        int source = in.tuple == Instruction.Tuple.FULL ? bits : narrow;
        Operand d = toMask ? Mask.values()[1 + random.nextInt(7)] : masked(vec(evex, destination), mayMask && maskable(in));
        return switch (in.form) {
            case RVM -> List.of(d, vec(evex, scalar(in) ? 128 : bits), rm(in, evex, bits, scalar(in) ? 128 : source));
            case RVMR -> List.of(d, vec(false, bits), rm(in, false, bits, bits), vec(false, bits));
            case RM -> List.of(d, rm(in, evex, bits, source));
            case VM -> List.of(d, evex && random.nextBoolean() ? rm(in, true, bits, bits) : vec(evex, bits));
            case MR -> random.nextBoolean() || in.name().endsWith("STORE") ? List.of(memory(in, false, bits), vec(evex, bits))
                    : List.of(masked(vec(evex, source), mayMask), vec(evex, bits));
            case MVR -> List.of(memory(in, false, bits), vec(false, bits), vec(false, bits));
            default -> throw new AssertionError(in);
        };
    }

    private static boolean maskable(Instruction in) { return !in.name().startsWith("VPSADBW"); }

    private static boolean scalar(Instruction in) {
        return in.tuple == Instruction.Tuple.ONE && !in.name().contains("BROADCAST") && !in.name().startsWith("VCOMPRESS")
                && !in.name().startsWith("VEXPAND");
    }

    private static boolean wide(Instruction in) {
        return in.tuple == Instruction.Tuple.PART16 || in.tuple == Instruction.Tuple.PART32 || in.name().startsWith("VSHUFF")
                || in.name().startsWith("VSHUFI") || in == Instruction.VPERM2F128 || in.name().startsWith("VPERM")
                || in == Instruction.VBROADCASTSD;
    }

    private Operand rm(Instruction in, boolean evex, int bits, int registerBits) {
        if (in.name().startsWith("VMASKMOV") || in.name().startsWith("VPMASKMOV") || in == Instruction.VBROADCASTF128
                || in == Instruction.VBROADCASTF32X4)
            return memory(in, false, bits);
        if (random.nextBoolean()) return vec(evex, registerBits);
        boolean broadcast = evex && random.nextBoolean() && (in.tuple == Instruction.Tuple.FULL || in.tuple == Instruction.Tuple.HALF)
                && in.element >= 4 && broadcasts(in);
        return memory(in, broadcast, bits);
    }

    private static boolean broadcasts(Instruction in) {
        return switch (in) {
            case VMOVUPS, VMOVUPD, VMOVAPS, VMOVDQU32, VMOVDQU64, VPMOVZXDQ, VPMOVSXDQ, VMOVSHDUP, VPACKSSDW, VPACKUSDW ->
                    in.name().startsWith("VPACK");
            default -> true;
        };
    }

    private Mem memory(Instruction in, boolean broadcast, int bits) {
        var m = random.nextBoolean() ? Mem.at(gp()) : Mem.at(gp(), index(), 1 << random.nextInt(4));
        int[] displacements = {0, 4, 64, 128, -64, 127 * 64, 1000, -128 * 16, 0x12345};
        m = m.plus(displacements[random.nextInt(displacements.length)]);
        return broadcast ? m.broadcast() : m;
    }

    private Vec masked(Vec v, boolean may) {
        if (!may || random.nextBoolean()) return v;
        var m = v.mask(Mask.values()[1 + random.nextInt(7)]);
        return random.nextBoolean() ? m.zeroing() : m;
    }

    private Vec vec(boolean evex, int bits) { return Vec.of(random.nextInt(evex ? 32 : 16), bits); }

    private Gp gp() { return Gp.values()[random.nextInt(16)]; }

    /** Any but rsp, which no encoding can name as an index. */
    private Gp index() {
        var drawn = gp();
        return drawn == Gp.RSP ? Gp.R12 : drawn;
    }

    private Mask mask() { return Mask.values()[random.nextInt(8)]; }

    private Tile tile() { return Tile.values()[random.nextInt(8)]; }
}
