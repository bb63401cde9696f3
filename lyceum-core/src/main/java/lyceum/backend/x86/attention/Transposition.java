package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VMULPS;
import static lyceum.backend.x86.asm.Instruction.VPERM2F128;
import static lyceum.backend.x86.asm.Instruction.VSHUFF32X4;
import static lyceum.backend.x86.asm.Instruction.VUNPCKHPD;
import static lyceum.backend.x86.asm.Instruction.VUNPCKHPS;
import static lyceum.backend.x86.asm.Instruction.VUNPCKLPD;
import static lyceum.backend.x86.asm.Instruction.VUNPCKLPS;

import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * As many rows as a vector has lanes become columns: {@code to[p][i] = f from_i[p]}, a float or a pair of BF16 (then without f) at a time.
 *
 * <p>Arguments: {@value #ROWS} address of the addresses of the rows, {@value #TO} address of the first column, columns {@value ScoreColumns#ROW} bytes
 * apart, {@value #WIDTH} elements of a row (whole vectors of columns are written, zeros beyond), {@value #FACTOR} f, {@value #LANES} lanes of the last vector.
 */
final class Transposition {
    static final int ROWS = 0, TO = 8, WIDTH = 16, FACTOR = 24, LANES = 32;

    private final Assembler a;
    private final Lanes lanes;
    private final boolean scaled;

    private Transposition(Assembler a, Lanes lanes, boolean scaled) {
        this.a = a;
        this.lanes = lanes;
        this.scaled = scaled;
    }

    /** @param scaled whether there is a factor */
    static void write(Assembler a, Lanes lanes, boolean scaled) { new Transposition(a, lanes, scaled).write(); }

    private void write() {
        a.mov(R8, Mem.at(RDI, ROWS));
        a.mov(RSI, Mem.at(RDI, TO));
        a.mov(RDX, Mem.at(RDI, WIDTH));
        a.mov(R9, 0);
        var rest = a.label();
        var done = a.label();
        a.sub(RDX, lanes.count());
        a.jump(Condition.L, rest);
        var loop = a.bind(a.label());
        tile(false);
        a.add(R9, lanes.bytes());
        a.add(RSI, lanes.count() * ScoreColumns.ROW);
        a.sub(RDX, lanes.count());
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(RDX, lanes.count());
        a.jump(Condition.E, done);
        tile(true);
        a.bind(done);
        a.vzeroupper();
        a.ret();
    }

    private void tile(boolean partial) {
        if (partial) lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
        for (int i = 0; i < lanes.count(); i++) {
            a.mov(R10, Mem.at(R8, 8 * i));
            var from = Mem.at(R10, R9, 1);
            if (partial) lanes.loadPartial(a, lanes.vec(i), from);
            else a.emit(VMOVUPS, lanes.vec(i), from);
        }
        if (lanes.wide()) sixteen();
        else eight();
    }

    /** Four rows at a time by 2x2 and 4x4 within quarters of a vector: afterwards register {@code to + 4 g + j} holds columns j, 4 + j, ... of rows 4g .. 4g + 3. */
    private void quarters(int from, int between, int groups) {
        for (int g = 0; g < groups; g++) {
            int r = from + 4 * g, t = between + 4 * g;
            a.emit(VUNPCKLPS, lanes.vec(t), lanes.vec(r), lanes.vec(r + 1));
            a.emit(VUNPCKHPS, lanes.vec(t + 1), lanes.vec(r), lanes.vec(r + 1));
            a.emit(VUNPCKLPS, lanes.vec(t + 2), lanes.vec(r + 2), lanes.vec(r + 3));
            a.emit(VUNPCKHPS, lanes.vec(t + 3), lanes.vec(r + 2), lanes.vec(r + 3));
            a.emit(VUNPCKLPD, lanes.vec(r), lanes.vec(t), lanes.vec(t + 2));
            a.emit(VUNPCKHPD, lanes.vec(r + 1), lanes.vec(t), lanes.vec(t + 2));
            a.emit(VUNPCKLPD, lanes.vec(r + 2), lanes.vec(t + 1), lanes.vec(t + 3));
            a.emit(VUNPCKHPD, lanes.vec(r + 3), lanes.vec(t + 1), lanes.vec(t + 3));
        }
    }

    private void sixteen() {
        quarters(0, 16, 4);
        for (int j = 0; j < 4; j++) {
            int even = 16, odd = 17, lowEven = 18, lowOdd = 19, column = 20;
            a.emit(VSHUFF32X4, 0x88, lanes.vec(even), lanes.vec(j), lanes.vec(4 + j));
            a.emit(VSHUFF32X4, 0xDD, lanes.vec(odd), lanes.vec(j), lanes.vec(4 + j));
            a.emit(VSHUFF32X4, 0x88, lanes.vec(lowEven), lanes.vec(8 + j), lanes.vec(12 + j));
            a.emit(VSHUFF32X4, 0xDD, lanes.vec(lowOdd), lanes.vec(8 + j), lanes.vec(12 + j));
            a.emit(VSHUFF32X4, 0x88, lanes.vec(column), lanes.vec(even), lanes.vec(lowEven));
            a.emit(VSHUFF32X4, 0x88, lanes.vec(column + 1), lanes.vec(odd), lanes.vec(lowOdd));
            a.emit(VSHUFF32X4, 0xDD, lanes.vec(column + 2), lanes.vec(even), lanes.vec(lowEven));
            a.emit(VSHUFF32X4, 0xDD, lanes.vec(column + 3), lanes.vec(odd), lanes.vec(lowOdd));
            for (int k = 0; k < 4; k++) store(4 * k + j, lanes.vec(column + k), lanes.vec(31));
        }
    }

    private void eight() {
        quarters(0, 8, 2);
        for (int j = 0; j < 4; j++) {
            a.emit(VPERM2F128, 0x20, lanes.vec(8), lanes.vec(j), lanes.vec(4 + j));
            a.emit(VPERM2F128, 0x31, lanes.vec(9), lanes.vec(j), lanes.vec(4 + j));
            store(j, lanes.vec(8), lanes.vec(10));
            store(4 + j, lanes.vec(9), lanes.vec(10));
        }
    }

    private void store(int column, Vec value, Vec spare) {
        if (scaled) {
            a.emit(VBROADCASTSS, spare, Mem.at(RDI, FACTOR));
            a.emit(VMULPS, value, value, spare);
        }
        a.emit(VMOVUPS_STORE, Mem.at(RSI, column * ScoreColumns.ROW), value);
    }
}
