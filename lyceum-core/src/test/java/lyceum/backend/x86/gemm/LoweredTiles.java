package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Gp.RSP;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.asm.Vec;

/**
 * Tiles as memory on the stack, written with AVX2 or AVX-512: what the kernels for tiles do, byte for byte of their operands, on CPUs without AMX.
 * Slow, for it loads 4 bytes at a time and takes no register that a generator may hold.
 */
public record LoweredTiles(Assembler a, int bits) implements Tiles {
    private static final int TILE = 1024, CONFIGURATION_AT = 8 * TILE, KEPT_AT = CONFIGURATION_AT + CONFIGURATION, FRAME = KEPT_AT + 64;
    /** Registers that are used here beside r9 and r15, and given back. */
    private static final Gp[] KEPT = {R8, RDX, RDI, RSI};

    @Override public void configure(Gp address) {
        a.sub(RSP, FRAME);
        for (int at = 0; at < CONFIGURATION; at += 32) {
            a.emit(Instruction.VMOVUPS, Vec.ymm(0), Mem.at(address, at));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(RSP, CONFIGURATION_AT + at), Vec.ymm(0));
        }
        for (var tile : Tile.values()) zero(tile);
    }

    @Override public void zero(Tile tile) {
        a.emit(Instruction.VXORPS, vector(0), vector(0), vector(0));
        for (int at = 0; at < TILE; at += bits / 8) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RSP, tile.number() * TILE + at), vector(0));
    }

    @Override public void load(Tile tile, Mem first, Gp stride) {
        zero(tile);
        copy(tile, first, stride, true);
    }

    @Override public void store(Mem first, Gp stride, Tile tile) { copy(tile, first, stride, false); }

    private void copy(Tile tile, Mem first, Gp stride, boolean load) {
        keep();
        a.lea(R15, first);
        a.lea(R9, Mem.at(RSP, tile.number() * TILE));
        a.movzx8(R8, rows(tile));
        a.movzx16(RDX, bytes(tile));
        var row = a.bind(a.label());
        a.mov(RDI, 0);
        var lane = a.bind(a.label());
        a.mov32(RSI, Mem.at(load ? R15 : R9, RDI, 1));
        a.mov32(Mem.at(load ? R9 : R15, RDI, 1), RSI);
        a.add(RDI, 4);
        a.cmp(RDI, RDX);
        a.jump(Condition.L, lane);
        a.add(R15, stride);
        a.add(R9, 64);
        a.sub(R8, 1);
        a.jump(Condition.NE, row);
        restore();
    }

    /** As the manual has it: the even and the odd products of a row are summed apart, then both are added to what the tile holds. */
    @Override public void dot(Instruction dot, Tile sums, Tile left, Tile right) {
        if (sums == left || sums == right || left == right)
            throw new IllegalArgumentException(dot.mnemonic() + " takes three distinct tiles");
        keep();
        a.lea(R9, Mem.at(RSP, sums.number() * TILE));
        a.lea(R15, Mem.at(RSP, left.number() * TILE));
        a.movzx8(R8, rows(sums));
        a.movzx16(RSI, bytes(left));
        int vectors = 512 / bits;
        var row = a.bind(a.label());
        for (int v = 0; v < 2 * vectors; v++) a.emit(Instruction.VXORPS, vector(4 + v), vector(4 + v), vector(4 + v));
        a.lea(RDX, Mem.at(RSP, right.number() * TILE));
        a.mov(RDI, 0);
        var lane = a.bind(a.label());
        for (int part = 0; part < (dot == Instruction.TDPBF16PS ? 2 : 4); part++) {
            a.emit(Instruction.VPBROADCASTD, vector(2), Mem.at(R15, RDI, 1));
            part(dot, part, true);
            for (int v = 0; v < vectors; v++) {
                a.emit(Instruction.VMOVUPS, vector(3), Mem.at(RDX, v * bits / 8));
                part(dot, part, false);
                if (dot == Instruction.TDPBF16PS) {
                    a.emit(Instruction.VFMADD231PS, vector(4 + 2 * v + part), vector(2), vector(3));
                } else {
                    a.emit(Instruction.VPMULLD, vector(3), vector(3), vector(2));
                    a.emit(Instruction.VPADDD, vector(4 + 2 * v), vector(4 + 2 * v), vector(3));
                }
            }
        }
        a.add(RDX, 64);
        a.add(RDI, 4);
        a.cmp(RDI, RSI);
        a.jump(Condition.L, lane);
        var add = dot == Instruction.TDPBF16PS ? Instruction.VADDPS : Instruction.VPADDD;
        for (int v = 0; v < vectors; v++) {
            a.emit(add, vector(4 + 2 * v), vector(4 + 2 * v), vector(5 + 2 * v));
            a.emit(add, vector(4 + 2 * v), vector(4 + 2 * v), Mem.at(R9, v * bits / 8));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(R9, v * bits / 8), vector(4 + 2 * v));
        }
        a.add(R9, 64);
        a.add(R15, 64);
        a.sub(R8, 1);
        a.jump(Condition.NE, row);
        restore();
    }

    /** Element {@code part} of each lane, as wide as the lane. */
    private void part(Instruction dot, int part, boolean left) {
        var x = vector(left ? 2 : 3);
        if (dot == Instruction.TDPBF16PS) {
            if (part == 1) a.emit(Instruction.VPSRLD, 16, x, x);
            a.emit(Instruction.VPSLLD, 16, x, x);
            return;
        }
        boolean signed = dot == Instruction.TDPBSSD || dot == (left ? Instruction.TDPBSUD : Instruction.TDPBUSD);
        a.emit(Instruction.VPSLLD, 24 - 8 * part, x, x);
        a.emit(signed ? Instruction.VPSRAD : Instruction.VPSRLD, 24, x, x);
    }

    @Override public void release() { a.add(RSP, FRAME); }

    private Vec vector(int number) { return Vec.of(number, bits); }

    private static Mem rows(Tile tile) { return Mem.at(RSP, CONFIGURATION_AT + 48 + tile.number()); }

    private static Mem bytes(Tile tile) { return Mem.at(RSP, CONFIGURATION_AT + 16 + 2 * tile.number()); }

    private void keep() { for (int i = 0; i < KEPT.length; i++) a.mov(Mem.at(RSP, KEPT_AT + 8 * i), KEPT[i]); }

    private void restore() { for (int i = 0; i < KEPT.length; i++) a.mov(KEPT[i], Mem.at(RSP, KEPT_AT + 8 * i)); }
}
