package lyceum.backend.x86.asm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Writes machine code, instruction by instruction.
 *
 * {@snippet :
 * var a = new Assembler(features);
 * var loop = a.bind(a.label());
 * a.emit(VMOVUPS, zmm(0), Mem.at(RSI));
 * a.emit(VFMADD231PS, zmm(1), zmm(0), Mem.at(RDX).broadcast());
 * a.add(RSI, 64);
 * a.sub(RDI, 16);
 * a.jump(Condition.G, loop);
 * a.ret();
 * Assembler.Code code = a.finish();
 * }
 *
 * <p>Vector, mask and tile instructions go through {@link #emit}, with the operands in the order of the Intel manuals. An instruction whose
 * {@link Feature} is not among those given is refused, so that code for a CPU cannot hold what the CPU lacks. Constants
 * {@linkplain #constants stand behind the code} and are read relative to it.
 */
public final class Assembler {
    private enum Alu {
        ADD, OR, ADC, SBB, AND, SUB, XOR, CMP
    }

    /** Bytes, a listing if one was asked for, and when the work on it began ({@link System#nanoTime}). */
    public record Code(byte[] bytes, String listing, long begun) {}

    private final long begun = System.nanoTime();
    private final CodeBuffer out = new CodeBuffer();
    private final Set<Feature> features;
    private final StringBuilder listing;
    private final Map<ByteBuffer, Label> pool = new LinkedHashMap<>();
    private int labels;

    public Assembler(Set<Feature> features) { this(features, false); }

    /** @param listing whether {@link #finish} gives a text of the code */
    public Assembler(Set<Feature> features, boolean listing) {
        this.features = EnumSet.copyOf(features);
        this.listing = listing ? new StringBuilder() : null;
    }

    public boolean has(Feature feature) { return features.contains(feature); }

    // Vector, mask and tile instructions.

    public void emit(Instruction in, Operand... operands) {
        if (in.immediate) throw new IllegalArgumentException(in.mnemonic() + " takes an immediate");
        write(in, 0, operands);
    }

    /** An instruction with an immediate byte. */
    public void emit(Instruction in, int immediate, Operand... operands) {
        if (!in.immediate) throw new IllegalArgumentException(in.mnemonic() + " takes no immediate");
        write(in, immediate, operands);
    }

    private void write(Instruction in, int immediate, Operand... operands) {
        if (!features.contains(in.feature()))
            throw new IllegalArgumentException(in.mnemonic() + " needs " + in.feature() + ", which this code must not use");
        int start = out.size();
        boolean evex = Encoding.write(in, out, immediate, operands);
        if (evex && !features.contains(Feature.AVX512))
            throw new IllegalArgumentException(in.mnemonic() + " needs AVX512 for these operands, which this code must not use");
        if (listing != null) list(start, Listing.text(in, immediate, operands));
    }

    /** {@link Instruction#VZEROUPPER}: before returning from code that used wide vectors. */
    public void vzeroupper() { emit(Instruction.VZEROUPPER); }

    // Labels and constants.

    public Label label() { return new Label(labels++); }

    /** The label stands here. Returns it. */
    public Label bind(Label label) {
        if (label.position >= 0) throw new IllegalStateException("label " + label + " is bound twice");
        label.position = out.size();
        if (listing != null) listing.append(label).append(":\n");
        return label;
    }

    /** Memory behind the code that holds {@code words}, 4 bytes each, aligned to their size up to 64 bytes. Equal constants are one. */
    public Mem constants(int... words) {
        var bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int word : words) bytes.putInt(word);
        var label = pool.get(bytes.flip());
        if (label == null) pool.put(bytes, label = label());
        return Mem.at(label);
    }

    public Mem constants(long... words) {
        var halves = new int[2 * words.length];
        for (int i = 0; i < words.length; i++) {
            halves[2 * i] = (int) words[i];
            halves[2 * i + 1] = (int) (words[i] >> 32);
        }
        return constants(halves);
    }

    public Mem constant(float value) { return constants(Float.floatToRawIntBits(value)); }

    public Mem constant(double value) { return constants(Double.doubleToRawLongBits(value)); }

    // General-purpose instructions, on 64 bits.

    public void mov(Gp to, Gp from) { gp("mov", true, 0x89, from, to, to, from); }

    /** In the shortest form. */
    public void mov(Gp to, long value) {
        int start = out.size(), high = to.number() >> 3;
        if (value >= 0 && value <= 0xFFFFFFFFL) {
            if (high != 0) out.bytes(0x41);
            out.bytes(0xB8 | to.number() & 7);
            out.int32((int) value);
            if (listing != null) list(start, "mov " + to.name32() + ", 0x" + Long.toHexString(value));
        } else if (value == (int) value) {
            out.bytes(0x48 | high, 0xC7, 0xC0 | to.number() & 7);
            out.int32((int) value);
            if (listing != null) list(start, "mov " + to + ", " + value);
        } else {
            out.bytes(0x48 | high, 0xB8 | to.number() & 7);
            out.int64(value);
            if (listing != null) list(start, "movabs " + to + ", 0x" + Long.toHexString(value));
        }
    }

    public void mov(Gp to, Mem from) { gp("mov", true, 0x8B, to, from, to, from); }

    public void mov(Mem to, Gp from) { gp("mov", true, 0x89, from, to, to, from); }

    /** The lower 32 bits; the upper become zero. */
    public void mov32(Gp to, Mem from) { gp("mov", false, 0x8B, to, from, to, from); }

    public void mov32(Mem to, Gp from) { gp("mov", false, 0x89, from, to, to, from); }

    /** 32 bits with their sign. */
    public void movsxd(Gp to, Mem from) { gp("movsxd", true, 0x63, to, from, to, from); }

    public void movzx8(Gp to, Mem from) { gp("movzx", false, 0x0FB6, to, from, to, "byte ptr " + from); }

    public void movzx16(Gp to, Mem from) { gp("movzx", false, 0x0FB7, to, from, to, "word ptr " + from); }

    public void lea(Gp to, Mem address) { gp("lea", true, 0x8D, to, address, to, address); }

    public void add(Gp to, Gp from) { alu(Alu.ADD, to, from); }

    public void add(Gp to, int value) { alu(Alu.ADD, to, value); }

    public void add(Gp to, Mem from) { alu(Alu.ADD, to, from); }

    public void sub(Gp to, Gp from) { alu(Alu.SUB, to, from); }

    public void sub(Gp to, int value) { alu(Alu.SUB, to, value); }

    public void sub(Gp to, Mem from) { alu(Alu.SUB, to, from); }

    public void and(Gp to, Gp from) { alu(Alu.AND, to, from); }

    public void and(Gp to, int value) { alu(Alu.AND, to, value); }

    public void or(Gp to, Gp from) { alu(Alu.OR, to, from); }

    public void xor(Gp to, Gp from) { alu(Alu.XOR, to, from); }

    public void cmp(Gp a, Gp b) { alu(Alu.CMP, a, b); }

    public void cmp(Gp a, int b) { alu(Alu.CMP, a, b); }

    public void cmp(Gp a, Mem b) { alu(Alu.CMP, a, b); }

    public void test(Gp a, Gp b) { gp("test", true, 0x85, b, a, a, b); }

    public void imul(Gp to, Gp from) { gp("imul", true, 0x0FAF, to, from, to, from); }

    public void imul(Gp to, Mem from) { gp("imul", true, 0x0FAF, to, from, to, from); }

    public void imul(Gp to, Gp from, int value) {
        int start = out.size();
        boolean small = (byte) value == value;
        bytes(true, small ? 0x6B : 0x69, to.number(), from, small ? 1 : 4);
        if (small) out.bytes(value);
        else out.int32(value);
        if (listing != null) list(start, "imul " + to + ", " + from + ", " + value);
    }

    public void shl(Gp register, int count) { shift("shl", 4, register, count); }

    public void shr(Gp register, int count) { shift("shr", 5, register, count); }

    public void sar(Gp register, int count) { shift("sar", 7, register, count); }

    public void neg(Gp register) {
        int start = out.size();
        bytes(true, 0xF7, 3, register, 0);
        if (listing != null) list(start, "neg " + register);
    }

    /** {@code to = condition ? from : to}. */
    public void cmov(Condition condition, Gp to, Gp from) { gp("cmov" + condition, true, 0x0F40 | condition.code, to, from, to, from); }

    /** The lowest {@code count} (its last byte) bits of {@code from}: masks of the first lanes. */
    public void bzhi(Gp to, Gp from, Gp count) {
        if (!features.contains(Feature.BMI2)) throw new IllegalArgumentException("bzhi needs BMI2, which this code must not use");
        int start = out.size();
        out.bytes(0xC4, (to.number() >> 3 ^ 1) << 7 | 0x40 | (from.number() >> 3 ^ 1) << 5 | 2, 0x80 | (~count.number() & 15) << 3, 0xF5,
                0xC0 | (to.number() & 7) << 3 | from.number() & 7);
        if (listing != null) list(start, "bzhi " + to + ", " + from + ", " + count);
    }

    public void push(Gp register) { stack("push", 0x50, register); }

    public void pop(Gp register) { stack("pop", 0x58, register); }

    /** Saves registers that the caller keeps: the beginning of a kernel that {@link #leave} ends. */
    public void enter(Gp... saved) { for (var register : saved) push(register); }

    /** Restores what {@link #enter} has saved, and returns from code that used wide vectors. */
    public void leave(Gp... saved) {
        for (int i = saved.length - 1; i >= 0; i--) pop(saved[i]);
        vzeroupper();
        ret();
    }

    public void ret() { fixed("ret", 0xC3); }

    public void cpuid() { fixed("cpuid", 0x0F, 0xA2); }

    public void xgetbv() { fixed("xgetbv", 0x0F, 0x01, 0xD0); }

    public void sfence() { fixed("sfence", 0x0F, 0xAE, 0xF8); }

    /** Brings the line of {@code address} near; level 0 is the first-level cache, 1 the second, 3 past the caches. */
    public void prefetch(int level, Mem address) {
        int start = out.size();
        bytes(false, 0x0F18, level == 3 ? 0 : level + 1, address, 0);
        if (listing != null) list(start, "prefetch" + (level == 3 ? "nta" : "t" + level) + " byte ptr " + address);
    }

    /** Brings the line of {@code address} near, and takes it from other cores: it will be written. */
    public void prefetchWrite(Mem address) {
        int start = out.size();
        bytes(false, 0x0F0D, 1, address, 0);
        if (listing != null) list(start, "prefetchw byte ptr " + address);
    }

    public void stmxcsr(Mem to) { gp("stmxcsr", false, 0x0FAE, 3, to, "dword ptr " + to); }

    public void ldmxcsr(Mem from) { gp("ldmxcsr", false, 0x0FAE, 2, from, "dword ptr " + from); }

    public void jump(Label label) {
        int start = out.size();
        if (reachesBack(label)) {
            out.bytes(0xEB, label.position - start - 2);
        } else {
            out.bytes(0xE9);
            out.distance(label, 0, 0);
        }
        if (listing != null) list(start, "jmp " + label);
    }

    public void jump(Condition condition, Label label) {
        int start = out.size();
        if (reachesBack(label)) {
            out.bytes(0x70 | condition.code, label.position - start - 2);
        } else {
            out.bytes(0x0F, 0x80 | condition.code);
            out.distance(label, 0, 0);
        }
        if (listing != null) list(start, "j" + condition + " " + label);
    }

    /** Calls a part of the same code that ends in {@link #ret}. */
    public void call(Label label) {
        int start = out.size();
        out.bytes(0xE8);
        out.distance(label, 0, 0);
        if (listing != null) list(start, "call " + label);
    }

    /** Calls the code whose address the register holds. */
    public void call(Gp address) {
        int start = out.size();
        if (address.number() > 7) out.bytes(0x41);
        out.bytes(0xFF, 0xD0 | address.number() & 7);
        if (listing != null) list(start, "call " + address);
    }

    private boolean reachesBack(Label label) { return label.position >= 0 && label.position - out.size() - 2 >= -128; }

    /** Fills with instructions that do nothing up to a multiple of {@code bytes}: for the heads of hot loops. */
    public void align(int bytes) {
        while (out.size() % bytes != 0) {
            switch (Math.min(4, bytes - out.size() % bytes)) {
                case 1 -> out.bytes(0x90);
                case 2 -> out.bytes(0x66, 0x90);
                case 3 -> out.bytes(0x0F, 0x1F, 0x00);
                default -> out.bytes(0x0F, 0x1F, 0x40, 0x00);
            }
        }
    }

    /** The code and its constants. Nothing may be emitted afterwards. */
    public Code finish() {
        for (var constant : pool.entrySet()) {
            int length = constant.getKey().remaining();
            align(Math.min(64, Integer.highestOneBit(length)));
            bind(constant.getValue());
            var bytes = constant.getKey().duplicate();
            int start = out.size();
            while (bytes.hasRemaining()) out.bytes(bytes.get());
            if (listing != null) list(start, "# constant");
        }
        return new Code(out.finish(), listing == null ? "" : listing.toString(), begun);
    }

    private void alu(Alu op, Gp to, Operand from) {
        var name = op.name().toLowerCase(Locale.ROOT);
        if (from instanceof Gp register) gp(name, true, op.ordinal() << 3 | 1, register, to, to, from);
        else gp(name, true, op.ordinal() << 3 | 3, to, from, to, from);
    }

    private void alu(Alu op, Gp to, int value) {
        int start = out.size();
        if ((byte) value == value) {
            bytes(true, 0x83, op.ordinal(), to, 1);
            out.bytes(value);
        } else if (to == Gp.RAX) {
            out.bytes(0x48, op.ordinal() << 3 | 5);
            out.int32(value);
        } else {
            bytes(true, 0x81, op.ordinal(), to, 4);
            out.int32(value);
        }
        if (listing != null) list(start, op.name().toLowerCase(Locale.ROOT) + " " + to + ", " + value);
    }

    private void shift(String name, int extension, Gp register, int count) {
        int start = out.size();
        bytes(true, count == 1 ? 0xD1 : 0xC1, extension, register, count == 1 ? 0 : 1);
        if (count != 1) out.bytes(count);
        if (listing != null) list(start, name + " " + register + ", " + count);
    }

    private void stack(String name, int opcode, Gp register) {
        int start = out.size();
        if (register.number() > 7) out.bytes(0x41);
        out.bytes(opcode | register.number() & 7);
        if (listing != null) list(start, name + " " + register);
    }

    private void fixed(String name, int... bytes) {
        int start = out.size();
        out.bytes(bytes);
        if (listing != null) list(start, name);
    }

    private void gp(String name, boolean wide, int opcode, Gp reg, Operand rm, Object first, Object second) {
        int start = out.size();
        bytes(wide, opcode, reg.number(), rm, 0);
        if (listing == null) return;
        boolean narrow = !wide;
        list(start, name + " " + (narrow && first instanceof Gp g ? g.name32() : first) + ", "
                + (narrow && second instanceof Gp g ? g.name32() : second));
    }

    private void gp(String name, boolean wide, int opcode, int extension, Mem rm, String text) {
        int start = out.size();
        bytes(wide, opcode, extension, rm, 0);
        if (listing != null) list(start, name + " " + text);
    }

    /** REX, opcode (a first byte of 0F stands above it), ModRM. */
    private void bytes(boolean wide, int opcode, int reg, Operand rm, int after) {
        // A switch over types would be linked when it first runs, which is in every start.
        int high = rm instanceof Mem m
                ? (m.index() == null ? 0 : m.index().number() >> 3 << 1) | (m.base() == null ? 0 : m.base().number() >> 3)
                : ((Operand.Register) rm).number() >> 3;
        int rex = (wide ? 8 : 0) | (reg >> 3) << 2 | high;
        if (rex != 0) out.bytes(0x40 | rex);
        if (opcode > 0xFF) out.bytes(opcode >> 8);
        out.bytes(opcode & 0xFF);
        if (rm instanceof Mem m) out.memory(reg & 7, m, 1, after, false);
        else out.bytes(0xC0 | (reg & 7) << 3 | ((Operand.Register) rm).number() & 7);
    }

    private void list(int start, String text) { listing.append(String.format(Locale.ROOT, "%6x  %s%n", start, text)); }
}
